"""Saved views of the list of actions: opening, saving, renaming, deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from securescore.core.errors import InputError
from securescore.ops.saved_views import (
    NAME_LENGTH,
    change_view,
    delete_view,
    may_change,
    save_view,
)
from securescore.organizations.access import Access, Right, access_to, require
from securescore.present.action_facets import seen_by
from securescore.present.action_filter import EVERYTHING, action_query
from securescore.present.web import words
from securescore.present.web.data import answers
from securescore.present.web.drafts import draft_of, forget_draft, signed_in_to_save
from securescore.present.web.frame import frame, page
from securescore.record.saved_views import ViewAnswer, saved_views

if TYPE_CHECKING:
    from collections.abc import Sequence


def opened_view(
    asked: QueryDict, views: Sequence[ViewAnswer], *, opens_first: bool
) -> tuple[QueryDict, ViewAnswer | None, str]:
    """The query that an address means, the saved view it comes from, and a remark if any.

    ``?view=7`` alone is what the view says; with anything beside it, that counts and the view is
    what one came from. No query at all opens the view that opens first.
    """
    key = asked.get("view", "")
    first = next((view for view in views if view.opens_first), None)
    if opens_first and not asked and first is not None:
        key = str(first.id)
    if key == EVERYTHING or not key:
        given = asked.copy()
        if not key and first is not None:
            given["view"] = EVERYTHING
        return given, None, ""
    view = next((one for one in views if str(one.id) == key), None)
    if view is None:
        return asked, None, "This saved view is not there any more, or it is not yours."
    others = [name for name in asked if name not in {"view", "page"} and any(asked.getlist(name))]
    if others:
        return asked, view, ""
    given = QueryDict(view.query, mutable=True)
    given["view"] = str(view.id)
    if "page" in asked:
        given["page"] = asked.get("page", "")
    return given, view, ""


class ViewForm(forms.Form):
    """A name for what the list shows now."""

    name = forms.CharField(
        label="Name",
        max_length=NAME_LENGTH,
        error_messages={"required": "Give the view a name."},
    )
    is_shared = forms.BooleanField(label="For everyone", required=False)
    is_default = forms.BooleanField(label="Open it first", required=False)
    query = forms.CharField(required=False, widget=forms.HiddenInput)


@signed_in_to_save(lambda slug: reverse("views", args=[slug]))
@require_http_methods(["GET", "POST"])
def views(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/views/``: all views to manage; a POST saves a new one."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    if request.method != "POST":
        draft = draft_of(request)
        return _page(request, access, ViewForm(draft) if draft is not None else None)
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _page(request, access, form, status=422)
    given = form.cleaned_data
    try:
        view = save_view(
            access,
            request.user,  # type: ignore[arg-type]  # signed in
            name=given["name"],
            query=_clean(access, given["query"]),
            is_shared=given["is_shared"],
            is_default=given["is_default"],
            now=timezone.now(),
        )
    except InputError as error:
        form.add_error("name", words.capital(f"{error.what}. {words.capital(error.what_to_do)}."))
        return _page(request, access, form, status=422)
    forget_draft(request)
    messages.success(request, f"The view “{view.name}” is saved.")
    return redirect(f"{reverse('actions', args=[slug])}?{urlencode({'view': view.pk})}")


def _views_address(slug: str, view_id: int) -> str:
    del view_id
    return reverse("views", args=[slug])


@signed_in_to_save(_views_address)
@require_POST
def view(request: HttpRequest, slug: str, view_id: int) -> HttpResponse:
    """``POST /o/{slug}/views/{id}/``: ``do`` is rename, update, first, not-first or delete."""
    access = access_to(request.user, slug)
    require(access, Right.VIEW)
    verb = request.POST.get("do", "")
    now = timezone.now()
    person: Any = request.user
    if verb == "delete":
        name = delete_view(access, person, view_id, now=now)
        messages.success(request, f"The view “{name}” is deleted.")
        return redirect("views", slug=slug)
    changes: dict[str, object]
    if verb == "rename":
        changes = {"name": request.POST.get("name", "")}
    elif verb == "update":
        changes = {"query": _clean(access, request.POST.get("query", ""))}
    else:
        changes = {"is_default": verb == "first"}
    try:
        changed = change_view(access, person, view_id, now=now, **changes)
    except InputError as error:
        return _page(
            request,
            access,
            None,
            renaming=(view_id, request.POST.get("name", ""), words.capital(error.what)),
            status=422,
        )
    forget_draft(request)
    messages.success(request, f"The view “{changed.name}” is saved.")
    if verb == "update":
        return redirect(f"{reverse('actions', args=[slug])}?{urlencode({'view': view_id})}")
    return redirect("views", slug=slug)


def _clean(access: Access, query: str) -> str:
    """The query as the list writes it: no page, no view, nothing it does not know."""
    rows = answers().actions(access.organization)
    seen = seen_by(access.person, rows, timezone.now().date())
    return urlencode(action_query(QueryDict(query.removeprefix("?")), rows, seen).pairs())


def _page(
    request: HttpRequest,
    access: Access,
    form: ViewForm | None,
    *,
    renaming: tuple[int, str, str] = (0, "", ""),
    status: int = 200,
) -> HttpResponse:
    mine = saved_views(access.organization, request.user.pk)
    score = answers().latest_score(access.organization)
    around = frame(request, access, "actions", score.as_of if score else None)
    return page(
        request,
        "views.html",
        around,
        {
            "views": [
                (one, may_change(access, is_shared=one.is_shared, created_by=one.created_by))
                for one in mine
            ],
            "form": form,
            "renaming": renaming,
            "can_share": access.may(Right.EDIT),
            "can_administer": access.may(Right.ADMINISTER),
            "draft": request.GET.get("draft", ""),
        },
        status=status,
    )
