"""A founder and a project choose a model; keys of providers are kept, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for table in ("founders", "projects"):
        op.add_column(table, sa.Column("model", sa.Text()))
        op.add_column(table, sa.Column("model_url", sa.Text()))
    op.create_table(
        "provider_keys",
        sa.Column("founder_id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["founder_id"], ["founders.id"], name=op.f("fk_provider_keys_founder_id")),
        sa.PrimaryKeyConstraint("founder_id", "provider", "url", name=op.f("pk_provider_keys")),
    )
