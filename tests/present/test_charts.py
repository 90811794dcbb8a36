from __future__ import annotations

import math
import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from securescore.present.charts.bar import Notch, bar
from securescore.present.charts.gauge import Gauge, GaugeMark, gauge
from securescore.present.charts.line import DayValue, LineChart, Pin, gaps, line_chart
from securescore.present.charts.lines import (
    Axis,
    LinesChart,
    Series,
    legend_mark,
    lines_chart,
)
from securescore.present.charts.scale import day_ticks, percent_range, ticks, value_range
from securescore.present.charts.sparkline import sparkline
from securescore.present.charts.stacked import (
    Group,
    StackedBar,
    StackedChart,
    group_mark,
    stacked_chart,
)
from securescore.present.charts.standalone import standalone
from securescore.present.charts.svg import Svg
from securescore.present.charts.zones import Zones, zone_icon

GOLDEN = Path(__file__).parent / "golden"
START = date(2025, 11, 23)
PERCENTAGES = st.floats(0, 100, allow_nan=False).map(lambda x: round(x, 2))


def days(values: list[float | None]) -> tuple[DayValue, ...]:
    return tuple(DayValue(START + timedelta(days=i), v) for i, v in enumerate(values))


def wave(n: int) -> list[float | None]:
    return [
        None if 40 <= i < 49 else round(52 + 9 * math.sin(i / 25) + i / 30, 1) for i in range(n)
    ]


def trend_chart(values: list[float | None], pins: tuple[Pin, ...] = ()) -> LineChart:
    return LineChart("t", "Score over time", "From here to there.", days(values), Zones(), pins)


def bar_of(week: int, values: tuple[float, ...], **more: Any) -> StackedBar:
    start = START + timedelta(days=7 * week)
    return StackedBar(start, start + timedelta(days=6), values, f"week {week}", **more)


def drawn(svg: str) -> etree._Element:
    return etree.fromstring(f"<div>{svg}</div>")


