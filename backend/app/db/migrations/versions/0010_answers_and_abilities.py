"""A job holds its founder's answers to a model's questions; the instance keeps the abilities of models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("answers", JSONB()))
    op.create_table(
        "model_abilities",
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("context", sa.Integer()),
        sa.Column("sees", sa.Boolean()),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("choice", name=op.f("pk_model_abilities")),
    )
