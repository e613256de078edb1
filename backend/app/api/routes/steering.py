"""Steering a project in words: plans of goals, changes, going back, sharing, whether a version may go online."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response

from app.api.answers import answer
from app.api.deps import CallerDep, ServicesDep, SubscribedDep
from app.blueprint.plan import Plan, plan_of
from app.blueprint.spec import WishState
from app.blueprint.spec_changes import changes_between
from app.core.ids import JobId, ProjectId
from app.core.lan import shared_origin
from app.domain.share_link import ShareLink
from app.ports.storage import TreeDigest
from app.queue.worker import process_next_job
from app.schemas.generation import StartOut
from app.schemas.steering import (
    ChangeIn,
    ChangeOut,
    FindingOut,
    GoalIn,
    HelpOut,
    OfferOut,
    ReadinessOut,
    ShareIn,
    ShareLinkOut,
    SharesOut,
)
from app.services.change_offers import sentences_near
from app.services.change_requests import added_wishes
from app.services.gate_service import require_ready
from app.services.generation_service import StartRequest
from app.services.help_answers import EXAMPLES
from app.services.plan_service import specify_goal
from app.services.readiness import readiness_of

plans_router = APIRouter()
project_router = APIRouter()
build_router = APIRouter()


@plans_router.post("", operation_id="make_plan", response_model=Plan)
async def make_plan(body: GoalIn, caller: CallerDep) -> Plan:  # noqa: ARG001 - whoever plans is signed in
    """The plan of a goal, with the wishes that it would leave out. Builds nothing."""
    return plan_of(await specify_goal(body.goal))


@project_router.post("/{project_id}/changes", operation_id="request_change")
async def change(project_id: UUID, body: ChangeIn, caller: CallerDep, services: ServicesDep) -> ChangeOut:
    """Make a change in words one of the plan; the next build makes it the next version."""
    async with services.database.transaction() as tx:
        view, proposal = await services.specs.request(
            tx, caller.id, ProjectId(project_id), body.text, instead_of=body.instead_of
        )
    changes = changes_between(view.built, view.spec) if view.built is not None else []
    return ChangeOut(
        project_id=project_id,
        revision=view.revision,
        changes=changes,
        partly=[wish.text for wish in added_wishes(view.spec, view.built) if wish.state is WishState.PARTLY],
        not_understood=list(proposal.open),
        offers={text: list(sentences_near(view.spec, text)) for text in proposal.open},
    )


@project_router.get("/{project_id}/help", operation_id="ask_for_help")
async def ask_for_help(
    project_id: UUID,
    caller: CallerDep,
    services: ServicesDep,
    question: Annotated[str, Query(min_length=1, max_length=400)],
) -> HelpOut:
    """The answer to a question about a project from its own state, with commands that do what it offers."""
    found = await services.help_desk.answer(caller.id, ProjectId(project_id), question)
    offers = [OfferOut(label=offer.label, asks=offer.asks, command=offer.command) for offer in found.offers]
    return HelpOut(
        project_id=project_id,
        is_understood=found.is_understood,
        text=found.text,
        lines=list(found.lines),
        offers=offers,
        examples=[] if found.is_understood else list(EXAMPLES),
    )


@project_router.get("/{project_id}/shares", operation_id="list_shares")
async def list_shares(project_id: UUID, caller: CallerDep, services: ServicesDep) -> SharesOut:
    """The links that are good."""
    async with services.database.autocommit() as tx:
        links = await services.shares.list(tx, caller.id, ProjectId(project_id))
    return SharesOut(items=[_share_out(link) for link in links])


@project_router.post("/{project_id}/shares", status_code=201, operation_id="create_share")
async def create_share(
    project_id: UUID, body: ShareIn, request: Request, caller: CallerDep, services: ServicesDep
) -> ShareLinkOut:
    """A link by which anybody sees what the newest version shows to visitors. Its address is told this once."""
    async with services.database.transaction() as tx:
        share = await services.shares.create(
            tx, caller.id, ProjectId(project_id), label=body.label, days=body.days, with_code=body.with_code
        )
    origin = shared_origin(request.app.state.settings)
    path = f"/s/{share.secret}"
    # Without a door to the network the link is good on this computer, at the address that was asked.
    url = f"{origin}{path}" if origin else str(request.base_url.replace(path=path))
    return _share_out(share.link).model_copy(update={"url": url, "code": share.code})


@project_router.delete("/{project_id}/shares/{link_id}", status_code=204, operation_id="close_share")
async def close_share(project_id: UUID, link_id: UUID, caller: CallerDep, services: ServicesDep) -> None:
    """Close a link: it opens nothing any more, and whoever came by it is out at once."""
    async with services.database.transaction() as tx:
        await services.shares.close(tx, caller.id, ProjectId(project_id), link_id)


@build_router.post("/{job_id}/return", status_code=201, operation_id="return_to_build", response_model=StartOut)
async def return_to(
    job_id: UUID, caller: SubscribedDep, services: ServicesDep, background_tasks: BackgroundTasks
) -> Response:
    """Build an earlier version again, as a new one with the records of the newest."""
    async with services.database.transaction() as tx:
        job = await services.generation.job(tx, caller.id, JobId(job_id))
        require_ready(job)
        await services.specs.return_to(tx, caller.id, job.project_id, job)
        # Without a goal: what was just made to stand is built as it is.
        request = StartRequest(job.project_id, None, is_confirmed=True)
        accepted = await services.generation.start(tx, caller.id, request, tier=caller.tier)
    background_tasks.add_task(process_next_job, services.queue)
    return answer(StartOut.model_validate(accepted), status=201)


@build_router.get("/{job_id}/readiness", operation_id="get_readiness")
async def readiness(job_id: UUID, caller: CallerDep, services: ServicesDep) -> ReadinessOut:
    """The launch checklist of this version."""
    async with services.database.autocommit() as tx:
        job = await services.generation.job(tx, caller.id, JobId(job_id))
        require_ready(job)
        spec = await services.specs.of_version(tx, job)
    files = await services.versions.files_of(job.project_id, TreeDigest(job.digest or ""))
    checklist = readiness_of(job, spec, files)
    findings = [
        FindingOut(light=finding.light, title=finding.title, detail=finding.detail, fix=finding.fix)
        for finding in checklist.findings
    ]
    return ReadinessOut(job_id=job.id, light=checklist.light, findings=findings)


def _share_out(link: ShareLink) -> ShareLinkOut:
    return ShareLinkOut(
        id=link.id,
        label=link.label,
        opened=link.opened,
        created_at=link.created_at.isoformat(),
        expires_at=link.expires_at.isoformat(),
        asks_code=link.asks_code,
    )
