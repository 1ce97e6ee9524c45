"""The checklist against OpenAS2, both ways: it opens what we send, we open what it sends, and each believes the other's receipt."""

from __future__ import annotations

import pytest

from tests.interop.cases import ALL, Case, Way
from tests.interop.conftest import Both
from tests.interop.house import wait_for

pytestmark = [pytest.mark.proof, pytest.mark.server]


def trials(way: Way) -> list[object]:
    return [pytest.param(case, id=f"{'-'.join(map(str, case.rows))}-{case.key}") for case in ALL if way in case.ways]


@pytest.mark.parametrize("case", trials("send"))
def test_it_takes_what_we_send_and_we_believe_its_receipt(both: Both, case: Case) -> None:
    house, peer = both.house, both.peer
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
def test_we_take_what_it_sends_and_it_believes_our_receipt(both: Both, case: Case) -> None:
    house, peer = both.house, both.peer
    peer.give(case)

    if case.refused is not None:
        found = wait_for(lambda: house.refusals(case))
        assert case.refused in str(found[0]["disposition"])
        assert house.received(case) == []
        return
    found = wait_for(lambda: house.received(case))
    assert len(found) == 1, peer.log(case.key)[-5:]
    row = found[0]
    assert house.payload(row) == case.payload
    if 85 in case.rows:
        assert row.filename == case.filename
    if case.asks_receipt:
        assert wait_for(lambda: peer.believed(case)), peer.log("MIC not matched")
