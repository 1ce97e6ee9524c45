"""Forty secrets through every kind of channel while everything fails: none of them is written or said anywhere (T26, G17)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from edi.store.dialect import open_database
from tests.channels.as2.rig import Peer, ok
from tests.cli.conftest import edi
from tests.cli.running import workspace

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBqGRvQ3ZqY0iGV1m0o6cUSRkqzLQ1sJ8l2u7o9Yk3mT"
IN = {
    "sftp": "user: acme\npassword: '{0}'\nkey: ${{file:secrets/key}}\npassphrase: '{1}'\nhost_key: " + KEY + "\nfolder: in-{n}\n",
    "email": "protocol: imap\nuser: edi-{n}\npassword: '{0}'\ntls: none\nsmime: {{certificate: us.pem, key: '${{file:secrets/us.key}}', passphrase: '{1}', theirs: [us.pem]}}\n",
    "http": "url: 'http://127.0.0.1:{port}/items/{n}'\nitem_url: 'http://127.0.0.1:{port}/items/{{id}}'\nauth: {auth}\n",
}
AUTH = (
    "{{bearer: '{0}'}}",
    "{{basic: {{user: edi, password: '{0}'}}}}",
    "{{hmac: {{secret: '{0}', header: X-Signature, timestamp_header: X-Timestamp}}}}",
    "{{oauth2: {{token_url: 'http://127.0.0.1:{port}/token', client_id: edi, client_secret: '{0}'}}}}",
)
FORTY = 40


class Secrets:
    """Unique values; files hold references to them only."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def new(self) -> str:
        name = f"CANARY_{len(self.values)}"
        self.values[name] = f"canary-{len(self.values):02}-9f3b7e"
        return f"${{env:{name}}}"


def channel_files(secrets: Secrets, port: int) -> dict[str, str]:
    files = {}
    for number in range(5):
        for kind, text in IN.items():
            head = f"channel: {kind}-{number}\nkind: {kind}\ndirection: in\nschedule: {{every: 1h}}\n"
            if kind == "http":
                continue
            place = "host: 127.0.0.1\nport: '9'\ntimeout: 2s\n"  # nobody listens
            files[f"channels/{kind}-{number}.yaml"] = head + place + text.format(secrets.new(), secrets.new(), n=number)
        for position, auth in enumerate(AUTH):
            name = f"http-{number}-{position}"
            head = f"channel: {name}\nkind: http\ndirection: in\nschedule: {{every: 1h}}\ntimeout: 2s\n"
            made = auth.format(secrets.new(), port=port)
            files[f"channels/{name}.yaml"] = head + IN["http"].format(n=f"{number}{position}", port=port, auth=made)
    return files


def test_t26_none_of_forty_secrets_is_written_or_said_while_everything_fails(tmp_path: Path) -> None:
    """T26: what each command says, the store with its audit trail, alerts, logs, and what stands in the process list."""
    secrets, folder = Secrets(), tmp_path / "w"
    peer = Peer([lambda _heard: ok(b"no", status="401 Unauthorized")])
    workspace(folder, channel_files(secrets, peer.port))
    for name in ("us.pem", "secrets/us.key", "secrets/key"):
        (folder / name).write_text("no key and no certificate\n")
        (folder / name).chmod(0o600)
    said = []
    for words in (
        ["check"],
        ["run", "--once", "--as-root"],
        ["status"],
        ["alerts", "list", "--json"],
        ["audit", "show", "--json"],
    ):
        called = edi(*words, folder=folder, **secrets.values)
        assert words != ["check"] or called.code == 0, called.out
        said.append(called.out + called.err)
    for name in ("sftp-0", "email-0", "http-0-3"):
        called = edi("channel", "test", name, folder=folder, **secrets.values)
        assert called.code != 0
        said.append(called.out + called.err)
    peer.close()
    written = {str(place): place.read_bytes() for place in folder.rglob("*") if place.is_file()}
    database = next((folder / "var").glob("*.db"), None)
    if database is not None:
        engine = open_database(f"sqlite:///{database}")
        with engine.connect() as connection:
            written["dump"] = "\n".join(connection.connection.driver_connection.iterdump()).encode()  # type: ignore[union-attr]
        engine.dispose()
    processes = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, check=False).stdout.decode(errors="replace")

    assert len(secrets.values) >= FORTY
    assert "answered 401" in said[1], "it did fail"
    leaks = [value for value in secrets.values.values() if any(value in text for text in (*said, processes))]
    leaks += [place for place, data in written.items() if any(value.encode() in data for value in secrets.values.values())]
    assert [] == leaks
