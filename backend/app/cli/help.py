"""Help: a question about a project, answered from its own state."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit, UsageError
from app.cli.lookup import Project, find_project_id


def ask(
    project: Project,
    question: Annotated[str, Parameter(help='Such as "What blocks my launch?".')],
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    if not question.strip():
        raise UsageError("The question is empty.", remedy='cofounder ask PROJECT "What happens next?"')
    with open_client(common, context) as client:
        path = f"/api/projects/{find_project_id(client, project)}/help"
        answer = client.get(path, question=question.strip()[:400])
    if common.json:
        context.result_json(answer)
        return Exit.OK
    context.result(answer["text"])
    for line in (*answer["lines"], *answer["examples"]):
        context.result(f"  - {line}")
    for offer in answer["offers"]:
        context.say(f"{offer['label']}:\n{offer['command']}")
    return Exit.OK
