"""Roots of blocks of the audit trail, so that heads and proofs are quick."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; it is filled when the next head is made."""
    op.create_table(
        "audit_block",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_audit_block")),
    )
