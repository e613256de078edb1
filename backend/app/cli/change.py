"""Change an app in words: the rules or a model plan the change, the next version has it."""

from __future__ import annotations

import uuid
from shlex import quote
from typing import Annotated

from cyclopts import Parameter

from app.cli.builds import Engine, Timeout, Yes, finish_started, planner_of, start_confirmed
from app.cli.client import ApiClient, JsonObject, open_client
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.errors import ApiProblem, UsageError
from app.cli.lookup import Project, find_project_id
from app.domain.text import has_shape
from app.ports.runner import BLUEPRINT_ENGINE


def change(
    project: Project,
    words: Annotated[str, Parameter(help="What is to be otherwise, in your own words.")],
    /,
    *,
    engine: Engine = None,
    anyway: Annotated[bool, Parameter(help="Build although a part of it was not understood.")] = False,
    yes: Yes = False,
    detach: Annotated[bool, Parameter(help="Do not wait; print the job's id.")] = False,
    timeout: Timeout = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    if not has_shape(words):
        raise UsageError(
            "The change is empty.", remedy='cofounder change PROJECT "Add a phone number to customers"'
        )
    with open_client(common, context) as client:
        project_id = find_project_id(client, project)
        if (engine or planner_of(client, project_id, common)) == BLUEPRINT_ENGINE:
            change_by_rules(client, project_id, words, context, anyway=anyway)
            body = {"project_id": project_id}
        else:
            body = {"project_id": project_id, "change": words}

        def start(is_confirmed: bool) -> JsonObject:
            request = {**body, "confirmed": True} if is_confirmed else body
            return client.post("/api/generation/start", request, idempotency_key=uuid.uuid4().hex)

        try:
            started = start_confirmed(context, start, yes=yes)
        except ApiProblem as problem:
            # A change that a model plans is in no plan yet, so to build the plan would not make it.
            if problem.problem_code == "confirmation_needed" and "change" in body:
                problem.remedy = f"cofounder change {project_id} {quote(words)} --yes"
            raise
        context.say(f"Changing it as {started['build_version']} (job {started['job_id']}).")
        return finish_started(client, started, context, common, detach=detach, timeout_s=timeout)


def change_by_rules(client: ApiClient, project_id: str, words: str, context: Context, *, anyway: bool) -> None:
    """Make the change one of the plan and tell it. UsageError when some of it was not understood."""
    try:
        answer = client.post(f"/api/projects/{project_id}/changes", {"text": words})
    except ApiProblem as problem:
        offers = problem.extra.get("offers") or []
        if offers:
            problem.remedy = offers_to_type(project_id, offers)
        raise
    for line in answer["changes"]:
        context.say(line)
    for text in answer.get("partly", []):
        context.say(f"Only in part: “{text}”")
    if not answer["not_understood"] or anyway:
        return
    lost = "; ".join(f"“{text}”" for text in answer["not_understood"])
    offers = [offer for text in answer["not_understood"] for offer in answer["offers"].get(text, [])]
    # What was understood stays in the plan: the next sentence adds to it, and one build makes all of it.
    raise UsageError(
        f"Not in it: {lost}. The rest is kept in the plan and not built yet.",
        remedy=f"{offers_to_type(project_id, offers)}cofounder build --project {project_id}",
    )


def offers_to_type(project_id: str, offers: list[str]) -> str:
    """The changes that may have been meant, each as the command that asks for it."""
    return "".join(f"cofounder change {project_id} {quote(offer)}\n" for offer in offers)
