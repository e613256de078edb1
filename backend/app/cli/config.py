"""Load the settings for a command, and show where each one comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr, ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from app.cli.command_group import command_group
from app.cli.context import COMMON, Common, Ctx
from app.core.errors import ConfigurationError
from app.core.settings import Settings

HIDDEN: Final = "********"


def load_settings(common: Common = COMMON, **flags: Any) -> Settings:
    """The settings with the flags given on the command line; None means not given. ConfigurationError."""
    values = {"data_dir": common.data_dir, **flags}
    try:
        settings = Settings(**{name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        raise ConfigurationError(describe_errors(error), remedy="cofounder config show --help") from error
    require_room(settings.data.root)
    return settings


def require_room(root: Path) -> None:
    """ConfigurationError when a file stands where the data directory should be, or on the way there."""
    # The directory itself may not be there yet, so what counts is the nearest folder on the way to it.
    nearest = next(place for place in (root, *root.parents) if place.exists())
    if not nearest.is_dir():
        detail = f"The data directory {str(root)!r} cannot be: {str(nearest)!r} is a file."
        raise ConfigurationError(detail, remedy="Name a directory with --data-dir, or COFOUNDER_DATA_DIR.")


def describe_errors(error: ValidationError) -> str:
    """Each wrong setting in a sentence; a value is not repeated, since it may be a secret."""
    sentences = []
    for fault in error.errors(include_url=False, include_input=False):
        name = str(fault["loc"][0]) if fault["loc"] else "?"
        sentences.append(f"The setting {name!r} (COFOUNDER_{name.upper()}) is wrong: {fault['msg']}.")
    return " ".join(sentences)


def find_sources(settings: Settings, common: Common) -> dict[str, str]:
    """The source of each setting's value."""
    flagged = {"data_dir"} if common.data_dir is not None else set()
    environment = set(EnvSettingsSource(type(settings))())
    dotenv = set(DotEnvSettingsSource(type(settings))())
    origins = {}
    for name in type(settings).model_fields:
        layers = (("flag", flagged), ("environment", environment), (".env", dotenv))
        origins[name] = next((layer for layer, names in layers if name in names), "default")
    return origins


def masked(value: object) -> bool | float | str | None:
    """A value as it may be seen: secrets masked."""
    if isinstance(value, SecretStr):
        return HIDDEN
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def show(*, common: Common = COMMON, context: Ctx) -> None:
    """Show every setting with its value and its source; secrets are masked."""
    settings = load_settings(common)
    origins = find_sources(settings, common)
    table = {name: {"value": masked(getattr(settings, name)), "source": origins[name]} for name in origins}
    if common.json:
        return context.result_json(table)
    width = max(map(len, table))
    for name, row in table.items():
        value = "-" if row["value"] is None else row["value"]
        context.result(f"{name:<{width}}  {value}  ({row['source']})")
    running = context.wiring().find_instance(settings)
    # These are the settings that a new instance would have, not those of the one that runs.
    if running is not None:
        context.say(f"An instance runs at {running.api_url}, with the settings that it was started with.")
    return None


def path(*, common: Common = COMMON, context: Ctx) -> None:
    """Show where settings are read from and where data is kept."""
    settings = load_settings(common)
    places = {"data_dir": str(settings.data.root), "env_file": str(Settings.model_config.get("env_file"))}
    if common.json:
        return context.result_json(places)
    for name, place in places.items():
        context.result(f"{name}  {place}")
    return None


app = command_group("config", show, path)
