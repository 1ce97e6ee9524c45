"""Answers to what a document says: an APERAK, or a UBL ApplicationResponse, where the agreement asks for them.

They speak of content: what syntax says is CONTRL's business (P22). One answer per message at most, never for an acknowledgement or an
answer (P20, P21), and never to somebody whose identity was not proven (P40). It is an outbound transmission like any other: stored
in the transaction that records the message, queued, retried.

Rule: only what is wrong with the partner's data is answered with a no. What our own mappings or files cannot do waits for the operator.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Final

from edi.engine.acknowledge import numbering, only_channel
from edi.engine.content import Document, Written
from edi.engine.context import Context
from edi.engine.kinds import ACKNOWLEDGEMENTS
from edi.engine.moves import create
from edi.engine.output_check import check_output
from edi.engine.outputs import columns
from edi.engine.plan import MessagePlan, Output
from edi.engine.reading import EdifactContent
from edi.engine.seal import seal
from edi.engine.states import Machine
from edi.errors import ConfigError
from edi.findings import Finding, Location, has_errors
from edi.formats.edifact import aperak
from edi.formats.edifact.aperak import Aperak, ApplicationError, Reference
from edi.formats.edifact.writer import write_segments
from edi.store import work
from edi.store.dialect import select_where
from edi.store.store import Transaction
from edi.store.tables import outbound
from edi.workspace.model import Agreement, Partner

UNANSWERED: Final = ACKNOWLEDGEMENTS | {"application_response"}
RESPONSE_MAPPING: Final = "ubl-application-response"
"""The mapping that writes our ApplicationResponse; a workspace may have its own of that name."""
PEPPOL: Final = ("urn:fdc:peppol.eu:poacc:trns:mlr:3", "urn:fdc:peppol.eu:poacc:bis:mlr:3")
"""CustomizationID and ProfileID of Peppol's message level response, for what came under Peppol's rules."""
SYNTAX_VIOLATION, BUSINESS_RULE_VIOLATION = "SV", "BV"
"""OpenPEPPOL's codes why a document was refused: its schema, or a rule that makes it unusable."""
REFERENCE_QUALIFIERS: Final = {
    "order": "ON", "order_change": "ON", "order_response": "POR", "despatch_advice": "AAK", "receiving_advice": "ALO", "invoice": "IV",
    "credit_note": "CD", "price_catalogue": "PL",
}  # fmt: skip
"""1153 for the number of the document that is answered; ACW, the reference of the message, stands beside it."""
ERROR_CODES: Final = {"document.missing_field": "13", "document.empty": "13", "document.null": "13", "business.duplicate_document": "26"}
"""9321: as 0085 numbers them, missing and duplicate; all others are an invalid value."""
INVALID_VALUE: Final = "12"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What is answered, to whom, and how."""

    plan: MessagePlan
    partner: Partner
    agreement: Agreement
    faults: tuple[Finding, ...]
    kind: str
    """aperak | application_response."""
    effect: str
    """`M5|aperak`: unique, so that it is given once."""


def owe_answer(
    context: Context, transaction: Transaction, transmission_id: int, message_id: int, plan: MessagePlan, *, state: str, reason: str | None
) -> int | None:
    """The outbound transmission that carries our answer; None if none is owed, or it was given before."""
    partner, message = context.partner(plan.partner), plan.message
    if partner is None or message.kind in UNANSWERED or message.kind is None or message.syntax == "json":
        return None
    agreement = plan.agreement or partner.agreement(message.kind, "in", message.type) or partner.agreement(message.kind, "in")
    kind = "aperak" if message.syntax == "edifact" else "application_response"
    if agreement is None or not _is_wanted(agreement, kind):
        return None
    faults = _faults(plan, agreement, state=state, reason=reason)
    if not faults and not (state == "routed" and kind == "aperak" and agreement.acknowledge.aperak == "always"):
        return None
    effect = f"M{message_id}|{kind}"
    if select_where(transaction.connection, outbound, {"effect": effect}, "id").first():
        return None
    answer = _Answer(plan=plan, partner=partner, agreement=agreement, faults=faults, kind=kind, effect=effect)
    try:
        return _give(context, transaction, transmission_id, answer)
    except ConfigError as error:
        transaction.audit(f"M{message_id}", "answer_not_sent", why=error.message)
        return None


def _is_wanted(agreement: Agreement, kind: str) -> bool:
    asked = agreement.acknowledge.aperak if kind == "aperak" else agreement.acknowledge.response
    return asked in {"always", "on_error"}


def _faults(plan: MessagePlan, agreement: Agreement, *, state: str, reason: str | None) -> tuple[Finding, ...]:
    """What is wrong with the partner's data; empty if nothing is, or if it cannot be told from our own troubles."""
    errors = tuple(finding for finding in plan.findings if finding.is_error)
    if any(finding.code.startswith("origin.") for finding in errors):
        return ()
    if state == "conflict" and agreement.duplicates.document == "reject":
        return (Finding(code="business.duplicate_document", text=reason or "the number was used before", where=Location()),)
    if state == "held" and plan.state == "routed" and agreement.duplicates.original == "reject":
        return (Finding(code="business.unknown_original", text=reason or "what it replaces never came", where=Location()),)
    if state == "invalid" and plan.message.syntax == "ubl":
        return errors
    return tuple(finding for finding in errors if finding.code.startswith("document.")) if state == "map_failed" else ()


