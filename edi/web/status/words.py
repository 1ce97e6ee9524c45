"""Stored states, events and findings as a partner reads them; what is our own business stays ours.

Rule 1: a finding is shown only if it speaks of the partner's data; ours (mappings, routes, files) becomes one sentence that we look at it.
Rule 2: the three axes are never mixed: processing, delivery, acknowledgement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edi.engine.states import NOT_EXPECTED, Machine, word
from edi.engine.status import WORST_ACKNOWLEDGEMENT, WORST_DELIVERY
from edi.findings import Finding
from edi.store.partner_entries import Answer, Entry, Happened
from edi.web.pages import findings as sentences

NONE: Final = "none"
"""The axis has nothing to say."""
PARTNERS_WORDS: Final = {"invalid": "rejected", "map_failed": "held", "unroutable": "held", "conflict": "held"}
"""Message states whose word for operators would mislead a partner."""
THEIRS: Final = frozenset({"edifact", "ubl", "xml", "json", "sbdh", "document", "guide", "rule", "transmission", "duplicate", "aperak"})
"""Areas of findings about the partner's data."""
HINTLESS: Final = frozenset({"agreement"})
"""Areas whose hint is for the operator."""
TEXTLESS: Final = frozenset({"origin"})
"""Areas whose text may name somebody else."""
QUOTED_CHARACTERS_MAX: Final = 300
ANSWERS: Final = frozenset(["12", "13", "14", "15", "16", "17", "18", "19", "21", "23", "26", "28", "29", "35", "36", "37", "39", "40"])
"""Codes 0085 that the catalogue has words for."""

HAPPENED: Final = {
    ("T", "received"): "received", ("T", "quarantined"): "held", ("T", "conflict"): "held", ("T", "duplicate"): "duplicate",
    ("T", "rejected"): "rejected", ("T", "discarded"): "cancelled",
    ("M", "valid"): "checked", ("M", "invalid"): "rejected", ("M", "mapped"): "read", ("M", "routed"): "passed_on",
    ("M", "delivered"): "arrived", ("M", "held"): "held", ("M", "unroutable"): "held", ("M", "map_failed"): "held",
    ("M", "conflict"): "held", ("M", "duplicate"): "duplicate", ("M", "accepted"): "accepted", ("M", "changed"): "changed",
    ("M", "refused"): "rejected", ("M", "superseded"): "superseded", ("M", "cancelled"): "cancelled",
    ("O", "ready"): "made", ("O", "in_flight"): "sending", ("O", "acknowledged"): "delivered", ("O", "awaiting"): "awaiting",
    ("O", "retry_wait"): "retrying", ("O", "unknown"): "unknown", ("O", "failed"): "failed", ("O", "rejected"): "refused",
    ("O", "overdue"): "overdue", ("O", "held"): "held", ("O", "cancelled"): "cancelled",
}  # fmt: skip
"""Row letter and event of the audit trail to what happened; what is not here is our own housekeeping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry of the list in words; each word is a key of the catalogue."""

    name: str
    at: str
    direction: str
    kind: str
    title: str
    processing: str
    delivery: str
    acknowledgement: str
    reference: str
    test: bool
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """An acknowledgement in words."""

    kind: str
    word: str
    at: str | None
    reference: str | None
    name: str | None
    """Where it can be had; None: it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A finding as the partner reads it."""

    severity: str
    headline: str
    """Code 0085 the catalogue has words for, or `other`."""
    text: str
    original: str
    """The finding's own English, where `text` is in another language; else empty."""
    where: tuple[tuple[str, str], ...]
    """Coordinates, each with its key of the catalogue below `place.`."""
    value: str
    quote: str
    expected: str
    hint: str
    hint_is_english: bool
    code: str


def line(entry: Entry, kind: str) -> Line:
    """The entry; `kind` is its kind in the reader's words."""
    machine = {"M": Machine.MESSAGE, "O": Machine.OUTBOUND, "T": Machine.TRANSMISSION}[entry.name[0]]
    processing = "done" if machine is Machine.OUTBOUND else PARTNERS_WORDS.get(entry.state) or word(machine, entry.state)
    if machine is Machine.TRANSMISSION:
        processing = "held" if processing == "quarantined" else processing
    deliveries = [word(Machine.OUTBOUND, state) for state in entry.deliveries]
    return Line(
        name=entry.name,
        at=entry.at,
        direction=entry.direction,
        kind=kind,
        title=entry.number or entry.filename or entry.name,
        processing=processing,
        delivery=_worst(WORST_DELIVERY, deliveries) or NONE,
        acknowledgement=_acknowledgement(entry, processing),
        reference=entry.reference or "",
        test=entry.test,
        filename=entry.filename,
    )


