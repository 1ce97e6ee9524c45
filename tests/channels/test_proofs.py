"""How we prove who we are to real servers: tokens at an IMAP server, keys of an ssh-agent, a password by reference."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edi.channels import email, sftp
from edi.channels.email.receiving import EmailInbound
from edi.channels.sftp.ssh import Connection
from edi.errors import ChannelError, TemporaryChannelError
from tests.channels.sftp_rig import SftpRig
from tests.channels.test_email_mailbox import mail
from tests.servers.dovecot import Dovecot, access_token
from tests.servers.openssh import PACKAGES, make_key, sshd_path
from tests.servers.packages import program

pytestmark = [pytest.mark.server, pytest.mark.storeless]


def with_token(server: Dovecot, user: str, folder: Path, token: str) -> EmailInbound:
    command = folder / "token"
    command.write_text(f"#!/bin/sh\nprintf '%s\\n' {token}\n")
    command.chmod(0o700)
    keys = {
        "host": "localhost",
        "port": server.imap,
        "tls": "starttls",
        "ca": str(server.ca),
        "user": user,
        "token_command": [str(command)],
    }
    return email.inbound("acme-mail", email.Settings.model_validate(keys | {"timeout": "10s"}), lambda reference: "", folder=folder)


def test_a_token_opens_the_mailbox_of_a_real_server(mail_server: Dovecot, tmp_path: Path) -> None:
    user = mail_server.new_user()
    mail_server.drop(user, mail(("a.edi", b"UNB")))
    end = with_token(mail_server, user, tmp_path, access_token(user))

    assert [end.fetch(offer) for offer in end.offers()] == [b"UNB"]
    end.close()


def test_a_token_of_somebody_else_or_whose_time_is_over_is_for_people_and_shown_nowhere(mail_server: Dovecot, tmp_path: Path) -> None:
    user = mail_server.new_user()
    for token in (access_token(user, lasts_seconds=-30), access_token("another"), "an-old-token"):
        with pytest.raises(ChannelError, match=rf"refused user '{user}'.*\n.*token command") as caught:
            list(with_token(mail_server, user, tmp_path, token).offers())

        assert not isinstance(caught.value, TemporaryChannelError)
        assert token not in str(caught.value)
        assert base64.b64encode(token.encode()).decode() not in str(caught.value)


@contextmanager
def ssh_agent(folder: Path, *keys: Path) -> Iterator[None]:
    """A real agent that holds these keys, for this process."""
    tools = {name: program(name, PACKAGES, (f"usr/bin/{name}",)) for name in ("ssh-agent", "ssh-add")}
    socket = str(Path(tempfile.mkdtemp()) / "agent")  # the test folder has a longer path than a socket may have
    with (
        subprocess.Popen([tools["ssh-agent"], "-D", "-a", socket], stdout=subprocess.PIPE) as agent,
        pytest.MonkeyPatch.context() as patched,
    ):
        assert agent.stdout is not None
        agent.stdout.readline()
        patched.setenv("SSH_AUTH_SOCK", socket)
        try:
            for key in keys:
                subprocess.run([tools["ssh-add"], "-q", key], check=True, capture_output=True, cwd=folder)
            yield
        finally:
            agent.terminate()
            agent.wait(10)
            shutil.rmtree(Path(socket).parent)


def log_in(rig: SftpRig, **keys: object) -> None:
    settings = rig.settings(key=None, **keys)
    connection: Connection = sftp.connection("acme-in", settings, lambda reference: os.environ[reference[6:-1]])
    try:
        connection.session()
    finally:
        connection.close()


def test_a_running_agent_logs_in_and_its_other_keys_do_no_harm(sftp_rig: SftpRig, tmp_path: Path) -> None:
    make_key(tmp_path / "another", sshd_path())
    with ssh_agent(tmp_path, tmp_path / "another", sftp_rig.server.private_key_path):
        log_in(sftp_rig, agent=True)


def test_an_agent_whose_keys_are_all_refused_or_that_has_none_says_so(sftp_rig: SftpRig, tmp_path: Path) -> None:
    make_key(tmp_path / "another", sshd_path())
    with (
        ssh_agent(tmp_path, tmp_path / "another"),
        pytest.raises(ChannelError, match=r"refused user '\w+' with a key of the agent\n.*the agent's keys"),
    ):
        log_in(sftp_rig, agent=True)
    with ssh_agent(tmp_path), pytest.raises(ChannelError, match=r"the ssh-agent has no key for us\n.*SSH_AUTH_SOCK"):
        log_in(sftp_rig, agent=True)


def test_a_password_by_reference_is_shown_to_the_server_and_to_nobody_else(sftp_rig: SftpRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_PASSWORD", "s3cret-of-acme")
    with pytest.raises(ChannelError, match=r"refused user '\w+' with the password\n.*`password`") as caught:
        log_in(sftp_rig, password="${env:ACME_PASSWORD}")

    assert "s3cret-of-acme" not in str(caught.value)
