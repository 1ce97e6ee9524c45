"""Patches of quarantined bytes: one segment is replaced, or the whole; the original stays, and every patch has an author and a reason.

A patch is a fact beside the transmission. Whoever processes it again starts from the patched bytes; what came, and its hash, is never
changed.
"""

from __future__ import annotations

import difflib
import json
from typing import cast

from sqlalchemy import delete, insert, select

from edi.engine.states import Machine, is_held
from edi.errors import EdiError
from edi.formats import edifact
from edi.formats.edifact import reader
from edi.formats.edifact.charset import charset_of
from edi.formats.edifact.syntax import split
from edi.limits import RECEIVED_BYTES_MAX
from edi.store.store import AnyRow, Reading, Transaction
from edi.store.tables import fact

FACT = "patch "
"""Facts with this beginning hold patches: `patch T12`."""
LINES_MAX = 200
"""Of a difference shown to people."""


class PatchError(EdiError):
    """The operator asks for another patch: this one does not fit what is there."""


def with_segment(data: bytes, position: int, text: str, *, message: int = 1) -> bytes:
    """The bytes with one segment replaced, counted as findings count: from 1 in the message (from 1 in the file), UNH being 1.

    `text` has no terminator at its end, or the interchange's own. Raises PatchError if there is no such segment.
    """
    if not edifact.looks_like(data):
        raise PatchError("only EDIFACT has segments", hint="hand in the whole file with --file")
    found = [(whole, one) for whole in reader.read(data).value or () for one in whole.messages]
    if not 1 <= message <= len(found) or not 1 <= position <= len(found[message - 1][1].segments):
        counted = f"message {message} has {len(found[message - 1][1].segments)} segments" if 1 <= message <= len(found) else ""
        raise PatchError(f"there is no segment {position} in message {message}", hint=counted or f"the file has {len(found)} messages")
    interchange, one = found[message - 1]
    start = one.segments[position - 1].offset
    terminator, release = interchange.delimiters.terminator.encode("ascii"), interchange.delimiters.release.strip().encode("ascii")
    old = split(data[start:], terminator, release)[0]
    fresh = text.strip().removesuffix(interchange.delimiters.terminator)
    if len(split(fresh, interchange.delimiters.terminator, interchange.delimiters.release.strip())) != 1:
        raise PatchError("the replacement holds more than one segment", hint="hand in the whole file with --file")
    return data[:start] + _encoded(fresh, interchange.syntax_identifier) + data[start + len(old) :]


def _encoded(text: str, syntax_identifier: str) -> bytes:
    """In the characters that UNB declares. Raises PatchError if they cannot say it."""
    charset = charset_of(syntax_identifier)
    try:
        return text.encode(charset.encoding)
    except UnicodeEncodeError as error:
        raise PatchError(f"{syntax_identifier} has no character {text[error.start]!r}") from error


def difference(before: bytes, after: bytes) -> tuple[str, ...]:
    """What a patch changes, segment by segment, as `- old` and `+ new` with what stands around it."""
    old, new = _lines(before), _lines(after)
    lines = [line for line in difflib.unified_diff(old, new, lineterm="", n=1) if not line.startswith(("---", "+++", "@@"))]
    return (*lines[:LINES_MAX], *(["…"] if len(lines) > LINES_MAX else []))


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "backslashreplace")
    return [line for line in text.replace("'", "'\n").splitlines() if line] if edifact.looks_like(data) else text.splitlines()


def current(view: Reading, row: AnyRow) -> bytes:
    """What a transmission is processed from: its last patch, otherwise what came."""
    return view.payload(_patched(view, row.id) or row.payload_sha256)


def save(transaction: Transaction, row: AnyRow, data: bytes, *, who: str, why: str) -> None:
    """Keep a patch beside the original. Raises PatchError for a transmission that needs none."""
    if not data or len(data) > RECEIVED_BYTES_MAX:
        raise PatchError(f"a patch of {len(data)} bytes cannot be processed")
    if not is_held(Machine.TRANSMISSION, row.state) and row.state != "accepted":
        raise PatchError(f"T{row.id} is {row.state} and is not processed again")
    before = _patched(transaction, row.id) or row.payload_sha256
    digest = transaction.keep(data)
    if digest == before:
        raise PatchError("the patch changes nothing")
    name = f"{FACT}T{row.id}"
    transaction.connection.execute(delete(fact).where(fact.c.name == name))
    value = {"sha256": digest, "original": row.payload_sha256, "before": before, "who": who, "why": why, "at": transaction.now}
    transaction.connection.execute(insert(fact).values(name=name, value=json.dumps(value, sort_keys=True)))
    transaction.audit(f"T{row.id}", "patched", who=who, why=why, original=row.payload_sha256, before=before, payload_sha256=digest)


def _patched(view: Reading, transmission_id: int) -> str | None:
    query = select(fact.c.value).where(fact.c.name == f"{FACT}T{transmission_id}")
    value = view.connection.execute(query).scalar_one_or_none()
    return cast("str", json.loads(value)["sha256"]) if value is not None else None
