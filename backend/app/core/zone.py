"""The time zone that the machine's clock is set to."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones


@cache
def machine_zone() -> str:
    """Its name, such as Europe/Berlin; UTC where the machine does not say."""
    # In the order in which libc decides: TZ wins, and may be written as :Europe/Berlin or as a path.
    configured = os.environ.get("TZ", "").lstrip(":").rpartition("zoneinfo/")[2]
    # Containers often copy the file that others link to; then only Debian's /etc/timezone has its name.
    link, file = Path("/etc/localtime"), Path("/etc/timezone")
    linked = str(link.resolve()).partition("zoneinfo/")[2] if link.is_symlink() else ""
    written = file.read_text(encoding="utf-8", errors="replace").strip() if file.is_file() else ""
    zones = available_timezones()
    return next((name for name in (configured, linked, written) if name in zones), "UTC")
