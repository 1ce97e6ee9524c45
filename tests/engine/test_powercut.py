"""After a power cut behind any file operation: nothing the other side was told to forget is missing, and the work can go on (P1, P32).

The check must find the two mistakes that most programs of this kind make, or it is worth nothing.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from edi.limits import PAYLOAD_IN_DATABASE_BYTES_MAX
from edi.store.store import Store
from tests.engine.house import House, invoice, order
from tests.engine.powercut import Disk, Model, Operation, trace

CHECKOUT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: it traces the file operations"),
    pytest.mark.proof,
    pytest.mark.sqlite,
]


def prepare(folder: Path) -> dict[str, bytes]:
    """A house with a store that was made before, two orders, one of them too large for the database, and an invoice."""
    House(folder, contrl="always").engine.close()
    large = order("4712", reference="2") + b"\r\n" * PAYLOAD_IN_DATABASE_BYTES_MAX
    inbox = folder / "data"
    (inbox / "acme/in/a.edi").write_bytes(order("4711", reference="1"))
    (inbox / "acme/in/b.edi").write_bytes(large)
    (inbox / "erp/in/c.json").write_bytes(invoice())
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")}


def traced(folder: Path, fault: str) -> tuple[dict[str, bytes], list[Operation]]:
    before = prepare(folder)
    command = [sys.executable, "-m", "tests.engine.run_powercut", str(folder), fault]
    return before, trace(command, folder, folder.parent / "trace.txt", dict(os.environ) | {"PYTHONPATH": str(CHECKOUT)})


def violations(before: dict[str, bytes], operations: list[Operation], model: Model, folder: Path, image: Path) -> list[str]:
    """What is wrong after a cut behind each operation; equal disks are looked at once."""
    disk = Disk(model)
    for path, data in before.items():
        disk.put(path, data)
    found: list[str] = []
    inbox = {path: data for path, data in before.items() if "/data/" in path}
    last = None
    for index, operation in enumerate(operations):
        disk.apply(operation)
        survivors = disk.survivors()
        gone = frozenset(path for path in inbox if path not in disk.seen)
        state = hash((tuple(sorted((path, hash(data)) for path, data in survivors.items())), gone))
        if state != last:
            found += [
                f"after {index} {operation.name} {Path(operation.path).name}: {what}"
                for what in check(survivors, inbox, gone, folder, image)
            ]
        last = state
    return found


def check(survivors: dict[str, bytes], inbox: dict[str, bytes], gone: frozenset[str], folder: Path, image: Path) -> list[str]:
    """What is wrong with one disk."""
    shutil.rmtree(image, ignore_errors=True)
    for path, data in survivors.items():
        place = image / Path(path).relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    found = []
    try:
        store = Store(image / "store")
        with store.reading() as view:
            kept = list(view.connection.exec_driver_sql("SELECT sha256 FROM payload").scalars())
            payloads = [view.payload(digest) for digest in kept]
        found += [f"the chain breaks: {one.text}" for one in store.verify()] + [f"the database is broken: {one}" for one in store.check()]
        store.close()
    except Exception as error:  # whatever stops the store is what the test is about
        return [f"the store does not open or read: {error}"]
    found += [f"{Path(path).name} was taken from its folder and is not kept" for path in gone if inbox[path] not in payloads]
    outputs = [data for path, data in survivors.items() if "/out/" in path and not Path(path).name.startswith(".")]
    return found + [f"a torn file of {len(data)} bytes was delivered" for data in outputs if not data.endswith((b"'", b"}"))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], list[Operation], Path]:
    folder = tmp_path_factory.mktemp("cut") / "house"
    folder.mkdir()
    before, operations = traced(folder, "none")
    return before, operations, folder


@pytest.mark.parametrize("model", ["posix", "ordered"])
def test_a_power_cut_behind_any_operation_loses_nothing(
    run: tuple[dict[str, bytes], list[Operation], Path], model: Model, tmp_path: Path
) -> None:
    before, operations, folder = run

    assert len(operations) > 100
    assert [] == violations(before, operations, model, folder, tmp_path / "image")


@pytest.mark.parametrize("fault", ["normal", "rename"])
def test_the_usual_mistakes_are_found(fault: str, tmp_path: Path) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    before, operations = traced(folder, fault)

    assert violations(before, operations, "posix", folder, tmp_path / "image")


def test_after_a_cut_anywhere_a_restart_delivers_each_document_once(
    run: tuple[dict[str, bytes], list[Operation], Path], tmp_path: Path
) -> None:
    before, operations, folder = run
    disk = Disk("ordered")
    for path, data in before.items():
        disk.put(path, data)
    wrong = []
    for index, operation in enumerate(operations):
        disk.apply(operation)
        if index % 9:
            continue
        image = tmp_path / f"image{index}"
        for path, data in disk.survivors().items():
            place = image / Path(path).relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        house = House(image, contrl="always")
        for _ in range(3):
            house.engine.run_once()
            house.clock.forward(minutes=5)
        # A delivered file whose name was lost with the power is made up for; nothing is there twice.
        numbers = sorted(name.split("_")[2] for name in house.files("erp/out"))
        if numbers != ["4711.json", "4712.json"] or house.engine.context.store.verify():
            wrong.append((index, operation.name, Path(operation.path).name, numbers))
        house.engine.close()
        shutil.rmtree(image)
    assert [] == wrong


def test_sqlite_is_the_version_whose_log_we_rely_on() -> None:
    assert sqlite3.sqlite_version_info >= (3, 37)
