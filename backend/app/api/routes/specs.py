"""The specification of a project: reading and editing it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Response

from app.api.deps import CallerDep, ServicesDep
from app.blueprint.plan import Plan, plan_of
from app.core.ids import ProjectId
from app.schemas.specs import AgreeIn, CorrectionIn, QuestionsOut, SpecOut, questions_out
from app.services.spec_service import SpecView

router = APIRouter()

IfMatch = Annotated[str | None, Header(max_length=200)]
AsWritten = Annotated[bool, Query(description="Take nothing for a rename that does not say so.")]


def _revision(if_match: str | None) -> str | None:
    # Proxies that compress turn a tag into a weak one.
    return None if if_match is None else if_match.strip().removeprefix("W/").strip('"')


def _spec_out(project_id: UUID, view: SpecView, response: Response) -> SpecOut:
    response.headers["ETag"] = f'"{view.revision}"'
    return SpecOut(
        project_id=project_id,
        spec=view.spec.model_dump(mode="json"),
        revision=view.revision,
        build_version=view.version,
        edited=view.is_edited,
        notes=list(view.notes),
    )


@router.get("/{project_id}/spec", operation_id="get_spec")
async def get(project_id: UUID, caller: CallerDep, services: ServicesDep, response: Response) -> SpecOut:
    """The specification as it stands: the founder's edit, or what the newest version was built from."""
    async with services.database.transaction() as tx:
        view = await services.specs.get(tx, caller.id, ProjectId(project_id))
    return _spec_out(project_id, view, response)


@router.post("/{project_id}/spec/undo", operation_id="undo_spec_change")
async def undo(
    project_id: UUID, caller: CallerDep, services: ServicesDep, response: Response, if_match: IfMatch = None
) -> SpecOut:
    """Take the last change since the newest version back."""
    async with services.database.transaction() as tx:
        view = await services.specs.undo(tx, caller.id, ProjectId(project_id), revision=_revision(if_match))
    return _spec_out(project_id, view, response)


@router.post("/{project_id}/spec/reset", operation_id="reset_spec")
async def reset(project_id: UUID, caller: CallerDep, services: ServicesDep, response: Response) -> SpecOut:
    """Forget every change since the newest version; before there is one nothing happens."""
    async with services.database.transaction() as tx:
        view = await services.specs.reset(tx, caller.id, ProjectId(project_id))
    return _spec_out(project_id, view, response)


@router.get("/{project_id}/plan/questions", operation_id="list_plan_questions")
async def questions(project_id: UUID, caller: CallerDep, services: ServicesDep) -> QuestionsOut:
    """The questions of a plan for the founder alone; each answer is a correction, or agrees to the default."""
    async with services.database.transaction() as tx:
        view = await services.specs.get(tx, caller.id, ProjectId(project_id))
    return questions_out(view)


@router.post("/{project_id}/plan/questions", operation_id="agree_to_default")
async def agree(project_id: UUID, body: AgreeIn, caller: CallerDep, services: ServicesDep) -> QuestionsOut:
    """Agree to what is built when nobody answers this question; it is not asked again."""
    async with services.database.transaction() as tx:
        view = await services.specs.agree(tx, caller.id, ProjectId(project_id), body.question)
    return questions_out(view)


@router.get("/{project_id}/plan", operation_id="get_plan", response_model=Plan)
async def plan(project_id: UUID, caller: CallerDep, services: ServicesDep) -> Plan:
    """The specification as it stands in product words: what the app keeps, does, refuses and works out."""
    async with services.database.transaction() as tx:
        view = await services.specs.get(tx, caller.id, ProjectId(project_id))
    return plan_of(view.spec)


@router.put("/{project_id}/spec", operation_id="put_spec")
async def put(
    project_id: UUID,
    body: Annotated[dict[str, Any], Body()],
    caller: CallerDep,
    services: ServicesDep,
    response: Response,
    if_match: IfMatch = None,
    as_written: AsWritten = False,
) -> SpecOut:
    """Keep an edited specification; the next build of its goal makes it the next version."""
    async with services.database.transaction() as tx:
        view = await services.specs.put(
            tx, caller.id, ProjectId(project_id), body, revision=_revision(if_match), as_written=as_written
        )
    return _spec_out(project_id, view, response)


@router.post("/{project_id}/plan/corrections", operation_id="correct_plan")
async def correct(
    project_id: UUID,
    body: CorrectionIn,
    caller: CallerDep,
    services: ServicesDep,
    response: Response,
    if_match: IfMatch = None,
) -> SpecOut:
    """Correct the plan in product words; the next build makes it the next version."""
    async with services.database.transaction() as tx:
        view = await services.specs.correct(
            tx, caller.id, ProjectId(project_id), body.change, body.values, revision=_revision(if_match)
        )
    return _spec_out(project_id, view, response)
