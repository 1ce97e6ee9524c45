"""A store full of history, made by the database itself: a million messages in a minute, ten million in some more.

The rows are what the engine would have left, without payloads and audit trail: nine in ten messages were delivered and answered long
ago, some failed of a few hundred causes, a few are open. Partners differ in size as they do: one has half of all, most have little.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text

from edi.store.store import Store

PARTNERS: Final = 400
CAUSES: Final = 200
KINDS: Final = ("order", "order_response", "despatch_advice", "invoice", "inventory_report")
FILLED: Final = ("transmission", "interchange", "message", "document", "outbound", "attempt", "acknowledgement_expected")
DAYS: Final = 730
SHA: Final = "0123456789abcdef" * 4


def fill(store: Store, count: int) -> None:
    """Add so many messages to an empty store, with everything around them; indexes are built at the end, as a bulk load does it."""
    engine = _hurried(store)
    with engine.begin() as connection:
        _scaffold(connection)
        indexes = _take_indexes(connection)
        for statement in _rows(count):
            connection.execute(text(statement.replace(":", r"\:")))
        for one in indexes:
            connection.exec_driver_sql(one)
        for name in ("scaffold_day", "scaffold_second", "scaffold_partner"):
            connection.execute(text(f"DROP TABLE {name}"))
        connection.exec_driver_sql("ANALYZE")
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


def _scaffold(connection: Connection) -> None:
    """Texts that both databases would have to be asked for differently."""
    connection.execute(text("CREATE TABLE scaffold_day (n INTEGER PRIMARY KEY, at VARCHAR)"))
    days = [{"n": n, "at": f"20{24 + n // 336}-{n % 336 // 28 + 1:02d}-{n % 28 + 1:02d}T"} for n in range(672)]
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
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    per_day = max(1, count // 672 + 1)
    joined = (
        f"FROM n JOIN scaffold_day d ON d.n = i / {per_day} "
        f"JOIN scaffold_second s ON s.n = CAST(i % {per_day} AS BIGINT) * 86399 / {per_day} "
        "JOIN scaffold_partner p ON p.n = (CAST(i AS BIGINT) * 7919) % 10000"
    )
    at = "d.at || s.at || '.000000Z'"
    kind = "CASE i % 5 " + " ".join(f"WHEN {n} THEN '{name}'" for n, name in enumerate(KINDS)) + " END"
    failed, is_open = "i % 50 = 0", f"i > {count - 200}"
    cause = f"CASE WHEN {failed} THEN 'cause:' || (i / 50 % {CAUSES}) END"
    state = f"CASE WHEN {failed} THEN 'map_failed' WHEN {is_open} THEN 'routed' ELSE 'delivered' END"
    return [
        (
            f"INSERT INTO transmission (id, channel, transport_id, filename, partner, payload_sha256, size, state, format, confirmation, "
            f"received, processed, released, findings) {numbers} SELECT i, p.partner || '-in', 'file' || i, 'f' || i || '.edi', p.partner, "
            f"'{SHA[:40]}' || i, 4000, CASE WHEN i % 1000 = 0 THEN 'quarantined' ELSE 'accepted' END, 'edifact', 'sent', {at}, {at}, "
            f"FALSE, '[]' {joined}"
        ),
        (
            f"INSERT INTO interchange (id, transmission_id, position, syntax, sender, recipient, control_reference, test, state, payload_sha256, "
            f"identity, findings) {numbers} SELECT i, i, 1, 'edifact', p.partner || ':14', 'us:14', 'R' || i, FALSE, 'accepted', "
            f"'{SHA[:40]}' || i, 'edifact|' || i, '[]' {joined}"
        ),
        (
            f"INSERT INTO message (id, interchange_id, transmission_id, position, reference, type, kind, partner, test, state, route, number, "
            f"document_id, received, changed, findings, unmapped, fingerprint, reason) {numbers} SELECT i, i, i, 1, '1', 'ORDERS:D:96A:UN:EAN008', "
            f"{kind}, p.partner, FALSE, {state}, 'r', 'B' || i, i, {at}, {at}, '[]', '[]', {cause}, CASE WHEN {failed} THEN 'it failed' END {joined}"
        ),
        (
            f"INSERT INTO document (id, message_id, kind, number, issuer, function, issued, payload_sha256, identity, mapping, made) {numbers} "
            f"SELECT i, i, {kind}, 'B' || i, p.partner, '9', '2024-01-01', 'd{SHA[:39]}' || i, 'doc|' || i, 'm#1', {at} {joined}"
        ),
        *(
            f"INSERT INTO outbound (id, identity, effect, transmission_id, message_id, document_id, channel, partner, kind, number, route, "
            f"mapping, test, filename, content_type, attributes, payload_sha256, body_sha256, size, control_reference, state, attempts, "
            f"made, since, sent, remote_name, findings) {numbers} SELECT i * 2 - {back}, 'o' || (i * 2 - {back}), {effect}, i, {message}, "
            f"{channel}, {partner}, {of}, 'B' || i, 'r', 'm#1', FALSE, 'f' || i || '.out', 'application/edifact', '{{}}', "
            f"'o{SHA[:39]}' || (i * 2 - {back}), 'b' || i, 4000, 'R' || i, CASE WHEN {is_open} THEN 'ready' WHEN i % 500 = {back} THEN 'rejected' "
            f"ELSE 'acknowledged' END, 1, {at}, {at}, {at}, 'f' || i || '.out', '[]' {joined}"
            for back, effect, message, channel, partner, of in (
                (
                    1,
                    "'M' || i || '|r|1'",
                    "i, i",
                    "CASE WHEN i % 3 = 0 THEN p.partner || '-out' ELSE 'erp-out' END",
                    "CASE WHEN i % 3 = 0 THEN p.partner END",
                    kind,
                ),
                (0, "'I' || i || '|contrl'", "NULL, NULL", "p.partner || '-out'", "p.partner", "'contrl'"),
            )
        ),
        f"INSERT INTO attempt (outbound_id, number, started, finished, outcome, note) {numbers} SELECT i * 2, 1, {at}, {at}, 'arrived', 'ok' {joined}",
        (
            f"INSERT INTO acknowledgement_expected (outbound_id, partner, level, kind, state, deadline) {numbers} SELECT i * 2 - 1, p.partner, "
            f"'functional', 'contrl', CASE WHEN {is_open} THEN 'expected' WHEN i % 5000 = 0 THEN 'overdue' ELSE 'accepted' END, {at} {joined} "
            f"WHERE i % 3 = 0"
        ),
    ]
