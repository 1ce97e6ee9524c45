"""From bytes to what they say: recognise the format, read it, validate each message; every format ends in the same shape.

Nothing here decides what happens to a document; and whatever the bytes are, the answer is findings, not a crash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from edi.engine.content import Address, ReadInterchange, ReadMessage
from edi.engine.kinds import UBL, edifact_kind
from edi.errors import ConfigError, FormatError
from edi.findings import Finding, Location, has_errors
from edi.formats import edifact, json
from edi.formats.edifact import directory, structure, validation
from edi.formats.edifact import reader as edifact_reader
from edi.formats.edifact.charset import Policy
from edi.formats.edifact.codes import finding
from edi.formats.edifact.directory import Directory
from edi.formats.edifact.envelope import InterchangeParty, Message
from edi.formats.edifact.writer import rewrite, write_segments
from edi.formats.json import reader as json_reader
from edi.ports import TableSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed with a sender about reading its EDIFACT."""

    tolerate: frozenset[str] = frozenset()
    """Deviations that are warnings, by the reasons of their codes."""
    characters: Policy = Policy.STRICT


HEAD_BYTES: Final = 64 * 1024
"""By which a format is recognised."""

TermsOf = Callable[[Address | None], Terms]


def nothing_agreed(_sender: Address | None) -> Terms:
    """For bytes that nobody in particular sent."""
    return Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTransmission:
    """What bytes were."""

    format: str | None
    """edifact | ubl | json; None: nothing we know."""
    interchanges: tuple[ReadInterchange, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Why nothing could be read at all."""

    def all_findings(self) -> tuple[Finding, ...]:
        """Those of the transmission and of everything in it, in order."""
        found = [*self.findings]
        for interchange in self.interchanges:
            found += interchange.findings
            for message in interchange.messages:
                found += message.findings
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdifactContent:
    """What EDIFACT spokes read: the message and its group tree."""

    message: Message
    tree: structure.Group | None


def read(data: bytes, *, source: str, tables: TableSource | None, terms: TermsOf = nothing_agreed) -> ReadTransmission:
    """What the bytes are, and every finding. Never raises for what the bytes hold."""
    try:
        if not data:
            return _nothing("transmission.empty", source, "the file holds no bytes", "ask for it again")
        match recognise(data[:HEAD_BYTES]):
            case "edifact":
                return ReadTransmission(format="edifact", interchanges=_edifact(data, source, tables, terms))
            case "ubl":
                return _ubl(data, source, tables)
            case "json":
                return _json(data, source)
    except FormatError as error:
        unreadable = Finding(code="transmission.unreadable", text=error.message, where=Location(source=source), hint=error.hint)
        return ReadTransmission(format=None, findings=(unreadable,))
    shown = data[:16]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"U\0N\0" in shown or b"\0U\0N" in shown:
        return _nothing(
            "transmission.unknown_format",
            source,
            f"the bytes are UTF-16, which neither EDIFACT nor JSON may be: they begin with {shown!r}",
            "ask for UTF-8; EDIFACT declares it as UNOW or UNOY",
        )
    return _nothing(
        "transmission.unknown_format",
        source,
        f"the file begins with {shown!r} and is neither EDIFACT, UBL nor JSON",
        "look at its first bytes",
    )


def recognise(head: bytes) -> Literal["edifact", "ubl", "json"] | None:
    """What bytes that begin so are; None for what nobody here reads."""
    if edifact.looks_like(head):
        return "edifact"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or _looks_like_ubl(head):
        return "ubl"
    return "json" if json.looks_like(head) else None


def _nothing(code: str, source: str, text: str, hint: str) -> ReadTransmission:
    return ReadTransmission(format=None, findings=(Finding(code=code, text=text, where=Location(source=source), hint=hint),))


def content_of(data: bytes) -> bytes:
    """Bytes of ours without their envelope, as documents are compared: the segments between UNH and UNT, other formats whole."""
    if not edifact.looks_like(data):
        return data
    found = edifact_reader.read(data).value or ()
    return b"".join(write_segments(message.segments[1:-1], encoding="utf-8") for one in found for message in one.messages)


# -- EDIFACT ----------------------------------------------------------------------------------------------------------


def _edifact(data: bytes, source: str, tables: TableSource | None, terms: TermsOf) -> tuple[ReadInterchange, ...]:
    found = edifact_reader.read(data, source=source).value or ()
    agreed = [terms(_address(one.sender)) for one in found]
    tolerated = frozenset[str]().union(*(each.tolerate for each in agreed))
    policy = next((each.characters for each in agreed if each.characters is not Policy.STRICT), Policy.STRICT)
    if tolerated or policy is not Policy.STRICT:
        found = edifact_reader.read(data, source=source, policy=policy, tolerate=tolerated).value or ()
    single = len(found) == 1
    return tuple(
        ReadInterchange(
            position=position,
            syntax="edifact",
            payload=data if single else rewrite(one),
            sender=_address(one.sender),
            recipient=_address(one.recipient),
            control_reference=one.control_reference or None,
            test=one.test,
            prepared=one.prepared or None,
            acknowledgement_requested=one.acknowledgement_request == "1",
            messages=tuple(_edifact_message(index, message, tables, tolerated) for index, message in enumerate(one.messages, start=1)),
            findings=(*one.findings, *validation.validate_envelope(one, tolerate=tolerated)),
            source=one,
        )
        for position, one in enumerate(found, start=1)
    )


def _edifact_message(position: int, message: Message, tables: TableSource | None, tolerate: frozenset[str]) -> ReadMessage:
    bgm = next((segment for segment in message.segments if segment.tag == "BGM"), None)
    tree, findings = check_edifact(message, tables, tolerate)
    return ReadMessage(
        position=position,
        syntax="edifact",
        type=str(message.identifier),
        kind=edifact_kind(message.identifier.type, bgm.get(1, 1) if bgm else ""),
        content=EdifactContent(message=message, tree=tree),
        reference=message.reference or None,
        number=(bgm.get(2, 1) or None) if bgm else None,
        findings=findings,
    )


def check_edifact(
    message: Message, tables: TableSource | None, tolerate: frozenset[str] = frozenset()
) -> tuple[structure.Group | None, tuple[Finding, ...]]:
    """The group tree (None if no directory knows the message) and all findings about a message."""
    found, remarks = _directory_of(message, tables)
    spec = found.message(message.identifier.type) if found else None
    if found is None or spec is None:
        where = Location(message=message.reference, segment=1, tag="UNH", element=2)
        text = f"no directory here knows the message {str(message.identifier)!r}"
        unknown = finding("edifact.message_unknown", text, where, value=str(message.identifier))
        return None, (*message.findings, unknown)
    built = structure.build(message, spec)
    checked = validation.validate(message, found, tree=built.value, tolerate=tolerate)
    return built.value, (*message.findings, *remarks, *built.findings, *checked)


def _directory_of(message: Message, tables: TableSource | None) -> tuple[Directory | None, tuple[Finding, ...]]:
    """The directory a message is written by, or the nearest one with a remark; CONTRL belongs to the service directories."""
    identifier = message.identifier
    if identifier.type == "CONTRL":
        return directory.service(message.syntax_version), ()
    try:
        return directory.load(identifier.directory, association=identifier.association, tables=tables), ()
    except ConfigError:
        nearest = directory.nearest_release(identifier.directory, tables)
    if nearest is None:
        return None, ()
    text = f"no tables of release {identifier.directory!r} are here; it was read by those of {nearest}"
    where = Location(message=message.reference, segment=1, tag="UNH", element=2)
    remark = finding("edifact.release_nearest", text, where, value=identifier.directory)
    return directory.load(nearest, association=identifier.association, tables=tables), (remark,)


def _address(party: InterchangeParty) -> Address | None:
    return Address(id=party.id, qualifier=party.qualifier) if party.id else None


# -- UBL: imported late, since its XML library takes longer to load than most EDIFACT files to check ----------------------


def _looks_like_ubl(data: bytes) -> bool:
    from edi.formats import ubl  # noqa: PLC0415

    return ubl.looks_like(data)


def _ubl(data: bytes, source: str, tables: TableSource | None) -> ReadTransmission:
    from edi.formats.ubl import reader as ubl_reader  # noqa: PLC0415
    from edi.formats.ubl import xsd  # noqa: PLC0415

    outcome = ubl_reader.read(data, source=source, tables=tables)
    document = outcome.value
    if document is None:
        return ReadTransmission(format="ubl", findings=outcome.findings)
    envelope = document.envelope
    message = ReadMessage(
        position=1,
        syntax="ubl",
        type=f"{document.kind}:{document.version}",
        kind=UBL.get(document.kind),
        content=document,
        number=document.id or None,
        findings=(*outcome.findings, *xsd.validate(document, tables=tables)),
    )
    interchange = ReadInterchange(
        position=1,
        syntax="ubl",
        payload=data,
        control_reference=envelope.instance_identifier if envelope else None,
        messages=(message,),
        source=document,
    )
    return ReadTransmission(format="ubl", interchanges=(interchange,))


def check_ubl(data: bytes, tables: TableSource | None) -> tuple[Finding, ...]:
    """All findings about a UBL document of our own making."""
    found = _ubl(data, "output", tables)
    return found.findings + tuple(finding for one in found.interchanges for message in one.messages for finding in message.findings)


# -- JSON -------------------------------------------------------------------------------------------------------------


def _json(data: bytes, source: str) -> ReadTransmission:
    outcome = json_reader.read(data, source=source)
    value = outcome.value
    if value is None or has_errors(outcome.findings):
        return ReadTransmission(format="json", findings=outcome.findings)
    documents = value if isinstance(value, list) else [value]
    if not documents:
        return _nothing("transmission.empty", source, "the JSON list holds no document", "ask for it again")
    messages = tuple(_json_message(position, one, source) for position, one in enumerate(documents, start=1))
    interchange = ReadInterchange(position=1, syntax="json", payload=data, messages=messages, findings=outcome.findings)
    return ReadTransmission(format="json", interchanges=(interchange,))


def _json_message(position: int, value: object, source: str) -> ReadMessage:
    if not isinstance(value, dict):
        text = f"document {position} is {value!r:.40}, not an object"
        odd = Finding(
            code="json.no_object", text=text, where=Location(source=source, path=f"[{position - 1}]"), hint="send one object per document"
        )
        return ReadMessage(position=position, syntax="json", type="json", kind=None, content=value, findings=(odd,))
    kind = value.get("kind")
    kind = kind if isinstance(kind, str) else None
    number = value.get("number")
    return ReadMessage(
        position=position,
        syntax="json",
        type=f"json:{kind}" if kind else "json",
        kind=kind,
        content=value,
        number=str(number) if isinstance(number, (str, int)) else None,
    )
