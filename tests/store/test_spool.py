"""What is too large for memory lies in files that nobody else finds, and reads like bytes."""

from __future__ import annotations

import gc
import os
import stat
from pathlib import Path

import pytest

from edi.slices import CHUNK, Slice
from edi.store.spool import FOLDER, IN_MEMORY_BYTES_MAX, FileBytes, Spool

pytestmark = pytest.mark.storeless

LARGE = bytes(range(256)) * 8192  # twice what stays in memory


def test_what_is_short_stays_in_memory(tmp_path: Path) -> None:
    found = Spool(tmp_path)([b"a", b"", b"bc"])

    assert (bytes(found), list(tmp_path.iterdir())) == (b"abc", [])


def test_what_is_large_lies_in_a_file_without_a_name_that_only_we_may_read(tmp_path: Path) -> None:
    found = Spool(tmp_path)(LARGE[start : start + 1000] for start in range(0, len(LARGE), 1000))
    assert isinstance(found.source, FileBytes)
    status = os.fstat(found.source._descriptor)

    assert len(LARGE) > IN_MEMORY_BYTES_MAX
    assert (bytes(found), len(found)) == (LARGE, len(LARGE))
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert (stat.S_IMODE(status.st_mode), status.st_nlink) == (0o600, 0)
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700


def test_a_file_is_closed_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        spool([LARGE])
    gc.collect()

    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.parametrize("at", [0, 1, CHUNK - 3, CHUNK - 1, CHUNK, 2 * CHUNK - 2, 3 * CHUNK - 4])
def test_it_is_searched_and_cut_like_bytes(tmp_path: Path, at: int) -> None:
    data = bytearray(3 * CHUNK)
    data[at : at + 4] = b"\r\n--"
    (tmp_path / "file").write_bytes(data)
    found = Slice.of(FileBytes.open(tmp_path / "file"))

    assert found.find(b"\r\n--") == bytes(data).find(b"\r\n--") == at
    assert found.find(b"\r\n--", at + 1) == found.sub(0, at + 3).find(b"\r\n--") == -1
    assert bytes(found.sub(at, at + 4)) == found.sub(at).head(4) == b"\r\n--"
    assert b"".join(found.sub(1).chunks(1000)) == bytes(data)[1:]
