"""People of partners: whose link it is, what places documents belong to, certificates handed in, and mails nobody wants."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the column of a link."""
    with op.batch_alter_table("page_link") as page_link:
        page_link.add_column(sa.Column("member", sa.Text(), nullable=True))
    op.create_table(
        "document_location",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("gln", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "gln", name=op.f("pk_document_location")),
    )
    op.create_index(op.f("ix_document_location_gln"), "document_location", ["gln"], unique=False)
    op.create_table(
        "page_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.Column("made", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_certificate")),
    )
    op.create_index(op.f("ix_page_certificate_partner"), "page_certificate", ["partner"], unique=False)
    op.create_table(
        "page_unsubscribed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_unsubscribed")),
        sa.UniqueConstraint("partner", "email", "topic", name=op.f("uq_page_unsubscribed_partner_email_topic")),
    )