def answer_line(answer: Answer) -> AnswerLine:
    """An acknowledgement: ours by its delivery, the partner's by what it said."""
    machine = Machine.OUTBOUND if answer.name else Machine.ACKNOWLEDGEMENT
    name = answer.name if answer.is_shown else None
    return AnswerLine(kind=answer.kind, word=word(machine, answer.state), at=answer.at, reference=answer.reference, name=name)


def timeline(happened: Sequence[Happened]) -> tuple[tuple[str, str], ...]:
    """Moments and what happened then; the same twice in a row is said once."""
    found: list[tuple[str, str]] = []
    for one in happened:
        said = HAPPENED.get((one.subject, one.event))
        if said and (not found or found[-1][1] != said):
            found.append((one.at, said))
    return tuple(found)


def findings(found: Iterable[Finding], data: bytes | None, language: str = "en") -> tuple[tuple[Shown, ...], bool]:
    """What the partner may read, and whether something is left that is for us; `data` is what segments are quoted from."""
    shown: dict[Shown, None] = {}
    ours = False
    for one in found:
        area = one.code.partition(".")[0]
        if area in THEIRS | HINTLESS | TEXTLESS:
            shown[_shown(one, area, data, language)] = None
        else:
            ours = ours or one.is_error or area == "routing"
    return tuple(shown), ours


def _shown(one: Finding, area: str, data: bytes | None, language: str) -> Shown:
    where = one.where
    own = "" if area in TEXTLESS else one.text
    said = sentences.text(one, language) if own else None
    do = (one.hint or "") if area in THEIRS else ""
    told = sentences.hint(one, language) if do else None
    return Shown(
        severity=str(one.severity),
        headline=one.answer if one.answer in ANSWERS else "other",
        text=said or own,
        original=own if said else "",
        where=tuple((name, str(value)) for name in _PLACES if (value := getattr(where, name)) is not None),
        value=_shortened(one.value or "") if own else "",
        quote=quote(data, where.offset) if data is not None and where.offset is not None else "",
        expected=one.expected or "",
        hint=told or do,
        hint_is_english=told is None,
        code=one.code,
    )


_PLACES: Final = ("message", "segment", "tag", "element", "repetition", "component", "line", "column", "path")


def quote(data: bytes, offset: int) -> str:
    """The segment that begins at an offset, shortened; empty if the offset lies outside."""
    if not 0 <= offset < len(data):
        return ""
    terminator = data[8:9] if data.startswith(b"UNA") else b"'"
    piece, at = data[offset : offset + 4 * QUOTED_CHARACTERS_MAX], 0
    while True:
        end = piece.find(terminator, at)
        if end <= 0 or piece[end - 1 : end] != b"?":
            break
        at = end + 1
    text = (piece[: end + 1] if end >= 0 else piece).decode("utf-8", "replace").strip()
    return _shortened(text)


def _shortened(text: str) -> str:
    cleaned = "".join(character if character.isprintable() else " " for character in text)
    return cleaned if len(cleaned) <= QUOTED_CHARACTERS_MAX else cleaned[:QUOTED_CHARACTERS_MAX] + "…"


def _acknowledgement(entry: Entry, processing: str) -> str:
    """What the partner said to what we sent; for what we received, what we said."""
    if entry.direction == "out":
        words = [word(Machine.ACKNOWLEDGEMENT, state) for _, state in entry.answers]
        return _worst(WORST_ACKNOWLEDGEMENT, words) or NOT_EXPECTED
    if not entry.answers:
        return NONE
    said = _worst(WORST_DELIVERY, [word(Machine.OUTBOUND, state) for _, state in entry.answers])
    if said in {"sent", "delivered"}:
        return "rejected" if processing == "rejected" else "accepted"
    return said or NONE


def _worst(order: Sequence[str], words: Sequence[str]) -> str | None:
    return min(words, key=order.index) if words else None
