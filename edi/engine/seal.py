"""An output in its envelope: control references taken in the transaction, clock and parties as arguments; same input, same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from edi.engine.content import Written
from edi.engine.context import Context
from edi.engine.plan import MessagePlan, Output
from edi.errors import ConfigError
from edi.formats.edifact.charset import Policy
from edi.formats.edifact.envelope import InterchangeParty, MessageIdentifier
from edi.formats.edifact.syntax import LEVEL_A, Delimiters, Segment
from edi.formats.edifact.writer import EnvelopeValues, GroupValues, OutMessage, write_interchange
from edi.store.payloads import Packed, pack
from edi.store.store import Transaction
from edi.workspace.model import Agreement, EnvelopeParty, NumberRange, Partner
from edi.workspace.workspace import Workspace

FIRST_MESSAGE = "1"
"""0062 of the only message, where an agreement counts messages per interchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What leaves the house: bytes and everything said about them."""

    payload: Packed
    filename: str
    content_type: str
    attributes: Mapping[str, str]
    sender: str | None = None
    recipient: str | None = None
    control_reference: str | None = None
    message_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Numbers for one interchange."""

    interchange: str
    message: str


def seal(context: Context, transaction: Transaction, plan: MessagePlan, output: Output) -> Sealed:
    """The output as it will be sent."""
    written = output.written
    if written.syntax != "edifact":
        assert isinstance(written.body, bytes), "every syntax but EDIFACT is written whole"
        return _sealed(context, plan, output, output.whole or pack(written.body))
    agreement, partner = output.agreement, context.partner(output.partner)
    assert agreement is not None, "planning refuses EDIFACT without an agreement"
    assert partner is not None, "an agreement has a partner"
    sender, recipient = parties(context.workspace, agreement, partner)
    references = take(transaction, agreement, sender, recipient)
    envelope = envelope_values(agreement, partner, sender, recipient, references, transaction.time, test=plan.test)
    messages = [out_message(written, envelope, references, group=agreement.envelope.group)]
    payload = write_interchange(envelope, messages, policy=Policy(agreement.characters))
    return _sealed(context, plan, output, pack(payload), envelope=envelope, references=references)


def parties(workspace: Workspace, agreement: Agreement, partner: Partner) -> tuple[InterchangeParty, InterchangeParty]:
    """Sender and recipient of UNB: as agreed, otherwise each side's own `unb` id. Raises ConfigError if one has none."""
    return _party(agreement.envelope.sender, workspace.us), _party(agreement.envelope.recipient, partner)


def _party(agreed: EnvelopeParty | None, partner: Partner) -> InterchangeParty:
    if agreed is not None:
        return InterchangeParty(agreed.id, agreed.qualifier, agreed.address)
    own = partner.id_of("unb")
    if own is None:
        raise ConfigError(
            f"partner {partner.name!r} has no `unb` id for an interchange",
            hint="add one to its ids, or name it in the agreement's envelope",
        )
    return InterchangeParty(own.value, own.qualifier, own.address)


def take(transaction: Transaction, agreement: Agreement, sender: InterchangeParty, recipient: InterchangeParty) -> References:
    """The next control references per sender and recipient (P18)."""
    pair = f"{sender.id}:{sender.qualifier}>{recipient.id}:{recipient.qualifier}"
    numbers = agreement.numbers
    interchange = _number(transaction, f"interchange {pair}", numbers.interchange)
    if numbers.message == "per_interchange":
        return References(interchange=interchange, message=FIRST_MESSAGE)
    return References(interchange=interchange, message=_number(transaction, f"message {pair}", numbers.message))


def _number(transaction: Transaction, name: str, number_range: NumberRange) -> str:
    number = transaction.number(name, first=number_range.first, last=number_range.last)
    return str(number).zfill(number_range.width)


def envelope_values(
    agreement: Agreement,
    partner: Partner,
    sender: InterchangeParty,
    recipient: InterchangeParty,
    references: References,
    moment: datetime,
    *,
    test: bool,
) -> EnvelopeValues:
    """UNA, UNB and UNZ as the partner wants them; S004 shows the partner's own time."""
    agreed = agreement.envelope
    identifier, _, version = agreed.syntax.partition(":")
    return EnvelopeValues(
        sender=sender,
        recipient=recipient,
        control_reference=references.interchange,
        prepared=moment.astimezone(ZoneInfo(partner.timezone)),
        syntax_identifier=identifier,
        syntax_version=version,
        application_reference=agreed.application_reference,
        password=agreed.recipient_reference,
        priority=agreed.priority,
        acknowledgement_request="1" if agreed.request_acknowledgement else "",
        agreement_id=agreed.agreement_id,
        test=test,
        delimiters=Delimiters.from_una("UNA" + agreed.delimiters) if agreed.delimiters else LEVEL_A,
        una=agreed.una,
        line_end="\r\n" if agreed.lines else "",
    )


def out_message(written: Written, envelope: EnvelopeValues, references: References, *, group: bool) -> OutMessage:
    """The message as the writer takes it, in a functional group of its own if that is agreed."""
    identifier = MessageIdentifier.from_text(written.type)
    values = GroupValues(
        reference=references.interchange,
        message_type=identifier.type,
        sender=envelope.sender,
        recipient=envelope.recipient,
        prepared=envelope.prepared,
        agency=identifier.agency or "UN",
        version=identifier.version,
        release=identifier.release,
        association=identifier.association,
    )
    # `Written.body` of an EDIFACT output holds segments; the type says `object` because each syntax has its own.
    segments = cast("Sequence[Segment]", written.body)
    return OutMessage(reference=references.message, identifier=identifier, segments=segments, group=values if group else None)


def _sealed(
    context: Context,
    plan: MessagePlan,
    output: Output,
    payload: Packed,
    *,
    envelope: EnvelopeValues | None = None,
    references: References | None = None,
) -> Sealed:
    sender = plan.partner if output.partner is None else context.workspace.us.name
    attributes = {
        "sender": sender or context.workspace.us.name,
        "recipient": output.partner or context.workspace.us.name,
        "kind": str(plan.document_kind),
        "type": output.written.type.partition(":")[0],
        "number": plan.number or "",
        "ref": references.interchange if references else plan.number or "",
    }
    stem = "_".join(part for part in (attributes["kind"], attributes["sender"], attributes["ref"]) if part)
    return Sealed(
        payload=payload,
        filename=stem + output.written.suffix,
        content_type=output.written.content_type,
        attributes={name: value for name, value in attributes.items() if value},
        sender=_address(envelope.sender) if envelope else None,
        recipient=_address(envelope.recipient) if envelope else None,
        control_reference=references.interchange if references else None,
        message_reference=references.message if references else None,
    )


def _address(party: InterchangeParty) -> str:
    """As the store writes it: `id:qualifier`."""
    return f"{party.id}:{party.qualifier}" if party.qualifier else party.id
