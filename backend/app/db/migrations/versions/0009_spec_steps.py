"""Earlier states of an edited specification, so that a change is taken back; and questions that were answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "project_spec_steps",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("base_number", sa.Integer(), nullable=False),
        sa.Column("spec", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_project_spec_steps_project_id")),
        sa.PrimaryKeyConstraint("project_id", "revision", name=op.f("pk_project_spec_steps")),
    )
    op.create_table(
        "project_answers",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_project_answers_project_id")),
        sa.PrimaryKeyConstraint("project_id", "question", name=op.f("pk_project_answers")),
    )
