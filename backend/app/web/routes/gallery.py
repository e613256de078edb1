"""The gallery: finished plans to start a project from."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from app.api.deps import ServicesDep
from app.blueprint.plan import plan_of
from app.services.gallery import example_named, examples
from app.web.rendering import go_to, page
from app.web.session import PageCaller, get_page_caller

router = APIRouter(include_in_schema=False)


@router.get("/gallery", response_class=Response, dependencies=[Depends(get_page_caller)])
async def gallery(request: Request) -> Response:
    """Every plan, with what it keeps and refuses."""
    examples_shown = [(example, plan_of(example.spec)) for example in examples()]
    return page(request, "gallery.html", shown=examples_shown)


@router.post("/gallery/{name}", response_class=Response)
async def start_from(name: str, caller: PageCaller, services: ServicesDep) -> Response:
    """A project that begins with one of the plans."""
    async with services.database.transaction() as tx:
        view = await services.beginnings.begin(tx, caller.id, example_named(name).spec)
    return go_to(f"/p/{view.project.id}/plan")
