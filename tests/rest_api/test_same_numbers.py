"""One organization, one number: page against page against both APIs against the command line."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from lxml import html

from securescore.organizations.models import Organization
from securescore.organizations.tokens import Scope
from securescore.present.cli.main import main
from securescore.present.web.words import percent
from tests.present.reading import parsed, region, text_of
from tests.rest_api.contract import Api

EXPORT = (
    Path(__file__).resolve().parent.parent
    / "fixtures"
    / "scubagear"
    / "ProviderSettingsExport.json"
)
NUMBER = r"([\d.,]+)"
Numbers = dict[str, Any]


@pytest.mark.django_db(transaction=True)
def test_the_same_numbers_stand_everywhere(
    tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str], token: Any
) -> None:
    settings.SECURESCORE_HOME = tmp_path / "home"
    main(["import", str(EXPORT), "--org", "Example"])
    api = token(Scope.READ, Scope.WRITE, of=Organization.objects.get(name="Example"))
    browser = Client()
    browser.force_login(User.objects.create_superuser("olga"))
    before = _everywhere(browser, api, capsys)
    worst = api.json("actions?state=measured&sort=-points_left")["items"][0]
    api.send(
        "PATCH",
        f"actions/{worst['id']}",
        {"version": 0, "status": "resolved through third party", "note": "The gateway does it."},
    )
    after = _everywhere(browser, api, capsys)

    assert len(before["actions"]) > 30
    assert after["points"] == round(before["points"] + worst["points_left"], 2)
    assert after["statuses"]["resolved through third party"] == 1


def _everywhere(browser: Client, api: Api, capsys: pytest.CaptureFixture[str]) -> Numbers:
    """The numbers, after they were found to be the same in all places."""
    expected = _of_rest(api)

    assert expected == _of_the_command_line(capsys)
    assert {**expected, "percentage": percent(expected["percentage"])} == _of_pages(browser)
    of_graph = _of_graph(api)
    assert {name: expected[name] for name in of_graph} == of_graph
    return expected


def _of_rest(api: Api) -> Numbers:
    score = api.json("score")
    listed = api.json("actions?per_page=500")
    assert listed["n_items"] == len(listed["items"])
    return _numbers(score, listed["items"])


def _of_the_command_line(capsys: pytest.CaptureFixture[str]) -> Numbers:
    said = []
    for command in ("score", "actions"):
        capsys.readouterr()
        main([command, "--org", "Example", "--json"])
        said.append(json.loads(capsys.readouterr().out))
    return _numbers(*said)


def _numbers(score: Any, actions: Any) -> Numbers:
    assert score["n_by_status"] == {
        **score["n_by_status"],
        **Counter(a["status"] for a in actions if a["state"] in ("measured", "stale", "error")),
    }
    return {
        "points": score["points"],
        "max_score": score["max_score"],
        "percentage": score["percentage"],
        "categories": {
            name: (one["points"], one["max_score"]) for name, one in score["categories"].items()
        },
        "statuses": score["n_by_status"],
        "n_actions": len(actions),
        "actions": {
            a["id"]: (a["points"], a["max_score"]) for a in actions if a["state"] == "measured"
        },
    }


def _of_pages(browser: Client) -> Numbers:
    overview = parsed(browser.get("/o/example/"))
    title = text_of(overview.xpath("//*[@id='score-gauge-title']")[0])
    share, points, maximum = _match(rf"Score (\S+%), {NUMBER} of {NUMBER} points", title)
    statuses = {}
    for line in region(overview, "Actions to review").xpath(".//ul[1]//a[not(@class)]"):
        name, n = _match(r"(.+?)(\d+)$", text_of(line))
        statuses[name.strip().lower()] = int(n)
    categories = {}
    for line in region(overview, "Points by category").xpath(".//li"):
        name, _, got, most = _match(rf"(\w+) (\S+%) {NUMBER} / {NUMBER}\+? points", text_of(line))
        categories[name] = (_float(got), _float(most))
    [n_actions] = _match(r"([\d,]+) actions ·", _text(browser, "actions/"))
    return {
        "points": _float(points),
        "max_score": _float(maximum),
        "percentage": share,
        "categories": categories,
        "statuses": statuses,
        "n_actions": int(n_actions),
        "actions": _actions_of_pages(browser),
    }


def _actions_of_pages(browser: Client) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    number = 1
    while True:
        page = parsed(browser.get(f"/o/example/actions/?state=measured&page={number}"))
        [table] = page.xpath("//table[.//th[contains(., 'Score impact')]]")
        heads = [text_of(head) for head in table.xpath(".//thead//th | .//thead//td")]
        place = heads.index("Points")
        rows = table.xpath(".//tbody/tr")
        before = len(found)
        for row in rows:
            cells = row.xpath("./td | ./th")
            [address] = {
                link.get("href").split("?")[0]
                for link in row.xpath(".//a[contains(@href, '/actions/')]")
            }
            got, most = _match(rf"{NUMBER} / {NUMBER}", text_of(cells[place]))
            found[address.split("/actions/")[1].strip("/")] = (_float(got), _float(most))
        if len(found) == before or len(rows) < 50:
            return found
        number += 1


def _of_graph(api: Api) -> Numbers:
    """What Graph has of it: no possible points by category, and no statuses."""
    response = Client().get(
        "/v1.0/security/secureScores?$top=1", headers={"Authorization": f"Bearer {api.secret}"}
    )
    [day] = response.json()["value"]
    return {"points": day["currentScore"], "max_score": day["maxScore"]}


def _match(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    assert found is not None, text
    return found.groups()


def _text(browser: Client, path: str) -> str:
    page: html.HtmlElement = parsed(browser.get(f"/o/example/{path}"))
    return text_of(page)


def _float(text: str) -> float:
    return float(text.replace(",", ""))
