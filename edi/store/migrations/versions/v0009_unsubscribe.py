"""Where a letter's reader says that they want no more of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("notice") as notice:
        notice.add_column(sa.Column("unsubscribe", sa.Text(), nullable=True))
