"""The partner's documents: the list, one of them, everything about an order, and what can be taken away."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edi.documents.kinds import KINDS
from edi.documents.render import QUANTITIES, quantities, render
from edi.errors import StoreError
from edi.library import READERS
from edi.store.partner_entries import Detail, Entry, Wanted
from edi.store.partner_view import ROWS_MAX, PartnerView
from edi.store.store import moment
from edi.web.status import words
from edi.web.status.desk import Desk, Guest

CSV_ROWS_MAX: Final = 5_000
NUMERIC: Final = frozenset({*QUANTITIES, "price.net", "net_amount", "tax.rate"})
"""Columns of a document's lines that stand to the right."""
STAGES: Final = {
    "order": "ordered",
    "order_change": "ordered",
    "order_response": "confirmed",
    "despatch_advice": "despatched",
    "invoice": "invoiced",
}
NAME: Final = re.compile(r"[A-Z]\d{1,18}")
CURSOR: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)~([MOT]\d{1,18})")
UNSHOWN: Final = frozenset({"residue", "x", "test"})
"""Of a canonical document: what the engine keeps for itself."""
EXPORTED: Final = frozenset(kind for syntax, kind in READERS if syntax in {"edifact", "ubl"})
"""Kinds of documents that can be had in other formats."""
GONE_AFTER_FAILED: Final = frozenset({"failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One quantity of the comparison."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item, with what was ordered, confirmed, despatched and invoiced of it."""

    key: str
    name: str
    unit: str
    cells: tuple[Cell, ...]


def routes(desk: Desk) -> list[Route]:
    """Pages about documents."""
    pages = Documents(desk)
    return [
        Route("/", desk.looks(lambda _: RedirectResponse(f"{desk.base}/documents", status_code=303)), methods=["GET"]),
        Route("/documents", desk.looks(pages.listed), methods=["GET"]),
        Route("/documents.csv", desk.looks(pages.as_csv), methods=["GET"]),
        Route("/documents/{name}", desk.looks(pages.one), methods=["GET"]),
        Route("/documents/{name}/bytes", desk.looks(pages.payload), methods=["GET"]),
        Route("/documents/{name}/json", desk.looks(pages.canonical), methods=["GET"]),
        Route("/answers/{name}", desk.looks(pages.answer), methods=["GET"]),
        Route("/order", desk.looks(pages.thread), methods=["GET"]),
    ]


class Documents:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def listed(self, guest: Guest) -> Response:
        """The list, filtered, one page of it."""
        query = guest.request.query_params
        wanted, after = self._wanted(guest), _after(query.get("after", ""))
        with self._desk.view(guest) as view:
            entries = view.page(wanted, after=after, count_max=ROWS_MAX + 1)
        self._desk.looked(guest, guest.partner.name, "page_list_looked_at", rows=min(len(entries), ROWS_MAX))
        kept = {name: query[name] for name in ("number", "kind", "direction", "since", "until") if query.get(name)}
        base = self._desk.base
        last = entries[ROWS_MAX - 1] if len(entries) > ROWS_MAX else None
        return self._desk.page(
            "list.html",
            guest.request,
            guest,
            here="documents",
            wanted=wanted,
            since=_day(query.get("since", "")),
            until=_day(query.get("until", "")),
            kinds=sorted(guest.scope.kinds) or KINDS,
            rows=[self._line(guest, entry) for entry in entries[:ROWS_MAX]],
            first=after is None,
            newest=f"{base}/documents?{urlencode(kept)}",
            older=f"{base}/documents?{urlencode({**kept, 'after': f'{last.at}~{last.name}'})}" if last else None,
            csv=f"{base}/documents.csv?{urlencode(kept)}",
        )

    def as_csv(self, guest: Guest) -> Response:
        """The list as a table for a spreadsheet, at most `CSV_ROWS_MAX` rows."""
        with self._desk.view(guest) as view:
            entries = view.page(self._wanted(guest), count_max=CSV_ROWS_MAX)
        reader = self._desk.reader(guest.request, guest)
        columns = ("number", "kind", "date", "direction", "processing", "delivery", "acknowledgement", "reference", "file")
        rows = [[reader.say(f"list.{name}") for name in columns]]
        for line in (self._line(guest, entry) for entry in entries):
            direction = reader.say("list.from_you" if line.direction == "in" else "list.to_you")
            states = [reader.say(f"status.{word}") for word in (line.processing, line.delivery, line.acknowledgement)]
            rows.append([line.title, line.kind, reader.moment(line.at), direction, *states, line.reference, line.filename])
        self._desk.taken(guest, guest.partner.name, "page_list_taken", rows=len(entries))
        return attachment(table(rows), "documents.csv", "text/csv; charset=utf-8")

    def one(self, guest: Guest) -> Response:
        """One document."""
        with self._desk.view(guest) as view:
            detail = named(guest, view)
            data, document = _payload(view, detail.payload_sha256), document_of(view, detail.document_sha256)
        line = self._line(guest, detail.entry)
        found, ours = words.findings(detail.findings, data if detail.entry.direction == "in" else None, self._language(guest))
        self._desk.looked(guest, line.name, "page_looked_at")
        return self._desk.page(
            "detail.html",
            guest.request,
            guest,
            here="documents",
            title=f"{line.kind} {line.title}",
            row=line,
            has_bytes=data is not None,
            shown=render(document) if document else None,
            exports=bool(document) and (detail.entry.kind or "") in EXPORTED,
            numeric=NUMERIC,
            orders=[(number, f"{self._desk.base}/order?{urlencode({'number': number})}") for number in detail.orders],
            found=found,
            ours=ours or (line.processing == "held" and not found),
            timeline=words.timeline(detail.timeline),
            answers=[words.answer_line(one) for one in detail.answers],
        )

    def payload(self, guest: Guest) -> Response:
        """The exact bytes, as received or sent."""
        with self._desk.view(guest) as view:
            detail = named(guest, view)
            data = _payload(view, detail.payload_sha256)
        if data is None:
            raise HTTPException(404)
        self._desk.taken(guest, detail.entry.name)
        return attachment(data, detail.filename)

    def canonical(self, guest: Guest) -> Response:
        """The document as JSON."""
        with self._desk.view(guest) as view:
            detail = named(guest, view)
            document = document_of(view, detail.document_sha256)
        if document is None:
            raise HTTPException(404)
        self._desk.taken(guest, detail.entry.name)
        body = json.dumps(document, ensure_ascii=False, indent=2).encode()
        return attachment(body, f"{detail.entry.kind}_{detail.entry.number}.json", "application/json")

    def answer(self, guest: Guest) -> Response:
        """An acknowledgement we sent, exactly."""
        with self._desk.view(guest) as view:
            found = view.answer(_name(guest))
        if found is None:
            raise HTTPException(404)
        self._desk.taken(guest, _name(guest))
        return attachment(found[1], found[0])

    def thread(self, guest: Guest) -> Response:
        """Everything about one order, with quantities side by side."""
        number = _plain(guest.request.query_params.get("number", ""))
        with self._desk.view(guest) as view:
            found = [(entry, document_of(view, digest)) for entry, digest in view.thread(number)] if number else []
        if not found:
            raise HTTPException(404)
        for entry, _ in found:
            self._desk.looked(guest, entry.name, "page_order_looked_at")
        return self._desk.page(
            "thread.html",
            guest.request,
            guest,
            here="documents",
            number=number,
            rows=[self._line(guest, entry) for entry, _ in found],
            stages=tuple(dict.fromkeys(STAGES.values())),
            items=compared([(entry, document) for entry, document in found if document is not None]),
        )

    def _language(self, guest: Guest) -> str:
        return self._desk.reader(guest.request, guest).language

    def _line(self, guest: Guest, entry: Entry) -> words.Line:
        reader = self._desk.reader(guest.request, guest)
        return words.line(entry, reader.say(f"kind.{entry.kind}") if entry.kind else reader.say("kind.unknown"))

    def _wanted(self, guest: Guest) -> Wanted:
        """The filter of the address; what makes no sense is as if it was not there."""
        query, zone = guest.request.query_params, ZoneInfo(guest.zone)
        kind, direction = query.get("kind", ""), query.get("direction", "")
        since, until = _day(query.get("since", "")), _day(query.get("until", ""))
        return Wanted(
            number=_plain(query.get("number", "")),
            kind=kind if kind in KINDS else "",
            direction=direction if direction in {"in", "out"} else "",
            since=_midnight(since, zone),
            until=_midnight(until, zone, days=1),
        )


def named(guest: Guest, view: PartnerView) -> Detail:
    """The entry the address names. Raises HTTPException 404 for what is not there and what is somebody else's alike (H03)."""
    name = _name(guest)
    detail = view.detail(name) if NAME.fullmatch(name) else None
    if detail is None:
        raise HTTPException(404)
    return detail


def compared(found: list[tuple[Entry, Mapping[str, object]]]) -> tuple[ItemRow, ...]:
    """Quantities per item and stage; a later stage that differs from what was ordered is marked."""
    stages = tuple(dict.fromkeys(STAGES.values()))
    sums: dict[str, dict[str, Decimal]] = {}
    names: dict[str, tuple[str, str]] = {}
    seen: set[tuple[str, str]] = set()
    for entry, document in found:
        stage = STAGES.get(entry.kind or "")
        if stage is None or entry.state in GONE_AFTER_FAILED or (entry.kind or "", entry.number or "") in seen:
            continue
        seen.add((entry.kind or "", entry.number or ""))
        if entry.kind == "order_change":
            for item in sums.values():
                item.pop("ordered", None)
        for key, name, quantity, unit in quantities(document):
            names.setdefault(key, (name, unit))
            if quantity is not None:
                item = sums.setdefault(key, {})
                item[stage] = item.get(stage, Decimal(0)) + quantity
    return tuple(
        ItemRow(key=key, name=names[key][0], unit=names[key][1], cells=tuple(_cell(item, stage) for stage in stages))
        for key, item in sums.items()
    )


def _cell(item: Mapping[str, Decimal], stage: str) -> Cell:
    quantity, ordered = item.get(stage), item.get("ordered")
    differs = quantity is not None and ordered is not None and quantity != ordered
    return Cell(text="" if quantity is None else format(quantity, "f"), differs=differs)


def table(rows: list[list[str]], *, cleaned: Callable[[str], str] | None = None) -> bytes:
    """CSV with a byte order mark; what a spreadsheet would take for a formula is made text (T25), by `harmless` or as told."""
    found = io.StringIO()
    writer = csv.writer(found, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    clean = cleaned or harmless
    writer.writerows([[clean(cell) for cell in row] for row in rows])
    return b"\xef\xbb\xbf" + found.getvalue().encode()


def harmless(cell: str) -> str:
    """The cell with `'` before a formula, and without control characters."""
    begins = cell.lstrip(" \u00a0\ufeff").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    cleaned = "".join(character if character.isprintable() else " " for character in cell)
    return f"'{cleaned}" if begins else cleaned


def attachment(data: bytes, filename: str, content_type: str = "application/octet-stream") -> Response:
    """Bytes that are saved, never shown, under a name that is only a name (H16)."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", filename.rpartition("/")[2].rpartition("\\")[2]).strip("._")[:100] or "document"
    return Response(data, media_type=content_type, headers={"Content-Disposition": f'attachment; filename="{safe}"'})


def _payload(view: PartnerView, digest: str | None) -> bytes | None:
    """The bytes; None if they may not be shown, or were deleted when their retention ended."""
    try:
        return view.payload(digest) if digest else None
    except StoreError:
        return None


def document_of(view: PartnerView, digest: str | None) -> dict[str, object] | None:
    """The canonical document as it was kept; None if there is none (any more)."""
    data = _payload(view, digest)
    found = json.loads(data, parse_float=Decimal, parse_int=Decimal) if data else None
    return {name: value for name, value in found.items() if name not in UNSHOWN} if isinstance(found, dict) else None


def _name(guest: Guest) -> str:
    return str(guest.request.path_params["name"])


def _plain(text: str) -> str:
    """What somebody typed, as far as it can be a number or reference."""
    return "".join(character for character in text if character.isprintable()).strip()[:70]


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def _midnight(day: str, zone: ZoneInfo, *, days: int = 0) -> str:
    """The moment a day of the partner's begins, or the one so many days later; empty for no day."""
    try:
        return moment(datetime.fromisoformat(day).replace(tzinfo=zone) + timedelta(days=days)) if day else ""
    except OverflowError:
        return ""


def _after(text: str) -> tuple[str, str] | None:
    found = CURSOR.fullmatch(text)
    return (found[1], found[2]) if found else None
