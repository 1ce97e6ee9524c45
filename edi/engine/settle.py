"""Acknowledgements we receive: matched to what we sent, traced to the fields they refuse; whatever matches nothing is shown, not lost (P19)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from edi.engine import refusals
from edi.engine.context import Context
from edi.engine.fingerprint import fingerprint
from edi.engine.moves import change, create
from edi.engine.outputs import LEVELS
from edi.engine.plan import MessagePlan
from edi.engine.reading import EdifactContent
from edi.engine.states import Machine, is_lawful
from edi.findings import Finding, Location
from edi.formats.edifact import aperak, contrl
from edi.formats.edifact import reader as edifact_reader
from edi.formats.edifact.aperak import Aperak
from edi.formats.edifact.contrl_report import ControlReport
from edi.formats.edifact.envelope import InterchangeParty
from edi.store.findings_text import to_json
from edi.store.store import AnyRow, Transaction
from edi.store.tables import acknowledgement_expected, outbound


def settle(context: Context, transaction: Transaction, message_id: int, plan: MessagePlan) -> tuple[str, str | None]:
    """`settled`, or `unmatched` and why."""
    content = plan.message.content
    assert isinstance(content, EdifactContent), "acknowledgements of this kind are EDIFACT"
    if plan.message.kind == "aperak":
        return _settle_aperak(context, transaction, message_id, plan, aperak.read(content.message))
    report = contrl.read(content.message)
    if report is None:
        return "unmatched", "it has no UCI, so nobody can say what it answers"
    row = _interchange_of_ours(transaction, plan.partner, report)
    if row is None:
        return "unmatched", f"we sent {plan.partner} no interchange {report.reference!r} from {report.sender.id!r}"
    _settle_contrl(context, transaction, message_id, row, report)
    return "settled", None


# -- CONTRL -----------------------------------------------------------------------------------------------------------


def _interchange_of_ours(transaction: Transaction, partner: str | None, report: ControlReport) -> AnyRow | None:
    """The newest interchange of that reference and parties that we sent to whoever answers; never another partner's."""
    query = (
        select(outbound)
        .where(
            outbound.c.control_reference == report.reference,
            outbound.c.partner == partner,
            outbound.c.sender == _address(report.sender),
            outbound.c.recipient == _address(report.recipient),
            outbound.c.kind != "contrl",
        )
        .order_by(outbound.c.id.desc())
        .limit(1)
    )
    return transaction.connection.execute(query).one_or_none()


def _settle_contrl(context: Context, transaction: Transaction, message_id: int, row: AnyRow, report: ControlReport) -> None:
    accepted = report.accepts(row.message_reference or "")
    if accepted is None:
        transaction.audit(f"O{row.id}", "contrl_received", says="the interchange arrived", message=f"M{message_id}")
        return
    findings: tuple[Finding, ...] = ()
    if not accepted:
        sent = edifact_reader.read(transaction.payload(row.payload_sha256)).value or ()
        findings = refusals.traced(context, transaction, row, contrl.explain(report, sent[0])) if sent else ()
    settle_expected(transaction, message_id, row, "contrl", verdict="accepted" if accepted else "rejected", findings=findings)


# -- APERAK -----------------------------------------------------------------------------------------------------------


def _settle_aperak(
    context: Context, transaction: Transaction, message_id: int, plan: MessagePlan, report: Aperak
) -> tuple[str, str | None]:
    numbers = [reference.value for reference in report.references if reference.value]
    query = (
        select(outbound)
        .where(outbound.c.partner == plan.partner, outbound.c.number.in_(numbers), outbound.c.kind.not_in(OUR_ANSWERS))
        .order_by(outbound.c.id.desc())
        .limit(1)
    )
    row = transaction.connection.execute(query).one_or_none() if numbers else None
    if row is None:
        return "unmatched", f"we sent {plan.partner} nothing that it names: {', '.join(map(repr, numbers)) or 'it names nothing'}"
    findings = tuple(
        Finding(
            code="aperak.refused",
            text=f"the partner's application refused {row.number!r}: {error.text or error.code}",
            where=Location(),
            value=error.code,
        )
        for error in report.errors
    )
    findings = tuple(refusals.of_lines(context, transaction, row, report.errors, findings))
    settle_expected(transaction, message_id, row, "aperak", verdict="accepted" if report.accepted else "rejected", findings=findings)
    return "settled", None


OUR_ANSWERS = ("contrl", "aperak", "application_response")
"""What we send in answer is not answered again (P20)."""


# -- both -------------------------------------------------------------------------------------------------------------


def settle_expected(
    transaction: Transaction, message_id: int, row: AnyRow, kind: str, *, verdict: str, findings: Sequence[Finding]
) -> None:
    """Move what was expected, expected or not; the first final answer rules, unless a later one says no (F-K02)."""
    expected = _expected(transaction, row, kind)
    values = {"settled": transaction.now, "message_id": message_id}
    if is_lawful(Machine.ACKNOWLEDGEMENT, expected.state, verdict):
        change(
            transaction, Machine.ACKNOWLEDGEMENT, expected.id, expected.state, verdict, values, outbound=f"O{row.id}", by=f"M{message_id}"
        )
    else:
        transaction.audit(f"A{expected.id}", "answer_ignored", says=verdict, was=expected.state, by=f"M{message_id}")
        return
    if findings:
        said = {"findings": to_json(findings), "fingerprint": fingerprint(findings, None)}
        transaction.connection.execute(update(outbound).where(outbound.c.id == row.id).values(**said))


def _expected(transaction: Transaction, row: AnyRow, kind: str) -> AnyRow:
    """What we wait for; what comes unasked gets a row of its own, so that it is seen."""
    table = acknowledgement_expected
    query = select(table.c.id, table.c.state).where(table.c.outbound_id == row.id, table.c.kind == kind)
    found = transaction.connection.execute(query).one_or_none()
    if found is None:
        values = {
            "outbound_id": row.id,
            "partner": row.partner,
            "level": LEVELS[kind],
            "kind": kind,
            "state": "expected",
            "deadline": transaction.now,
        }
        create(transaction, Machine.ACKNOWLEDGEMENT, values, outbound=f"O{row.id}", why="not asked for")
        found = transaction.connection.execute(query).one()
    return found


def _address(party: InterchangeParty) -> str:
    return f"{party.id}:{party.qualifier}" if party.qualifier else party.id
