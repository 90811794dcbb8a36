"""Changing one action from its page or the flyout: edit, approval, undo."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from securescore.core.errors import AccessDenied, InputError
from securescore.ops.action_edit import ActionEdit, EditConflict
from securescore.ops.action_state import to_json
from securescore.ops.action_versions import SeenAndNow, can_be_undone, values_seen
from securescore.ops.approving import decide_request, withdraw_request
from securescore.ops.deciding import edit_action
from securescore.ops.undoing import undo as undo_edit
from securescore.organizations.access import Access, Right, access_to, require
from securescore.present.web import words
from securescore.present.web.action import (
    Conflict,
    Difference,
    action_page,
    found,
    today_in,
)
from securescore.present.web.action_forms import (
    FIELD_LABELS,
    STATUS_UNIT,
    ActionForm,
    form_values,
    relevant_fields,
)
from securescore.present.web.data import answers
from securescore.present.web.drafts import forget_draft, signed_in_to_save

if TYPE_CHECKING:
    from collections.abc import Mapping

N_NAMED = 12
"""So many actions that could not be changed are named in a message."""


def _action_address(slug: str, key: str) -> str:
    return reverse("action", args=[slug, key])


@signed_in_to_save(_action_address)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """``POST /o/{slug}/actions/{key}/edit/``: the form of the action's page."""
    access = access_to(request.user, slug)
    require(access, Right.EDIT)
    if request.method == "GET":  # a reload after something was wrong
        return redirect("action", slug=slug, key=key)
    now = timezone.now()
    version = _seen_version(request)
    values = values_seen(access, key, version, now)
    if values is None:
        raise AccessDenied(what="there is no such action", where=key)
    form = ActionForm(
        request.POST, initial=form_values(values.seen), today=today_in(access.organization)
    )
    if not form.is_valid():
        return action_page(request, access, key, form=form, status=422)
    asked = form.edit()
    if asked == ActionEdit():
        messages.info(request, "Nothing was changed: everything is as it was.")
        return _done(request, access, key)
    try:
        edited = edit_action(access, key, asked, seen_version=version, now=now)
    except EditConflict as conflict:
        return _conflict(request, access, form, conflict)
    except InputError as error:
        form.add_error(error.where if error.where in form.fields else None, _sentence(error))
        return action_page(request, access, key, form=form, status=422)
    forget_draft(request)
    undoable = can_be_undone(access, edited.batch)
    tag = f"undo:{edited.batch}" if undoable else ""
    if edited.requested:
        messages.success(request, "Asked for approval: somebody else has to accept this risk.")
    elif edited.changed:
        messages.success(request, f"Saved: {_named(asked)}.", extra_tags=tag)
    else:
        messages.info(request, "Nothing was changed: everything is as it was.")
    return _done(request, access, key, has_changed=edited.batch is not None)


