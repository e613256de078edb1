"""The log of a process."""

from __future__ import annotations

from app.core.settings import Settings, process_environment
from app.designer.choice import KEY_VARIABLES
from app.telemetry.logging import configure_logging


def configure(settings: Settings) -> None:
    """Send the log to stderr, without the secrets of this instance."""
    secrets = [
        secret.get_secret_value() for secret in (settings.database_url, settings.redis_url) if secret is not None
    ]
    if settings.model_key is not None:
        secrets.append(settings.model_key.get_secret_value())
    environment = process_environment()
    secrets += [environment[name] for name in KEY_VARIABLES.values() if environment.get(name)]
    for path in (settings.data.token, settings.data.secret):
        if path.exists():
            secrets.append(path.read_text().strip())
    configure_logging(settings.log_level, secrets=secrets)
