"""A hundred thousand files in one folder (F-S13): looked at, read and put away in bounded memory, on a server and on a disk."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edi.channels import directory
from edi.engine.ports import Inbound
from edi.limits import MIB
from tests.channels.sftp_rig import SftpRig
from tests.servers.process import account

COUNT = 100_000

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]


@contextmanager
def peak_below(bytes_max: int) -> Iterator[None]:
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < bytes_max, f"{peak / MIB:.0f} MiB"


def filled(folder: Path, *suffixes: str) -> None:
    for number in range(COUNT):
        for suffix in suffixes:
            (folder / f"order-{number:06d}.edi{suffix}").write_bytes(b"%06d" % number)
    account().own(folder)


def taken(inbound: Inbound) -> int:
    """Every file read, and put away once it is kept."""
    count = 0
    for offer in inbound.offers():
        data = inbound.fetch(offer)
        inbound.confirm(replace(offer, kept=hashlib.sha256(data).hexdigest()))
        count += data == offer.filename[6:12].encode()
    return count


def on_disk(folder: Path, **keys: object) -> Inbound:
    return directory.inbound("in", directory.Settings.model_validate({"folder": str(folder)} | keys), lambda reference: "", folder=folder)


def test_on_a_disk(tmp_path: Path) -> None:
    filled(tmp_path, "")
    with peak_below(64 * MIB):
        assert taken(on_disk(tmp_path)) == COUNT
    assert list(tmp_path.iterdir()) == []


def test_on_a_disk_with_markers(tmp_path: Path) -> None:
    filled(tmp_path, "", ".ok")
    with peak_below(64 * MIB):
        assert taken(on_disk(tmp_path, pattern="*.edi", ready={"marker": "{name}.ok"})) == COUNT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.server
def test_on_a_server(sftp_rig: SftpRig) -> None:
    filled(sftp_rig.folder, "")
    moments = iter(range(0, 1_000_000_000, 100))
    inbound = sftp_rig.inbound(ready={"stable": "10s"}, monotonic=lambda: float(next(moments)))
    with peak_below(64 * MIB):
        assert taken(inbound) == COUNT
    assert list(sftp_rig.folder.iterdir()) == []


@pytest.mark.server
def test_on_a_server_with_markers(sftp_rig: SftpRig) -> None:
    filled(sftp_rig.folder, "", ".ok")
    with peak_below(64 * MIB):
        assert taken(sftp_rig.inbound(pattern="*.edi", ready={"marker": "{name}.ok"})) == COUNT
    assert list(sftp_rig.folder.iterdir()) == []
