"""UBL bytes -> a document: root, what kind and version it is, how it is customised, its envelope and attachments.

Reading is tolerant about prefixes, encodings and an SBDH envelope around the document, and strict about what can hurt:
see `edi.formats.ubl.safe_xml`. It does not validate; `xsd.validate` and the rules do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from edi.findings import Finding, Location, Outcome
from edi.formats.ubl import attachments, safe_xml, sbdh
from edi.formats.ubl.model import VERSIONS, load
from edi.formats.ubl.names import CBC, SBDH, UBL, split_clark
from edi.ports import TableSource

Element = Any
"""An lxml element."""

_SUFFIX: Final = "-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class UblDocument:
    """One document as it came. The tree belongs to whoever reads it; nothing else keeps it."""

    root: Element
    """The document's own root element, without envelope."""
    kind: str
    """`Invoice`, `Order`, ..."""
    version: str
    """Version of the tables it is read by: what it declares if we know that, else the first that has this kind."""
    declared_version: str
    """`cbc:UBLVersionID`, "" if it has none."""
    customization: str
    """`cbc:CustomizationID`, "" if it has none."""
    profile: str
    """`cbc:ProfileID`, "" if it has none."""
    id: str
    """`cbc:ID`, the number of the document."""
    envelope: sbdh.Header | None = None
    """The SBDH around it; None if it came bare."""
    attachments: tuple[attachments.Attachment, ...] = ()
    source: str | None = None

    @property
    def namespace(self) -> str:
        """Namespace of the root element."""
        return split_clark(self.root.tag)[0]


def looks_like(data: bytes) -> bool:
    """True if these bytes begin like an XML document of UBL, bare or in an SBDH envelope."""
    decoded = safe_xml.decode(data[:65536]) if data[:4] not in {b"", b"UNA:"} else Outcome(None)
    head = bytes(decoded.value or data[:65536])
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and (UBL.encode() in head or SBDH.encode() in head)


def read(data: bytes, *, source: str | None = None, tables: TableSource | None = None) -> Outcome[UblDocument]:
    """The document, or the findings why there is none; `findings` also warn about odd attachments and envelopes."""
    decoded = safe_xml.decode(data, source=source)
    if decoded.value is None:
        return Outcome(None, decoded.findings)
    lightened, cuts = attachments.cut(decoded.value)
    parsed = safe_xml.parse_decoded(lightened, source=source)
    if parsed.value is None:
        return Outcome(None, parsed.findings)
    return of_element(parsed.value, source=source, tables=tables, cuts=cuts)


def of_element(
    root: Element, *, source: str | None = None, tables: TableSource | None = None, cuts: tuple[attachments.Cut, ...] = ()
) -> Outcome[UblDocument]:
    """The document of a parsed tree: in an envelope, the payload; otherwise the root itself."""
    envelope: sbdh.Header | None = None
    findings: list[Finding] = []
    if root.tag == f"{{{SBDH}}}StandardBusinessDocument":
        opened = sbdh.open_envelope(root, source=source)
        findings += opened.findings
        if opened.value is None:
            return Outcome(None, tuple(findings))
        envelope, root = opened.value
    kind = kind_of(root)
    version = _version(root, kind, tables) if kind else None
    if kind is None or version is None:
        return Outcome(None, (*findings, _unsupported(root, source)))
    findings += _second_roots(root, source)
    if envelope is not None:
        findings += sbdh.check_type(envelope, kind, root, source)
    found, problems = attachments.of_document(root, cuts, source=source)
    document = UblDocument(
        root=root,
        kind=kind,
        version=version,
        declared_version=text_of(root, "UBLVersionID"),
        customization=text_of(root, "CustomizationID"),
        profile=text_of(root, "ProfileID"),
        id=text_of(root, "ID"),
        envelope=envelope,
        attachments=found,
        source=source,
    )
    return Outcome(document, (*findings, *problems))


def kind_of(root: Element) -> str | None:
    """`Invoice` for a root that is named and spaced as UBL 2 does it; None for any other element."""
    namespace, local = split_clark(root.tag)
    return local if namespace == f"{UBL}{local}{_SUFFIX}" else None


def text_of(root: Element, local: str) -> str:
    """Text of the first `cbc` child of that name, trimmed; "" if there is none."""
    return (root.findtext(f"{{{CBC}}}{local}") or "").strip()


def _version(root: Element, kind: str, tables: TableSource | None) -> str | None:
    """What the document declares if we have that, else the first version that knows the kind; None if none does."""
    declared = text_of(root, "UBLVersionID")
    candidates = (
        (declared, *VERSIONS)
        if declared in VERSIONS or (tables and tables.read("schemas", "ubl", declared, "documents.json"))
        else VERSIONS
    )
    return next((version for version in candidates if load(version, tables=tables).document(kind) is not None), None)


def _unsupported(root: Element, source: str | None) -> Finding:
    namespace, local = split_clark(root.tag)
    text = f"the root element {local!r} in namespace {namespace!r} is no document of UBL 2"
    where = Location(source=source, line=root.sourceline, path=f"/{local}")
    hint = "UBL roots are like Invoice in urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
    return Finding(code="ubl.unsupported_type", text=text, where=where, value=root.tag, hint=hint)


def _second_roots(root: Element, source: str | None) -> list[Finding]:
    """A UBL document inside another: what signature wrapping needs (X25), and nothing lawful does as elements."""
    return [
        Finding(
            code="xml.multiple_roots",
            text=f"inside the document stands another one, {nested.tag!r}; which of the two is meant, or signed, cannot be told",
            where=Location(source=source, line=nested.sourceline, path=root.getroottree().getpath(nested)),
            hint="send one document in a file; a document to be carried along belongs in an attachment",
        )
        for nested in _nested_documents(root)
    ]


def _nested_documents(root: Element) -> list[Element]:
    """Descendants whose namespace is that of a document type. Common ones end in `Components-2`."""
    inner = root.xpath(f"descendant::*[starts-with(namespace-uri(), '{UBL}') and not(contains(namespace-uri(), 'Components-2'))]")
    return [element for element in inner if kind_of(element)]
