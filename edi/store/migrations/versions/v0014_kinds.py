"""Indexes for looking at one kind of a partner's documents, newest first."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INDEXES = (("message", ("partner", "kind", "received", "id")), ("outbound", ("partner", "kind", "made", "id")))


def upgrade() -> None:
    """Make them."""
    for table, columns in INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)
