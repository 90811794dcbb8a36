"""The importer of OCSF findings (Prowler and others) and of Prowler's CSV."""

from __future__ import annotations

import copy
import gzip
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from securescore.core.collection import Collected
from securescore.core.errors import ImportFormatError
from securescore.importers.base import ImportContext
from securescore.importers.detect import importer_for
from securescore.importers.document import Document, DocumentError
from securescore.importers.ocsf import IMPORTERS
from securescore.importers.ocsf.finding import Scope, finding_id, severity_of

FIXTURES = Path(__file__).parent.parent / "fixtures" / "ocsf"
PROWLER = FIXTURES / "prowler-aws.ocsf.json"
COMPLIANCE = FIXTURES / "compliance-findings.jsonl"
CSV = FIXTURES / "prowler.csv"
NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)
NOON = datetime(2026, 5, 4, 10, tzinfo=UTC)  # 12:00 on the machine that scanned, zone +02:00

Save = Callable[..., Path]


def read(*paths: Path, on: date | None = None) -> list[Collected]:
    documents = [Document(path) for path in paths]
    importer = importer_for(documents[0], IMPORTERS)
    return list(importer.read(documents, ImportContext(now=NOW, on=on)))


def rows(collected: Collected) -> list[dict[str, Any]]:
    return [dict(row) for row in collected.tables["scanner_findings"]]


@pytest.fixture
def findings() -> list[Any]:
    loaded: list[Any] = json.loads(PROWLER.read_text())
    return loaded


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def written(value: object, name: str = "report.json") -> Path:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return path

    return written


def changed(finding: Any, path: Sequence[str | int], new: object) -> Any:
    """A copy of ``finding`` with one place changed; ``...`` removes it."""
    copied = copy.deepcopy(finding)
    parent = copied
    for step in path[:-1]:
        parent = parent[step]
    if new is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = new
    return copied


# -- what comes out ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file, scope, verdicts, n_muted",
    [
        ("aws.ocsf.json", "aws/<account_uid>", {"fail": 2, "manual": 3}, 0),
        ("aws.csv", "aws/<account_uid>", {"fail": 2, "manual": 2}, 0),
        ("before-4.5.0.ocsf.json", "aws/123456789012", {"fail": 3}, 1),
        ("after-4.5.0.ocsf.json", "aws/123456789012", {"fail": 3}, 1),
    ],
)
def test_the_real_reports_give_the_numbers_of_their_readme(
    file: str, scope: str, verdicts: dict[str, int], n_muted: int, samples: Path
) -> None:
    (collected,) = read(samples / "prowler" / file)

    found = rows(collected)

    assert (collected.source, collected.scope) == ("prowler", scope)
    assert Counter(verdicts) == Counter(row["verdict"] for row in found)
    assert sum(row["is_muted"] for row in found) == n_muted == len(collected.proposals)


def test_every_account_is_a_scope() -> None:
    first, second = read(PROWLER)

    assert [(c.source, c.scope) for c in (first, second)] == [
        ("prowler", "aws/111122223333"),
        ("prowler", "aws/444455556666"),
    ]
    assert [len(rows(c)) for c in (first, second)] == [5, 2]
    assert {c.tool_version for c in (first, second)} == {"5.9.0"}
    assert {c.notes for c in (first, second)} == {()}


def test_a_finding_becomes_a_row() -> None:
    found = {(row["check_id"], row["resource_name"]): row for row in rows(read(PROWLER)[0])}

    assert found["iam_user_mfa_enabled_console_access", "robin"] == {
        "finding_id": finding_id(
            Scope("prowler", "aws", "111122223333"),
            "iam_user_mfa_enabled_console_access",
            "arn:aws:iam::111122223333:user/robin",
        ),
        "tool": "prowler",
        "tool_version": "5.9.0",
        "check_id": "iam_user_mfa_enabled_console_access",
        "title": "Title of iam_user_mfa_enabled_console_access",
        "severity": "high",
        "service": "iam",
        "category": "Identity",
        "provider": "aws",
        "account_id": "111122223333",
        "region": "eu-central-1",
        "resource_id": "arn:aws:iam::111122223333:user/robin",
        "resource_name": "robin",
        "resource_type": "Other",
        "verdict": "fail",
        "raw_verdict": "FAIL",
        "is_muted": False,
        "message": "iam_user_mfa_enabled_console_access says FAIL of robin.",
        "description": "What iam_user_mfa_enabled_console_access asks.",
        "remediation": "How to pass iam_user_mfa_enabled_console_access.",
        "references": ("https://example.com",),
        "requirements": ("CIS-3.0:1.20", "CIS-3.0:2.1", "ISO27001-2022:A.8.1"),
        "observed_at": NOON,
    }


