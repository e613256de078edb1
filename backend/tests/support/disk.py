"""Small disks, which can be filled without harm."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ENDS_S: Final = 15.0


@contextmanager
def mounted_disk(place: Path, *, megabytes: int) -> Iterator[Path]:
    """A disk of that size, taken away again afterwards."""
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", place], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield place
    finally:
        # What wrote there may have been told to end a moment ago, and holds the disk until it has.
        deadline = time.monotonic() + ENDS_S
        while subprocess.run(["umount", place], check=time.monotonic() > deadline).returncode:
            time.sleep(0.05)
