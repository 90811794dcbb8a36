"""The audit log: filtered, exported, checked; sign-ins are for operators."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization
from securescore.record import audit
from securescore.record.models import AuditEntry
from tests.present.conftest import PASSWORD
from tests.present.reading import MakePerson, SignIn, parsed, text_of

AUDIT = "/o/contoso/settings/audit/"
INSTALLATION = "/installation/audit/"
START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # half past eleven in Berlin


@pytest.fixture
def entries(contoso: Organization) -> None:
    for number, (by, action) in enumerate(
        [("ana", "member.add"), ("bo", "settings.zones"), ("ana", "token.create")]
    ):
        audit.append(
            [audit.Change(action, f"target{number}", {"role": "viewer"}, {"role": "=editor"})],
            by=by,
            at=START + timedelta(hours=number),
            organization=contoso,
        )
    audit.append([audit.Change("x.y")], by="eve", at=START, organization=create_organization("F"))


@pytest.fixture
def operator(person: MakePerson) -> Client:
    user = person("olga")
    user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, path: str) -> list[str]:
    return [text_of(row.xpath("./th")[0]) for row in parsed(client.get(path)).xpath("//tbody/tr")]


def test_changes_are_readable_and_newest_first(admin: Client, entries: None) -> None:
    page = parsed(admin.get(AUDIT))
    first = page.xpath("//tbody/tr")[0]

    assert shown(admin, AUDIT) == [
        "Token made target2",
        "Zones changed target1",
        "Member added target0",
    ]
    assert "2 Mar 2026, 01:30" in text_of(first)
    assert text_of(first.xpath(".//del")[0]) == "viewer"
    assert text_of(first.xpath(".//ins")[0]) == "=editor"
    assert "eve" not in text_of(page)


@pytest.mark.parametrize(
    "query, expected",
    [
        ("by=ANA", ["Token made target2", "Member added target0"]),
        ("action=settings.zones", ["Zones changed target1"]),
        ("target=get0", ["Member added target0"]),
        ("from=2026-03-02", ["Token made target2", "Zones changed target1"]),
        ("to=2026-03-01", ["Member added target0"]),
        ("from=2026-03-01&to=2026-03-01&by=bo", []),
        ("by=bo&to=9999-12-31&page=99", ["Zones changed target1"]),
        ("by=%00ana", ["Token made target2", "Member added target0"]),
    ],
)  # fmt: skip
def test_the_log_is_filtered_by_who_what_target_and_days(
    admin: Client, entries: None, query: str, expected: list[str]
) -> None:
    assert shown(admin, f"{AUDIT}?{query}") == expected


def test_a_day_that_is_none_is_said_to_be(admin: Client, entries: None) -> None:
    page = text_of(parsed(admin.get(f"{AUDIT}?from=yesterday")))

    assert "“yesterday” was left out" in page


def test_what_is_filtered_is_exported(admin: Client, entries: None) -> None:
    text = admin.get("/o/contoso/settings/audit.csv?by=ana").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    listed = admin.get("/o/contoso/settings/audit.json?by=ana").json()

    assert [row["action"] for row in rows] == ["token.create", "member.add"]
    assert (rows[0]["from"], rows[0]["to"]) == ("role: viewer", "role: =editor")
    assert [row["number"] for row in listed] == [3, 1]
    assert listed[0]["digest"] == AuditEntry.objects.get(number=3).digest


def test_pages_and_their_links_keep_the_filter(admin: Client, contoso: Organization) -> None:
    for number in range(60):
        audit.append([audit.Change("a.b", str(number))], by="ana", at=START, organization=contoso)
    page = parsed(admin.get(f"{AUDIT}?by=ana"))

    assert len(page.xpath("//tbody/tr")) == 50
    assert page.xpath("//a[@rel='next']/@href") == ["?by=ana&page=2"]
    assert len(shown(admin, f"{AUDIT}?by=ana&page=2")) == 10


def test_the_chain_is_checked_when_asked(admin: Client, entries: None) -> None:
    holds = text_of(parsed(admin.post(AUDIT)))
    AuditEntry.objects.filter(number=2).update(by="somebody else")
    broken = text_of(parsed(admin.post(AUDIT)))

    assert "The chain holds: 4 entries" in holds
    assert "entry 2 was altered" in broken


def test_an_empty_log_says_so(admin: Client) -> None:
    assert "Nothing has happened yet" in text_of(parsed(admin.get(AUDIT)))


@pytest.mark.parametrize("path", [AUDIT, "/o/contoso/settings/audit.csv"])
def test_who_may_not_administer_reads_no_log(signed_in: SignIn, path: str) -> None:
    assert signed_in("approver").get(path).status_code == 403


def test_the_log_takes_as_many_queries_for_many_as_for_one(
    admin: Client, contoso: Organization, django_assert_num_queries: Any
) -> None:
    admin.get(AUDIT)
    for _ in range(60):
        audit.append([audit.Change("a.b")], by="ana", at=START, organization=contoso)
    with django_assert_num_queries(7):
        admin.get(AUDIT)


# -- sign-ins, for operators --------------------------------------------------------------------
def test_sign_ins_stand_in_the_log_of_the_installation(
    person: MakePerson, operator: Client
) -> None:
    person("ana")
    client = Client()
    client.post("/sign-in/", {"login": "ana", "password": "wrong"})
    client.post("/sign-in/", {"login": "my secret, typed here", "password": "wrong"})
    client.post("/sign-in/", {"login": "ana", "password": PASSWORD})
    client.post("/sign-out/")

    assert shown(operator, INSTALLATION) == [
        "Signed out ana",
        "Signed in ana",
        "Sign-in refused",
        "Sign-in refused ana",
    ]
    assert "my secret" not in operator.get(INSTALLATION).content.decode()
    assert operator.get("/installation/audit.json").json()[1]["to"] == "method: password"


def test_a_changed_password_is_written_down(person: MakePerson) -> None:
    person("ana")
    client = Client()
    client.post("/sign-in/", {"login": "ana", "password": PASSWORD})
    new = "another correct horse"
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert AuditEntry.objects.order_by("-number")[0].action == "password.change"
    assert User.objects.get().check_password(new)


@pytest.mark.parametrize("path", [INSTALLATION, "/installation/audit.csv"])
def test_to_others_the_log_of_the_installation_is_not_there(admin: Client, path: str) -> None:
    theirs, nobodys = admin.get(path), admin.get("/installation/nothing/")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content
    assert "Sign-ins" not in text_of(parsed(admin.get("/o/contoso/")))


def test_a_closed_account_is_told_and_written_down(person: MakePerson) -> None:
    person("ana")
    User.objects.update(is_active=False)
    client = Client()
    client.post("/sign-in/", {"login": "ana", "password": PASSWORD})

    assert AuditEntry.objects.get().action == "sign-in.refuse"
