"""A house that speaks AS2 with a partner made of raw sockets: it says what a script says and writes down what it hears."""

from __future__ import annotations

import re
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from sqlalchemy import select

from edi.channels import kinds
from edi.channels.as2.agreement import Agreement, Receipt
from edi.channels.as2.building import Outgoing, build
from edi.channels.as2.mdn import Mdn, Notice, write_mdn
from edi.channels.as2.opening import Payload, open_message
from edi.channels.as2.receipt import read_request
from edi.cli.assembly import WorkspaceChannels
from edi.engine.engine import Engine
from edi.formats.cms import Identity
from edi.formats.mime import Headers
from edi.formats.mime.headers import read_headers
from edi.slices import Slice
from edi.store import receipts, tables
from edi.store.store import Store
from edi.web import server
from edi.workspace.loader import load
from tests.engine.house import FILES, PlainTranslator, StillClock, order
from tests.formats.cms.conftest import make_identity

US, THEM = "MUSTER", "ACME AG"

IN = """\
channel: acme-in
kind: as2
direction: in
partner: acme
us: MUSTER
them: ACME AG
ours: [{{certificate: us.pem, key: '${{file:secrets/us.key}}'}}]
theirs: [them.pem]
{more}
"""
OUT = """\
channel: acme-out
kind: as2
direction: out
partner: acme
us: MUSTER
them: ACME AG
url: {url}
ours: [{{certificate: us.pem, key: '${{file:secrets/us.key}}'}}]
theirs: [them.pem]
{more}
"""


def pem_key(identity: Identity) -> bytes:
    return identity.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


class As2House:
    """A workspace whose partner Acme is reached and heard by AS2."""

    def __init__(
        self, folder: Path, *, url: str = "http://127.0.0.1:9/as2", inside: str = "", outside: str = "", db: str | None = None
    ) -> None:
        self.folder, self.db = folder, db
        self.clock = StillClock()
        self.us, self.them = make_identity("us"), make_identity("them")
        files = {
            **FILES,
            "channels/acme-in.yaml": IN.format(more=inside),
            "channels/acme-out.yaml": OUT.format(url=url, more=outside),
            "us.pem": self.us.certificate.pem().decode(),
            "them.pem": self.them.certificate.pem().decode(),
            "secrets/us.key": pem_key(self.us).decode(),
            "secrets/them.key": pem_key(self.them).decode(),
            "web.yaml": "as2: {listen: '127.0.0.1:0'}\n",
        }
        for name, text in files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text.replace("CONTRL}", "never}"))
            place.chmod(0o600)
        for name in ("erp/in", "erp/out"):
            (folder / "data" / name).mkdir(parents=True, exist_ok=True)
        self.engine = self.again()

    def again(self) -> Engine:
        workspace = load(self.folder, kinds={name: kinds()[name].Settings for name in ("as2", "directory")})
        store = Store(self.folder / "store", self.db)
        self.engine = Engine(store, workspace, WorkspaceChannels(workspace), self.clock, PlainTranslator(), random=lambda: 0.5)
        self.engine.start()
        return self.engine

    @contextmanager
    def serving(self):
        with server.serving(self.engine.context) as served:
            yield served[0].port

    # -- what the partner has agreed with us ---------------------------------------------------------------------------

    def partner(self, **changes: Any) -> Agreement:
        """The agreement from the partner's side."""
        return replace(Agreement(us=THEM, them=US, ours=(self.them,), theirs=(self.us.certificate,)), **changes)

    def message(self, data: bytes = b"", *, message_id: str = "<m-1@acme>", partner: Agreement | None = None, **document: Any) -> Outgoing:
        """What the partner sends."""
        values = {"content": Slice.of(data or order()), "content_type": "application/edifact", "filename": "order.edi", **document}
        return build(
            [Payload(**values)],
            partner or self.partner(),
            message_id=message_id,
            subject="x",
            at=self.clock.now(),
            random=secrets.token_bytes,
        )

    # -- what became of it ---------------------------------------------------------------------------------------------

    def rows(self, table: Any) -> list[Any]:
        with self.engine.context.store.reading() as view:
            return list(view.connection.execute(select(table).order_by(table.c.id)))

    def rows_of_audit(self) -> list[Any]:
        with self.engine.context.store.reading() as view:
            return list(view.connection.execute(select(tables.audit_event)))

    def received(self) -> list[tuple[str, bytes]]:
        """State and bytes of every inbound transmission."""
        with self.engine.context.store.reading() as view:
            return [(row.state, view.payload(row.payload_sha256)) for row in self.rows(tables.transmission)]

    def receipts(self) -> list[Any]:
        return self.rows(receipts.receipt)

    def sent(self) -> Any:
        """The one outbound row."""
        (row,) = self.rows(tables.outbound)
        return row

    def drop_invoice(self, data: bytes) -> None:
        (self.folder / "data/erp/in/c.json").write_bytes(data)


