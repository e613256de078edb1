"""What an evaluation found, as a table and as a sheet of pictures."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from app.acceptance.browser import Browser, Look
from tests.eval.accessibility import Inspection
from tests.eval.goals import SECTIONS, Goal
from tests.eval.scoring import Recall

COLUMNS = 4
TILE = (480, 300)


@dataclass
class Score:
    """What became of one goal."""

    goal: Goal
    recall: Recall
    entities: tuple[str, ...] = ()
    status: str = ""
    seconds: float = 0.0
    usd: float = 0.0
    """What a model cost."""
    why: str = ""
    checks: list[dict[str, Any]] = field(default_factory=list)
    files: int = 0
    archive_bytes: int = 0
    inspection: Inspection | None = None

    @property
    def is_good(self) -> bool:
        """Ready, every rung held, and nothing found in the browser."""
        looked = self.inspection
        fine = looked is None or not (looked.violations or looked.complaints)
        return self.status in ("", "ready") and all(check["ok"] for check in self.checks) and fine


def share(scores: Sequence[Score]) -> float:
    """Entities found of those expected, in per cent."""
    expected = sum(score.recall.expected for score in scores)
    return 100 * sum(score.recall.found for score in scores) / expected if expected else 0.0


def summary(scores: Sequence[Score]) -> list[str]:
    """The figures."""
    lines = []
    for section in SECTIONS:
        part = [score for score in scores if score.goal.section == section]
        if part:
            found, of = sum(one.recall.found for one in part), sum(one.recall.expected for one in part)
            lines.append(f"Entity recall, {section}: {share(part):.1f} % ({found} of {of}, {len(part)} goals)")
    built = [score for score in scores if score.status]
    if built:
        lines += _built(built)
    looked = [score.inspection for score in scores if score.inspection is not None]
    if looked:
        lines.append(
            f"In the browser: {sum(len(one.violations) for one in looked)} accessibility violations, "
            f"{sum(len(one.complaints) for one in looked)} console errors "
            f"on {sum(one.pages for one in looked)} pages"
        )
    return lines


def _built(built: Sequence[Score]) -> list[str]:
    ready = [score for score in built if score.status == "ready"]
    failures = sum(not check["ok"] for score in built for check in score.checks) + len(built) - len(ready)
    lines = [f"Ready: {len(ready)} of {len(built)}", f"Acceptance failures: {failures}"]
    if spent := sum(score.usd for score in built):
        lines.append(f"Models: ${spent:.4f}, ${spent / len(built):.4f} a goal")
    if ready:
        seconds = sorted(score.seconds for score in ready)
        lines.append(f"Warm build: median {median(seconds):.1f} s, slowest {seconds[-1]:.1f} s")
        lines += [f"Check {name}: median {took:.2f} s" for name, took in rungs(ready).items()]
        size = median(score.archive_bytes for score in ready)
        lines.append(
            f"Size: median {median(score.files for score in ready):.0f} files, archive {size / 1000:.0f} kB"
        )
    return lines


def rungs(ready: Sequence[Score]) -> dict[str, float]:
    """The median seconds of each rung."""
    took: dict[str, list[float]] = {}
    for score in ready:
        for check in score.checks:
            took.setdefault(check["name"], []).append(check["seconds"])
    return {name: median(seconds) for name, seconds in took.items()}


def table(scores: Sequence[Score]) -> str:
    """The results as Markdown. What an unseen goal missed is not told, so that nobody tunes for it."""
    head = [
        "| # | goal | kinds of record | recall | status | s | axe | missed |",
        "|--:|---|---|--:|---|--:|--:|---|",
    ]
    rows = [_row(score) for score in scores]
    return "\n".join(["# Evaluation", "", *(f"- {line}" for line in summary(scores)), "", *head, *rows, ""])


def _row(score: Score) -> str:
    goal = score.goal
    text = goal.text if len(goal.text) <= 70 else goal.text[:67] + "..."
    kinds = ", ".join(score.entities) if goal.is_seen else str(len(score.entities))
    missed = "; ".join(score.recall.missed) if goal.is_seen else ""
    axe = "" if score.inspection is None else str(len(score.inspection.violations))
    seconds = f"{score.seconds:.1f}" if score.seconds else ""
    got = f"{score.recall.found}/{score.recall.expected}"
    cells = [str(goal.number), text, kinds, got, f"{score.status} {score.why}".strip(), seconds, axe, missed]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


async def contact_sheet(browser: Browser, scores: Sequence[Score], path: Path) -> None:
    """Every picture side by side, drawn by the browser itself."""
    tiles = [
        f'<figure><img src="{picture.name}"><figcaption>{_caption(score)}</figcaption></figure>'
        for score in scores
        if score.inspection is not None
        for picture in score.inspection.pictures
    ]
    style = (
        f"body{{margin:16px;display:grid;grid-template-columns:repeat({COLUMNS},{TILE[0]}px);gap:16px;"
        f"font:14px system-ui;background:#ddd}}figure{{margin:0}}img{{width:{TILE[0]}px;height:{TILE[1]}px;"
        "object-fit:cover;object-position:top;display:block;background:#fff}figcaption{height:24px;overflow:hidden}"
    )
    page = path.with_suffix(".html")
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{''.join(tiles)}", encoding="utf-8")
    rows = max(1, math.ceil(len(tiles) / COLUMNS))
    await browser.look_as(Look(COLUMNS * (TILE[0] + 16) + 16, rows * (TILE[1] + 40) + 16))
    await browser.open(page.as_uri())
    path.write_bytes(await browser.picture("png"))


def _caption(score: Score) -> str:
    return html.escape(f"{score.goal.number}. {score.goal.text[:60]}")
