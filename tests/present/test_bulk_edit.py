"""Many actions at once: one confirmation, one undo, whoever refuses is named."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from securescore.organizations.models import Organization
from securescore.record import query
from securescore.record.kept import touch
from securescore.record.models import AuditEntry, ControlChange, ReportedControl
from tests.ops import world
from tests.present.reading import SignIn, parsed, text_of
from tests.present.work import MFA, add_reported, record_three_days, row

BULK = "/o/contoso/bulk-edit/"


@pytest.fixture(autouse=True)
def measured(sample: None, contoso: Organization, settings: Any) -> None:
    settings.SECURESCORE_ANSWERS = "securescore.record.query"
    record_three_days(contoso)


@pytest.fixture
def editor(signed_in: SignIn) -> Client:
    return signed_in("editor")


def said(response: Any) -> str:
    page = parsed(response)
    return " ".join(text_of(one) for one in page.xpath("//*[contains(@class, 'said-')]"))


def test_ticked_actions_are_chosen_changed_after_one_confirmation_and_undone(
    editor: Client, contoso: Organization
) -> None:
    ids = add_reported(contoso, 3)
    chosen = parsed(editor.post(BULK, {"id": ids[:2], "query": "?q=Check"}))
    given = {"ids": "\n".join(ids[:2]), "query": "?q=Check", "status": "planned"}
    given |= {"assignee": "cleo", "add_tags": "q2"}
    checked = editor.post(BULK, given | {"step": "check"})
    assert not AuditEntry.objects.exists()
    done = editor.post(BULK, given | {"step": "save"}, follow=True)

    assert text_of(chosen.xpath("//h1")[0]) == "Change 2 actions"
    lines = [text_of(div) for div in parsed(checked).xpath("//dl[@class='glance']/div")]
    assert lines == ["StatusPlanned", "Assigneecleo", "Add tagsq2"]
    assert done.redirect_chain == [("/o/contoso/actions/?q=Check", 302)]
    assert said(done).startswith("2 actions changed.")
    assert {(row(contoso, i).status, row(contoso, i).assignee) for i in ids[:2]} == {
        ("planned", "cleo")
    }
    assert row(contoso, ids[2]).status == "to address"
    [undo] = parsed(done).xpath("//form[contains(@action, '/undo/')]/@action")
    assert said(editor.post(undo, follow=True)).startswith("Undone for 2 actions.")
    assert {row(contoso, i).tags for i in ids} == {()}


def test_everything_that_matches_can_be_chosen(editor: Client, contoso: Organization) -> None:
    ids = add_reported(contoso, 120)
    page = parsed(editor.post(BULK, {"all": "1", "query": "?q=tool.check&page=2"}))

    assert text_of(page.xpath("//h1")[0]) == "Change 120 actions"
    assert set(page.xpath("//input[@name='ids']/@value")[0].split("\n")) == set(ids)


def test_five_hundred_actions_change_in_one_go(editor: Client, contoso: Organization) -> None:
    ids = add_reported(contoso, 500)
    given = {"ids": "\n".join(ids), "query": "", "status": "planned", "step": "save"}
    done = editor.post(BULK, given, follow=True)

    assert said(done).startswith("500 actions changed.")
    assert sum(a.status == "planned" for a in query.actions(contoso)) == 500


def test_who_cannot_be_changed_is_named_with_the_reason(
    editor: Client, contoso: Organization
) -> None:
    [other] = add_reported(contoso, 1)
    world.record(contoso, world.mfa(4, 10, 10))
    add = {"ids": f"{MFA}\n{other}", "query": "", "status": "planned"}
    checked = text_of(parsed(editor.post(BULK, add | {"step": "check"})))
    done = said(editor.post(BULK, add | {"step": "save"}, follow=True))

    assert "1 action will not change" in checked
    assert row(contoso, MFA).title in checked
    assert (
        f"Not changed, because it is completed: the status follows the data: “{row(contoso).title}”"
        in done
    )


@pytest.mark.parametrize(
    "given, name, complaint",
    [
        ({}, "", "Choose at least one thing to change."),
        ({"status": "risk accepted", "note": "x"}, "review_on", "Say when"),
        ({"status": "resolved through third party"}, "note", "Say what resolves it"),
        ({"status": "completed"}, "status", "no such status"),
        ({"due_on": "soon"}, "due_on", "YYYY-MM-DD"),
        ({"add_tags": "x" * 41}, "add_tags", "40 characters"),
        ({"assignee": "x" * 201}, "assignee", "200"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    editor: Client, given: dict[str, str], name: str, complaint: str
) -> None:
    sent = {"ids": MFA, "query": "", "step": "check", "status": "", "evidence": "kept"} | given
    response = editor.post(BULK, sent)
    page = parsed(response)

    assert response.status_code == 422
    assert complaint in text_of(page)
    assert page.xpath("//textarea[@name='evidence']")[0].text.strip() == "kept"
    if name:
        [wrong] = page.xpath(f"//*[@name='{name}']")
        assert complaint in text_of(page.get_element_by_id(wrong.get("aria-describedby")))
    assert not AuditEntry.objects.exists()


def test_nothing_ticked_leads_back(editor: Client) -> None:
    assert "Tick the actions" in said(editor.post(BULK, {"query": "?q=a"}, follow=True))
    assert editor.get(BULK).headers["Location"] == "/o/contoso/actions/"


def test_sent_twice_nothing_is_changed_again(editor: Client, contoso: Organization) -> None:
    given = {"ids": MFA, "query": "", "status": "planned", "step": "save"}
    editor.post(BULK, given)
    n_entries = AuditEntry.objects.count()

    assert "like that already" in said(editor.post(BULK, given, follow=True))
    assert n_entries == AuditEntry.objects.count()


def test_a_session_that_ended_keeps_the_choice(editor: Client, contoso: Organization) -> None:
    given = {"ids": MFA, "query": "?q=a", "add_tags": "q2", "status": "", "step": "check"}
    editor.logout()
    sent = editor.post(BULK, given)
    sign_in = {"login": "person-editor", "password": "correct horse battery staple"}
    page = parsed(editor.post(sent.headers["Location"], sign_in, follow=True))

    assert page.xpath("//input[@name='add_tags']/@value") == ["q2"]
    assert page.xpath("//input[@name='ids']/@value") == [MFA]


def test_the_way_back_stays_within_the_list(editor: Client) -> None:
    given = {"ids": MFA, "query": "?next=https://evil.example/", "status": "planned"}
    done = editor.post(BULK, given | {"step": "save"})

    assert done.headers["Location"].startswith("/o/contoso/actions/?")


@pytest.mark.parametrize("path", ["actions/", f"actions/{MFA}/", "", "views/"])
def test_pages_make_as_many_queries_for_five_hundred_actions_as_for_fifty(
    editor: Client, contoso: Organization, django_assert_num_queries: Any, path: str
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def ask() -> None:
        touch(contoso)  # nothing is answered from what was kept
        assert editor.get(f"/o/contoso/{path}").status_code == 200

    ids = add_reported(contoso, 50)
    editor.get("/o/contoso/")
    with CaptureQueriesContext(connection) as few:
        ask()
    for model in (ControlChange, ReportedControl):
        model.objects.filter(organization=contoso, control_id__in=ids).delete()
    add_reported(contoso, 500)
    with django_assert_num_queries(len(few)):
        ask()
