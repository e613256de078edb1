"""Checks and their evidence: the name of a check, its findings and the time that it took."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

LOG_TAIL: Final = 4_000
# The evidence is kept in the row of its job.
MAX_SAW: Final = 40
MAX_LINE: Final = 200
OWN_TESTS: Final = "by the app's own tests"
"""Said of an item that no form can bring about: the app's tests put its scene straight into the database."""

Evidence = dict[str, Any]
"""A small JSON object: name, ok, detail, seconds, and `saw` or `skipped` where there is something to tell."""


@dataclass(frozen=True)
class Findings:
    """The findings of a check: one line for everybody, and the particulars."""

    detail: str
    particulars: tuple[str, ...] = ()
    skipped: bool = False


Look = Callable[[], Awaitable[Findings]]


@dataclass(frozen=True)
class Check:
    """One acceptance check: `look` returns its findings, or raises BuildFailed."""

    name: str
    look: Look


async def run_check(check: Check) -> Evidence:
    """Run the check; its evidence."""
    began = time.monotonic()
    findings = await check.look()
    return evidence(check.name, findings, seconds=time.monotonic() - began)


def evidence(name: str, findings: Findings, *, seconds: float) -> Evidence:
    """Evidence of a check that passed, small enough for the record."""
    record: Evidence = {"name": name, "ok": True, "detail": findings.detail, "seconds": round(seconds, 2)}
    if findings.particulars:
        record["saw"] = [line[:MAX_LINE] for line in findings.particulars[:MAX_SAW]]
    if findings.skipped:
        record["skipped"] = True
    return record
