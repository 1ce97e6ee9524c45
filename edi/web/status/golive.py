"""What is still open before a partner's documents count: answered from the files and the memory, not ticked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from edi.engine.states import Machine, word
from edi.store.partner_entries import Wanted
from edi.store.partner_view import PartnerView
from edi.store.store import Reading
from edi.store.tables import audit_event
from edi.workspace.model import Agreement, Partner

LOOKED_AT: Final = 50
"""Of one kind, the newest: one good one among them is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the list."""

    name: str
    """Key of the catalogue, below `golive.`."""
    kind: str = ""
    done: bool


def tested(partner: str, kind: str) -> str:
    """Whom the audit trail speaks of when a partner's file of a kind passed the test bench."""
    return f"test {partner} {kind}"


def steps(partner: Partner, view: Reading, seen: PartnerView) -> tuple[Step, ...]:
    """From the first contact to the first acknowledged document."""
    return tuple(_steps(partner, view, seen))


def _steps(partner: Partner, view: Reading, seen: PartnerView) -> Iterator[Step]:
    yield Step(name="contact", done=any(one.email or one.phone for one in partner.contacts))
    agreed = [one for one in partner.agreements if partner.status_of(one) != "suspended"]
    for one in (agreement for agreement in agreed if agreement.direction == "in"):
        yield Step(name="tested", kind=one.kind, done=_has_passed(view, partner.name, one.kind))
        yield Step(name="received", kind=one.kind, done=_came(seen, one.kind))
    for one in (agreement for agreement in agreed if agreement.direction == "out"):
        yield from _sent(seen, one)
    yield Step(name="live", done=partner.status == "live")


def _has_passed(view: Reading, partner: str, kind: str) -> bool:
    table = audit_event.c
    query = select(table.seq).where(table.subject == tested(partner, kind)).limit(1)
    return view.connection.execute(query).first() is not None


def _came(seen: PartnerView, kind: str) -> bool:
    found = seen.page(Wanted(kind=kind, direction="in"), count_max=LOOKED_AT)
    return any(word(Machine.MESSAGE, one.state) == "done" for one in found)


def _sent(seen: PartnerView, agreement: Agreement) -> Iterator[Step]:
    found = seen.page(Wanted(kind=agreement.kind, direction="out"), count_max=LOOKED_AT)
    arrived = {"sent", "delivered"}
    yield Step(
        name="sent", kind=agreement.kind, done=any(arrived & {word(Machine.OUTBOUND, state) for state in one.deliveries} for one in found)
    )
    if agreement.expect.contrl or agreement.expect.mdn or agreement.expect.aperak or agreement.expect.response:
        said = {word(Machine.ACKNOWLEDGEMENT, state) for one in found for _, state in one.answers}
        yield Step(name="acknowledged", kind=agreement.kind, done="accepted" in said)
