"""The examples of the guide, sent as a person would paste them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from securescore.organizations.models import Organization
from securescore.organizations.tokens import Scope
from tests.rest_api.contract import check

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "rest-api.md"
FIXTURE = Path(__file__).resolve().parent.parent / "fixtures" / "graph" / "secure-scores.json"


def examples() -> list[list[str]]:
    """The arguments of each curl of the guide."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("curl ")]


def test_every_example_works_in_the_order_of_the_guide(
    organization: Organization, token: Any
) -> None:
    secret = token(*Scope).secret
    found = examples()
    for arguments in found:
        response, method, path = _sent(arguments, secret)
        check(method, path, response)

        assert response.status_code in {200, 201, 202}, (arguments, response.content)
    assert len(found) >= 12


def _sent(arguments: list[str], secret: str) -> tuple[Any, str, str]:
    """The request that curl would send."""
    words = [word.replace("$TOKEN", secret).replace("$SERVER", "") for word in arguments]
    method, headers, data, form, path = "", {}, "", {}, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            data = words.pop(0)
        elif word == "-F":
            name = words.pop(0).partition("=@")[0]
            form[name] = SimpleUploadedFile(FIXTURE.name, FIXTURE.read_bytes())
        else:
            path = word
    if form:
        return Client().post(path, form, headers=headers), "POST", path
    content_type = headers.pop("Content-Type", "application/octet-stream")
    method = method or "GET"
    response = Client().generic(method, path, data, content_type, headers=headers)
    return response, method, path


@pytest.mark.parametrize("scope", Scope)
def test_the_guide_names_every_scope(scope: Scope) -> None:
    assert f"`{scope}`" in GUIDE.read_text(encoding="utf-8")
