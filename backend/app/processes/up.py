"""`cofounder up`: one instance with its servers and processes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from app.adapters.embedded.child import ChildSpec
from app.adapters.embedded.instance import Instance
from app.core.settings import Settings, process_environment
from app.processes.migrate import migrate
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
    command = (sys.executable, "-P", "-m", "app.cli.main")
    workers = [ChildSpec(f"worker-{n + 1}", (*command, "worker")) for n in range(settings.workers)]
    return [
        ChildSpec("api", (*command, "api"), port=settings.port),
        ChildSpec("preview", (*command, "preview"), port=settings.previews_port),
        *workers,
    ]
