"""What an operator reads when a channel is set up wrongly: where, what, and what to do; one message, no traceback, no secret."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.channels.reasons import unreachable
from edi.cli.app import app
from edi.errors import TemporaryChannelError
from tests.channels.sftp_rig import SftpRig
from tests.servers.dovecot import Dovecot
from tests.servers.process import free_port
from tests.servers.smtp import scripted

SECRET = "S3cret-of-acme"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "partners/us.yaml": "partner: us\nname: Us\nstatus: live\nids: [{gln: '4012345500004'}]\n",
        "routes.yaml": "us: us\nroutes: []\n",
        "secrets/one": SECRET,
        "f.edi": "UNB+UNOC:3+A+B+261122:0914+1'UNZ+0+1'",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "channels").mkdir()
    return tmp_path


def said(folder: Path, channel: dict[str, object], *words: str) -> str:
    """What a command prints about a channel that does not work."""
    values = {"channel": "c", "kind": "sftp", "direction": "in", "timeout": "3s"} | channel
    (folder / "channels/c.yaml").write_text("".join(f"{key}: {value}\n" for key, value in values.items()))
    result = CliRunner().invoke(app, ["--workspace", str(folder), *words])
    output = result.output + (str(result.exception) if result.exception else "")
    assert result.exit_code in {1, 2}, output
    assert "Traceback" not in output
    assert SECRET not in output
    return output


@pytest.mark.server
@pytest.mark.parametrize("verb", [("channel", "test", "c"), ("poll", "c")])
def test_a_secret_that_is_no_key_is_one_sentence_and_not_shown(folder: Path, sftp_rig: SftpRig, verb: tuple[str, ...]) -> None:
    rig = sftp_rig.server
    channel = {"host": "127.0.0.1", "port": rig.port, "user": rig.user, "key": "${file:secrets/one}", "host_key": rig.host_key}

    assert "c: the secret behind `key` is no private key we can read" in said(folder, channel, *verb)


@pytest.mark.server
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"port": free_port()}, "connecting to 127.0.0.1:PORT failed: Connection refused\n  hint: check `host` and `port`"),
        ({"host": "no-such-host.invalid"}, "connecting to no-such-host.invalid:PORT failed: "),
        ({"password": "${file:secrets/one}"}, "refused user 'USER' with the password\n  hint: check `user` and `password`"),
        ({"agent": "true"}, "the ssh-agent has no key for us"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_with_what_to_check(
    folder: Path, sftp_rig: SftpRig, changed: dict[str, object], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    rig = sftp_rig.server
    proof = {} if {"password", "agent"} & set(changed) else {"password": "${file:secrets/one}"}
    channel = {"host": "127.0.0.1", "port": rig.port, "user": rig.user, "host_key": rig.host_key} | proof | changed
    told = expected.replace("PORT", str(channel["port"])).replace("USER", rig.user)

    assert told in said(folder, channel, "channel", "test", "c")


@pytest.mark.server
def test_a_mailbox_that_refuses_us_says_whom_and_what_to_check(folder: Path, mail_server: Dovecot) -> None:
    mailbox = {"kind": "email", "host": "127.0.0.1", "tls": "none", "user": mail_server.new_user(), "password": "${file:secrets/one}"}

    refused = said(folder, mailbox | {"port": mail_server.imap, "timeout": "15s"}, "poll", "c")
    closed = said(folder, mailbox | {"port": free_port()}, "poll", "c")
    no_tls = said(folder, mailbox | {"port": mail_server.imap, "tls": "implicit"}, "channel", "test", "c")

    assert f"127.0.0.1:{mail_server.imap} refused user '{mailbox['user']}'" in refused
    assert "[b'" not in refused
    assert "nothing listens there\n  hint: check host and port" in closed
    assert "it does not speak TLS on this port" in no_tls


def test_a_mail_server_that_refuses_a_recipient_is_quoted(folder: Path) -> None:
    with scripted(replies={"RCPT": "550 5.1.1 no such user"}) as server:
        channel = {"kind": "email", "direction": "out", "protocol": "smtp", "host": "127.0.0.1", "port": server.port, "tls": "none"}
        channel |= {"sender": "a@us.example", "to": "[b@x.example]"}

        told = said(folder, channel, "send", str(folder / "f.edi"), "--channel", "c")

    assert f"127.0.0.1:{server.port} answered 550 to the recipient b@x.example: 5.1.1 no such user" in told


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            ssl.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)"),
            "c: the certificate of x:1 was refused: certificate has expired\n  hint: ask the server's operator for a new one",
        ),
        (
            ssl.SSLError("certificate verify failed: Hostname mismatch, certificate is not valid for 'x'. (_ssl.c:1006)"),
            (
                "c: the certificate of x:1 was refused: Hostname mismatch, certificate is not valid for 'x'\n"
                "  hint: check `host`, or ask for a certificate of that name"
            ),
        ),
        (
            ssl.SSLError("certificate verify failed: self-signed certificate (_ssl.c:1006)"),
            "c: the certificate of x:1 was refused: self-signed certificate\n  hint: `ca` names the file with the certificates you trust",
        ),
    ],
)
def test_a_certificate_that_was_refused_is_for_people_and_says_why(error: Exception, text: str) -> None:
    assert str(unreachable("c", "x:1", error)) == text
    assert not isinstance(unreachable("c", "x:1", error), TemporaryChannelError)


def test_what_nobody_foresaw_is_said_without_its_number() -> None:
    assert str(unreachable("c", "x:1", OSError(71, "Protocol error"))) == "c: no connection to x:1: Protocol error"
