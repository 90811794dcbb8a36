"""Identity providers that people sign in with, from the environment and ``<home>/sign-in.json``.

One OpenID Connect provider can be named by the environment alone:

``SECURESCORE_OIDC_ISSUER``              its issuer, https
``SECURESCORE_OIDC_CLIENT_ID``           as it knows this installation
``SECURESCORE_OIDC_CLIENT_SECRET``       or ``SECURESCORE_OIDC_CLIENT_SECRET_FILE``
``SECURESCORE_OIDC_NAME``                on the button (default: Single sign-on)
``SECURESCORE_OIDC_GROUPS_CLAIM``        the claim that names groups (default: groups)
``SECURESCORE_OIDC_SCOPES``              asked for (default: openid profile email)
``SECURESCORE_OIDC_VERIFIED_EMAIL``      ``1``: it lets nobody choose an address freely

and one SAML provider, with the extra ``saml``:

``SECURESCORE_SAML_METADATA_URL``        where it publishes its metadata; or
``SECURESCORE_SAML_SSO_URL`` and ``SECURESCORE_SAML_CERTIFICATE_FILE``
``SECURESCORE_SAML_ENTITY_ID``           its entity id
``SECURESCORE_SAML_SLO_URL``             where it is told that somebody is signed out
``SECURESCORE_SAML_NAME``                on the button
``SECURESCORE_SAML_GROUPS_ATTRIBUTE``    the attribute that names groups (default: groups)

Several stand in the file: ``{"oidc": [{"id": ..., "issuer": ...}], "saml": [...]}``, with the same
names in lower case and without their beginning.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

FILE = "sign-in.json"
ENVIRONMENT_ID = "sso"
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
OIDC_KEYS = {
    "id", "name", "issuer", "client_id", "client_secret", "client_secret_file", "groups_claim",
    "scopes", "verified_email",
}  # fmt: skip
SAML_KEYS = {
    "id", "name", "entity_id", "metadata_url", "sso_url", "certificate", "certificate_file",
    "slo_url", "groups_attribute", "attributes", "verified_email",
}  # fmt: skip
SAML_ATTRIBUTES = {
    "uid": ["urn:oasis:names:tc:SAML:attribute:subject-id"],
    "username": ["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "username", "uid"],
    "email": [
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        "urn:oid:0.9.2342.19200300.100.1.3",
        "email",
    ],
    "first_name": [
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
        "urn:oid:2.5.4.42",
        "givenName",
    ],
    "last_name": [
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
        "urn:oid:2.5.4.4",
        "sn",
    ],
}
"""What the usual providers call what we read of a person."""


def social_providers(home: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's ``SOCIALACCOUNT_PROVIDERS``.

    Raises:
        ImproperlyConfigured: something is missing, unknown or twice; the message says where.
    """
    named = _file(home)
    oidc = [*_from_environment("OIDC", environ), *named.get("oidc", [])]
    saml = [*_from_environment("SAML", environ), *named.get("saml", [])]
    apps = [_oidc(one, home) for one in oidc]
    ids = [app["provider_id"] for app in apps] + [_id(one, "saml") for one in saml]
    for one in ids:
        if ids.count(one) > 1:
            msg = f"sign-in: two providers have the id '{one}'"
            raise ImproperlyConfigured(msg)
    made: dict[str, Any] = {
        "openid_connect": {
            "provider_class": "securescore.present.web.oidc.OidcProvider",
            "OAUTH_PKCE_ENABLED": True,
            "APPS": apps,
        }
    }
    if saml:
        if importlib.util.find_spec("onelogin") is None:
            msg = "sign-in: SAML needs the extra: pip install 'open-secure-score[saml]'"
            raise ImproperlyConfigured(msg)
        made["saml"] = {
            "provider_class": "securescore.present.web.saml.SamlProvider",
            "APPS": [_saml(one, home) for one in saml],
        }
    return made


def _file(home: Path) -> dict[str, list[dict[str, Any]]]:
    path = home / FILE
    if not path.exists():
        return {}
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{FILE}: this is no JSON: {error}"
        raise ImproperlyConfigured(msg) from error
    lists = read.values() if isinstance(read, dict) else [None]
    if (
        not isinstance(read, dict)
        or not set(read) <= {"oidc", "saml"}
        or not all(isinstance(x, list) and all(isinstance(y, dict) for y in x) for x in lists)
    ):
        msg = f'{FILE}: write {{"oidc": [{{...}}], "saml": [{{...}}]}}'
        raise ImproperlyConfigured(msg)
    return read


