"""Editing one action: who may, what is refused, what is never lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from lxml import html

from securescore.organizations.models import Organization
from securescore.organizations.write import create_organization
from securescore.record import query
from securescore.record.models import ActionDecision, AuditEntry, Snapshot, SuppressionProposal
from tests.ops import world
from tests.present.reading import MakePerson, SignIn, parsed, text_of
from tests.present.work import (
    EDIT,
    MFA,
    PAGE,
    add_reported,
    form_of,
    points,
    record_three_days,
    row,
)

PASSWORD = "correct horse battery staple"
HTMX = {"HX-Request": "true"}
RISK = {"status": "risk accepted", "note": "Until spring.", "review_on": "2031-06-01"}


@pytest.fixture(autouse=True)
def measured(sample: None, contoso: Organization, settings: Any) -> None:
    settings.SECURESCORE_ANSWERS = "securescore.record.query"
    record_three_days(contoso)


@pytest.fixture
def editor(signed_in: SignIn) -> Client:
    return signed_in("editor")


def field(page: html.HtmlElement, name: str) -> str:
    """What stands in a field of the form."""
    [found] = page.xpath(f"//form[@data-work]//*[@name='{name}']")
    if found.tag == "select":
        return str(found.xpath("./option[@selected]/@value")[0])
    return str(found.text or "").lstrip("\n") if found.tag == "textarea" else found.get("value")


def said(page: html.HtmlElement) -> str:
    return " ".join(text_of(one) for one in page.xpath("//*[contains(@class, 'said-')]"))


# -- rights -------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["viewer", "evidence_viewer"])
def test_who_may_only_look_finds_no_control_and_is_refused(
    signed_in: SignIn, contoso: Organization, role: str
) -> None:
    client = signed_in(role)
    page = parsed(client.get(PAGE))
    listed = parsed(client.get("/o/contoso/actions/"))

    assert page.xpath("//main//form | //main//select | //main//textarea") == []
    assert listed.xpath("//*[@name='id'] | //form[@id='bulk']") == []
    for path in (EDIT, f"{PAGE}approval/", "/o/contoso/bulk-edit/", undo_path()):
        assert client.post(path, {"notes": "x"}).status_code == 403, path
    assert not AuditEntry.objects.exists()


def undo_path() -> str:
    return "/o/contoso/undo/00000000-0000-4000-8000-000000000001/"


def test_what_is_somebody_elses_is_not_there(person: MakePerson) -> None:
    stranger = Client()
    stranger.force_login(person("sam", "admin", create_organization("Fabrikam")))
    for path in (
        EDIT,
        f"{PAGE}approval/",
        "/o/contoso/bulk-edit/",
        undo_path(),
        "/o/contoso/views/",
    ):
        assert stranger.post(path, {"notes": "x"}).status_code == 404, path


def test_an_action_that_is_not_there_cannot_be_edited(editor: Client) -> None:
    assert editor.post("/o/contoso/actions/Nothing/edit/", {"notes": "x"}).status_code == 404


# -- saving -------------------------------------------------------------------------------------
def test_everything_is_saved_in_one_go_and_undone_in_one_go(
    editor: Client, contoso: Organization
) -> None:
    before = points(contoso)
    changes = {
        "status": "resolved through third party",
        "note": "The gateway does it.",
        "evidence": "Contract 7",
        "owner": "Cleo",
        "assignee": "cleo",
        "due_on": "2031-01-31",
        "tags": "q2, Board , q2",
        "notes": "First line\r\n\r\n**second**",
    }
    page = parsed(editor.post(EDIT, form_of(contoso, **changes), follow=True))
    saved = row(contoso)

    assert said(page).startswith("Saved: status, assignee, due, tags and notes.")
    assert (saved.status, saved.assignee, saved.due_on, saved.tags) == (
        "resolved through third party",
        "cleo",
        date(2031, 1, 31),
        ("q2", "Board"),
    )
    assert points(contoso) - before == 450
    assert [text_of(n) for n in page.xpath("//div[@class='notes'][1]/p")][:2] == [
        "First line",
        "second",
    ]
    [undo] = page.xpath("//form[contains(@action, '/undo/')]/@action")
    undone = parsed(editor.post(undo, headers={"Referer": f"http://testserver{PAGE}"}, follow=True))

    assert said(undone).startswith("Undone.")
    assert (row(contoso).status, row(contoso).assignee, points(contoso)) == (
        "to address",
        "",
        before,
    )


def test_undo_leaves_alone_what_somebody_else_changed_since(
    editor: Client, signed_in: SignIn, contoso: Organization
) -> None:
    page = parsed(editor.post(EDIT, form_of(contoso, notes="mine"), follow=True))
    [undo] = page.xpath("//form[contains(@action, '/undo/')]/@action")
    signed_in("admin").post(EDIT, form_of(contoso, notes="theirs"))
    told = said(parsed(editor.post(undo, follow=True)))

    assert "Could not be undone, because person-admin changed it since" in told
    answer = query.action(contoso, MFA)
    assert answer is not None
    assert answer.notes == "theirs"


def test_only_what_was_changed_is_written_down(editor: Client, contoso: Organization) -> None:
    editor.post(EDIT, form_of(contoso, notes="x"))

    assert [(e.old, e.new) for e in AuditEntry.objects.all()] == [
        ({"notes": ""}, {"notes": "x", "version": 1})
    ]


def test_a_form_that_sends_one_field_changes_no_other(
    editor: Client, contoso: Organization
) -> None:
    editor.post(EDIT, form_of(contoso, assignee="cleo", tags="q2"))
    editor.post(EDIT, {"version": "1", "notes": "x"})

    assert (row(contoso).assignee, row(contoso).tags) == ("cleo", ("q2",))


@pytest.mark.parametrize(
    "changes, name, complaint",
    [
        ({"status": "risk accepted", "review_on": "2031-01-01"}, "note", "Say why"),
        ({"status": "risk accepted", "note": "because"}, "review_on", "Say when"),
        (RISK | {"review_on": "2020-01-01"}, "review_on", "after today"),
        (RISK | {"review_on": "soon"}, "review_on", "YYYY-MM-DD"),
        ({"status": "resolved through third party"}, "note", "Say what resolves it"),
        (
            {
                "status": "resolved through alternate mitigation",
                "note": "x",
                "ends_on": "2020-01-01",
            },
            "ends_on",
            "after today",
        ),
        ({"status": "completed"}, "status", "no such status"),
        ({"status": "fixed"}, "status", "no such status"),
        ({"due_on": "31.12.2031"}, "due_on", "YYYY-MM-DD"),
        ({"assignee": "x" * 201}, "assignee", "200"),
        ({"tags": ",".join(f"t{n}" for n in range(21))}, "tags", "at most 20 tags"),
        ({"tags": "x" * 41}, "tags", "40 characters"),
        ({"notes": "x" * 20_001}, "notes", "20000"),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_everything_typed_stays(
    editor: Client, contoso: Organization, changes: dict[str, str], name: str, complaint: str
) -> None:
    typed = {"notes": "Not to be lost."} | changes
    response = editor.post(EDIT, form_of(contoso, **typed))
    page = parsed(response)
    [wrong] = page.xpath(f"//form[@data-work]//*[@name='{name}']")

    assert response.status_code == 422
    assert complaint in text_of(page.get_element_by_id(wrong.get("aria-describedby")))
    assert wrong.get("aria-invalid") == "true"
    assert field(page, "notes") == typed["notes"]
    assert field(page, "note") == typed.get("note", "")
    assert not AuditEntry.objects.exists()


def test_control_characters_are_left_out(editor: Client, contoso: Organization) -> None:
    editor.post(EDIT, form_of(contoso, notes="a\x00b\x07c"))
    answer = query.action(contoso, MFA)

    assert answer is not None
    assert answer.notes == "abc"


def test_a_review_date_that_has_passed_does_not_keep_notes_from_being_saved(
    editor: Client, contoso: Organization
) -> None:
    ActionDecision.objects.create(
        organization=contoso,
        control_id=MFA,
        status="risk accepted",
        at=datetime(2026, 3, 2, tzinfo=UTC),
        by="ana",
        note="old",
        review_on=date(2026, 4, 1),
    )
    world.record(contoso, world.mfa(4, 10, 6))
    response = editor.post(EDIT, form_of(contoso, notes="still true"), follow=True)

    assert said(parsed(response)).startswith("Saved: notes.")


def test_a_completed_action_says_why_its_status_cannot_be_chosen(
    editor: Client, contoso: Organization
) -> None:
    world.record(contoso, world.mfa(4, 10, 10))
    page = parsed(editor.get(PAGE))
    forced = editor.post(EDIT, {"version": "0", "status": "planned", "notes": "keep me"})

    assert page.xpath("//*[@name='status']") == []
    assert "the status follows the data" in text_of(page.xpath("//form[@data-work]")[0])
    assert forced.status_code == 422
    assert "follows the data" in text_of(parsed(forced))
    assert field(parsed(forced), "notes") == "keep me"
    assert said(parsed(editor.post(EDIT, form_of(contoso, notes="Done"), follow=True)))


# -- two people, twice, too late ----------------------------------------------------------------
def test_two_people_see_both_values_and_nothing_typed_is_lost(
    editor: Client, signed_in: SignIn, contoso: Organization
) -> None:
    mine = form_of(contoso, notes="Mine", tags="q2")
    signed_in("admin").post(EDIT, form_of(contoso, notes="Theirs", assignee="cleo"))
    response = editor.post(EDIT, mine)
    page = parsed(response)
    [table] = page.xpath("//table[contains(@class, 'conflict-table')]")
    rows = [[text_of(c) for c in tr.xpath("./*")] for tr in table.xpath(".//tbody/tr")]

    assert response.status_code == 409
    assert ["Notes", "Theirs", "Mine"] in rows
    assert "person-admin changed this action" in text_of(page)
    assert (field(page, "notes"), field(page, "tags"), field(page, "version")) == (
        "Mine",
        "q2",
        "1",
    )
    assert field(page, "assignee") == "cleo"
    again = {name: field(page, name) for name in ("version", "notes", "tags", "assignee", "status")}
    assert said(parsed(editor.post(EDIT, again, follow=True))).startswith("Saved: tags and notes.")
    assert (row(contoso).assignee, row(contoso).tags) == ("cleo", ("q2",))


def test_two_statuses_at_once_are_a_conflict_too(
    editor: Client, signed_in: SignIn, contoso: Organization
) -> None:
    mine = form_of(contoso, **RISK)
    signed_in("admin").post(EDIT, form_of(contoso, status="planned"))
    response = editor.post(EDIT, mine)
    page = parsed(response)

    assert response.status_code == 409
    assert (field(page, "status"), field(page, "note"), field(page, "review_on")) == (
        "risk accepted",
        "Until spring.",
        "2031-06-01",
    )
    assert row(contoso).status == "planned"


@pytest.mark.parametrize("version", ["", "x", "-1", "99", "9" * 40])
def test_a_version_that_never_was_is_a_conflict(
    editor: Client, contoso: Organization, version: str
) -> None:
    response = editor.post(EDIT, form_of(contoso, notes="Mine") | {"version": version})

    assert response.status_code == 409
    assert field(parsed(response), "notes") == "Mine"


def test_a_form_sent_twice_is_saved_once(editor: Client, contoso: Organization) -> None:
    given = form_of(contoso, **RISK, notes="x", assignee="cleo")
    editor.post(EDIT, given)
    n_entries, n_snapshots = AuditEntry.objects.count(), Snapshot.objects.count()
    again = editor.post(EDIT, given, follow=True)

    assert "saved already" in said(parsed(again))
    assert (n_entries, n_snapshots) == (AuditEntry.objects.count(), Snapshot.objects.count())


def test_a_session_that_ended_in_mid_edit_comes_back_with_the_form_filled(
    editor: Client, contoso: Organization
) -> None:
    given = form_of(contoso, **RISK, notes="Long\nnotes", tags="q2")
    editor.logout()
    sent = editor.post(f"{EDIT}?status=to+address", given)
    asked = text_of(parsed(editor.get(sent.headers["Location"])))
    sign_in = editor.post(
        sent.headers["Location"], {"login": "person-editor", "password": PASSWORD}, follow=True
    )
    page = parsed(sign_in)

    assert sent.headers["Location"].startswith(f"/sign-in/?next={PAGE.replace('/', '%2F')}")
    assert "What you typed is kept" in asked
    assert "What you typed is kept" not in text_of(
        parsed(Client().get(sent.headers["Location"]))  # another browser knows of no form
    )
    assert "Your sign-in had ended" in text_of(page)
    assert {
        name: field(page, name) for name in ("status", "note", "review_on", "notes", "tags")
    } == {
        **RISK,
        "notes": "Long\nnotes",
        "tags": "q2",
    }
    assert not AuditEntry.objects.filter(action="action.edit").exists()
    draft = field(page, "draft")
    saved = editor.post(EDIT, given | {"draft": draft}, follow=True)
    assert said(parsed(saved)).startswith("Saved: status, tags and notes.")
    assert "Your sign-in had ended" not in text_of(parsed(editor.get(f"{PAGE}?draft={draft}")))


def test_the_flyout_of_an_ended_session_goes_to_sign_in_as_a_whole(
    editor: Client, contoso: Organization
) -> None:
    editor.logout()
    posted = editor.post(EDIT, {"version": "0", "notes": "x"}, headers=HTMX)
    read = editor.get(
        PAGE, headers=HTMX | {"HX-Current-URL": "http://testserver/o/contoso/actions/?q=a"}
    )

    assert (posted.status_code, read.status_code) == (204, 204)
    assert "draft%3D" in posted.headers["HX-Redirect"]
    assert read.headers["HX-Redirect"] == "/sign-in/?next=%2Fo%2Fcontoso%2Factions%2F%3Fq%3Da"


def test_somebody_elses_draft_is_not_shown_without_the_right(
    editor: Client, person: MakePerson, contoso: Organization
) -> None:
    editor.logout()
    sent = editor.post(EDIT, {"version": "0", "notes": "secret plan"})
    person("vic", "viewer", contoso)
    page = editor.post(
        sent.headers["Location"], {"login": "vic", "password": PASSWORD}, follow=True
    )

    assert page.status_code == 200
    assert "secret plan" not in page.content.decode()


def test_a_form_without_its_secret_is_refused_and_can_be_copied(
    person: MakePerson, contoso: Organization
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("ed", "editor", contoso))
    response = client.post(
        EDIT, {"notes": "<b>Long</b> notes", "password": "hunter2", "version": "0"}
    )
    page = parsed(response)

    assert response.status_code == 403
    assert [t.text for t in page.xpath("//textarea[@readonly]")] == ["<b>Long</b> notes"]
    assert "hunter2" not in response.content.decode()
    assert not AuditEntry.objects.exists()


def test_without_a_session_the_secret_is_still_asked_for(contoso: Organization) -> None:
    client = Client(enforce_csrf_checks=True)

    assert client.post(EDIT, {"notes": "x"}).status_code == 403


# -- the flyout ---------------------------------------------------------------------------------
def test_the_flyout_gets_its_fragment_back_and_the_list_is_told(
    editor: Client, contoso: Organization
) -> None:
    saved = editor.post(EDIT, form_of(contoso, notes="x"), headers=HTMX)
    wrong = editor.post(EDIT, form_of(contoso, status="risk accepted"), headers=HTMX)

    assert (saved.status_code, saved.headers["HX-Trigger"]) == (200, "actions-changed")
    assert "Saved: notes." in said(parsed(saved))
    assert parsed(saved).xpath("//header") == []
    assert wrong.status_code == 422
    assert "HX-Trigger" not in wrong.headers
    [undo] = parsed(saved).xpath("//form[contains(@action, '/undo/')]/@hx-post")
    undone = editor.post(undo, headers=HTMX)
    assert field(parsed(undone), "notes") == ""


def test_a_reload_after_a_mistake_shows_the_action(editor: Client) -> None:
    assert editor.get(EDIT).headers["Location"] == PAGE


# -- approval -----------------------------------------------------------------------------------
def ask(client: Client, contoso: Organization) -> str:
    """Ask for an accepted risk; the id of the request."""
    contoso.needs_approval = True
    contoso.save()
    client.post(EDIT, form_of(contoso, **RISK))
    return query.waiting_risks(contoso)[0].id


def test_an_accepted_risk_is_approved_by_somebody_else(
    signed_in: SignIn, contoso: Organization
) -> None:
    requester, approver = signed_in("admin"), signed_in("approver")
    request = ask(requester, contoso)
    own = parsed(requester.get(PAGE))
    page = parsed(approver.get(PAGE))

    assert own.xpath("//button[@name='do']/@value") == ["withdraw"]
    assert page.xpath("//button[@name='do']/@value") == ["approve", "decline"]
    assert row(contoso).status == "to address"
    refused = requester.post(f"{PAGE}approval/", {"request": request, "do": "approve"})
    assert refused.status_code == 422
    told = approver.post(f"{PAGE}approval/", {"request": request, "do": "approve"}, follow=True)
    assert "Approved: the risk is accepted." in said(parsed(told))
    assert row(contoso).status == "risk accepted"
    again = approver.post(f"{PAGE}approval/", {"request": request, "do": "approve"}, follow=True)
    assert "no longer open" in said(parsed(again))


def test_a_decline_wants_a_reason_and_keeps_it(signed_in: SignIn, contoso: Organization) -> None:
    editor, approver = signed_in("editor"), signed_in("approver")
    request = ask(editor, contoso)
    bare = approver.post(f"{PAGE}approval/", {"request": request, "do": "decline"})
    declined = approver.post(
        f"{PAGE}approval/",
        {"request": request, "do": "decline", "approval_note": "Too long."},
        follow=True,
    )

    assert bare.status_code == 422
    assert "a decline needs a reason" in text_of(parsed(bare)).lower()
    assert "Declined. Your reason stands with the action." in said(parsed(declined))
    assert query.waiting_risks(contoso) == ()


def declined_on(client: Client) -> str:
    """What stands of a declined request beside the action; empty where nothing does."""
    return " ".join(
        text_of(one)
        for one in parsed(client.get(PAGE)).xpath("//section[@aria-labelledby='a-declined']")
    )


def test_the_reason_of_a_decline_stands_with_the_action_until_it_is_settled(
    signed_in: SignIn, contoso: Organization
) -> None:
    editor, approver, viewer = (signed_in(role) for role in ("editor", "approver", "viewer"))
    for note in ("Too long.", "<b>Still</b> too long."):
        approver.post(
            f"{PAGE}approval/",
            {"request": ask(editor, contoso), "do": "decline", "approval_note": note},
        )
        seen = declined_on(viewer)

        assert note in seen
        assert "person-approver declined what person-editor asked for" in seen
        assert RISK["note"] in seen
        assert "Choose Risk accepted again" not in seen
    assert "Choose Risk accepted again" in declined_on(editor)
    ask(editor, contoso)
    assert declined_on(viewer) == ""
    editor.post(
        f"{PAGE}approval/", {"request": query.waiting_risks(contoso)[0].id, "do": "withdraw"}
    )
    assert declined_on(viewer) == ""


def test_a_later_decision_settles_a_decline(signed_in: SignIn, contoso: Organization) -> None:
    editor, approver = signed_in("editor"), signed_in("approver")
    approver.post(
        f"{PAGE}approval/",
        {"request": ask(editor, contoso), "do": "decline", "approval_note": "Too long."},
    )
    editor.post(EDIT, form_of(contoso, notes="A note is no decision."))

    assert "Too long." in declined_on(editor)
    editor.post(EDIT, form_of(contoso, status="planned"))
    assert declined_on(editor) == ""


def test_a_request_can_be_withdrawn_and_an_editor_cannot_approve(
    signed_in: SignIn, contoso: Organization
) -> None:
    editor = signed_in("editor")
    request = ask(editor, contoso)

    assert editor.post(f"{PAGE}approval/", {"request": request, "do": "approve"}).status_code == 403
    told = editor.post(f"{PAGE}approval/", {"request": request, "do": "withdraw"}, follow=True)
    assert "The request is withdrawn." in said(parsed(told))


# -- what else stands there ---------------------------------------------------------------------
def test_a_proposal_gives_no_points_and_fills_the_form(
    signed_in: SignIn, contoso: Organization
) -> None:
    before = points(contoso)
    SuppressionProposal.objects.create(
        organization=contoso,
        control_id=MFA,
        resource_id="arn:secret:resource",
        reason="Known and fine",
        by="muter",
        proposed_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    editor = signed_in("editor")
    page = parsed(editor.get(PAGE))
    [accept, _] = page.xpath("//section[@class='proposals']//a/@href")
    filled = parsed(editor.get(accept))

    assert "arn:secret:resource" in text_of(page)
    assert "arn:secret:resource" not in text_of(parsed(signed_in("viewer").get(PAGE)))
    assert (field(filled, "status"), field(filled, "note")) == ("risk accepted", "Known and fine")
    assert points(contoso) == before
    assert not AuditEntry.objects.exists()


def test_history_tells_who_decided_what_and_what_it_moved(
    editor: Client, contoso: Organization
) -> None:
    editor.post(EDIT, form_of(contoso, status="resolved through third party", note="Gateway."))
    [history] = [s for s in parsed(editor.get(PAGE)).iter("section") if s.get("id") == "history"]
    first = text_of(history.xpath(".//li")[0])

    assert "+4.5" in first
    assert "person-editor: To address → Resolved through third party, 9 / 9 points" in first
    assert "Gateway." in first


def test_what_a_tool_reports_of_devices_is_managed_there(
    editor: Client, contoso: Organization
) -> None:
    [reported] = add_reported(contoso, 1)

    assert "Managed elsewhere." in text_of(parsed(editor.get(f"/o/contoso/actions/{reported}/")))
    assert "Managed elsewhere." not in text_of(parsed(editor.get(PAGE)))


def test_a_link_to_share_is_whole_and_mail_names_the_action(editor: Client) -> None:
    page = parsed(editor.get(f"{PAGE}?status=to+address"))

    assert page.xpath("//@data-copy") == [f"http://testserver{PAGE}"]
    [mail] = page.xpath("//a[starts-with(@href, 'mailto:')]/@href")
    assert "body=http%3A%2F%2Ftestserver" in mail
