"""Faults of sections 3.1 to 3.3 that need a process to die, a disk to rot or days to pass; the checker finds nothing lost and nothing twice."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from edi.channels.as2 import owing
from edi.errors import TemporaryChannelError
from edi.store import receipts, tables
from edi.store.payloads import sweep_orphans
from edi.store.store import Store
from tests.channels.as2.rig import As2House, Peer, asynchronous, ok, post, raw, request
from tests.engine.house import invoice, order
from tests.engine.powercut import Disk, trace

CHECKOUT = Path(__file__).resolve().parents[3]
Make = Callable[..., As2House]
LARGE = order() + b"\r\n" * 700_000
"""Too large for the database: a file with a row that names it."""


@contextmanager
def process(folder: Path, how: str = "", failpoint: str = "") -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The house in a process of its own: its port, and itself."""
    command = [sys.executable, "-m", "tests.channels.as2.run_house", str(folder), *([how] if how else [])]
    environment = {**os.environ, "EDI_FAILPOINT": failpoint}
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        try:
            yield int(running.stdout.readline()), running
        finally:
            running.kill()


def check(house: As2House, offered: Sequence[bytes]) -> list[str]:
    """What is wrong at the end: every offer has one effect with its own bytes, nothing else has one, the audit trail holds (3.0)."""
    house.engine.settle()
    effects = Counter(data for state, data in house.received() if state == "accepted")
    wrong = [f"lost: {data[:40]!r}" for data in offered if not effects[data]]
    wrong += [f"{count} times: {data[:40]!r}" for data, count in effects.items() if count > 1]
    wrong += [f"nobody offered {data[:40]!r}" for data in effects if data not in offered]
    delivered = len(list((house.folder / "data/erp/out").glob("*.json")))
    wrong += [f"{delivered} documents delivered for {len(offered)}"] if delivered != len(offered) else []
    return wrong + [one.text for one in house.engine.context.store.verify()]


def send_and_watch_it_die(folder: Path, data: bytes, how: str = "", failpoint: str = "") -> None:
    with process(folder, how, failpoint) as (port, running), socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(data)
        if not (how or failpoint):
            running.kill()
        assert running.wait(20) == -signal.SIGKILL


