"""Projects that begin with a plan: the gallery, and branches of versions."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from app.api.deps import CallerDep, ServicesDep
from app.api.routes.projects import project_out
from app.core.ids import JobId
from app.schemas.projects import GalleryOut, GalleryPlanOut, ProjectOut
from app.schemas.steering import GoalIn
from app.services.gallery import example_named, examples
from app.services.plan_service import specify_goal

gallery_router = APIRouter()
plans_router = APIRouter()
build_router = APIRouter()


@gallery_router.get("", operation_id="list_gallery")
async def list_gallery(caller: CallerDep) -> GalleryOut:  # noqa: ARG001 - whoever looks is signed in
    """Finished plans to start from; each was built and tried."""
    items = [
        GalleryPlanOut(name=example.name, title=example.spec.title, tagline=example.spec.tagline)
        for example in examples()
    ]
    return GalleryOut(items=items)


@gallery_router.post("/{name}", status_code=201, operation_id="start_from_gallery")
async def start_from(name: str, caller: CallerDep, services: ServicesDep) -> ProjectOut:
    """A project that begins with one of these plans; correct it, then build it."""
    async with services.database.transaction() as tx:
        return project_out(await services.beginnings.begin(tx, caller.id, example_named(name).spec))


@plans_router.post("/keep", status_code=201, operation_id="keep_plan")
async def keep(body: GoalIn, caller: CallerDep, services: ServicesDep) -> ProjectOut:
    """A project that begins with the plan of a goal, as the rules read it; correct it, then build it."""
    spec = await specify_goal(body.goal)
    async with services.database.transaction() as tx:
        return project_out(await services.beginnings.begin(tx, caller.id, spec))


@build_router.post("/{job_id}/branch", status_code=201, operation_id="branch_build")
async def branch(job_id: UUID, caller: CallerDep, services: ServicesDep) -> ProjectOut:
    """Begin another project with the plan of this version."""
    async with services.database.transaction() as tx:
        job = await services.generation.job(tx, caller.id, JobId(job_id))
        return project_out(await services.beginnings.branch(tx, caller.id, job))
