"""The plan of a project, to read, to correct and to build."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.api.deps import ServicesDep
from app.blueprint.plan import plan_of
from app.blueprint.questions import questions_of
from app.blueprint.shape_rules import is_person
from app.blueprint.spec_changes import LOOK_CHANGE, changes_between
from app.container import Services
from app.core.errors import InvalidInput
from app.core.ids import ProjectId
from app.services.founder_service import Caller
from app.services.plan_editing import DETAIL_KINDS, RIGHTS, VIEWS, right_now
from app.services.plan_steps import steps_of
from app.services.spec_service import NothingToUndo, SpecChanged, SpecView
from app.web.form import FormDep
from app.web.rendering import go_to
from app.web.room_page import project_page
from app.web.session import PageCaller
from app.web.words import problem_of

router = APIRouter(include_in_schema=False)

VALUE_MOST: Final = 2_000
SMALL_CHANGE: Final = "A detail of the plan that no sentence tells."


@router.get("/p/{project_id}/plan", response_class=Response)
async def plan(request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep) -> Response:
    """The plan of the next build, each part of it to be corrected."""
    return await _plan_page(request, services, caller, project_id)


@router.post("/p/{project_id}/plan", response_class=Response)
async def correct(
    request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep, form: FormDep
) -> Response:
    """Make one correction; an impossible one is explained, and nothing changes."""
    values = {name: value[:VALUE_MOST] for name, value in form.items()}
    change, revision = values.pop("change", ""), values.pop("revision", "")
    specs, project = services.specs, ProjectId(project_id)
    try:
        async with services.database.transaction() as tx:
            match change:
                case "undo":
                    await specs.undo(tx, caller.id, project, revision=revision)
                case "agree":
                    await specs.agree(tx, caller.id, project, values.get("question", ""))
                case _:
                    await specs.correct(tx, caller.id, project, change, values, revision=revision)
    except (InvalidInput, SpecChanged, NothingToUndo) as error:
        problem = problem_of(error)
        return await _plan_page(request, services, caller, project_id, status=422, problem=problem)
    return go_to(f"/p/{project_id}/plan")


async def _plan_page(
    request: Request, services: Services, caller: Caller, project_id: UUID, *, status: int = 200, problem: str = ""
) -> Response:
    async with services.database.autocommit() as tx:
        view = await services.specs.get(tx, caller.id, ProjectId(project_id))
    return await project_page(
        request,
        services,
        caller,
        project_id,
        "plan.html",
        status=status,
        problem=problem,
        view=view,
        spec=view.spec,
        plan=plan_of(view.spec),
        questions=questions_of(view.spec, answered=view.answered),
        last=_last_change(view),
        people=[entity for entity in view.spec.entities if is_person(entity)],
        views=VIEWS,
        steps={entity.name: steps_of(entity) for entity in view.spec.entities},
        changes=changes_between(view.built, view.spec) if view.built is not None else [],
        kinds=DETAIL_KINDS,
        rights=RIGHTS,
        right_now=right_now,
    )


def _last_change(view: SpecView) -> list[str]:
    """The effects of the last change, in sentences; none where nothing can be taken back."""
    if view.before is None:
        return []
    # Before there is a version nobody knows the look, which goes by the words of the plan.
    sentences = changes_between(view.before, view.spec)
    visible = [line for line in sentences if view.built is not None or line != LOOK_CHANGE]
    return visible or sentences or [SMALL_CHANGE]
