"""The performance bars: the one table that the command reads, prints and judges by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Judged(StrEnum):
    """The quantity that a bar's limit is compared with."""

    RATIO = "ratio"
    MEASURED = "measured"


@dataclass(frozen=True)
class Bar:
    """One promise. One that is not gated is recorded only: clocks on shared machines move five-fold.

    `at_least` turns the limit round. `ceiling` names the program it is measured beside, "" when there is none.
    """

    id: str
    what: str
    unit: str
    ceiling: str
    limit: float
    judged: Judged = Judged.MEASURED
    gated: bool = True
    at_least: bool = False

    @property
    def group(self) -> str:
        """The name by which `--only` picks it, such as `P3`."""
        return self.id.split(" ")[0]

    def holds(self, measured: float, ceiling: float | None) -> bool:
        """True when what was measured keeps the promise."""
        value = ratio_of(measured, ceiling) if self.judged is Judged.RATIO else measured
        return value >= self.limit if self.at_least else value <= self.limit


def ratio_of(measured: float, ceiling: float | None) -> float:
    """The measured value over the ceiling; infinite when the ceiling was too small to be seen."""
    # Infinite holds no limit from above: a ceiling that was not seen must not let a bar pass.
    return measured / ceiling if ceiling else float("inf")


_BARE: Final = "bare ASGI + HGETALL"
_INSERT: Final = "single-row INSERT commit"
_BARE_PAGE: Final = "bare Starlette + SQLite"
_RATIO: Final = Judged.RATIO

BARS: Final = (
    Bar("P1", "GET status of a running build, CPU a request", "us", _BARE, 2.0, _RATIO),
    Bar("P2", "the dearest other GET (projects, project, builds), CPU a request", "us", _BARE, 4.0, _RATIO),
    Bar("P3 commits", "POST start, transactions that write", "", "", 2),
    Bar("P3 cpu", "POST start, CPU a request, servers included", "us", _INSERT, 6.0, _RATIO),
    Bar("P3 accepts", "POST start, accepts a second at 16 clients", "/s", _INSERT, 0.4, _RATIO, at_least=True),
    Bar("P4 bell", "start committed to worker has it, p50", "ms", "NOTIFY ping", 50, gated=False),
    Bar("P4 deaf", "the same with the bell lost, p99", "ms", "", 1000, gated=False),
    Bar("P4 idle", "an idle worker, share of a core", "%", "", 1.0),
    Bar("P5 all", "no-op build, CPU of the worker", "ms", "the same SQL by hand", 40, _RATIO),
    Bar("P5 ours", "no-op build, CPU without the engine", "ms", "the same SQL by hand", 12, _RATIO),
    Bar("P6", "keyless build beyond its own commands, wall", "s", "the commands by hand", 1.5, gated=False),
    Bar("P7 warm", "first preview, with a warm cache of packages, wall", "s", "", 8, gated=False),
    Bar("P7 cold", "first preview, with an empty cache of packages, wall", "s", "", 30, gated=False),
    Bar("P8", "a command in a sandbox that stands, CPU", "ms", "bubblewrap started for it", 25),
    Bar("P9 memory", "an idle event stream, memory of the API", "kB", "raw ASGI hub", 25),
    Bar("P9 idle", "idle event streams, share of a core", "%", "raw ASGI hub", 1.0),
    Bar("P9 event", "an event delivered to a stream, CPU", "us", "raw ASGI hub", 2.5, _RATIO),
    Bar(
        "P10 jobs", "the dearest of start, status, list, claim at many jobs, CPU", "us", "at 100 jobs", 1.3, _RATIO
    ),
    Bar("P10 versions", "the same in a project of many versions", "us", "at 100 versions", 1.3, _RATIO),
    Bar("P10 scans", "sequential scans of jobs meanwhile", "", "", 0),
    Bar("P11 api", "memory slope of the API", "kB/job", "", 1.0),
    Bar("P11 worker", "memory slope of the worker", "kB/job", "", 1.0),
    Bar("P11 left", "descriptors, children and directories left", "", "", 0),
    Bar("P12", "cancel to the last process of the sandbox gone, p95", "s", "", 1.0, gated=False),
    Bar("P13", "kill -9 of a worker to the next event, beyond the lease", "s", "", 1.0, gated=False),
    Bar("P14 cpu", "a page through the preview, CPU a request", "us", "the app itself", 3.0, _RATIO),
    Bar("P14 wait", "the same, wait beyond the app's own, p50", "ms", "the app itself", 5, gated=False),
    Bar("P15 cold", "first start of an instance beyond its parts, wall", "s", "the parts", 1.5, gated=False),
    Bar("P15 second", "second start of an instance beyond its parts, wall", "s", "the parts", 1.0, gated=False),
    Bar("P16", "memory of the API while it exports a version of 200 MB", "MB", "", 16),
    *(
        Bar(f"P17 {page}", f"an app's {what}, CPU a request", "us", _BARE_PAGE, 3.0, _RATIO)
        for page, what in (
            ("list", "list"),
            ("search", "list, searched"),
            ("sort", "list, sorted"),
            ("form", "form of a new record"),
            ("public", "public form"),
            ("front", "public first page"),
        )
    ),
)

GROUPS: Final = tuple(dict.fromkeys(bar.group for bar in BARS))