def test_checks_count_in_the_category_of_their_service() -> None:
    found = {row["check_id"]: row["category"] for c in read(PROWLER) for row in rows(c)}

    assert found == {
        "iam_user_mfa_enabled_console_access": "Identity",
        "s3_bucket_default_encryption": "Data",
        "ec2_instance_public_ip": "Infrastructure",
        "account_security_contact_information_is_registered": "Infrastructure",
        "awslambda_function_url_public": "Apps",
    }


def test_a_muted_finding_keeps_its_verdict_and_is_proposed() -> None:
    first, second = read(PROWLER)

    (proposal,) = first.proposals
    (muted,) = [row for row in rows(first) if row["is_muted"]]

    assert muted["verdict"] == "fail"
    assert proposal.control_id == "prowler.ec2_instance_public_ip"
    assert proposal.resource_id == muted["resource_id"]
    assert second.proposals == ()


@pytest.mark.parametrize(
    "status, status_id, is_muted",
    [
        ("New", 3, False),
        ("Suppressed", 1, True),
        ("SUPPRESSED", 3, True),
        (None, 3, True),
        (None, 1, False),
    ],
)
def test_the_text_of_the_status_counts_before_its_number(
    status: str | None, status_id: int, *, is_muted: bool, findings: list[Any], save: Save
) -> None:
    finding = {**findings[0], "status": status, "status_id": status_id}

    (collected,) = read(save([finding]))

    assert rows(collected)[0]["is_muted"] is is_muted


def test_compliance_findings_are_judged_by_their_own_status() -> None:
    (collected,) = read(COMPLIANCE)

    assert (collected.source, collected.scope) == ("example-scanner", "azure/sub-1")
    assert [
        (row["check_id"], row["resource_id"], row["verdict"], row["raw_verdict"], row["severity"])
        for row in rows(collected)
    ] == [
        ("EX-1", "vm-1", "pass", "Pass", "high"),
        ("EX-1", "vm-2", "fail", "Fail", "high"),
        ("EX-2", "vm-1", "fail", "Warning", "critical"),
        ("EX-3", "vm-1", "manual", "Not evaluated", "unknown"),
    ]
    assert rows(collected)[0]["requirements"] == ("Example Baseline 2:EX-1",)
    assert rows(collected)[0]["category"] == "Infrastructure"
    assert collected.collected_at == datetime(2026, 5, 4, 10, 0, 3, tzinfo=UTC)


def test_prowlers_csv_gives_the_same_findings_as_its_ocsf() -> None:
    (collected,) = read(CSV)

    of_ocsf = {row["finding_id"]: row for row in rows(read(PROWLER)[0])}
    found = rows(collected)

    assert (collected.source, collected.scope) == ("prowler", "aws/111122223333")
    for row in found:
        other = of_ocsf[row["finding_id"]]
        for column in ("verdict", "is_muted", "severity", "category", "resource_id"):
            assert row[column] == other[column]
    assert [row["message"] for row in found if row["verdict"] == "pass"] == [
        "example-a; is encrypted\nby default"
    ]
    assert [row["requirements"] for row in found if row["service"] == "iam"] == [
        ("CIS-3.0:1.10", "CIS-3.0:1.11", "ISO27001-2022:A.8.5")
    ]
    assert len(collected.proposals) == 1


