"""The daemon as people start it, killed where it hurts, and on the other database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edi.store import tables
from tests.channels.as2.rig import As2House, Peer, post, with_receipt
from tests.channels.as2.test_receiving import verdict
from tests.engine.house import invoice, order

CHECKOUT = Path(__file__).resolve().parents[3]
Make = Callable[..., As2House]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def wait_until(ready: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def test_edi_run_takes_messages_until_it_is_told_to_end(house: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = house()
    made.engine.close()
    port = free_port()
    (made.folder / "web.yaml").write_text(f"as2: {{listen: '127.0.0.1:{port}'}}\n")
    for name in ("orders-eancom", "erp-order", "erp-invoice", "invoic-eancom"):  # the plain ones of the rig say nothing
        (made.folder / f"mappings/{name}.map.yaml").write_text((CHECKOUT / f"mappings/{name}.map.yaml").read_text())
    (made.folder / "routes.yaml").write_text("us: us\nroutes: []\n")
    command = [sys.executable, "-m", "edi", "run", "--as-root", "--json-log"]
    with subprocess.Popen(
        command, cwd=made.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}
    ) as process:
        try:
            wait_until(lambda: listens(port) or process.poll() is not None)
            assert process.poll() is None, process.stdout.read().decode()[-3000:] if process.stdout else ""
            first = post(port, made.message())
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
        finally:
            if process.poll() is None:
                process.kill()

    assert verdict(made, first) == (200, "processed", True)
    assert not listens(port)


@pytest.mark.parametrize("failpoint", ["deliver.claimed", "deliver.attempted", "deliver.sent", "deliver.recorded", "deliver.committed"])
def test_f_o01_killed_anywhere_the_partner_sees_one_message(tmp_path: Path, peer: Peer, failpoint: str) -> None:
    made = As2House(tmp_path / "house", url=peer.url)
    peer.scripts.append(with_receipt(made))
    made.drop_invoice(invoice())
    made.engine.close()
    environment = {**os.environ, "EDI_FAILPOINT": f"{failpoint}:1"}
    command = [sys.executable, "-m", "tests.channels.as2.run_house", str(tmp_path / "house"), "--once"]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    made.again()
    made.clock.forward(minutes=5)
    made.engine.run_once()

    assert made.sent().state == "acknowledged"
    assert len({(heard.headers.get("message-id"), heard.headers.get("date"), heard.body) for heard in peer.heard}) == 1
    made.engine.close()


@pytest.fixture
def other(postgres_url: str, house: Make) -> As2House:
    """A house on PostgreSQL."""
    return house(db=postgres_url)


@pytest.mark.server
def test_f_a25_f_a30_on_postgresql_many_copies_on_two_nodes_have_one_effect(other: As2House, tmp_path: Path) -> None:
    second = As2House(tmp_path / "second", db=other.db)
    message = other.message()
    with other.serving() as one, second.serving() as two, ThreadPoolExecutor(16) as pool:
        heard = list(pool.map(lambda index: post((one, two)[index % 2], message), range(32)))
    second.engine.close()
    other.engine.settle()

    assert {each.status for each in heard} == {200}
    assert len({each.body for each in heard}) == 1
    assert other.received() == [("accepted", order())]
    assert other.engine.context.store.verify() == ()


@pytest.mark.server
def test_f_a26_on_postgresql_other_content_is_a_conflict(other: As2House) -> None:
    with other.serving() as port:
        assert verdict(other, post(port, other.message()))[1] == "processed"
        heard = post(port, other.message(order("4712", reference="2")))

    assert verdict(other, heard)[1] == "processed/error: unexpected-processing-error"
    assert sorted(row.state for row in other.rows(tables.transmission)) == ["conflict", "received"]


@pytest.mark.server
def test_p11_on_postgresql_what_travels_is_stored_and_acknowledged(postgres_url: str, house: Make, peer: Peer) -> None:
    made = house(db=postgres_url, url=peer.url)
    peer.scripts.append(with_receipt(made))
    made.drop_invoice(invoice())
    made.engine.run_once()

    assert made.sent().state == "acknowledged"
    with made.engine.context.store.reading() as view:
        assert view.payload(made.sent().wire_sha256) == peer.heard[0].body
