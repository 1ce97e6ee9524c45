"""What a partner offered and got, written down outside the engine; at the end it is compared with what the engine did.

lost: offered, and no effect · dup: more than one effect · phantom: an effect nobody offered · torn: kept with other bytes ·
unaudited: a state without its event, or a broken chain. For what leaves: a partner who saw two documents for one.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from edi.store.tables import transmission
from tests.channels.served_house import ServedHouse
from tests.engine.house import order


@dataclass(slots=True)
class Ledger:
    """Orders by their number."""

    offered: dict[str, bytes] = field(default_factory=dict)

    def order(self, number: str | None = None) -> bytes:
        """One more order, with its own reference."""
        count = str(len(self.offered) + 1)
        number = number or f"N{count}"
        self.offered[number] = order(number, reference=count)
        return self.offered[number]

    def check(self, house: ServedHouse) -> None:
        """Every order had its one effect, nothing else had one, and all of it is audited."""
        effects = Counter(json.loads(data)["number"] for data in house.files("erp/out").values())
        assert effects == Counter(dict.fromkeys(self.offered, 1)), f"lost, dup or phantom: {effects}"
        with house.engine.context.store.reading() as view:
            query = select(transmission.c.payload_sha256).where(transmission.c.state == "accepted")
            kept = set(view.connection.execute(query).scalars())
        assert kept == {hashlib.sha256(data).hexdigest() for data in self.offered.values()}, "torn"
        audited(house)


def audited(house: ServedHouse) -> None:
    """The chain is whole, and every state is one that its events lead to."""
    assert house.engine.context.store.verify() == ()
    assert house.engine.context.store.check() == ()


def arrived_once(house: ServedHouse, there: Mapping[str, bytes], document: bytes) -> None:
    """The partner sees the one document we sent, whole and once, and we know it."""
    assert [data for data in there.values() if data == document] == [document]
    assert not [name for name, data in there.items() if data != document and document.startswith(data) and data], "torn"
    assert [state for state, _ in house.rows("outbound")] == ["acknowledged"]
    audited(house)
