"""What looks at ten million messages need: held rows with what else is asked of them, answers our house owes, what waits in order."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

GONE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("transmission", ("state", "received", "id")),
    ("message", ("state", "received", "id")),
    ("message", ("partner", "state", "received", "id")),
    ("outbound", ("state", "made", "id")),
    ("outbound", ("partner", "state", "made", "id")),
    ("acknowledgement_expected", ("partner", "deadline", "id")),
    ("payload", ("counted_from",)),
    ("interchange", ("state",)),
)
NEW: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("transmission", ("state", "received", "id", "partner", "channel")),
    ("message", ("state", "received", "id", "partner", "kind")),
    ("outbound", ("state", "made", "id", "partner", "kind", "channel")),
    ("acknowledgement_expected", ("partner", "state", "deadline", "id")),
    ("payload", ("counted_from", "size")),
)


def upgrade() -> None:
    """Drop the old ones, then build the new ones: one transaction, and less disk at a time."""
    op.add_column("message", sa.Column("answer_due", sa.String(), nullable=True))
    for table, columns in GONE:
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    for table, columns in NEW:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    few = (
        ("ix_message_answer_due_partner_kind_id", "message", ["answer_due", "partner", "kind", "id"], "answer_due IS NOT NULL"),
        ("ix_outbound_in_order", "outbound", ["state", "id"], "thread IS NOT NULL"),
    )
    for name, table, names, words in few:
        where = sa.text(words)
        op.create_index(name, table, names, sqlite_where=where, postgresql_where=where)
