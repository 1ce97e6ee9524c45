"""UBL bytes -> a document: root, what kind and version it is, how it is customised, its envelope and attachments.

Reading is tolerant about prefixes, encodings and an SBDH envelope around the document, and strict about what can hurt:
see `edi.formats.ubl.safe_xml`. It does not validate; `xsd.validate` and the rules do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from edi.findings import Finding, Location, Outcome
from edi.formats.ubl import attachments, safe_xml, sbdh
from edi.formats.ubl.model import VERSIONS, load
from edi.formats.ubl.names import CBC, SBDH, UBL, split_clark
from edi.ports import TableSource

Element = Any
"""An lxml element."""

_SUFFIX: Final = "-2"
AMOUNT_DIGITS_MAX: Final = 28
"""More no ledger holds, and Python's decimal arithmetic would begin to round."""


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
    plain_numbers: bool = False
    """True if it is known that no number in it is overlong or minus zero; then nobody needs to look for one."""

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
    outcome = _document(parsed.value, source, tables, cuts, may_nest=_may_nest(lightened, parsed.value))
    if outcome.value is None or not _has_plain_numbers(lightened):
        return outcome
    return Outcome(replace(outcome.value, plain_numbers=True), outcome.findings)


def of_element(root: Element) -> Outcome[UblDocument]:
    """The document of a parsed tree: in an envelope, the payload; otherwise the root itself."""
    return _document(root, None, None, (), may_nest=True)


def _document(
    root: Element, source: str | None, tables: TableSource | None, cuts: tuple[attachments.Cut, ...], *, may_nest: bool
) -> Outcome[UblDocument]:
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
    findings += _second_roots(root, source) if may_nest else []
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
        if declared in VERSIONS or (declared and tables and tables.read("schemas", "ubl", declared, "documents.json"))
        else VERSIONS
    )
    return next((version for version in candidates if load(version, tables=tables).document(kind) is not None), None)


def _unsupported(root: Element, source: str | None) -> Finding:
    namespace, local = split_clark(root.tag)
    text = f"the root element {local!r} in namespace {namespace!r} is no document of UBL 2"
    where = Location(source=source, line=root.sourceline, path=f"/{local}")
    hint = "UBL roots are like Invoice in urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
    return Finding(code="ubl.unsupported_type", text=text, where=where, value=root.tag, hint=hint)


def _may_nest(data: bytes, root: Element) -> bool:
    """False if the bytes show that there cannot be a second document in the first; true if somebody must look.

    A namespace could be spelt with character references, so any of these makes us look.
    """
    if _has_references(data) or next(root.iterdescendants(root.tag), None) is not None:
        return True
    mark = UBL.encode()
    names: set[bytes] = set()
    position = data.find(mark)
    while position >= 0:
        name = data[position + len(mark) : position + len(mark) + 80].partition(_SUFFIX.encode())[0]
        if not name.endswith(b"Components"):
            names.add(name)
        position = data.find(mark, position + len(mark))
    return len(names) > 1


def _has_references(data: bytes) -> bool:
    """True if a character may be spelt by its number. One byte is looked for first, which is far quicker."""
    return b"&" in data and b"&#" in data


_AS_DIGITS: Final = bytes.maketrans(b"123456789.", b"0" * 10)
_LONG_NUMBER: Final = b"0" * AMOUNT_DIGITS_MAX


def _has_plain_numbers(data: bytes) -> bool:
    """True if the bytes show that no number is overlong or minus zero; false if somebody must look."""
    return not _has_references(data) and _LONG_NUMBER not in data.translate(_AS_DIGITS) and b">-0" not in data


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
