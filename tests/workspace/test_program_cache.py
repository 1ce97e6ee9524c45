"""The folder of compiled mappings gives back what this program put there, and nothing else."""

from __future__ import annotations

import copy
import os
import shutil
import threading
from pathlib import Path

import pytest

from edi.limits import PROGRAM_BYTES_MAX
from edi.ports import NoProgramCache
from edi.workspace import program_cache
from edi.workspace.program_cache import FolderCache, programs_of


@pytest.fixture
def cache(tmp_path: Path) -> FolderCache:
    made = FolderCache(tmp_path / "cache" / "programs")
    made.put("orders", b"program")
    return made


def fresh(cache: FolderCache) -> FolderCache:
    """As another process sees it."""
    program_cache._sealing_key.cache_clear()
    return FolderCache(cache.folder, cache.owner)


def entries(cache: FolderCache) -> list[Path]:
    return sorted(cache.folder.iterdir())


def test_what_was_put_is_there_for_the_next_process(cache: FolderCache) -> None:
    assert fresh(cache).get("orders") == b"program"
    assert fresh(cache).get("invoices") is None


def test_folder_key_and_entries_are_for_their_owner_alone(cache: FolderCache) -> None:
    key = cache.folder.with_name("programs.key")

    assert [0o700, 0o600, 0o600] == [place.stat().st_mode & 0o777 for place in (cache.folder, key, *entries(cache))]


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 100])
def test_a_damaged_entry_is_none(cache: FolderCache, damage: bytes) -> None:
    (entry,) = entries(cache)
    entry.write_bytes(damage)

    assert fresh(cache).get("orders") is None


def test_every_cut_and_every_flipped_byte_is_noticed(cache: FolderCache) -> None:
    (entry,) = entries(cache)
    whole = entry.read_bytes()
    for index in range(len(whole)):
        entry.write_bytes(whole[:index])
        assert cache.get("orders") is None
        entry.write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert cache.get("orders") is None


def test_an_entry_under_another_name_is_none(cache: FolderCache) -> None:
    (entry,) = entries(cache)
    shutil.copy(entry, cache._place("invoices"))

    assert cache.get("invoices") is None


def test_an_entry_that_another_account_sealed_is_none(cache: FolderCache, tmp_path: Path) -> None:
    other = FolderCache(tmp_path / "other" / "programs")
    other.put("orders", b"foreign")
    shutil.copy(other._place("orders"), cache._place("orders"))

    assert cache.get("orders") is None


def test_an_entry_of_another_program_is_none(cache: FolderCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.__version__", "0.0.0")

    assert fresh(cache).get("orders") is None


def test_a_program_that_changed_while_it_ran_keeps_nothing(cache: FolderCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.STARTED_NS", 1)
    fresh(cache).put("orders", b"half old, half new")

    assert fresh(cache).get("orders") is None

    monkeypatch.undo()

    assert fresh(cache).get("orders") == b"program"


def test_an_entry_made_with_other_tables_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "account"))
    tables = tmp_path / "workspace" / "schemas" / "edifact"
    tables.mkdir(parents=True)
    programs_of(tmp_path / "workspace").put("orders", b"program")

    assert programs_of(tmp_path / "workspace").get("orders") == b"program"

    (tables / "elements.txt").write_text("changed")

    assert programs_of(tmp_path / "workspace").get("orders") is None


def test_workspaces_do_not_share_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "account"))
    for content in (b"a", b"b"):
        programs_of(tmp_path / content.decode()).put("orders", content)

    assert [None, b"a", b"b"] == [programs_of(one).get("orders") for one in (None, tmp_path / "a", tmp_path / "b")]


@pytest.mark.parametrize("what", ["folder", "key", "entry"])
def test_what_others_can_write_is_not_looked_at(cache: FolderCache, what: str) -> None:
    place = {"folder": cache.folder, "key": cache.folder.with_name("programs.key"), "entry": entries(cache)[0]}[what]
    place.chmod(0o770)

    assert fresh(cache).get("orders") is None


def test_a_key_of_another_length_is_no_key(cache: FolderCache) -> None:
    key = cache.folder.with_name("programs.key")
    key.write_bytes(b"")

    assert fresh(cache).get("orders") is None
    fresh(cache).put("orders", b"more")
    assert key.read_bytes() == b""


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = FolderCache(tmp_path / "file" / "programs")

    cache.put("orders", b"program")

    assert cache.get("orders") is None


def test_a_folder_that_cannot_be_written_any_more_still_gives(cache: FolderCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    again = fresh(cache)
    again.put("orders", b"newer")

    assert again.get("orders") == b"program"


def test_an_account_without_home_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", classmethod(nowhere))

    assert isinstance(programs_of(), NoProgramCache)


def test_writers_at_once_leave_one_whole_entry_and_one_key(tmp_path: Path) -> None:
    folder = tmp_path / "programs"
    contents = [bytes([number]) * 50_000 for number in range(8)]
    writers = [threading.Thread(target=FolderCache(folder).put, args=("orders", content)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert FolderCache(folder).get("orders") in contents
    assert ["programs", "programs.key"] == sorted(place.name for place in tmp_path.iterdir())
    assert 1 == len(list(folder.iterdir()))


def test_what_is_too_large_is_not_kept(cache: FolderCache) -> None:
    cache.put("orders", b"x" * PROGRAM_BYTES_MAX)

    assert cache.get("orders") == b"program"


def test_with_too_many_entries_all_go(cache: FolderCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_cache, "PROGRAMS_KEPT_MAX", 3)
    for name in ("a", "b", "c"):
        cache.put(name, b"program")

    assert [None, None, b"program"] == [cache.get(name) for name in ("orders", "b", "c")]


def test_it_goes_to_worker_processes(cache: FolderCache) -> None:
    assert copy.copy(cache).get("orders") == b"program"
