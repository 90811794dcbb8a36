"""Operations: who belongs to the organization, and which groups give roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from pydantic import ConfigDict, Field

from securescore.ops.group_roles import GROUP_LENGTH, add_group_role, remove_group_role
from securescore.ops.members import Added, add_member, change_role, new_link, remove_member
from securescore.organizations.access import Right
from securescore.organizations.members import Member, group_roles_of, members_of
from securescore.organizations.models import GroupRole, Role
from securescore.present.rest_api.answering import answer, list_answer, nothing
from securescore.present.rest_api.door import access_of, now
from securescore.present.rest_api.operations import Operations
from securescore.present.rest_api.shapes import list_of, shape
from securescore.present.rest_api.values import Line, Sent

operations = Operations("Members")


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """The role that members of a group of an identity provider get when they sign in."""

    id: int
    group: str
    role: str


class MemberAsked(Sent):
    """Whom to add, and as what."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"who": "bo@example.com", "role": "editor"}]}
    )

    who: Line = Field(description="User name, or an e-mail address to invite.")
    role: Role = Field(description="The role.")


class RoleAsked(Sent):
    """Another role."""

    role: Role = Field(description="The role.")


class GroupAsked(Sent):
    """A group and the role that it gives."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"group": "security-team", "role": "approver"}]}
    )

    group: Annotated[str, Field(min_length=1, max_length=GROUP_LENGTH)] = Field(
        description="As the identity provider sends it."
    )
    role: Role = Field(description="The role.")


@operations.get(
    "/members",
    name="listMembers",
    summary="Members",
    gives=list_of(shape(Member)),
    right=Right.ADMINISTER,
    is_list=True,
)
def members(request: HttpRequest) -> HttpResponse:
    """All members by user name, with the role that holds and where it comes from."""
    rows = members_of(access_of(request).organization)
    return list_answer(request, rows, name="members", columns=shape(Member).model_fields)


@operations.send(
    "POST",
    "/members",
    name="addMember",
    summary="Add a member",
    right=Right.ADMINISTER,
    gives=shape(Added),
    status=201,
)
def add(request: HttpRequest, asked: MemberAsked) -> HttpResponse:
    """Adds somebody who is here; an unknown e-mail address is invited, and `link` signs that
    person in once.
    """
    return answer(add_member(access_of(request), asked.who, asked.role, now=now()), 201)


@operations.send(
    "PATCH",
    "/members/{int:user_id}",
    name="changeRole",
    summary="Change a role",
    right=Right.ADMINISTER,
    gives=shape(Member),
)
def change(request: HttpRequest, user_id: int, asked: RoleAsked) -> HttpResponse:
    """A higher role that a group gives goes on to hold. The last administrator stays one; tokens
    that were made with a right that is lost end.
    """
    access = access_of(request)
    change_role(access, user_id, asked.role, now=now())
    return answer(next(m for m in members_of(access.organization) if m.user_id == user_id))


@operations.send(
    "DELETE",
    "/members/{int:user_id}",
    name="removeMember",
    summary="Remove a member",
    right=Right.ADMINISTER,
    gives=None,
    status=204,
)
def remove(request: HttpRequest, user_id: int) -> HttpResponse:
    """Takes a member out, and the tokens that this person made."""
    remove_member(access_of(request), user_id, now=now())
    return nothing()


@operations.send(
    "POST",
    "/members/{int:user_id}/link",
    name="newLink",
    summary="Another sign-in link",
    right=Right.ADMINISTER,
    gives=shape(Added),
)
def link(request: HttpRequest, user_id: int) -> HttpResponse:
    """For somebody who was invited here and never signed in."""
    return answer(new_link(access_of(request), user_id, now=now()))


@operations.get(
    "/group-roles",
    name="listGroupRoles",
    summary="Groups that give roles",
    gives=list_of(shape(GroupAnswer)),
    right=Right.ADMINISTER,
    is_list=True,
)
def group_roles(request: HttpRequest) -> HttpResponse:
    """Groups of identity providers and the role that each gives at sign-in."""
    rows = [_group(row) for row in group_roles_of(access_of(request).organization)]
    return list_answer(request, rows, name="group-roles", columns=shape(GroupAnswer).model_fields)


@operations.send(
    "POST",
    "/group-roles",
    name="addGroupRole",
    summary="Give a group a role",
    right=Right.ADMINISTER,
    gives=shape(GroupAnswer),
    status=201,
)
def add_group(request: HttpRequest, asked: GroupAsked) -> HttpResponse:
    """Members of the group get the role when they next sign in."""
    made = add_group_role(access_of(request), asked.group, asked.role, now=now())
    return answer(_group(made), 201)


@operations.send(
    "DELETE",
    "/group-roles/{int:group_role_id}",
    name="removeGroupRole",
    summary="Take a group's role away",
    right=Right.ADMINISTER,
    gives=None,
    status=204,
)
def remove_group(request: HttpRequest, group_role_id: int) -> HttpResponse:
    """Members of the group lose the role when they next sign in."""
    remove_group_role(access_of(request), group_role_id, now=now())
    return nothing()


def _group(row: GroupRole) -> GroupAnswer:
    return GroupAnswer(row.pk, row.group, row.role)
