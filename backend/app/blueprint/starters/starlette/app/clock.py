"""The clock of the business: what day and what time it is where the app is used."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from .schema import ABOUT

KEPT = "timezone"
_zone: list[tzinfo] = []


class UnknownZone(Exception):
    """A time zone that nobody knows; the text says how one is written."""


def start(db: sqlite3.Connection) -> None:
    """Set the clock: by TIMEZONE, else as kept with the records, else as the app says, else as the machine has it."""
    kept = db.execute("SELECT value FROM app_settings WHERE name = ?", [KEPT]).fetchone()
    asked = os.environ.get("TIMEZONE", "").strip()
    name = asked or (kept[0] if kept else "") or ABOUT.timezone or machine_zone()
    _zone[:] = [named(name)]
    if kept is None or asked:
        db.execute("INSERT OR REPLACE INTO app_settings (name, value) VALUES (?, ?)", [KEPT, name])


def named(name: str) -> tzinfo:
    """The time zone of that name; UTC needs no database of zones."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise UnknownZone(f"TIMEZONE is {name!r}, which is no time zone. Write one such as Europe/Berlin.") from None


def machine_zone() -> str:
    """What the machine's clock is set to; UTC where it does not say."""
    link = Path("/etc/localtime")
    linked = str(link.resolve()).partition("zoneinfo/")[2] if link.is_symlink() else ""
    file = Path("/etc/timezone")
    written = file.read_text(encoding="utf-8", errors="replace").strip() if file.is_file() else ""
    known = available_timezones()
    said = os.environ.get("TZ", "").lstrip(":").rpartition("zoneinfo/")[2]
    return next((name for name in (said, linked, written) if name in known), "UTC")


def zone() -> tzinfo:
    """The time zone that the clock is set to."""
    return _zone[0] if _zone else named(os.environ.get("TIMEZONE") or machine_zone())


def now() -> datetime:
    """The date and time on the business's clock; it carries no zone, as the records do not."""
    return datetime.now(zone()).replace(tzinfo=None)


def today() -> date:
    """The date on the business's calendar."""
    return now().date()


def local(when: datetime) -> datetime:
    """A time of another zone on the business's clock."""
    return when if when.tzinfo is None else when.astimezone(zone()).replace(tzinfo=None)
