"""Indexes that questions are answered by: each list, with each of its filters, newest first, without reading what it does not show.

Rule 1: an index names the filter, then the moment, then the id: the order of the lists, so that a page of 50 reads 50.
Rule 2: what few rows have is indexed for those alone.
Rule 3: behind a state stands what else is asked of the few that are held, so that the others are passed over without being read.
Rule 4: a question that would read a whole table fails `tests/store/test_query_plans.py`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, Table, text

from edi.store.tables import acknowledgement_expected, attempt, message, outbound, payload, transmission, work

LISTS: Final[tuple[tuple[Table, tuple[str, ...]], ...]] = (
    (transmission, ("received", "id")),
    (transmission, ("state", "received", "id", "partner", "channel")),
    (transmission, ("partner", "received", "id")),
    (transmission, ("partner", "state", "received", "id")),
    (transmission, ("channel", "received", "id", "partner")),
    (message, ("received", "id")),
    (message, ("state", "received", "id", "partner", "kind", "channel")),
    (message, ("channel", "received", "id", "partner", "kind")),
    (message, ("kind", "received", "id")),
    (message, ("partner", "received", "id")),
    (message, ("partner", "kind", "received", "id")),
    (message, ("partner", "number")),
    (message, ("document_id",)),
    (outbound, ("made", "id")),
    (outbound, ("state", "made", "id", "partner", "kind", "channel")),
    (outbound, ("kind", "made", "id")),
    (outbound, ("partner", "made", "id")),
    (outbound, ("partner", "kind", "made", "id")),
    (outbound, ("channel", "made", "id", "partner", "kind")),
    (outbound, ("partner", "number")),
    (outbound, ("document_id",)),
    (outbound, ("remote_name",)),
    (acknowledgement_expected, ("state", "deadline", "id")),
    (acknowledgement_expected, ("partner", "state", "deadline", "id")),
    (work, ("kind", "lane", "due")),
    (payload, ("counted_from", "size")),
)
FEW: Final[tuple[tuple[Table, tuple[str, ...]], ...]] = (
    (transmission, ("fingerprint", "received", "id")),
    (message, ("fingerprint", "received", "id")),
    (message, ("answer_due", "partner", "kind", "id")),
    (outbound, ("fingerprint", "made", "id")),
    (transmission, ("response_sha256",)),
    (transmission, ("envelope_sha256",)),
    (outbound, ("wire_sha256",)),
    (attempt, ("response_sha256",)),
)
"""Of rows that have the first column at all."""


def name_of(table: Table, columns: tuple[str, ...]) -> str:
    """`ix_message_partner_received_id`."""
    return f"ix_{table.name}_{'_'.join(columns)}"


for _table, _columns in LISTS:
    Index(name_of(_table, _columns), *(_table.c[_name] for _name in _columns))
for _table, _columns in FEW:
    _there = text(f"{_columns[0]} IS NOT NULL")
    Index(name_of(_table, _columns), *(_table.c[_name] for _name in _columns), sqlite_where=_there, postgresql_where=_there)
_in_a_thread = text("thread IS NOT NULL")
Index("ix_outbound_in_order", outbound.c.state, outbound.c.id, sqlite_where=_in_a_thread, postgresql_where=_in_a_thread)
