"""Signing in by a link with a one-time code, and out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api.deps import ServicesDep
from app.web.form import FormDep
from app.web.rendering import go_to, page
from app.web.session import PageCaller, cookie_name, require_same_origin, set_session

router = APIRouter(include_in_schema=False)


@router.get("/enter", response_class=Response)
async def enter(
    request: Request, services: ServicesDep, code: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Exchange the code of a link for a cookie.

    A link that another site leads to asks first: somebody could sign a founder in as another one.
    """
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return page(request, "enter.html", code=code)
    return await _exchange_code(request, services, code)


@router.post("/enter", response_class=Response)
async def enter_by_form(request: Request, services: ServicesDep, form: FormDep) -> Response:
    """The same, after the founder was asked."""
    require_same_origin(request)
    return await _exchange_code(request, services, form["code"])


async def _exchange_code(request: Request, services: ServicesDep, code: str) -> Response:
    # One transaction: a code that is used up and gives no session would lock its founder out.
    async with services.database.transaction() as tx:
        session = await services.page_access.redeem(tx, code)
    answer = go_to("/")
    set_session(request, answer, session)
    return answer


@router.post("/sign-out", response_class=Response)
async def sign_out(request: Request, caller: PageCaller, services: ServicesDep, form: FormDep) -> Response:
    """End this session, or every session of the founder."""
    name = cookie_name(request)
    async with services.database.transaction() as tx:
        if form.ticked("everywhere"):
            await services.page_access.sign_out_everywhere(tx, caller.id)
        else:
            await services.page_access.sign_out(tx, request.cookies[name])
    answer = go_to("/")
    answer.delete_cookie(name)
    return answer
