"""Bring a database to the schema this release needs."""

from __future__ import annotations

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.core.errors import ConfigurationError
from app.db.engine import sqlalchemy_url

_LOCK = 7_301_442
"""Advisory lock, so that two processes that start together migrate one after the other."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("app.db") / "migrations"))
    return config


def upgrade(url: str) -> None:
    """Apply what is missing; refuses a database that a newer release has migrated. Blocking."""
    config = _config()
    # Without a pool: no connection stays open that a process forked later would share.
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        current = MigrationContext.configure(connection).get_current_revision()
        revisions = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        # A newer schema may have taken away what this release writes.
        if current is not None and current not in revisions:
            raise ConfigurationError(
                f"The database is at schema {current!r}, which this release does not know.",
                remedy="Start the newer release that made it, or restore a backup from before.",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
