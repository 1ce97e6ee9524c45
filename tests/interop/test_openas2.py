"""The checklist against OpenAS2, both ways: it opens what we send, we open what it sends, and each believes the other's receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import skipping_if_missing
from tests.interop.cases import ALL, Case, Way
from tests.interop.house import InteropHouse, wait_for
from tests.interop.openas2 import OpenAs2, openas2
from tests.servers.process import free_port

pytestmark = [pytest.mark.proof, pytest.mark.server]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[InteropHouse, OpenAs2]]:
    """Our house and their program, for all cases."""
    port = free_port()
    with skipping_if_missing(), openas2(ALL, port) as peer:
        house = InteropHouse(tmp_path_factory.mktemp("house"), ALL, peer, port)
        with house.serving():
            yield house, peer
        house.close()


def trials(way: Way) -> list[object]:
    return [pytest.param(case, id=f"{'-'.join(map(str, case.rows))}-{case.key}") for case in ALL if way in case.ways]


@pytest.mark.parametrize("case", trials("send"))
def test_it_takes_what_we_send_and_we_believe_its_receipt(both: tuple[InteropHouse, OpenAs2], case: Case) -> None:
    house, peer = both
    state, reason = house.send(case)

    if case.sent != "acknowledged":
        assert state == "rejected"
        assert case.sent in reason
        return
    assert (state, reason) == ("acknowledged", "")
    found = peer.received(case)
    assert list(found.values()) == [case.payload]
    if 85 in case.rows:
        assert list(found) == [case.filename]


@pytest.mark.parametrize("case", trials("receive"))
def test_we_take_what_it_sends_and_it_believes_our_receipt(both: tuple[InteropHouse, OpenAs2], case: Case) -> None:
    house, peer = both
    peer.give(case)

    if case.refused is not None:
        found = wait_for(lambda: house.refusals(case))
        assert case.refused in str(found[0]["disposition"])
        assert house.received(case) == []
        return
    (row,) = wait_for(lambda: house.received(case))
    assert house.payload(row) == case.payload
    if 85 in case.rows:
        assert row.filename == case.filename
    if case.asks_receipt:
        assert wait_for(lambda: peer.believed(case)), peer.log("MIC not matched")
