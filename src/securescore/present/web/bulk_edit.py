"""Many actions changed in one go: choose what changes, confirm once, undo once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securescore.core.errors import InputError
from securescore.core.status import Status
from securescore.ops.action_edit import ActionEdit, Edited
from securescore.ops.action_state import NAME_LENGTH
from securescore.ops.action_versions import can_be_undone
from securescore.ops.deciding import MAX_TAGS, TAG_LENGTH, edit_actions
from securescore.organizations.access import Access, Right, access_to, member_names, require
from securescore.present.action_facets import seen_by
from securescore.present.action_filter import action_query
from securescore.present.web import words
from securescore.present.web.action import today_in
from securescore.present.web.action_edit import say_refused
from securescore.present.web.action_forms import (
    CHOOSABLE,
    TAGS_LENGTH,
    Day,
    StatusFields,
    Text,
    capital,
    relevant_fields,
    split_tags,
)
from securescore.present.web.data import answers
from securescore.present.web.drafts import FIELD, draft_of, forget_draft, signed_in_to_save
from securescore.present.web.frame import frame, page

if TYPE_CHECKING:
    from securescore.record.answers import ActionRow

NOTHING_CHOSEN = "Choose at least one thing to change."


class BulkForm(StatusFields):
    """What changes for all of them; what is left empty stays as it is."""

    set_assignee = forms.BooleanField(label="Change the assignee", required=False)
    assignee = Text(label="Assignee", required=False, max_length=NAME_LENGTH)
    set_due = forms.BooleanField(label="Change the due date", required=False)
    due_on = Day(label="Due")
    add_tags = Text(label="Add tags", required=False, max_length=TAGS_LENGTH)
    remove_tags = Text(label="Remove tags", required=False, max_length=TAGS_LENGTH)

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        self.today = today
        super().__init__(*args, **more)
        field = self.fields["status"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "Leave as it is"), *((s.value, capital(s)) for s in CHOOSABLE)]

    def clean(self) -> dict[str, Any]:
        """The fields of the status, and that something changes at all."""
        cleaned = super().clean() or {}
        self.check_status(cleaned, self.today)
        for name in ("add_tags", "remove_tags"):
            tags = split_tags(cleaned.get(name, ""))
            if len(tags) > MAX_TAGS:
                self.add_error(name, f"At most {MAX_TAGS} tags.")
            elif any(len(tag) > TAG_LENGTH for tag in tags):
                self.add_error(name, f"A tag has at most {TAG_LENGTH} characters.")
        if not self.errors and self.edit() == ActionEdit():
            self.add_error(None, NOTHING_CHOSEN)
        return cleaned

    def edit(self) -> ActionEdit:
        """The edit; a text or day that was given counts as ticked."""
        given = self.cleaned_data
        values: dict[str, Any] = {}
        if given.get("status"):
            status = Status(given["status"])
            values["status"] = status
            values |= {name: given[name] for name in relevant_fields(status)}
        if given.get("set_assignee") or given.get("assignee"):
            values["assignee"] = given["assignee"]
        if given.get("set_due") or given.get("due_on"):
            values["due_on"] = given["due_on"]
        values["add_tags"] = split_tags(given.get("add_tags", ""))
        values["remove_tags"] = split_tags(given.get("remove_tags", ""))
        return ActionEdit(**values)


@signed_in_to_save(lambda slug: reverse("bulk_edit", args=[slug]))
@require_http_methods(["GET", "POST"])
def bulk_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """``POST /o/{slug}/bulk-edit/``: ``step`` is choose, check or save.

    ``id`` are ticked actions, ``ids`` the same from the page before; ``all`` stands for every
    action that ``query`` shows.
    """
    access = access_to(request.user, slug)
    require(access, Right.EDIT)
    given = request.POST if request.method == "POST" else draft_of(request)
    if given is None:
        return redirect("actions", slug=slug)
    rows = answers().actions(access.organization)
    chosen = _chosen(access, given, rows)
    back = _list_address(slug, given.get("query", ""))
    if not chosen:
        messages.warning(request, "Tick the actions to change first.")
        return redirect(back)
    today = today_in(access.organization)
    step = given.get("step", "choose") if request.method == "POST" else "choose"
    is_fresh = request.method == "POST" and "status" not in given
    form = BulkForm(None if is_fresh else given, today=today)
    values = {"chosen": chosen, "given": given, "back": back, "form": form}
    if step == "choose":
        if not is_fresh:
            form.is_valid()
        return _page(request, access, values)
    if not form.is_valid():
        return _page(request, access, values, status=422)
    edit = form.edit()
    if step == "check":
        return _page(request, access, values | {"edit": edit, "lines": _lines(edit)})
    try:
        edited = edit_actions(access, [row.id for row in chosen], edit, now=timezone.now())
    except InputError as error:
        form.add_error(None, words.capital(error.what))
        return _page(request, access, values, status=422)
    forget_draft(request)
    _say(request, access, edited)
    return redirect(back)


def _chosen(access: Access, given: QueryDict, rows: tuple[ActionRow, ...]) -> list[ActionRow]:
    """The actions that are to change, by rank; ids that are not there are left out."""
    if given.get("all"):
        seen = seen_by(access.person, rows, today_in(access.organization))
        return action_query(
            QueryDict(given.get("query", "").removeprefix("?")), rows, seen
        ).matching(rows)
    ids = {*given.getlist("id"), *given.get("ids", "").split("\n")}
    ids = {one.strip("\r") for one in ids}
    return [row for row in rows if row.id in ids]


def _list_address(slug: str, query: str) -> str:
    """The list one came from; only what follows the question mark is taken from the form."""
    base = reverse("actions", args=[slug])
    cleaned = QueryDict(query.removeprefix("?")).urlencode()
    return f"{base}?{cleaned}" if cleaned else base


def _lines(edit: ActionEdit) -> list[tuple[str, str]]:
    """What an edit changes, line by line."""
    lines: list[tuple[str, str]] = []
    if isinstance(edit.status, Status):
        lines.append(("Status", capital(edit.status)))
        lines += [
            (label, words.day(value) if isinstance(value, date) else value)
            for label, value in (
                ("Reason or note", edit.note),
                ("Review on", edit.review_on),
                ("Ends on", edit.ends_on),
                ("Where it can be checked", edit.evidence),
                ("Owner", edit.owner),
            )
            if value
        ]
    usual = ActionEdit()
    if edit.assignee != usual.assignee:
        lines.append(("Assignee", str(edit.assignee) or "nobody"))
    if edit.due_on != usual.due_on:
        lines.append(("Due", words.day(edit.due_on) if edit.due_on else "no date"))  # type: ignore[arg-type]  # kept ones are left out
    if edit.add_tags:
        lines.append(("Add tags", ", ".join(edit.add_tags)))
    if edit.remove_tags:
        lines.append(("Remove tags", ", ".join(edit.remove_tags)))
    return lines


def _say(request: HttpRequest, access: Access, edited: Edited) -> None:
    n, n_asked = len(edited.changed), len(edited.requested)
    tag = f"undo:{edited.batch}" if can_be_undone(access, edited.batch) else ""
    if n:
        messages.success(request, f"{words.counted(n, 'action')} changed.", extra_tags=tag)
    if n_asked:
        messages.success(
            request,
            f"Asked for approval of {words.counted(n_asked, 'accepted risk')}: "
            "somebody else has to approve.",
            extra_tags="" if n else tag,
        )
    if not n and not n_asked and not edited.refused:
        messages.info(request, "Nothing was changed: everything is like that already.")
    say_refused(request, access, edited.refused, "Not changed")


def _page(
    request: HttpRequest, access: Access, values: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    score = answers().latest_score(access.organization)
    around = frame(request, access, "actions", score.as_of if score else None)
    chosen: list[ActionRow] = values["chosen"]
    return page(
        request,
        "bulk_edit.html",
        around,
        {
            "edit": None,
            "lines": [],
            "members": member_names(access.organization),
            "tags": sorted({tag for row in chosen for tag in row.tags}, key=str.casefold),
            "completed": [row for row in chosen if row.status == Status.COMPLETED.value],
            "ids": "\n".join(row.id for row in chosen),
            "draft": request.POST.get(FIELD) or request.GET.get(FIELD, ""),
            **values,
        },
        status=status,
    )
