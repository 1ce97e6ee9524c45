"""What the operator's files say, as values: partners with agreements, channels, routes.

This file holds shapes only. What must fit between files is checked in `checks`, reading is `loader`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Protocol, Self, runtime_checkable

from pydantic import BaseModel, Field, StringConstraints, model_validator

from edi.workspace.agreement import (
    Acknowledge,
    Agreement,
    Batch,
    Direction,
    Duplicates,
    Envelope,
    EnvelopeParty,
    Expect,
    NumberRange,
    Numbers,
    Status,
)
from edi.workspace.calendar import Calendar
from edi.workspace.notices import Topic
from edi.workspace.people import User
from edi.workspace.secrets import Secret, SecretReader, SecretReference
from edi.workspace.values import Address, Duration, Flag, Frozen, KindName, MappingName, Name, Schedule, Text, TimeZone, Whole

__all__ = [
    "Acknowledge",
    "Agreement",
    "Batch",
    "Calendar",
    "Certificate",
    "ChannelFile",
    "Contact",
    "Direction",
    "Duplicates",
    "Duration",
    "Envelope",
    "EnvelopeParty",
    "Expect",
    "Flag",
    "Frozen",
    "Identity",
    "KindName",
    "Name",
    "NumberRange",
    "Numbers",
    "Partner",
    "Retry",
    "Risk",
    "Route",
    "RouteFrom",
    "RouteTo",
    "Routes",
    "Schedule",
    "Secret",
    "SecretReader",
    "SecretReference",
    "Status",
    "Text",
    "User",
    "Whole",
]

IDENTITY_KINDS: Final = ("gln", "unb", "as2", "vat", "peppol", "email", "duns", "registration", "number")
"""`number` is the one the other side gave them or us, e.g. a supplier number."""


class Identity(Frozen):
    """One id of a partner, written `{unb: '4054321000009', qualifier: '14'}`."""

    kind: Literal["gln", "unb", "as2", "vat", "peppol", "email", "duns", "registration", "number"]
    value: Text
    qualifier: Annotated[str, StringConstraints(max_length=4)] = ""
    """UNB only: 0007."""
    address: Annotated[str, StringConstraints(max_length=35)] = ""
    """UNB only: 0008 or 0014, where the partner tells its departments apart by it."""

    @model_validator(mode="before")
    @classmethod
    def _kind_is_the_key(cls, value: object) -> object:
        if not isinstance(value, Mapping) or "kind" in value:
            return value
        kinds = [key for key in value if key in IDENTITY_KINDS]
        if len(kinds) != 1:
            raise ValueError("an id names one of " + ", ".join(IDENTITY_KINDS))
        return {"kind": kinds[0], "value": value[kinds[0]]} | {key: value[key] for key in value if key != kinds[0]}

    @model_validator(mode="after")
    def _shape(self) -> Self:
        if self.kind != "unb" and (self.qualifier or self.address):
            raise ValueError("qualifier and address belong to a unb id")
        if self.kind == "gln" and not _is_gln(self.value):
            raise ValueError(f"the GLN {self.value!r} has not 13 digits with a right check digit")
        if self.kind == "peppol" and (":" not in self.value or not self.value.split(":", 1)[0].isdigit()):
            raise ValueError(f"the Peppol id {self.value!r} has no scheme; write e.g. '0088:4054321000009'")
        if self.kind == "email" and "@" not in self.value:
            raise ValueError(f"{self.value!r} is no mail address")
        return self


def _is_gln(value: str) -> bool:
    if len(value) != 13 or not (value.isascii() and value.isdigit()):
        return False
    return sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(value)) % 10 == 0


class Contact(Frozen):
    """A person or desk, and what they are told by mail."""

    name: Text
    email: Address | None = None
    phone: Text | None = None
    notify: tuple[Topic, ...] = ()


class Certificate(Frozen):
    """A certificate, the partner's or (with its key) our own."""

    use: tuple[Literal["sign", "encrypt", "tls"], ...] = Field(min_length=1)
    file: Text
    """PEM or DER, relative to the workspace."""
    key: SecretReference | None = None
    passphrase: SecretReference | None = None