@dataclass
class Heard:
    """An HTTP message as it came."""

    line: str
    headers: Headers
    body: bytes
    head: bytes = b""

    @property
    def status(self) -> int:
        return int(self.line.split(" ")[1])


def read_http(connection: socket.socket) -> Heard | None:
    """One message with Content-Length or chunks, or until the end; None if nothing came."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    headers = read_headers(fields)
    if line.startswith(b"HTTP/1.1 100"):
        rest = connection
        return read_http(rest) if not body else None
    length = headers.get("content-length")
    body = bytearray(body)  # large ones come in many pieces
    if length:
        while len(body) < int(length):
            piece = connection.recv(65536)
            if not piece:
                return None
            body += piece
    elif line.startswith(b"HTTP"):
        while piece := connection.recv(65536):
            body += piece
    return Heard(line.decode(), headers, bytes(body), head)


def request(
    headers: Sequence[tuple[str, str]], body: bytes | Slice, *, path: str = "/as2", method: str = "POST", version: str = "1.1"
) -> bytes:
    """A request, byte for byte."""
    fields = [("Host", "127.0.0.1"), *headers, ("Content-Length", str(len(body)))]
    lines = [f"{method} {path} HTTP/{version}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode() + bytes(body)


def raw(port: int, data: bytes, *, timeout: float = 20) -> Heard | None:
    """What comes back for some bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.settimeout(timeout)
        connection.sendall(data)
        return read_http(connection)


def post(port: int, message: Outgoing) -> Heard:
    heard = raw(port, request(message.headers, message.body))
    assert heard is not None
    return heard


def ok(body: bytes = b"", headers: Sequence[tuple[str, str]] = (), status: str = "200 OK") -> bytes:
    fields = [*headers, ("Content-Length", str(len(body))), ("Connection", "close")]
    return "\r\n".join([f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields), "", ""]).encode() + body


Script = Callable[[Heard], bytes | None]
"""What is answered; None: the connection is cut."""


@dataclass
class Peer:
    """Listens on a port of its own; each request is answered by the next script, the last one over and over."""

    scripts: list[Script] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/as2"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(20)
                try:
                    one = read_http(connection)
                    if one is None:
                        continue
                    self.heard.append(one)
                    answer = self.scripts.pop(0)(one) if len(self.scripts) > 1 else self.scripts[0](one)
                    if answer:
                        connection.sendall(answer)
                except OSError:
                    continue

    def close(self) -> None:
        if self._listener.fileno() < 0:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def receipt(house: As2House, heard: Heard, *, signed: bool = True, **changes: Any) -> Mdn:
    """The receipt the partner's software writes for what it heard."""
    partner = house.partner()
    wanted = read_request(heard.headers)
    found = open_message(heard.headers, heard.body, partner, at=house.clock.now(), digests=wanted.digests if wanted else ())
    values = {
        "us": THEM,
        "them": US,
        "original_id": heard.headers.get("message-id"),
        "disposition": found.disposition,
        "mic": found.mic,
        "text": found.reason or "received",
        **changes,
    }
    sign_with = values.pop("sign_with", partner)
    return write_mdn(Notice(**values), message_id="<mdn@acme>", at=house.clock.now(), sign_with=sign_with if signed else None)


def with_receipt(house: As2House, **changes: Any) -> Script:
    def script(heard: Heard) -> bytes:
        mdn = receipt(house, heard, **changes)
        return ok(mdn.body, mdn.headers)

    return script


def asynchronous(url: str) -> Receipt:
    return Receipt(asynchronous=url)


def ids(text: str) -> list[str]:
    return re.findall(r"Original-Message-ID: (\S+)", text)
