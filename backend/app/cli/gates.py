"""See and take the decisions of a project."""

from __future__ import annotations

from typing import Annotated, Final

from cyclopts import Parameter

from app.cli.client import JsonObject, open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.cli.listing import list_items
from app.cli.lookup import Project, find_gate_id, find_project_id
from app.domain.gate import GateStatus

NEXT_STEPS: Final = {
    "start_build": 'Say what it becomes now:\ncofounder build "..." --project {project_id}',
    "export_build": "All its files:\ncofounder export {project_id}",
    "unpark_project": "To take it up again:\ncofounder unpark {project_id}",
}
"""The command for each `next_action` that the API names."""


def gates(project: Project, /, *, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        decisions = list(client.pages(f"/api/projects/{find_project_id(client, project)}/gates"))
    lines = ("\n".join(gate_lines(gate)) for gate in decisions)
    return list_items(decisions, lines, empty="No decision waits.", common=common, context=context)


def gate_lines(gate: JsonObject) -> list[str]:
    """A gate with its options, each with the command that takes it."""
    lines = [f"{gate['title']}  ({gate['status']})"]
    if gate["status"] != GateStatus.PENDING:
        return [*lines, f"  Decided: {gate.get('decision')}"]
    for option in gate.get("options") or []:
        text = ' --text "..."' if option.get("needs_text") else ""
        lines.append(f"  {option['title']}: {option['description']}")
        lines.append(f"    cofounder decide {gate['gate_id']} {option['value']}{text}")
    return lines


def decide(
    gate: Annotated[str, Parameter(help="The gate's id, as `gates` prints it, or its first characters.")],
    decision: Annotated[str, Parameter(help="One of the gate's options, such as `proceed`.")],
    /,
    *,
    text: Annotated[str | None, Parameter(help="What to change, where the option asks for it.")] = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    body = {"decision": decision} | ({"text": text} if text is not None else {})
    with open_client(common, context) as client:
        answer = client.post(f"/api/gates/{find_gate_id(client, gate)}/resolve", body)
    if common.json:
        context.result_json(answer)
        return Exit.OK
    context.result(str(answer.get("resolution_summary") or answer["decision"]))
    step = NEXT_STEPS.get(str(answer["next_action"]))
    if step is not None:
        context.say(step.format(project_id=answer["project_id"]))
    return Exit.OK


def park(project: Project, /, *, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        answer = client.post(f"/api/projects/{find_project_id(client, project)}/park")
    context.result_json(answer) if common.json else context.result(f"{answer['name']} is {answer['status']}.")
    return Exit.OK


def unpark(project: Project, /, *, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        answer = client.post(f"/api/projects/{find_project_id(client, project)}/unpark")
    context.result_json(answer) if common.json else context.result(f"{answer['name']} is {answer['status']}.")
    return Exit.OK
