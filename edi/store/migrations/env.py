"""Alembic's entry: runs migrations on the connection that `edi.store.schema` hands in, each in a transaction of its own.

There is no way back but a restored backup: an older program would not know what it answered, owes and remembers. So no migration has a
`downgrade`.
"""

from alembic import context

from edi.store import api_keys, indexes, links, locations, mapping_texts, notices, orders, people, receipts  # noqa: F401 -- their tables and indexes belong to METADATA
from edi.store.tables import METADATA


def run() -> None:
    """Configure and migrate. SQLite's DDL is transactional as long as we say BEGIN ourselves, which we do."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        transactional_ddl=True,
        transaction_per_migration=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
