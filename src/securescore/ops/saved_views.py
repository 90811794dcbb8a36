"""Saving views of the list of actions: one's own, or one that all share.

Everybody who may see an organization keeps views of their own. A shared view is made by an editor
and changed by who made it or an administrator; which of them opens first for everybody is an
administrator's choice. Changes of shared views stand in the audit log.

``user`` is None for a token: it is nobody who could keep views of their own, so the shared ones are
all that it sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from securescore.core.errors import AccessDenied, InputError
from securescore.organizations.access import Access, Right, require
from securescore.record import audit
from securescore.record.kept import touch
from securescore.record.models import SavedView

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NAME_LENGTH = 80
QUERY_LENGTH = 4000
MAX_VIEWS = 100


def save_view(
    access: Access,
    user: User | None,
    *,
    name: str,
    query: str,
    is_shared: bool,
    is_default: bool,
    now: datetime,
) -> SavedView:
    """A new view.

    Args:
        access: of ``user``; sharing needs the right to edit, a shared default that to administer.
        user: whose it is; without one it has to be shared.
        name: unique among one's own, or among the shared.
        query: address of the list without ``?``.
        is_shared: for all members.
        is_default: opens first: for oneself, or for everybody without a default of their own.
        now: aware.

    Raises:
        InputError: an empty or overlong name, one that is taken, too many views.
    """
    _require_sharing(access, is_shared=is_shared, is_default=is_default)
    if user is None and not is_shared:
        raise InputError(
            what="a token keeps no views of its own",
            where="is_shared",
            what_to_do="share the view",
        )
    with transaction.atomic():
        mine = SavedView.objects.filter(
            organization=access.organization, owner=None if is_shared else user
        )
        if mine.count() >= MAX_VIEWS:
            raise InputError(
                what=f"there are {MAX_VIEWS} views already",
                where="name",
                what_to_do="delete some first",
            )
        view = SavedView(
            organization=access.organization,
            owner=None if is_shared else user,
            name=_name(name),
            query=query[:QUERY_LENGTH],
            is_default=is_default,
            created_by=access.person,
            created_at=now,
        )
        _save(view)
        _log(access, "view.create", view, {}, now)
    return view


def change_view(
    access: Access, user: User | None, view_id: int, *, now: datetime, **values: object
) -> SavedView:
    """Change ``name``, ``query`` or ``is_default`` of a view.

    Raises:
        AccessDenied: there is no such view, or it is somebody else's.
        InputError: the name is not allowed or taken.
    """
    with transaction.atomic():
        view = _changeable(access, user, view_id)
        old = {name: getattr(view, name) for name in values}
        if "is_default" in values and view.owner_id is None:
            require(access, Right.ADMINISTER)
        if "name" in values:
            values["name"] = _name(str(values["name"]))
        for name, value in values.items():
            setattr(view, name, value)
        _save(view)
        _log(access, "view.change", view, old, now)
    return view


def delete_view(access: Access, user: User | None, view_id: int, *, now: datetime) -> str:
    """Delete a view; its name.

    Raises:
        AccessDenied: there is no such view, or it is somebody else's.
    """
    with transaction.atomic():
        view = _changeable(access, user, view_id)
        _log(access, "view.delete", view, {"name": view.name, "query": view.query}, now)
        view.delete()
        touch(access.organization)
    return view.name


def may_change(access: Access, *, is_shared: bool, created_by: str) -> bool:
    """Whether a view that this person sees is theirs to change."""
    if not is_shared or access.may(Right.ADMINISTER):
        return True
    return access.may(Right.EDIT) and created_by == access.person


def _changeable(access: Access, user: User | None, view_id: int) -> SavedView:
    view = (
        SavedView.objects.select_for_update()
        .filter(organization=access.organization, pk=view_id)
        .first()
    )
    mine = {None} if user is None else {None, user.pk}
    if view is None or view.owner_id not in mine:
        raise AccessDenied(what="there is no such view", where=str(view_id))
    if not may_change(access, is_shared=view.owner_id is None, created_by=view.created_by):
        require(access, Right.ADMINISTER)
    return view


def _require_sharing(access: Access, *, is_shared: bool, is_default: bool) -> None:
    require(access, Right.VIEW)
    if is_shared:
        require(access, Right.EDIT)
        if is_default:
            require(access, Right.ADMINISTER)


def _name(text: str) -> str:
    name = " ".join(text.replace("\0", "").split())
    if not 0 < len(name) <= NAME_LENGTH:
        raise InputError(
            what=f"a view has a name of 1 to {NAME_LENGTH} characters",
            where="name",
            what_to_do="give one",
        )
    return name


def _save(view: SavedView) -> None:
    """Write it; one default for each person, and one that all share."""
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as taken:
        raise InputError(
            what=f"there is a view “{view.name}” already",
            where="name",
            what_to_do="give another name",
        ) from taken
    if view.is_default:
        SavedView.objects.filter(
            organization=view.organization, owner=view.owner, is_default=True
        ).exclude(pk=view.pk).update(is_default=False)
    touch(view.organization)


def _log(
    access: Access, action: str, view: SavedView, old: Mapping[str, object], now: datetime
) -> None:
    if view.owner_id is not None:
        return
    new = {"name": view.name, "query": view.query, "is_default": view.is_default}
    audit.append(
        [audit.Change(action, str(view.pk), old, {} if action == "view.delete" else new)],
        by=access.actor,
        at=now,
        organization=access.organization,
    )
