"""Sharing an app by a link, with a picture of it for a phone's camera."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, Path, Request, Response
from markupsafe import Markup

from app.api.deps import ServicesDep
from app.blueprint.spec import AppSpec, Publicity
from app.container import Services
from app.core.errors import InvalidInput
from app.core.ids import ProjectId
from app.core.lan import shared_origin
from app.preview.links import Access, Share
from app.services.founder_service import Caller
from app.services.share_service import CodeNeeded, CodeWrong, TooManyTries
from app.web.form import FormDep
from app.web.rendering import go_to, page
from app.web.room_page import project_page
from app.web.session import PageCaller, own_origin

router = APIRouter(include_in_schema=False)

Secret = Annotated[str, Path(max_length=100)]


@router.get("/p/{project_id}/share", response_class=Response)
async def share(request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep) -> Response:
    """The links that are good, and a form for another one."""
    return await _share_page(request, services, caller, project_id)


@router.post("/p/{project_id}/share", response_class=Response)
async def create(
    request: Request, project_id: UUID, caller: PageCaller, services: ServicesDep, form: FormDep
) -> Response:
    """Make a link; it is shown this once."""
    try:
        # Of longer texts Python refuses to make a number at all.
        days = int(form["days"][:9]) if form["days"].isdecimal() else 0
        async with services.database.transaction() as tx:
            new_link = await services.shares.create(
                tx,
                caller.id,
                ProjectId(project_id),
                label=form["label"],
                days=days,
                with_code=form.ticked("with_code"),
            )
    except InvalidInput as error:
        return await _share_page(request, services, caller, project_id, status=422, problem=error.detail)
    origin = shared_origin(request.app.state.settings)
    url = f"{origin or own_origin(request)}/s/{new_link.secret}"
    # A phone that scans a link to this computer alone would open itself.
    picture = _qr_picture(url) if origin else None
    return await _share_page(request, services, caller, project_id, made=new_link, url=url, picture=picture)


@router.post("/p/{project_id}/share/{link_id}/close", response_class=Response)
async def close(project_id: UUID, link_id: UUID, caller: PageCaller, services: ServicesDep) -> Response:
    """Close a link, and end what it opened."""
    async with services.database.transaction() as tx:
        await services.shares.close(tx, caller.id, ProjectId(project_id), link_id)
    return go_to(f"/p/{project_id}/share")


@router.get("/s/{secret}", response_class=Response)
async def visit(request: Request, secret: Secret, services: ServicesDep) -> Response:
    """Lead whoever was given a link to what the app shows to visitors; ask for its code where it has one."""
    return await _enter_app(request, services, secret, code=None)


@router.post("/s/{secret}", response_class=Response)
async def visit_with_code(request: Request, secret: Secret, services: ServicesDep, form: FormDep) -> Response:
    """The same with the code; each wrong one after a few makes the next wait."""
    return await _enter_app(request, services, secret, code=form["code"])


async def _enter_app(request: Request, services: Services, secret: str, *, code: str | None) -> Response:
    try:
        job_id, link = await services.share_entry.enter(secret, code)
    except CodeNeeded:
        return _code_page(request)
    except (CodeWrong, TooManyTries) as error:
        return _code_page(request, status=error.status, problem=error.detail, wait=error.retry_after)
    share = Share(link.id, int(link.expires_at.timestamp()))
    return go_to(services.previews.url(job_id, Access.VISITOR, share=share))


def _code_page(request: Request, *, status: int = 200, problem: str = "", wait: int | None = None) -> Response:
    answer = page(request, "share_code.html", status=status, form_leads_to_app=True, problem=problem)
    if wait is not None:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _shows_visitors(spec: AppSpec) -> bool:
    """True if an app has something for whoever has no account."""
    is_public = any(entity.public is not Publicity.NONE for entity in spec.entities)
    return is_public or bool(spec.forms) or spec.site is not None


def _qr_picture(url: str) -> Markup:
    code = segno.make(url, error="m")
    svg = code.svg_inline(scale=4, border=0, svgclass=None, lineclass=None, omitsize=True)
    return Markup(svg)


async def _share_page(
    request: Request,
    services: Services,
    caller: Caller,
    project_id: UUID,
    **values: Any,  # Any: what the template shows
) -> Response:
    async with services.database.autocommit() as tx:
        links = await services.shares.list(tx, caller.id, ProjectId(project_id))
        newest = (await services.projects.newest_versions(tx, [ProjectId(project_id)])).get(ProjectId(project_id))
        spec = await services.specs.of_version(tx, newest) if newest is not None else None
    origin = shared_origin(request.app.state.settings)
    is_closed = spec is not None and not _shows_visitors(spec)
    context = {"origin": origin, "is_closed": is_closed, "url": "", "made": None, "picture": None, **values}
    return await project_page(request, services, caller, project_id, "share.html", links=links, **context)
