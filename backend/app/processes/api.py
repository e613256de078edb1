"""The API process."""

from __future__ import annotations

from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.container import Services
from app.core.settings import Settings
from app.main import create_app
from app.processes.head_limit import HeadLimitProtocol
from app.processes.log import configure
from app.supervision.fork import inherited_listener

GOODBYE_S: Final = 5


class _ApiServer(uvicorn.Server):
    """Ends open event streams first: it would wait for them for ever."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGTERM and SIGINT."""
        services: Services | None = getattr(self._app.state, "services", None)
        if services is not None:
            services.notifications.silence()
        super().handle_exit(sig, frame)


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How the API is served: what it takes from strangers is limited, and what it is made of is not told."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=HeadLimitProtocol,
        log_config=None,
        access_log=False,
        # It would tell strangers which version to look up.
        server_header=False,
        timeout_graceful_shutdown=GOODBYE_S,
        h11_max_incomplete_event_size=32_768,
    )


def run_api(settings: Settings) -> int:
    """Serve the API until SIGTERM."""
    configure(settings)
    app = create_app(settings)
    listener = inherited_listener()
    _ApiServer(app, server_config(app, settings)).run(None if listener is None else [listener])
    return 0
