"""Builds every goal of a file on a real instance, and says how good the apps are: `./co eval --help`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from app.acceptance.browser import Browser, BrowserFailed
from app.blueprint import language
from app.blueprint.spec import AppSpec
from app.core.settings import Settings
from app.models import plan_with_model
from app.ports.runner import MODEL_ENGINE, RunnerError, Say
from app.processes.ledger import open_ledger
from tests.eval.accessibility import browsing, find_browser, inspect, prepare_axe
from tests.eval.goals import SECTIONS, Goal, read_goals
from tests.eval.report import Score, contact_sheet, summary, table
from tests.eval.scoring import recall
from tests.support.instance import Instance

ROOT = Path(__file__).resolve().parents[3]
GOALS = ROOT / "docs" / "eval" / "goals.txt"
RESULTS = ROOT / "docs" / "eval" / "results.md"
FOLDER = ROOT / "docs" / "eval" / "pictures"
WARM_UP = "A list of the books on a shelf"
BUILD_S = 300.0


def main(arguments: Sequence[str]) -> int:
    """Score the goals that were asked for; 1 when one is not ready or anything was found in it."""
    given = _parser().parse_args(arguments)
    goals = _chosen(given)
    if not goals:
        print("eval: no goal is left to score", file=sys.stderr)
        return 2
    is_model = given.engine == MODEL_ENGINE
    # A model is asked once for each goal: for the plan alone, or by the build.
    reader = read if not is_model else (plan_by_model if given.recall else unread)
    scores = [reader(goal) for goal in goals]
    if not given.recall:
        asyncio.run(_build_all(scores, engine=given.engine, with_browser=not given.no_browser))
        _write(scores, is_whole=_is_whole(given))
    for score in scores:
        if given.recall and (score.goal.is_seen or score.why):
            print(_line(score))
    print("\n".join(summary(scores)))
    return 0 if all(score.is_good for score in scores) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./co eval", description=__doc__)
    parser.add_argument("--goals", type=Path, default=GOALS, metavar="FILE", help="the file of goals")
    parser.add_argument("--section", choices=SECTIONS, help="one half alone")
    parser.add_argument("--only", metavar="WORDS", help="the goals that hold these words, or have this number")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N goals alone")
    parser.add_argument("--engine", choices=("blueprint", "model"), default="blueprint", help="who plans the apps")
    parser.add_argument("--recall", action="store_true", help="build nothing, only score what was understood")
    parser.add_argument("--no-browser", action="store_true", help="no accessibility, no pictures")
    return parser


def _chosen(given: argparse.Namespace) -> list[Goal]:
    goals = read_goals(given.goals)
    if given.section:
        goals = [goal for goal in goals if goal.section == given.section]
    if given.only:
        words = given.only.lower()
        goals = [goal for goal in goals if words in goal.text.lower() or words == str(goal.number)]
    return goals[: given.limit]


def _is_whole(given: argparse.Namespace) -> bool:
    return given.goals == GOALS and not (given.section or given.only or given.limit or given.no_browser)


def read(goal: Goal) -> Score:
    """What the language rules make of a goal, before anything is built."""
    try:
        spec = language.understand(goal.text)
    except language.GoalUnreadable as error:
        return Score(goal, recall(goal.expected, ()), status="not understood", why=str(error))
    return described(Score(goal, recall(goal.expected, ())), tuple(entity.label for entity in spec.entities))


def unread(goal: Goal) -> Score:
    """A goal of which nothing is known before it is built."""
    return Score(goal, recall(goal.expected, ()))


def plan_by_model(goal: Goal) -> Score:
    """What the model that is set makes of a goal, with its dollars and seconds."""
    began = time.monotonic()

    async def say(_: str) -> None:
        """Nobody listens."""

    try:
        spec, took = asyncio.run(_plan_by_model(goal.text, say))
    except RunnerError as error:
        return Score(goal, recall(goal.expected, ()), status="not understood", why=str(error))
    score = described(unread(goal), tuple(entity.label for entity in spec.entities))
    score.seconds = time.monotonic() - began
    score.why = f"{took}, {score.seconds:.1f} s"
    return score


async def _plan_by_model(goal: str, say: Say) -> tuple[AppSpec, str]:
    settings = Settings()
    async with open_ledger(settings) as ledger:
        return await plan_with_model(settings, ledger, goal, say)


def described(score: Score, labels: tuple[str, ...]) -> Score:
    """The score with these kinds of record."""
    score.entities, score.recall = labels, recall(score.goal.expected, labels)
    return score


async def _build_all(scores: Sequence[Score], *, engine: str, with_browser: bool) -> None:
    program = find_browser() if with_browser else None
    if with_browser and program is None:
        raise SystemExit("eval: no browser is installed. Without one: ./co eval --no-browser")
    axe = prepare_axe() if program else ""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cofounder-eval-"))
        instance = stack.enter_context(Instance(Path(folder) / "data", log_level="ERROR", engine=engine))
        instance.await_end(instance.started(WARM_UP), within_s=BUILD_S)
        browser = await stack.enter_async_context(browsing(program)) if program else None
        for score in scores:
            job = _build(instance, score)
            if browser is not None and score.status == "ready":
                await _look(browser, instance, job, score, axe)
            print(_line(score), flush=True)
        if browser is not None:
            await contact_sheet(browser, scores, FOLDER / "contact-sheet.png")


def _build(instance: Instance, score: Score) -> str:
    project = instance.project(f"Goal {score.goal.number}")
    began = time.monotonic()
    job = instance.started(score.goal.text, project)
    status = instance.await_end(job, within_s=BUILD_S)
    score.seconds = time.monotonic() - began
    score.status, score.why = status["status"], status["error_message"] or ""
    evidence = instance.client.get(f"/api/builds/{job}").json()["evidence"]
    score.checks, score.files = evidence.get("checks", []), evidence.get("files", 0)
    if score.status == "ready":
        found = instance.client.get(f"/api/projects/{project}/spec").json()["spec"]
        described(score, tuple(entity["label"] for entity in found["entities"]))
        score.usd = float(status["cost_usd"])
        score.archive_bytes = len(instance.client.get(f"/api/builds/{job}/export").content)
    return job


async def _look(browser: Browser, instance: Instance, job: str, score: Score, axe: str) -> None:
    url = instance.status(job)["preview_url"]
    try:
        score.inspection = await inspect(browser, url, axe=axe, folder=FOLDER, name=f"{score.goal.number:02}")
    except BrowserFailed as error:
        score.status, score.why = "not opened", str(error)


def _write(scores: Sequence[Score], *, is_whole: bool) -> None:
    """The whole file of goals is what the documents show; a part goes beside the pictures."""
    (RESULTS if is_whole else FOLDER / "results.md").write_text(table(scores), encoding="utf-8")
    details = [
        f"{score.goal.number}. {line}"
        for score in scores
        if score.inspection is not None
        for line in (*score.inspection.violations, *score.inspection.complaints)
    ]
    (FOLDER / "violations.txt").write_text("\n".join(details) + "\n", encoding="utf-8")


def _line(score: Score) -> str:
    looked = score.inspection
    parts = [
        f"{score.goal.number:3}",
        f"{score.recall.found}/{score.recall.expected}",
        score.goal.text[:50].ljust(50),
    ]
    if score.status:
        parts += [score.status, f"{score.seconds:.1f} s", f"${score.usd:.4f}" if score.usd else "", score.why]
    if looked is not None:
        parts.append(f"axe {len(looked.violations)}, console {len(looked.complaints)}, {looked.pages} pages")
    if score.goal.is_seen and score.recall.missed:
        parts.append(f"missed {'; '.join(score.recall.missed)}  has {', '.join(score.entities)}")
    return "  ".join(part for part in parts if part)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    sys.exit(main(sys.argv[1:]))
