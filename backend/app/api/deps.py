"""What handlers ask for: the services, and who is calling."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.core.errors import Unauthenticated
from app.services.container import Services
from app.services.founder_service import Caller, SubscribedCaller

_bearer = HTTPBearer(auto_error=False, description="The token that `cofounder token` shows.")


async def get_services(request: Request) -> Services:
    """The services of this process."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


async def get_caller(
    services: ServicesDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """The founder who calls; 401 without a good token."""
    if credentials is None:
        raise Unauthenticated(
            "This needs an access token.", remedy="Send 'Authorization: Bearer <token>' (see: cofounder token)."
        )
    return await services.founders.caller(credentials.credentials)


CallerDep = Annotated[Caller, Depends(get_caller)]


async def get_subscribed(services: ServicesDep, caller: CallerDep) -> SubscribedCaller:
    """The founder who calls, with a subscription; 402 without one."""
    return await services.founders.require_subscription(caller)


SubscribedDep = Annotated[SubscribedCaller, Depends(get_subscribed)]
