"""Row 21: TLS as partners have it, and every failure in one sentence that says whose certificate it is and what to do."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edi.channels.as2.owing import send_owed
from edi.formats.mime import Headers
from edi.web import server as web
from tests.channels.as2.rig import As2House, Heard, asynchronous, receipt
from tests.engine.house import invoice

Make = Callable[..., As2House]
Pem = tuple[bytes, bytes]
"""Certificate and key."""


def pem(
    name: str = "127.0.0.1", *, days: int = 30, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None, ca: bool = False
) -> Pem:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), private


class Server:
    """A partner's server behind TLS."""

    def __init__(self, folder: Path, shown: Pem, *, version: ssl.TLSVersion | None = None, client: bytes | None = None) -> None:
        (folder / "server.pem").write_bytes(b"".join(shown))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if client is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=client.decode())
        outer = self
        self.house: As2House | None = None
        self.heard: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.append(body)
                assert outer.house is not None
                mdn = receipt(outer.house, Heard("POST", Headers(tuple(self.headers.items())), body))
                self.send_response(200)
                for name, value in mdn.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(mdn.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused clients are the point here
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextmanager
def sent_to(house: Make, tmp_path: Path, shown: Pem, ca: bytes, *, more: str = "", **options: object) -> Iterator[tuple[As2House, Server]]:
    server = Server(tmp_path, shown, **options)  # type: ignore[arg-type]
    secret = tmp_path / "house0/secrets/client.pem"
    secret.parent.mkdir(parents=True)
    secret.write_bytes(b"".join(CLIENT))
    secret.chmod(0o600)
    try:
        made = house(url=f"https://127.0.0.1:{server.port}/as2", outside=f"tls: {{ca: ca.pem{more}}}")
        (made.folder / "ca.pem").write_bytes(ca)
        server.house = made
        made.drop_invoice(invoice())
        made.engine.run_once()
        yield made, server
        made.engine.context.channels.close()
    finally:
        server.close()


CLIENT = pem("muster")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_row_21_self_signed_and_pinned(house: Make, tmp_path: Path, version: ssl.TLSVersion) -> None:
    shown = pem()
    with sent_to(house, tmp_path, shown, shown[0], version=version) as (made, server):
        assert (made.sent().state, len(server.heard)) == ("acknowledged", 1)


def test_row_21_a_chain_of_a_trusted_issuer(house: Make, tmp_path: Path) -> None:
    root = pem("issuer", ca=True)
    key = serialization.load_pem_private_key(root[1], None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    with sent_to(house, tmp_path, pem(issuer=(x509.load_pem_x509_certificate(root[0]), key)), root[0]) as (made, _):
        assert made.sent().state == "acknowledged"


REFUSED = [
    (pem(days=-1), True, "has expired"),
    (pem("as2.other.example"), True, "is not for that host name"),
    (pem(), False, "signed by itself and not trusted"),
]


@pytest.mark.parametrize(("shown", "trusted", "words"), REFUSED, ids=["expired", "wrong host", "stranger"])
def test_row_21_f_o02_a_refused_server_gets_nothing_and_the_reason_is_one_sentence(
    house: Make, tmp_path: Path, shown: Pem, trusted: bool, words: str
) -> None:
    with sent_to(house, tmp_path, shown, shown[0] if trusted else pem()[0]) as (made, server):
        assert (made.sent().state, server.heard) == ("retry_wait", [])
        assert words in made.sent().reason
        assert "until 20" in made.sent().reason


def test_row_21_our_client_certificate_is_shown(house: Make, tmp_path: Path) -> None:
    shown = pem()
    with sent_to(house, tmp_path, shown, shown[0], more=", certificate: '${file:secrets/client.pem}'", client=CLIENT[0]) as (made, _):
        assert made.sent().state == "acknowledged"


def test_row_21_without_the_client_certificate_nothing_counts_as_sent(house: Make, tmp_path: Path) -> None:
    shown = pem()
    with sent_to(house, tmp_path, shown, shown[0], client=CLIENT[0]) as (made, server):
        assert made.sent().state in {"retry_wait", "unknown"}
        assert server.heard == []


def test_row_77_an_asynchronous_receipt_over_https(house: Make, tmp_path: Path) -> None:
    shown = pem()
    server = Server(tmp_path, shown)
    try:
        made = house(inside=f"receipt_targets: ['https://127.0.0.1:{server.port}']\ntls: {{ca: ca.pem}}")
        server.house = made
        message = made.message(partner=made.partner(receipt=asynchronous(f"https://127.0.0.1:{server.port}/mdn?for=us")))
        receiver = web.receiver(made.engine.context)
        assert receiver is not None
        assert receiver.answer(Headers(message.headers), message.body).status == 200
        send_owed(made.engine.context)
        assert [row.state for row in made.receipts()] == ["owed"], "nobody trusts that certificate yet"
        (made.folder / "ca.pem").write_bytes(shown[0])
        made.clock.forward(minutes=1)
        send_owed(made.engine.context)
        assert [row.state for row in made.receipts()] == ["sent"]
    finally:
        server.close()


def test_row_21_we_listen_with_tls_ourselves(house: Make) -> None:
    made = house()
    certificate, key = pem()
    (made.folder / "web.pem").write_bytes(certificate)
    (made.folder / "secrets/web.key").write_bytes(key)
    (made.folder / "secrets/web.key").chmod(0o600)
    (made.folder / "web.yaml").write_text("as2: {listen: '127.0.0.1:0', tls: {certificate: web.pem, key: '${file:secrets/web.key}'}}\n")
    message = made.message()
    with made.serving() as port:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, context=ssl.create_default_context(cadata=certificate.decode()), timeout=20
        )
        connection.request("POST", "/as2", bytes(message.body), dict(message.headers))
        answer = connection.getresponse()
        assert (answer.status, b"processed" in answer.read()) == (200, True)
        connection.close()