@pytest.mark.parametrize(
    "times, expected, has_zone",
    [
        ({"time": 1777888800}, NOON, True),
        ({"time": 1777888800000}, NOON, True),
        ({"time": 1777888800.5}, NOON.replace(microsecond=500_000), True),
        ({"time_dt": "2026-05-04T10:00:00Z"}, NOON, True),
        ({"time_dt": "2026-05-04T12:00:00+02:00"}, NOON, True),
        ({"time_dt": "2026-05-04T10:00:00"}, NOON, False),
        ({"event_time": "2026-05-04T10:00:00.000000"}, NOON, False),
        ({"time_dt": "2026-05-04"}, datetime(2026, 5, 4, tzinfo=UTC), False),
        ({"time_dt": "/Date(1777888800000)/"}, NOON, True),
    ],
)
def test_times_of_all_versions_are_read(
    times: dict[str, object], expected: datetime, *, has_zone: bool, findings: list[Any], save: Save
) -> None:
    finding = {k: v for k, v in findings[0].items() if k not in {"time", "time_dt"}}
    finding["finding_info"] = {"title": "A title", "uid": "1"}

    (collected,) = read(save([finding | times]))

    assert expected == collected.collected_at
    assert has_zone is (collected.notes == ())


def test_a_cluster_without_a_name_is_told(findings: list[Any], save: Save) -> None:
    finding = changed(findings[0], ["cloud"], ...)
    finding["unmapped"] = {}
    finding["metadata"]["profiles"] = ["container", "datetime"]
    finding["resources"][0] = {"uid": "p1", "name": "pod", "namespace": "kube-system"}

    (collected,) = read(save([finding]))

    assert collected.scope == "kubernetes"
    assert rows(collected)[0]["region"] == "kube-system"
    assert "does not name its account" in collected.notes[0]


def test_lists_that_were_texts_in_version_4_are_read(findings: list[Any], save: Save) -> None:
    finding = changed(findings[0], ["unmapped"], {"categories": "a", "compliance": ""})

    (collected,) = read(save([finding]))

    assert rows(collected)[0]["requirements"] == ()


@pytest.mark.parametrize(
    "word, expected",
    [
        ("Critical", "critical"),
        ("fatal", "critical"),
        ("HIGH", "high"),
        ("moderate", "medium"),
        ("Low", "low"),
        ("Info", "informational"),
        ("Unknown", "unknown"),
        ("", "unknown"),
    ],
)
def test_severities_have_one_word_each(word: str, expected: str) -> None:
    assert expected == severity_of(word)


def test_a_word_that_is_no_verdict_asks_a_person(findings: list[Any], save: Save) -> None:
    (collected,) = read(save([changed(findings[1], ["status_code"], "SKIPPED")]))

    assert rows(collected)[0]["verdict"] == "manual"
    assert rows(collected)[0]["raw_verdict"] == "SKIPPED"
    assert collected.notes == (
        "1 findings say 'SKIPPED', which is no known verdict; they count as manual",
    )


# -- findings that meet -----------------------------------------------------------------------


def test_the_same_finding_twice_counts_once(findings: list[Any], save: Save) -> None:
    once, twice = read(save(findings[:2], "1.json")), read(save(findings[:2] * 2, "2.json"))

    assert rows(once[0]) == rows(twice[0])
    assert twice[0].notes == ()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_verdicts_on_one_resource_the_worse_counts(
    order: tuple[int, int], findings: list[Any], save: Save
) -> None:
    pair = [findings[0], changed(findings[0], ["status_code"], "PASS")]

    (collected,) = read(save([pair[n] for n in order]))

    assert [row["verdict"] for row in rows(collected)] == ["fail"]
    assert "the worse verdict counts" in collected.notes[0]


def test_a_finding_keeps_its_id_in_the_next_run(findings: list[Any], save: Save) -> None:
    text = json.dumps(findings).replace("1777888800", "1777975200")
    later = save(text.replace("prowler-aws-", "another-run-"))

    before = {row["finding_id"] for c in read(PROWLER) for row in rows(c)}
    after = {row["finding_id"] for c in read(later) for row in rows(c)}

    assert before == after
    assert len(before) == 7


