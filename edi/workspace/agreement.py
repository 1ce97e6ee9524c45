"""What was agreed with a partner for one kind of document in one direction."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edi.workspace.values import Duration, Flag, Frozen, KindName, Name, Text, TimeOfDay, Whole

Direction = Literal["in", "out"]
"""From our side: `in` is what we receive."""
Status = Literal["test", "live", "suspended"]
Answer = Literal["always", "on_error", "on_request", "never"]

_EDIFACT_MESSAGE = re.compile(r"[A-Z]{6}:[A-Z0-9]{1,3}:[A-Z0-9]{1,3}:[A-Z0-9]{1,2}(:[A-Za-z0-9._-]{1,6})?")
_UBL_MESSAGE = re.compile(r"[A-Z][A-Za-z]+:2\.[0-9]")
_JSON_MESSAGE = re.compile(r"json:[a-z_]+")
_SYNTAXES: Final = (("edifact", _EDIFACT_MESSAGE), ("ubl", _UBL_MESSAGE), ("json", _JSON_MESSAGE))


def syntax_of(message: str) -> Literal["edifact", "ubl", "json"] | None:
    """Which syntax an agreement's `message` names; None if none."""
    for syntax, shape in _SYNTAXES:
        if shape.fullmatch(message):
            return syntax  # type: ignore[return-value]  # the table's first column
    return None


def _check_message(message: str) -> str:
    if syntax_of(message) is None:
        raise ValueError(f"{message!r} names no message; write e.g. ORDERS:D:96A:UN:EAN008, Invoice:2.1 or json:order")
    return message


MessageName = Annotated[str, AfterValidator(_check_message)]


class Acknowledge(Frozen):
    """Which acknowledgements we owe for what we receive; a UBL ApplicationResponse is `response`."""

    contrl: Answer = "never"
    aperak: Answer = "never"
    response: Answer = "never"
    contrl_version: Annotated[str, StringConstraints(pattern=r"^(2:2|D:3|4:1)(:[A-Z]{1,2}(:[A-Za-z0-9]{1,6})?)?$")] | None = None
    """The CONTRL this partner wants, `D:3` or `D:3:UN:EAN002`; None: that of the syntax it sends in."""
    aperak_version: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}:[A-Z0-9]{1,3}:[A-Z]{1,3}(:[A-Za-z0-9]{1,6})?$")] | None = None
    """The APERAK this partner wants, `D:96A:UN:EAN002`; None: of the directory of what is answered."""
    within: Duration = timedelta(hours=2)
    """After that an order that our house has not answered (`response: always`) is overdue."""

    @model_validator(mode="after")
    def _only_contrl_is_requested(self) -> Self:
        if "on_request" in {self.aperak, self.response}:
            raise ValueError("only a CONTRL can be asked for in an envelope; aperak and response are always, on_error or never")
        return self


class Expect(Frozen):
    """How long we wait for an answer to what we sent before somebody is told; absent means not expected."""

    mdn: Duration | None = None
    contrl: Duration | None = None
    aperak: Duration | None = None
    response: Duration | None = None
    """The business answer: ORDRSP to an order, ApplicationResponse to an invoice."""

    def waits(self) -> dict[str, timedelta]:
        """The acknowledgements expected, by name."""
        return {name: wait for name in type(self).model_fields if (wait := getattr(self, name)) is not None}


class Duplicates(Frozen):
    """How long references are remembered, and what a document number seen before means."""

    window: Duration = timedelta(days=90)
    document: Literal["hold", "reject", "accept"] = "hold"
    original: Literal["accept", "hold", "reject"] = "accept"
    """Of a replacement or cancellation (1225 = 5 or 1) of a document that never came: it is held, and with `reject` answered too."""
    answer: Literal["never", "again"] = "never"
    """`again`: a duplicate interchange is answered with the bytes the first one was answered with."""


