"""The audit log of an organization, and that of the installation for its operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from securescore.core.errors import AccessDenied
from securescore.present.exports import Column, csv_response, json_response
from securescore.present.web import words
from securescore.present.web.settings_pages import settings_access, settings_page
from securescore.record.audit import Altered, entries_of, first_altered
from securescore.record.audit_log import (
    AuditFilter,
    Changed,
    actions_in,
    changes_of,
    entries_of_installation,
    filtered,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import QueryDict

    from securescore.record.models import AuditEntry

PER_PAGE = 50
SEARCH_LENGTH = 200
VALUE_LENGTH = 200
ACTIONS = MappingProxyType(
    {
        "action.edit": "Action edited",
        "action.undo": "Edit undone",
        "risk.request": "Approval asked for",
        "risk.approve": "Accepted risk approved",
        "risk.decline": "Accepted risk declined",
        "risk.withdraw": "Request withdrawn",
        "settings.zones": "Zones changed",
        "settings.approval": "Approval of risks changed",
        "member.add": "Member added",
        "member.invite": "Person invited",
        "member.link": "Sign-in link made",
        "member.role": "Role changed",
        "member.remove": "Member removed",
        "member.group": "Role by group changed",
        "group.add": "Group given a role",
        "group.remove": "Group's role removed",
        "token.create": "Token made",
        "token.revoke": "Token taken back",
        "sign-in": "Signed in",
        "sign-in.refuse": "Sign-in refused",
        "sign-out": "Signed out",
        "password.change": "Password changed",
        "password.set": "Password chosen",
        "authenticator-app.add": "Authenticator app added",
        "authenticator-app.remove": "Authenticator app removed",
        "security-key.add": "Key added",
        "security-key.remove": "Key removed",
        "recovery-codes.create": "Recovery codes made",
    }
)
COLUMNS: tuple[Column[AuditEntry], ...] = (
    Column("number", lambda e: e.number),
    Column("at", lambda e: e.at.isoformat().replace("+00:00", "Z")),
    Column("by", lambda e: e.by),
    Column("action", lambda e: e.action),
    Column("target", lambda e: e.target),
    Column("from", lambda e: "; ".join(_named(c.field, c.old) for c in _changes(e))),
    Column("to", lambda e: "; ".join(_named(c.field, c.new) for c in _changes(e))),
    Column("digest", lambda e: e.digest),
)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry as the page shows it."""

    number: int
    at: str
    at_iso: str
    by: str
    title: str
    action: str
    target: str
    changes: tuple[tuple[str, str, str], ...]  # field, from, to


@login_required
@require_http_methods(["GET", "POST"])
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    """``/o/{slug}/settings/audit/``; POST checks the chain."""
    access = settings_access(request, slug)
    zone = access.organization.time_zone
    values = _values(request, entries_of(access.organization), zone)
    values["exports"] = "settings_audit_csv", "settings_audit_json", [slug]
    return settings_page(request, access, "settings_audit", "settings_audit.html", values)


@login_required
@require_GET
def audit_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """``/o/{slug}/settings/audit.csv`` and ``.json``: what is filtered, all of it."""
    access = settings_access(request, slug)
    zone = access.organization.time_zone
    wanted, _ = _wanted(request.GET)
    return _file(filtered(entries_of(access.organization), wanted, zone), f"{slug}-audit", form)


@login_required
@require_http_methods(["GET", "POST"])
def installation_audit(request: HttpRequest) -> HttpResponse:
    """``/installation/audit/``: sign-ins and factors; operators only, to others it is not there."""
    _operators_only(request)
    values = _values(request, entries_of_installation(), "UTC")
    values["exports"] = "installation_audit_csv", "installation_audit_json", []
    return render(request, "installation_audit.html", values)


@login_required
@require_GET
def installation_audit_file(request: HttpRequest, form: str) -> HttpResponse:
    """``/installation/audit.csv`` and ``.json``."""
    _operators_only(request)
    wanted, _ = _wanted(request.GET)
    return _file(filtered(entries_of_installation(), wanted, "UTC"), "installation-audit", form)


def _operators_only(request: HttpRequest) -> None:
    if not request.user.is_superuser:
        raise AccessDenied(what="there is no such page", where=request.path)


def _file(entries: QuerySet[AuditEntry], name: str, form: str) -> HttpResponse:
    rows = entries.iterator(chunk_size=2000)
    if form == "json":
        return json_response(COLUMNS, rows)
    return csv_response(f"{name}.csv", COLUMNS, rows)


def _values(request: HttpRequest, entries: QuerySet[AuditEntry], zone: str) -> dict[str, Any]:
    wanted, remarks = _wanted(request.GET)
    found = filtered(entries, wanted, zone)
    n_found = found.count()
    n_pages = max(1, -(-n_found // PER_PAGE))
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1  # noqa: PLR2004 - pages have at most six digits
    number = min(max(number, 1), n_pages)
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    query = _query(wanted)
    return {
        "rows": [_row(entry, zone) for entry in shown],
        "wanted": wanted,
        "remarks": remarks,
        "n_found": n_found,
        "page_number": number,
        "n_pages": n_pages,
        "query": f"?{urlencode(query)}" if query else "",
        "address": lambda n: "?" + urlencode({**query, "page": n}),
        "actions": [(name, ACTIONS.get(name, name)) for name in actions_in(entries)],
        "time_zone": zone,
        "check": _checked() if request.method == "POST" else None,
    }


def _checked() -> tuple[bool, str]:
    n_good, altered = first_altered()
    if altered is not None:
        return False, _altered(altered)
    held = words.counted(n_good, "entry", "entries")
    return True, f"The chain holds: {held} of this installation, none altered."


def _altered(altered: Altered) -> str:
    return f"The chain does not hold: entry {altered.number} {altered.what}."


def _wanted(asked: QueryDict) -> tuple[AuditFilter, list[str]]:
    """The filter that an address asks for, and what of it was not understood."""
    remarks: list[str] = []
    days: dict[str, date | None] = {"from": None, "to": None}
    for name in days:
        text = asked.get(name, "")
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            remarks.append(f"Write days as YYYY-MM-DD; “{text[:20]}” was left out.")
    texts = {
        name: " ".join(asked.get(name, "").replace("\0", " ").split())[:SEARCH_LENGTH]
        for name in ("by", "action", "target")
    }
    last = date.max
    end = None if days["to"] == last else days["to"]  # there is no day after the last
    return AuditFilter(**texts, start=days["from"], end=end), remarks


def _query(wanted: AuditFilter) -> dict[str, str]:
    pairs = {
        "by": wanted.by,
        "action": wanted.action,
        "target": wanted.target,
        "from": wanted.start.isoformat() if wanted.start else "",
        "to": wanted.end.isoformat() if wanted.end else "",
    }
    return {key: value for key, value in pairs.items() if value}


def _changes(entry: AuditEntry) -> tuple[Changed, ...]:
    return changes_of(entry.old, entry.new)


def _row(entry: AuditEntry, zone: str) -> AuditRow:
    return AuditRow(
        number=entry.number,
        at=words.moment(entry.at, zone),
        at_iso=entry.at.isoformat(),
        by=entry.by,
        title=ACTIONS.get(entry.action, entry.action),
        action=entry.action,
        target=entry.target,
        changes=tuple(
            (c.field.replace("_", " "), _text(c.old), _text(c.new)) for c in _changes(entry)
        ),
    )


def _text(value: object) -> str:
    """A value of the log in words; long ones are cut."""
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1] + "…"


def _named(field: str, value: object) -> str:
    return f"{field}: {_text(value) or 'none'}"
