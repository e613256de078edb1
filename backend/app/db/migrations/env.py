"""The environment of Alembic, on the connection that the caller hands in."""

from __future__ import annotations

from alembic import context

from app.db.tables import metadata

# The caller's connection holds the lock, so that the schema is read and changed under it.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
