"""Links that sign a founder in to the page."""

from __future__ import annotations

from fastapi import APIRouter, Request

from app.api.deps import CallerDep, ServicesDep
from app.schemas.page_links import PageLinkOut

router = APIRouter()


@router.post("", status_code=201, operation_id="create_page_link")
async def create(request: Request, caller: CallerDep, services: ServicesDep) -> PageLinkOut:
    """A link that opens the page of Co-Founder and signs the caller in, once, within a day."""
    async with services.database.transaction() as tx:
        code = await services.page_access.make_code(tx, caller.id)
    return PageLinkOut(url=str(request.base_url.replace(path="/enter").include_query_params(code=code)))


@router.delete("", status_code=204, operation_id="end_page_sessions")
async def end(caller: CallerDep, services: ServicesDep) -> None:
    """Sign the caller out of the page in every browser; links that were not used yet open nothing any more."""
    async with services.database.transaction() as tx:
        await services.page_access.sign_out_everywhere(tx, caller.id)
