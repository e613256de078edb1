"""One run of the bench: the groups that are asked for, on a stage of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from app.bench.bars import BARS, GROUPS, Bar
from app.bench.builds import conducting, hand_offs
from app.bench.endings import cancels, kills
from app.bench.growth import growth
from app.bench.keyless import keyless
from app.bench.leaks import leaks
from app.bench.readings import Reading, judge
from app.bench.report import Report
from app.bench.requests import reads, starts
from app.bench.sizes import FULL, QUICK, Sizes
from app.bench.stage import Stage, Timeout
from app.bench.streams import streams
from app.core.errors import ConfigurationError, InvalidInput

Measure = Callable[[Stage, Sizes], list[Reading]]

MEASURES: Final[Mapping[Measure, tuple[str, ...]]] = {
    reads: ("P1", "P2"),
    starts: ("P3",),
    hand_offs: ("P4",),
    conducting: ("P5",),
    keyless: ("P6",),
    streams: ("P9",),
    growth: ("P10",),
    leaks: ("P11",),
    cancels: ("P12",),
    kills: ("P13",),
}
"""What measures which groups of bars."""


def run_bench(
    *, only: Sequence[str] = (), quick: bool = False, say: Callable[[str], None], bars: Sequence[Bar] = BARS
) -> Report:
    """Measure the groups (all by default) and judge them by the bars. Takes minutes unless `quick`.

    `say` hears what is being measured. Raises InvalidInput for a group that does not exist.
    """
    unknown = set(only) - set(GROUPS)
    if unknown:
        raise InvalidInput(
            f"There is no bar {', '.join(sorted(unknown))!r}.", remedy=f"cofounder bench --only {','.join(GROUPS)}"
        )
    sizes = QUICK if quick else FULL
    readings: list[Reading] = []
    with tempfile.TemporaryDirectory(prefix="cofounder-bench-") as folder, Stage(Path(folder) / "s") as stage:
        for measure, groups in MEASURES.items():
            if not only or set(groups) & set(only):
                say(f"Measuring {', '.join(groups)}...")
                readings += _measured(measure, groups, stage, sizes)
    wanted = [bar for bar in bars if not only or bar.group in only]
    return Report(judge(wanted, readings))


def _measured(measure: Measure, groups: Sequence[str], stage: Stage, sizes: Sizes) -> list[Reading]:
    """The readings; one that could not be taken says why and fails its bar."""
    try:
        return measure(stage, sizes)
    except (Timeout, TimeoutError, ConfigurationError, OSError) as error:
        why = f"not measured: {type(error).__name__}: {error}"
        return [Reading(bar.id, None, note=why, failed=True) for bar in BARS if bar.group in groups]
