"""The settings: who may, the zones with their preview, what is wrong stays typed."""

from __future__ import annotations

import pytest
from django.test import Client

from securescore.organizations.models import Organization
from securescore.record.models import AuditEntry
from tests.present.reading import SignIn, parsed, text_of

ZONES = "/o/contoso/settings/zones/"


@pytest.mark.parametrize("role", ["viewer", "evidence_viewer", "editor", "approver"])
def test_only_an_administrator_changes_settings(signed_in: SignIn, role: str) -> None:
    client = signed_in(role)

    assert client.get(ZONES).status_code == 403
    assert client.post(ZONES, {"good": 80, "okay": 50}).status_code == 403
    assert "Settings" not in text_of(parsed(client.get("/o/contoso/")))


def test_zones_are_saved_and_written_down(admin: Client, contoso: Organization) -> None:
    response = admin.post(ZONES, {"good": "80", "okay": "50.5"}, follow=True)
    contoso.refresh_from_db()
    entry = AuditEntry.objects.get()

    assert "The zones are saved." in text_of(parsed(response))
    assert (contoso.zone_good_from, contoso.zone_okay_from) == (80, 50.5)
    assert (entry.by, entry.action) == ("person-admin", "settings.zones")
    assert entry.old == {"zone_good_from": 70.0, "zone_okay_from": 40.0}
    assert entry.new == {"zone_good_from": 80.0, "zone_okay_from": 50.5}


def test_a_preview_saves_nothing(admin: Client, contoso: Organization) -> None:
    response = admin.post(ZONES, {"good": "90", "okay": "10", "preview": "1"})
    page = parsed(response)
    contoso.refresh_from_db()

    assert response.status_code == 200
    assert "nothing is saved yet" in text_of(page)
    assert ["90", "10"] == [
        page.xpath(f"//input[@name='{name}']/@value")[0] for name in ("good", "okay")
    ]
    assert contoso.zone_good_from == 70
    assert not AuditEntry.objects.exists()


def test_a_preview_of_bad_limits_is_refused(admin: Client, contoso: Organization) -> None:
    response = admin.post(ZONES, {"good": "40", "okay": "60", "preview": "1"})

    assert response.status_code == 422
    assert "cannot begin above good" in text_of(parsed(response))
    assert "nothing is saved yet" not in text_of(parsed(response))


@pytest.mark.parametrize("section", ["zones", "retention", "catalog", "comparison"])
def test_no_form_puts_its_secret_into_the_address(admin: Client, section: str) -> None:
    page = parsed(admin.get(f"/o/contoso/settings/{section}/"))
    with_secret = page.xpath("//form[.//input[@name='csrfmiddlewaretoken']]")

    assert with_secret != []
    assert {"post"} == {form.get("method") for form in with_secret}
    assert [] == page.xpath("//*[@formmethod]")
    assert [] != page.xpath("//form[@method='post']//button[@name='preview']")


@pytest.mark.parametrize(
    "given, complaint",
    [
        ({"good": "40", "okay": "60"}, "cannot begin above good"),
        ({"good": "140", "okay": "60"}, "100"),
        ({"good": "", "okay": "60"}, "required"),
        ({"good": "<b>", "okay": "60"}, "number"),
        ({"good": "nan", "okay": "60"}, "number"),
    ],
)
def test_bad_limits_are_refused_and_stay_typed(
    admin: Client, contoso: Organization, given: dict[str, str], complaint: str
) -> None:
    response = admin.post(ZONES, given)
    contoso.refresh_from_db()

    assert response.status_code == 422
    assert complaint in text_of(parsed(response))
    assert 'value="60"' in response.content.decode()
    assert contoso.zone_good_from == 70


def test_the_first_section_is_the_home_of_the_settings(admin: Client) -> None:
    assert admin.get("/o/contoso/settings/").headers["Location"] == "/o/contoso/settings/general/"
