"""A small OpenID Connect provider on loopback, as a process of its own: signs anybody in, or misbehaves as told.

    python -m tests.web.provider        prints its address, answers until it is ended

The person, and what is wrong with the token, come with the authorization request: `login_hint=erika@x.example fault=nonce`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

CLIENT, SECRET = "edi-ops", "a secret of the client"


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider(BaseHTTPRequestHandler):
    """Endpoints; `codes` waits for the token endpoint."""

    codes: ClassVar[dict[str, dict[str, str]]] = {}
    key: Any = None
    other: Any = None

    def log_message(self, *_: object) -> None:
        pass

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, value: object, status: int = 200, **headers: str) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, said in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, said)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            self.answer({"issuer": self.issuer, **{name: self.issuer + path for name, path in names.items()}})
        elif parts.path == "/keys":
            numbers = self.key.public_key().public_numbers()
            e, n = (value.to_bytes((value.bit_length() + 7) // 8, "big") for value in (numbers.e, numbers.n))
            self.answer({"keys": [{"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "e": text(e), "n": text(n)}]})
        elif parts.path == "/authorize":
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            self.answer({}, 302, Location=f"{query['redirect_uri']}?code={code}&state={query['state']}")
        else:
            self.answer({}, 404)

    def do_POST(self) -> None:
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        begun = self.codes.pop(form.get("code", ""), None)
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = text(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if begun is None or self.headers.get("Authorization") != expected or begun["code_challenge"] != challenge:
            self.answer({"error": "invalid_grant"}, 400)
            return
        self.answer({"access_token": "x", "token_type": "Bearer", "id_token": self.token(begun)})

    def token(self, begun: dict[str, str]) -> str:
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        now, fault = int(time.time()), begun.get("fault", "")
        said: dict[str, object] = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": begun["nonce"]}
        said |= {"email": begun.get("login_hint", ""), "email_verified": True}
        said |= {
            "issuer": {"iss": "http://evil.example"}, "audience": {"aud": "another"}, "time": {"exp": now - 3600}, "nonce": {"nonce": "x"},
            "unverified": {"email_verified": False}, "many": {"aud": [CLIENT, "another"]}, "future": {"iat": now + 3600}, "timeless": {"exp": "soon"},
        }.get(fault, {})  # fmt: skip
        header = {"alg": {"none": "none", "hmac": "HS256"}.get(fault, "RS256"), "kid": "k2" if fault == "key" else "k1"}
        signed = f"{text(json.dumps(header).encode())}.{text(json.dumps(said).encode())}"
        key = self.other if fault == "signature" else self.key
        signature = b"" if fault == "none" else key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        return f"{signed}.{text(signature)}"


def main() -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    Provider.key, Provider.other = generate_private_key(65537, 2048), generate_private_key(65537, 2048)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


@contextmanager
def provider() -> Iterator[str]:
    """Its address, while it runs."""
    process = subprocess.Popen([sys.executable, "-m", "tests.web.provider"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


if __name__ == "__main__":
    main()
