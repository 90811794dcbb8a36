"""PATCH of a control: who works on it, what was decided and why, in Graph's words.

Graph's fields are fewer than ours: an accepted risk is reviewed after 90 days, as an imported
one; where the organization wants approval it becomes a request and the state stays as it is.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from securescore.core.status import ATTESTED, Status
from securescore.ops.action_edit import KEEP, ActionEdit
from securescore.ops.deciding import edit_action
from securescore.ops.statuses import REVIEW_AFTER, STATUS_OF
from securescore.organizations.access import Access
from securescore.present.graph_api.errors import GraphError
from securescore.present.graph_api.vocabulary import STATES
from securescore.record.profiles import ControlProfile
from securescore.record.risk_requests import waiting_risks

BAD, TOO_LARGE = 400, 413
MAX_BYTES = 64 * 1024
CHANGEABLE = ("assignedTo", "comment", "state")
VENDOR_PARTS = frozenset({"provider", "providerVersion", "subProvider", "vendor"})
DEFAULT = "default"


def change_profile(access: Access, profile: ControlProfile, body: bytes, now: datetime) -> None:
    """Apply the body of a PATCH.

    Raises:
        GraphError: 400, the body is not one, or asks for what cannot be.
        EditConflict: somebody else changed the action in the same moment.
        InputError: the change is not allowed.
    """
    asked = _asked(body)
    edit = ActionEdit(
        assignee=asked["assignedTo"] or "" if "assignedTo" in asked else KEEP,
        **_decision(access, profile, asked, now),
    )
    edit_action(access, profile.row.id, edit, seen_version=profile.row.version, now=now)


def _decision(
    access: Access, profile: ControlProfile, asked: dict[str, str | None], now: datetime
) -> dict[str, Any]:
    """The fields of an edit that change the decision; none where it stays."""
    if "state" not in asked and "comment" not in asked:
        return {}
    status = _status(profile, asked)
    comment = (asked.get("comment") or "").strip() if "comment" in asked else ""
    is_same = status is profile.decided
    if is_same and ("comment" not in asked or comment == profile.note):
        return {}
    if status is Status.RISK_ACCEPTED and any(
        one.control_id == profile.row.id and one.reason == comment
        for one in waiting_risks(access.organization)
    ):
        return {}  # asked for already: sending it again asks for nothing new
    word = STATES.get(status, "Default")
    if (status in ATTESTED or status is Status.RISK_ACCEPTED) and not comment:
        raise GraphError(
            BAD,
            f"The state '{word}' needs a comment: say why, and where it can be checked.",
        )
    today = now.astimezone(ZoneInfo(access.organization.time_zone)).date()
    fields = {"status": status, "note": comment, "review_on": today + REVIEW_AFTER}
    if is_same and profile.decision is not None:  # another comment, and nothing else
        held = profile.decision
        fields |= {name: getattr(held, name) for name in ("ends_on", "evidence", "owner")}
        if held.review_on is not None and held.review_on > today:
            fields["review_on"] = held.review_on
    return fields


def _status(profile: ControlProfile, asked: dict[str, str | None]) -> Status:
    if "state" not in asked:
        return profile.decided
    word = (asked["state"] or "").lower()
    if word == DEFAULT:
        # Graph knows no 'planned': it is a Default that stays what it is.
        return profile.decided if profile.decided not in STATES else Status.TO_ADDRESS
    status = STATUS_OF.get(word)
    if status is None:
        raise GraphError(
            BAD,
            f"There is no state '{(asked['state'] or '')[:40]}'. These are: Default, "
            f"{', '.join(STATES.values())}.",
        )
    return status


def _asked(body: bytes) -> dict[str, str | None]:
    if len(body) > MAX_BYTES:
        raise GraphError(TOO_LARGE, f"The body may have {MAX_BYTES // 1024} KiB.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GraphError(BAD, "The body is not valid JSON.") from error
    if not isinstance(found, dict):
        raise GraphError(BAD, "The body has to be a JSON object.")
    values = {name: value for name, value in found.items() if not name.startswith("@odata.")}
    unknown = sorted(values.keys() - {*CHANGEABLE, "vendorInformation"})
    if unknown:
        raise GraphError(
            BAD,
            f"These properties cannot be changed: {', '.join(name[:40] for name in unknown[:10])}. "
            f"These can: {', '.join(CHANGEABLE)}.",
        )
    _check_vendor(values.pop("vendorInformation", None))
    if not values:
        raise GraphError(BAD, f"Nothing is asked for: give one of {', '.join(CHANGEABLE)}.")
    for name, value in values.items():
        if value is not None and not isinstance(value, str):
            raise GraphError(BAD, f"'{name}' has to be a text.")
        if value is not None and not _is_writable(value):
            raise GraphError(BAD, f"'{name}' holds half a character (a lone surrogate).")
    return values


def _check_vendor(vendor: object) -> None:
    if not isinstance(vendor, dict) or not all(
        isinstance(vendor.get(name), str) and vendor[name].strip()
        for name in ("vendor", "provider")
    ):
        raise GraphError(
            BAD,
            "vendorInformation with vendor and provider is required, such as "
            '{"vendor": "Microsoft", "provider": "SecureScore"}.',
        )
    unknown = sorted(
        name for name in vendor if name not in VENDOR_PARTS and not name.startswith("@odata.")
    )
    if unknown:
        raise GraphError(
            BAD, f"vendorInformation has no {', '.join(n[:40] for n in unknown[:10])}."
        )


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
