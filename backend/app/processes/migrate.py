"""Bringing a database to this release."""

from __future__ import annotations

from app.core.errors import ConfigurationError
from app.core.settings import Settings
from app.db.migrate import upgrade
from app.queue import engine


def migrate(url: str) -> None:
    """Bring the record and the engine's own tables to this release."""
    upgrade(url)
    engine.prepare(url)


def run_migrate(settings: Settings) -> int:
    """The same, for the database that the settings name."""
    if settings.database_url is None:
        raise ConfigurationError(
            "There is no address of a database to migrate.",
            remedy="Set COFOUNDER_DATABASE_URL; `cofounder up` migrates its own database by itself.",
        )
    migrate(settings.database_url.get_secret_value())
    return 0
