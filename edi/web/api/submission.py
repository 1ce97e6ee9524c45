"""A document that a program hands over: checked at once, kept if it can go somewhere, answered the same whenever it comes again.

Rule 1: what cannot be taken is refused with every finding, and nothing is kept: the program is told while it waits, and hands over the
corrected document under the same idempotency key.
Rule 2: what is accepted is kept, with its answer, before the answer leaves (P1).
Rule 3: one idempotency key is one document; with other bytes it is a conflict (J16).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from edi.engine import inbound
from edi.engine.context import Context
from edi.engine.plan import InterchangePlan, MessagePlan, Plan
from edi.engine.planning import Source, make_plan
from edi.engine.ports import Offer
from edi.engine.states import Machine, word
from edi.findings import Finding
from edi.store import queries
from edi.store.api_keys import Key
from edi.store.dialect import select_where
from edi.store.tables import message, transmission

REFUSED: Final = frozenset({"invalid", "unroutable", "map_failed"})
"""States of a planned message that a program can do something about."""
REFUSED_INTERCHANGES: Final = frozenset({"rejected", "unreportable", "accepted_in_part"})
SUFFIXES: Final = {"edifact": ".edi", "ubl": ".xml", "json": ".json"}
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body, as JSON."""

    status: int
    body: dict[str, Any]


def submit(context: Context, key: Key, data: bytes, idempotency_key: str | None) -> Answer:
    """What to answer to a document; raises StoreError if it could not be kept, and then nothing was acknowledged."""
    if not data:
        return problem(400, "empty", "The request had no document in it.")
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        return problem(400, "idempotency_key", "Idempotency-Key takes 1 to 200 visible ASCII characters without blanks.")
    digest = hashlib.sha256(data).hexdigest()
    transport_id = f"K{key.id}|{idempotency_key or f'sha256:{digest}'}"
    before = _before(context, key.channel, transport_id)
    if before is not None:
        return _again(before, same=before.sha256 == digest)
    plan = make_plan(context, data, Source(channel=key.channel, filename="document"))
    refusal = _refusal(key, plan)
    if refusal is not None:
        return refusal
    body = json.dumps({"messages": [_planned(one) for one in _messages(plan)]}, sort_keys=True).encode()
    offer = Offer(transport_id=transport_id, filename=f"{digest[:16]}{SUFFIXES.get(plan.format or '', '')}", size=len(data))
    receipt = inbound.receive(context, key.channel, offer, data, response=body)
    if not receipt.same:
        return _conflict(receipt.transmission)
    return Answer(202, {"transmission": receipt.transmission, "first": receipt.first, **json.loads(receipt.response or body)})


def status(context: Context, key: Key, name: str) -> Answer:
    """What became of `T12`, if it came through the key's channel and is within its scope; otherwise there is none (H01)."""
    if not re.fullmatch(r"T[0-9]{1,18}", name):
        return problem(404, "unknown", "There is no such document.")
    number = int(name[1:])
    with context.store.reading() as view:
        line = queries.transmission_of(view, number)
        ids = view.connection.execute(select(message.c.id).where(message.c.transmission_id == number).order_by(message.c.id)).scalars()
        found = [one for message_id in ids if (one := queries.message_of(view, message_id)) is not None]
    if line is None or line.channel != key.channel or not all(key.allows(one.partner, one.kind) for one in found):
        return problem(404, "unknown", "There is no such document.")
    return Answer(
        200,
        {
            "transmission": line.name,
            "received": line.received,
            "processing": word(Machine.TRANSMISSION, line.state),
            "reason": line.reason,
            "messages": [_line(one) for one in found],
        },
    )


def problem(status_code: int, code: str, text: str, **more: Any) -> Answer:
    """An answer that says what is wrong, as RFC 9457 has it."""
    return Answer(status_code, {"type": f"about:blank#{code}", "title": text, "status": status_code, **more})


# -- what came before -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Before:
    name: str
    sha256: str
    answer: bytes


def _before(context: Context, channel: str, transport_id: str) -> _Before | None:
    """The document handed over under this identity before."""
    with context.store.reading() as view:
        by = {"channel": channel, "transport_id": transport_id}
        row = select_where(view.connection, transmission, by, "id", "payload_sha256", "response_sha256").one_or_none()
        if row is None:
            return None
        return _Before(f"T{row.id}", row.payload_sha256, view.payload(row.response_sha256) if row.response_sha256 else b"{}")


def _again(before: _Before, *, same: bool) -> Answer:
    if not same:
        return _conflict(before.name)
    return Answer(202, {"transmission": before.name, "first": False, **json.loads(before.answer)})


def _conflict(name: str) -> Answer:
    return problem(409, "conflict", "Another document was handed over under this Idempotency-Key.", transmission=name)


# -- what is wrong ----------------------------------------------------------------------------------------------------


def _messages(plan: Plan) -> Iterator[MessagePlan]:
    for interchange in plan.interchanges:
        yield from interchange.messages


def _refusal(key: Key, plan: Plan) -> Answer | None:
    """The answer to a document that is not taken; None if it is."""
    for one in _messages(plan):
        # What could not be read or belongs to nobody is refused below; here only what is somebody else's business.
        if one.partner is not None and not key.allows(one.partner, one.document_kind):
            return problem(403, "scope", f"This key is not for {one.document_kind or 'such documents'} of {one.partner!r}.")
    bad = [one for one in _messages(plan) if one.state in REFUSED]
    if plan.state == "accepted" and not bad and not any(one.state in REFUSED_INTERCHANGES for one in plan.interchanges):
        return None
    reasons = [*filter(None, [plan.reason, *(one.reason for one in plan.interchanges), *(one.reason for one in bad)])]
    return problem(
        422,
        "refused",
        reasons[0] if reasons else "The document was not taken; the findings say why.",
        reasons=list(dict.fromkeys(reasons)),
        findings=[_finding(one) for one in _findings(plan)],
    )


def _findings(plan: Plan) -> Iterator[Finding]:
    yield from plan.findings
    for interchange in plan.interchanges:
        yield from _of_interchange(interchange)


def _of_interchange(interchange: InterchangePlan) -> Iterator[Finding]:
    yield from interchange.findings
    for one in interchange.messages:
        yield from one.findings


# -- what is said -----------------------------------------------------------------------------------------------------


def _planned(one: MessagePlan) -> dict[str, Any]:
    return {
        "kind": one.document_kind,
        "number": one.number,
        "partner": one.partner,
        "route": one.route,
        "test": one.test,
        "held": one.reason if one.state == "held" else None,
        "findings": [_finding(finding) for finding in one.findings],
    }


def _finding(one: Finding) -> dict[str, Any]:
    found = {"code": one.code, "severity": one.severity.value, "text": one.text, "where": str(one.where) or None, "hint": one.hint}
    return {name: value for name, value in found.items() if value is not None}


def _line(one: queries.MessageLine) -> dict[str, Any]:
    return {
        "message": one.name,
        "kind": one.kind,
        "number": one.number,
        "partner": one.partner,
        "processing": word(Machine.MESSAGE, one.state),
        "reason": one.reason,
        "outputs": [
            {
                "output": out.name,
                "kind": out.kind,
                "partner": out.partner,
                "delivery": word(Machine.OUTBOUND, out.state),
                "sent": out.sent,
                "reason": out.reason,
                "acknowledgements": {kind: word(Machine.ACKNOWLEDGEMENT, state) for kind, state in out.acknowledgements},
            }
            for out in one.outputs
        ],
    }