def test_two_files_of_one_day_are_one_run_and_of_two_days_are_two(
    findings: list[Any], save: Save
) -> None:
    morning, evening = save(findings[:2], "1.json"), save(findings[2:5], "2.json")
    next_day = save(json.dumps(findings[:1]).replace("1777888800", "1777975200"), "3.json")

    one_run = read(morning, evening)
    two_runs = read(next_day, morning)

    assert [len(rows(c)) for c in one_run] == [5]
    assert [(c.collected_at.day, len(rows(c))) for c in two_runs] == [(4, 2), (5, 1)]
    with pytest.raises(ImportFormatError, match="several days of aws/111122223333"):
        read(next_day, morning, on=date(2026, 5, 6))


def test_the_person_may_date_a_report(findings: list[Any], save: Save) -> None:
    assert {c.collected_at for c in read(PROWLER, on=date(2026, 5, 6))} == {
        datetime(2026, 5, 6, 12, tzinfo=UTC)
    }


# -- layouts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["lines", "reversed", "bom", "gzip"])
def test_the_layout_does_not_matter(layout: str, findings: list[Any], tmp_path: Path) -> None:
    text = json.dumps(findings)
    content = {
        "lines": "\n".join(map(json.dumps, findings)).encode(),
        "reversed": json.dumps(findings[::-1]).encode(),
        "bom": b"\xef\xbb\xbf" + text.encode(),
        "gzip": gzip.compress(text.encode()),
    }[layout]
    path = tmp_path / "report"
    path.write_bytes(content)

    expected, actual = read(PROWLER), read(path)

    assert [(c.scope, rows(c)) for c in expected] == [(c.scope, rows(c)) for c in actual]


def test_a_single_finding_is_a_report(findings: list[Any], save: Save) -> None:
    assert len(rows(read(save(findings[0]))[0])) == 1


def test_the_rows_can_be_read_again() -> None:
    (first, _) = read(PROWLER)

    assert rows(first) == rows(first)


# -- what is refused --------------------------------------------------------------------------

BAD_FINDINGS: list[tuple[list[str | int], object, str]] = [
    (["class_uid"], 2001, "[0].class_uid: expected a finding of class 2004 or 2003, found class"),
    (["class_uid"], "2004", "[0].class_uid: expected a whole number, found a text"),
    (["class_uid"], ..., "[0].class_uid: expected a finding of class"),
    (["metadata", "event_code"], ..., "[0].metadata.event_code: expected the id of a check"),
    (["metadata", "event_code"], 7, "[0].metadata.event_code: expected a text, found a number"),
    (["metadata", "event_code"], "x" * 300, "expected an id of at most 200"),
    (["metadata", "product", "name"], "", "[0].metadata.product.name: expected a text"),
    (["metadata", "product", "name"], "Demo", "[0].metadata.product.name: expected the name of a"),
    (["metadata"], [], "[0].metadata: expected an object, found a list"),
    (["status_code"], ..., "[0].status_code: expected PASS, FAIL or MANUAL"),
    (["status_code"], 1, "[0].status_code: expected a text, found a number"),
    (["status_code"], "x" * 100, "[0].status_code: expected a word"),
    (["time"], 5, "[0].time: expected a time from 2000 to 2100"),
    (["time"], 1e300, "[0].time: expected a time from 2000 to 2100"),
    (["resources"], "none", "[0].resources: expected an object, found a text"),
    (["resources", 0, "uid"], ["a"], "[0].resources[0].uid: expected a text, found a list"),
    (["severity"], 4, "[0].severity: expected a text, found a number"),
    (["cloud", "account", "uid"], 12, "[0].cloud.account.uid: expected a text, found a number"),
    (["unmapped", "compliance", "CIS-3.0"], [7], "CIS-3.0[0]: expected a text, found a number"),
]


