"""What a rung of the ladder leaves behind: what ran, what it saw and how long it took."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

LOG_TAIL: Final = 4_000
MAX_SAW: Final = 40
MAX_LINE: Final = 200

Evidence = dict[str, Any]
"""A small JSON object: name, ok, detail, seconds, and `saw` or `skipped` where there is something to tell."""


@dataclass(frozen=True)
class Seen:
    """What a rung saw: one line for everybody, and the particulars."""

    detail: str
    saw: tuple[str, ...] = ()
    skipped: bool = False


Look = Callable[[], Awaitable[Seen]]


@dataclass(frozen=True)
class Rung:
    """A step of the ladder: `look` returns what it saw, or raises BuildFailed."""

    name: str
    look: Look


async def stand_on(rung: Rung) -> Evidence:
    """Take the step; its evidence."""
    began = time.monotonic()
    seen = await rung.look()
    return evidence(rung.name, seen, seconds=time.monotonic() - began)


def evidence(name: str, seen: Seen, *, seconds: float) -> Evidence:
    """Evidence of a rung that holds, small enough for the record."""
    told: Evidence = {"name": name, "ok": True, "detail": seen.detail, "seconds": round(seconds, 2)}
    if seen.saw:
        told["saw"] = [line[:MAX_LINE] for line in seen.saw[:MAX_SAW]]
    if seen.skipped:
        told["skipped"] = True
    return told
