"""The tables of the record; the constraints carry the rules."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from app.db.predicates import NOT_ENDED

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _id() -> sa.Column[object]:
    return sa.Column("id", UUID(as_uuid=True), primary_key=True, server_default=sa.text("gen_random_uuid()"))


def _moment(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not now, server_default=default)


founders = sa.Table(
    "founders",
    metadata,
    _id(),
    # Called after the first identity provider; it holds the subject of whichever one is set.
    sa.Column("clerk_user_id", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("model", sa.Text),
    sa.Column("model_url", sa.Text),
    _moment("created_at", now=True),
)

projects = sa.Table(
    "projects",
    metadata,
    _id(),
    sa.Column("founder_id", sa.ForeignKey("founders.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("status", sa.Text, nullable=False, server_default="active"),
    sa.Column("stage", sa.Text, nullable=False, server_default="idea"),
    sa.Column("engine_asked", sa.Text),
    sa.Column("last_number", sa.Integer, nullable=False, server_default="0"),
    sa.Column("model", sa.Text),
    sa.Column("model_url", sa.Text),
    _moment("created_at", now=True),
    sa.CheckConstraint("status IN ('active', 'parked')", name="status"),
    sa.Index("ix_projects_founder_id_created_at", "founder_id", "created_at", "id"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    _id(),
    sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False),
    sa.Column("founder_id", sa.ForeignKey("founders.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("goal", sa.Text, nullable=False),
    sa.Column("tier", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("engine", sa.Text),
    sa.Column("engine_asked", sa.Text),
    sa.Column("change", sa.Text),
    sa.Column("spec", JSONB),
    sa.Column("answers", JSONB),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("takeovers", sa.Integer, nullable=False, server_default="0"),
    sa.Column("owner", sa.Text),
    sa.Column("sandbox_id", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("evidence", JSONB, nullable=False, server_default="{}"),
    sa.Column("cost_usd", sa.Numeric(12, 6), nullable=False, server_default="0"),
    sa.Column("parent_id", sa.ForeignKey("jobs.id")),
    sa.Column("error_code", sa.Text),
    sa.Column("error_message", sa.Text),
    sa.Column("debug_id", sa.Text),
    sa.Column("last_seq", sa.Integer, nullable=False, server_default="0"),
    _moment("created_at", now=True),
    _moment("admitted_at"),
    _moment("started_at"),
    _moment("finished_at"),
    # A number that was told to a founder is never given to another build, whatever the code does.
    sa.UniqueConstraint("project_id", "number"),
    # One build of a project at a time, held by the index: two starts at once cannot both win.
    sa.Index("ix_jobs_one_not_ended", "project_id", unique=True, postgresql_where=sa.text(NOT_ENDED)),
    sa.Index("ix_jobs_waiting", "founder_id", "created_at", postgresql_where=sa.text(NOT_ENDED)),
    sa.Index("ix_jobs_founder_id_created_at", "founder_id", "created_at"),
    # For the average of the last fifty, which every waiting founder's status asks for.
    sa.Index("ix_jobs_ready_finished_at", "finished_at", postgresql_where=sa.text("status = 'ready'")),
    sa.CheckConstraint(
        "status IN ('scheduled','queued','starting','scaffold','code','deps','checks','ready','failed')",
        name="status",
    ),
    # A version without its files could neither be opened nor exported.
    sa.CheckConstraint("status <> 'ready' OR digest IS NOT NULL", name="ready_has_digest"),
)

project_specs = sa.Table(
    "project_specs",
    metadata,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("base_number", sa.Integer, nullable=False),
    sa.Column("spec", JSONB, nullable=False),
    _moment("changed_at", now=True),
)

project_spec_steps = sa.Table(
    "project_spec_steps",
    metadata,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    # A revision is the edit's own number; as part of a key it would become a sequence.
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("base_number", sa.Integer, nullable=False),
    sa.Column("spec", JSONB, nullable=False),
)

project_answers = sa.Table(
    "project_answers",
    metadata,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("question", sa.Text, primary_key=True),
    _moment("answered_at", now=True),
)

job_events = sa.Table(
    "job_events",
    metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("payload", JSONB, nullable=False),
    # By the clock, not now(): that is the start of the transaction, and two events of one would be at once.
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
)

gates = sa.Table(
    "gates",
    metadata,
    _id(),
    sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False),
    # To look at a version twice, or in two windows, asks for one decision.
    sa.Column("job_id", sa.ForeignKey("jobs.id"), unique=True),
    sa.Column("gate_type", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False, server_default="pending"),
    sa.Column("alignment", sa.Integer),
    sa.Column("decision", sa.Text),
    sa.Column("text", sa.Text),
    sa.Column("decided_by", sa.ForeignKey("founders.id")),
    _moment("created_at", now=True),
    _moment("decided_at"),
    sa.Index(
        "ix_gates_one_pending",
        "project_id",
        "gate_type",
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    ),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("founder_id", sa.ForeignKey("founders.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    # The same key with another request is a mistake of the caller, and is refused.
    sa.Column("request_hash", sa.Text, nullable=False),
    sa.Column("answer", JSONB),
    _moment("created_at", now=True),
)

# Without keys into projects and jobs: what was spent counts also when what it was spent on is gone.
model_calls = sa.Table(
    "model_calls",
    metadata,
    _id(),
    sa.Column("founder_id", sa.ForeignKey("founders.id"), nullable=False),
    sa.Column("project_id", UUID),
    sa.Column("job_id", UUID),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("try_number", sa.Integer, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("share", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reply", sa.Text),
    sa.Column("input_tokens", sa.Integer, nullable=False, server_default="0"),
    sa.Column("output_tokens", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cached_tokens", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("usd", sa.Numeric(12, 6)),
    sa.Column("error", sa.Text),
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
    _moment("ended_at"),
    # Two workers that believe to hold the same job cannot both note the same call.
    sa.UniqueConstraint("job_id", "step", "try_number"),
    sa.Index("ix_model_calls_founder_id_digest", "founder_id", "digest"),
    sa.Index("ix_model_calls_begun_at", "begun_at"),
    sa.CheckConstraint("status IN ('begun', 'answered', 'failed', 'lost', 'reused')", name="status"),
    sa.CheckConstraint("share IN ('useful', 'repair', 'wasted')", name="share"),
)

model_abilities = sa.Table(
    "model_abilities",
    metadata,
    sa.Column("choice", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("context", sa.Integer),
    sa.Column("sees", sa.Boolean),
    sa.Column("probed_at", sa.DateTime(timezone=True), nullable=False),
)

provider_keys = sa.Table(
    "provider_keys",
    metadata,
    sa.Column("founder_id", sa.ForeignKey("founders.id"), primary_key=True),
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("hint", sa.Text, nullable=False),
    _moment("changed_at", now=True),
)

page_codes = sa.Table(
    "page_codes",
    metadata,
    # The digest of the code and never the code: who reads the database cannot sign in by it.
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("founder_id", sa.ForeignKey("founders.id"), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
)

page_sessions = sa.Table(
    "page_sessions",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("founder_id", sa.ForeignKey("founders.id"), nullable=False),
    _moment("created_at", now=True),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
)

link_generations = sa.Table(
    "link_generations",
    metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
)

share_links = sa.Table(
    "share_links",
    metadata,
    _id(),
    sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
    _moment("created_at", now=True),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    # A closed link is kept until its time is over, so that the cookies that it gave are refused too.
    _moment("closed_at"),
    sa.Column("code_digest", sa.LargeBinary),
    sa.Column("code_tries", sa.Integer, nullable=False, server_default="0"),
    _moment("code_from"),
    sa.Index("ix_share_links_project_id", "project_id"),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("slots", sa.Integer, nullable=False),
    _moment("seen_at", now=True),
)