@pytest.mark.parametrize("path, value, message", BAD_FINDINGS)
def test_a_finding_that_is_wrong_in_one_place_is_refused_with_the_place(
    path: list[str | int], value: object, message: str, findings: list[Any], save: Save
) -> None:
    with pytest.raises(DocumentError) as refused:
        read(save([changed(findings[0], path, value), *findings[1:]]))

    assert "report.json, " in refused.value.message
    assert message in refused.value.message
    assert refused.value.what_to_do


def test_a_finding_without_any_time_is_refused(findings: list[Any], save: Save) -> None:
    finding = {k: v for k, v in findings[0].items() if k not in {"time", "time_dt"}}
    finding["finding_info"] = {}

    with pytest.raises(DocumentError, match="expected the time of the finding"):
        read(save([finding]))


@pytest.mark.parametrize("end", ["},", "}", ",", '"tru'])
def test_the_report_of_a_killed_run_is_refused_with_the_byte(
    end: str, findings: list[Any], save: Save
) -> None:
    text = json.dumps(findings)[:-1]
    cut = {"},": text + ",", "}": text, ",": text[:900], '"tru': text + ',{"tru'}[end]

    with pytest.raises(DocumentError) as refused:
        read(save(cut))

    assert f"byte {len(cut)}: the text ends in the middle" in refused.value.message
    assert "cut off" in refused.value.what_to_do


@pytest.mark.parametrize(
    "content, message",
    [
        ('[{"class_uid": 2004, "class_uid": 2004}]', "class_uid' appears twice"),
        ('[{"class_uid": NaN}]', "[0]"),
        ('[{"class_uid": 2004, "x": ' + "[" * 400 + "]" * 400 + "}]", "nested"),
        ('[{"class_uid": 2004}, 7]', "[0].metadata.product.name"),
        ('{"class_uid": 2004}\n{"class_uid"', "line 1"),
        ("[7]", "[0]: expected an object"),
    ],
)
def test_what_is_no_report_is_refused_with_a_place(content: str, message: str, save: Save) -> None:
    importer = importer_for(Document(PROWLER), IMPORTERS)

    with pytest.raises(DocumentError) as refused:
        importer.read([Document(save(content))], ImportContext(now=NOW))

    assert message in refused.value.message


def test_an_empty_report_says_nothing(save: Save) -> None:
    importer = importer_for(Document(PROWLER), IMPORTERS)

    with pytest.raises(DocumentError, match="holds no findings"):
        importer.read([Document(save("[]"))], ImportContext(now=NOW))


def test_a_report_from_the_future_is_refused(findings: list[Any], save: Save) -> None:
    with pytest.raises(DocumentError, match="in the future"):
        read(save(json.dumps(findings).replace("1777888800", "1977888800")))


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda text: text[:-40], "line 5: expected 20 columns, found "),
        (lambda text: text.replace("CHECK_ID;", "CHECK;"), "line 1: expected the columns CHECK_ID"),
        (lambda text: text.replace("CHECK_TITLE;", "CHECK_ID;"), "line 1: expected the columns"),
        (lambda text: text.replace("ACCOUNT_NAME;", "PROVIDER;"), "line 1: a column stands twice"),
        (lambda text: text.replace(";True;", ";yes;"), "MUTED: expected True or False"),
        (lambda text: text.replace(";FAIL;", ";;"), "STATUS: expected a text"),
        (
            lambda text: text.replace("2026-05-04 12", "at noon"),
            "line 2.TIMESTAMP: expected a date",
        ),
        (lambda text: text.replace('by default"', "by default"), "no CSV"),
        (lambda text: text.partition("\n")[0], "holds no findings"),
    ],
)
def test_a_damaged_csv_is_refused_with_its_line(
    change: Callable[[str], str], message: str, save: Save
) -> None:
    with pytest.raises(DocumentError) as refused:
        read(save(change(CSV.read_text()), "prowler.csv"))

    assert message in refused.value.message


def test_a_csv_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prowler.csv"
    path.write_bytes(CSV.read_bytes().replace(b"is public", b"is \xf6ffentlich"))

    with pytest.raises(DocumentError, match="not UTF-8"):
        read(path)
