"""The tables: one row per noun of the house, and nothing that could be derived.

Rule 1: a state column changes only together with an audit event, in one transaction (`edi.engine.moves`).
Rule 2: moments are text, ISO 8601 in UTC to the microsecond: they sort as text, look alike in every database and hash alike.
Rule 3: what must happen once has a unique column for it; the INSERT is the claim, nobody looks first and writes later.

People name rows by a letter and the number: T12 inbound transmission, I3 interchange, M5 message, D5 document, O7 outbound
transmission, A2 acknowledgement expected.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)
"""Ours alone: a host application's SQLModel tables never get into our migrations."""


class Row(SQLModel):
    """What all our tables share: the metadata."""

    metadata = METADATA


class Payload(Row, table=True):
    """Exact bytes, written once, named by their SHA-256."""

    id: int | None = Field(default=None, primary_key=True)
    """A rowid of its own, so that large rows stay out of the index (WITHOUT ROWID measured a third slower)."""
    sha256: str = Field(unique=True)
    size: int
    """Bytes before compression."""
    encoding: str
    """raw | zstd | file: it lies under `payloads/` of the store folder | parts: in rows of its own | deleted: retention took it."""
    data: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    kept: str
    counted_from: str | None = None
    """Retention's shortest period counts from here: what must be kept longer counts from later. None: it is deleted."""


