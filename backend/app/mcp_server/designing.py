"""Tools that design: what apps can do, our reading of a goal, the judgement on a specification, questions."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from pydantic import Field

from app.blueprint.contract import contract
from app.blueprint.language import GoalUnreadable, understand
from app.blueprint.plan import Plan, plan_of
from app.blueprint.plan_text import plan_lines
from app.blueprint.questions import questions_of
from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of
from app.mcp_server.tools import Answer, Arguments, Session, Tool
from app.schemas.text import Goal
from app.services.plan_service import GoalRefused
from app.services.spec_service import SpecRefused

Specification = Annotated[
    dict[str, Any], Field(description="The whole specification as a JSON object, as describe_apps says.")
]
GoalField = Annotated[Goal, Field(description="What the founder wants, in their own words, left as they said it.")]


class NoArguments(Arguments):
    """A tool that is called with nothing."""


class GoalIn(Arguments):
    """A goal."""

    goal: GoalField


class SpecificationIn(Arguments):
    """A specification to judge."""

    specification: Specification


async def read_spec(raw: dict[str, Any]) -> AppSpec:
    """The specification, if it is one and the app would do all of it. SpecRefused with every fault."""
    # In a thread: one with many faults is judged for seconds, in which nobody else would be answered.
    spec, faults = await asyncio.to_thread(faults_of, raw)
    if spec is None:
        faults_text = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults)
        raise SpecRefused(f"{faults_text}.", errors=faults)
    return spec


async def read_goal_spec(goal: str) -> AppSpec:
    """Our own reader's specification for a goal. GoalRefused."""
    try:
        return await asyncio.to_thread(understand, goal)
    except GoalUnreadable as error:
        remedy = "Write the specification yourself (describe_apps) and build from it."
        raise GoalRefused(str(error), remedy=remedy) from error


def plan_data(plan: Plan) -> dict[str, Any]:
    """The plan for a program."""
    return plan.model_dump(mode="json", by_alias=True, exclude_defaults=True)


async def _describe_apps(_: Session, __: NoArguments) -> Answer:
    return Answer(contract())


async def _read_goal(_: Session, arguments: GoalIn) -> Answer:
    spec = await read_goal_spec(arguments.goal)
    plan = plan_of(spec)
    head = (
        "This is how the built-in reader understands the goal. It is simple and misses much; a specification "
        "of your own is nearly always better. What it would build:"
    )
    # Every default would make it several times as long to read, for a model that pays by the word.
    document = spec.model_dump(mode="json", exclude_defaults=True)
    return Answer(
        "\n".join([head, *plan_lines(plan)]), {"keeps_enough": plan.keeps_enough, "specification": document}
    )


async def _check_plan(_: Session, arguments: SpecificationIn) -> Answer:
    spec = await read_spec(arguments.specification)
    plan = plan_of(spec)
    questions = questions_of(spec)
    lines = ["No fault. In words for the founder:", *plan_lines(plan)]
    if questions:
        lines += [
            "  Worth asking the founder:",
            *(f"    - {question.text} [{question.default}]" for question in questions),
        ]
    return Answer("\n".join(lines), {"valid": True, "plan": plan_data(plan)})


async def _ask_founder(_: Session, arguments: SpecificationIn) -> Answer:
    questions = questions_of(await read_spec(arguments.specification))
    lines = [
        f"{number}. {question.text} If they do not say: {question.default}."
        for number, question in enumerate(questions, 1)
    ]
    head = "Ask the founder, in one message, and change the specification by what they answer:"
    text = (
        "\n".join([head, *lines])
        if questions
        else "Nothing in this specification needs an answer before it is built."
    )
    return Answer(
        text, {"questions": [{"text": question.text, "default": question.default} for question in questions]}
    )


DESIGNING: Final[tuple[Tool[Any], ...]] = (
    Tool(
        "describe_apps",
        "What an app can do",
        "What Co-Founder's apps can do and how a specification is said, with whole examples. Read it before you "
        "write or change a specification; it holds all that check_plan and build accept.",
        NoArguments,
        _describe_apps,
        only_reads=True,
    ),
    Tool(
        "read_goal",
        "How the built-in reader understands a goal",
        "What Co-Founder would build from a goal by itself: the plan in words, the wishes it would keep or leave "
        "out, and the specification. Useful to see where its reading falls short; write your own instead.",
        GoalIn,
        _read_goal,
        only_reads=True,
    ),
    Tool(
        "check_plan",
        "Judge a specification",
        "Judges a specification without building it. Names every fault with its place and what would be right, or "
        "says the plan in words to show the founder. Call it until there is no fault.",
        SpecificationIn,
        _check_plan,
        only_reads=True,
    ),
    Tool(
        "ask_founder",
        "Questions for the founder",
        "The questions about a specification that are worth asking the founder before it is built, each with what "
        "is built if they do not say.",
        SpecificationIn,
        _ask_founder,
        only_reads=True,
    ),
)
