"""The audit log shows any later edit, and names the first entry that does not hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securescore.organizations.write import create_organization
from securescore.record import audit
from securescore.record.audit import Altered, Change
from securescore.record.models import AuditEntry, AuditHead

pytestmark = [pytest.mark.django_db, pytest.mark.database]
NOW = datetime(2026, 3, 1, 6, 30, 15, 123456, tzinfo=UTC)


def fill(n: int = 5) -> None:
    organization = create_organization("Example")
    for number in range(n):
        audit.append(
            [Change("zones.change", "x", {"good": number}, {"good": number + 1})],
            by="ana",
            at=NOW + timedelta(minutes=number),
            organization=organization,
        )


def test_an_untouched_log_holds() -> None:
    fill()

    assert audit.first_altered() == (5, None)


def test_an_empty_log_holds() -> None:
    assert audit.first_altered() == (0, None)


@pytest.mark.parametrize(
    "field, value",
    [
        ("by", "bo"),
        ("at", NOW),
        ("action", "zones.keep"),
        ("organization_name", "Other"),
        ("target", "y"),
        ("old", {"good": 7}),
        ("new", {}),
        ("previous", "0" * 64),
        ("digest", "1" * 64),
    ],
)
def test_the_first_altered_entry_is_named(field: str, value: object) -> None:
    fill()
    AuditEntry.objects.filter(number=3).update(**{field: value})
    n_good, altered = audit.first_altered()

    assert n_good == 2
    assert altered is not None
    assert altered.number == 3


def test_a_removed_entry_is_named() -> None:
    fill()
    AuditEntry.objects.filter(number=2).delete()

    assert audit.first_altered() == (1, Altered(2, "is missing"))


def test_entries_removed_at_the_end_are_missed() -> None:
    fill()
    AuditEntry.objects.filter(number__gt=3).delete()

    assert audit.first_altered() == (3, Altered(4, "and what followed were removed"))


def test_an_entry_slipped_in_is_named() -> None:
    fill()
    AuditEntry.objects.create(
        number=6, at=NOW, by="eve", action="x", previous="0" * 64, digest="0" * 64
    )

    assert audit.first_altered()[1] == Altered(6, "does not follow from the entry before")


def test_a_log_without_its_head_does_not_hold() -> None:
    fill()
    AuditHead.objects.all().delete()

    assert audit.first_altered()[1] is not None


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)


@given(st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(-(2**53), 2**53), st.booleans())))
def test_what_is_written_reads_back_as_what_was_digested(values: dict[str, object]) -> None:
    [entry] = audit.append([Change("x.y", "t", values, values)], by="ä", at=NOW)
    entry.refresh_from_db()

    assert entry.digest == audit.digest_of(entry)
