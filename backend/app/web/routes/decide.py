"""Decisions that only the founder takes, as cards to choose from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.api.deps import ServicesDep
from app.core.errors import GateAlreadyDecided, InvalidInput, NotFound
from app.core.ids import GateId, ProjectId
from app.domain.gate import GATE_TITLES, Gate, GateStatus, alignment_colour
from app.services.project_state import wishes_by_state
from app.web.form import FormDep
from app.web.rendering import go_to, page
from app.web.room_view import Room, look_into
from app.web.session import PageCaller

router = APIRouter(include_in_schema=False)

AFTER = {"ship": "/launch", "iterate": "?change=1#change"}
"""Where a decision leads, below the project."""


@router.get("/p/{project_id}/decide/{gate_id}", response_class=Response)
async def decide(
    request: Request, project_id: UUID, gate_id: UUID, caller: PageCaller, services: ServicesDep
) -> Response:
    """The options of a decision that waits, or how it was taken."""
    view = await look_into(services, caller.id, ProjectId(project_id), version=None)
    return _decide_page(request, view, _gate_of(view, gate_id))


@router.post("/p/{project_id}/decide/{gate_id}", response_class=Response)
async def take(
    request: Request, project_id: UUID, gate_id: UUID, caller: PageCaller, services: ServicesDep, form: FormDep
) -> Response:
    """Take a decision; what is missing is asked for again, with what was said."""
    view = await look_into(services, caller.id, ProjectId(project_id), version=None)
    gate = _gate_of(view, gate_id)
    decision, text = form["decision"], form["text"].strip()[:4_000]
    try:
        async with services.database.transaction() as tx:
            await services.gates.resolve(tx, caller.id, GateId(gate_id), decision=decision, text=text or None)
    # In another window, most likely: the page shows how.
    except GateAlreadyDecided:
        return go_to(f"/p/{project_id}/decide/{gate_id}")
    except InvalidInput as error:
        # Without a choice the refusal would name the words of the API.
        detail = error.detail if decision else "Choose one of these first."
        return _decide_page(request, view, gate, status=422, chosen=decision, text=text, problem=detail)
    return go_to(f"/p/{project_id}{AFTER.get(decision, '')}")


def _gate_of(view: Room, gate_id: UUID) -> Gate:
    gate = next((gate for gate in view.gates if gate.id == gate_id), None)
    if gate is None:
        raise NotFound("There is no such decision.")
    return gate


def _decide_page(request: Request, view: Room, gate: Gate, *, status: int = 200, **values: Any) -> Response:
    context = {"chosen": "", "text": "", "problem": "", **values}
    colour = alignment_colour(gate.alignment) if gate.alignment is not None else ""
    return page(
        request,
        "decide.html",
        status=status,
        room=view,
        gate=gate,
        title=GATE_TITLES[gate.gate_type],
        options=gate.gate_type.options,
        colour=colour,
        wishes=wishes_by_state(next((job for job in view.builds if job.id == gate.job_id), None)),
        is_waiting=gate.status is GateStatus.PENDING,
        **context,
    )
