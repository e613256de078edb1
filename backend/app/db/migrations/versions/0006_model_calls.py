"""Calls to models: the journal of their replies, and the ledger of what they took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("engine_asked", sa.Text(), nullable=True))
    op.add_column("jobs", sa.Column("change", sa.Text(), nullable=True))
    op.add_column("projects", sa.Column("engine_asked", sa.Text(), nullable=True))
    op.create_table(
        "model_calls",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("founder_id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=True),
        sa.Column("job_id", sa.UUID(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cached_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("usd", sa.Numeric(12, 6), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "begun_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('begun', 'answered', 'failed', 'lost', 'reused')", name=op.f("ck_model_calls_status")
        ),
        sa.CheckConstraint("share IN ('useful', 'repair', 'wasted')", name=op.f("ck_model_calls_share")),
        sa.ForeignKeyConstraint(["founder_id"], ["founders.id"], name=op.f("fk_model_calls_founder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_calls")),
        sa.UniqueConstraint("job_id", "step", "try_number", name=op.f("uq_model_calls_job_id_step_try_number")),
    )
    op.create_index("ix_model_calls_founder_id_digest", "model_calls", ["founder_id", "digest"])
    op.create_index("ix_model_calls_begun_at", "model_calls", ["begun_at"])
