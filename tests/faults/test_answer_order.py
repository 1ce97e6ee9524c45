"""Receipt, CONTRL and APERAK for one invoice in every order they may come: in the end the same is known of it (F-K05, P19, P22)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from edi.store import tables
from tests.channels.as2.rig import As2House, Peer, ok, post, raw, receipt, request
from tests.engine.house import invoice
from tests.engine.test_acknowledgements import contrl

ASYNC = "receipt: {asynchronous: 'http://127.0.0.1:9/as2', within: 1h}"
APERAK = (
    b"UNB+UNOC:3+4054321000009:14+4012345500004:14+261124:1000+9'UNH+1+APERAK:D:96A:UN:EAN004'BGM++A1+27'"
    b"DTM+137:20261124:102'RFF+IV:R-1'ERC+12'FTX+AAO+++price differs'UNT+7+1'UNZ+1+9'"
)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer([lambda _heard: ok(status="202 Accepted")])
    yield made
    made.close()


def say(house: As2House, port: int, peer: Peer, what: str) -> None:
    if what == "receipt":
        mdn = receipt(house, peer.heard[0])
        answered = raw(port, request(mdn.headers, mdn.body))
        assert answered is not None
    else:
        data = contrl() if what == "contrl" else APERAK
        answered = post(port, house.message(data, message_id=f"<{what}@acme>"))
    assert 200 == answered.status
    house.engine.settle()


@pytest.mark.parametrize("order", list(permutations(["receipt", "contrl", "aperak"])), ids="-".join)
def test_f_k05_answers_of_three_levels_come_in_any_order(tmp_path: Path, peer: Peer, order: tuple[str, ...]) -> None:
    """Each level says its own: it arrived, it reads well, and its price is wrong."""
    house = As2House(tmp_path, url=peer.url, outside=ASYNC)
    house.drop_invoice(invoice())
    house.engine.run_once()
    assert "awaiting" == house.sent().state
    with house.serving() as port:
        for what in order:
            say(house, port, peer, what)
            assert ("acknowledged" if "receipt" in order[: order.index(what) + 1] else "awaiting") == house.sent().state
        say(house, port, peer, order[0])  # and once more
    known = {row.kind: row.state for row in house.rows(tables.acknowledgement_expected)}
    found = house.rows(tables.message)
    house.engine.close()

    assert {"contrl": "accepted", "aperak": "rejected"}.items() <= known.items()
    assert [] == [row.state for row in found if row.state in {"unmatched", "invalid", "held"}]
    assert 1 == len({one.body for one in peer.heard})
