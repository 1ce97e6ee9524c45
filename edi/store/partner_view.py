"""What one partner may see of the memory, and nothing else: the only place where the status page asks the store (T28).

Rule 1: a `PartnerView` is made for one partner; every query goes through `Shown`, which names that partner.
Rule 2: asking for what is not theirs gives the same None as asking for what is not there.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Select, Table, func, select, tuple_, union
from sqlalchemy.sql.elements import ColumnElement

from edi.store import audit
from edi.store.findings_text import from_json
from edi.store.links import Scope
from edi.store.listing import same
from edi.store.naming import number_in, split_name
from edi.store.orders import document_order
from edi.store.partner_entries import Answer, Detail, Entry, Happened, Wanted
from edi.store.partner_shown import UNREAD, Shown, between
from edi.store.store import AnyRow, Reading
from edi.store.tables import acknowledgement_expected, attempt, document, interchange, message, outbound, transmission

ROWS_MAX: Final = 25
"""On one page."""
THREAD_MAX: Final = 100
FOUND_MAX: Final = 2_000
"""Of one number, or one beginning of numbers."""
LAST: Final = "\U0010ffff"


class PartnerView:
    """A reading connection, narrowed to one partner."""

    def __init__(self, view: Reading, scope: Scope, channels: Collection[str]) -> None:
        """`channels`: those through which this partner's documents come in."""
        self._view = view
        self._scope = scope
        self._shown = Shown(scope, channels)

    # -- lists --------------------------------------------------------------------------------------------------------

    def page(self, wanted: Wanted, *, after: tuple[str, str] | None = None, count_max: int = ROWS_MAX) -> tuple[Entry, ...]:
        """The newest first; `after`: moment and name of the last one of the page before."""
        found = [*self._messages(wanted, after, count_max), *self._outbounds(wanted, after, count_max)]
        if not wanted.kind and not wanted.number:
            found += self._files(wanted, after, count_max)
        return tuple(sorted(found, key=_place, reverse=True)[:count_max])

    def thread(self, order_number: str) -> tuple[tuple[Entry, str], ...]:
        """Documents around one order, the oldest first, each with the SHA-256 of its canonical document."""
        about = union(
            select(document_order.c.document_id).where(document_order.c.order_number == order_number),
            select(document.c.id).where(document.c.number == order_number, document.c.kind.in_(("order", "order_change"))),
        ).subquery()
        found: list[tuple[Entry, str]] = []
        for table, query in ((message, self._shown.received(known=True)), (outbound, self._shown.sent(known=True))):
            # By the key first: with the partner in one step, the index of the partner would be walked from end to end.
            ids = self._rows(select(table.c.id).where(table.c.document_id.in_(select(about.c[0]))).limit(FOUND_MAX))
            rows = self._rows(query.where(table.c.id.in_([row.id for row in ids])).order_by(table.c.id).limit(THREAD_MAX))
            entries = self._message_entries(rows) if table is message else self._outbound_entries(rows)
            found += [(entry, row.document_sha256) for entry, row in zip(entries, rows, strict=True) if row.document_sha256]
        return tuple(sorted(found, key=lambda one: _place(one[0])))

    def some(self, names: Collection[str]) -> tuple[Entry, ...]:
        """Those of the documents named that may be seen, in the order of the list."""
        numbers: dict[str, list[int]] = {"M": [], "O": []}
        for name in names:
            numbers[name[:1]].append(int(name[1:]))
        found: list[Entry] = []
        if numbers["M"]:
            found += self._message_entries(self._rows(self._shown.received(known=True).where(message.c.id.in_(numbers["M"]))))
        if numbers["O"]:
            found += self._outbound_entries(self._rows(self._shown.sent(known=True).where(outbound.c.id.in_(numbers["O"]))))
        return tuple(sorted(found, key=_place, reverse=True))

    # -- one ----------------------------------------------------------------------------------------------------------

    def detail(self, name: str) -> Detail | None:
        """One entry; None if there is none of that name, or it is somebody else's."""
        match split_name(name):
            case ("M", row_id):
                return self._message(row_id)
            case ("O", row_id):
                return self._outbound(row_id)
            case ("T", row_id):
                return self._file(row_id)
            case _:
                return None

    def answer(self, name: str) -> tuple[str, bytes] | None:
        """File name and bytes of an acknowledgement we sent; None as in `detail`."""
        number = number_in(name, "O")
        row = self._one(self._shown.answers().where(outbound.c.id == number)) if number is not None else None
        if row is None or not self._answers_what_is_seen(row.effect or ""):
            return None
        return row.filename, self._view.payload(row.payload_sha256)

    def _answers_what_is_seen(self, effect: str) -> bool:
        """True if everything an acknowledgement speaks of is shown: `I7|contrl` speaks of a whole interchange, `M9|...` of a message."""
        if self._scope.is_whole and not (self._scope.since or self._scope.until):
            return True
        match split_name(effect.partition("|")[0]):
            case ("I", row_id):
                return self._sees_all_of(row_id)
            case ("M", row_id):
                return self._one(self._shown.received(known=True).where(message.c.id == row_id)) is not None
            case _:
                return False

    def payload(self, digest: str) -> bytes:
        """The bytes of something this view gave out."""
        return self._view.payload(digest)

    # -- rows to entries ----------------------------------------------------------------------------------------------

    def _matching(self, query: Select[*tuple[Any, ...]], table: Any, wanted: Wanted) -> Select[*tuple[Any, ...]]:
        if wanted.kind:
            query = query.where(same(table.c.kind, wanted.kind, known=bool(wanted.number)))
        if wanted.number:
            # Ids first: in one step the newest-first index would be walked from end to end.
            queries = _numbered(self._scope.partner, wanted.number, table, dialect=self._view.connection.dialect.name)
            query = query.where(table.c.id.in_({row.id for one in queries for row in self._rows(one)}))
        return query

    def _messages(self, wanted: Wanted, after: tuple[str, str] | None, count_max: int) -> list[Entry]:
        if wanted.direction == "out":
            return []
        query = self._matching(self._shown.received(known=bool(wanted.number)), message, wanted)
        query = between(query, message.c.received, wanted)
        query = _after(query, message.c.received, message.c.id, "M", after)
        return self._message_entries(self._newest(query, message, message.c.received, wanted, count_max))

    def _outbounds(self, wanted: Wanted, after: tuple[str, str] | None, count_max: int) -> list[Entry]:
        if wanted.direction == "in":
            return []
        query = self._matching(self._shown.sent(known=bool(wanted.number)), outbound, wanted)
        query = between(query, outbound.c.made, wanted)
        query = _after(query, outbound.c.made, outbound.c.id, "O", after)
        return self._outbound_entries(self._newest(query, outbound, outbound.c.made, wanted, count_max))

    def _newest(
        self, query: Select[*tuple[Any, ...]], table: Table, at: ColumnElement[Any], wanted: Wanted, count_max: int
    ) -> list[AnyRow]:
        if not wanted.number:
            return self._rows(query.order_by(at.desc(), table.c.id.desc()).limit(count_max))
        # Few, and by their ids: asked for in order, PostgreSQL would walk the list until it met enough of them.
        found = sorted(((row[0], row[1]) for row in self._rows(query.with_only_columns(at, table.c.id))), reverse=True)[:count_max]
        rows = self._rows(query.where(table.c.id.in_([row_id for _at, row_id in found]))) if found else []
        return sorted(rows, key=lambda row: (getattr(row, str(at.name)), row.id), reverse=True)

    def _files(self, wanted: Wanted, after: tuple[str, str] | None, count_max: int) -> list[Entry]:
        if wanted.direction == "out":
            return []
        query = between(self._shown.unread(), transmission.c.received, wanted)
        query = _after(query, transmission.c.received, transmission.c.id, "T", after)
        query = query.order_by(transmission.c.received.desc(), transmission.c.id.desc()).limit(count_max)
        # One state after the other: each is a piece of an index in this order, all of them together are not.
        return [_file_entry(row) for state in UNREAD for row in self._rows(query.where(transmission.c.state == state))]

    def _message_entries(self, rows: list[AnyRow]) -> list[Entry]:
        made: dict[int, list[str]] = {}
        ids = [row.id for row in rows]
        for one in self._rows(select(outbound.c.message_id, outbound.c.state).where(outbound.c.message_id.in_(ids))) if ids else []:
            made.setdefault(one.message_id, []).append(one.state)
        answered: dict[str, tuple[str, str]] = {}
        effects = [f"I{row.interchange_id}|contrl" for row in rows]
        # By the unique effect first: with the partner in one step, the index of the partner would be walked from end to end.
        known = [row.id for row in self._rows(select(outbound.c.id).where(outbound.c.effect.in_(effects)))] if effects else []
        for one in self._rows(self._shown.answers().where(outbound.c.id.in_(known))) if known else []:
            answered[one.effect] = (one.kind, one.state)
        return [
            Entry(
                name=f"M{row.id}",
                at=row.received,
                direction="in",
                kind=row.kind,
                number=row.number,
                type=row.type,
                reference=row.control_reference,
                state=row.state,
                deliveries=tuple(made.get(row.id, ())),
                answers=tuple(filter(None, (answered.get(f"I{row.interchange_id}|contrl"),))),
                test=bool(row.test),
                filename=row.filename,
            )
            for row in rows
        ]

    def _outbound_entries(self, rows: list[AnyRow]) -> list[Entry]:
        table = acknowledgement_expected
        owed: dict[int, list[tuple[str, str]]] = {}
        ids = [row.id for row in rows]
        for one in self._rows(select(table).where(table.c.outbound_id.in_(ids))) if ids else []:
            owed.setdefault(one.outbound_id, []).append((one.kind, one.state))
        return [
            Entry(
                name=f"O{row.id}",
                at=row.made,
                direction="out",
                kind=row.kind,
                number=row.number,
                type="",
                reference=row.control_reference,
                state=row.state,
                deliveries=(row.state,),
                answers=tuple(owed.get(row.id, ())),
                test=bool(row.test),
                filename=row.remote_name or row.filename,
            )
            for row in rows
        ]

    # -- rows to details ----------------------------------------------------------------------------------------------

    def _message(self, message_id: int) -> Detail | None:
        row = self._one(self._shown.received(known=True).where(message.c.id == message_id))
        if row is None:
            return None
        effect = f"I{row.interchange_id}|contrl"
        answers = [
            Answer(
                kind=one.kind,
                state=one.state,
                reference=one.control_reference,
                at=one.sent or one.made,
                payload_sha256=one.payload_sha256,
                name=f"O{one.id}",
                is_shown=self._answers_what_is_seen(effect),
            )
            for one in self._rows(self._shown.answers().where(outbound.c.id.in_(select(outbound.c.id).where(outbound.c.effect == effect))))
        ]
        return Detail(
            entry=self._message_entries([row])[0],
            findings=(*from_json(row.interchange_findings), *from_json(row.findings)),
            timeline=self._timeline([f"T{row.transmission_id}", f"M{row.id}"]),
            answers=tuple(answers),
            document_sha256=row.document_sha256,
            payload_sha256=row.interchange_sha256 if self._sees_all_of(row.interchange_id) else None,
            filename=row.filename,
            orders=self._orders(row.document_id, row.kind, row.number),
        )

    def _sees_all_of(self, interchange_id: int) -> bool:
        """True if every message of an interchange is this partner's and shown by the link: only then its bytes are."""
        shown = self._view.connection.execute(
            select(func.count()).select_from(self._shown.received(known=True).where(message.c.interchange_id == interchange_id).subquery())
        ).scalar_one()
        there = self._view.connection.execute(select(func.count()).where(message.c.interchange_id == interchange_id)).scalar_one()
        return bool(shown == there > 0)

    def _outbound(self, outbound_id: int) -> Detail | None:
        row = self._one(self._shown.sent(known=True).where(outbound.c.id == outbound_id))
        if row is None:
            return None
        table = acknowledgement_expected
        answers = [
            Answer(kind=one.kind, state=one.state, reference=None, at=one.settled or one.deadline)
            for one in self._rows(select(table).where(table.c.outbound_id == outbound_id).order_by(table.c.id))
        ]
        return Detail(
            entry=self._outbound_entries([row])[0],
            findings=from_json(row.findings),
            timeline=self._timeline([f"O{row.id}"]),
            answers=tuple(answers),
            document_sha256=row.document_sha256,
            payload_sha256=row.payload_sha256,
            filename=row.filename,
            orders=self._orders(row.document_id, row.kind, row.number),
        )

    def _file(self, transmission_id: int) -> Detail | None:
        row = self._one(self._shown.unread().where(transmission.c.id == transmission_id, transmission.c.state.in_(UNREAD)))
        if row is None:
            return None
        inside = select(interchange.c.findings).where(interchange.c.transmission_id == row.id).order_by(interchange.c.position)
        findings = [finding for one in self._rows(inside) for finding in from_json(one.findings)]
        return Detail(
            entry=_file_entry(row),
            findings=(*from_json(row.findings), *findings),
            timeline=self._timeline([f"T{row.id}"]),
            answers=(),
            document_sha256=None,
            payload_sha256=row.payload_sha256,
            filename=row.filename,
        )

    def _timeline(self, subjects: list[str]) -> tuple[Happened, ...]:
        found = [
            Happened(at=one.event.at, subject=one.event.subject[:1], event=one.event.event)
            for one in audit.entries(self._view.connection, subjects)
            if not one.event.event.startswith("page_")
        ]
        tries = [int(name[1:]) for name in subjects if name.startswith("O")]
        query = select(attempt.c.started, attempt.c.outcome).where(attempt.c.outbound_id.in_(tries)).order_by(attempt.c.number)
        found += [
            Happened(at=row.started, subject="O", event=f"try_{row.outcome or 'open'}") for row in (self._rows(query) if tries else [])
        ]
        return tuple(sorted(found, key=lambda one: one.at))

    def _orders(self, document_id: int | None, kind: str | None, number: str | None) -> tuple[str, ...]:
        if document_id is None:
            return ()
        query = select(document_order.c.order_number).where(document_order.c.document_id == document_id).limit(THREAD_MAX)
        found = [str(row.order_number) for row in self._rows(query)]
        return tuple(dict.fromkeys([number, *found] if kind == "order" and number else found))

    def _rows(self, query: Select[*tuple[Any, ...]]) -> list[AnyRow]:
        return list(self._view.connection.execute(query).all())

    def _one(self, query: Select[*tuple[Any, ...]]) -> AnyRow | None:
        return self._view.connection.execute(query).one_or_none()


