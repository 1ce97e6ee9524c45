"""For people who use us without daemon or database: read, validate and convert bytes.

from edi import library
result = library.convert(data, read="orders-eancom", write="erp-order")
result.value        # tuple of Converted
result.findings     # everything noticed on the way
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from edi import documents, mapping
from edi.engine.content import ReadMessage
from edi.engine.kinds import ISSUED_BY_BUYER
from edi.engine.reading import EdifactContent, ReadTransmission
from edi.engine.reading import read as read_transmission
from edi.errors import EdiError, FormatError
from edi.findings import Finding, Outcome, has_errors
from edi.formats.edifact.envelope import InterchangeParty, MessageIdentifier
from edi.formats.edifact.syntax import Segment
from edi.formats.edifact.writer import EnvelopeValues, OutMessage, write_interchange
from edi.mapping.nodes import EdifactSyntax
from edi.mapping.result import Output
from edi.mapping.source import MappingFiles, shipped_files
from edi.mapping.spoke import Spoke
from edi.ports import ProgramCache, TableSource

GLN = "14"
"""UNB 0007 for a GLN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """One output."""

    kind: str
    number: str | None
    payload: bytes
    suffix: str
    """`.edi`, `.xml` or `.json`."""
    document: dict[str, object]
    """The canonical document in between."""
    unmapped: tuple[str, ...]
    """What was read and found no place: the segment or path, and the value."""


def read(data: bytes, *, source: str = "input", tables: TableSource | None = None) -> ReadTransmission:
    """What the bytes are, message by message, with every finding; never raises for what they hold."""
    return read_transmission(data, source=source, tables=tables)


def validate(data: bytes, *, source: str = "input", tables: TableSource | None = None) -> tuple[Finding, ...]:
    """Every finding about the bytes: of the file, its interchanges and their messages."""
    return read(data, source=source, tables=tables).all_findings()


READERS: Final[Mapping[tuple[str, str], str]] = {
    **{("edifact", kind): name for kind, name in {
        "order": "orders-eancom", "order_change": "ordchg-eancom", "order_response": "ordrsp-eancom", "despatch_advice": "desadv-eancom",
        "receiving_advice": "recadv-eancom", "invoice": "invoic-eancom", "credit_note": "credit-note-eancom",
        "remittance_advice": "remadv-eancom", "price_catalogue": "pricat-eancom", "inventory_report": "invrpt-eancom",
        "aperak": "aperak-eancom",
    }.items()},
    **{("ubl", kind): name for kind, name in {
        "order": "ubl-order", "order_change": "ubl-order-change", "order_response": "ubl-order-response",
        "despatch_advice": "ubl-despatch-advice", "receiving_advice": "ubl-receipt-advice", "invoice": "ubl-invoice",
        "credit_note": "ubl-credit-note", "remittance_advice": "ubl-remittance-advice", "price_catalogue": "ubl-catalogue",
        "inventory_report": "ubl-inventory-report", "application_response": "ubl-application-response",
    }.items()},
}  # fmt: skip
"""The shipped mapping that reads a kind of document in a syntax, where nobody names one."""


def documents_of(
    data: bytes,
    *,
    read: str | None = None,
    source: str = "input",
    files: MappingFiles = shipped_files,
    tables: TableSource | None = None,
) -> Outcome[tuple[dict[str, object], ...]]:
    """The canonical document of every message that can be read, by the mapping named or the shipped one for its kind.

    Documents of ours in JSON are what they are. `value` is None if there is none. Raises ConfigError for mappings that cannot be loaded.
    """
    found = read_transmission(data, source=source, tables=tables)
    findings, made = list(found.all_findings()), []
    for message in (one for interchange in found.interchanges for one in interchange.messages):
        if has_errors(message.findings):
            continue
        outcome = _document(message, read or READERS.get((message.syntax, message.kind or "")), files, tables)
        findings += outcome.findings
        if outcome.value is not None:
            made.append(outcome.value)
    return Outcome(tuple(made) or None, tuple(findings))


def _document(message: ReadMessage, name: str | None, files: MappingFiles, tables: TableSource | None) -> Outcome[dict[str, object]]:
    """The canonical document of a message under a mapping; under none it must be one itself."""
    content = message.content
    if name is None:
        if message.syntax == "json" and isinstance(content, dict) and message.kind in documents.KINDS:
            return Outcome(dict(content), documents.validate(message.kind, content))
        text = f"no mapping is known that reads {message.type!r}"
        return Outcome(None, (Finding(code="mapping.none", text=text, value=message.type, hint="name one"),))
    spoke, release = mapping.load(name, files, tables=tables), None
    if isinstance(content, EdifactContent):
        release, content = content.message.identifier.directory, content.tree
    try:
        outcome = spoke.read(content, release=release)
    except FormatError as error:
        return Outcome(None, (Finding(code="mapping.other_syntax", text=error.message, hint=error.hint),))
    document: dict[str, object] | None = {**outcome.value.document} if outcome.value is not None else None
    return Outcome(document, outcome.findings)


