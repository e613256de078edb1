"""Corrections of a plan in product words, one at a time, as the page makes them by clicks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Annotated, Any

from cyclopts import Parameter

from app.cli.client import JsonObject, open_client
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.errors import Exit, UsageError
from app.cli.listing import list_items
from app.cli.lookup import Project, find_project_id


def correct(
    project: Project,
    change: Annotated[
        str, Parameter(help="Such as add_detail, rename_record, add_limit, rename_step, set_right.")
    ],
    values: Annotated[
        list[str], Parameter(help="What it needs, such as record=Booking label=Birthday kind=date.")
    ],
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Make one correction of the plan; the next build makes it the next version."""
    pairs = dict(value.partition("=")[::2] for value in values)
    if not all(pairs) or not all("=" in value for value in values):
        raise UsageError("Each value is NAME=WORDS.", remedy="cofounder spec correct --help")
    with open_client(common, context) as client:
        project = find_project_id(client, project)
        # The newest, since the person has just typed what they want and saw no older state to protect.
        revision = client.get(f"/api/projects/{project}/spec")["revision"]
        path = f"/api/projects/{project}/plan/corrections"
        saved = client.post(path, {"change": change, "values": pairs}, revision=revision)
    return _tell(saved, context, as_json=common.json)


def undo(
    project: Project,
    /,
    *,
    every: Annotated[bool, Parameter(name="--all", negative=(), help="Take all of them back.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Take the last change of the plan since the newest version back."""
    with open_client(common, context) as client:
        project = find_project_id(client, project)
        if every:
            return _tell(client.post(f"/api/projects/{project}/spec/reset"), context, as_json=common.json)
        revision = client.get(f"/api/projects/{project}/spec")["revision"]
        saved = client.post(f"/api/projects/{project}/spec/undo", revision=revision)
    return _tell(saved, context, as_json=common.json)


def _tell(kept: dict[str, Any], context: Context, *, as_json: bool) -> int:
    if as_json:
        context.result_json(kept)
        return Exit.OK
    if not kept["edited"]:
        context.result("The plan is that of the newest version again.")
        return Exit.OK
    context.result("The plan is changed.")
    project = kept["project_id"]
    context.say(f"To take it back, or to make it the next version:\ncofounder spec undo {project}")
    context.say(f"cofounder build --project {project}")
    return Exit.OK


def questions(
    project: Project,
    /,
    *,
    agree: Annotated[int | None, Parameter(help="The number of a question whose default is right.")] = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Show what only you can say about the plan, with what is built if you say nothing."""
    with open_client(common, context) as client:
        path = f"/api/projects/{find_project_id(client, project)}/plan/questions"
        asked = client.get(path)["items"]
        if agree is not None:
            if not 1 <= agree <= len(asked):
                raise UsageError(
                    f"There is no question {agree}.", remedy=f"cofounder spec questions {quote(project)}"
                )
            asked = client.post(path, {"question": asked[agree - 1]["text"]})["items"]
    lines = _question_lines(asked, project)
    return list_items(asked, lines, empty="Nothing is left to ask.", common=common, context=context)


def _question_lines(questions: Sequence[JsonObject], project: str) -> Iterator[str]:
    for number, question in enumerate(questions, 1):
        yield f"{number}. {question['text']}  If you say nothing: {question['default']}"
        for answer in question["answers"]:
            words = " ".join(quote(f"{name}={value}") for name, value in answer["values"].items())
            blank = f" {answer['asks']}=..." if answer["asks"] else ""
            yield f"     {answer['label']}:"
            yield f"     cofounder spec correct {quote(project)} {answer['change']} {words}{blank}"
