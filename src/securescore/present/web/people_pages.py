"""Members and roles of an organization, groups that give roles, and who has to approve."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from securescore.core.errors import InputError
from securescore.ops.group_roles import add_group_role, remove_group_role
from securescore.ops.members import Added, add_member, change_role, new_link, remove_member
from securescore.ops.organization_settings import change_settings
from securescore.organizations.members import group_roles_of, members_of
from securescore.organizations.models import Role
from securescore.present.web.settings_pages import settings_access, settings_page

if TYPE_CHECKING:
    from securescore.organizations.access import Access

ROLES = MappingProxyType(
    {
        Role.VIEWER.value: "sees scores, actions and counts",
        Role.EVIDENCE_VIEWER.value: "also sees the names of people and devices",
        Role.EDITOR.value: "also sets status, notes, tags and the plan",
        Role.APPROVER.value: "also approves accepted risks of others",
        Role.ADMIN.value: "also changes settings, members and connectors",
    }
)
"""What each role adds to those before it."""
Given = dict[str, str]
Step = Callable[["Access", Given], Added | str]


def _add(access: Access, given: Given) -> Added | str:
    added = add_member(access, given["who"], given["role"], now=timezone.now())
    return added if added.link else f"{added.username} is a member now."


def _role(access: Access, given: Given) -> str:
    changed = change_role(access, _number(given), given["role"], now=timezone.now())
    name = changed.user.get_username()
    if changed.role != changed.direct_role:
        return (
            f"{name} keeps the role {changed.get_role_display()}: "
            f"the group {changed.from_group} gives it."
        )
    return f"{name} has the role {changed.get_role_display()} now."


def _remove(access: Access, given: Given) -> str:
    return f"{remove_member(access, _number(given), now=timezone.now())} is no member any more."


def _link(access: Access, given: Given) -> Added:
    return new_link(access, _number(given), now=timezone.now())


def _add_group(access: Access, given: Given) -> str:
    made = add_group_role(access, given["group"], given["role"], now=timezone.now())
    return f"Members of {made.group} get the role {made.get_role_display()} when they sign in."


def _remove_group(access: Access, given: Given) -> str:
    group = remove_group_role(access, _number(given), now=timezone.now())
    return f"{group} gives no role any more, from each person's next sign-in on."


def _approval(access: Access, given: Given) -> str:
    wanted = {"needs_approval": given["needs_approval"] == "on"}
    change_settings(access, "settings.approval", wanted, timezone.now())
    return (
        "Somebody else has to approve an accepted risk."
        if wanted["needs_approval"]
        else "An accepted risk takes effect without approval."
    )


STEPS: dict[str, Step] = {
    "add": _add,
    "role": _role,
    "remove": _remove,
    "link": _link,
    "add-group": _add_group,
    "remove-group": _remove_group,
    "approval": _approval,
}


@login_required
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/members/``; ``do`` names what a form asks for."""
    access = settings_access(request, slug)
    if request.method == "GET":
        return _page(request, access)
    do = request.POST.get("do", "")
    names = ("who", "role", "id", "group", "needs_approval")
    given = {name: request.POST.get(name, "").replace("\0", "") for name in names}
    if do not in STEPS:
        return redirect("settings_members", slug=slug)
    try:
        done = STEPS[do](access, given)
    except InputError as error:
        values = {"problem": error, "problem_in": do, "given": given}
        return _page(request, access, status=422, **values)
    if isinstance(done, Added):
        link = request.build_absolute_uri(done.link)
        return _page(request, access, invited=done.username, link=link)
    messages.success(request, done)
    return redirect("settings_members", slug=slug)


def _page(request: HttpRequest, access: Access, *, status: int = 200, **more: Any) -> HttpResponse:
    organization = access.organization
    providers = [
        app["name"]
        for configured in settings.SOCIALACCOUNT_PROVIDERS.values()
        for app in configured["APPS"]
    ]
    organization.refresh_from_db(fields=["needs_approval"])
    return settings_page(
        request,
        access,
        "settings_members",
        "settings_members.html",
        {
            "members": members_of(organization),
            "groups": group_roles_of(organization),
            "roles": [(role.value, role.label, ROLES[role.value]) for role in Role],
            "role_labels": dict(Role.choices),
            "providers": providers,
            "needs_approval": organization.needs_approval,
            "me": access.person,
            "problem": None,
            "problem_in": "",
            "given": {},
            "link": "",
            **more,
        },
        status=status,
    )


def _number(given: Given) -> int:
    """The number of a line; one that is none names nobody, as one that is not there."""
    text = given["id"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0  # noqa: PLR2004 - fits 64 bits