EXAMPLES = {
    "line-year": line_chart(
        trend_chart(
            wave(365),
            (
                Pin(START + timedelta(days=90), "1", "+9 points, one thing", "/o/x/actions/A/"),
                Pin(START + timedelta(days=92), "2", "4 points fewer, another <thing>"),
            ),
        )
    ),
    "line-month": line_chart(trend_chart([45.0] * 31)),
    "gauge": gauge(
        Gauge(
            "g",
            58.8,
            "58.8%",
            "513 / 872 points",
            "okay",
            "Score 58.8%, zone okay",
            Zones(),
            (GaugeMark("planned", 62.0),),
        )
    ),
    "gauge-empty": gauge(Gauge("g", None, "no score", "0 / 0 points", "", "No score", Zones())),
    "bar": bar(45.0, notches=(Notch("planned", 62.5),)),
    "sparkline": sparkline((40.0, 41.0, None, None, 44.5, 44.0), title="from 40% to 44%"),
    "lines-two-axes": lines_chart(
        LinesChart(
            "h",
            "Score and points",
            "From here to there.",
            (
                Series("Score", "own", days(wave(90))),
                Series("Points", "second", days([v and 5 * v for v in wave(90)]), on_end=True),
            ),
            Axis("Score", "%"),
            Axis("Points"),
            (Pin(START + timedelta(days=30), "1", "+9 points", "/o/x/history/"),),
        )
    ),
    "lines-area": lines_chart(
        LinesChart(
            "r",
            "Accepted risk",
            "Little.",
            (Series("Points", "own", days([0.0, 5.0, 5.0, None, 8.2]), is_area=True),),
            Axis("Points", from_zero=True),
        )
    ),
    "stacked": stacked_chart(
        StackedChart(
            "c",
            "Score changes",
            "Up and down.",
            (Group("Achieved", "achieved"), Group("Regressed", "regressed")),
            (
                bar_of(0, (3.0, -1.25), mark=1.75),
                bar_of(1, (0.0, 0.0)),
                bar_of(2, (0.0, -12.0), href="/o/x/history/?from=2025-12-07&to=2025-12-13"),
            ),
            "Points a week",
        )
    ),
    "legend": legend_mark("similar") + group_mark("user"),
    "zones": zone_icon("good") + zone_icon("okay") + zone_icon("bad"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_chart_is_drawn_as_it_was_reviewed(name: str) -> None:
    """Look at the new file before you keep it: SECURESCORE_GOLDEN=write pytest ..."""
    path = GOLDEN / f"{name}.svg"
    actual = EXAMPLES[name].replace("><", ">\n<") + "\n"
    if os.environ.get("SECURESCORE_GOLDEN") == "write":
        path.write_text(actual, encoding="utf-8")
    expected = path.read_text(encoding="utf-8")

    assert expected == actual


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_chart_holds_no_style_and_no_script(name: str) -> None:
    tree = drawn(EXAMPLES[name])

    assert [] == tree.xpath("//@style | //style | //script | //@*[starts-with(name(), 'on')]")


def test_a_line_chart_is_a_group_with_title_description_and_links_as_pins() -> None:
    tree = drawn(EXAMPLES["line-year"])
    for svg in tree:
        assert svg.get("role") == "group"
        title = tree.xpath(f"//title[@id='{svg.get('aria-labelledby')}']")[0]
        assert title.text == "Score over time"
        assert tree.xpath(f"//desc[@id='{svg.get('aria-describedby')}']")[0].text
        assert svg.xpath(".//a/@aria-label") == ["+9 points, one thing"]
    ids = tree.xpath("//@id")

    assert len(ids) == len(set(ids))


def test_the_line_is_never_drawn_over_a_day_without_data() -> None:
    tree = drawn(line_chart(trend_chart([50.0, 51.0, None, 52.0, 53.0])))
    path = tree[0].xpath(".//path[@class='line']/@d")[0]

    assert path.count("M") == 2


def test_a_single_day_between_gaps_is_a_dot() -> None:
    tree = drawn(line_chart(trend_chart([50.0, None, 51.0, None, 52.0])))
    path = tree[0].xpath(".//path[@class='line']/@d")[0]

    assert path.count("h0") == 3


def test_gaps_lie_between_days_with_data_only() -> None:
    found = gaps(days([None, 50.0, None, None, 51.0, None]))

    assert found == ((START + timedelta(days=2), START + timedelta(days=3)),)


@given(st.lists(PERCENTAGES, min_size=1, max_size=50), PERCENTAGES, PERCENTAGES)
def test_the_axis_holds_all_data_and_a_zone_edge(
    values: list[Any], one: float, other: float
) -> None:
    edges = sorted((one, other))
    low, high, step = percent_range(values, edges)

    assert 0 <= low <= min(values)
    assert max(values) <= high <= 100
    assert high - low >= 20
    assert any(low <= edge <= high for edge in edges)
    assert 2 <= len(ticks(low, high, step)) <= 9


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 3700), st.integers(3, 14))
def test_day_labels_are_in_range_in_order_and_not_too_many(
    start: date, n_days: int, n_max: int
) -> None:
    end = start + timedelta(days=n_days)
    labels = [day for day, _ in day_ticks(start, end, n_max)]

    assert len(labels) <= n_max
    assert labels == sorted(set(labels))
    assert all(start <= day <= end for day in labels)


@given(
    st.lists(st.one_of(st.none(), PERCENTAGES), min_size=2, max_size=400),
    st.lists(st.integers(0, 399), max_size=9, unique=True),
)
def test_everything_drawn_stays_in_its_view_box(values: list[Any], pinned: list[int]) -> None:
    pins = tuple(
        Pin(START + timedelta(days=at), str(n), "x") for n, at in enumerate(sorted(pinned), 1)
    )
    for svg in drawn(line_chart(trend_chart(values, pins))):
        _, _, width, height = map(float, svg.get("viewBox").split())
        for circle in svg.xpath(".//circle"):
            assert 0 <= float(circle.get("cx")) <= width
            assert 0 <= float(circle.get("cy")) <= height
        for label in svg.xpath(".//text"):
            assert 0 <= float(label.get("x")) <= width
            assert 0 <= float(label.get("y")) <= height


