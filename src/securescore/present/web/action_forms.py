"""The form of one action, and the edit that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django import forms

from securescore.core.status import ATTESTED, Status
from securescore.ops.action_edit import ActionEdit
from securescore.ops.action_state import DECISION_FIELDS, NAME_LENGTH, NOTES_LENGTH
from securescore.ops.deciding import MAX_TAGS, TAG_LENGTH

CHOOSABLE: Final = tuple(s for s in Status if s is not Status.COMPLETED)
STATUS_UNIT = ("status", *DECISION_FIELDS)
"""What is decided together: a status and the fields that belong to it."""
WORK = ("assignee", "due_on", "tags", "notes")
FIELD_LABELS = {
    "status": "Status",
    "note": "Reason or note",
    "review_on": "Review on",
    "ends_on": "Ends on",
    "evidence": "Where it can be checked",
    "owner": "Owner",
    "assignee": "Assignee",
    "due_on": "Due",
    "tags": "Tags",
    "notes": "Notes",
}
TAGS_LENGTH = MAX_TAGS * (TAG_LENGTH + 2)
CONTROL_CHARACTERS = {code: None for code in range(32) if chr(code) not in "\n\r\t"}


class Text(forms.CharField):
    """Text as it is kept: no control characters, lines end with a line feed."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").translate(CONTROL_CHARACTERS).strip()


class Day(forms.DateField):
    """A day as browsers send it and people type it."""

    def __init__(self, **more: Any) -> None:
        wrong = {"invalid": "Write a day as YYYY-MM-DD."}
        super().__init__(required=False, input_formats=["%Y-%m-%d"], error_messages=wrong, **more)


def capital(status: Status) -> str:
    """As the pages write it."""
    return status.value[:1].upper() + status.value[1:]


class StatusFields(forms.Form):
    """A status with what it asks for (S5, S6), for one action or for many."""

    status = forms.ChoiceField(
        label="Status",
        required=False,
        choices=[(s.value, capital(s)) for s in CHOOSABLE],
        error_messages={"invalid_choice": "There is no such status to choose."},
    )
    note = Text(label="Reason or note", required=False, max_length=NOTES_LENGTH)
    review_on = Day(label="Review on")
    ends_on = Day(label="Ends on")
    evidence = Text(label="Where it can be checked", required=False, max_length=NOTES_LENGTH)
    owner = Text(label="Owner", required=False, max_length=NAME_LENGTH)

    def check_status(self, cleaned: Mapping[str, Any], today: date) -> None:
        """Say beside each field what the status still asks for."""
        status = cleaned.get("status") or ""
        if status == Status.RISK_ACCEPTED:
            self._want(cleaned, "note", "Say why the risk is accepted.")
            self._want(cleaned, "review_on", "Say when it is looked at again.")
        elif status in ATTESTED:
            self._want(cleaned, "note", "Say what resolves it.")
        names = ["ends_on"] if status in ATTESTED else []
        names += ["review_on", "ends_on"] if status == Status.RISK_ACCEPTED else []
        for name in names:
            day = cleaned.get(name)
            if day is not None and day <= today:
                self.add_error(name, "Choose a day after today.")

    def _want(self, cleaned: Mapping[str, Any], name: str, message: str) -> None:
        if not cleaned.get(name) and name not in self.errors:
            self.add_error(name, message)


class ActionForm(StatusFields):
    """Everything that people may change about one action."""

    version = Text(required=False, widget=forms.HiddenInput)
    assignee = Text(label="Assignee", required=False, max_length=NAME_LENGTH)
    due_on = Day(label="Due")
    tags = Text(label="Tags", required=False, max_length=TAGS_LENGTH)
    notes = Text(label="Notes", required=False, max_length=NOTES_LENGTH)

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        self.today = today
        super().__init__(*args, **more)
        if self.is_bound and not self.data.get("status"):
            del self.fields["status"]  # completed: there is none to choose

    def clean(self) -> dict[str, Any]:
        """What a status asks for is asked for only where the decision changes."""
        cleaned = super().clean() or {}
        if self.changes_status:
            self.check_status(cleaned, self.today)
        tags = split_tags(cleaned.get("tags", ""))
        if len(tags) > MAX_TAGS:
            self.add_error("tags", f"An action has at most {MAX_TAGS} tags.")
        elif any(len(tag) > TAG_LENGTH for tag in tags):
            self.add_error("tags", f"A tag has at most {TAG_LENGTH} characters.")
        return cleaned

    @property
    def changes_status(self) -> bool:
        """Whether the status, or what belongs to it, is not what was shown."""
        if "status" not in self.fields:
            return False
        changes = self.changes
        return "status" in changes or bool(
            relevant_fields(str(self.data.get("status", ""))) & changes
        )

    @property
    def changes(self) -> frozenset[str]:
        """Fields that were sent and are not as they were shown."""
        return frozenset(name for name in self.changed_data if name in self.data)

    def edit(self) -> ActionEdit:
        """The edit: what is not as it was shown changes, the rest stays."""
        given = self.cleaned_data
        values: dict[str, Any] = {}
        if self.changes_status:
            status = Status(given["status"])
            values["status"] = status
            for name in relevant_fields(status):
                values[name] = given[name]
            is_plain = status in (Status.TO_ADDRESS, Status.PLANNED)
            if is_plain and "note" not in self.changes:
                values.pop("note", None)  # the reason of the status before
        for name in WORK:
            if name in self.changes:
                values[name] = split_tags(given[name]) if name == "tags" else given[name]
        return ActionEdit(**values)


def relevant_fields(status: str) -> frozenset[str]:
    """The fields that a status shows."""
    if status == Status.TO_ADDRESS:
        return frozenset()
    if status == Status.PLANNED:
        return frozenset({"note"})
    if status == Status.RISK_ACCEPTED:
        return frozenset({"note", "review_on", "ends_on"})
    return frozenset({"note", "evidence", "owner", "ends_on"})


def split_tags(text: str) -> tuple[str, ...]:
    """Tags between commas or line ends.

    >>> split_tags("q2,  board ,q2")
    ('q2', 'board')
    """
    found: dict[str, str] = {}
    for part in text.replace("\n", ",").split(","):
        tag = " ".join(part.split())
        if tag:
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())


def form_values(values: Mapping[str, object]) -> dict[str, object]:
    """Values of the audit log as the form shows them."""
    made = dict(values)
    tags = made.get("tags")
    made["tags"] = ", ".join(str(tag) for tag in tags) if isinstance(tags, list) else ""
    for name in ("review_on", "ends_on", "due_on"):
        made[name] = date.fromisoformat(str(made[name])) if made.get(name) else None
    return made