def _give(context: Context, transaction: Transaction, transmission_id: int, answer: _Answer) -> int:
    """Written, checked as if we had received it, sealed and queued. Raises ConfigError where that is not possible."""
    partner, plan = answer.partner, answer.plan
    channel = answer.agreement.channel or only_channel(context, partner)
    if channel is None:
        raise ConfigError(f"{partner.name} has no single outbound channel, and the agreement names none")
    number = transaction.number(f"answer {context.workspace.us.name}>{partner.name}", first=1, last=99_999_999_999_999)
    envelope = numbering(partner, answer.agreement)
    if answer.kind == "aperak":
        written = _aperak(transaction, answer, str(number))
        found = check_output(context, written, agreement=envelope, partner=partner, now=transaction.time)
    else:
        written = _response(context, transaction, answer, str(number))
        found = check_output(context, written, agreement=None, partner=partner, now=transaction.time)
    if has_errors(found):
        raise ConfigError(f"our own answer would not be right: {next(one for one in found if one.is_error).text}")
    carried: dict[str, object] = {"kind": answer.kind, "number": plan.number or ""}
    sealing = MessagePlan(message=plan.message, state="routed", partner=plan.partner, test=plan.test, document=carried)
    output = Output(position=0, channel=channel, mapping="", written=written, partner=partner.name, agreement=envelope)
    values = {
        "identity": uuid.uuid4().hex,
        "effect": answer.effect,
        "transmission_id": transmission_id,
        "channel": channel,
        "partner": partner.name,
        "kind": answer.kind,
        "number": plan.number,
        "test": plan.test,
        "body_sha256": hashlib.sha256(written.canonical).hexdigest(),
        "state": "ready",
        **columns(transaction, seal(context, transaction, sealing, output)),
    }
    says = "rejected" if answer.faults else "accepted"
    outbound_id = create(transaction, Machine.OUTBOUND, values, channel=channel, answers=answer.effect.partition("|")[0], says=says)
    work.add(transaction.connection, "deliver", outbound_id, lane=channel, due=transaction.now)
    return outbound_id


# -- APERAK -----------------------------------------------------------------------------------------------------------


