"""Sign-in links and sessions of the status page, the orders documents belong to, and indexes for looking by partner."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = (
    ("message", ("partner", "received", "id")),
    ("message", ("partner", "number")),
    ("message", ("document_id",)),
    ("outbound", ("partner", "made", "id")),
    ("outbound", ("partner", "number")),
    ("outbound", ("document_id",)),
    ("transmission", ("partner", "state", "received")),
)


def upgrade() -> None:
    """Make the tables and indexes."""
    op.create_table(
        "page_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("made", sa.String(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.Column("spent", sa.String(), nullable=True),
        sa.Column("revoked", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_page_link_token_sha256")),
    )
    op.create_index(op.f("ix_page_link_partner"), "page_link", ["partner"], unique=False)
    op.create_table(
        "page_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("made", sa.String(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.Column("ended", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_session")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_page_session_token_sha256")),
    )
    op.create_index(op.f("ix_page_session_link_id"), "page_session", ["link_id"], unique=False)
    op.create_table(
        "document_order",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "order_number", name=op.f("pk_document_order")),
    )
    op.create_index(op.f("ix_document_order_order_number"), "document_order", ["order_number"], unique=False)
    for table, columns in INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)
