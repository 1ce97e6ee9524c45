"""Which thread an output belongs to, where an agreement asks that documents leave in order."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; only rows that have one stand in its index."""
    with op.batch_alter_table("outbound") as outbound:
        outbound.add_column(sa.Column("thread", sa.Text(), nullable=True))
    where = sa.text("thread IS NOT NULL")
    op.create_index("ix_outbound_thread", "outbound", ["thread"], sqlite_where=where, postgresql_where=where)
