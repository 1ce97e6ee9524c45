"""The same document in a new envelope: new control references and time, everything else as it was sent."""

from __future__ import annotations

import json
from dataclasses import replace

from edi.engine.context import Context
from edi.engine.seal import parties, take
from edi.errors import ConfigError
from edi.formats.edifact import reader as edifact_reader
from edi.formats.edifact.syntax import Segment
from edi.formats.edifact.writer import rewrite
from edi.store.store import AnyRow, Transaction


def resealed(context: Context, transaction: Transaction, row: AnyRow) -> tuple[bytes, dict[str, str | None]]:
    """New bytes for an outbound row, and the columns that changed with them. Only EDIFACT has an envelope to renew."""
    payload = transaction.payload(row.payload_sha256)
    if row.control_reference is None:
        return payload, {}
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
