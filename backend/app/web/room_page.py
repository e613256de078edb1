"""The pages of a project: the build room with the conversation about changes, and those beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from app.blueprint.spec import WishSpec, WishState
from app.blueprint.spec_changes import changes_between
from app.container import Services
from app.core.errors import NotFound, SubscriptionRequired
from app.core.ids import ProjectId
from app.domain.job import JobStatus
from app.services.change_requests import LostPart, added_wishes, change_example, lost_parts
from app.services.founder_service import Caller
from app.web.rendering import go_to, page
from app.web.room_view import Room, look_into, new_wishes, version_before


@dataclass(frozen=True)
class PastRequest:
    """A change that was asked for, and the version that it became."""

    text: str
    number: int


@dataclass(frozen=True)
class Talk:
    """The requests so far, and the part of the plan that is not built."""

    requests: Sequence[PastRequest]
    waiting: str
    """What was asked for since the newest version."""
    changes: Sequence[str]
    """In words, what the next build would change."""
    lost: Sequence[LostPart]
    """What of it the next version will not have."""
    partly: Sequence[WishSpec]
    """What of it the next version will have only a part of."""
    example: str
    """A change that would be understood."""
    has_model: bool
    """Whether a model is chosen that could plan a change."""
    iteration: str
    """Such as "Round 2 of 5"; empty before the first version."""


async def project_page(
    request: Request,
    services: Services,
    caller: Caller,
    project_id: UUID,
    template: str,
    *,
    status: int = 200,
    **values: Any,  # Any: what the template shows
) -> Response:
    """A page of a project as it is now; `problem` says what could not be done."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=None)
    return page(request, template, status=status, room=room, **{"problem": "", **values})


async def room_page(
    request: Request,
    services: Services,
    caller: Caller,
    project_id: UUID,
    *,
    version: int | None = None,
    status: int = 200,
    **values: Any,  # Any: what the template shows
) -> Response:
    """The room at its newest build, or at the version that is asked for."""
    room = await look_into(services, caller.id, ProjectId(project_id), version=version)
    if room.shown is None:
        # Before the first build there is nothing but the plan to look at.
        return go_to(f"/p/{project_id}/plan")
    url = None if room.previewed is None else services.previews.url(room.previewed.id)
    asked = new_wishes(room.shown, version_before(room, room.shown))
    context = {"text": "", "problem": "", "lost": (), "unanswered": "", "asked": asked, **values}
    talk = await _read_talk(services, caller, room)
    return page(request, "room.html", status=status, room=room, preview_url=url, talk=talk, **context)


async def _read_talk(services: Services, caller: Caller, room: Room) -> Talk | None:
    """The conversation; None before there is a version to change."""
    if room.newest_ready is None:
        return None
    try:
        async with services.database.autocommit() as tx:
            view = await services.specs.get(tx, caller.id, room.project.id)
            has_model = await services.choices.find(tx, caller.id, room.project.id) is not None
    except NotFound:
        return None
    changes = changes_between(view.built, view.spec) if view.built is not None else []
    # The words of a change are added to the goal, so what is new there is what was asked for.
    waiting = _added_text(room.newest_ready.goal, view.spec.goal) if changes else ""
    added = added_wishes(view.spec, view.built) if changes else []
    return Talk(
        _requests_by_version(room),
        waiting,
        changes,
        lost_parts(view.spec, added),
        partly=[wish for wish in added if wish.state is WishState.PARTLY],
        example=change_example(view.spec),
        has_model=has_model,
        iteration=await _iteration_text(services, caller, room),
    )


def _requests_by_version(room: Room) -> list[PastRequest]:
    """The requests of each version beyond those of the one before it."""
    requests, goal = [], None
    for job in reversed(room.builds):
        if job.status is not JobStatus.READY:
            continue
        text = _added_text(goal, job.goal) if goal is not None else ""
        if text:
            requests.append(PastRequest(text, job.number))
        goal = job.goal
    return requests


def _added_text(before: str, after: str) -> str:
    return after.removeprefix(before).strip() if after.startswith(before) else ""


async def _iteration_text(services: Services, caller: Caller, room: Room) -> str:
    try:
        tier = (await services.founders.require_subscription(caller)).tier
    # Only the count of iterations is left out: who may not build may still look.
    except SubscriptionRequired:
        return ""
    async with services.database.autocommit() as tx:
        iterations = await services.generation.iterations(tx, room.project.id, tier)
    if iterations.must_be_confirmed:
        return f"Round {iterations.number} of {iterations.until}. Before the next you are asked whether to go on."
    return f"Round {iterations.number} of {iterations.until}, then you are asked whether to go on."
