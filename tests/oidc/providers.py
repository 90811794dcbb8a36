"""Providers that the tests sign in with: a real one in a process of its own, and a forger."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import html

HERE = Path(__file__).resolve().parent
CLIENT_ID = "open-secure-score"
CLIENT_SECRET = "only-for-the-tests-of-this-repository"
CALLBACK = "/sign-in/oidc/sso/callback/"


class RealProvider:
    """npm's oidc-provider on loopback; what it knows of people is told by :meth:`describe`."""

    def __init__(self, *hosts: str) -> None:
        node = shutil.which("node")
        if node is None or not (HERE / "node_modules" / "oidc-provider").is_dir():
            pytest.fail(
                "the OpenID provider of the tests is not installed: run 'make test-provider'"
            )
        redirects = [f"{host}{CALLBACK}" for host in hosts]
        self.process = subprocess.Popen(
            [node, str(HERE / "provider.mjs"), CLIENT_ID, CLIENT_SECRET, *redirects],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.issuer = self.process.stdout.readline().strip()
        assert self.issuer.startswith("http://127.0.0.1:"), "the provider did not start"

    def describe(self, sub: str, **claims: Any) -> None:
        """What the provider says of ``sub`` from now on."""
        requests.put(f"{self.issuer}/test/accounts/{sub}", json=claims, timeout=10)

    def stop(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait(timeout=10)

    def sign_in(self, address: str, sub: str) -> str:
        """Sign in there as a browser would, by its forms; where it sends one back to."""
        with requests.Session() as browser:
            answer = browser.get(address, allow_redirects=False, timeout=10)
            for _ in range(12):
                target = answer.headers.get("Location", "")
                if target and CALLBACK in target:
                    return target
                if target:
                    answer = browser.get(
                        urljoin(answer.url, target), allow_redirects=False, timeout=10
                    )
                    continue
                form = html.fromstring(answer.text).forms[0]
                values = {k: v for k, v in form.form_values() if v}
                if "login" in form.inputs:
                    values |= {"login": sub, "password": "any"}
                answer = browser.post(
                    urljoin(answer.url, form.action), values, allow_redirects=False, timeout=10
                )
        msg = "the provider sends nobody back"
        raise AssertionError(msg)


class Forger:
    """A provider that signs whatever a test asks it to: ``forge(claims, header)`` changes both."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signing_key: Any = self.key
        self.algorithm = "RS256"
        self.forge: Callable[[dict[str, Any]], object] = dict
        self.description: dict[str, Any] = {}
        self.about: dict[str, Any] = {"sub": "ana"}
        self.nonce = ""
        forger = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(forger.get(urlsplit(self.path).path))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer({"access_token": "x", "id_token": forger.token()})

            def answer(self, value: object) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def get(self, path: str) -> object:
        if path == "/jwks":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}
        if path == "/about":
            return self.about
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/about",
            **self.description,
        }

    def token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "ana",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "groups": ["staff"],
        }
        self.forge(claims)
        return jwt.encode(claims, self.signing_key, self.algorithm, headers={"kid": "one"})

    def sign_in(self, address: str) -> str:
        """Where an answer would send the browser; notes the nonce that was asked for."""
        asked = parse_qs(urlsplit(address).query)
        self.nonce = asked["nonce"][0]
        return f"{asked['redirect_uri'][0]}?code=x&state={asked['state'][0]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