class EnvelopeParty(Frozen):
    """S002 or S003: identification 0004/0010, qualifier 0007, internal address 0008/0014."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=35)]
    qualifier: Annotated[str, StringConstraints(max_length=4)] = ""
    address: Annotated[str, StringConstraints(max_length=35)] = ""


class Envelope(Frozen):
    """UNB as this partner wants it; a party left out is taken from the ids with `unb`."""

    syntax: Annotated[str, StringConstraints(pattern=r"^UNO[A-Y]:[1-4]$")] = "UNOC:3"
    sender: EnvelopeParty | None = None
    recipient: EnvelopeParty | None = None
    una: Literal["always", "when_needed", "never"] = "always"
    """`when_needed`: only when the delimiters are not the standard's."""
    delimiters: Annotated[str, StringConstraints(min_length=6, max_length=6)] | None = None
    """The six characters behind UNA; None for `:+.? '`."""
    lines: Flag = False
    """True: a line end follows each segment."""
    group: Flag = False
    """True: messages travel in a functional group UNG/UNE."""
    application_reference: Annotated[str, StringConstraints(max_length=14)] = ""
    priority: Annotated[str, StringConstraints(max_length=1)] = ""
    request_acknowledgement: Flag = False
    """0031: the partner is asked for a CONTRL."""
    agreement_id: Annotated[str, StringConstraints(max_length=35)] = ""
    recipient_reference: Annotated[str, StringConstraints(max_length=14)] = ""


class NumberRange(Frozen):
    """References from one number to another; after the last comes the first again."""

    first: Whole = Field(default=1, alias="from", ge=0)
    last: Whole = Field(default=99_999_999_999_999, alias="to", ge=1, le=99_999_999_999_999)
    """0020 and 0062 hold 14 characters."""
    width: Whole = Field(default=0, ge=0, le=14)
    """Filled up with zeros to this length; 0: as short as it is."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"the range ends at {self.last} before it begins at {self.first}")
        return self


class Numbers(Frozen):
    """Where control references come from."""

    interchange: NumberRange = NumberRange()
    message: NumberRange | Literal["per_interchange"] = "per_interchange"
    """`per_interchange` counts from 1 in each."""


class Batch(Frozen):
    """When documents leave: at once, when so many wait or the oldest has waited so long, or at times of day."""

    count: Whole | None = Field(default=None, ge=1, le=100_000)
    or_after: Duration | None = None
    at: TimeOfDay | None = None

    @model_validator(mode="before")
    @classmethod
    def _now_is_no_batch(cls, value: object) -> object:
        if isinstance(value, str):
            if value != "now":
                raise ValueError(f"{value!r} is no way to batch; write now, {{count: 50, or_after: 15m}} or {{at: '18:00'}}")
            return {}
        return value

    @model_validator(mode="after")
    def _count_needs_a_limit(self) -> Self:
        if self.at is not None and (self.count is not None or self.or_after is not None):
            raise ValueError("a batch leaves either by count or at a time of day")
        if self.count is not None and self.or_after is None:
            raise ValueError("a batch by count needs or_after, or the last documents of a day would wait for ever")
        if self.or_after is not None and self.count is None:
            raise ValueError("or_after belongs to a count")
        return self

    @property
    def now(self) -> bool:
        """True if every document leaves by itself, at once."""
        return self.count is None and self.at is None


class Agreement(Frozen):
    """One row of a partner's `agreements`."""

    kind: KindName
    direction: Direction
    message: MessageName
    status: Status | None = None
    """None: as the partner."""
    guide: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")] | None = None
    """`acme/ORDERS` is schemas/edifact/guides/acme/ORDERS.yaml."""
    channel: Name | None = None
    """Where our acknowledgements of it go; None: the partner's one outbound channel."""
    acknowledge: Acknowledge = Acknowledge()
    expect: Expect = Expect()
    duplicates: Duplicates = Duplicates()
    tolerate: tuple[Text, ...] = ()
    """Deviations from the syntax that are warnings with this partner, by the reader's names."""
    characters: Literal["strict", "repair", "transliterate"] = "strict"
    """EDIFACT characters that the declared set lacks. Out: refused; or the next larger set is declared; or the nearest characters are
    written, each replaced one named in a finding. In: read as declared, or (both others) as what the bytes plainly are."""
    envelope: Envelope = Envelope()
    numbers: Numbers = Numbers()
    batch: Batch = Batch()
    in_order: Flag = False
    """True: documents of one thread leave in the order they came; one that is stuck holds those behind it."""
    customization: Text | None = None
    profile: Text | None = None
    """UBL CustomizationID and ProfileID where the document brings none."""
    rules: Literal["auto", "none"] | tuple[Text, ...] = "auto"
    """Which rule sets a UBL document must pass: those for its CustomizationID and ProfileID, none, or these."""
    oldest: Duration | None = None
    """In: an interchange prepared longer ago is refused; None: it may have any age."""
    silent_after: Duration | None = None
    """In: tell somebody when nothing came for so long."""

    @property
    def syntax(self) -> Literal["edifact", "ubl", "json"]:
        """The syntax that `message` names."""
        found = syntax_of(self.message)
        if found is None:
            raise AssertionError(f"message {self.message!r} was not checked")
        return found
