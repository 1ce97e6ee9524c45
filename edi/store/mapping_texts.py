"""The texts of mappings that were used, by version: what explains and replays old traffic as it was translated then.

They hold no business data, so they are never deleted.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from sqlalchemy import Text, select
from sqlmodel import Field

from edi.store.dialect import insert_if_new
from edi.store.store import Reading, Transaction
from edi.store.tables import Row, document, message, outbound, table


class MappingText(Row, table=True):
    """One version of one mapping, with every file it builds on."""

    __tablename__ = "mapping_text"

    version: str = Field(primary_key=True)
    """`orders-eancom#1a2b3c4d5e6f`, as documents and outputs name it."""
    text: str = Field(sa_type=Text)
    """JSON: the files by the name they were asked for, each with path and text."""
    kept: str


mapping_text = table(MappingText)
XREF: Final = "xref/"
"""Before the name of a cross-reference table among the files of a mapping."""


def keep(transaction: Transaction, version: str, text: str) -> bool:
    """Keep a version's text; False if it was there. Cross-reference tables, which may be large, are kept once for all mappings."""
    held: dict[str, list[str]] = json.loads(text)
    for name, (_, rows) in held.items():
        if name.startswith(XREF):
            key = f"{name}#{hashlib.sha256(rows.encode()).hexdigest()}"
            insert_if_new(transaction.connection, mapping_text, {"version": key, "text": rows, "kept": transaction.now})
            held[name] = [key, ""]
    fresh = insert_if_new(transaction.connection, mapping_text, {"version": version, "text": _dumped(held), "kept": transaction.now})
    if fresh:
        transaction.audit(version, "mapping_kept")
    return fresh


def text_of(view: Reading, version: str) -> str | None:
    """The kept text of a version, with the tables that were kept beside it; None if it was never kept here."""
    text = _one(view, version)
    held: dict[str, list[str]] = json.loads(text) if text is not None else {}
    for name, (key, _) in held.items():
        if name.startswith(XREF):
            held[name] = ["", _one(view, key) or "[]"]
    return _dumped(held) if text is not None else None


def _one(view: Reading, version: str) -> str | None:
    return view.connection.execute(select(mapping_text.c.text).where(mapping_text.c.version == version)).scalar_one_or_none()


def _dumped(held: dict[str, list[str]]) -> str:
    return json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def used_by(view: Reading, transmission_id: int) -> dict[str, str]:
    """Versions by mapping name with which the messages of a transmission were first translated, reading and writing."""
    read = (
        select(document.c.mapping)
        .join(message, message.c.id == document.c.message_id)
        .where(message.c.transmission_id == transmission_id)
        .order_by(document.c.id)
    )
    written = select(outbound.c.mapping).where(outbound.c.transmission_id == transmission_id).order_by(outbound.c.id)
    found: dict[str, str] = {}
    for query in (read, written):
        for version in view.connection.execute(query).scalars():
            if version:
                found.setdefault(version.partition("#")[0], version)
    return found