class PayloadPart(Row, table=True):
    """A piece of a large payload, on a database that several hosts share."""

    __tablename__ = "payload_part"

    sha256: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    """From 1."""
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Transmission(Row, table=True):
    """One inbound exchange of bytes through a channel."""

    __table_args__ = (UniqueConstraint("channel", "transport_id"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    transport_id: str = Field(sa_type=Text)
    """The claim: unique per channel."""
    filename: str = Field(sa_type=Text)
    partner: str | None = None
    """The authenticated partner of the channel; None if the channel serves several."""
    payload_sha256: str = Field(index=True)
    size: int
    state: str
    format: str | None = None
    confirmation: str
    """owed | sent | given_up: whether the other side was told that it may forget the bytes; given up: never taken, it stays where it is."""
    response_sha256: str | None = None
    """What was answered at once, byte for byte (an MDN): every copy gets the same."""
    envelope_sha256: str | None = None
    """What it came in, where that is more than itself: the mail around an attachment."""
    received: str
    processed: str | None = None
    released: bool = False
    """The operator looked at what held it back and let it go on."""
    findings: str = Field(default="[]", sa_type=Text)
    fingerprint: str | None = None
    """Groups failures of one cause."""
    duplicate_of: int | None = None
    reason: str | None = Field(default=None, sa_type=Text)
    """Why it is held, in one sentence."""


class Interchange(Row, table=True):
    """One UNB..UNZ, one UBL document with its envelope, one JSON document."""

    id: int | None = Field(default=None, primary_key=True)
    transmission_id: int = Field(index=True)
    position: int
    """From 1, in the transmission."""
    syntax: str
    """edifact | ubl | json."""
    sender: str | None = None
    """`id:qualifier` as the envelope says it."""
    recipient: str | None = None
    control_reference: str | None = Field(default=None, index=True)
    """0020."""
    test: bool = False
    prepared: str | None = None
    state: str
    payload_sha256: str
    """Of the interchange's own bytes; the transmission's if it holds one interchange."""
    identity: str | None = Field(default=None, unique=True)
    """Sender, recipient, 0020 and test flag of the first accepted one; NULL for all others."""
    duplicate_of: int | None = None
    findings: str = Field(default="[]", sa_type=Text)


class Message(Row, table=True):
    """One UNH..UNT, one UBL document, one JSON document, and how far it came."""

    id: int | None = Field(default=None, primary_key=True)
    interchange_id: int = Field(index=True)
    transmission_id: int = Field(index=True)
    position: int
    """From 1, in the interchange."""
    reference: str | None = None
    """0062."""
    type: str
    """`ORDERS:D:96A:UN:EAN008`, `Invoice-2.1`, `json`."""
    kind: str | None = None
    """The document kind it was routed as."""
    channel: str | None = None
    """Its transmission's, so that one index answers what people ask of both."""
    partner: str | None = None
    test: bool = False
    state: str
    route: str | None = None
    number: str | None = Field(default=None, index=True)
    """The business number, as soon as it is known."""
    document_id: int | None = None
    answer_due: str | None = None
    """By when our own house owes the business answer; None: it owes none, or it answered."""
    received: str
    changed: str
    findings: str = Field(default="[]", sa_type=Text)
    unmapped: str = Field(default="[]", sa_type=Text)
    """What was read and found no place in the document."""
    fingerprint: str | None = None
    reason: str | None = Field(default=None, sa_type=Text)


class Document(Row, table=True):
    """The canonical document a message was read into; a replay makes a new one."""

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(index=True)
    kind: str
    number: str | None = Field(default=None, index=True)
    issuer: str | None = None
    function: str | None = None
    issued: str | None = None
    payload_sha256: str
    identity: str | None = Field(default=None, unique=True)
    """Kind, number, issuer and function of the one that had an effect; NULL for all others."""
    mapping: str
    """The reading mapping and the hash of its text."""
    made: str


class Outbound(Row, table=True):
    """One outbound transmission: identity, name and bytes are fixed before the first byte leaves."""

    __table_args__ = (
        Index("ix_outbound_thread", "thread", sqlite_where=text("thread IS NOT NULL"), postgresql_where=text("thread IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    identity: str = Field(unique=True)
    effect: str | None = Field(default=None, unique=True)
    """Message, route and output it stands for, of the one that counts; a second one cannot be made by accident."""
    transmission_id: int | None = Field(default=None, index=True)
    """The inbound transmission it answers or comes from."""
    message_id: int | None = Field(default=None, index=True)
    document_id: int | None = None
    resubmit_of: int | None = None
    channel: str
    partner: str | None = None
    kind: str
    """Document kind, or `contrl`."""
    number: str | None = Field(default=None, index=True)
    route: str | None = None
    mapping: str | None = None
    thread: str | None = Field(default=None, sa_type=Text)
    """What it must not overtake: channel, partner and order number, where an agreement asks for order (`edi.engine.threads`)."""
    test: bool = False
    filename: str = Field(sa_type=Text)
    content_type: str
    attributes: str = Field(default="{}", sa_type=Text)
    payload_sha256: str = Field(index=True)
    wire_sha256: str | None = None
    """What really travels, where that is not the payload: signed and encrypted once, before the first attempt."""
    body_sha256: str
    """Of the content without envelope, numbers and times: equal for equal documents."""
    size: int
    sender: str | None = None
    recipient: str | None = None
    control_reference: str | None = Field(default=None, index=True)
    message_reference: str | None = None
    state: str
    attempts: int = 0
    due: str | None = None
    made: str
    since: str
    """Patience counts from here: when it was made, or when the operator asked to send it again."""
    sent: str | None = None
    remote_name: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    findings: str = Field(default="[]", sa_type=Text)
    """What the partner's acknowledgement said about it."""
    fingerprint: str | None = None


class Attempt(Row, table=True):
    """One try to send; its row is there before the first byte leaves."""

    __table_args__ = (UniqueConstraint("outbound_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    outbound_id: int
    number: int
    """From 1."""
    started: str
    finished: str | None = None
    outcome: str | None = None
    """arrived | temporary | refused | unknown; None while in flight."""
    note: str | None = Field(default=None, sa_type=Text)
    response_sha256: str | None = None


class AcknowledgementExpected(Row, table=True):
    """What a partner owes us for something we sent."""

    __tablename__ = "acknowledgement_expected"
    __table_args__ = (UniqueConstraint("outbound_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    outbound_id: int
    partner: str | None = None
    level: str
    """receipt | functional | application."""
    kind: str
    """contrl | aperak | mdn | order_response | application_response."""
    state: str
    deadline: str = Field(index=True)
    settled: str | None = None
    message_id: int | None = None
    """The message that settled it."""


class Work(Row, table=True):
    """Something to do, at least once; who does it proves with the fence that it may still write the result."""

    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index("ix_work_kind_due", "kind", "due"))

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    """process | deliver."""
    subject_id: int
    lane: str
    """What must not be slowed by others: the channel."""
    due: str
    leased_by: str | None = None
    leased_until: str | None = None
    fence: int = 0


class Lease(Row, table=True):
    """Something that exactly one of several hosts does at a time: `poll acme-in`."""

    name: str = Field(primary_key=True, sa_type=Text)
    owner: str | None = None
    until: str | None = None
    """Renewed while the owner lives; after that it is anybody's."""
    fence: int = 0
    used: str | None = None
    """When it was done last: a schedule counts from here, whichever host it was."""


class AuditEvent(Row, table=True):
    """Who did what to which row; each entry holds the hash of the one before."""

    __tablename__ = "audit_event"

    seq: int = Field(primary_key=True)
    at: str
    actor: str
    subject: str = Field(index=True)
    event: str
    detail: str = Field(sa_type=Text)
    previous: str
    hash: str


class AuditBlock(Row, table=True):
    """The root over 1,024 entries of the audit trail: saves making it again."""

    __tablename__ = "audit_block"

    block: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """From 0."""
    hash: str


class NumberRange(Row, table=True):
    """The last control reference given out, per sender and recipient."""

    __tablename__ = "number_range"

    name: str = Field(primary_key=True)
    last: int = Field(sa_type=BigInteger)
    rounds: int = 0
    """How often the range began again."""


class Command(Row, table=True):
    """An operator's act, by its idempotency key: pressed twice is done once."""

    key: str = Field(primary_key=True)
    verb: str
    subject: str
    actor: str
    reason: str | None = Field(default=None, sa_type=Text)
    at: str
    result: str = Field(sa_type=Text)


class Circuit(Row, table=True):
    """Whether a channel's other side answers."""

    channel: str = Field(primary_key=True)
    state: str
    """closed | open | half_open."""
    failures: int = 0
    """Transport errors in a row."""
    probe: str | None = None
    """When to try again, while open."""
    note: str | None = Field(default=None, sa_type=Text)


class Fact(Row, table=True):
    """Single facts about the store itself: `hold` (nothing leaves), `head` (the audit head last seen outside)."""

    name: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)


def table(model: type[Row]) -> Table:
    """The Core table behind a model, for the hot path."""
    found = model.__table__  # type: ignore[attr-defined]  # SQLModel declares it only at run time
    assert isinstance(found, Table)
    return found


payload = table(Payload)
payload_part = table(PayloadPart)
transmission = table(Transmission)
interchange = table(Interchange)
message = table(Message)
document = table(Document)
outbound = table(Outbound)
attempt = table(Attempt)
acknowledgement_expected = table(AcknowledgementExpected)
work = table(Work)
lease = table(Lease)
audit_event = table(AuditEvent)
audit_block = table(AuditBlock)
number_range = table(NumberRange)
command = table(Command)
circuit = table(Circuit)
fact = table(Fact)
