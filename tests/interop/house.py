"""Our side of the interoperability tests: one workspace with a channel per case, a real clock, and keys made at test time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from edi.channels import kinds
from edi.cli.assembly import WorkspaceChannels
from edi.engine.clock import SystemClock
from edi.engine.engine import Engine
from edi.engine.operator import Act
from edi.engine.submit import submit
from edi.formats.cms import Identity
from edi.slices import Slice
from edi.store import tables
from edi.store.store import Store
from edi.web import server
from edi.workspace.loader import load
from tests.engine.house import FILES, PlainTranslator
from tests.interop.cases import Case

PATIENCE_SECONDS = 15.0
"""A peer written in Java looks at its folders once a second and takes its time with large files."""


def identity(name: str, kind: str = "rsa2048") -> Identity:
    """A key and a certificate signed by itself: `rsa2048`, `rsa4096`, `p256`; a `next` one is the newer of two."""
    return _identity(name, kind)


@cache
def _identity(name: str, kind: str) -> Identity:
    curves: Mapping[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}
    key = ec.generate_private_key(curves[kind]) if kind in curves else rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) + timedelta(days=-1 if "next" in name else -30)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=365))
    if name == "tls":
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    return Identity.load(certificate.public_bytes(serialization.Encoding.PEM), key_pem(key))


def key_pem(key: Any) -> bytes:
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem


class Peer(Protocol):
    """Another product, as our channels need to know it."""

    def url(self, case: Case) -> str:
        """Where it receives."""

    def place(self, text: str) -> str:
        """The text with ports in place of their names."""


class InteropHouse:
    """A workspace with one AS2 channel per case, served and sending."""

    def __init__(self, folder: Path, cases: tuple[Case, ...], peer: Peer, port: int, *, tls: bool = False) -> None:
        self.folder = folder
        web = ", tls: {certificate: certificates/tls.pem, key: '${file:secrets/tls.key}'}" if tls else ""
        files = {**FILES, "web.yaml": f"as2: {{listen: '127.0.0.1:{port}'{web}}}\n"}
        files["certificates/tls.pem"] = identity("tls").certificate.pem().decode()
        files["secrets/tls.key"] = key_pem(identity("tls").key).decode()
        for case in cases:
            files[f"channels/{case.key}.yaml"] = peer.place(self._channel(case, peer.url(case)))
            for name in (*case.ours, *case.theirs):
                found = identity(name, case.key_kinds.get(name, "rsa2048"))
                files[f"certificates/{name}.pem"] = found.certificate.pem().decode()
                files[f"secrets/{name}.key"] = key_pem(found.key).decode()
        for name, text in files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text.replace("CONTRL}", "never}"))
            place.chmod(0o600)
        for name in ("erp/in", "erp/out", "acme/in", "acme/out"):
            (folder / "data" / name).mkdir(parents=True, exist_ok=True)
        workspace = load(folder, kinds={name: kinds()[name].Settings for name in ("as2", "directory")})
        channels = WorkspaceChannels(workspace)
        self.engine = Engine(Store(folder / "store"), workspace, channels, SystemClock(), PlainTranslator(), random=lambda: 0.5)
        self.engine.start()

    def _channel(self, case: Case, url: str) -> str:
        values: dict[str, Any] = {
            "channel": case.key,
            "kind": "as2",
            "direction": "both",
            "partner": "acme",
            "us": case.us,
            "them": case.them,
            "url": url,
            "ours": [{"certificate": f"certificates/{name}.pem", "key": f"${{file:secrets/{name}.key}}"} for name in case.ours],
            "theirs": [f"certificates/{name}.pem" for name in case.theirs],
            "timeout": "120s",
            "i_accept_risk": dict.fromkeys(case.risks, "a test on loopback"),
            **case.channel,
        }
        return "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items() if value != {})

    @contextmanager
    def serving(self) -> Iterator[None]:
        with server.serving(self.engine.context):
            yield

    def send(self, case: Case, awaiting: Callable[[], object] = lambda: None) -> tuple[str, str]:
        """State and reason of what was handed over, after its receipt or its refusal; `awaiting` makes the peer send one by itself."""
        act = Act(who="test")
        name = submit(
            self.engine.context, case.key, filename=case.filename, payload=Slice.of(case.payload), content_type=case.content_type, act=act
        ).outbound
        self.engine.deliver(case.key)
        row = self.row(name)
        if row.state == "awaiting":
            awaiting()
        until = time.monotonic() + PATIENCE_SECONDS
        while row.state == "awaiting" and time.monotonic() < until:
            time.sleep(0.05)
            row = self.row(name)
        return row.state, row.reason or ""

    def row(self, name: str) -> Any:
        with self.engine.context.store.reading() as view:
            return view.connection.execute(select(tables.outbound).where(tables.outbound.c.id == int(name[1:]))).one()

    def received(self, case: Case) -> list[Any]:
        """Rows of what came through the case's channel."""
        with self.engine.context.store.reading() as view:
            found = select(tables.transmission).where(tables.transmission.c.channel == case.key).order_by(tables.transmission.c.id)
            return list(view.connection.execute(found))

    def payload(self, row: Any) -> bytes:
        with self.engine.context.store.reading() as view:
            return view.payload(row.payload_sha256)

    def envelope(self, row: Any) -> bytes:
        with self.engine.context.store.reading() as view:
            return view.payload(row.envelope_sha256)

    def refusals(self, case: Case) -> list[dict[str, Any]]:
        """Details of what was refused through the case's channel."""
        event = tables.audit_event
        with self.engine.context.store.reading() as view:
            rows = view.connection.execute(select(event).where(event.c.subject == case.key, event.c.event == "as2_refused"))
            return [json.loads(row.detail) for row in rows]

    def close(self) -> None:
        self.engine.close()


def wait_for(found: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """What `found` gives once it gives something; its last answer if it never does."""
    until = time.monotonic() + seconds
    while not (answer := found()) and time.monotonic() < until:
        time.sleep(0.05)
    return answer
