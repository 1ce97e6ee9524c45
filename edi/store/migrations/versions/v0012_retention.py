"""From when retention counts, indexed so that a pass reads what is due and nothing else; large payloads in parts, where hosts share no folder."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, counting from when each was kept, and the table."""
    with op.batch_alter_table("payload") as payload:
        payload.add_column(sa.Column("counted_from", sa.String(), nullable=True))
    op.execute("UPDATE payload SET counted_from = kept WHERE encoding <> 'deleted'")
    op.create_index("ix_payload_counted_from", "payload", ["counted_from"])
    op.create_table(
        "payload_part",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "number", name=op.f("pk_payload_part")),
    )
