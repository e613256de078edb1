"""The dependencies of handlers: the services, and the caller."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param

from app.container import Services
from app.core.errors import Unauthenticated
from app.services.founder_service import Caller, SubscribedCaller


async def get_services(request: Request) -> Services:
    """The services of this process."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


class BearerCaller(SecurityBase):
    """Finds the founder who calls; Unauthenticated without a good token.

    One dependency instead of three that ask each other: resolving those was a sixth of what a status costs.
    """

    def __init__(self) -> None:
        self.model = HTTPBearer(description="The token that `cofounder token` shows.")
        self.scheme_name = "HTTPBearer"

    async def __call__(self, request: Request) -> Caller:
        """The founder whose token the request carries."""
        scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
        if scheme.lower() != "bearer" or not token:
            remedy = "Send 'Authorization: Bearer <token>' (see: cofounder token)."
            raise Unauthenticated("This needs an access token.", remedy=remedy)
        services = await get_services(request)
        return await services.founders.caller(token)


CallerDep = Annotated[Caller, Depends(BearerCaller())]


async def get_subscribed(request: Request, caller: CallerDep) -> SubscribedCaller:
    """The founder who calls, with a subscription; 402 without one."""
    services = await get_services(request)
    return await services.founders.require_subscription(caller)


SubscribedDep = Annotated[SubscribedCaller, Depends(get_subscribed)]
