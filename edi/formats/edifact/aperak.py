"""APERAK: what an application says about the content of a message, as plain values, both ways.

The segments are those every directory since D.96A has: BGM, DTM, RFF, NAD, and ERC with FTX and RFF for each error.
Rule: the clock is an argument.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from edi.formats.edifact.envelope import Message
from edi.formats.edifact.syntax import Components, Segment

ACCEPTED, REJECTED = "29", "27"
"""1225: accepted without amendment, not accepted."""

LINE = 70
"""4440 had 70 characters up to D.99A and 512 from D.99B on; 70 fits everywhere."""
LINES_MAX = 5


@dataclass(frozen=True, slots=True)
class Reference:
    """RFF: what is spoken of."""

    qualifier: str
    """1153, e.g. ON order number, IV invoice number, ACW reference of the message."""
    value: str
    line: str = ""
    """1156."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationError:
    """ERC with its explanation."""

    code: str
    """9321, agreed between the partners."""
    text: str = ""
    references: tuple[Reference, ...] = ()
    list_agency: str = ""
    """3055 of the error code's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aperak:
    """One application error and acknowledgement."""

    number: str
    """1004."""
    accepted: bool
    references: tuple[Reference, ...] = ()
    errors: tuple[ApplicationError, ...] = ()
    buyer: str = ""
    """GLN, NAD+BY."""
    supplier: str = ""
    """GLN, NAD+SU."""
    text: str = ""
    date: str = ""
    """DTM 137 as sent."""


def write(report: Aperak, *, prepared: datetime) -> list[Segment]:
    """The segments between UNH and UNT. BGM says no 1001, since no directory lists any for it."""
    function = ACCEPTED if report.accepted else REJECTED
    segments = [Segment("BGM", [[""], [report.number], [function]])]
    segments.append(Segment("DTM", [["137", prepared.strftime("%Y%m%d%H%M"), "203"]]))
    if report.text:
        segments.append(_text("AAO", report.text))
    segments += [_reference(each) for each in report.references]
    segments += [Segment("NAD", [[qualifier], [gln, "", "9"]]) for qualifier, gln in (("BY", report.buyer), ("SU", report.supplier)) if gln]
    for error in report.errors:
        segments += _error(error)
    return segments


def read(message: Message) -> Aperak:
    """What an APERAK says. Accepted is what says so in 1225 or 4343; without either, what carries no error."""
    walk = _Walk()
    for segment in message.segments:
        walk.take(segment)
    return walk.report()


def _error(error: ApplicationError) -> Iterator[Segment]:
    yield Segment("ERC", [[error.code, "", error.list_agency] if error.list_agency else [error.code]])
    if error.text:
        yield _text("AAO", error.text)
    # The standard has one RFF under each ERC.
    yield from (_reference(each) for each in error.references[:1])


def _reference(reference: Reference) -> Segment:
    return Segment("RFF", [[reference.qualifier, reference.value, *([reference.line] if reference.line else [])]])


def _text(qualifier: str, text: str) -> Segment:
    lines = list(_lines(text))[:LINES_MAX]
    return Segment("FTX", [[qualifier], [""], [""], lines])


def _lines(text: str) -> Iterator[str]:
    """The text in lines of at most 70 characters, broken at blanks where there are any."""
    rest = " ".join(text.split())
    while rest:
        end = len(rest) if len(rest) <= LINE else max(rest.rfind(" ", 0, LINE + 1), 0) or LINE
        yield rest[:end].rstrip()
        rest = rest[end:].lstrip()


class _Walk:
    def __init__(self) -> None:
        self._report = Aperak(number="", accepted=True)
        self._verdict: bool | None = None
        self._errors: list[ApplicationError] = []

    def take(self, segment: Segment) -> None:
        match segment.tag:
            case "BGM":
                self._take_begin(segment)
            case "DTM" if segment.get(1, 1) == "137":
                self._report = replace(self._report, date=segment.get(1, 2))
            case "RFF":
                self._take_reference(Reference(segment.get(1, 1), segment.get(1, 2), segment.get(1, 3)))
            case "NAD" if segment.get(1) == "BY":
                self._report = replace(self._report, buyer=segment.get(2))
            case "NAD" if segment.get(1) == "SU":
                self._report = replace(self._report, supplier=segment.get(2))
            case "ERC":
                self._errors.append(ApplicationError(code=segment.get(1, 1), list_agency=segment.get(1, 3)))
            case "FTX":
                self._take_text(_joined(segment.elements[3] if len(segment.elements) > 3 else []))
            case _:
                pass

    def report(self) -> Aperak:
        accepted = not self._errors if self._verdict is None else self._verdict
        return replace(self._report, accepted=accepted, errors=tuple(self._errors))

    def _take_begin(self, segment: Segment) -> None:
        # From D.96B on 1004 stands in the composite C106; both are element 2.
        self._report = replace(self._report, number=segment.get(2))
        function, response = segment.get(3), segment.get(4)
        if function in (REJECTED, ACCEPTED) or response:
            self._verdict = function != REJECTED and response not in ("RE", "27")

    def _take_reference(self, reference: Reference) -> None:
        if self._errors:
            self._errors[-1] = replace(self._errors[-1], references=(*self._errors[-1].references, reference))
        else:
            self._report = replace(self._report, references=(*self._report.references, reference))

    def _take_text(self, text: str) -> None:
        if self._errors:
            self._errors[-1] = replace(self._errors[-1], text=_joined([self._errors[-1].text, text]))
        else:
            self._report = replace(self._report, text=_joined([self._report.text, text]))


def _joined(lines: Components | Sequence[str]) -> str:
    return " ".join(line for line in lines if line)