@signed_in_to_save(_action_address)
@require_POST
def approval(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """``POST /o/{slug}/actions/{key}/approval/``: approve, decline or withdraw a request."""
    access = access_to(request.user, slug)
    verb = request.POST.get("do", "")
    require(access, Right.EDIT if verb == "withdraw" else Right.APPROVE)
    found(access, key)
    note = request.POST.get("approval_note", "")
    try:
        request_id = uuid.UUID(request.POST.get("request", ""))
        if verb == "withdraw":
            withdraw_request(access, request_id, now=timezone.now())
        else:
            decide_request(
                access,
                request_id,
                is_approved=verb == "approve",
                note=note,
                now=timezone.now(),
            )
    except (AccessDenied, ValueError):
        messages.warning(request, "This request is no longer open: somebody decided it already.")
        return _done(request, access, key)
    except InputError as error:
        return action_page(request, access, key, approval_note=(note, _sentence(error)), status=422)
    forget_draft(request)
    said = {"withdraw": "The request is withdrawn.", "approve": "Approved: the risk is accepted."}
    messages.success(request, said.get(verb, "Declined. Your reason stands with the action."))
    return _done(request, access, key, has_changed=True)


def _list_address(slug: str, batch: uuid.UUID) -> str:
    del batch
    return reverse("actions", args=[slug])


@signed_in_to_save(_list_address)
@require_POST
def undo(request: HttpRequest, slug: str, batch: uuid.UUID) -> HttpResponse:
    """``POST /o/{slug}/undo/{batch}/``: take an edit back."""
    access = access_to(request.user, slug)
    undone = undo_edit(access, batch, now=timezone.now())
    targets = [*undone.changed, *undone.refused]
    if undone.changed:
        n = words.counted(len(undone.changed), "action")
        text = "Undone." if len(targets) == 1 else f"Undone for {n}."
        messages.success(request, text, extra_tags=f"undo:{undone.batch}")
    say_refused(request, access, undone.refused, "Could not be undone")
    if len(targets) == 1 and request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
        return _done(request, access, targets[0], has_changed=True)
    return redirect(_came_from(request, reverse("actions", args=[slug])))


def say_refused(
    request: HttpRequest, access: Access, refused: Mapping[str, str], what: str
) -> None:
    """A warning for each reason, with the names of the actions it kept from changing."""
    if not refused:
        return
    titles = {row.id: row.title for row in answers().actions(access.organization)}
    by_reason: dict[str, list[str]] = {}
    for control_id, reason in refused.items():
        by_reason.setdefault(reason, []).append(f"“{titles.get(control_id, control_id)}”")
    for reason, names in by_reason.items():
        more = f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else ""
        messages.warning(request, f"{what}, because {reason}: {', '.join(names[:N_NAMED])}{more}.")


def _done(
    request: HttpRequest, access: Access, key: str, *, has_changed: bool = False
) -> HttpResponse:
    """Back to the action: a redirect, or its fragment for the flyout."""
    slug = access.organization.slug
    if not request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
        query = request.GET.urlencode()
        return redirect(f"{reverse('action', args=[slug, key])}{'?' + query if query else ''}")
    response = action_page(request, access, key)
    if has_changed:
        response.headers["HX-Trigger"] = "actions-changed"
    return response


def _came_from(request: HttpRequest, default: str) -> str:
    """The page of ours that the form stood on."""
    referrer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referrer, {request.get_host()}, request.is_secure()):
        return default
    parts = urlsplit(referrer)
    if parts.path.endswith(("/edit/", "/approval/", "/bulk-edit/")):
        return default
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _seen_version(request: HttpRequest) -> int:
    """The version that the form was made from; one that never was where it is not a number."""
    sent = request.POST.get("version", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else -1  # noqa: PLR2004 - versions have at most nine digits


def _conflict(
    request: HttpRequest, access: Access, form: ActionForm, conflict: EditConflict
) -> HttpResponse:
    """409: both values side by side. The form has what was typed, and theirs where it was not."""
    key = conflict.control_id
    values = values_seen(access, key, _seen_version(request), timezone.now())
    if values is None:
        raise AccessDenied(what="there is no such action", where=key)
    mine = _typed(form)
    differing = {name for name, value in mine.items() if value != values.now.get(name)}
    if not differing:
        forget_draft(request)
        messages.info(request, "This was saved already; nothing was changed again.")
        return _done(request, access, key)
    merged = _merged(request.POST, form, values, set(mine))
    taken = [
        name
        for name in FIELD_LABELS
        if name not in mine and values.seen.get(name) != values.now.get(name)
    ]
    again = ActionForm(merged, initial=form_values(values.now), today=form.today)
    again.is_valid()
    shown = Conflict(
        conflict.by,
        conflict.at,
        tuple(
            Difference(FIELD_LABELS[name], _written(values.now.get(name)), _written(mine[name]))
            for name in FIELD_LABELS
            if name in differing
        ),
        tuple(FIELD_LABELS[name].lower() for name in taken),
    )
    return action_page(request, access, key, form=again, conflict=shown, status=409)


def _typed(form: ActionForm) -> dict[str, object]:
    """What the form changes, as the audit log writes it."""
    asked = form.edit()
    names = set(form.changes)
    if form.changes_status:
        names |= {"status", *relevant_fields(str(form.cleaned_data["status"]))}
    else:
        names -= set(STATUS_UNIT)
    return {name: to_json(getattr(asked, name)) for name in FIELD_LABELS if name in names}


def _merged(posted: QueryDict, form: ActionForm, values: SeenAndNow, mine: set[str]) -> QueryDict:
    """What was typed, and beside it what holds now; for the version that holds now."""
    merged = posted.copy()
    merged["version"] = str(values.version)
    for name, value in form_values(values.now).items():
        if name not in mine and name in form.fields:
            merged[name] = "" if value is None else str(value)
    return merged


def _written(value: object) -> str:
    """A value of the audit log in words."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value or "")


def _named(edit: ActionEdit) -> str:
    """What an edit changes, in words."""
    usual = ActionEdit()
    names = [
        FIELD_LABELS[name].lower()
        for name in ("status", "assignee", "due_on", "tags", "notes")
        if getattr(edit, name) != getattr(usual, name)
    ]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _sentence(error: InputError) -> str:
    """What is wrong and what to do, without the place: it stands beside the field."""
    return words.capital(f"{error.what}. {words.capital(error.what_to_do)}.")
