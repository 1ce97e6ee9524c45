"""After a restore the engine has forgotten what it sent: nothing leaves until a person has looked (P36, F-U05, F-D05)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edi.engine import memory_check
from edi.engine.operator import Act
from edi.store.audit import Head
from tests.engine.house import House, invoice
from tests.engine.look import states


@pytest.fixture
def restored(tmp_path: Path) -> House:
    """A house whose database is from before the last invoice; the partner has that one."""
    house = House(tmp_path)
    house.drop("1.json", invoice("R-1"), channel="erp/in")
    house.engine.run_once()
    house.engine.close()
    shutil.copy(tmp_path / "store" / "edi.db", tmp_path / "backup.db")
    house.again()
    house.drop("2.json", invoice("R-2"), channel="erp/in")
    house.engine.run_once()
    house.engine.close()
    for name in ("edi.db-wal", "edi.db-shm"):
        (tmp_path / "store" / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", tmp_path / "store" / "edi.db")
    house.again()
    return house


@pytest.mark.sqlite
def test_a_restored_store_sends_nothing_until_somebody_releases_it(restored: House) -> None:
    """F-U05."""
    restored.drop("3.json", invoice("R-3"), channel="erp/in")
    restored.engine.run_once()
    assert ["INVOIC_1.edi", "INVOIC_2.edi"] == list(restored.files("acme/out"))
    assert ["acknowledged", "ready"] == states(restored, "outbound")

    restored.engine.operator.release_all(Act(who="anna", why="compared with acme"))
    restored.engine.run_once()
    assert 3 == len(restored.files("acme/out"))
    restored.engine.close()


@pytest.mark.sqlite
def test_a_hold_after_a_restore_outlives_another_restart(restored: House) -> None:
    """F-U05."""
    restored.engine.close()
    restored.again()
    restored.drop("3.json", invoice("R-3"), channel="erp/in")
    restored.engine.run_once()

    assert 2 == len(restored.files("acme/out"))
    restored.engine.close()


def test_an_ordinary_restart_holds_nothing(house: House) -> None:
    house.drop("1.json", invoice("R-1"), channel="erp/in")
    house.engine.run_once()

    assert memory_check.hold_if_forgotten(house.engine.context) is None
    assert memory_check.read(house.folder / "store" / memory_check.NAME) is not None


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"size": "x"}', b"\xff"])
def test_a_head_file_that_cannot_be_read_is_no_head(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "head").write_bytes(text)

    assert memory_check.read(tmp_path / "head") is None


def test_a_head_comes_back_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "head").write_bytes(b'{"size": 7, "hash": "ab"}')

    assert Head(size=7, hash="ab") == memory_check.read(tmp_path / "head")
