"""Sign-in to the page: one-time codes, and the sessions that they are exchanged for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "page_codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("founder_id", sa.UUID(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["founder_id"], ["founders.id"], name=op.f("fk_page_codes_founder_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_page_codes")),
    )
    op.create_table(
        "page_sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("founder_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["founder_id"], ["founders.id"], name=op.f("fk_page_sessions_founder_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_page_sessions")),
    )
