"""A SAML provider within the tests: its key and certificate are made for each run."""

from __future__ import annotations

import base64
import copy
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

ENTITY = "https://idp.example/entity"
SSO = "https://idp.example/sso"
SP = "http://scores.example/sign-in/saml/sso-saml"
NAMES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
RESPONSE = """
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
    xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0" ID="_response"
    IssueInstant="{now}" Destination="{sp}/acs/" InResponseTo="{asked}">
  <saml:Issuer>{entity}</saml:Issuer>
  <samlp:Status>
    <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>
  </samlp:Status>
  <saml:Assertion Version="2.0" ID="_assertion" IssueInstant="{now}">
    <saml:Issuer>{entity}</saml:Issuer>
    <saml:Subject>
      <saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{sub}</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <saml:SubjectConfirmationData NotOnOrAfter="{end}" Recipient="{sp}/acs/"
            InResponseTo="{asked}"/>
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore="{begin}" NotOnOrAfter="{end}">
      <saml:AudienceRestriction><saml:Audience>{sp}/metadata/</saml:Audience></saml:AudienceRestriction>
    </saml:Conditions>
    <saml:AuthnStatement AuthnInstant="{now}">
      <saml:AuthnContext>
        <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
      </saml:AuthnContext>
    </saml:AuthnStatement>
    <saml:AttributeStatement/>
  </saml:Assertion>
</samlp:Response>
"""
LOGOUT = """
<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
    xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0" ID="_logout"
    IssueInstant="{now}" Destination="{sp}/sls/">
  <saml:Issuer>{entity}</saml:Issuer>
  <saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">u1</saml:NameID>
</samlp:LogoutRequest>
"""


class IdentityProvider:
    """Answers sign-ins as a provider does; what it answers can be changed before it signs."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def answer(
        self,
        asked: str,
        sub: str = "u1",
        attributes: Mapping[str, Sequence[str]] | None = None,
        change: Callable[[Any], None] = lambda _: None,
    ) -> Any:
        """An answer to the request ``asked``, not signed yet; ``change`` is done to it."""
        now = datetime.now(UTC)
        text = RESPONSE.format(
            now=instant(now),
            begin=instant(now - timedelta(minutes=5)),
            end=instant(now + timedelta(minutes=5)),
            asked=asked,
            sub=sub,
            sp=SP,
            entity=ENTITY,
        )
        response = etree.fromstring(text.strip().encode())
        statement = one(response, "//saml:AttributeStatement")
        for name, values in (attributes or {}).items():
            attribute = etree.SubElement(statement, f"{{{NAMES['saml']}}}Attribute", Name=name)
            for value in values:
                etree.SubElement(attribute, f"{{{NAMES['saml']}}}AttributeValue").text = value
        if not len(statement):
            statement.getparent().remove(statement)
        change(response)
        return response

    def signed(self, response: Any, algorithm: str | None = None) -> Any:
        """The answer with its assertion signed."""
        from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
        from onelogin.saml2.utils import OneLogin_Saml2_Utils

        made = copy.deepcopy(response)
        assertion = one(made, "//saml:Assertion")
        whole = OneLogin_Saml2_Utils.add_sign(
            etree.tostring(assertion),
            self.key_pem,
            self.certificate_pem,
            sign_algorithm=algorithm or Names.RSA_SHA256,
        )
        made.replace(assertion, etree.fromstring(whole))
        return made

    def signed_message(self, response: Any) -> Any:
        """The answer signed as a whole, its assertion not."""
        from onelogin.saml2.utils import OneLogin_Saml2_Utils

        return etree.fromstring(
            OneLogin_Saml2_Utils.add_sign(
                etree.tostring(response), self.key_pem, self.certificate_pem
            )
        )

    def logout(self, *, is_signed: bool) -> str:
        """The query that signs ``u1`` out."""
        import xmlsec
        from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
        from onelogin.saml2.utils import OneLogin_Saml2_Utils

        text = LOGOUT.format(now=instant(datetime.now(UTC)), sp=SP, entity=ENTITY).strip()
        packed = zlib.compress(text.encode())[2:-4]
        query = urlencode({"SAMLRequest": base64.b64encode(packed).decode()})
        if not is_signed:
            return query
        query += "&" + urlencode({"SigAlg": Names.RSA_SHA256})
        signature = OneLogin_Saml2_Utils.sign_binary(
            query, self.key_pem, xmlsec.Transform.RSA_SHA256
        )
        return query + "&" + urlencode({"Signature": base64.b64encode(signature).decode()})


def instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def one(tree: Any, path: str) -> Any:
    """The only element at ``path``."""
    [found] = tree.xpath(path, namespaces=NAMES)
    return found


def request_in(address: str) -> str:
    """The id of the request that ``address`` carries to the provider."""
    packed = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    request = etree.fromstring(zlib.decompress(base64.b64decode(packed), -15))
    return str(request.get("ID"))


def encoded(response: Any) -> str:
    return base64.b64encode(etree.tostring(response)).decode()
