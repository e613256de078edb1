"""What each test of the fault matrix shows and measures, and the table of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

HEAD = ("row", "invariants", "seed", "outcome", "seconds", "test and figures")


class Report:
    """Notes of one test; they travel with its result, also from another process."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    def seed(self, seed: int) -> None:
        """What to run it with again."""
        self._properties.append(("seed", seed))

    def figure(self, name: str, value: object) -> None:
        """Something measured, such as a count or seconds."""
        text = f"{value:.2f}" if isinstance(value, float) else str(value)
        self._properties.append(("figure", f"{name} {text}"))


def summary_lines(reports: Iterable[Any]) -> list[str]:  # Any: pytest's own report objects
    """The table, a line a test, in the order of the rows; nothing when no test belongs to a row."""
    last = {one.nodeid: one for one in reports if dict(getattr(one, "user_properties", ())).get("row")}
    table = sorted((_line(one) for one in last.values()), key=lambda line: (line[0].zfill(3), line[-1]))
    if not table:
        return []
    widths = [max(len(line[column]) for line in (HEAD, *table)) for column in range(len(HEAD) - 1)]
    return [
        "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[-1]])
        for line in (HEAD, *table)
    ]


def _line(report: Any) -> tuple[str, ...]:  # Any: pytest's own report object
    properties = dict(report.user_properties)
    row, invariants = properties["row"]
    figures = [str(value) for name, value in report.user_properties if name == "figure"]
    name = report.nodeid.rsplit("::", 1)[-1]
    outcome = "held" if report.outcome == "passed" else "BROKEN"
    words = f"{name}: {', '.join(figures)}" if figures else name
    return str(row), invariants, str(properties.get("seed", "-")), outcome, f"{report.duration:.1f}", words
