"""Pages joined from kept pieces are the pages that are written whole."""

from __future__ import annotations

import gzip
import re

import pytest
from django.test import Client

from securescore.organizations.models import Organization
from securescore.present.web.written import Piece

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PAGES = ("", "actions/", "history/", "metrics/")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.mark.parametrize("page", PAGES)
def test_a_compressed_page_is_the_plain_one(
    admin: Client, contoso: Organization, page: str
) -> None:
    plain = admin.get(f"/o/{contoso.slug}/{page}")
    packed = admin.get(f"/o/{contoso.slug}/{page}", headers={"Accept-Encoding": "gzip, br"})
    text = gzip.decompress(packed.content).decode()

    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (
        None,
        "gzip",
    )
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert TOKEN.sub("", plain.content.decode()) == TOKEN.sub("", text)
    assert "<!--" not in text


def test_every_visit_has_a_token_of_its_own(admin: Client, contoso: Organization) -> None:
    pages = [admin.get(f"/o/{contoso.slug}/actions/").content.decode() for _ in range(2)]
    found = [TOKEN.findall(page) for page in pages]

    assert found[0]
    assert not set(found[0]) & set(found[1])


def test_a_piece_outside_a_page_is_its_text() -> None:
    assert Piece("<b>ä</b>").__html__() == "<b>ä</b>"


def test_what_people_write_is_no_mark(admin: Client, contoso: Organization) -> None:
    contoso.name = f"<!--{'0' * 32}-->"
    contoso.save()
    page = admin.get(f"/o/{contoso.slug}/").content.decode()

    assert f"&lt;!--{'0' * 32}--&gt;" in page
