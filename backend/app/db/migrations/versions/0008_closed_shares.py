"""A shared link is kept when it is closed, so that what it opened is refused; and it may ask for a code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("share_links", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.add_column("share_links", sa.Column("code_digest", sa.LargeBinary()))
    # With a default in the server, since links are there already.
    op.add_column("share_links", sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("share_links", sa.Column("code_from", sa.DateTime(timezone=True)))
