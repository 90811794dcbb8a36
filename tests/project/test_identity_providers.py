"""Identity providers from the environment and from the file: read strictly, mistakes named."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from securescore.project.identity_providers import social_providers

OIDC = {
    "SECURESCORE_OIDC_ISSUER": "https://login.example/tenant/v2.0",
    "SECURESCORE_OIDC_CLIENT_ID": "client",
    "SECURESCORE_OIDC_CLIENT_SECRET": "secret",
}


def apps(home: Path, environ: dict[str, str]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = social_providers(home, environ)["openid_connect"]["APPS"]
    return listed


def write(home: Path, value: object) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    (home / "sign-in.json").write_text(text, encoding="utf-8")


def test_nothing_set_is_no_provider(tmp_path: Path) -> None:
    assert apps(tmp_path, {}) == []


def test_one_provider_from_the_environment(tmp_path: Path) -> None:
    [app] = apps(tmp_path, {**OIDC, "SECURESCORE_OIDC_GROUPS_CLAIM": "roles"})

    assert (app["provider_id"], app["client_id"], app["secret"]) == ("sso", "client", "secret")
    assert app["settings"] == {
        "server_url": "https://login.example/tenant/v2.0",
        "issuer": "https://login.example/tenant/v2.0",
        "groups": "roles",
        "scope": ["openid", "profile", "email"],
        "verified_email": False,
    }


def test_a_secret_may_stand_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "oidc.secret").write_text("from the file\n", encoding="utf-8")
    environ = {k: v for k, v in OIDC.items() if "SECRET" not in k.removeprefix("SECURESCORE")}
    [app] = apps(tmp_path, {**environ, "SECURESCORE_OIDC_CLIENT_SECRET_FILE": "oidc.secret"})

    assert app["secret"] == "from the file"


def test_several_providers_from_the_file(tmp_path: Path) -> None:
    one = {"id": "entra", "name": "Entra", "issuer": "https://a.example", "client_id": "x"}
    write(tmp_path, {"oidc": [one, {**one, "id": "keycloak", "scopes": "email groups"}]})
    found = apps(tmp_path, OIDC)

    assert [app["provider_id"] for app in found] == ["sso", "entra", "keycloak"]
    assert found[2]["settings"]["scope"] == ["openid", "email", "groups"]


GOOD = {"id": "x", "issuer": "https://a.example", "client_id": "x"}


@pytest.mark.parametrize(
    "written, complaint",
    [
        ("{", "no JSON"),
        ([], "write"),
        ({"oidc": {}}, "write"),
        ({"ldap": []}, "write"),
        ({"oidc": ["x"]}, "write"),
        ({"oidc": [{**GOOD, "id": "A b"}]}, "needs an id"),
        ({"oidc": [GOOD, GOOD]}, "two providers have the id 'x'"),
        ({"oidc": [{"id": "x", "client_id": "x"}]}, "'issuer' is missing"),
        ({"oidc": [{**GOOD, "client_id": ""}]}, "'client_id' is missing"),
        ({"oidc": [{**GOOD, "issuer": "http://a.example"}]}, "https://"),
        ({"oidc": [{**GOOD, "issuer": "file:///etc"}]}, "https://"),
        ({"oidc": [{**GOOD, "clientid": "x"}]}, "no setting 'clientid'"),
        ({"oidc": [{**GOOD, "client_secret_file": "nowhere"}]}, "cannot be read"),
        ({"saml": [{"id": "y", "entity_id": "z", "sso_url": "https://a.example"}]}, "certificate"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, written: object, complaint: str) -> None:
    write(tmp_path, written)
    with pytest.raises(ImproperlyConfigured, match=complaint):
        social_providers(tmp_path, {})


SERVES_METADATA = """
import django
django.setup()
from django.test import Client
client = Client(headers={"host": "scores.example"})
print(client.get("/sign-in/saml/sso-saml/metadata/").content.decode())
page = client.post("/sign-in/saml/sso-saml/")
print(page.status_code, page.content.decode())
"""


@pytest.mark.skipif(
    importlib.util.find_spec("onelogin") is None, reason="the extra 'saml' is not installed"
)
def test_saml_describes_itself_and_leads_to_its_provider(tmp_path: Path) -> None:
    """In a process of its own: the routes are there only where a provider is set up."""
    certificate = tmp_path / "idp.pem"
    certificate.write_text("MIIB\n", encoding="utf-8")
    environ = {
        "SECURESCORE_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "securescore.project.settings",
        "SECURESCORE_ALLOWED_HOSTS": "scores.example",
        "SECURESCORE_SAML_ENTITY_ID": "https://idp.example/entity",
        "SECURESCORE_SAML_SSO_URL": "https://idp.example/sso",
        "SECURESCORE_SAML_CERTIFICATE_FILE": str(certificate),
    }
    prepared = (
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "from securescore.project.static import prepare\nprepare()\n"
    )
    program = SERVES_METADATA.replace("from django.test", prepared + "from django.test")
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "http://scores.example/sign-in/saml/sso-saml/acs/" in run.stdout
    assert 'WantAssertionsSigned="true"' in run.stdout
    assert "200 " in run.stdout
    assert "https://idp.example/sso?SAMLRequest=" in run.stdout
