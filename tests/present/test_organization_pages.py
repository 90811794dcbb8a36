"""Settings of an organization, its catalog, retention, its end; many organizations; first run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from securescore.ops import retention
from securescore.ops.job_kinds import KINDS
from securescore.ops.verification import verify
from securescore.ops.worker import Worker
from securescore.ops.workspace import workspace
from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization, set_role
from securescore.record.audit import first_altered
from securescore.record.models import AuditEntry, ControlChange, EvidenceFile, Job, Snapshot
from securescore.record.newest import write_newest
from securescore.record.portfolio import CHUNK
from tests.ops.world import START, mfa, record
from tests.present.reading import MakePerson, SignIn, parsed, rows_of, text_of

SETTINGS = "/o/contoso/settings/"
GENERAL, CATALOG, KEEPING = f"{SETTINGS}general/", f"{SETTINGS}catalog/", f"{SETTINGS}retention/"
DELETE = f"{SETTINGS}delete/"
MFA = "MFARegistrationV2"


@pytest.fixture(autouse=True)
def real_answers(settings: Any, tmp_path: Path) -> None:
    settings.SECURESCORE_ANSWERS = "securescore.record.query"
    settings.SECURESCORE_HOME = tmp_path


@pytest.fixture
def measured(contoso: Organization) -> Organization:
    record(contoso, mfa(0, 4, 1), mfa(1, 4, 3))
    return contoso


@pytest.fixture
def operator(person: MakePerson) -> Client:
    olga = person("olga")
    olga.is_superuser = True
    olga.save()
    client = Client()
    client.force_login(olga)
    return client


def general(**changes: Any) -> dict[str, Any]:
    return {"name": "Contoso", "time_zone": "Europe/Berlin", "seats": 800, **changes}


# -- who may --------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["viewer", "evidence_viewer", "editor", "approver"])
@pytest.mark.parametrize("path", [GENERAL, CATALOG, KEEPING])
def test_only_an_administrator_sees_and_changes_them(
    signed_in: SignIn, role: str, path: str
) -> None:
    client = signed_in(role)

    assert client.get(path).status_code == 403
    assert client.post(path, general()).status_code == 403
    assert client.post(DELETE, {"name": "Contoso"}).status_code == 403
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("path", [GENERAL, CATALOG, KEEPING])
def test_those_of_another_organization_are_not_there(admin: Client, path: str) -> None:
    create_organization("Fabrikam")

    assert admin.get(path.replace("contoso", "fabrikam")).status_code == 404
    assert admin.post(DELETE.replace("contoso", "fabrikam")).status_code == 404
    assert Organization.objects.filter(slug="fabrikam").exists()


# -- general --------------------------------------------------------------------------------------
def test_general_settings_are_saved_and_written_down(admin: Client, contoso: Organization) -> None:
    page = parsed(
        admin.post(
            GENERAL,
            general(name="Contoso  Ltd", region="EMEA", licenses="AAD_PREMIUM, EXCHANGE_S, "),
            follow=True,
        )
    )
    contoso.refresh_from_db()
    entry = AuditEntry.objects.get()

    assert "The settings are saved." in text_of(page)
    assert (contoso.name, contoso.slug, contoso.region) == ("Contoso Ltd", "contoso", "EMEA")
    assert contoso.licenses == ["AAD_PREMIUM", "EXCHANGE_S"]
    assert entry.action == "settings.general"
    assert entry.old == {"name": "Contoso", "region": "", "licenses": []}


def test_licenses_of_the_data_are_named_and_never_written_as_ones_own(
    admin: Client, contoso: Organization
) -> None:
    contoso.licenses_found = ["AAD_PREMIUM", "TEAMS1"]
    contoso.save()
    page = parsed(admin.get(GENERAL))
    [field] = page.xpath("//input[@name='licenses']")
    [help_] = page.xpath(f"//*[@id='{field.get('aria-describedby')}']")
    admin.post(GENERAL, general(licenses=field.get("value")))
    contoso.refresh_from_db()

    assert field.get("value") == ""
    assert "the plans of the newest data count: AAD_PREMIUM, TEAMS1" in text_of(help_)
    assert contoso.licenses == []


@pytest.mark.parametrize(
    "given, complaint",
    [
        ({"name": " "}, "required"),
        ({"name": "Taken"}, "exists"),
        ({"name": "x" * 201}, "200"),
        ({"time_zone": "Mars/Base"}, "no time zone 'Mars/Base'"),
        ({"seats": "-1"}, "greater than or equal"),
    ],
)
def test_bad_settings_are_refused_and_stay_typed(
    admin: Client, contoso: Organization, given: dict[str, str], complaint: str
) -> None:
    create_organization("Taken")
    response = admin.post(GENERAL, general(region="typed", **given))
    contoso.refresh_from_db()

    assert response.status_code == 422
    assert complaint in text_of(parsed(response))
    assert 'value="typed"' in response.content.decode()
    assert (contoso.name, contoso.seats) == ("Contoso", 800)


def test_an_organization_is_deleted_only_by_its_name(
    admin: Client, measured: Organization, tmp_path: Path
) -> None:
    refused = admin.post(DELETE, {"name": "contoso"})
    assert refused.status_code == 422
    assert "Type the name as it is: Contoso" in text_of(parsed(refused))
    assert Organization.objects.filter(pk=measured.pk).exists()

    page = parsed(admin.post(DELETE, {"name": "Contoso"}, follow=True))
    entry = AuditEntry.objects.get()

    assert "Contoso is deleted" in text_of(page)
    assert not Organization.objects.exists()
    assert not Snapshot.objects.exists()
    assert not (tmp_path / "tables" / str(measured.pk)).exists()
    assert (entry.action, entry.organization_name) == ("organization.delete", "Contoso")
    assert first_altered() == (1, None)


# -- the catalog ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)  # a thread of the worker has to see it
def test_a_control_is_turned_off_judged_anew_and_on_again(
    admin: Client, measured: Organization
) -> None:
    before = Snapshot.objects.order_by("-at").first()
    assert before is not None
    response = admin.post(CATALOG, {"control": [MFA], "turn": "off", "reason": "not ours"})
    assert Worker(KINDS).work_once() == "done"
    off = Snapshot.objects.order_by("-at").first()
    assert off is not None
    change = ControlChange.objects.get(control_id=MFA, until=None)

    assert "/connectors/runs/" in response.headers["Location"]
    assert off.max_score == before.max_score - 900
    assert off.points == before.points - 675
    assert (change.state, change.cause, change.delta) == ("retired", "catalog", -675)
    assert off.manifest == before.manifest
    assert verify(workspace(), measured).differences == ()
    assert "1 taken out" in text_of(parsed(admin.get(CATALOG)))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target, entry.new["reason"]) == ("catalog.off", MFA, "not ours")

    admin.post(CATALOG, {"control": [MFA], "turn": "on", "reason": "ours again"})
    assert Worker(KINDS).work_once() == "done"
    on = Snapshot.objects.order_by("-at").first()
    assert on is not None

    assert (on.points, on.max_score) == (before.points, before.max_score)
    assert on.catalog_digest == before.catalog_digest
    assert verify(workspace(), measured).differences == ()


@pytest.mark.django_db(transaction=True)  # a thread of the worker has to see it
def test_what_comes_later_is_judged_without_it(admin: Client, measured: Organization) -> None:
    admin.post(CATALOG, {"control": [MFA], "turn": "off", "reason": "not ours"})
    Worker(KINDS).work_once()
    off = Snapshot.objects.order_by("-at").first()
    assert off is not None
    record(measured, mfa((off.at - START).days + 1, 4, 4))
    newest = Snapshot.objects.order_by("-at").first()
    assert newest is not None

    assert newest.at > off.at
    assert newest.max_score == off.max_score
    assert verify(workspace(), measured).differences == ()


@pytest.mark.django_db(transaction=True)  # a thread of the worker has to see it
def test_a_day_of_the_past_is_judged_by_the_catalog_of_then(
    admin: Client, measured: Organization
) -> None:
    admin.post(CATALOG, {"control": [MFA], "turn": "off", "reason": "not ours"})
    Worker(KINDS).work_once()
    before = list(Snapshot.objects.order_by("at").values_list("at", "points", "max_score"))
    record(measured, mfa(-1, 4, 2))
    after = list(Snapshot.objects.order_by("at").values_list("at", "points", "max_score"))

    assert after[1:] == before
    assert after[0][2] == before[0][2]
    assert verify(workspace(), measured).differences == ()


def test_a_preview_of_the_catalog_saves_nothing(admin: Client, measured: Organization) -> None:
    page = text_of(parsed(admin.post(CATALOG, {"control": MFA, "reason": "typed", "preview": "1"})))
    measured.refresh_from_db()

    assert "1 control: 6.75 of 9 points that count now" in page
    assert "Nothing is saved yet." in page
    assert measured.disabled_controls == []
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "given, complaint",
    [
        ({"control": [MFA], "reason": " "}, "a reason has 1 to 500 characters"),
        ({"control": [], "reason": "why"}, "No control was chosen"),
        ({"control": ["<b>"], "reason": "why"}, "There is no control '<b>'"),
    ],
)
def test_the_catalog_asks_for_controls_and_a_reason(
    admin: Client, measured: Organization, given: dict[str, Any], complaint: str
) -> None:
    response = admin.post(CATALOG, {"turn": "off", **given})
    measured.refresh_from_db()

    assert response.status_code == 422
    assert complaint.casefold() in text_of(parsed(response)).casefold()
    assert measured.disabled_controls == []


def test_controls_are_found_by_search(admin: Client, measured: Organization) -> None:
    page = parsed(admin.get(f"{CATALOG}?q=mfaregistration"))
    [row] = rows_of(page.xpath("//table")[0])

    assert MFA in row[0]
    assert row[2] == "6.75 / 9"
    assert "No control matches." in text_of(parsed(admin.get(f"{CATALOG}?q=nothing-like-this")))


# -- what is kept ---------------------------------------------------------------------------------
def test_old_tables_go_after_a_preview_and_verify_says_so(
    admin: Client, contoso: Organization, tmp_path: Path
) -> None:
    record(contoso, *(mfa(day, 5, 1 + day // 100) for day in range(0, 300, 100)))
    now = START + timedelta(days=402)
    n_files = len(list((tmp_path / "tables").rglob("*.parquet")))
    score = list(Snapshot.objects.values_list("on", "points"))

    preview = admin.post(KEEPING, {"tables": "30", "evidence": "", "preview": "1"})
    admin.post(KEEPING, {"tables": "200", "evidence": ""})
    contoso.refresh_from_db()
    assert "A preview" in text_of(parsed(preview))
    assert contoso.keep_tables_days == 200
    assert len(list((tmp_path / "tables").rglob("*.parquet"))) == n_files

    found = retention.sweep(workspace(), contoso, now, "schedule")
    after = verify(workspace(), contoso)

    assert found.n_snapshots == after.n_not_kept == 2
    assert found.n_files > 0
    assert len(list((tmp_path / "tables").rglob("*.parquet"))) == n_files - found.n_files
    assert after.differences == ()
    assert after.n_snapshots == 1
    assert list(Snapshot.objects.values_list("on", "points")) == score
    entry = AuditEntry.objects.filter(action="retention.sweep").get()
    assert (entry.by, entry.new["files"]) == ("schedule", found.n_files)
    assert retention.sweep(workspace(), contoso, now, "schedule").is_nothing


def test_a_file_that_is_lost_by_accident_is_still_a_difference(
    contoso: Organization, tmp_path: Path
) -> None:
    record(contoso, mfa(0, 5, 1), mfa(100, 5, 2))
    next((tmp_path / "tables").rglob("*.parquet")).unlink()

    assert verify(workspace(), contoso).differences


def test_the_past_cannot_be_rewritten_without_its_tables(
    admin: Client, contoso: Organization
) -> None:
    from securescore.core.errors import InputError

    record(contoso, *(mfa(day, 5, 1 + day // 100) for day in range(0, 300, 100)))
    contoso.keep_tables_days = 200
    contoso.save()
    retention.sweep(workspace(), contoso, START + timedelta(days=402), "schedule")
    before = list(Snapshot.objects.values_list("pk", flat=True))

    with pytest.raises(InputError, match="not kept any more"):
        record(contoso, mfa(-5, 5, 1))
    assert list(Snapshot.objects.values_list("pk", flat=True)) == before
    record(contoso, mfa(300, 5, 5))
    assert Snapshot.objects.count() == len(before) + 1


def test_evidence_of_the_past_goes_and_what_fails_now_stays(contoso: Organization) -> None:
    record(contoso, mfa(0, 4, 1), mfa(100, 4, 3))
    contoso.keep_evidence_days = 100
    contoso.save()
    stored = EvidenceFile.objects.get()
    before = workspace().evidence.read(str(contoso.pk), stored.digest).to_pylist()

    found = retention.sweep(workspace(), contoso, START + timedelta(days=402), "schedule")
    stored.refresh_from_db()
    after = workspace().evidence.read(str(contoso.pk), stored.digest).to_pylist()

    ended = [row for row in before if row["until"] is not None]
    assert found.n_evidence == len(ended) > 0
    assert [row for row in after if row["until"] is not None] == []
    assert after == [row for row in before if row["until"] is None]


@pytest.mark.parametrize("days", ["29", "-1", "many", "99999999"])
def test_days_that_cannot_be_are_refused(admin: Client, contoso: Organization, days: str) -> None:
    response = admin.post(KEEPING, {"tables": days, "evidence": "400"})
    contoso.refresh_from_db()

    assert response.status_code == 422
    assert 'value="400"' in response.content.decode()
    assert contoso.keep_tables_days is contoso.keep_evidence_days is None


# -- many organizations ---------------------------------------------------------------------------
@pytest.fixture
def many(contoso: Organization, admin: Client) -> list[Organization]:
    from django.contrib.auth.models import User

    person = User.objects.get(username="person-admin")
    record(contoso, mfa(0, 4, 1), mfa(40, 4, 3), mfa(41, 4, 2))
    found = [contoso]
    for n, name in enumerate(("Adatum", "Fabrikam", "Northwind")):
        made = create_organization(name, seats=100 * (n + 1), industry=("Retail", "Health")[n % 2])
        set_role(made, person, "admin")  # type: ignore[arg-type]  # its value
        found.append(made)
    record(found[1], mfa(0, 4, 4))
    record(found[2], mfa(0, 4, 0))
    return found


def names(page: Any) -> list[str]:
    tables = page.xpath("//table")
    return (
        [
            row[0].split(" ")[0].replace("Retail", "").replace("Health", "")
            for row in rows_of(tables[0])
        ]
        if tables
        else []
    )


def test_the_list_says_what_matters_of_each(admin: Client, many: list[Organization]) -> None:
    page = parsed(admin.get("/organizations/"))
    rows = {row[0]: row for row in rows_of(page.xpath("//table")[0])}
    contoso = rows["Contoso"]

    assert contoso[5] == "1"  # regressed: fell from 3 to 2 of 4
    assert contoso[4].endswith("pp")
    assert "not measured" in contoso[7]
    assert rows["NorthwindRetail"][1] == "no data yet"
    assert "weighted by seats: 3 organizations with 1,100 seats" in text_of(page)


@pytest.mark.parametrize(
    "query, expected",
    [
        ("", ["Adatum", "Contoso", "Fabrikam", "Northwind"]),
        ("sort=-name", ["Northwind", "Fabrikam", "Contoso", "Adatum"]),
        ("sort=-score", ["Adatum", "Contoso", "Fabrikam", "Northwind"]),
        ("sort=score", ["Fabrikam", "Contoso", "Adatum", "Northwind"]),
        ("sort=-seats", ["Contoso", "Northwind", "Fabrikam", "Adatum"]),
        ("sort=-regressed", ["Contoso", "Adatum", "Fabrikam", "Northwind"]),
        ("sort=-data", ["Contoso", "Adatum", "Fabrikam", "Northwind"]),
        ("q=a", ["Adatum", "Fabrikam"]),
        ("industry=Health", ["Fabrikam"]),
        ("zone=bad", ["Fabrikam"]),
        ("q=nothing", []),
    ],
)
def test_organizations_are_searched_filtered_and_sorted(
    admin: Client, many: list[Organization], query: str, expected: list[str]
) -> None:
    exported = json.loads(admin.get(f"/organizations.json?{query}").content)

    assert [row["organization"] for row in exported] == expected
    assert names(parsed(admin.get(f"/organizations/?{query}"))) == expected


def test_the_average_is_weighted_by_seats(admin: Client, many: list[Organization]) -> None:
    rows = json.loads(admin.get("/organizations.json").content)
    weighed = [(r["percentage"], r["seats"]) for r in rows if r["percentage"] is not None]
    expected = sum(p * s for p, s in weighed) / sum(s for _, s in weighed)

    assert f"{expected:.1f}%" in text_of(parsed(admin.get("/organizations/")))


def test_unknown_orders_and_zones_are_said(admin: Client, many: list[Organization]) -> None:
    text = text_of(parsed(admin.get("/organizations/?sort=shoe&zone=purple&page=-3")))

    assert "There is no order “shoe”" in text
    assert "There is no zone “purple”" in text


def test_the_list_asks_as_much_for_two_as_for_two_hundred(
    admin: Client, many: list[Organization], django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    from django.contrib.auth.models import User

    person = User.objects.get(username="person-admin")
    made = [create_organization(f"More {n}", seats=10) for n in range(CHUNK)]
    for one in made:
        set_role(one, person, "viewer")  # type: ignore[arg-type]  # its value
    now = datetime.now(UTC)
    Snapshot.objects.bulk_create(
        Snapshot(
            organization=one,
            at=now - timedelta(days=day),
            on=(now - timedelta(days=day)).date(),
            points=100 + day,
            max_score=200,
            manifest={"as_of": (now - timedelta(days=day)).isoformat()},
            catalog_digest="d",
            catalog_version="1",
            engine_version="1",
            created_at=now,
        )
        for one in made
        for day in range(3)
    )
    for one in made:
        write_newest(one)
    with django_assert_max_num_queries(7):
        page = parsed(admin.get("/organizations/?sort=-score&page=2"))

    rows = rows_of(page.xpath("//table")[0])
    assert len(rows) == 50
    assert all(row[1].startswith("50.0%") for row in rows[4:])


def test_another_ones_organization_is_nowhere_in_the_list(
    admin: Client, many: list[Organization]
) -> None:
    secret = create_organization("Secret Ltd", industry="Espionage", seats=9999)
    record(secret, mfa(0, 4, 4))
    for path in ("/organizations/", "/organizations.csv", "/organizations.json", "/o/contoso/"):
        body = admin.get(path).content.decode()
        assert "Secret" not in body
        assert "Espionage" not in body


def test_the_switcher_keeps_the_page_where_one_may(
    admin: Client, many: list[Organization], person: MakePerson
) -> None:
    from django.contrib.auth.models import User

    viewed = create_organization("Viewed")
    set_role(viewed, User.objects.get(username="person-admin"), "viewer")  # type: ignore[arg-type]  # its value
    links = parsed(admin.get("/o/contoso/connectors/")).xpath(
        "//details[contains(@class, 'switcher')]//li/a/@href"
    )

    assert "/o/adatum/connectors/" in links
    assert "/o/viewed/" in links


# -- operators ------------------------------------------------------------------------------------
def test_operators_create_organizations_and_others_do_not(operator: Client, admin: Client) -> None:
    given = {"name": "Tailspin", "time_zone": "UTC", "region": "APAC"}
    assert admin.post("/organizations/new/", given).status_code == 404

    response = operator.post("/organizations/new/", given)
    made = Organization.objects.get(slug="tailspin")

    assert response.headers["Location"] == "/o/tailspin/connectors/"
    assert made.region == "APAC"
    assert AuditEntry.objects.get().action == "organization.create"
    again = operator.post("/organizations/new/", given)
    assert again.status_code == 422
    assert "exists" in text_of(parsed(again))


@pytest.mark.django_db(transaction=True)  # a thread of the worker has to see it
def test_the_first_run_leads_from_organization_to_progress(
    operator: Client, tmp_path: Path
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    scores = Path(__file__).parent.parent / "fixtures" / "graph" / "secure-scores.json"
    step = operator.post("/setup/", {"name": "Tailspin", "time_zone": "UTC"})
    assert step.headers["Location"] == "/setup/tailspin/data/"
    form = parsed(operator.get("/setup/tailspin/data/")).xpath("//form[@enctype]")[0]
    assert form.get("action") == "/o/tailspin/connectors/"
    step = operator.post(
        form.get("action"),
        {"then": "zones", "files": SimpleUploadedFile(scores.name, scores.read_bytes())},
    )
    zones = step.headers["Location"]
    assert zones.startswith("/setup/tailspin/zones/?run=")
    step = operator.post(zones, {"good": "80", "okay": "50"})
    run = step.headers["Location"]
    assert "It waits for its turn" in text_of(parsed(operator.get(run)))
    assert Worker(KINDS).work_once() == "done"
    assert "Recorded" in text_of(parsed(operator.get(run)))
    assert Organization.objects.get().zone_good_from == 80


def test_one_snapshot_says_that_the_trend_starts_tomorrow(
    admin: Client, contoso: Organization
) -> None:
    empty = parsed(admin.get("/o/contoso/"))
    record(contoso, mfa(0, 4, 1))

    assert "/o/contoso/connectors/" in empty.xpath("//main//a/@href")
    assert "1 snapshot; the trend starts tomorrow" in text_of(parsed(admin.get("/o/contoso/")))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)  # a thread of the worker has to see it
def test_the_demo_is_made_and_removed_by_the_page(operator: Client, admin: Client) -> None:
    assert admin.post("/setup/demo/").status_code == 404
    operator.post("/setup/demo/")
    operator.post("/setup/demo/")
    job = Job.objects.get(kind="demo")
    job.given = {**job.given, "days": 31, "others": 2}
    job.save()
    assert "waits for a worker" in text_of(parsed(operator.get("/setup/demo/")))

    assert Worker(KINDS).work_once() == "done"
    page = parsed(operator.get("/setup/demo/"))
    [address] = page.xpath("//a[text()='Open the demo']/@href")
    overview = parsed(operator.get(address))
    assert "Remove the demo" in text_of(overview)
    assert Organization.objects.filter(is_demo=True).count() == 3

    operator.post("/setup/demo/remove/")
    assert not Organization.objects.filter(is_demo=True).exists()
    assert Organization.objects.filter(slug="contoso").exists()
