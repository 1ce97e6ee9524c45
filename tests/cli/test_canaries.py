"""T26: forty secrets that exist nowhere else, every channel kind failing with them, and none of them in anything that is written.

One server throws back whatever it was sent, as a hostile or a badly made one may; the others are not there at all.
"""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from edi.store.store import Store
from edi.store.tables import payload
from tests.cli.conftest import edi
from tests.cli.running import started, workspace
from tests.cli.test_running_daemon import ORDER, ROOT
from tests.servers.process import free_port

pytestmark = pytest.mark.sqlite

CANARIES = {f"CANARY_{number}": f"canary{secrets.token_hex(8)}" for number in range(40)}
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGL2nNGwbCVU/2ulOMbrk8E2+H9kQ9bZ1ZHLyWnNLcvM"
AUTH = {
    "basic": "auth: {{basic: {{user: us, password: '{secret}'}}}}",
    "bearer": "auth: {{bearer: '{secret}'}}",
    "hmac": "auth: {{hmac: {{secret: '{secret}'}}}}",
    "oauth2": "auth: {{oauth2: {{token_url: '{url}/token', client_id: us, client_secret: '{secret}'}}}}",
}


class Echo(BaseHTTPRequestHandler):
    """Answers everything with what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = str(self.headers).encode() + body
        self.send_response(400)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_PUT = do_POST  # noqa: N815 -- the name http.server calls

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def echoing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def files(echo: str, port: int) -> tuple[dict[str, str], list[str]]:
    """A workspace whose every secret is a canary, and its sending channels."""
    numbers = count()
    made: dict[str, str] = {}
    sending: list[str] = []

    def secret() -> str:
        return f"${{env:CANARY_{next(numbers)}}}"

    def channel(name: str, kind: str, direction: str, text: str) -> None:
        made[f"channels/{name}.yaml"] = f"channel: {name}\nkind: {kind}\ndirection: {direction}\n{text}\n"
        sending.extend([name] if direction == "out" else [])

    for way, auth in AUTH.items():
        for at, url in enumerate((echo, "http://127.0.0.1:9", echo, echo, "http://127.0.0.1:9", echo)):
            direction = "in" if at == 5 else "out"
            more = f"\nitem_url: {url}/items/{{id}}" if direction == "in" else ""
            channel(f"{way}{at}", "http", direction, f"url: {url}/{way}{at}\n{auth.format(secret=secret(), url=url)}{more}")
    for at in range(5):
        account = f"host: 127.0.0.1\nport: 9\nuser: us\npassword: '{secret()}'\nhost_key: {HOST_KEY}\nfolder: f{at}"
        channel(f"sftp{at}", "sftp", "out" if at else "in", account)
    for at in range(3):
        mail = f"sender: us@muster.example\nto: [them{at}@muster.example]\nuser: us\ntls: none"
        channel(f"smtp{at}", "email", "out", f"protocol: smtp\nhost: 127.0.0.1\nport: 9\n{mail}\npassword: '{secret()}'")
    for at in range(3):
        channel(
            f"imap{at}",
            "email",
            "in",
            f"protocol: imap\nhost: 127.0.0.1\nport: 9\nmailbox: m{at}\nuser: us\ntls: none\npassword: '{secret()}'",
        )
    hooks = ", ".join(f"{{name: hook{at}, url: '{echo}/hook', secret: '{secret()}'}}" for at in range(2))
    made["notices.yaml"] = f"mail: {{channel: smtp0}}\nalerts: {{to: [edi@muster.example], webhooks: [{hooks}]}}\n"
    hooks = ", ".join(f"{{name: tell{at}, url: '{echo}/tell', secret: '{secret()}'}}" for at in range(2))
    ops = f"ops: {{listen: '127.0.0.1:{free_port()}', url: 'http://127.0.0.1:1/ops', users: [erika], proxy_secret: '{secret()}'}}"
    health = f"health: {{listen: '127.0.0.1:{port}'}}"
    made["web.yaml"] = f"{health}\napi: {{listen: '127.0.0.1:{free_port()}', webhooks: [{hooks}]}}\n{ops}\n"
    assert next(numbers) == len(CANARIES)
    targets = ", ".join(f"{{write: erp-order, channel: {name}}}" for name in sending)
    made["routes.yaml"] = (ROOT / "routes.yaml").read_text().replace("[{write: erp-order, channel: erp-out}]", f"[{targets}]")
    return made, sending


def test_t26_g17_of_forty_secrets_none_is_written_anywhere(tmp_path: Path) -> None:
    with echoing() as echo:
        port = free_port()
        made, sending = files(echo, port)
        folder, said = tmp_path / "w", []
        workspace(folder, made)
        with started(folder, port, "/ready", "run", "--as-root", **CANARIES) as daemon:
            (folder / "data/acme/inbox/a.edi").write_bytes(ORDER)
            (folder / "data/acme/inbox/b.edi").write_bytes(b"nothing anybody can read")
            look = ("transmissions", "--out", "--json")
            daemon.until(lambda: tried(edi(*look, folder=folder).json) >= set(sending), "a try on every channel")
            said.append(Path(f"/proc/{daemon.process.pid}/cmdline").read_bytes())
            said += [daemon.ask(path).content for path in ("/metrics", "/ready")]
            for words in COMMANDS:
                called = edi(*words.split(), folder=folder, **CANARIES)
                said.append((called.out + called.err).encode())
    found = leaks([*said, *written(folder)])
    assert [] == found, f"of {len(CANARIES)} canaries"
    assert leaks([CANARIES["CANARY_7"].encode()]), "where there is one, it is found"


def tried(lines: Sequence[dict[str, object]]) -> set[object]:
    return {one["channel"] for one in lines if one["attempts"]}


COMMANDS = (
    "check", "status", "alerts test", "failures", "top --once", "trace 4711 --events", "show O1", "transmissions --out", "audit show T1",
    "channel list", "channel test basic0", "channel test oauth20", "channel test sftp1", "channel test smtp1", "channel test imap1",
)  # fmt: skip
"""What shows something, and what tries a channel and fails."""


def written(folder: Path) -> Iterator[bytes]:
    """Every file below, and what the store keeps compressed."""
    yield from (one.read_bytes() for one in folder.rglob("*") if one.is_file())
    store = Store(folder / "var")
    with store.reading() as view:
        for digest in view.connection.execute(select(payload.c.sha256)).scalars().all():
            yield view.payload(digest)
    store.close()


def leaks(texts: Sequence[bytes]) -> list[tuple[str, bytes]]:
    """Which canary stands where, plain or as HTTP Basic writes it."""
    found = []
    for name, value in CANARIES.items():
        forms = (value.encode(), base64.b64encode(f"us:{value}".encode()).rstrip(b"="))
        found += [(name, text[max(0, text.find(form) - 60) : text.find(form)]) for form in forms for text in texts if form in text]
    return found
