"""Help: a question about a project, answered from its own state."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.api.deps import ServicesDep
from app.core.ids import ProjectId
from app.services.help_answers import EXAMPLES
from app.web.rendering import page
from app.web.room_view import look_into
from app.web.session import PageCaller

router = APIRouter(include_in_schema=False)


@router.get("/p/{project_id}/help", response_class=Response)
async def ask(
    request: Request,
    project_id: UUID,
    caller: PageCaller,
    services: ServicesDep,
    question: Annotated[str, Query(alias="q", max_length=400)] = "",
) -> Response:
    """The answer to a question, and what can be done about it."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=None)
    asked = question.strip()
    found_answer = await services.help_desk.answer(caller.id, room.project.id, asked) if asked else None
    return page(request, "help.html", room=room, question=question, answer=found_answer, examples=EXAMPLES)