@given(st.lists(PERCENTAGES, min_size=2, max_size=60))
def test_zone_names_and_axis_numbers_stand_outside_the_plot(values: list[Any]) -> None:
    for svg in drawn(line_chart(trend_chart(values))):
        left, right, _, bottom = map(float, svg.get("data-plot").split())
        zone_x = [float(x) for x in svg.xpath(".//text[contains(@class,'zone-name')]/@x")]
        axis_x = [float(x) for x in svg.xpath(".//g[@class='y-axis']/text/@x")]
        day_y = [float(y) for y in svg.xpath(".//g[@class='x-axis']/text/@y")]

        assert all(x > right for x in zone_x)
        assert all(x < left for x in axis_x)
        assert all(y > bottom for y in day_y)


@given(st.lists(st.one_of(st.none(), PERCENTAGES), max_size=60))
def test_a_sparkline_is_well_formed_whatever_the_values(values: list[Any]) -> None:
    svg = drawn(sparkline(tuple(values), title="a <trend>"))[0]

    assert svg.findtext("title") == "a <trend>"
    assert "nan" not in etree.tostring(svg).decode()


@given(values=st.lists(st.floats(-1e6, 1e6, allow_nan=False), max_size=60), from_zero=st.booleans())
def test_an_axis_of_amounts_holds_all_of_them(values: list[float], *, from_zero: bool) -> None:
    low, high, step = value_range(values, from_zero=from_zero)

    assert low < high
    assert all(low <= value <= high for value in values)
    assert not from_zero or low <= 0 <= high
    assert 1 <= round((high - low) / step) <= 7


AMOUNTS = st.one_of(st.none(), st.floats(0, 5000, allow_nan=False).map(lambda x: round(x, 2)))


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=2, max_size=120))
def test_lines_stay_in_their_view_box_and_between_their_axes(values: list[Any]) -> None:
    chart = LinesChart(
        "x",
        "t",
        "d",
        (
            Series("a", "own", days([one for one, _ in values]), is_area=True),
            Series("b", "second", days([other for _, other in values]), on_end=True),
        ),
        Axis("A"),
        Axis("B", from_zero=True),
    )
    for svg in drawn(lines_chart(chart)):
        left, right, top, bottom = map(float, svg.get("data-plot").split())
        for path in svg.xpath(".//path[starts-with(@class, 'line')]/@d"):
            for x, y in re.findall(r"[ML](-?[0-9.]+) (-?[0-9.]+)", path):
                assert left - 0.1 <= float(x) <= right + 0.1
                assert top - 0.1 <= float(y) <= bottom + 0.1
        assert len(svg.get("data-ranges").split(";")) == 2


@given(
    st.lists(
        st.tuples(st.floats(-500, 500, allow_nan=False), st.floats(-500, 500, allow_nan=False)),
        min_size=1,
        max_size=110,
    )
)
def test_stacked_bars_stay_in_the_plot(values: list[tuple[float, float]]) -> None:
    chart = StackedChart(
        "x",
        "t",
        "d",
        (Group("a", "achieved"), Group("b", "regressed")),
        tuple(bar_of(week, both, href="/there/") for week, both in enumerate(values)),
        "Points",
    )
    for svg in drawn(stacked_chart(chart)):
        _, _, width, height = map(float, svg.get("viewBox").split())
        for rect in svg.xpath(".//rect"):
            x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
            assert 0 <= x
            assert x + w <= width + 0.1
            assert 29.9 <= y
            assert y + h <= height - 23.4
        assert len(svg.xpath(".//a[@aria-label]")) == len(values)
        assert svg.get("role") == "group"


@pytest.mark.parametrize("name", ["lines-two-axes", "stacked", "line-month"])
def test_a_chart_as_a_file_has_its_looks_and_no_links(name: str) -> None:
    one = Svg(EXAMPLES[name].split("</svg>")[0] + "</svg>")
    tree = etree.fromstring(standalone(one).encode())
    classes = {c for value in tree.xpath("//@class") for c in value.split()}
    style = tree.xpath("//*[local-name()='style']")[0].text

    assert tree.xpath("//@href") == []
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    for looked in classes & {"line-own", "line-second", "part-achieved", "band-okay", "pin"}:
        assert f".{looked}" in style or looked == "line-own"
