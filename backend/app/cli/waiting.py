"""Say that an answer is waited for, before somebody thinks that the command stands still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

SLOW_S: Final = 2.5
"""Most answers come within a tenth of it."""


@contextmanager
def noting_slowness(say: Callable[[str], None], text: str) -> Iterator[None]:
    """Say `text` once, from another thread, when the block takes longer than usual."""
    timer = threading.Timer(SLOW_S, say, [text])
    # A command that is ended meanwhile does not wait for it.
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
