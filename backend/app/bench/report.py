"""The outcome of a run, in the forms that the command gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.bench.page import performance_page
from app.bench.readings import Verdict, as_table


@dataclass(frozen=True)
class Report:
    """The result of a run."""

    verdicts: Sequence[Verdict]

    @property
    def all_hold(self) -> bool:
        """True when no gated bar is over its limit, and nothing that was to be measured failed."""
        return not any(verdict.word in ("over", "failed") for verdict in self.verdicts)

    def as_table(self) -> str:
        """The table for a terminal, with what there is to say about each bar below it."""
        return as_table(self.verdicts)

    def as_page(self) -> str:
        """The reference page."""
        return performance_page(self.verdicts)

    def as_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {"ok": self.all_hold, "bars": [verdict.as_json() for verdict in self.verdicts]}
