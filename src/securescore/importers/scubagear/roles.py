"""Who holds directory roles, from the three keys in which ScubaGear tells it.

``privileged_roles[].Assignments`` lists the active assignments as they are: of users, service
principals and groups, without saying which. ``privileged_users`` and
``privileged_service_principals`` list people and applications with the names of their roles,
whether active, through a group or eligible, without saying which. Both know eight roles only.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from securescore.importers.node import Node
from securescore.importers.scubagear.export import Export, NotReadError
from securescore.importers.scubagear.rows import Rows

ONLY_SOME_ROLES = (
    "Roles: the export knows the roles {roles} only; administrators by any other role are not in it"
)
GROUP_HELD = (
    "Roles: {n} assignments are held by groups or by deleted accounts; the members of the groups "
    "count by the roles that the export names for each person"
)


def role_assignments(export: Export, roles: list[Node]) -> Rows:
    """Rows of ``entra_role_assignments``.

    - An assignment is of a user or a service principal where the export names that id so.
      ScubaGear names every user and application that it finds, so any other id is a group, or
      an account deleted since.
    - A person who holds a role without an assignment of their own holds it through a group
      (``active``) where a group holds it, else by eligibility (``eligible``). Where both are
      possible the stronger one is taken: no administrator is overlooked.
    - Without Entra ID P2 there are no assignments in the export and no eligibility: what it
      names for each person is ``active``.

    Raises:
        NotReadError: the commands behind it gave nothing.
    """
    people = dict(_holders(export.root["privileged_users"]))
    applications = dict(_holders(export.root["privileged_service_principals"]))
    template_ids = {
        role["DisplayName"].required_text(): role["RoleTemplateId"].required_id() for role in roles
    }
    if not template_ids:
        msg = "the export names no directory roles"
        raise NotReadError(msg)
    has_assignments = any(role.has("Assignments") for role in roles)
    rows: list[tuple[Node, dict[str, object]]] = []
    direct: set[tuple[UUID, UUID]] = set()
    held_by_group: set[UUID] = set()
    for role in roles:
        role_id = role["RoleTemplateId"].required_id()
        for assignment in role["Assignments"].elements(may_be_single=True):
            principal = assignment["PrincipalId"].required_id()
            kind = (
                "user"
                if principal in people
                else "servicePrincipal"
                if principal in applications
                else "group"
            )
            if kind == "group":
                held_by_group.add(role_id)
            direct.add((principal, role_id))
            holder = people.get(principal) or applications.get(principal)
            scope = assignment["DirectoryScopeId"].text() or "/"
            rows.append((assignment, _row(principal, kind, holder, role, "active", scope)))
    by_name = {role["DisplayName"].text(): role for role in roles}
    for kind, holders in (("user", people), ("servicePrincipal", applications)):
        for principal, holder in holders.items():
            for name in dict.fromkeys(holder["roles"].texts()):
                if name not in by_name or (principal, template_ids[name]) in direct:
                    continue
                is_active = not has_assignments or template_ids[name] in held_by_group
                how = "active" if is_active else "eligible"
                rows.append((holder, _row(principal, kind, holder, by_name[name], how, "/")))
    n_groups = sum(row["principal_type"] == "group" for _, row in rows)
    notes = [ONLY_SOME_ROLES.format(roles=", ".join(sorted(template_ids)))]
    if n_groups:
        notes.append(GROUP_HELD.format(n=n_groups))
    return Rows(_without_repeats(rows), notes=tuple(notes))


def _holders(node: Node) -> Iterator[tuple[UUID, Node]]:
    # An empty table of PowerShell is written as an empty list in some versions.
    if node.value == []:
        return
    for key, holder in node.entries():
        yield Node(node.document, f"{node.path}.{key[:40]}", key).required_id(), holder


def _row(
    principal: UUID, kind: str, holder: Node | None, role: Node, how: str, scope: str
) -> dict[str, object]:
    return {
        "principal_id": principal,
        "principal_type": kind,
        "principal_name": holder["DisplayName"].text() if holder else None,
        "role_template_id": role["RoleTemplateId"].required_id(),
        "role_name": role["DisplayName"].required_text(),
        "assignment_type": how,
        "scope": scope,
    }


def _without_repeats(
    rows: list[tuple[Node, dict[str, object]]],
) -> list[tuple[Node, dict[str, object]]]:
    """One role may be assigned twice over the same scope, with two ends: it is held once."""
    seen: dict[tuple[object, ...], tuple[Node, dict[str, object]]] = {}
    for node, row in rows:
        key = (row["principal_id"], row["role_template_id"], row["assignment_type"], row["scope"])
        seen.setdefault(key, (node, row))
    return list(seen.values())
