"""A store full of history, made by the database itself: a million messages in a minute, ten million in a quarter of an hour.

The rows are what the engine would have left, with payloads of a few bytes, short digests and one entry of the audit trail for each
message: most messages were delivered and answered long ago, some failed of a few hundred causes, a hundredth is open. Partners differ
in size as they do: one has half of all, most have little.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text

from edi.store.store import Store

PARTNERS: Final = 400
CAUSES: Final = 200
KINDS: Final = ("order", "order_response", "despatch_advice", "invoice", "inventory_report")
FILLED: Final = (
    "transmission", "interchange", "message", "document", "document_order", "outbound", "attempt", "acknowledgement_expected", "work",
    "payload", "audit_event",
)  # fmt: skip
DAYS: Final = 672
"""Of 28 days in each month, from the beginning of 2024."""
OPEN: Final = 100
"""Of so many messages one is still open, the last ones."""
TINY: Final = b"payload"


def fill(store: Store, count: int) -> None:
    """Add so many messages to an empty store, with everything around them; indexes are built at the end, as a bulk load does it."""
    engine = _hurried(store)
    with engine.begin() as connection:
        if connection.dialect.name != "sqlite":
            _forget_promises(connection)
        _scaffold(connection)
        indexes = _take_indexes(connection)
        for statement in _rows(count):
            connection.execute(text(statement.replace(":", r"\:").replace("TINY", ":tiny")), {"tiny": TINY} if "TINY" in statement else {})
        for one in indexes:
            connection.exec_driver_sql(one)
        for name in ("scaffold_day", "scaffold_second", "scaffold_partner"):
            connection.execute(text(f"DROP TABLE {name}"))
    if not store.url.startswith("sqlite"):  # which nobody gives statistics either; PostgreSQL makes them by itself
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _hurried(store: Store) -> Engine:
    """A connection that forgets what `Store` promises: nothing here must outlive a power cut."""
    store.close()
    if not store.url.startswith("sqlite"):
        return store._engine
    engine = create_engine(store.url)
    event.listen(engine, "connect", _careless)
    return engine


def _careless(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "threads = 3"):
        connection.execute(f"PRAGMA {pragma}").fetchone()


def _forget_promises(connection: Connection) -> None:
    """PostgreSQL writes each row once instead of twice."""
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
    for name in FILLED:
        connection.exec_driver_sql(f"ALTER TABLE {name} SET UNLOGGED")


def _scaffold(connection: Connection) -> None:
    """Texts that both databases would have to be asked for differently."""
    connection.execute(text("CREATE TABLE scaffold_day (n INTEGER PRIMARY KEY, at VARCHAR)"))
    days = [{"n": n, "at": f"20{24 + n // 336}-{n % 336 // 28 + 1:02d}-{n % 28 + 1:02d}T"} for n in range(DAYS)]
    connection.execute(text("INSERT INTO scaffold_day VALUES (:n, :at)"), days)
    connection.execute(text("CREATE TABLE scaffold_second (n INTEGER PRIMARY KEY, at VARCHAR)"))
    seconds = [{"n": n, "at": f"{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}"} for n in range(86_400)]
    connection.execute(text("INSERT INTO scaffold_second VALUES (:n, :at)"), seconds)
    connection.execute(text("CREATE TABLE scaffold_partner (n INTEGER PRIMARY KEY, partner VARCHAR)"))
    # Half of all are the first partner's, a quarter the second's, and so on down to a tail of equals.
    rows = [{"n": n, "partner": f"partner{_rank(n)}"} for n in range(10_000)]
    connection.execute(text("INSERT INTO scaffold_partner VALUES (:n, :partner)"), rows)


def _rank(n: int) -> int:
    return (n % 2 and 1) or (n % 4 and 2) or (n % 8 and 3) or 4 + (n // 8) % (PARTNERS - 4)


def _take_indexes(connection: Connection) -> list[str]:
    """Drop the plain indexes of the filled tables; the statements that make them again."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql, tbl_name AS tab FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname AS name, indexdef AS sql, tablename AS tab FROM pg_indexes WHERE schemaname = current_schema()"
    constrained = {"pk_", "uq_"}
    found = [row for row in connection.execute(text(query)) if row.tab in FILLED and row.name[:3] not in constrained]
    for row in found:
        connection.execute(text(f'DROP INDEX "{row.name}"'))
    return [row.sql for row in found]


