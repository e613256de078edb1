"""Show what a goal would become, before anything is built; no instance is needed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from pydantic import ValidationError

from app.blueprint.editing import problems
from app.blueprint.language import GoalUnreadable, plan_goal
from app.blueprint.plan import Plan, plan_of
from app.blueprint.plan_text import plan_lines
from app.blueprint.spec import AppSpec
from app.blueprint.trial import exposed_people
from app.cli.client import open_client
from app.cli.config import load_settings
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.errors import Exit, UsageError
from app.cli.projects import tell_begun
from app.cli.spec_text import load
from app.ports.runner import MODEL_ENGINE, RunnerError


def plan(
    goal: Annotated[str | None, Parameter(help="What to build, in your own words.")] = None,
    /,
    *,
    spec: Annotated[Path | None, Parameter(help="A specification (TOML or JSON) to show the plan of.")] = None,
    engine: Annotated[
        Literal["blueprint", "model"], Parameter(help="Who plans: rules, or the model that is set, which costs.")
    ] = "blueprint",
    keep: Annotated[
        bool, Parameter(negative=(), help="Keep it as a project, to be corrected and then built; by rules alone.")
    ] = False,
    stdin: Annotated[
        bool, Parameter(help='Read one {"goal": "..."} a line from standard input; print one plan a line.')
    ] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    if stdin:
        for line in sys.stdin:
            if line.strip():
                # One goal that is refused must not end a run over thousands.
                context.result_json(plan_or_refusal(goal_of(line), engine, common, context))
        return Exit.OK
    if spec is not None:
        print_plan(plan_of(read_spec(spec)), context, as_json=common.json)
        return Exit.OK
    if goal is None or not goal.strip():
        raise UsageError("The goal is empty.", remedy='cofounder plan "A booking app for a yoga studio"')
    if keep:
        return keep_plan(goal, common, context)
    try:
        proposal = make_plan(goal, engine, common, context)
    except (GoalUnreadable, RunnerError) as error:
        raise UsageError(str(error), remedy='cofounder plan "your goal in other words"') from error
    print_plan(proposal, context, as_json=common.json)
    return Exit.OK


def keep_plan(goal: str, common: Common, context: Context) -> int:
    """Make a project that begins with the plan of a goal."""
    with open_client(common, context) as client:
        project = client.post("/api/plans/keep", {"goal": goal})
    if common.json:
        context.result_json(project)
        return Exit.OK
    tell_begun(project, context)
    return Exit.OK


def print_plan(plan: Plan, context: Context, *, as_json: bool) -> None:
    """Print a plan, as lines or as one JSON object."""
    if as_json:
        context.result_json(plan.model_dump(mode="json", by_alias=True))
    else:
        context.verbatim("\n".join(plan_lines(plan)))


def read_spec(path: Path) -> AppSpec:
    """The specification in a file. UsageError says where it is wrong."""
    try:
        raw = load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    try:
        spec = AppSpec.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(f"{place['field']}: {place['problem']}" for place in problems(error, raw)[:5])
        raise UsageError(f"The specification in {str(path)!r} is not right: {faults}.") from error
    for exposed in exposed_people(spec):
        raise UsageError(f"The specification in {str(path)!r} is not right: {exposed.place}: {exposed.problem}.")
    return spec


def goal_of(line: str) -> str:
    """The goal of a line of standard input. UsageError."""
    try:
        return str(json.loads(line)["goal"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"This line is no goal: {line.strip()[:80]!r}.",
            remedy="""echo '{"goal": "..."}' | cofounder plan --stdin""",
        ) from error


def make_plan(goal: str, engine: str, common: Common, context: Context) -> Plan:
    """The plan of a goal by that engine; what a model took is said beside it. GoalUnreadable, RunnerError."""
    if engine != MODEL_ENGINE:
        return plan_goal(goal)
    return context.wiring().plan_by_model(load_settings(common), goal, say=context.say)


def plan_or_refusal(goal: str, engine: str, common: Common, context: Context) -> dict[str, Any]:
    """The plan of a goal, or the sentence that says why there is none."""
    try:
        return make_plan(goal, engine, common, context).model_dump(mode="json", by_alias=True)
    except (GoalUnreadable, RunnerError) as error:
        return {"refused": str(error)}
