"""The last ready builds, which the guess of a waiting time is made of, without reading them all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index(
        "ix_jobs_ready_finished_at", "jobs", ["finished_at"], postgresql_where=sa.text("status = 'ready'")
    )
