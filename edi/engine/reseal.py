"""The same document under a new identity: EDIFACT with new control references, UBL with a new UUID and envelope where it has them.

What has no identity of its own goes out with the same bytes under another file name, and the operator is told so plainly.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

from edi.engine.context import Context
from edi.engine.seal import parties, take
from edi.errors import ConfigError
from edi.formats.edifact import reader as edifact_reader
from edi.formats.edifact.syntax import Segment
from edi.formats.edifact.writer import rewrite
from edi.store.store import AnyRow, Transaction


def resealed(context: Context, transaction: Transaction, row: AnyRow) -> tuple[bytes, dict[str, str | None]]:
    """New bytes for an outbound row, and the columns that changed with them."""
    payload = transaction.payload(row.payload_sha256)
    if row.control_reference is None:
        return _plain(payload, row)
    partner = context.partner(row.partner)
    agreement = partner.agreement(row.kind, "out") if partner else None
    if partner is None or agreement is None:
        raise ConfigError(
            f"nothing is agreed any more about {row.kind!r} for {row.partner!r}", hint="add the agreement to the partner's file again"
        )
    references = take(transaction, agreement, *parties(context.workspace, agreement, partner))
    interchange = (edifact_reader.read(payload).value or ())[0]
    segments = tuple(_renewed(segment, references.interchange) for segment in interchange.segments)
    changed: dict[str, str | None] = {
        "control_reference": references.interchange,
        "attributes": json.dumps({**json.loads(row.attributes), "ref": references.interchange}, sort_keys=True),
        "filename": _renamed(row.filename, row.control_reference, references.interchange),
    }
    return rewrite(replace(interchange, segments=segments)), changed


def _plain(payload: bytes, row: AnyRow) -> tuple[bytes, dict[str, str | None]]:
    """Everything but EDIFACT."""
    renewed = _with_new_ids(payload) if row.content_type.partition(";")[0] == "application/xml" else None
    attributes = json.loads(row.attributes)
    again = f"{attributes.get('ref') or row.number or 'document'}_again_{row.id}"
    # Names are made of `ref`; under the same name the first one, if it still lies there, would be taken for this one.
    changed: dict[str, str | None] = {
        "filename": _numbered(row.filename, row.id),
        "attributes": json.dumps({**attributes, "ref": again}, sort_keys=True),
    }
    if renewed is None:
        changed["reason"] = (
            f"the same bytes as O{row.id}: they hold no identity but the document's number; the receiver may take them for a duplicate"
        )
    return renewed or payload, changed


def _with_new_ids(payload: bytes) -> bytes | None:
    """UBL with a new UUID of the document and a new instance identifier of its SBDH envelope; None if it has neither."""
    from lxml import etree  # noqa: PLC0415 -- only UBL needs it

    from edi.formats.ubl import reader as ubl_reader  # noqa: PLC0415 -- as above

    document = ubl_reader.read(payload).value
    if document is None:
        return None
    tree = document.root.getroottree()
    found = [child for child in document.root if etree.QName(child).localname == "UUID"]
    found += tree.getroot().findall("{*}StandardBusinessDocumentHeader/{*}DocumentIdentification/{*}InstanceIdentifier")
    for element in found:
        element.text = str(uuid.uuid4())
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True) if found else None


def _numbered(filename: str, number: int) -> str:
    """`order_4711.json` as `order_4711_again_7.json`."""
    stem, dot, suffix = filename.rpartition(".")
    return f"{stem}_again_{number}{dot}{suffix}" if dot else f"{filename}_again_{number}"


def _renewed(segment: Segment, reference: str) -> Segment:
    """UNB and UNZ with the new 0020; S004 stays: it says when the document was prepared."""
    element = {"UNB": 4, "UNZ": 1}.get(segment.tag)
    if element is None:
        return segment
    elements = [list(components) for components in segment.elements]
    elements[element] = [reference]
    return Segment(segment.tag, elements, number=segment.number, offset=segment.offset)


def _renamed(filename: str, old: str, new: str) -> str:
    """`invoice_us_1.edi` as `invoice_us_2.edi`; a name that does not end in the old reference gets the new one added."""
    stem, dot, suffix = filename.rpartition(".")
    head = stem.removesuffix(f"_{old}")
    return f"{head}_{new}{dot}{suffix}"
