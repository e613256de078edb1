"""`cofounder up`: one instance with its servers and processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from app.adapters.embedded.child import ChildSpec
from app.adapters.embedded.instance import Instance
from app.core.settings import Settings, process_environment
from app.processes.api import run_api
from app.processes.migrate import migrate
from app.processes.preview import run_preview
from app.processes.worker import run_worker
from app.sandboxes import clear_sandboxes
from app.supervisor import Supervisor


def run_up(settings: Settings, *, say: Callable[[str], None]) -> int:
    """Come up and stay until told to stop. Raises ConfigurationError when it cannot come up."""

    def on_ready(instance: Instance) -> None:
        say(f"Ready: {instance.api_url}  (data in {settings.data.root})")
        say(f"Token: cofounder token --data-dir {settings.data.root}")

    def before_children(url: str) -> None:
        migrate(url)
        asyncio.run(clear_sandboxes(settings))

    say("Starting Postgres, Valkey, the API, a worker and the previews...")
    Supervisor(
        settings,
        children=_children(settings),
        environment=process_environment(),
        migrate=before_children,
        say=say,
        on_ready=on_ready,
    ).run()
    return 0


def _children(settings: Settings) -> list[ChildSpec]:
    workers = [ChildSpec(f"worker-{n + 1}", partial(_run, run_worker)) for n in range(settings.workers)]
    return [
        ChildSpec("api", partial(_run, run_api), port=settings.port),
        ChildSpec("preview", partial(_run, run_preview), port=settings.previews_port),
        *workers,
    ]


def _run(part: Callable[[Settings], int]) -> int:
    """With the settings of the child's own environment, which name the servers."""
    return part(Settings())
