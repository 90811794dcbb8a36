"""Members and roles: added, invited, changed, removed; groups; who has to approve."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from securescore.organizations.access import access_to
from securescore.organizations.models import GroupRole, Membership, Organization
from securescore.organizations.write import create_organization, set_role
from securescore.record.models import AuditEntry
from tests.present.reading import MakePerson, SignIn, parsed, region, rows_of, text_of

MEMBERS = "/o/contoso/settings/members/"


def member_rows(client: Client) -> list[list[str]]:
    page = parsed(client.get(MEMBERS))
    return [row[:1] + row[2:5] for row in rows_of(page.xpath("//table")[0])]


@pytest.mark.parametrize("role", ["viewer", "evidence_viewer", "editor", "approver"])
def test_only_an_administrator_sees_and_changes_members(signed_in: SignIn, role: str) -> None:
    client = signed_in(role)

    assert client.get(MEMBERS).status_code == 403
    assert client.post(MEMBERS, {"do": "add", "who": "x", "role": "admin"}).status_code == 403


def test_somebody_who_is_here_is_added_by_user_name(admin: Client, person: MakePerson) -> None:
    bo = person("bo")
    answer = admin.post(MEMBERS, {"do": "add", "who": " bo ", "role": "editor"}, follow=True)
    entry = AuditEntry.objects.get()

    assert "bo is a member now" in text_of(parsed(answer))
    assert access_to(bo, "contoso").role == "editor"
    assert (entry.by, entry.action, entry.target, entry.new) == (
        "person-admin",
        "member.add",
        "bo",
        {"role": "editor"},
    )


def test_an_address_is_invited_with_a_link_that_is_shown_once(admin: Client) -> None:
    answer = admin.post(MEMBERS, {"do": "add", "who": "Bo@example.org", "role": "viewer"})
    link = parsed(answer).get_element_by_id("the-link").get("value")
    invited = Client()
    page = invited.get(urlsplit(link).path)
    used = invited.post(urlsplit(link).path)
    chosen = invited.post(
        used.headers["Location"],
        {"password1": "correct horse battery", "password2": "correct horse battery"},
    )

    assert answer.status_code == 200
    assert link not in admin.get(MEMBERS).content.decode()
    assert "as bo" in text_of(parsed(page))
    assert used.headers["Location"] == "/account/password/set/"
    assert chosen.status_code == 302
    assert invited.get("/o/contoso/").status_code == 200
    assert Client().get(urlsplit(link).path).status_code == 404
    assert Client().login(username="bo", password="correct horse battery")
    assert [e.action for e in AuditEntry.objects.order_by("number")] == [
        "member.invite",
        "sign-in",
        "password.set",
    ]


def test_an_invited_person_who_lost_the_link_gets_another(admin: Client) -> None:
    admin.post(MEMBERS, {"do": "add", "who": "bo@example.org", "role": "viewer"})
    bo = User.objects.get(username="bo")
    answer = admin.post(MEMBERS, {"do": "link", "id": bo.pk})
    link = parsed(answer).get_element_by_id("the-link").get("value")

    assert "invited" in member_rows(admin)[0][2]
    assert Client().post(urlsplit(link).path).status_code == 302


def test_nobody_gets_a_link_to_sign_in_as_somebody_else(
    admin: Client, person: MakePerson, contoso: Organization
) -> None:
    known = person("known", "viewer", contoso)
    admin.post(MEMBERS, {"do": "add", "who": "bo@example.org", "role": "viewer"})
    elsewhere = User.objects.get(username="bo")
    set_role(create_organization("Fabrikam"), elsewhere, "admin")
    for somebody in (known, elsewhere):
        answer = admin.post(MEMBERS, {"do": "link", "id": somebody.pk})

        assert answer.status_code == 422
        assert "cannot be given a link" in text_of(parsed(answer))


def test_an_address_that_nobody_vouches_for_finds_no_account(
    admin: Client, person: MakePerson
) -> None:
    """Whoever invites a foreign address first must not be let in by those who add it later."""
    fabrikam = create_organization("Fabrikam")
    squatter = person("cfo", "viewer", fabrikam)
    admin.post(MEMBERS, {"do": "add", "who": "cfo@example.com", "role": "admin"})

    assert not Membership.objects.filter(user=squatter, organization__slug="contoso").exists()
    assert User.objects.filter(email="cfo@example.com").count() == 2


def test_an_address_of_ones_own_people_finds_their_account(
    admin: Client, person: MakePerson
) -> None:
    fabrikam = create_organization("Fabrikam")
    set_role(fabrikam, User.objects.get(username="person-admin"), "admin")
    bo = person("bo", "viewer", fabrikam)
    admin.post(MEMBERS, {"do": "add", "who": "BO@example.com", "role": "editor"})

    assert access_to(bo, "contoso").role == "editor"


@pytest.mark.parametrize(
    "who, role, complaint",
    [
        ("nobody", "viewer", "Nobody here has the user name"),
        ("", "viewer", "Nobody is named"),
        ("a@b", "viewer", "no e-mail address"),
        ("@", "viewer", "no e-mail address"),
        ("person-admin", "viewer", "is a member already"),
        ("bo@example.org", "emperor", "There is no role"),
        ("x" * 300 + "@example.org", "viewer", "address is too long"),
        ("<b>bo</b>", "viewer", "Nobody here has the user name"),
    ],
)
def test_a_mistake_is_told_and_stays_typed(
    admin: Client, who: str, role: str, complaint: str
) -> None:
    answer = admin.post(MEMBERS, {"do": "add", "who": who, "role": role})
    page = parsed(answer)

    assert answer.status_code == 422
    assert complaint in text_of(page.xpath("//*[@role='alert']")[0])
    assert page.get_element_by_id("who").get("value") == who
    assert User.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_a_role_is_changed_and_written_down(
    admin: Client, person: MakePerson, contoso: Organization
) -> None:
    bo = person("bo", "viewer", contoso)
    admin.post(MEMBERS, {"do": "role", "id": bo.pk, "role": "approver"})
    entry = AuditEntry.objects.get()

    assert access_to(bo, "contoso").role == "approver"
    assert (entry.old["role"], entry.new["role"]) == ("viewer", "approver")


def test_a_higher_role_of_a_group_goes_on_to_hold(
    admin: Client, person: MakePerson, contoso: Organization
) -> None:
    bo = person("bo")
    Membership.objects.create(organization=contoso, user=bo, role="approver", from_group="risk")
    answer = admin.post(MEMBERS, {"do": "role", "id": bo.pk, "role": "viewer"}, follow=True)

    assert "keeps the role Approver: the group risk gives it" in text_of(parsed(answer))
    assert access_to(bo, "contoso").role == "approver"


def test_the_last_administrator_stays_one(admin: Client, person: MakePerson) -> None:
    me = User.objects.get(username="person-admin")
    for step in ({"do": "role", "role": "viewer"}, {"do": "remove"}):
        answer = admin.post(MEMBERS, {"id": me.pk, **step})

        assert answer.status_code == 422
        assert "last administrator" in text_of(parsed(answer))
    person("bo", "admin", Organization.objects.get())
    admin.post(MEMBERS, {"do": "role", "id": me.pk, "role": "viewer"})

    assert access_to(me, "contoso").role == "viewer"


def test_an_administrator_whose_account_is_closed_does_not_count(
    admin: Client, person: MakePerson, contoso: Organization
) -> None:
    bo = person("bo", "admin", contoso)
    User.objects.filter(pk=bo.pk).update(is_active=False)
    me = User.objects.get(username="person-admin")

    assert admin.post(MEMBERS, {"do": "remove", "id": me.pk}).status_code == 422


def test_a_removed_member_is_out_and_so_are_the_tokens(
    admin: Client, person: MakePerson, contoso: Organization
) -> None:
    bo = person("bo", "admin", contoso)
    theirs = Client()
    theirs.force_login(bo)
    theirs.post(
        "/o/contoso/settings/tokens/",
        {"name": "nightly", "days": "30", "scopes": ["SecurityEvents.Read.All"]},
    )
    admin.post(MEMBERS, {"do": "remove", "id": bo.pk})

    assert theirs.get("/o/contoso/").status_code == 404
    assert contoso.api_tokens.get().revoked_at is not None
    assert [e.action for e in AuditEntry.objects.order_by("number")][-2:] == [
        "member.remove",
        "token.revoke",
    ]


def test_a_lower_role_takes_back_what_tokens_may_do_beyond_it(
    admin: Client, person: MakePerson, contoso: Organization
) -> None:
    bo = person("bo", "admin", contoso)
    theirs = Client()
    theirs.force_login(bo)
    for scope in ("SecurityEvents.Read.All", "Organization.ReadWrite.All"):
        theirs.post("/o/contoso/settings/tokens/", {"name": scope, "days": "30", "scopes": [scope]})
    admin.post(MEMBERS, {"do": "role", "id": bo.pk, "role": "viewer"})
    living = contoso.api_tokens.filter(revoked_at=None).values_list("name", flat=True)

    assert list(living) == ["SecurityEvents.Read.All"]


@pytest.mark.parametrize("step", ["role", "remove", "link"])
@pytest.mark.parametrize("number", ["0", "999999", "-1", "x", "9" * 40, ""])
def test_a_member_that_is_not_there_is_404(admin: Client, step: str, number: str) -> None:
    data = {"do": step, "id": number, "role": "viewer"}

    assert admin.post(MEMBERS, data).status_code == 404


def test_a_member_of_another_organization_is_not_there(admin: Client, person: MakePerson) -> None:
    theirs = person("bo", "admin", create_organization("Fabrikam"))

    assert admin.post(MEMBERS, {"do": "remove", "id": theirs.pk}).status_code == 404
    assert Membership.objects.filter(user=theirs).exists()


def test_an_unknown_step_changes_nothing(admin: Client) -> None:
    assert admin.post(MEMBERS, {"do": "promote"}).headers["Location"] == MEMBERS


def test_the_list_says_where_a_role_comes_from(
    admin: Client, person: MakePerson, contoso: Organization
) -> None:
    bo = person("bo")
    Membership.objects.create(
        organization=contoso, user=bo, role="editor", direct_role="viewer", from_group="Blue"
    )

    assert member_rows(admin) == [
        ["bo bo@example.com", "group Blue given here: Viewer", "never", "no"],
        [
            "person-admin you person-admin@example.com",
            "given here",
            member_rows(admin)[1][2],
            "no",
        ],
    ]


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    admin: Client, person: MakePerson, contoso: Organization, django_assert_num_queries: Any
) -> None:
    admin.get(MEMBERS)
    for number in range(12):
        person(f"p{number}", "viewer", contoso)
    with django_assert_num_queries(8):
        admin.get(MEMBERS)


# -- groups -------------------------------------------------------------------------------------
def test_a_group_gets_a_role_and_loses_it(admin: Client) -> None:
    added = admin.post(
        MEMBERS, {"do": "add-group", "group": " Blue team ", "role": "editor"}, follow=True
    )
    line = GroupRole.objects.get()
    removed = admin.post(MEMBERS, {"do": "remove-group", "id": line.pk}, follow=True)

    assert (line.group, line.role) == ("Blue team", "editor")
    assert "Blue team" in text_of(region(parsed(added), "Groups that give roles"))
    assert "gives no role any more" in text_of(parsed(removed))
    assert not GroupRole.objects.exists()
    assert [e.action for e in AuditEntry.objects.order_by("number")] == [
        "group.add",
        "group.remove",
    ]


@pytest.mark.parametrize(
    "group, role",
    [("", "viewer"), ("x" * 256, "viewer"), ("a\nb", "viewer"), ("new", "emperor")],
)
def test_a_group_that_makes_no_sense_is_refused(admin: Client, group: str, role: str) -> None:
    answer = admin.post(MEMBERS, {"do": "add-group", "group": group, "role": role})

    assert answer.status_code == 422
    assert not GroupRole.objects.exists()


def test_a_group_stands_in_the_table_once(admin: Client) -> None:
    given = {"do": "add-group", "group": "Blue", "role": "viewer"}
    admin.post(MEMBERS, given)

    assert admin.post(MEMBERS, {**given, "role": "admin"}).status_code == 422
    assert GroupRole.objects.get().role == "viewer"


def test_a_group_of_another_organization_is_not_there(admin: Client) -> None:
    theirs = GroupRole.objects.create(
        organization=create_organization("Fabrikam"), group="x", role="admin"
    )

    assert admin.post(MEMBERS, {"do": "remove-group", "id": theirs.pk}).status_code == 404


# -- who has to approve -------------------------------------------------------------------------
def test_whether_an_accepted_risk_needs_approval(admin: Client, contoso: Organization) -> None:
    admin.post(MEMBERS, {"do": "approval", "needs_approval": "on"})
    contoso.refresh_from_db()
    asked = contoso.needs_approval
    page = parsed(admin.get(MEMBERS))
    admin.post(MEMBERS, {"do": "approval"})
    contoso.refresh_from_db()

    assert asked
    assert page.xpath("//input[@name='needs_approval']/@checked") == ["checked"]
    assert not contoso.needs_approval
    assert [e.action for e in AuditEntry.objects.all()] == ["settings.approval"] * 2
