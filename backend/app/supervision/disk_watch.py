"""A look at the disk of an instance now and then."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from app.core.disk import FULL_MB, free_megabytes

EVERY_S: Final = 5.0
ROOM_AGAIN_MB: Final = 2 * FULL_MB
"""More than what counts as full, so that a disk at the border is not told of again and again."""


class DiskWatch:
    """Says once that the disk is full, and once that it is not any more."""

    def __init__(self, root: Path, *, every_s: float = EVERY_S) -> None:
        self._root = root
        self._every_s = every_s
        self._looked = float("-inf")
        self._is_full = False

    def look(self) -> str | None:
        """The sentence to say, if something has changed since the last look."""
        moment = time.monotonic()
        if moment - self._looked < self._every_s:
            return None
        self._looked = moment
        free = free_megabytes(self._root)
        if not self._is_full and free < FULL_MB:
            self._is_full = True
            return (
                f"The disk is full: {free:,} MB are free for {str(self._root)!r}, {FULL_MB:,} MB are needed."
                f" Builds fail until there is room again."
            )
        if self._is_full and free >= ROOM_AGAIN_MB:
            self._is_full = False
            return f"There is room on the disk again ({free:,} MB). Builds that failed can be started again."
        return None
