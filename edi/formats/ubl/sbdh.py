"""The Standard Business Document Header (UN/CEFACT, version 1.3): the envelope around a document, read and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from edi.findings import Finding, Location, Outcome, Severity
from edi.formats.ubl.names import SBDH, split_clark

Element = Any
"""An lxml element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sends or receives: `authority` names the scheme, e.g. `iso6523-actorid-upis`."""

    identifier: str
    authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A business scope, e.g. DOCUMENTID, PROCESSID, COUNTRY_C1 of Peppol."""

    type: str
    instance_identifier: str
    identifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the envelope says."""

    sender: Party
    receiver: Party
    standard: str
    """Namespace of the document's root."""
    type_version: str
    instance_identifier: str
    """Unique for each envelope; the same again is a duplicate."""
    type: str
    """Local name of the document's root."""
    created: str
    """As written: an xsd:dateTime."""
    header_version: str = "1.0"
    scopes: tuple[Scope, ...] = ()
    more_senders: tuple[Party, ...] = ()
    more_receivers: tuple[Party, ...] = ()


_MANDATORY: Final = (
    "HeaderVersion",
    "Sender/Identifier",
    "Receiver/Identifier",
    "DocumentIdentification/Standard",
    "DocumentIdentification/TypeVersion",
    "DocumentIdentification/InstanceIdentifier",
    "DocumentIdentification/Type",
    "DocumentIdentification/CreationDateAndTime",
)


def _path(path: str) -> str:
    return "/".join(f"{{{SBDH}}}{step}" for step in path.split("/"))


def open_envelope(root: Element, *, source: str | None = None) -> Outcome[tuple[Header, Element]]:
    """The header and the payload of a StandardBusinessDocument; no value where either is missing or doubled."""
    where = Location(source=source, line=root.sourceline, path="/StandardBusinessDocument")
    header = root.find(_path("StandardBusinessDocumentHeader"))
    payloads = [child for child in root if isinstance(child.tag, str) and child is not header]
    if header is None:
        return Outcome(None, (Finding(code="sbdh.header_missing", text="the envelope has no StandardBusinessDocumentHeader", where=where),))
    if not payloads:
        return Outcome(None, (Finding(code="sbdh.payload_missing", text="the envelope holds no document", where=where),))
    if len(payloads) > 1:
        second = payloads[1]
        text = f"the envelope holds {len(payloads)} documents; which one is meant cannot be told"
        place = Location(source=source, line=second.sourceline, path=root.getroottree().getpath(second))
        return Outcome(None, (Finding(code="xml.multiple_roots", text=text, where=place, hint="send one document in an envelope"),))
    return Outcome((_header(header), payloads[0]), _missing(header, source))


def _header(element: Element) -> Header:
    senders = _parties(element, "Sender")
    receivers = _parties(element, "Receiver")
    return Header(
        header_version=_text(element, "HeaderVersion"),
        sender=senders[0] if senders else Party(identifier=""),
        receiver=receivers[0] if receivers else Party(identifier=""),
        standard=_text(element, "DocumentIdentification/Standard"),
        type_version=_text(element, "DocumentIdentification/TypeVersion"),
        instance_identifier=_text(element, "DocumentIdentification/InstanceIdentifier"),
        type=_text(element, "DocumentIdentification/Type"),
        created=_text(element, "DocumentIdentification/CreationDateAndTime"),
        scopes=tuple(_scope(scope) for scope in element.iterfind(_path("BusinessScope/Scope"))),
        more_senders=senders[1:],
        more_receivers=receivers[1:],
    )


def _parties(element: Element, role: str) -> tuple[Party, ...]:
    found = (party.find(_path("Identifier")) for party in element.iterfind(_path(role)))
    return tuple(Party(identifier=(party.text or "").strip(), authority=party.get("Authority", "")) for party in found if party is not None)


def _scope(element: Element) -> Scope:
    return Scope(
        type=_text(element, "Type"),
        instance_identifier=_text(element, "InstanceIdentifier"),
        identifier=_text(element, "Identifier"),
    )


def _text(element: Element, path: str) -> str:
    return (element.findtext(_path(path)) or "").strip()


def _missing(header: Element, source: str | None) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code="sbdh.element_missing",
            text=f"the envelope says nothing in {path.replace('/', ' / ')}, which every one must",
            where=Location(source=source, line=header.sourceline, path=f"/StandardBusinessDocument/StandardBusinessDocumentHeader/{path}"),
        )
        for path in _MANDATORY
        if not _text(header, path)
    )


def check_type(header: Header, kind: str, root: Element, source: str | None) -> list[Finding]:
    """Findings where the envelope announces another document than it holds (X26)."""
    namespace, _ = split_clark(root.tag)
    where = Location(source=source, line=root.sourceline, path=f"/StandardBusinessDocument/{kind}")
    findings = []
    if header.type and header.type != kind:
        text = f"the envelope announces {header.type!r} and holds {kind!r}"
        findings.append(Finding(code="sbdh.type_mismatch", text=text, where=where, value=header.type, expected=kind))
    if header.standard and header.standard != namespace:
        text = f"the envelope announces the standard {header.standard!r}, the document is in {namespace!r}"
        findings.append(
            Finding(
                code="sbdh.standard_mismatch", text=text, where=where, value=header.standard, expected=namespace, severity=Severity.WARNING
            )
        )
    return findings


def wrap(header: Header, root: Element) -> Element:
    """A StandardBusinessDocument that holds the document; `root` moves into it."""
    default: Any = {None: SBDH}
    envelope = etree.Element(f"{{{SBDH}}}StandardBusinessDocument", nsmap=default)
    element = _add(envelope, "StandardBusinessDocumentHeader")
    _add(element, "HeaderVersion", header.header_version)
    for role, parties in (("Sender", (header.sender, *header.more_senders)), ("Receiver", (header.receiver, *header.more_receivers))):
        for party in parties:
            identifier = _add(_add(element, role), "Identifier", party.identifier)
            if party.authority:
                identifier.set("Authority", party.authority)
    identification = _add(element, "DocumentIdentification")
    for name, value in (
        ("Standard", header.standard),
        ("TypeVersion", header.type_version),
        ("InstanceIdentifier", header.instance_identifier),
        ("Type", header.type),
        ("CreationDateAndTime", header.created),
    ):
        _add(identification, name, value)
    _add_scopes(element, header.scopes)
    envelope.append(root)
    return envelope


def _add_scopes(header: Element, scopes: tuple[Scope, ...]) -> None:
    if not scopes:
        return
    business = _add(header, "BusinessScope")
    for scope in scopes:
        element = _add(business, "Scope")
        _add(element, "Type", scope.type)
        _add(element, "InstanceIdentifier", scope.instance_identifier)
        if scope.identifier:
            _add(element, "Identifier", scope.identifier)


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    element = etree.SubElement(parent, f"{{{SBDH}}}{name}")
    element.text = text
    return element
