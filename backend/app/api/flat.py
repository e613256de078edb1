"""Registering a router's routes on the app itself, so that `app.routes` lists each with its path."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from app.api.deps import get_subscribed
from app.api.errors import problem_responses
from app.core.errors import SubscriptionRequired
from app.services.spec_service import RevisionMissing, SpecChanged

_KEPT: Final = (
    "response_model",
    "status_code",
    "dependencies",
    "summary",
    "description",
    "response_description",
    "deprecated",
    "methods",
    "operation_id",
    "response_model_include",
    "response_model_exclude",
    "response_model_by_alias",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
    "include_in_schema",
    "response_class",
    "name",
    "callbacks",
    "openapi_extra",
    "generate_unique_id_function",
)


def include_flat(app: FastAPI, router: APIRouter, *, prefix: str, tag: str) -> None:
    """Like `include_router`, which keeps included routers unflattened; app-wide settings still apply."""
    for route in router.routes:
        assert isinstance(route, APIRoute)
        options = {name: getattr(route, name) for name in _KEPT}
        app.router.add_api_route(
            prefix + route.path,
            route.endpoint,
            tags=[tag, *route.tags],
            responses={**app.router.responses, **problem_responses(*_refusals_of(route)), **route.responses},
            **options,
        )


def _refusals_of(route: APIRoute) -> list[int]:
    """The statuses of the refusals that come from what a route asks for."""
    statuses = []
    if any(asked.call is get_subscribed for asked in route.dependant.dependencies):
        statuses.append(SubscriptionRequired.status)
    if any(header.alias == "if-match" for header in route.dependant.header_params):
        statuses += [SpecChanged.status, RevisionMissing.status]
    return statuses
