"""The importer of Graph's Secure Score: history, profiles, statuses, and what it refuses."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from securescore.core.collection import Collected
from securescore.core.errors import ImportFormatError
from securescore.importers.base import ImportContext
from securescore.importers.detect import importer_for, read_files
from securescore.importers.document import Document, DocumentError
from securescore.importers.graph_secure_score import IMPORTERS, GraphSecureScoreImporter

FIXTURES = Path(__file__).parent.parent / "fixtures" / "graph"
SCORES = FIXTURES / "secure-scores.json"
PROFILES = FIXTURES / "control-profiles.json"
NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)


def read(*paths: Path, on: date | None = None) -> Sequence[Collected]:
    documents = [Document(path) for path in paths]
    return GraphSecureScoreImporter().read(documents, ImportContext(now=NOW, on=on))


def rows(collected: Collected, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in collected.tables[table]]


def by_control(collected: Collected, table: str = "graph_control_scores") -> dict[str, Any]:
    return {row["control_id"]: row for row in rows(collected, table)}


@pytest.fixture
def scores() -> Any:
    return json.loads(SCORES.read_text())


@pytest.fixture
def profiles() -> Any:
    return json.loads(PROFILES.read_text())


@pytest.fixture
def save(tmp_path: Path) -> Any:
    def written(value: object, name: str = "answer.json") -> Path:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path

    return written


# -- what comes out ---------------------------------------------------------------------------


def test_the_real_answer_gives_the_numbers_of_its_readme(samples: Path) -> None:
    folder = samples / "graph"

    (day,) = read(folder / "secureScores.json", folder / "secureScoreControlProfiles-page1.json")

    (score,) = rows(day, "graph_secure_score_day")
    controls = rows(day, "graph_control_scores")
    found = rows(day, "graph_control_profiles")
    by_category: dict[str, list[int]] = {}
    for row in controls:
        by_category.setdefault(row["category"], []).append(row["points"])
    maxima = {row["control_id"]: row["max_score"] for row in found}
    scored = [row["control_id"] for row in controls]
    averages = {row["basis"]: row["average_percentage"] for row in rows(day, "graph_comparisons")}

    assert (score["day"], score["current_score"], score["max_score"]) == (
        "2024-01-01",
        12800,
        27400,
    )
    assert {k: (sum(v), len(v)) for k, v in by_category.items()} == {
        "Apps": (7100, 53),
        "Identity": (5000, 11),
        "Data": (700, 4),
    }
    assert sum(row["n_passed"] is not None for row in controls) == 45
    assert sum(row["n_total"] is not None for row in controls) == 43
    assert sum(row["is_on"] is not None for row in controls) == 16
    assert averages == {"AllTenants": 54.65, "TotalSeats": 48.98}
    assert (len(found), sum(maxima.values())) == (200, 92400)
    assert sum(maxima[name] for name in scored if name in maxima) == 17100
    assert sum(name not in maxima for name in scored) == 27
    assert any(note.startswith("control profiles: page one only, 200") for note in day.notes)
    assert any(note.startswith("27 of the 68 scored controls") for note in day.notes)
    assert not any("<" in (row["implementation_status"] or "") for row in controls)
    assert not any("<" in (row["remediation"] or "") for row in found)


def test_the_shortened_answer_is_refused_with_the_sums_of_both_days(samples: Path) -> None:
    with pytest.raises(DocumentError) as refused:
        read(samples / "graph" / "secureScores-multiple.json")

    message = refused.value.message

    assert "secureScores-multiple.json, value[0]" in message
    assert "value[0] (2024-01-01): the scores of its 2 controls sum to 0.00, " in message
    assert "value[1] (2024-01-02): the scores of its 2 controls sum to 0.00, " in message
    assert message.count("currentScore says 128.00") == 2


def test_every_day_is_a_collection_oldest_first() -> None:
    collected = read(SCORES)

    assert [c.collected_at for c in collected] == [
        datetime(2026, 5, 2, tzinfo=UTC),
        datetime(2026, 5, 3, tzinfo=UTC),
        datetime(2026, 5, 4, tzinfo=UTC),
    ]
    assert [rows(c, "graph_secure_score_day")[0]["current_score"] for c in collected] == [
        800,
        1450,
        1533,
    ]
    assert {c.external_id for c in collected} == {"6f1d2c3b-0a9e-4b7d-8c5f-1e2d3c4b5a69"}
    assert {c.source for c in collected} == {"graph_secure_score"}


def test_points_are_exact_and_counters_are_numbers() -> None:
    newest = by_control(read(SCORES)[-1])

    assert newest["MFARegistrationV2"] == {
        "control_id": "MFARegistrationV2",
        "category": "Identity",
        "points": 433,
        "score_in_percentage": 48.07692307692308,
        "n_passed": 25,
        "n_total": 52,
        "is_on": None,
        "implementation_status": "25 of 52 users are registered\n- Everyone - 25 users (48%)",
        "last_synced_at": datetime(2026, 5, 4, 1, 30, tzinfo=UTC),
    }
    assert newest["exo_mailtipsenabled"]["is_on"] is True
    assert newest["dlp_datalossprevention"]["is_on"] is False
    assert newest["dlp_datalossprevention"]["implementation_status"] is None


def test_averages_of_minus_one_and_empty_lists_are_no_comparison() -> None:
    oldest, middle, newest = read(SCORES)

    assert rows(oldest, "graph_comparisons") == []
    assert rows(middle, "graph_comparisons") == []
    assert [
        (row["basis"], row["average_percentage"], row["seats_from"], row["seats_to"])
        for row in rows(newest, "graph_comparisons")
    ] == [("AllTenants", 52.86, None, None), ("TotalSeats", 48.1, 1, 100)]
    assert json.loads(rows(newest, "graph_comparisons")[1]["category_points"]) == {
        "Identity": {"max_score": 6000, "points": 3400}
    }


def test_profiles_stand_in_every_day_and_statuses_in_the_newest_only() -> None:
    collected = read(SCORES, PROFILES)

    assert [len(rows(c, "graph_control_profiles")) for c in collected] == [4, 4, 4]
    assert [len(c.statuses) for c in collected] == [0, 0, 1]
    assert [dict(c.missing) for c in collected] == [{}, {}, {}]
    assert collected[-1].notes == ()


def test_days_without_profiles_miss_that_table() -> None:
    for day in read(SCORES):
        assert "graph_control_profiles" not in day.tables
        assert "secureScoreControlProfiles" in day.missing["graph_control_profiles"]


def test_profiles_alone_are_a_collection_of_the_day_that_is_named() -> None:
    (today,) = read(PROFILES)
    (named,) = read(PROFILES, on=date(2026, 5, 4))

    assert today.collected_at == NOW
    assert named.collected_at == datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert set(today.missing) == {
        "graph_secure_score_day",
        "graph_control_scores",
        "graph_comparisons",
    }


def test_the_newest_state_of_a_profile_counts_and_default_is_none() -> None:
    (collected,) = read(PROFILES)

    (status,) = collected.statuses

    assert (status.control_id, status.state) == ("MFARegistrationV2", "ThirdParty")
    assert status.comment == "done by our own product"
    assert status.updated_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert by_control(collected, "graph_control_profiles")["AdminMFAV2"]["state"] == "Default"


def test_words_of_profiles_have_one_casing_and_texts_no_html() -> None:
    found = by_control(read(PROFILES)[0], "graph_control_profiles")

    assert found["exo_mailtipsenabled"]["tier"] == "defense in depth"
    assert found["exo_mailtipsenabled"]["implementation_cost"] == "moderate"
    assert found["exo_mailtipsenabled"]["user_impact"] is None
    assert found["exo_mailtipsenabled"]["threats"] == ("account breach", "data exfiltration")
    assert found["AdminMFAV2"]["remediation"] == "- Open the portal.\n- Turn it on."
    assert found["AdminMFAV2"]["max_score"] == 1000
    assert found["dlp_datalossprevention"]["is_deprecated"] is True
    assert found["dlp_datalossprevention"]["action_url"] is None


def test_a_page_that_names_a_next_one_is_told(profiles: Any, save: Any) -> None:
    link = "https://graph.microsoft.com/v1.0/security/secureScoreControlProfiles?$skiptoken=1"
    first = save({**profiles, "@odata.nextLink": link, "value": profiles["value"][:2]}, "1.json")
    last = save({**profiles, "value": profiles["value"][2:]}, "2.json")

    (page_one,) = read(first)
    (complete,) = read(first, last)

    assert page_one.notes[0].startswith("control profiles: page one only, 2 profiles;")
    assert complete.notes == ()
    assert len(rows(complete, "graph_control_profiles")) == 4


# -- layouts ----------------------------------------------------------------------------------


def layouts(scores: Any, profiles: Any) -> dict[str, str]:
    records = [*scores["value"], *profiles["value"]]
    return {
        "a bare list": json.dumps(records),
        "JSON lines of records": "\n".join(map(json.dumps, records)),
        "JSON lines of answers": f"{json.dumps(scores)}\n{json.dumps(profiles)}\n",
        "a list of answers": json.dumps([scores, profiles]),
        "lists in a list": json.dumps([scores["value"], profiles["value"]]),
        "days out of order": json.dumps(records[::-1]),
        "with a byte order mark": "\ufeff" + json.dumps(records),
        "every record twice": json.dumps(records * 2),
    }


@pytest.mark.parametrize("layout", sorted(layouts({"value": []}, {"value": []})))
def test_the_layout_does_not_matter(
    layout: str, scores: Any, profiles: Any, tmp_path: Path
) -> None:
    path = tmp_path / "export"
    path.write_text(layouts(scores, profiles)[layout], encoding="utf-8")

    expected = read(SCORES, PROFILES)
    actual = read(path)

    assert expected == actual
    assert importer_for(Document(path), IMPORTERS).name == "graph_secure_score"


def test_a_single_record_and_gzip_are_read(scores: Any, tmp_path: Path) -> None:
    path = tmp_path / "one.json.gz"
    path.write_bytes(gzip.compress(json.dumps(scores["value"][0]).encode()))

    assert [read(SCORES)[-1]] == list(read(path))


def test_the_order_of_files_does_not_matter() -> None:
    assert list(read(SCORES, PROFILES)) == list(read(PROFILES, SCORES))


def test_the_same_days_in_two_files_count_once(scores: Any, save: Any) -> None:
    again = save({"value": scores["value"][1:]})

    assert list(read(SCORES)) == list(read(SCORES, again))


# -- what is refused --------------------------------------------------------------------------


def changed(value: Any, path: Sequence[str | int], new: object) -> Any:
    """A copy of ``value`` with one place changed; ``...`` removes it."""
    copied = copy.deepcopy(value)
    parent = copied
    for step in path[:-1]:
        parent = parent[step]
    if new is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = new
    return copied


T2 = "00000000-0000-4000-8000-000000000002"
BAD_DAYS: list[tuple[list[str | int], object, str]] = [
    (["currentScore"], 15.34, "sum to 15.33, currentScore says 15.34"),
    (["maxScore"], 15, "value[0].currentScore: the score 15.33 is above maxScore 15"),
    (["currentScore"], "15.33", "value[0].currentScore: expected a number"),
    (["controlScores", 1, "score"], "4,33", "value[0].controlScores[1].score: expected a number"),
    (["controlScores", 1, "score"], None, "value[0].controlScores[1].score: expected a number"),
    (["controlScores", 1, "score"], True, "value[0].controlScores[1].score: expected a number"),
    (["controlScores", 1, "score"], -4.33, "expected points from 0, found -4.33"),
    (["controlScores", 1, "score"], 1e300, "expected a number from"),
    (["controlScores", 1, "count"], "5,0", "value[0].controlScores[1].count: expected a whole"),
    (["controlScores", 1, "count"], "9" * 40, "value[0].controlScores[1].count: expected a whole"),
    (["controlScores", 2, "on"], "perhaps", "value[0].controlScores[2].on: expected true or"),
    (["controlScores", 1, "controlName"], "AdminMFAV2", "AdminMFAV2 stands twice in this day"),
    (["controlScores", 1, "controlName"], "", "controlScores[1].controlName: expected a text"),
    (["controlScores", 1, "controlName"], "x" * 300, "expected an id of at most 200"),
    (["controlScores", 1, "controlCategory"], "People", "expected one of the categories Identity"),
    (["controlScores"], ..., "value[0]: the secureScore has no controlScores"),
    (["controlScores"], {}, "value[0].controlScores: expected a list, found an object"),
    (["createdDateTime"], "yesterday", "value[0].createdDateTime: expected a date and time"),
    (
        ["createdDateTime"],
        "0001-01-01T00:00:00Z",
        "value[0].createdDateTime: expected a time after",
    ),
    (["createdDateTime"], ..., "value[0].createdDateTime: expected a date and time"),
    (["createdDateTime"], "2026-05-05T00:00:00Z", "says 2026-05-04, createdDateTime says 2026-05"),
    (["id"], "2026-05-04", "value[0].id: expected an id such as"),
    (["id"], f"{T2}_2026-05-04", "the id and azureTenantId name two organizations"),
    (["id"], ..., "value[0].id: expected a text"),
    (["azureTenantId"], ..., "value[0].azureTenantId: expected a text"),
    (["azureTenantId"], 5, "value[0].azureTenantId: expected a text, found a number"),
]


@pytest.mark.parametrize("path, value, message", BAD_DAYS)
def test_a_day_that_is_wrong_in_one_place_is_refused_with_the_place(
    path: list[str | int], value: object, message: str, scores: Any, save: Any
) -> None:
    bad = save(changed(scores, ["value", 0, *path], value))

    with pytest.raises(DocumentError) as refused:
        read(bad)

    assert "answer.json, " in refused.value.message
    assert message in refused.value.message
    assert refused.value.what_to_do


def test_sums_are_compared_in_hundredths(scores: Any, save: Any) -> None:
    long_tail = changed(scores, ["value", 0, "controlScores", 1, "score"], 4.326923076923077)
    as_stored = changed(long_tail, ["value", 0, "currentScore"], 15.329999999999998)

    newest = read(save(as_stored))[-1]

    assert rows(newest, "graph_secure_score_day")[0]["current_score"] == 1533
    assert by_control(newest)["MFARegistrationV2"]["points"] == 433


def test_counters_that_count_more_than_their_total_are_left_out(scores: Any, save: Any) -> None:
    odd = changed(scores, ["value", 0, "controlScores", 1, "count"], "53")

    newest = read(save(odd))[-1]

    assert by_control(newest)["MFARegistrationV2"]["n_passed"] is None
    assert newest.notes == (
        "2026-05-04: 1 controls count more than their total; their counters are not kept",
    )


def test_an_average_above_100_is_no_percentage(scores: Any, save: Any) -> None:
    old = changed(scores, ["value", 0, "averageComparativeScores", 0, "averageScore"], 109)

    newest = read(save(old))[-1]

    assert [row["basis"] for row in rows(newest, "graph_comparisons")] == ["TotalSeats"]
    assert "no percentage" in newest.notes[0]


def test_two_records_of_one_day_that_differ_are_refused(scores: Any, save: Any) -> None:
    other = changed(scores["value"][0], ["activeUserCount"], 49)

    with pytest.raises(DocumentError, match=r"value\[3\]: two records of 2026-05-04 differ"):
        read(save({"value": [*scores["value"], other]}))
    with pytest.raises(ImportFormatError, match=r"answer.json.*two records of 2026-05-04 differ"):
        read(SCORES, save([other]))


def test_two_organizations_are_refused(scores: Any, profiles: Any, save: Any) -> None:
    other = changed(scores["value"][0], ["azureTenantId"], T2)
    other["id"] = f"{T2}_2026-05-01"
    other["createdDateTime"] = "2026-05-01T00:00:00Z"
    foreign_profile = changed(profiles, ["value", 0, "azureTenantId"], T2)

    with pytest.raises(DocumentError, match="two organizations"):
        read(save({"value": [*scores["value"], other]}))
    with pytest.raises(ImportFormatError, match="two organizations"):
        read(SCORES, save([other]))
    with pytest.raises(DocumentError, match="two organizations"):
        read(SCORES, save(foreign_profile))


def test_profiles_that_differ_need_a_date_to_choose(profiles: Any, save: Any) -> None:
    old, new = copy.deepcopy(profiles["value"][0]), copy.deepcopy(profiles["value"][0])
    new["maxScore"] = 9

    with pytest.raises(DocumentError, match="AdminMFAV2 has two profiles that differ"):
        read(save([old, new]))

    old["lastModifiedDateTime"] = "2026-01-01T00:00:00Z"
    new["lastModifiedDateTime"] = "2026-02-01T00:00:00Z"

    for order in ([old, new], [new, old]):
        found = by_control(read(save(order))[0], "graph_control_profiles")
        assert found["AdminMFAV2"]["max_score"] == 900


@pytest.mark.parametrize(
    "path, value, message",
    [
        (["maxScore"], "10", "value[0].maxScore: expected a number"),
        (["maxScore"], ..., "value[0].maxScore: expected a number"),
        (["id"], 4, "value[0].id: expected a text, found a number"),
        (["controlStateUpdates"], "Default", "value[0].controlStateUpdates: expected a list"),
        (["controlCategory"], None, "value[0].controlCategory: expected a text"),
    ],
)
def test_a_profile_that_is_wrong_in_one_place_is_refused(
    path: list[str | int], value: object, message: str, profiles: Any, save: Any
) -> None:
    with pytest.raises(DocumentError) as refused:
        read(save(changed(profiles, ["value", 0, *path], value)))

    assert message in refused.value.message


def test_a_state_that_graph_does_not_define_is_told_and_not_kept(profiles: Any, save: Any) -> None:
    (collected,) = read(
        save(changed(profiles, ["value", 0, "controlStateUpdates", 0, "state"], "Parked"))
    )

    assert [status.control_id for status in collected.statuses] == ["MFARegistrationV2"]
    assert collected.notes == (
        "AdminMFAV2: its status is a word that Graph does not define; not kept",
    )


@pytest.mark.parametrize(
    "content, message",
    [
        ('{"@odata.context": "x#security/secureScores", "value": []}', "holds no records"),
        ('{"value": [{"controlScores": [], "currentScore": 1', "ends in the middle"),
        ('[{"controlScores": [], "currentScore": 1}, {"id"', "ends in the middle"),
        ('{"value": [{"currentScore": NaN, "controlScores": []}]}', "NaN"),
        ('{"value": [{"currentScore": 1, "currentScore": 2, "controlScores": []}]}', "twice"),
        ('{"value": [{"controlScores": ' + "[" * 500 + "]" * 500 + "}]}", "nested"),
        ('{"value": [7, {"controlScores": []}]}', "value[0]: expected an object"),
        ('{"controlScores": []}\n{"error": {"code": "429"}}', "createdDateTime"),
        ('{"error": {"code": "429", "controlScores": 1}}', "Graph answered with an error"),
    ],
)
def test_what_is_no_answer_of_graph_is_refused_with_a_place(
    content: str, message: str, save: Any
) -> None:
    with pytest.raises(DocumentError) as refused:
        read(save(content))

    assert message in refused.value.message


def test_other_json_is_not_recognized(save: Any) -> None:
    importer = GraphSecureScoreImporter()

    for content in ('{"value": []}', "[]", '{"a": {"controlScores": 1}}', "not JSON"):
        assert not importer.recognizes(Document(save(content)))


def test_one_day_may_be_dated_by_the_person_and_several_may_not(scores: Any, save: Any) -> None:
    one = save({"value": scores["value"][:1]})

    (dated,) = read(one, on=date(2026, 5, 10))

    assert dated.collected_at == datetime(2026, 5, 10, 12, tzinfo=UTC)
    with pytest.raises(ImportFormatError, match="3 days, --on names one"):
        read(SCORES, on=date(2026, 5, 10))


def test_a_day_from_the_future_is_refused(scores: Any, save: Any) -> None:
    text = json.dumps(scores).replace("2026-05-04", "2026-06-04")

    with pytest.raises(DocumentError, match="in the future"):
        read(save(text))


def test_a_bad_file_is_named_and_the_good_one_is_kept(scores: Any, save: Any) -> None:
    bad = save(changed(scores, ["value", 1, "currentScore"], 1))

    found = read_files([SCORES, bad], ImportContext(now=NOW), among=IMPORTERS)

    assert [error.path for error in found.errors] == [bad]
    assert [len(outcome.collected) for outcome in found.outcomes] == [3]
