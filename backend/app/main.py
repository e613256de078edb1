"""The API application: `create_app` makes one; `app`, which servers import, is made when it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import __version__
from app.api.errors import PROBLEMS, install_error_handlers
from app.api.flat import include_flat
from app.api.guards import Guards
from app.api.routes import (
    beginnings,
    builds,
    gates,
    generation,
    meta,
    models,
    page_links,
    projects,
    specs,
    steering,
    usage,
)
from app.bootstrap import allowed_hosts, open_services
from app.core.settings import Settings
from app.mcp_server.mount import AssistantMount, Assistants, refusing
from app.web.failures import refusal_of
from app.web.install import install_page


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    assistants: Assistants = app.state.assistants
    async with open_services(app.state.settings) as services:
        app.state.services = services
        async with assistants.answering():
            yield


def create_app(settings: Settings | None = None) -> FastAPI:
    """An application that connects to nothing until it is started."""
    settings = settings or Settings()
    app = FastAPI(
        title="Co-Founder",
        version=__version__,
        summary="A goal goes in, a running web app comes out.",
        lifespan=_lifespan,
        responses=PROBLEMS,
        openapi_url="/api/openapi.json",
        # The pages of the framework load scripts from elsewhere, which the page's policy allows nobody.
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.assistants = Assistants()
    include_flat(app, generation.router, prefix="/api/generation", tag="generation")
    include_flat(app, projects.router, prefix="/api/projects", tag="projects")
    include_flat(app, specs.router, prefix="/api/projects", tag="specs")
    include_flat(app, gates.project_router, prefix="/api/projects", tag="gates")
    include_flat(app, gates.router, prefix="/api/gates", tag="gates")
    include_flat(app, builds.router, prefix="/api/builds", tag="builds")
    include_flat(app, models.router, prefix="/api/models", tag="models")
    include_flat(app, usage.router, prefix="/api", tag="usage")
    include_flat(app, steering.plans_router, prefix="/api/plans", tag="plans")
    include_flat(app, steering.project_router, prefix="/api/projects", tag="steering")
    include_flat(app, steering.build_router, prefix="/api/builds", tag="steering")
    include_flat(app, beginnings.build_router, prefix="/api/builds", tag="beginnings")
    include_flat(app, beginnings.plans_router, prefix="/api/plans", tag="plans")
    include_flat(app, beginnings.gallery_router, prefix="/api/gallery", tag="beginnings")
    include_flat(app, page_links.router, prefix="/api/page-links", tag="page links")
    include_flat(app, meta.router, prefix="/api", tag="meta")
    install_error_handlers(app)
    install_page(app)
    # Added before Guards, which then stands around it: the last one added is asked first.
    app.add_middleware(AssistantMount, assistants=app.state.assistants)
    app.add_middleware(Guards, allowed_hosts=allowed_hosts(settings), refuse=refusing(refusal_of))
    return app


def __getattr__(name: str) -> FastAPI:
    # Not made by the import: the processes of an instance make their own, and a second takes 5 MB.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    application = create_app()
    globals()[name] = application
    return application