def _rows(count: int) -> list[str]:
    """A statement for each table, from the numbers of the messages; `TINY` stands for a payload's bytes."""
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    per_day = count // DAYS + 1
    joined = (
        f"FROM n JOIN scaffold_day d ON d.n = i / {per_day} "
        f"JOIN scaffold_second s ON s.n = CAST(i % {per_day} AS BIGINT) * 86399 / {per_day} "
        "JOIN scaffold_partner p ON p.n = (CAST(i AS BIGINT) * 7919) % 10000"
    )
    at = "d.at || s.at || '.000000Z'"
    kind = "CASE i % 5 " + " ".join(f"WHEN {n} THEN '{name}'" for n, name in enumerate(KINDS)) + " END"
    failed, is_open = "i % 50 = 0", f"i > {count - count // OPEN}"
    cause = f"CASE WHEN {failed} THEN 'cause:' || (i / 50 % {CAUSES}) END"
    state = f"CASE WHEN {failed} THEN 'map_failed' WHEN {is_open} THEN 'routed' ELSE 'delivered' END"

    def into(table: str, values: dict[str, str], where: str = "TRUE") -> str:
        return f"INSERT INTO {table} ({', '.join(values)}) {numbers} SELECT {', '.join(values.values())} {joined} WHERE {where}"

    def output(back: int, values: dict[str, str], where: str = "TRUE") -> str:
        fixed = {
            "id": f"i * 2 - {back}", "identity": f"'o' || (i * 2 - {back})", "transmission_id": "i", "number": "'B' || i", "route": "'r'",
            "mapping": "'m#1'", "test": "FALSE", "filename": "'f' || i || '.out'", "content_type": "'application/edifact'",
            "attributes": "'{}'", "payload_sha256": f"'o' || (i * 2 - {back})", "body_sha256": "'b' || i", "size": "4000",
            "control_reference": "'R' || i", "attempts": "1", "made": at, "since": at, "sent": at, "remote_name": "'f' || i || '.out'",
            "state": f"CASE WHEN {is_open} THEN 'ready' WHEN i % 500 = {back} THEN 'rejected' ELSE 'acknowledged' END", "findings": "'[]'",
        }  # fmt: skip
        return into("outbound", {**fixed, **values}, where)

    channel_out = "CASE WHEN i % 3 = 0 THEN p.partner || '-out' ELSE 'erp-out' END"
    return [
        into("payload", {"sha256": "'t' || i", "size": "4000", "encoding": "'raw'", "data": "TINY", "kept": at, "counted_from": at}),
        into("transmission", {
            "id": "i", "channel": "p.partner || '-in'", "transport_id": "'file' || i", "filename": "'f' || i || '.edi'",
            "partner": "p.partner", "payload_sha256": "'t' || i", "size": "4000", "format": "'edifact'", "confirmation": "'sent'",
            "state": "CASE WHEN i % 1000 = 0 THEN 'quarantined' ELSE 'accepted' END", "received": at, "processed": at,
            "released": "FALSE", "findings": "'[]'",
        }),
        into("interchange", {
            "id": "i", "transmission_id": "i", "position": "1", "syntax": "'edifact'", "sender": "p.partner || ':14'",
            "recipient": "'us:14'", "control_reference": "'R' || i", "test": "FALSE", "state": "'accepted'", "payload_sha256": "'t' || i",
            "identity": "'edifact|' || i", "findings": "'[]'",
        }),
        into("message", {
            "id": "i", "interchange_id": "i", "transmission_id": "i", "position": "1", "reference": "'1'",
            "type": "'ORDERS:D:96A:UN:EAN008'", "kind": kind, "channel": "p.partner || '-in'", "partner": "p.partner", "test": "FALSE", "state": state, "route": "'r'",
            "number": "'B' || i", "document_id": "i",
            "answer_due": f"CASE WHEN {is_open} AND i % 5 = 0 THEN {at} END", "received": at, "changed": at, "findings": "'[]'", "unmapped": "'[]'",
            "fingerprint": cause, "reason": f"CASE WHEN {failed} THEN 'it failed' END",
        }),
        into("document", {
            "id": "i", "message_id": "i", "kind": kind, "number": "'B' || i", "issuer": "p.partner", "function": "'9'",
            "issued": "'2024-01-01'", "payload_sha256": "'d' || i", "identity": "'doc|' || i", "mapping": "'m#1'", "made": at,
        }),
        into("document_order", {"document_id": "i", "order_number": "'B' || (i - i % 5)"}, "i % 5 IN (1, 3)"),
        output(1, {
            "effect": "'M' || i || '|r|1'", "message_id": "i", "document_id": "i", "channel": channel_out, "kind": kind,
            "partner": "CASE WHEN i % 3 = 0 THEN p.partner END",
        }),
        output(0, {"effect": "'I' || i || '|contrl'", "channel": "p.partner || '-out'", "kind": "'contrl'", "partner": "p.partner"}, "i % 3 = 1"),
        into("attempt", {"outbound_id": "i * 2 - 1", "number": "1", "started": at, "finished": at, "outcome": "'arrived'", "note": "'ok'"}),
        into("acknowledgement_expected", {
            "outbound_id": "i * 2 - 1", "partner": "p.partner", "level": "'functional'", "kind": "'contrl'", "deadline": at,
            "state": f"CASE WHEN {is_open} THEN 'expected' WHEN i % 5000 = 0 THEN 'overdue' ELSE 'accepted' END",
        }, "i % 3 = 0"),
        into("work", {"kind": "'deliver'", "subject_id": "i * 2 - 1", "lane": channel_out, "due": at, "fence": "0"}, is_open),
        into("audit_event", {
            "seq": "i", "at": at, "actor": "'engine'", "subject": "'M' || i", "event": "'delivered'", "detail": "'{}'",
            "previous": "'h' || (i - 1)", "hash": "'h' || i",
        }),
    ]  # fmt: skip
