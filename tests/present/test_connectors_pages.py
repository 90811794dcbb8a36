"""File import by the page: upload, job, run page; bad files named; nothing half written."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from securescore.ops import incoming, jobs
from securescore.ops.job_kinds import KINDS, import_job
from securescore.ops.worker import Worker
from securescore.ops.workspace import workspace
from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization
from securescore.present.uploads import MAX_FILES
from securescore.record.models import AuditEntry, Collection, Job, Snapshot
from tests.present.reading import SignIn, parsed, rows_of, text_of

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SCORES = FIXTURES / "graph" / "secure-scores.json"
PROFILES = FIXTURES / "graph" / "control-profiles.json"
SCUBAGEAR = FIXTURES / "scubagear" / "ProviderSettingsExport.json"
PROWLER = FIXTURES / "ocsf" / "prowler-aws.ocsf.json"
MINE = "6f1d2c3b-0a9e-4b7d-8c5f-1e2d3c4b5a69"
THEIRS = "11111111-2222-4333-8444-555555555555"
# The heart of a job beats in a thread with a connection of its own: it sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/o/contoso/connectors/"
Given = Path | tuple[str, bytes]


@pytest.fixture(autouse=True)
def real_answers(settings: Any, tmp_path: Path) -> None:
    settings.SECURESCORE_ANSWERS = "securescore.record.query"
    settings.SECURESCORE_HOME = tmp_path


def upload(client: Client, *files: Given, path: str = PAGE, **fields: str) -> Any:
    sent = [
        SimpleUploadedFile(one.name, one.read_bytes())
        if isinstance(one, Path)
        else SimpleUploadedFile(*one)
        for one in files
    ]
    return client.post(path, {**fields, "files": sent})


def work() -> str:
    return Worker(KINDS).work_once()


def imported(client: Client, *files: Given, **fields: str) -> str:
    """The text of the run page after the import."""
    response = upload(client, *files, **fields)
    assert response.status_code == 302, text_of(parsed(response))
    work()
    return text_of(parsed(client.get(response.headers["Location"])))


def left_over(home: Path) -> list[Path]:
    return [path for path in (home / "incoming").rglob("*") if path.is_file()]


# -- who may --------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["viewer", "evidence_viewer", "editor", "approver"])
def test_only_an_administrator_sees_and_uses_connectors(
    signed_in: SignIn, role: str, tmp_path: Path
) -> None:
    client = signed_in(role)
    run = f"{PAGE}runs/{uuid.uuid4()}/"

    assert client.get(PAGE).status_code == 403
    assert upload(client, SCORES).status_code == 403
    assert client.get(run).status_code == 403
    assert client.post(f"{run}cancel/").status_code == 403
    assert "Connectors" not in text_of(parsed(client.get("/o/contoso/")))
    assert left_over(tmp_path) == []
    assert not Job.objects.exists()


def test_a_run_of_another_organization_is_not_there(admin: Client) -> None:
    fabrikam = create_organization("Fabrikam")
    job = jobs.enqueue(
        "import", organization=fabrikam, given={"files": []}, by="eve", now=datetime.now(UTC)
    )
    nobodys = admin.get(f"{PAGE}runs/{uuid.uuid4()}/")

    for path in (f"{PAGE}runs/{job.pk}/", f"/o/fabrikam/connectors/runs/{job.pk}/"):
        theirs = admin.get(path)
        assert (theirs.status_code, theirs.content) == (404, nobodys.content)
        assert admin.post(f"{path}cancel/").status_code == 404
    assert upload(admin, SCORES, path="/o/fabrikam/connectors/").status_code == 404
    job.refresh_from_db()
    assert job.state == "queued"


def test_without_the_token_of_the_form_nothing_is_kept(
    admin: Client, contoso: Organization, tmp_path: Path
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = admin.cookies

    assert upload(strict, SCORES).status_code == 403
    assert left_over(tmp_path) == []
    assert not Job.objects.exists()


# -- what works -----------------------------------------------------------------------------------
def test_files_are_imported_and_the_run_says_what_they_gave(
    admin: Client, contoso: Organization, tmp_path: Path
) -> None:
    response = upload(admin, SCORES, PROFILES)
    job = Job.objects.get()
    waiting = parsed(admin.get(response.headers["Location"]))

    assert response.headers["Location"] == f"{PAGE}runs/{job.pk}/"
    assert "It waits for its turn" in text_of(waiting)
    assert waiting.xpath("//*[@hx-get]/@hx-trigger") == ["every 2s"]
    assert waiting.xpath("//a[text()='Reload']/@href") == [response.headers["Location"]]
    assert sorted(path.name for path in left_over(tmp_path)) == [PROFILES.name, SCORES.name]

    assert work() == "done"
    page = parsed(admin.get(response.headers["Location"]))
    text = text_of(page)

    assert "Recorded" in text
    assert f"{PROFILES.name}" in text
    assert "graph_control_scores" in text
    assert page.xpath("//*[@hx-get]") == []
    assert Snapshot.objects.filter(organization=contoso).exists()
    assert set(Collection.objects.values_list("run_id", flat=True)) == {job.pk}
    assert left_over(tmp_path) == []
    assert AuditEntry.objects.get().action == "import.start"


def test_the_links_of_a_finished_run_lead_somewhere(admin: Client) -> None:
    location = upload(admin, SCORES).headers["Location"]
    work()
    page = parsed(admin.get(location))
    page.make_links_absolute("http://testserver" + location)
    links = {href.removeprefix("http://testserver") for href in page.xpath("//main//a/@href")}

    assert any("from=" in href for href in links)
    assert {admin.get(href).status_code for href in links if not href.startswith("#")} == {200}


def test_the_same_file_twice_changes_nothing(admin: Client, contoso: Organization) -> None:
    imported(admin, SCORES)
    before = list(Snapshot.objects.values_list("pk", "points"))
    text = imported(admin, SCORES)

    assert "Nothing changed." in text
    assert list(Snapshot.objects.values_list("pk", "points")) == before


def test_good_files_are_recorded_and_bad_ones_named(admin: Client, contoso: Organization) -> None:
    text = imported(admin, SCORES, ("broken.json", b'{"value": ['))

    assert "1 file not imported" in text
    assert "broken.json" in text
    assert "Recorded" in text
    assert "1 file refused" in text_of(parsed(admin.get(PAGE)))


def test_two_files_of_one_name_are_two_files(admin: Client, contoso: Organization) -> None:
    imported(admin, ("a.json", SCORES.read_bytes()), ("a.json", PROWLER.read_bytes()))
    sources = set(Collection.objects.values_list("source", flat=True))

    assert len(sources) == 2


def test_the_day_that_is_named_counts(admin: Client, contoso: Organization) -> None:
    imported(admin, SCUBAGEAR, on="2026-02-03")

    days = {
        at.date().isoformat() for at in Collection.objects.values_list("collected_at", flat=True)
    }
    assert days == {"2026-02-03"}


def test_missing_tables_are_named_with_the_right_they_ask_for(admin: Client) -> None:
    location = upload(admin, SCUBAGEAR).headers["Location"]
    work()
    page = parsed(admin.get(location))
    [table] = page.xpath("//section[@aria-labelledby='h-missing']//table")

    assert all(row[2] for row in rows_of(table))
    assert any("." in row[3] for row in rows_of(table))  # a right such as Policy.Read.All


def test_the_order_of_imports_changes_no_snapshot(admin: Client, contoso: Organization) -> None:
    found = []
    for files in ([SCORES, SCUBAGEAR, PROWLER], [PROWLER, SCORES, SCUBAGEAR]):
        Collection.objects.all().delete()
        Snapshot.objects.all().delete()
        contoso.control_changes.all().delete()
        for one in files:
            imported(admin, one)
        found.append(list(Snapshot.objects.values_list("at", "points", "max_score", "views")))

    assert found[0] == found[1]


# -- what is refused ------------------------------------------------------------------------------
BAD = {
    "empty": (("a.json", b""), "The file is empty"),
    "not JSON": (("a.json", b"hello"), "No known format"),
    "HTML": (("a.json", b"<!doctype html><title>Sign in</title>"), "begins with '<!doctype html>"),
    "truncated": (("a.json", SCORES.read_bytes()[:-200]), "a.json"),
    "truncated gzip": (("a.json.gz", gzip.compress(SCORES.read_bytes())[:-9]), "cut off"),
    "zip": (("a.zip", b"PK\x03\x04rest"), "Unpack it"),
    "gzip bomb": (
        ("a.json.gz", gzip.compress(b'{"azureTenantId": "' + b" " * (210 * 1024**2))),
        "a.json.gz",
    ),
    "UTF-16": (("a.json", "\ufeff{}".encode("utf-16")), "UTF-16"),
}


@pytest.mark.parametrize("file, reason", BAD.values(), ids=BAD)
def test_a_bad_file_is_named_and_nothing_is_written(
    admin: Client, contoso: Organization, tmp_path: Path, file: tuple[str, bytes], reason: str
) -> None:
    text = imported(admin, file)

    assert file[0] in text
    assert reason in text
    assert "Nothing was imported." in text
    assert not Snapshot.objects.exists()
    assert not Collection.objects.exists()
    assert not (tmp_path / "tables").exists()
    assert left_over(tmp_path) == []


def test_no_file_is_said_at_once(admin: Client, contoso: Organization) -> None:
    response = admin.post(PAGE, {"on": "2026-02-03"})

    assert response.status_code == 422
    assert "No file was chosen" in text_of(parsed(response))
    assert 'value="2026-02-03"' in response.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("on", ["2999-01-01", "yesterday"])
def test_a_day_that_cannot_be_is_refused(
    admin: Client, contoso: Organization, tmp_path: Path, on: str
) -> None:
    response = upload(admin, SCORES, on=on)

    assert response.status_code == 422
    assert parsed(response).xpath("//*[@role='alert']/text()")
    assert left_over(tmp_path) == []
    assert not Job.objects.exists()


def test_too_much_is_refused_with_the_limit(
    admin: Client, contoso: Organization, settings: Any, tmp_path: Path
) -> None:
    settings.SECURESCORE_MAX_UPLOAD_MB = 1
    response = upload(admin, ("a.json", b"x" * (1024 * 1024 + 1)))

    assert response.status_code == 413
    assert "1 MiB" in text_of(parsed(response))
    assert left_over(tmp_path) == []
    assert not Job.objects.exists()


def test_more_than_two_hundred_files_are_refused_and_nothing_is_kept(
    admin: Client, contoso: Organization, tmp_path: Path
) -> None:
    files = [(f"{n}.json", b"{}") for n in range(MAX_FILES + 1)]
    refused = upload(admin, *files)
    [said] = parsed(refused).xpath("//*[@role='alert'][not(@hidden)]")

    assert refused.status_code == 413
    assert "More than 200 files were chosen; import them in several goes." in text_of(said)
    assert left_over(tmp_path) == []
    assert not Job.objects.exists()
    taken = upload(admin, *files[1:])
    assert (taken.status_code, len(left_over(tmp_path))) == (302, MAX_FILES)


def test_no_other_page_takes_a_large_file(contoso: Organization, tmp_path: Path) -> None:
    response = Client().post(
        "/sign-in/", {"login": SimpleUploadedFile("a", b"x" * (3 * 1024 * 1024))}
    )

    assert response.status_code in {200, 400}
    assert left_over(tmp_path) == []


def test_two_organizations_in_one_lot_are_refused_with_both_names(
    admin: Client, contoso: Organization
) -> None:
    other = SCORES.read_text().replace(MINE, THEIRS).encode()
    text = imported(admin, SCORES, ("other.json", other))

    assert (MINE in text, THEIRS in text) == (True, True), text
    assert not Collection.objects.exists()


def test_a_file_of_another_organization_is_refused_with_both_names(
    admin: Client, contoso: Organization
) -> None:
    imported(admin, SCORES)
    before = list(Snapshot.objects.values_list("pk", flat=True))
    text = imported(admin, ("other.json", SCORES.read_text().replace(MINE, THEIRS).encode()))

    assert f"the files are of organization {THEIRS}, but 'Contoso' is {MINE}" in text
    assert list(Snapshot.objects.values_list("pk", flat=True)) == before


@pytest.mark.parametrize(
    "name", ["../../../evil.json", "/etc/evil.json", "..", "a\x00b.json", "x" * 300 + ".json"]
)
def test_a_name_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    place = incoming.place_for(workspace(), uuid.uuid4(), 1, name)
    place.write_bytes(b"")

    assert place.resolve().is_relative_to(tmp_path / "incoming")
    assert len(place.name.encode()) <= 255


# -- workers --------------------------------------------------------------------------------------
def test_an_import_whose_worker_died_after_recording_says_what_it_recorded(
    admin: Client, contoso: Organization
) -> None:
    location = upload(admin, SCORES).headers["Location"]
    now = datetime.now(UTC)
    first = jobs.claim(now)
    assert first is not None
    import_job(first, jobs.Lease(first, lambda: now))  # and then the worker is gone
    n_before = Collection.objects.count()

    later = now + jobs.LEASE + timedelta(seconds=1)
    assert Worker(KINDS, lambda: later).work_once() == "done"
    text = text_of(parsed(admin.get(location)))

    assert Collection.objects.count() == n_before
    assert f"Recorded {n_before} collection" in text
    assert "attempt 2: the worker before was gone" in text


def test_a_run_that_waits_is_stopped(admin: Client, contoso: Organization, tmp_path: Path) -> None:
    location = upload(admin, SCORES).headers["Location"]
    page = parsed(admin.post(f"{location}cancel/", follow=True))

    assert "person-admin stopped it; nothing of it was recorded" in text_of(page)
    assert work() == ""
    assert not Collection.objects.exists()
    assert left_over(tmp_path) == []
    assert [entry.action for entry in AuditEntry.objects.all()] == ["import.start", "import.cancel"]


def test_a_run_that_is_stopped_before_it_records_leaves_no_trace(
    admin: Client, contoso: Organization
) -> None:
    location = upload(admin, SCORES).headers["Location"]

    def stopped(job: Job, lease: jobs.Lease) -> jobs.Outcome:
        assert admin.post(f"{location}cancel/").status_code == 302
        return import_job(job, lease)

    assert Worker({"import": stopped}).work_once() == "canceled"
    assert not Collection.objects.exists()
    assert "Stopped" in text_of(parsed(admin.get(location)))


def test_progress_is_shown_as_a_part_of_the_page(admin: Client, contoso: Organization) -> None:
    location = upload(admin, SCORES).headers["Location"]
    Job.objects.update(
        state="running",
        n_attempts=1,
        heartbeat_at=datetime.now(UTC),
        step="Evaluating controls",
        n_done=30,
        n_total=120,
        result={"steps": ["Reading a.json", "Evaluating controls"]},
    )
    part = parsed(admin.get(location, headers={"HX-Request": "true"}))
    [bar] = part.xpath("//progress")

    assert part.get("id") == "run"
    assert "Evaluating controls: 30 of 120" in text_of(part)
    assert (bar.get("value"), bar.get("max"), bar.get("aria-label")) == (
        "30", "120", "Progress of this step",
    )  # fmt: skip
    assert part.xpath("//*[@aria-live='polite']")
    assert [text_of(li) for li in part.xpath("//ol/li")] == [
        "Reading a.json (done)",
        "Evaluating controls (now)",
    ]


def test_imports_of_the_command_line_stand_in_the_list(
    admin: Client, contoso: Organization
) -> None:
    from securescore.ops.importing import import_files

    import_files(workspace(), "Contoso", [SCORES], now=datetime.now(UTC))
    page = parsed(admin.get(PAGE))
    [row] = rows_of(page.xpath("//table")[0])
    [href] = page.xpath("//table//a/@href")

    assert row[1] == "Done"
    assert SCORES.name in row[2]
    assert row[5] == "command line"
    assert "graph_control_scores" in text_of(parsed(admin.get(href)))


def test_the_page_asks_as_much_whatever_the_number_of_runs(
    admin: Client, contoso: Organization, django_assert_num_queries: Callable[[int], Any]
) -> None:
    imported(admin, SCORES)
    admin.get(PAGE)
    with django_assert_num_queries(9):
        admin.get(PAGE)
    for _ in range(4):
        imported(admin, SCUBAGEAR, on="2026-02-03")
        imported(admin, PROWLER)
    with django_assert_num_queries(9):
        admin.get(PAGE)