class Partner(Frozen):
    """partners/<name>.yaml: who they are, and what was agreed. Our own file has no agreements."""

    name: Name = Field(alias="partner")
    title: Text = Field(alias="name")
    status: Status = "test"
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "en"
    timezone: TimeZone = "UTC"
    calendar: Calendar = Calendar()
    """Left out: every day, around the clock."""
    ids: tuple[Identity, ...] = ()
    contacts: tuple[Contact, ...] = ()
    users: tuple[User, ...] = ()
    """Who may sign in to the status page."""
    certificates: tuple[Certificate, ...] = ()
    agreements: tuple[Agreement, ...] = ()

    def id_of(self, kind: str) -> Identity | None:
        """Its first id of a kind; None if it has none."""
        return next((identity for identity in self.ids if identity.kind == kind), None)

    def is_called(self, kind: str, value: str, qualifier: str = "") -> bool:
        """True if one of its ids is this one; a unb id without a qualifier fits any."""
        return any(_same(identity, kind, value, qualifier) for identity in self.ids)

    def agreement(self, kind: str, direction: Direction, message: str | None = None) -> Agreement | None:
        """What was agreed for a kind; with several messages agreed the one named; None if there is none."""
        fitting = [one for one in self.agreements if one.kind == kind and one.direction == direction]
        if message is None:
            return fitting[0] if fitting else None
        return next((one for one in fitting if one.message == message), None)

    def status_of(self, agreement: Agreement) -> Status:
        """The agreement's own status, as far as the partner's allows: nothing of a suspended partner is live."""
        weights: tuple[Status, ...] = ("suspended", "test", "live")
        return min(self.status, agreement.status or self.status, key=weights.index)


def _same(identity: Identity, kind: str, value: str, qualifier: str) -> bool:
    if identity.kind != kind:
        return False
    if kind == "email":
        return identity.value.casefold() == value.casefold()
    return identity.value == value and (kind != "unb" or not identity.qualifier or identity.qualifier == qualifier)


class Retry(Frozen):
    """How long to go on; what is left out stays as the engine's own table."""

    first: Duration | None = None
    longest: Duration | None = None
    give_up_after: Duration | None = None


class Risk(Frozen):
    """Something a channel's settings switch off that protects; refused unless `i_accept_risk` names it with a reason."""

    name: str
    """What stands in `i_accept_risk`, e.g. `no_host_key`."""
    field: str
    """The key it comes from."""
    text: str
    """One sentence: what may happen."""


@runtime_checkable
class Placed(Protocol):
    """Settings that know the one place they use, so that two channels cannot share it (Y13)."""

    def place(self) -> str: ...


@runtime_checkable
class Risky(Protocol):
    """Settings that know their risks (Y18)."""

    def risks(self) -> tuple[Risk, ...]: ...


class ChannelCommon(Frozen):
    """The keys every channel file may have; all others are its kind's."""

    name: Name = Field(alias="channel")
    kind: Name
    direction: Literal["in", "out", "both"]
    partner: Name | None = None
    """Who is at the other end; None: our own house, e.g. the ERP."""
    speaks_for: tuple[Name, ...] = ()
    """In: partners whose documents may come through it, e.g. of a clearing centre; none named: `partner` alone (P40)."""
    status: Status = "live"
    """`test` carries only test documents (P38), `suspended` nothing."""
    schedule: Schedule | None = None
    """None: the kind's own, e.g. when told by the system."""
    silent_after: Duration | None = None
    """In: tell somebody when nothing came through it for so long, in the partner's working hours."""
    retry: Retry = Retry()
    i_accept_risk: dict[str, Text] = Field(default_factory=dict)
    """Risk name to the reason why it is taken."""


class ChannelFile(ChannelCommon):
    """channels/<name>.yaml, its kind's own settings checked by the kind's model."""

    settings: BaseModel

    @property
    def partners(self) -> frozenset[str]:
        """Whose documents may come through it; empty for our own house."""
        return frozenset(self.speaks_for or ([self.partner] if self.partner else []))


class RouteFrom(Frozen):
    """Conditions; one left out fits everything."""

    partner: Name | None = None
    """Always the other side: the sender of what comes in, the recipient of what the ERP hands over."""
    channel: Name | None = None
    kind: KindName | None = None
    message: Text | None = None
    """An identifier such as ORDERS:D:96A:UN:EAN008, or its beginning: ORDERS:D."""
    test: Flag = False
    """A route takes either live documents or, with `test: true`, test documents; never both (P38)."""
    content: Text | None = None
    """An expression over the document."""


class RouteTo(Frozen):
    """One destination."""

    write: MappingName
    channel: Name
    when: Text | None = None
    """An expression over the document; None: always."""


class Route(Frozen):
    """One entry of routes.yaml."""

    name: Name = Field(alias="route")
    source: RouteFrom = Field(alias="from")
    read: MappingName
    to: tuple[RouteTo, ...] = Field(min_length=1)
    accept_loss: tuple[Text, ...] = ()
    """Canonical fields that may be lost on the way; `invoicee.*` means all below."""


class Routes(Frozen):
    """routes.yaml."""

    us: Name = "us"
    routes: tuple[Route, ...] = ()
