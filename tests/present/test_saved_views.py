"""Saved views: one's own and shared ones, the one that opens first, who may change which."""

from __future__ import annotations

import pytest
from django.test import Client

from securescore.organizations.models import Organization
from securescore.record.models import AuditEntry, SavedView
from tests.present.reading import MakePerson, SignIn, parsed, rows_of, text_of

LIST = "/o/contoso/actions/"
VIEWS = "/o/contoso/views/"


def save(
    client: Client, name: str = "Mine", query: str = "?status=planned", **more: str
) -> SavedView:
    response = client.post(VIEWS, {"name": name, "query": query, **more})
    assert response.status_code == 302
    return SavedView.objects.latest("created_at")


def test_a_view_keeps_what_is_shown_and_opens_it_again(viewer: Client) -> None:
    view = save(viewer, query="?status=planned&sort=-impact&page=3&view=9&nonsense=1")
    page = parsed(viewer.get(f"{LIST}?view={view.pk}"))

    assert view.query == "status=planned&sort=-impact"
    assert len(rows_of(page.xpath("//table")[0])) == 2
    assert page.xpath("//input[@name='status'][@checked]/@value") == ["planned"]


def test_the_view_that_opens_first_does_so_only_without_a_query(viewer: Client) -> None:
    save(viewer, is_default="1")
    first = parsed(viewer.get(LIST))
    everything = parsed(viewer.get(f"{LIST}?view=all"))
    filtered = parsed(viewer.get(f"{LIST}?category=Data"))

    assert len(rows_of(first.xpath("//table")[0])) == 2
    assert len(rows_of(everything.xpath("//table")[0])) == 27
    assert len(rows_of(filtered.xpath("//table")[0])) == 4
    assert "?view=all" in first.xpath("//a[text()='Clear filters']/@href")


def test_files_hold_everything_whatever_opens_first(viewer: Client) -> None:
    save(viewer, is_default="1")

    assert len(viewer.get("/o/contoso/actions.json").json()) == 27
    view = SavedView.objects.get()
    assert len(viewer.get(f"/o/contoso/actions.json?view={view.pk}").json()) == 2


def test_a_person_has_one_default_and_it_goes_before_the_shared_one(
    viewer: Client, admin: Client
) -> None:
    save(admin, "Ours", "?status=completed", is_shared="1", is_default="1")
    assert "Completed" in text_of(parsed(viewer.get(LIST)).xpath("//tbody")[0])
    save(viewer, "First", is_default="1")
    save(viewer, "Second", "?category=Data", is_default="1")

    assert [v.name for v in SavedView.objects.filter(is_default=True)] == ["Ours", "Second"]
    assert len(rows_of(parsed(viewer.get(LIST)).xpath("//table")[0])) == 4


def test_ones_own_view_is_nobody_elses(viewer: Client, admin: Client) -> None:
    view = save(viewer)
    page = parsed(admin.get(f"{LIST}?view={view.pk}"))

    assert "not there any more, or it is not yours" in text_of(page)
    assert admin.post(f"{VIEWS}{view.pk}/", {"do": "delete"}).status_code == 404
    assert SavedView.objects.exists()


@pytest.mark.parametrize("role, expected", [("viewer", 403), ("editor", 302), ("admin", 302)])
def test_sharing_takes_the_right_to_edit(signed_in: SignIn, role: str, expected: int) -> None:
    client = signed_in(role)
    given = {"name": "Ours", "query": "", "is_shared": "1"}

    assert client.post(VIEWS, given).status_code == expected
    assert AuditEntry.objects.filter(action="view.create").count() == (expected == 302)


def test_a_shared_view_is_changed_by_who_made_it_or_an_administrator(
    signed_in: SignIn, person: MakePerson, contoso: Organization
) -> None:
    view = save(signed_in("editor"), "Ours", is_shared="1")
    other = Client()
    other.force_login(person("ed", "editor", contoso))
    rename = {"do": "rename", "name": "Theirs"}

    assert other.post(f"{VIEWS}{view.pk}/", rename).status_code == 403
    assert signed_in("viewer").post(f"{VIEWS}{view.pk}/", rename).status_code == 403
    assert signed_in("admin").post(f"{VIEWS}{view.pk}/", rename).status_code == 302
    view.refresh_from_db()
    assert view.name == "Theirs"
    entry = AuditEntry.objects.get(action="view.change")
    assert (entry.old, entry.new["name"]) == ({"name": "Ours"}, "Theirs")


def test_only_an_administrator_says_what_opens_first_for_all(signed_in: SignIn) -> None:
    editor = signed_in("editor")
    given = {"name": "Ours", "query": "", "is_shared": "1", "is_default": "1"}

    assert editor.post(VIEWS, given).status_code == 403
    view = save(editor, "Ours", is_shared="1")
    assert editor.post(f"{VIEWS}{view.pk}/", {"do": "first"}).status_code == 403
    assert signed_in("admin").post(f"{VIEWS}{view.pk}/", {"do": "first"}).status_code == 302


@pytest.mark.parametrize(
    "name, complaint", [("", "Give the view a name"), ("x" * 81, "80"), ("Mine", "already")]
)
def test_a_bad_name_is_refused_and_the_rest_stays(
    viewer: Client, name: str, complaint: str
) -> None:
    save(viewer)
    response = viewer.post(VIEWS, {"name": name, "query": "?status=planned", "is_default": "1"})
    page = parsed(response)

    assert response.status_code == 422
    assert complaint in text_of(page)
    assert page.xpath("//form[@class='view-form']//input[@name='query']/@value") == [
        "?status=planned"
    ]
    assert page.xpath("//form[@class='view-form']//input[@name='is_default']/@checked")
    assert SavedView.objects.count() == 1


def test_a_taken_name_is_refused_when_renaming_too(viewer: Client) -> None:
    save(viewer, "One")
    two = save(viewer, "Two")
    response = viewer.post(f"{VIEWS}{two.pk}/", {"do": "rename", "name": "One"})

    assert response.status_code == 422
    assert parsed(response).xpath("//input[@aria-invalid]/@value") == ["One"]


def test_a_view_is_updated_to_what_is_shown_and_deleted(viewer: Client) -> None:
    view = save(viewer)
    page = parsed(viewer.get(f"{LIST}?view={view.pk}&category=Data"))
    [now_shown] = page.xpath("//form[button[@value='update']]/input[@name='query']/@value")
    viewer.post(f"{VIEWS}{view.pk}/", {"do": "update", "query": now_shown})
    view.refresh_from_db()

    assert view.query == "category=Data"
    viewer.post(f"{VIEWS}{view.pk}/", {"do": "delete"})
    assert not SavedView.objects.exists()


def test_hostile_names_and_queries_are_text(viewer: Client) -> None:
    view = save(viewer, "<script>alert(1)</script>", '?q="><script>alert(1)</script>')
    page = parsed(viewer.get(f"{LIST}?view={view.pk}"))

    assert [s for s in page.iter("script") if s.text] == []
    assert "<script>alert(1)</script>" in text_of(page.get_element_by_id("views"))
