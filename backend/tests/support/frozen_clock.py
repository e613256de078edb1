"""A plugin for the own tests of an app: its clock begins at the time in FROZEN, in the zone that TZ names."""

from __future__ import annotations

import importlib
import os
import sys
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

BEGINS = datetime.fromisoformat(os.environ["FROZEN"]).replace(tzinfo=ZoneInfo(os.environ["TZ"])).astimezone(UTC)
STARTED = time.monotonic()


class Frozen(datetime):
    """The time of another day, which goes on from there."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        passed = timedelta(seconds=time.monotonic() - STARTED)
        return cls.fromtimestamp((BEGINS + passed).timestamp(), tz)


sys.path.insert(0, str(Path.cwd()))
importlib.import_module("app.clock").datetime = Frozen  # type: ignore[attr-defined]  # a module of the app
