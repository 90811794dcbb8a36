"""Answers kept in memory until something is recorded for their organization.

Everything the record answers about one organization follows from what is recorded for it, from
its settings and from the averages of others, and each write of one of these gives the organization
a new ``revision``. A kept answer names the revision it was made from, so it is never older than
the organization's row that a request has read anyway (``bench/pages.py`` measures both visits).
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

from securescore.organizations.models import Organization

P = ParamSpec("P")
R = TypeVar("R")
MAX_KEPT = 1024
"""Answers of all organizations together; the one not asked for longest goes first."""

MAX_OF_EACH = 5_000
"""Small answers of organizations one by one (1 kB each)."""

_answers: OrderedDict[Hashable, object] = OrderedDict()
_lock = Lock()


def kept(
    answer: Callable[Concatenate[Organization, P], R],
) -> Callable[Concatenate[Organization, P], R]:
    """Keep what ``answer(organization, ...)`` returned for each revision and arguments.

    The answer is a frozen value made of what is recorded for the organization and of its own
    settings, and of nothing else; the other arguments are hashable.
    """

    @wraps(answer)
    def asked(organization: Organization, /, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (
            answer.__qualname__,
            organization.pk,
            revision_of(organization),
            organization.name,
            organization.time_zone,
            organization.zone_good_from,
            organization.zone_okay_from,
            args,
            tuple(sorted(kwargs.items())),
        )
        with _lock:
            if key in _answers:
                _answers.move_to_end(key)
                return _answers[key]  # type: ignore[return-value]  # what this function put there
        made = answer(organization, *args, **kwargs)
        with _lock:
            _answers[key] = made
            while len(_answers) > MAX_KEPT:
                _answers.popitem(last=False)
        return made

    return asked


def kept_of_each(
    answer: Callable[[Sequence[Organization]], Mapping[uuid.UUID, R]],
) -> Callable[[Sequence[Organization]], dict[uuid.UUID, R]]:
    """Keep what ``answer`` says of each organization, for the revision it was read with.

    It is asked only for those that are not known, all at once, and says by id what follows from
    what is recorded, not from the settings of the organization. Nothing has to be asked to know
    whether that still holds: the revision came with the organization.
    """
    known: OrderedDict[uuid.UUID, tuple[uuid.UUID, R]] = OrderedDict()

    def asked(organizations: Sequence[Organization]) -> dict[uuid.UUID, R]:
        found: dict[uuid.UUID, R] = {}
        with _lock:
            for one in organizations:
                revision, value = known.get(one.pk, (None, None))
                if revision == one.revision:
                    known.move_to_end(one.pk)
                    found[one.pk] = value  # type: ignore[assignment]  # there is a revision
        missing = [one for one in organizations if one.pk not in found]
        if not missing:
            return found
        made = answer(missing)
        with _lock:
            for one in missing:
                if one.pk in made:
                    known[one.pk] = (one.revision, made[one.pk])
                    known.move_to_end(one.pk)
            while len(known) > MAX_OF_EACH:
                known.popitem(last=False)
        return {**found, **made}

    return asked


_seen: ContextVar[dict[uuid.UUID, uuid.UUID | None] | None] = ContextVar("seen", default=None)


@contextmanager
def one_revision() -> Iterator[None]:
    """Within it all answers are of the revision with which an organization was first read: one
    page shows one state. What the page itself writes is seen.
    """
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def revision_of(organization: Organization) -> uuid.UUID | None:
    """What the database holds, whatever this object was read with; within :func:`one_revision`
    what it held when the object was read.
    """
    seen = _seen.get()
    if seen is not None:
        # Whatever object a request holds was read in it.
        return seen.setdefault(organization.pk, organization.revision)
    return (
        Organization.objects.filter(pk=organization.pk).values_list("revision", flat=True).first()
    )


def touch(organization: Organization, columns: Mapping[str, object] | None = None) -> None:
    """Give the organization a new revision; in the transaction of whatever is written.

    Random, not counted: a number that was rolled back would be given again. ``columns`` of its
    row are written with it.
    """
    Organization.objects.filter(pk=organization.pk).update(revision=uuid.uuid4(), **(columns or {}))
    _seen.set(None)  # what is written may be rolled back: from now on the database is asked


def touch_all() -> None:
    """Give every organization a new revision: what all are compared with was written."""
    Organization.objects.update(revision=uuid.uuid4())
    _seen.set(None)