def _place(entry: Entry) -> tuple[str, str, int]:
    """Where it stands in the list: by moment, then letter, then number."""
    return entry.at, entry.name[:1], int(entry.name[1:])


def _numbered(partner: str, number: str, table: Any, *, dialect: str) -> tuple[Select[*tuple[Any, ...]], ...]:
    """Queries for the ids of rows with a number or control reference, each answered by an index of its own."""

    def fits(column: ColumnElement[Any]) -> ColumnElement[bool]:
        start = number.removesuffix("*")
        if start == number:
            return column == number
        # SQLite's LIKE takes no index, and a range of PostgreSQL's depends on the database's sorting.
        return (column >= start) & (column < start + LAST) if dialect == "sqlite" else column.startswith(start, autoescape=True)

    by_number = select(table.c.id).where(table.c.partner == partner, fits(table.c.number)).order_by(table.c.number)
    if table is message:
        referred = select(message.c.id).join(interchange, interchange.c.id == message.c.interchange_id)
        by_reference = referred.where(fits(interchange.c.control_reference))
    else:
        by_reference = select(outbound.c.id).where(fits(outbound.c.control_reference))
    return by_number.limit(FOUND_MAX), by_reference.limit(FOUND_MAX)


def _after(
    query: Select[*tuple[Any, ...]], at: ColumnElement[Any], row_id: ColumnElement[Any], letter: str, after: tuple[str, str] | None
) -> Select[*tuple[Any, ...]]:
    """Only what stands behind an entry of the list, in the order of `_place`."""
    if after is None:
        return query
    moment, name = after
    if letter == name[:1]:
        return query.where(tuple_(at, row_id) < tuple_(moment, int(name[1:])))
    return query.where(at <= moment) if letter < name[:1] else query.where(at < moment)


def _file_entry(row: AnyRow) -> Entry:
    return Entry(
        name=f"T{row.id}",
        at=row.received,
        direction="in",
        kind=None,
        number=None,
        type=row.format or "",
        reference=None,
        state=row.state,
        test=False,
        filename=row.filename,
    )
