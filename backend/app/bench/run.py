"""One run of the bench: the groups that are asked for, on a stage of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from app.bench.app_pages import measure_app_pages
from app.bench.bars import BARS, GROUPS, Bar
from app.bench.builds import measure_conducting, measure_hand_offs
from app.bench.commands import measure_commands
from app.bench.endings import measure_cancels, measure_kills
from app.bench.exports import measure_exports
from app.bench.growth import measure_growth
from app.bench.keyless import measure_keyless
from app.bench.leaks import measure_leaks
from app.bench.readings import Reading, judge
from app.bench.report import Report
from app.bench.requests import measure_reads, measure_starts
from app.bench.sizes import FULL, QUICK, Sizes
from app.bench.stage import Stage, Timeout
from app.bench.starts import measure_instance_starts
from app.bench.streams import measure_streams
from app.core.errors import ConfigurationError, InvalidInput

Measure = Callable[[Stage, Sizes], list[Reading]]

MEASURES: Final[Mapping[Measure, tuple[str, ...]]] = {
    measure_reads: ("P1", "P2"),
    measure_starts: ("P3",),
    measure_hand_offs: ("P4",),
    measure_conducting: ("P5",),
    measure_keyless: ("P6", "P7", "P14"),
    measure_commands: ("P8",),
    measure_streams: ("P9",),
    measure_growth: ("P10",),
    measure_leaks: ("P11",),
    measure_cancels: ("P12",),
    measure_kills: ("P13",),
    measure_instance_starts: ("P15",),
    measure_exports: ("P16",),
    measure_app_pages: ("P17",),
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
    # A short name below it, since the path of a unix socket has little room.
    with tempfile.TemporaryDirectory(prefix="cofounder-bench-") as folder, Stage(Path(folder) / "s") as stage:
        for measure, groups in MEASURES.items():
            if not only or set(groups) & set(only):
                say(f"Measuring {', '.join(groups)}...")
                readings += _take_readings(measure, groups, stage, sizes)
    chosen = [bar for bar in bars if not only or bar.group in only]
    return Report(judge(chosen, readings))


def _take_readings(measure: Measure, groups: Sequence[str], stage: Stage, sizes: Sizes) -> list[Reading]:
    """The readings; one that could not be taken says why and fails its bar."""
    try:
        return measure(stage, sizes)
    except (Timeout, TimeoutError, ConfigurationError, OSError) as error:
        why = f"not measured: {type(error).__name__}: {error}"
        return [Reading(bar.id, None, note=why, failed=True) for bar in BARS if bar.group in groups]
