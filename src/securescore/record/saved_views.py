"""Saved views of the list of actions: those of one person, and those that all share."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from securescore.organizations.models import Organization
from securescore.record.kept import kept
from securescore.record.models import SavedView


@dataclass(frozen=True, slots=True)
class ViewAnswer:
    """One saved view, as one person sees it.

    ``query`` is the address of the list without its ``?``. ``opens_first``: it is the one that
    this person gets who asks for the list and nothing else.
    """

    id: int
    name: str
    query: str
    is_shared: bool
    is_default: bool
    created_by: str
    opens_first: bool


@kept
def saved_views(organization: Organization, user_id: int | None) -> tuple[ViewAnswer, ...]:
    """The views that this person may open, their own first, by name; one query.

    A default of one's own goes before the one that all share. None is somebody without views of
    their own (a token): only the shared ones.
    """
    rows = sorted(
        SavedView.objects.filter(
            Q(owner_id=user_id) | Q(owner__isnull=True), organization=organization
        ),
        key=lambda row: (row.owner_id is None, row.name.casefold()),
    )
    first = next((row.pk for row in rows if row.is_default), None)
    return tuple(
        ViewAnswer(
            row.pk,
            row.name,
            row.query,
            row.owner_id is None,
            row.is_default,
            row.created_by,
            row.pk == first,
        )
        for row in rows
    )
