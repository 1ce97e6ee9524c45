"""Business answers: an order response or an application response says what became of what we sent; a replacement what became of the first.

Rule 1: an answer settles only what we sent to whoever answers, found by the number it names; what matches nothing is said, not lost (P19).
Rule 2: an answer is a document like any other: it is routed and delivered, whatever it settles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from edi.engine import identity
from edi.engine.kinds import ANSWERS, answer_kind
from edi.engine.moves import change, state_of
from edi.engine.plan import MessagePlan
from edi.engine.settle import settle_expected
from edi.engine.states import Machine, is_lawful
from edi.findings import Finding, Location, Severity
from edi.store.findings_text import to_json
from edi.store.store import AnyRow, Transaction
from edi.store.tables import acknowledgement_expected, message, outbound

CHANGES: Final = frozenset({"order_change"})
FIELDS: Final[Mapping[str, tuple[tuple[str, frozenset[str] | None], ...]]] = {
    "order_response": (("order_change", CHANGES), ("order", CHANGES | {"order"})),
    "application_response": (("document", None),),
}
"""Where an answer names what it answers, the nearest first, and of which kinds that may be; None: any that is no answer itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answer means on each axis."""

    acknowledgement: str
    message: str


YES: Final = Verdict(acknowledgement="accepted", message="accepted")
WITH_CHANGES: Final = Verdict(acknowledgement="accepted_with_errors", message="changed")
NO: Final = Verdict(acknowledgement="rejected", message="refused")
VERDICTS: Final[Mapping[str, Verdict]] = {
    "accepted": YES,
    "paid": YES,
    "changed": WITH_CHANGES,
    "conditional": WITH_CHANGES,
    "rejected": NO,
}
"""By the canonical `response`; all other words (received, in process, under query) settle nothing yet."""


def take_effect(transaction: Transaction, message_id: int, plan: MessagePlan) -> None:
    """What a document that was just routed does to others: an answer to what we sent, a replacement to what it replaces."""
    found = plan.document
    if found is None:
        return
    if plan.agreement is not None and found.get("kind") in ANSWERS:
        _settle(transaction, message_id, plan)
    if found.get("function") in identity.REPLACES:
        _supersede(transaction, message_id, plan)


# -- answers ----------------------------------------------------------------------------------------------------------


def _settle(transaction: Transaction, message_id: int, plan: MessagePlan) -> None:
    assert plan.document is not None, "an answer is a document"
    references = tuple(_references(plan.document))
    row = next((one for reference in references if (one := _ours(transaction, plan, *reference)) is not None), None)
    if row is None:
        _unmatched(transaction, message_id, plan, references)
        return
    word = _response(plan.document)
    verdict = VERDICTS.get(word)
    if verdict is None:
        transaction.audit(f"O{row.id}", "answer_received", says=word, message=f"M{message_id}")
        return
    settle_expected(
        transaction,
        message_id,
        row,
        answer_kind(row.kind),
        verdict=verdict.acknowledgement,
        findings=tuple(_findings(plan.document, row, verdict)),
    )
    if row.message_id is None:
        return
    before = state_of(transaction, Machine.MESSAGE, row.message_id)
    if is_lawful(Machine.MESSAGE, before, verdict.message):
        values = {"changed": transaction.now}
        change(transaction, Machine.MESSAGE, row.message_id, before, verdict.message, values, by=f"M{message_id}", answer=plan.number)


def _references(found: Mapping[str, object]) -> Iterator[tuple[frozenset[str] | None, str]]:
    """Kinds and number of what is answered, the nearest first."""
    for field, kinds in FIELDS[str(found["kind"])]:
        link = found.get(field)
        number = link.get("number") if isinstance(link, Mapping) else None
        if isinstance(number, str) and number:
            yield kinds, number


def _ours(transaction: Transaction, plan: MessagePlan, kinds: frozenset[str] | None, number: str) -> AnyRow | None:
    """The newest document of that number that we sent to whoever answers."""
    wanted = outbound.c.kind.in_(sorted(kinds)) if kinds else outbound.c.kind.not_in(["contrl", "aperak", *sorted(ANSWERS)])
    counts = outbound.c.effect.is_not(None) & (outbound.c.state != "cancelled") & (outbound.c.test == plan.test)
    query = select(outbound).where(outbound.c.number == number, outbound.c.partner == plan.partner, wanted, counts)
    return transaction.connection.execute(query.order_by(outbound.c.id.desc()).limit(1)).one_or_none()


def _response(found: Mapping[str, object]) -> str:
    """The answer to the whole; one that only its lines give is theirs."""
    word = found.get("response")
    if isinstance(word, str):
        return word
    lines = found.get("lines")
    words = {line.get("status") for line in lines if isinstance(line, Mapping)} if isinstance(lines, list) else set()
    if not words - {None}:
        return "received"
    if words <= {"accepted"}:
        return "accepted"
    return "rejected" if words == {"rejected"} else "changed"


def _findings(found: Mapping[str, object], row: AnyRow, verdict: Verdict) -> Iterator[Finding]:
    """What the partner objects to, in words of ours; kept with what we sent."""
    if verdict is YES:
        return
    refused = verdict is NO
    code, severity = ("answer.refused", Severity.ERROR) if refused else ("answer.changed", Severity.WARNING)
    said = [f"{path}: {text}" if path else text for path, text in (*_reasons(found), *_line_reasons(found))]
    for one in said or ["it gives no reason"]:
        text = f"the partner {'refused' if refused else 'wants changes to'} {row.number!r}: {one}"
        yield Finding(code=code, text=text, severity=severity, where=Location())


def _reasons(found: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    reasons = found.get("reasons")
    for reason in reasons if isinstance(reasons, list) else ():
        if isinstance(reason, Mapping):
            yield str(reason.get("path", "")), str(reason.get("text") or reason.get("code") or "no reason")


def _line_reasons(found: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    lines = found.get("lines")
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, Mapping) and line.get("status") not in {None, "accepted"}:
            yield f"line {line.get('id', '?')}", str(line.get("reason") or line["status"])
        if isinstance(line, Mapping) and line.get("response") not in {None, "AP"}:
            yield from ((f"{line.get('id', '?')}", text) for _, text in _reasons(line))


def _unmatched(
    transaction: Transaction, message_id: int, plan: MessagePlan, references: tuple[tuple[frozenset[str] | None, str], ...]
) -> None:
    numbers = ", ".join(repr(number) for _kinds, number in references)
    text = f"it answers {numbers}, and we sent {plan.partner} nothing of that number" if numbers else "it does not say what it answers"
    finding = Finding(code="answer.unmatched", text=text, severity=Severity.WARNING, hint="ask the partner which document they mean")
    transaction.connection.execute(update(message).where(message.c.id == message_id).values(findings=to_json((*plan.findings, finding))))
    transaction.audit(f"M{message_id}", "answer_unmatched", numbers=numbers)


# -- replacements -----------------------------------------------------------------------------------------------------


def _supersede(transaction: Transaction, message_id: int, plan: MessagePlan) -> None:
    """Documents of the same issuer, kind and number that this one replaces or cancels are superseded, and nobody waits for their answers."""
    for replaced in identity.same_but_function(transaction, plan, except_message=message_id):
        before = state_of(transaction, Machine.MESSAGE, replaced)
        if is_lawful(Machine.MESSAGE, before, "superseded"):
            values = {"changed": transaction.now}
            change(transaction, Machine.MESSAGE, replaced, before, "superseded", values, by=f"M{message_id}")
            _wait_no_more(transaction, replaced, message_id)


def _wait_no_more(transaction: Transaction, message_id: int, by: int) -> None:
    table = acknowledgement_expected
    query = (
        select(table.c.id, table.c.state)
        .join(outbound, outbound.c.id == table.c.outbound_id)
        .where(outbound.c.message_id == message_id, table.c.level == "application", table.c.state.in_(["expected", "overdue"]))
    )
    for row in transaction.connection.execute(query).all():
        change(transaction, Machine.ACKNOWLEDGEMENT, row.id, row.state, "waived", {}, why=f"superseded by M{by}")
