"""Files that look alike to the folder (name, size, time) and are not: none is put away unread. Files we do not take stay for good."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from edi.channels.sftp.session import FileRead
from edi.engine import inbound as receiving
from tests.channels.served_house import ServedHouse, sftp_channel
from tests.channels.sftp_rig import SftpRig
from tests.engine.house import House, order
from tests.servers.openssh import OpenSSH
from tests.servers.process import account

MOMENT = (1_700_000_000, 1_700_000_000)
FIRST, SECOND = order("4711", reference="4711"), order("4712", reference="4712")


def put(folder: Path, payload: bytes) -> None:
    """In place, with the same time each time, as programs do that keep the time of what they copy."""
    (folder / "a.edi").write_bytes(payload)
    os.utime(folder / "a.edi", MOMENT)
    account().own(folder / "a.edi")


@pytest.fixture
def remote(sshd: OpenSSH, tmp_path: Path) -> Path:
    return sshd.new_folder(hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12])


def over_sftp(tmp_path: Path, sshd: OpenSSH, remote: Path, **keys: object) -> ServedHouse:
    channel = sftp_channel("acme-in", "in", sshd, remote, **keys)
    return ServedHouse(tmp_path, changes={"channels/acme-in.yaml": channel}, secrets={"key": sshd.private_key})


@pytest.mark.server
@pytest.mark.parametrize("after", ["remove", "{move: done}"])
def test_a_file_replaced_within_its_second_before_it_was_put_away_is_taken_too(
    tmp_path: Path, sshd: OpenSSH, remote: Path, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(FIRST) == len(SECOND)
    house = over_sftp(tmp_path, sshd, remote, after=after)
    put(remote, FIRST)

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "failpoint", lambda name: put(remote, SECOND) if name == "receive.committed" else None)
        house.engine.poll("acme-in")
    assert (remote / "a.edi").read_bytes() == SECOND
    house.engine.run_once()
    house.engine.run_once()
    house.engine.close()

    assert [state for state, _ in house.rows()] == ["accepted", "accepted"]
    assert len(house.files("erp/out")) == 2
    assert not (remote / "a.edi").exists()


@pytest.mark.server
@pytest.mark.parametrize("stable", ["0s", "10s"])
def test_after_a_crash_a_file_of_the_same_look_is_not_taken_for_the_kept_one(
    tmp_path: Path, sshd: OpenSSH, remote: Path, stable: str
) -> None:
    house = over_sftp(tmp_path, sshd, remote, ready=f"{{stable: {stable}}}")
    at_rest(house)
    put(remote, FIRST)

    house.crash("receive.committed")
    put(remote, SECOND)
    for _ in range(2):
        at_rest(house)
        house.engine.run_once()
    house.engine.close()

    assert [state for state, _ in house.rows()] == ["accepted", "accepted"]
    assert len(house.files("erp/out")) == 2
    assert list(remote.iterdir()) == []


def at_rest(house: ServedHouse) -> None:
    """Let the channel's waits pass at once."""
    moments = iter(range(0, 100_000, 100))
    end = house.engine.context.channels.inbound("acme-in")
    end.pause = lambda seconds: None  # type: ignore[attr-defined]
    end.monotonic = lambda: float(next(moments))  # type: ignore[attr-defined]


def test_in_a_folder_too_a_file_that_looks_the_same_is_looked_into(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = house.folder / "data/acme/in"
    put(folder, FIRST)

    def rewritten(name: str) -> None:
        if name == "receive.committed":
            put(folder, SECOND)

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "failpoint", rewritten)
        house.engine.poll("acme-in")
    house.engine.run_once()

    assert len(house.files("erp/out")) == 2
    assert house.files("acme/in") == {}


@pytest.mark.server
def test_with_files_that_stood_still_nothing_is_read_twice(sftp_rig: SftpRig) -> None:
    taken = {name: read_again(sftp_rig, stable) for name, stable in (("at once", "0s"), ("at rest", "2s"))}

    assert taken == {"at once": 1, "at rest": 0}


def read_again(rig: SftpRig, stable: str) -> int:
    """How many files were read when they were confirmed."""
    moments = iter(range(0, 1000, 10))
    end = rig.inbound(ready={"stable": stable}, monotonic=lambda: float(next(moments)))
    rig.put("a.edi", b"UNB")
    (offer,) = end.offers()
    end.fetch(offer)
    reads: list[bytes] = []
    session = end.connection.session()
    original = session.read_file

    def read_file(path: bytes, size: int) -> FileRead:
        reads.append(path)
        return original(path, size)

    session.read_file = read_file  # type: ignore[method-assign]
    assert end.confirm(replace(offer, kept=hashlib.sha256(b"UNB").hexdigest())) is None
    assert rig.lies_there() == {}
    return len(reads)


def test_a_file_that_is_too_long_stays_where_it_is_however_often_it_is_seen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "RECEIVED_BYTES_MAX", 1_000)
    put(house.folder / "data/acme/in", b"x" * 1_001)

    for _ in range(3):
        house.engine.run_once()

    assert list(house.files("acme/in")) == ["a.edi"]
    assert house.files("erp/out") == {}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
