"""The log of a process."""

from __future__ import annotations

from pydantic import SecretStr

from app.core.settings import Settings, process_environment
from app.designer.choice import KEY_VARIABLES
from app.telemetry.logging import configure_logging


def configure(settings: Settings) -> None:
    """Send the log to stderr, without the secrets of this instance."""
    fields = (getattr(settings, name) for name in type(settings).model_fields)
    secrets = [field.get_secret_value() for field in fields if isinstance(field, SecretStr)]
    environment = process_environment()
    secrets += [environment[name] for name in KEY_VARIABLES.values() if environment.get(name)]
    for path in (settings.data.token, settings.data.secret):
        if path.exists():
            secrets.append(path.read_text().strip())
    configure_logging(settings.log_level, secrets=secrets)
