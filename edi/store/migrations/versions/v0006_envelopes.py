"""What a transmission came in: the mail around an attachment."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("transmission") as transmission:
        transmission.add_column(sa.Column("envelope_sha256", sa.String(), nullable=True))