def test_f_a01_killed_while_the_body_is_read(tmp_path: Path) -> None:
    made = As2House(tmp_path / "house")
    message = made.message(LARGE)
    made.engine.close()
    whole = request(message.headers, message.body)
    send_and_watch_it_die(made.folder, whole[: len(whole) // 2])
    made.again()
    assert (made.received(), made.receipts()) == ([], [])
    with made.serving() as port:
        assert post(port, message).status == 200

    assert check(made, [LARGE]) == []
    made.engine.close()


@pytest.mark.parametrize(("row", "failpoint"), [("F-A02", "as2.read:1"), ("F-A03", "as2.kept:1")])
def test_f_a02_f_a03_killed_before_the_commit(tmp_path: Path, row: str, failpoint: str) -> None:
    made = As2House(tmp_path / "house")
    message = made.message(LARGE)
    made.engine.close()
    send_and_watch_it_die(made.folder, request(message.headers, message.body), failpoint=failpoint)
    made.again()
    assert (made.received(), made.receipts()) == ([], [])
    with made.serving() as port:
        assert post(port, message).status == 200

    assert check(made, [LARGE]) == []
    made.engine.close()


@pytest.mark.sqlite
def test_f_a03_the_file_without_a_row_is_swept_after_a_day(tmp_path: Path) -> None:
    made = As2House(tmp_path / "house")
    message = made.message(LARGE)
    made.engine.close()
    send_and_watch_it_die(made.folder, request(message.headers, message.body), failpoint="as2.kept:1")
    files = list((made.folder / "store/payloads").glob("??/*"))
    made.again()
    with made.engine.context.store.reading() as view:
        now = files[0].stat().st_mtime
        early, late = (sweep_orphans(view.connection, made.folder / "store", now + hours * 3600) for hours in (23, 25))

    assert (early, late > 0) == (0, True)
    assert list((made.folder / "store/payloads").glob("??/*")) == []
    made.engine.close()


def test_f_a06_killed_when_half_of_the_receipt_was_written(tmp_path: Path) -> None:
    made = As2House(tmp_path / "house")
    message = made.message()
    made.engine.close()
    with process(made.folder, "--half") as (port, running), socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(request(message.headers, message.body))
        begun = b"".join(iter(lambda: connection.recv(65536), b""))
        assert running.wait(20) == -signal.SIGKILL
    made.again()
    with made.serving() as port:
        again = post(port, message)

    half = begun.partition(b"\r\n\r\n")[2]
    assert (0 < len(half) < len(again.body), again.body.startswith(half)) == (True, True)
    assert check(made, [order()]) == []
    made.engine.close()


def test_f_a07_f_a08_killed_behind_the_asynchronous_receipt_it_comes_again_the_same(tmp_path: Path, peer: Peer) -> None:
    made = As2House(tmp_path / "house", inside=f"receipt_targets: ['http://127.0.0.1:{peer.port}']")
    peer.scripts.append(lambda _: ok())
    message = made.message(partner=made.partner(receipt=asynchronous(peer.url)))
    made.engine.close()
    with process(made.folder, failpoint="as2.receipt_posted:1") as (port, running):
        assert post(port, message).status == 200
        assert running.wait(20) == -signal.SIGKILL
    made.again()
    owing.send_owed(made.engine.context)

    assert [row.state for row in made.receipts()] == ["sent"]
    assert len({(heard.body, heard.headers.get("message-id")) for heard in peer.heard}) == 1
    assert check(made, [order()]) == []
    made.engine.close()


@pytest.mark.proof
@pytest.mark.sqlite
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: it traces the file operations")
@pytest.mark.parametrize("model", ["posix", "ordered"])
def test_f_a09_a_power_cut_behind_any_file_operation_loses_nothing_that_was_acknowledged(tmp_path: Path, model: str) -> None:
    made = As2House(tmp_path / "house")
    made.engine.close()
    folder = made.folder
    disk = Disk(model)  # type: ignore[arg-type]  # one of the two models
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.endswith("-shm"):
            disk.put(str(path), path.read_bytes())
    command = [sys.executable, "-m", "tests.channels.as2.run_house", str(folder), "--partner"]
    operations = [
        one
        for one in trace(command, folder, tmp_path / "trace.txt", dict(os.environ) | {"PYTHONPATH": str(CHECKOUT)})
        if "/incoming" not in one.path
    ]
    wrong: list[str] = []
    last = None
    for index, operation in enumerate(operations):
        disk.apply(operation)
        survivors = {path: data for path, data in disk.survivors().items() if "/store/" in path}
        told = sum("acknowledged-" in path for path in disk.seen)
        state = hash((tuple(sorted((path, hash(data)) for path, data in survivors.items())), told))
        if state != last:
            wrong += [f"after {index} {operation.name}: {what}" for what in durable(survivors, told, folder, tmp_path / "image")]
        last = state

    assert len(operations) > 40
    assert any("acknowledged-1" in path for path in disk.seen)
    assert wrong == []


def durable(survivors: dict[str, bytes], told: int, folder: Path, image: Path) -> list[str]:
    """What is wrong with one disk: fewer messages whole than were acknowledged."""
    shutil.rmtree(image, ignore_errors=True)
    for path, data in survivors.items():
        place = image / Path(path).relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    try:
        store = Store(image / "store")
        with store.reading() as view:
            rows = view.connection.execute(select(tables.transmission)).all()
            sizes = [len(view.payload(row.payload_sha256)) for row in rows if row.size == len(view.payload(row.payload_sha256))]
            answered = [view.payload(row.body_sha256) for row in view.connection.execute(select(receipts.receipt)).all()]
        problems = [one.text for one in store.verify()]
        store.close()
    except Exception as error:  # whatever stops the store is what the test is about
        return [f"the store does not open or read: {error}"]
    return problems + ([f"{told} told, {len(sizes)} kept, {len(answered)} receipts"] if min(len(sizes), len(answered)) < told else [])


def test_f_a13_without_file_descriptors_others_wait_and_it_recovers(tmp_path: Path) -> None:
    made = As2House(tmp_path / "house")
    message = made.message()
    made.engine.close()
    with process(made.folder, "--files=64") as (port, running):
        idle = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(80)]
        for one in idle:
            one.close()
        answers = [raw(port, request(message.headers, message.body)) for _ in range(2)]
        assert running.poll() is None

    assert [one.status for one in answers if one] == [200, 200]
    made.again()
    assert check(made, [order()]) == []
    made.engine.close()


def test_f_a15_a_document_that_rots_is_held_and_its_receipt_is_still_given(house: Make) -> None:
    made = house()
    message = made.message()
    with made.serving() as port:
        first = post(port, message)
        with made.engine.context.store.writing("rot", made.clock.now()) as transaction:
            digest = made.rows(tables.transmission)[0].payload_sha256
            rotten = update(tables.payload).where(tables.payload.c.sha256 == digest)
            transaction.connection.execute(rotten.values(encoding="raw", data=b"rotten"))
        made.engine.settle()
        second = post(port, message)

    assert [row.state for row in made.rows(tables.transmission)] == ["quarantined"]
    assert (second.status, second.body) == (200, first.body)


def test_f_a28_of_an_endless_answer_to_a_receipt_little_is_read(peer: Peer) -> None:
    peer.scripts.append(lambda _: ok(b"x" * (10 << 20)))

    assert owing.post(peer.url, [("AS2-From", "US")], b"receipt") == 200


def test_f_a28_nobody_listens_or_the_certificate_is_strange(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owing, "POST_SECONDS", 1.0)
    peer.scripts.append(lambda _: None)
    port = peer.port
    with pytest.raises(TemporaryChannelError):
        owing.post(f"https://127.0.0.1:{port}/", [], b"receipt")
    peer.close()
    with pytest.raises(TemporaryChannelError):
        owing.post(f"http://127.0.0.1:{port}/", [], b"receipt")


def test_f_a28_a_target_that_never_answers_stops_nothing_that_comes_in(house: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owing, "POST_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"http://127.0.0.1:{silent.getsockname()[1]}"
        made = house(inside=f"receipt_targets: ['{target}']")
        with made.serving() as port:
            waiting = made.message(partner=made.partner(receipt=asynchronous(f"{target}/x")))
            assert post(port, waiting).status == 200
            silent.accept()[0].close()
            other = made.message(order("4712", reference="2"), message_id="<m-2@acme>")
            assert post(port, other).status == 200

    assert check(made, [order(), order("4712", reference="2")]) == []


def test_f_o10_a_partner_who_is_down_for_days_is_tried_by_the_table_and_given_up_with_the_document_kept(house: Make, peer: Peer) -> None:
    made = house(url="http://127.0.0.1:9/as2")
    made.drop_invoice(invoice())
    made.engine.run_once()
    waits = []
    for _ in range(200):
        if made.sent().state == "failed":
            break
        before = made.clock.now()
        made.clock.forward(seconds=max(1, int(seconds_until(made))))
        waits.append((made.clock.now() - before).total_seconds())
        made.engine.settle()

    row = made.sent()
    assert row.state == "failed"
    assert "too long" in row.reason
    assert waits[:4] == [pytest.approx(seconds, rel=0.5) for seconds in (30, 60, 120, 300)]
    assert max(waits) <= 4 * 3600 * 1.2
    assert sum(waits) > 4.5 * 86400
    with made.engine.context.store.reading() as view:
        assert view.payload(row.payload_sha256)


def seconds_until(house: As2House) -> float:
    """To the next attempt: its own time, or when the channel is tried again at all."""
    with house.engine.context.store.reading() as view:
        probes = [row.probe for row in view.connection.execute(select(tables.circuit)) if row.probe]
    latest = max([house.sent().due or "", *probes])
    return (datetime.fromisoformat(latest) - house.clock.now()).total_seconds() + 1