def _from_environment(kind: str, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    prefix = f"SECURESCORE_{kind}_"
    found: dict[str, Any] = {
        key.removeprefix(prefix).lower(): value.strip()
        for key, value in environ.items()
        if key.startswith(prefix) and value.strip()
    }
    if not found:
        return []
    if "verified_email" in found:
        found["verified_email"] = found["verified_email"] == "1"
    return [{"id": ENVIRONMENT_ID if kind == "OIDC" else f"{ENVIRONMENT_ID}-saml", **found}]


def _oidc(given: Mapping[str, Any], home: Path) -> dict[str, Any]:
    key = _id(given, "oidc")
    _only(given, OIDC_KEYS, key)
    issuer = _needed(given, "issuer", key)
    _address(issuer, "issuer", key)
    scopes = given.get("scopes", "openid profile email")
    listed = scopes.split() if isinstance(scopes, str) else list(scopes)
    return {
        "provider_id": key,
        "name": str(given.get("name", "Single sign-on"))[:40],
        "client_id": _needed(given, "client_id", key),
        "secret": _secret(given, "client_secret", key, home),
        "settings": {
            "server_url": issuer.rstrip("/"),
            "issuer": issuer,
            "groups": str(given.get("groups_claim", "groups")),
            "scope": list(dict.fromkeys(["openid", *listed])),
            "verified_email": given.get("verified_email", False) is True,
        },
    }


def _saml(given: Mapping[str, Any], home: Path) -> dict[str, Any]:
    key = _id(given, "saml")
    _only(given, SAML_KEYS, key)
    idp: dict[str, Any] = {"entity_id": _needed(given, "entity_id", key)}
    if given.get("metadata_url"):
        _address(given["metadata_url"], "metadata_url", key)
        idp["metadata_url"] = given["metadata_url"]
    else:
        idp["sso_url"] = _needed(given, "sso_url", key)
        _address(idp["sso_url"], "sso_url", key)
        if given.get("slo_url"):
            _address(given["slo_url"], "slo_url", key)
            idp["slo_url"] = given["slo_url"]
        idp["x509cert"] = _secret(given, "certificate", key, home)
        if not idp["x509cert"]:
            msg = f"sign-in, '{key}': give metadata_url, or sso_url with certificate_file"
            raise ImproperlyConfigured(msg)
    return {
        "provider_id": key,
        "client_id": key,
        "name": str(given.get("name", "Single sign-on"))[:40],
        "settings": {
            "idp": idp,
            "groups": str(given.get("groups_attribute", "groups")),
            "attribute_mapping": {**SAML_ATTRIBUTES, **given.get("attributes", {})},
            "verified_email": given.get("verified_email", False) is True,
            "advanced": {
                "strict": True,
                "want_assertion_signed": True,
                "reject_idp_initiated_sso": True,
                "reject_deprecated_algorithm": True,
            },
        },
    }


def _id(given: Mapping[str, Any], kind: str) -> str:
    key = str(given.get("id", ""))
    if not ID.fullmatch(key):
        msg = f"{FILE}: each of '{kind}' needs an id of small letters, digits and dashes"
        raise ImproperlyConfigured(msg)
    return key


def _only(given: Mapping[str, Any], known: set[str], key: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        msg = f"sign-in, '{key}': there is no setting '{unknown[0]}'; there are " + ", ".join(
            sorted(known)
        )
        raise ImproperlyConfigured(msg)


def _needed(given: Mapping[str, Any], name: str, key: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        msg = f"sign-in, '{key}': the setting '{name}' is missing"
        raise ImproperlyConfigured(msg)
    return value


def _address(address: str, name: str, key: str) -> None:
    """Refuse what is not https; plain http is for this machine only."""
    parts = urlsplit(address)
    is_local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if not parts.hostname or (parts.scheme != "https" and not is_local):
        msg = f"sign-in, '{key}': {name} is an address that begins with https://"
        raise ImproperlyConfigured(msg)


def _secret(given: Mapping[str, Any], name: str, key: str, home: Path) -> str:
    if file := given.get(f"{name}_file"):
        path = home / str(file)  # an absolute path stays what it is
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            msg = f"sign-in, '{key}': {name}_file cannot be read: {error.strerror}"
            raise ImproperlyConfigured(msg) from error
    return str(given.get(name, ""))