def convert(  # noqa: PLR0913 -- every one but the first is named
    data: bytes,
    *,
    read: str | Spoke,
    write: str | Spoke,
    source: str = "input",
    message_type: str | None = None,
    envelope: EnvelopeValues | None = None,
    files: MappingFiles = shipped_files,
    tables: TableSource | None = None,
    cache: ProgramCache | None = None,
) -> Outcome[tuple[Converted, ...]]:
    """Every message of the bytes in another syntax, by two mappings; `value` is None if nothing could be made.

    `message_type`: the EDIFACT message wanted, `INVOIC:D:96A:UN:EAN008`; None: the mapping's first. `envelope`: what UNB says; None: the
    GLNs of the document, reference 1, and now. Raises ConfigError for mappings that cannot be loaded.
    """
    reading = read if isinstance(read, Spoke) else mapping.load(read, files, tables=tables, cache=cache)
    writing = write if isinstance(write, Spoke) else mapping.load(write, files, tables=tables, cache=cache)
    found = read_transmission(data, source=source, tables=tables)
    findings, made = list(found.all_findings()), []
    for message in (one for interchange in found.interchanges for one in interchange.messages):
        if has_errors(message.findings):
            continue
        outcome = _convert(message, reading, writing, message_type, envelope)
        findings += outcome.findings
        if outcome.value is not None:
            made.append(outcome.value)
    return Outcome(tuple(made) or None, tuple(findings))


def _convert(
    message: ReadMessage, reading: Spoke, writing: Spoke, message_type: str | None, envelope: EnvelopeValues | None
) -> Outcome[Converted]:
    content, release = message.content, None
    if isinstance(content, EdifactContent):
        release, content = content.message.identifier.directory, content.tree
    try:
        outcome = reading.read(content, trace=True, release=release)
    except FormatError as error:
        return Outcome(None, (Finding(code="mapping.other_syntax", text=error.message, hint=error.hint),))
    if outcome.value is None:
        return Outcome(None, outcome.findings)
    document = outcome.value.document
    checked = documents.validate(str(document.get("kind", reading.kind)), document)
    identifier = _identifier(writing, message_type)
    written = writing.write(document, release=identifier.directory if identifier else None)
    findings = (*outcome.findings, *checked, *written.findings)
    if written.value is None:
        return Outcome(None, findings)
    payload, suffix = _payload(writing, written.value.output, identifier, document, envelope)
    unmapped = tuple(f"{one.where}: {one.segment} {one.value!r}" for one in outcome.value.unmapped)
    number = document.get("number")
    made = Converted(
        kind=str(document.get("kind", reading.kind)),
        number=None if number is None else str(number),
        payload=payload,
        suffix=suffix,
        document=dict(document),
        unmapped=unmapped,
    )
    return Outcome(made, findings)


def _identifier(spoke: Spoke, message_type: str | None) -> MessageIdentifier | None:
    """The EDIFACT message to write: the wanted one, else the mapping's first; None for other syntaxes."""
    if not isinstance(spoke.syntax, EdifactSyntax):
        return None
    if message_type is not None:
        return MessageIdentifier.from_text(message_type)
    first = spoke.syntax.versions[0]
    version, _, release = first.partition(".")
    return MessageIdentifier(
        type=spoke.syntax.message, version=version, release=release, agency="UN", association=spoke.syntax.association_of(first)
    )


def _payload(
    writing: Spoke, output: Output, identifier: MessageIdentifier | None, document: Mapping[str, object], envelope: EnvelopeValues | None
) -> tuple[bytes, str]:
    if identifier is not None:
        assert isinstance(output, list), "an EDIFACT spoke writes segments"
        segments = [one for one in output if isinstance(one, Segment)]
        message = OutMessage(reference="1", identifier=identifier, segments=segments)
        return write_interchange(envelope or envelope_of(document), [message]), ".edi"
    suffix = ".json" if not isinstance(output, bytes) else ".xml" if output.lstrip().startswith(b"<") else ".csv"
    return writing.as_bytes(output), suffix


def envelope_of(document: Mapping[str, object], *, reference: str = "1", prepared: datetime | None = None) -> EnvelopeValues:
    """An envelope between the GLNs of the document's seller and buyer. Raises EdiError if one has none."""
    seller, buyer = _gln(document, "seller"), _gln(document, "buyer")
    sender, recipient = (buyer, seller) if document.get("kind") in ISSUED_BY_BUYER else (seller, buyer)
    return EnvelopeValues(
        sender=InterchangeParty(sender, GLN),
        recipient=InterchangeParty(recipient, GLN),
        control_reference=reference,
        prepared=prepared or datetime.now(UTC),
    )


def _gln(document: Mapping[str, object], role: str) -> str:
    party = document.get(role)
    gln = party.get("gln") if isinstance(party, Mapping) else None
    if not gln:
        raise EdiError(
            f"the document's {role} has no GLN, and an EDIFACT envelope needs one",
            hint="convert with a route: its agreement names the parties",
        )
    return str(gln)
