"""Readings, judged by the bars and laid out for a person, a program or a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.bench.bars import Bar, Judged, ratio_of


@dataclass(frozen=True)
class Reading:
    """The result of one bar. Without `measured`, `note` says why: it cannot be measured here, or it `failed`."""

    bar: str
    measured: float | None
    ceiling: float | None = None
    note: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Verdict:
    """A bar with its reading."""

    bar: Bar
    reading: Reading

    @property
    def word(self) -> str:
        """`holds`, `over`, `recorded`, `failed` or `skipped`."""
        measured = self.reading.measured
        if measured is None:
            return "failed" if self.reading.failed else "skipped"
        if not self.bar.gated:
            return "recorded"
        return "holds" if self.bar.holds(measured, self.reading.ceiling) else "over"

    @property
    def cells(self) -> tuple[str, str, str, str, str, str]:
        """bar, measured, ceiling, ratio, limit, verdict."""
        measured, ceiling = self.reading.measured, self.reading.ceiling
        ratio = "-" if measured is None or not ceiling else f"{ratio_of(measured, ceiling):.2f}"
        return self.bar.id, self._with_unit(measured), self._with_unit(ceiling), ratio, self._limit, self.word

    @property
    def _limit(self) -> str:
        sign = ">=" if self.bar.at_least else "<="
        unit = "x" if self.bar.judged is Judged.RATIO else f" {self.bar.unit}".rstrip()
        return f"{sign} {self.bar.limit:g}{unit}"

    def _with_unit(self, value: float | None) -> str:
        return "-" if value is None else f"{_round_figure(value)} {self.bar.unit}".rstrip()

    def as_json(self) -> dict[str, Any]:
        """The same for a program."""
        bar, reading = self.bar, self.reading
        ratio = ratio_of(reading.measured, reading.ceiling) if reading.measured and reading.ceiling else None
        return {
            "bar": bar.id,
            "what": bar.what,
            "unit": bar.unit,
            "measured": reading.measured,
            "ceiling": reading.ceiling,
            "ratio": ratio,
            "limit": bar.limit,
            "judged": bar.judged.value,
            "verdict": self.word,
            "note": reading.note,
        }


def judge(bars: Sequence[Bar], readings: Sequence[Reading]) -> list[Verdict]:
    """A verdict for each bar that has a reading, in the table's order."""
    by_bar = {reading.bar: reading for reading in readings}
    return [Verdict(bar, by_bar[bar.id]) for bar in bars if bar.id in by_bar]


HEAD = ("bar", "measured", "ceiling", "ratio", "limit", "verdict")


def judge_all(bars: Sequence[Bar], readings: Sequence[Reading]) -> list[Verdict]:
    """A verdict for every bar; one without a reading was not measured in this run."""
    measured = {reading.bar for reading in readings}
    missing = [Reading(bar.id, None, note="not measured in this run") for bar in bars if bar.id not in measured]
    return judge(bars, [*readings, *missing])


def as_table(verdicts: Sequence[Verdict]) -> str:
    """The table for a terminal, with what there is to say about each bar below it."""
    rows = [HEAD, *(verdict.cells for verdict in verdicts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    notes = [f"{verdict.bar.id}: {verdict.reading.note}" for verdict in verdicts if verdict.reading.note]
    return "\n".join([*lines, "", *notes]) if notes else "\n".join(lines)


def as_page_rows(verdicts: Sequence[Verdict]) -> list[str]:
    """The rows of a Markdown table."""
    head = ("Bar", "What", "Measured", "Ceiling", "Ratio", "Limit", "Verdict")
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for verdict in verdicts:
        name, *cells = verdict.cells
        beside = f" (beside: {verdict.bar.ceiling})" if verdict.bar.ceiling else ""
        rows.append(f"| {' | '.join([name, verdict.bar.what + beside, *cells])} |")
    return rows


def _round_figure(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}"
