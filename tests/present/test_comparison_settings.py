"""Custom comparisons: added, looked at, changed, deleted; refused under ten, nothing typed lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from securescore.organizations.models import Organization
from securescore.record.models import AuditEntry, CohortDay, CustomComparison
from tests.ops.test_cohorts import others
from tests.present.reading import SignIn, parsed, text_of

PAGE = "/o/contoso/settings/comparison/"


@pytest.fixture(autouse=True)
def real_answers(sample: None, settings: Any) -> None:
    settings.SECURESCORE_ANSWERS = "securescore.record.query"


@pytest.fixture
def neighbours(contoso: Organization) -> list[Organization]:
    """Ten in Law, three in Retail, each with a score."""
    return [
        *others(10, 1, prefix="Law", industry="Law", region="Europe"),
        *others(3, 1, prefix="Retail", industry="Retail"),
    ]


@pytest.mark.parametrize("role", ["viewer", "evidence_viewer", "editor", "approver"])
def test_only_an_administrator_may(signed_in: SignIn, role: str) -> None:
    client = signed_in(role)

    assert 403 == client.get(PAGE).status_code
    assert 403 == client.post(PAGE, {"name": "All"}).status_code


def test_a_comparison_is_added_and_written_down(
    admin: Client, contoso: Organization, neighbours: list[Organization]
) -> None:
    given = {"name": "Law firms", "industries": ["Law"], "seats_min": "10"}
    page = text_of(parsed(admin.post(PAGE, given, follow=True)))
    made = CustomComparison.objects.get()
    [entry] = AuditEntry.objects.all()

    assert "The comparison is saved." in page
    assert "from 10 seats; Law." in page
    assert {"seats_min": 10, "industries": ["Law"]} == made.filters
    assert ("person-admin", "comparison.add", str(made.pk)) == (
        entry.by,
        entry.action,
        entry.target,
    )
    assert {"name": "Law firms", "filters": made.filters} == entry.new


@pytest.mark.parametrize(
    "given, words",
    [
        ({"industries": ["Law"]}, "10 other organizations would be in it. Nothing is saved yet."),
        ({}, "13 other organizations would be in it."),
        ({"industries": ["Retail"]}, "Fewer than 10 other organizations match"),
        ({"seats_min": "5000"}, "Fewer than 10 other organizations match"),
    ],
)
def test_a_preview_counts_and_saves_nothing(
    admin: Client, neighbours: list[Organization], given: dict[str, Any], words: str
) -> None:
    page = text_of(parsed(admin.post(PAGE, {**given, "preview": "1"})))

    assert words in page
    assert not CustomComparison.objects.exists()
    assert not CohortDay.objects.exists()


@pytest.mark.parametrize(
    "given, complaint",
    [
        ({"name": "Retail", "industries": ["Retail"]}, "fewer than 10 other organizations match"),
        ({"name": "", "industries": ["Law"]}, "required"),
        ({"name": "x" * 81, "industries": ["Law"]}, "at most 80"),
        ({"name": "Seats", "seats_min": "9", "seats_max": "3"}, "smaller than the first"),
        ({"name": "Seats", "seats_min": "many"}, "whole number"),
        ({"name": "Seats", "seats_min": "-1"}, "greater than or equal to 0"),
        ({"name": "Law", "industries": ["Mining"]}, "Mining is not one of the available choices"),
    ],
)
def test_a_bad_comparison_is_refused_and_stays_typed(
    admin: Client, neighbours: list[Organization], given: dict[str, Any], complaint: str
) -> None:
    response = admin.post(PAGE, given)
    page = parsed(response)

    assert 422 == response.status_code
    assert complaint in text_of(page)
    assert [given["name"]] == page.xpath("//input[@name='name']/@value")
    assert set(given.get("industries", [])) - {"Mining"} == set(
        page.xpath("//input[@name='industries'][@checked]/@value")
    )
    assert not CustomComparison.objects.exists()


def test_a_comparison_is_changed_and_deleted(admin: Client, neighbours: list[Organization]) -> None:
    admin.post(PAGE, {"name": "Law firms", "industries": ["Law"]})
    made = CustomComparison.objects.get()
    form = parsed(admin.get(f"{PAGE}{made.pk}/"))
    admin.post(f"{PAGE}{made.pk}/", {"name": "Everyone"})
    made.refresh_from_db()
    deleted = text_of(parsed(admin.post(f"{PAGE}{made.pk}/delete/", follow=True)))

    assert ["Law"] == form.xpath("//input[@name='industries'][@checked]/@value")
    assert ("Everyone", {}) == (made.name, made.filters)
    assert "The comparison “Everyone” is deleted." in deleted
    assert not CustomComparison.objects.exists()


def test_a_name_given_twice_is_said_at_the_name(
    admin: Client, neighbours: list[Organization]
) -> None:
    admin.post(PAGE, {"name": "Law firms", "industries": ["Law"]})
    response = admin.post(PAGE, {"name": "Law firms"})

    assert 422 == response.status_code
    assert "there is a comparison “Law firms” already" in text_of(parsed(response))


def test_what_is_not_there_is_404_and_a_link_deletes_nothing(
    admin: Client, neighbours: list[Organization]
) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"

    assert 404 == admin.get(f"{PAGE}{unknown}/").status_code
    assert 404 == admin.post(f"{PAGE}{unknown}/delete/").status_code
    assert 405 == admin.get(f"{PAGE}{unknown}/delete/").status_code
