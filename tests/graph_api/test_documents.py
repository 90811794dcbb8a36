"""Documents of days: encoded when a day is recorded, whoever records it, and never out of date."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.ops import world as pipeline

if TYPE_CHECKING:
    from securescore.organizations.models import Organization

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MFA = "MFARegistrationV2"


def stored(organization: Organization) -> dict[str, dict[str, Any]]:
    """The documents as they lie in the database, by day."""
    from securescore.record.models import DayDocument

    rows = DayDocument.objects.filter(organization=organization).order_by("on")
    return {row.on.isoformat(): json.loads(b"{" + gzip.decompress(bytes(row.body))) for row in rows}


def counted(organization: Organization) -> list[tuple[str, str, float]]:
    """Day, counter of the control and its score, from the documents."""
    found = []
    for on, document in stored(organization).items():
        [score] = [c for c in document["controlScores"] if c["controlName"] == MFA]
        found.append((on[-2:], score["count"], score["score"]))
    return found


def agree(organization: Organization) -> bool:
    """Whether every document says what the record says."""
    from securescore.record import query

    documents = stored(organization)
    history = query.score_history(organization, date(2026, 1, 1), date(2027, 12, 31))
    recorded = {
        day.on.isoformat(): (day.points.to_float(), day.max_score.to_float())
        for day in history
        if day.points is not None and day.max_score is not None
    }
    return recorded == {
        on: (document["currentScore"], document["maxScore"]) for on, document in documents.items()
    }


def test_a_recorded_day_is_encoded_at_once() -> None:
    organization = pipeline.organization()
    pipeline.record(organization, pipeline.mfa(0, 52, 25), pipeline.mfa(2, 52, 26))

    assert [("01", "25", 4.33), ("03", "26", 4.5)] == counted(organization)
    assert agree(organization)
    assert {52} == {document["activeUserCount"] for document in stored(organization).values()}


def test_the_last_snapshot_of_a_day_is_the_one_encoded() -> None:
    organization = pipeline.organization()
    pipeline.record(organization, pipeline.mfa(0, 10, 2))
    evening = replace(pipeline.mfa(0, 10, 9), collected_at=pipeline.START + timedelta(hours=10))
    pipeline.record(organization, evening)

    assert [("01", "9", 8.1)] == counted(organization)


def test_the_day_is_one_of_the_time_zone_of_the_organization() -> None:
    organization = pipeline.organization()
    organization.time_zone = "Pacific/Auckland"
    organization.save()
    late = replace(pipeline.mfa(0, 10, 9), collected_at=datetime(2026, 3, 1, 20, tzinfo=UTC))
    pipeline.record(organization, late)

    assert ["2026-03-02"] == list(stored(organization))
    assert agree(organization)


def test_an_older_day_that_comes_later_encodes_all_days_anew() -> None:
    organization = pipeline.organization()
    pipeline.record(organization, pipeline.mfa(0, 10, 1), pipeline.mfa(8, 10, 5))
    pipeline.record(organization, pipeline.mfa(4, 10, 3))

    assert [("01", "1", 0.9), ("05", "3", 2.7), ("09", "5", 4.5)] == counted(organization)
    assert agree(organization)


def test_what_people_decide_is_encoded_too() -> None:
    from securescore.core.status import Status
    from securescore.ops.action_edit import ActionEdit
    from securescore.ops.deciding import edit_action
    from securescore.ops.undoing import undo
    from securescore.organizations.access import installation_access

    organization = pipeline.organization()
    pipeline.record(organization, pipeline.mfa(0, 10, 5))
    access = installation_access(organization, "ana")
    edit = ActionEdit(status=Status.THIRD_PARTY, note="smart cards")
    edited = edit_action(
        access, MFA, edit, seen_version=None, now=pipeline.START + timedelta(hours=1)
    )
    [attested] = counted(organization)
    assert edited.batch is not None
    undo(access, edited.batch, now=pipeline.START + timedelta(hours=2))

    assert ("01", "5", 9) == attested
    assert [("01", "5", 4.5)] == counted(organization)
    assert agree(organization)


def test_days_that_are_overtaken_are_encoded_for_whoever_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from securescore.record import documents
    from securescore.record.kept import touch

    organization = pipeline.organization()
    encoded = documents._encoded

    def overtaken(*given: Any) -> list[Any]:
        touch(organization)  # as any other run does while the days are encoded
        return encoded(*given)

    monkeypatch.setattr(documents, "_encoded", overtaken)
    pipeline.record(organization, pipeline.mfa(0, 10, 5))
    kept = stored(organization)
    on = pipeline.START.date()
    told = documents.documents(organization, [on])

    assert not kept
    assert list(told) == [on]
    assert agree(organization)


def test_a_decision_that_ends_by_itself_is_encoded_on_its_day() -> None:
    from securescore.core.status import Status
    from securescore.ops.action_edit import ActionEdit
    from securescore.ops.deciding import edit_action, restate_where_due
    from securescore.organizations.access import installation_access

    organization = pipeline.organization()
    pipeline.record(organization, pipeline.mfa(0, 10, 5))
    edit = ActionEdit(status=Status.THIRD_PARTY, note="smart cards", ends_on=date(2026, 3, 4))
    access = installation_access(organization, "ana")
    edit_action(access, MFA, edit, seen_version=None, now=pipeline.START + timedelta(hours=1))
    restate_where_due(pipeline.START + timedelta(days=3))

    assert [("01", "5", 9), ("04", "5", 4.5)] == counted(organization)
    assert agree(organization)


def test_days_of_microsoft_keep_their_scores_counters_and_sentences(samples: Path) -> None:
    from securescore.ops.importing import import_files
    from securescore.ops.workspace import workspace

    files = [samples / "graph" / "secureScores.json"]
    organization = pipeline.organization()
    import_files(workspace(), organization.name, files, now=datetime(2026, 1, 1, tzinfo=UTC))
    [(on, document)] = stored(organization).items()
    [original] = json.loads(files[0].read_text(encoding="utf-8"))["value"]
    ours = {one["controlName"]: one for one in document["controlScores"]}

    assert "2024-01-01" == on
    assert (original["currentScore"], original["maxScore"]) == (
        document["currentScore"],
        document["maxScore"],
    )
    assert {c["controlName"]: c["score"] for c in original["controlScores"]} == {
        name: one["score"] for name, one in ours.items()
    }
    counters = {
        c["controlName"]: (c["count"], c["total"])
        for c in original["controlScores"]
        if "total" in c
    }
    assert 43 == len(counters)
    assert counters == {name: (ours[name]["count"], ours[name]["total"]) for name in counters}
    assert {"Microsoft Secure Score"} == {one["source"] for one in ours.values()}


def test_what_we_answer_can_be_imported_again(
    tmp_path: Path, contoso: Organization, client_of: Any
) -> None:
    """Our own importer is a strict reader of Graph's answers: a copy has the same score."""
    from securescore.ops.importing import import_files
    from securescore.ops.workspace import workspace
    from securescore.organizations.models import Organization as Model

    client = client_of(contoso)
    files = []
    for name in ("secureScores", "secureScoreControlProfiles"):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_bytes(client.get(f"/v1.0/security/{name}").content)
    import_files(workspace(), "Copy", files, now=datetime(2026, 6, 1, tzinfo=UTC))
    copy = Model.objects.get(name="Copy")
    scores = [
        [(d["currentScore"], d["maxScore"]) for d in stored(one).values()]
        for one in (contoso, copy)
    ]

    assert 3 == len(scores[0])
    assert scores[0] == scores[1]
