"""Query options of OData: read and checked, and the address of the next page.

``$top`` is the size of a page, as in Microsoft's answers: a next link stands below every page
that is not the last. An option that is not known is refused, never ignored: a filter that is not
applied would be a wrong answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.core import signing
from django.http import HttpRequest, QueryDict

from securescore.organizations.models import Organization
from securescore.present.graph_api.errors import GraphError
from securescore.present.graph_api.odata_filter import compiled
from securescore.present.graph_api.odata_tree import BAD, Kind, Test

SALT = "securescore.graph.skiptoken"
MAX_SKIP = 1_000_000
MAX_ORDER = 5
OPTIONS = frozenset({"$top", "$skip", "$skiptoken", "$filter", "$select", "$orderby", "$count"})


@dataclass(frozen=True, slots=True)
class EntityType:
    """What can be asked of one collection.

    Attributes:
        collection, name: as in addresses and in ``microsoft.graph.<name>``.
        members: all of them, in the order they are written.
        kinds: those that can be filtered and ordered by.
        default_top, max_top: sizes of a page.
    """

    collection: str
    name: str
    members: tuple[str, ...]
    kinds: Mapping[str, Kind]
    default_top: int
    max_top: int

    @property
    def type_name(self) -> str:
        return f"microsoft.graph.{self.name}"


@dataclass(frozen=True, slots=True)
class After:
    """Where a page begins: behind the entity with this id, which was the ``n``-th."""

    id: str
    n: int


@dataclass(frozen=True, slots=True)
class Options:
    """Checked query options. ``select`` None: everything; ``order``: name and whether it falls."""

    top: int
    skip: int
    after: After | None
    test: Test | None
    select: tuple[str, ...] | None
    order: tuple[tuple[str, bool], ...]
    has_count: bool


def options_of(request: HttpRequest, entity: EntityType, organization: Organization) -> Options:
    """The options of a request for a collection.

    Raises:
        GraphError: 400; unknown, given twice, or with a value that makes no sense.
    """
    asked = _asked(request.GET, OPTIONS)
    if "$skip" in asked and "$skiptoken" in asked:
        raise GraphError(BAD, "$skip and $skiptoken exclude each other.")
    text = asked.get("$filter")
    return Options(
        top=min(_whole(asked, "$top", entity.default_top, low=1), entity.max_top),
        skip=_whole(asked, "$skip", 0, low=0),
        after=_after(asked.get("$skiptoken"), entity, organization),
        test=None if text is None else compiled(text, entity.kinds, entity.type_name),
        select=_select(asked.get("$select"), entity),
        order=_order(asked.get("$orderby"), entity),
        has_count=_flag(asked, "$count"),
    )


def select_of(request: HttpRequest, entity: EntityType) -> tuple[str, ...] | None:
    """``$select`` of a request for one entity: the only option it takes."""
    return _select(_asked(request.GET, frozenset({"$select"})).get("$select"), entity)


def filter_of(request: HttpRequest, entity: EntityType) -> Test | None:
    """``$filter`` of a request for ``/$count``: the only option it takes."""
    text = _asked(request.GET, frozenset({"$filter"})).get("$filter")
    return None if text is None else compiled(text, entity.kinds, entity.type_name)


def chosen(
    rows: Sequence[Mapping[str, Any]], options: Options
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]], int]:
    """Rows that match, those of the page, and how many precede it."""
    matching = [row for row in rows if options.test is None or options.test(row)]
    for name, is_falling in reversed(options.order):
        matching.sort(key=lambda row, name=name: _sortable(row.get(name)), reverse=is_falling)  # type: ignore[misc]  # the default binds the name of this round
    start = options.skip
    if options.after is not None:
        ids = [row["id"] for row in matching]
        # The entity may be gone since: then its place counts.
        start = ids.index(options.after.id) + 1 if options.after.id in ids else options.after.n
    return matching, matching[start : start + options.top], start


def next_link(
    request: HttpRequest, entity: EntityType, organization: Organization, after: After
) -> str:
    """The address of the next page, with every other option kept."""
    token = signing.dumps([entity.collection, str(organization.pk), after.id, after.n], salt=SALT)
    kept = [
        (name, value)
        for name, values in request.GET.lists()
        if name not in ("$skip", "$skiptoken")
        for value in values
    ]
    query = urlencode([*kept, ("$skiptoken", token)], safe="$,'()", quote_via=quote)
    return f"{request.build_absolute_uri(request.path)}?{query}"


def _asked(query: QueryDict, known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, values in query.lists():
        if not name.startswith("$"):
            continue  # options of others: OData says to leave them alone
        if name not in known:
            raise GraphError(
                BAD,
                f"The query option '{name}' is not supported here. "
                f"These are: {', '.join(sorted(known))}.",
            )
        if len(values) > 1:
            raise GraphError(BAD, f"The query option '{name}' was given more than once.")
        found[name] = values[0]
    return found


def _whole(asked: Mapping[str, str], name: str, default: int, *, low: int) -> int:
    text = asked.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or int(text[:10]) < low:
        raise GraphError(
            BAD, f"Invalid value '{text[:40]}' for {name}: give a whole number from {low}."
        )
    return min(int(text[:10]), MAX_SKIP)


def _flag(asked: Mapping[str, str], name: str) -> bool:
    text = asked.get(name, "false").lower()
    if text not in ("true", "false"):
        raise GraphError(BAD, f"Invalid value '{text[:40]}' for {name}: give true or false.")
    return text == "true"


def _select(text: str | None, entity: EntityType) -> tuple[str, ...] | None:
    if text is None or text.strip() == "*":
        return None
    wanted = {_named(one, entity, entity.members) for one in text.split(",")}
    return tuple(name for name in entity.members if name in wanted)


def _order(text: str | None, entity: EntityType) -> tuple[tuple[str, bool], ...]:
    if text is None:
        return ()
    found = []
    for one in text.split(","):
        name, *direction = one.split()[:3] or [""]
        if [word.lower() for word in direction] not in ([], ["asc"], ["desc"]):
            raise GraphError(BAD, f"$orderby takes a property and asc or desc, not '{one[:80]}'.")
        found.append(
            (
                _named(name, entity, tuple(entity.kinds)),
                direction[:1] != [] and direction[0].lower() == "desc",
            )
        )
    if len(found) > MAX_ORDER:
        raise GraphError(BAD, f"$orderby takes at most {MAX_ORDER} properties.")
    return tuple(found)


def _named(text: str, entity: EntityType, names: Sequence[str]) -> str:
    by_name = {name.lower(): name for name in names}
    found = by_name.get(text.strip().lower())
    if found is None:
        raise GraphError(
            BAD,
            f"Could not find a property named '{text.strip()[:80]}' on type "
            f"'{entity.type_name}'. These can be used here: {', '.join(names)}.",
        )
    return found


def _after(text: str | None, entity: EntityType, organization: Organization) -> After | None:
    if text is None:
        return None
    try:
        collection, owner, identifier, n = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise GraphError(
            BAD, "The $skiptoken is not one of ours: follow @odata.nextLink."
        ) from error
    if (collection, owner) != (entity.collection, str(organization.pk)):
        raise GraphError(BAD, "The $skiptoken belongs to another request.")
    return After(identifier, n)


def _sortable(value: object) -> tuple[int, Any]:
    """Nothing comes before everything; texts without regard to case."""
    if value is None:
        return (0, "")
    return (1, value.casefold() if isinstance(value, str) else value)
