"""Rigs with real servers."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.channels.sftp_rig import SftpRig
from tests.servers.openssh import OpenSSH
from tests.servers.proxy import proxy


@pytest.fixture
def sftp_rig(sshd: OpenSSH) -> Iterator[SftpRig]:
    """An empty folder on the server, and a proxy to it."""
    with proxy(sshd.port) as between:
        rig = SftpRig(sshd, between, sshd.new_folder(uuid4().hex))
        yield rig
        rig.close()
