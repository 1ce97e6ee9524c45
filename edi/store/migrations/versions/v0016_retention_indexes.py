"""Who names a payload is found by an index, also where few rows do: envelopes, answers, what travelled."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = (
    ("transmission", "response_sha256"),
    ("transmission", "envelope_sha256"),
    ("outbound", "wire_sha256"),
    ("attempt", "response_sha256"),
)


def upgrade() -> None:
    """Only rows that have one stand in the index."""
    for table, column in COLUMNS:
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_receipt_body_sha256", "receipt", ["body_sha256"])
