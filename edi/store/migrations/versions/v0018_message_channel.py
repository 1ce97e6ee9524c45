"""A message names its channel, so that one index answers what is asked of both; behind a channel stands what else is asked of it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

GONE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("transmission", ("channel", "received", "id")),
    ("message", ("state", "received", "id", "partner", "kind")),
    ("outbound", ("channel", "made", "id")),
)
NEW: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("transmission", ("channel", "received", "id", "partner")),
    ("message", ("state", "received", "id", "partner", "kind", "channel")),
    ("message", ("channel", "received", "id", "partner", "kind")),
    ("outbound", ("channel", "made", "id", "partner", "kind")),
)


def upgrade() -> None:
    """The column is filled before it is indexed."""
    op.add_column("message", sa.Column("channel", sa.String(), nullable=True))
    op.execute("UPDATE message SET channel = (SELECT t.channel FROM transmission t WHERE t.id = message.transmission_id)")
    for table, columns in GONE:
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
    for table, columns in NEW:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
