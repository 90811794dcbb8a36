"""What every page of an organization has around it: navigation, switcher, as-of time, banners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from securescore.organizations.access import Access, Right, switchable
from securescore.present.web import words
from securescore.present.web.addresses import address
from securescore.present.web.written import written_page

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from securescore.organizations.models import Organization

LAST_ORGANIZATION = "last_organization"
N_SWITCHER = 12
STALE_AFTER = timedelta(hours=48)
THEMES = MappingProxyType({"system": "As the system", "light": "Light", "dark": "Dark"})
THEME_COOKIE = "securescore_theme"
SHORTCUTS_COOKIE = "securescore_shortcuts"
NAVIGATION: tuple[tuple[str, str, Right], ...] = (
    ("overview", "Overview", Right.VIEW),
    ("actions", "Recommended actions", Right.VIEW),
    ("history", "History", Right.VIEW),
    ("metrics", "Metrics & trends", Right.VIEW),
    ("connectors", "Connectors", Right.ADMINISTER),
    ("settings", "Settings", Right.ADMINISTER),
)
"""Route, label and the right it takes, in order; the switcher keeps the page."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go."""

    label: str
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a page of one organization.

    ``as_of`` is the time of the data that the page shows, None before there is any.
    ``stale_for`` is how old that is in words, where it is too old.
    """

    organization: Organization
    access: Access
    links: tuple[Link, ...]
    others: tuple[Link, ...]
    has_more: bool
    as_of: str
    as_of_iso: str
    stale_for: str


def frame(request: HttpRequest, access: Access, here: str, as_of: datetime | None) -> Frame:
    """The frame; one query for the switcher.

    Args:
        request: remembers the organization in its session, for the way back from ``/``.
        access: of the person to the organization shown.
        here: name of the route that the navigation marks.
        as_of: time of the newest data.
    """
    organization = access.organization
    if request.session.get(LAST_ORGANIZATION) != organization.slug:
        request.session[LAST_ORGANIZATION] = organization.slug
    mine = switchable(request.user, N_SWITCHER + 1)
    needed = {name: right for name, _, right in NAVIGATION}
    now = timezone.now()
    return Frame(
        organization=organization,
        access=access,
        links=tuple(
            Link(label, address(name, organization.slug), name == here)
            for name, label, right in NAVIGATION
            if access.may(right)
        ),
        others=tuple(
            Link(
                name,
                address(here if needed.get(here) in rights else "overview", slug),
                slug == organization.slug,
            )
            for name, slug, rights in mine[:N_SWITCHER]
        ),
        has_more=len(mine) > N_SWITCHER,
        as_of=f"{words.moment(as_of, organization.time_zone)} {organization.time_zone}"
        if as_of
        else "",
        as_of_iso=as_of.isoformat() if as_of else "",
        stale_for=words.ago(as_of, now) if as_of and now - as_of > STALE_AFTER else "",
    )


def page(
    request: HttpRequest, template: str, around: Frame, values: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page inside its frame."""
    return written_page(request, template, {"frame": around, **values}, status)
