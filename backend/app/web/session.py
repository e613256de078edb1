"""The session of the page: the founder whom the cookie of a browser names."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request, Response

from app.api.deps import get_services
from app.api.guards import SAFE_METHODS
from app.core.errors import Forbidden, Unauthenticated
from app.services.founder_service import Caller, SubscribedCaller
from app.services.page_access import SESSION_S

COOKIE: Final = "cofounder_page"


def cookie_name(request: Request) -> str:
    """The cookie of this instance: browsers hand the cookies of a host to all of its ports."""
    return f"{COOKIE}_{request.url.port or request.url.scheme}"


def set_session(request: Request, response: Response, session: str) -> None:
    """Have the browser carry the session, out of reach of any script."""
    response.set_cookie(
        cookie_name(request),
        session,
        max_age=int(SESSION_S),
        httponly=True,
        # Not strict: the link that opens the page comes from a terminal or a mail, and must find its cookie
        # afterwards.
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def own_origin(request: Request) -> str:
    """The origin that this page is served on, as its pages know it."""
    return f"{request.url.scheme}://{request.headers.get('host', '').lower()}"


def require_same_origin(request: Request) -> None:
    """Forbidden unless a page of this origin sends the request. A cookie alone moves nothing."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    # Older browsers send no Sec-Fetch-Site, and then the origin has to be there.
    if site == "same-origin" or (site is None and origin is not None and origin.lower() == own_origin(request)):
        return
    raise Forbidden("This was not sent by a page of Co-Founder.", remedy="Open the page and do it there.")


async def get_page_caller(request: Request) -> Caller:
    """The founder who is signed in. Unauthenticated, Forbidden."""
    if request.method not in SAFE_METHODS:
        require_same_origin(request)
    session = request.cookies.get(cookie_name(request))
    if not session:
        raise Unauthenticated("Nobody is signed in.", remedy="For a link that signs you in, type: cofounder page")
    services = await get_services(request)
    async with services.database.autocommit() as tx:
        caller = await services.page_access.caller(tx, session)
        request.state.has_model = await services.choices.is_chosen(tx, caller.id, None)
    return caller


PageCaller = Annotated[Caller, Depends(get_page_caller)]


async def get_builder(request: Request, caller: PageCaller) -> SubscribedCaller:
    """The founder who is signed in and may build. SubscriptionRequired."""
    services = await get_services(request)
    return await services.founders.require_subscription(caller)


BuildingCaller = Annotated[SubscribedCaller, Depends(get_builder)]
