"""The checklist against django-pyas2, both ways; it has fewer settings than OpenAS2, so fewer cases of the table apply."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import skipping_if_missing
from tests.interop.cases import PYAS2, Case, Way
from tests.interop.house import InteropHouse, wait_for
from tests.interop.pyas2 import PyAs2, pyas2
from tests.servers.process import free_port

pytestmark = [pytest.mark.proof, pytest.mark.server]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[InteropHouse, PyAs2]]:
    """Our house and their program."""
    ports = {name: free_port() for name in ("us", "peer")}
    with skipping_if_missing(), pyas2(PYAS2, ports) as peer:
        house = InteropHouse(tmp_path_factory.mktemp("house"), PYAS2, peer, ports["us"])
        with house.serving():
            yield house, peer
        house.close()


def trials(way: Way) -> list[object]:
    return [pytest.param(case, id=f"{'-'.join(map(str, case.rows))}-{case.key}") for case in PYAS2 if way in case.ways]


@pytest.mark.parametrize("case", trials("send"))
def test_it_takes_what_we_send_and_we_believe_its_receipt(both: tuple[InteropHouse, PyAs2], case: Case) -> None:
    house, peer = both
    state, reason = house.send(case, awaiting=lambda: peer.run("manageas2server", "--async-mdns"))

    if case.sent == "acknowledged":
        assert (state, reason) == ("acknowledged", "")
    else:
        assert state == "rejected"
        assert case.sent in reason
    assert peer.received(case) == [case.payload]


@pytest.mark.parametrize("case", trials("receive"))
def test_we_take_what_it_sends_and_it_believes_our_receipt(both: tuple[InteropHouse, PyAs2], case: Case) -> None:
    house, peer = both
    peer.give(case)

    found = wait_for(lambda: house.received(case))
    assert [house.payload(row) for row in found] == [case.payload]
    if case.asks_receipt:
        assert wait_for(lambda: peer.believed(case))