def _aperak(transaction: Transaction, answer: _Answer, number: str) -> Written:
    plan, faults = answer.plan, answer.faults
    content = plan.message.content
    assert isinstance(content, EdifactContent), "an EDIFACT message"
    identifier = content.message.identifier
    references = [Reference("ACW", plan.message.reference or "")]
    if plan.number:
        references.insert(0, Reference(REFERENCE_QUALIFIERS.get(str(plan.document_kind), "ACE"), plan.number))
    buyer, seller = (_gln(plan.document, role) for role in ("buyer", "seller"))
    report = Aperak(
        number=number,
        accepted=not faults,
        references=tuple(references),
        errors=tuple(_application_error(plan.document, finding) for finding in faults),
        buyer=buyer,
        supplier=seller,
    )
    version = answer.agreement.acknowledge.aperak_version or f"{identifier.version}:{identifier.release}:UN"
    segments = aperak.write(report, prepared=transaction.time)
    canonical = write_segments(segments, encoding="utf-8")
    return Written(
        syntax="edifact", type=f"APERAK:{version}", body=segments, canonical=canonical, content_type="application/edifact", suffix=".edi"
    )


def _gln(found: Document | None, role: str) -> str:
    party = found.get(role) if found else None
    gln = party.get("gln") if isinstance(party, dict) else None
    return gln if isinstance(gln, str) else ""


def _application_error(found: Document | None, finding: Finding) -> ApplicationError:
    line = _line_id(found, finding)
    place = f"{finding.where.path}: " if finding.where.path else ""
    references = (Reference("LI", line),) if line else ()
    return ApplicationError(code=ERROR_CODES.get(finding.code, INVALID_VALUE), text=place + finding.text, references=references)


def _line_id(found: Document | None, finding: Finding) -> str:
    """The number of the line that a finding is about, as the document names it."""
    head, _, rest = (finding.where.path or "").partition("[")
    index = rest.partition("]")[0]
    lines = found.get("lines") if found and head == "lines" and index.isdecimal() else None
    line = lines[int(index)] if isinstance(lines, list) and int(index) < len(lines) else None
    return str(line.get("id") or "") if isinstance(line, dict) else ""


# -- ApplicationResponse ----------------------------------------------------------------------------------------------


def _response(context: Context, transaction: Transaction, answer: _Answer, number: str) -> Written:
    """As Peppol's message level response has it: refused as a whole, one line per fault with its place and code."""
    plan, partner = answer.plan, answer.partner
    document: dict[str, object] = {
        "kind": "application_response",
        "number": number,
        "issue_date": transaction.time.date().isoformat(),
        "sender": _party(context.workspace.us),
        "receiver": _party(partner),
        "response": "rejected",
        "document": {"number": plan.number or "NA"},
        "lines": [_answered_line(finding) for finding in answer.faults],
    }
    if "peppol" in str(getattr(plan.message.content, "customization", "")):
        document |= {"specification": PEPPOL[0], "profile": PEPPOL[1]}
    outcome = context.translator.write(RESPONSE_MAPPING, document, message_type=None, partner=partner.name)
    if outcome.value is None:
        raise ConfigError(f"mapping {RESPONSE_MAPPING!r} could not write our answer: {outcome.findings[0].text}")
    return outcome.value


def _answered_line(finding: Finding) -> dict[str, object]:
    code = SYNTAX_VIOLATION if finding.code.startswith(("xml.", "sbdh.")) or finding.code in SCHEMA_FINDINGS else BUSINESS_RULE_VIOLATION
    return {"id": finding.where.path or "NA", "response": "RE", "reasons": [{"code": code, "text": finding.text}]}


SCHEMA_FINDINGS: Final = frozenset(
    f"ubl.{name}"
    for name in (
        "schema", "element_unknown", "element_missing", "element_unexpected", "element_repeated", "element_misplaced", "attribute_unknown",
        "attribute_missing", "text_unexpected", "unsupported_type",
    )
)  # fmt: skip


def _party(partner: Partner) -> dict[str, object]:
    """A partner as its file names it."""
    found: dict[str, object] = {"name": partner.title}
    gln, vat, peppol = (partner.id_of(kind) for kind in ("gln", "vat", "peppol"))
    if gln is not None:
        found["gln"] = gln.value
    if vat is not None:
        found["vat_id"] = vat.value
    if peppol is not None:
        scheme, _, value = peppol.value.partition(":")
        found["endpoint"] = {"scheme": scheme, "value": value}
    return found
