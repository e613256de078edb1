"""`cofounder up`: one instance with its servers and processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from shlex import quote

from app.core.paths import default_data_dir
from app.core.settings import Settings, process_environment
from app.processes.api import run_api
from app.processes.migrate import migrate
from app.processes.preview import run_preview
from app.processes.worker import run_worker
from app.sandboxes import clear_sandboxes
from app.supervision.child import ChildSpec
from app.supervision.instance import Instance
from app.supervisor import Supervisor


def run_up(settings: Settings, *, say: Callable[[str], None]) -> int:
    """Come up and stay until told to stop. Raises ConfigurationError when it cannot come up."""

    def on_ready(instance: Instance) -> None:
        for line in ready_lines(instance.api_url, settings):
            say(line)

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


def ready_lines(api_url: str, settings: Settings) -> list[str]:
    """Where the instance is, and what to type next in another terminal."""
    root = settings.data.root
    here = "" if root == default_data_dir() else f" --data-dir {quote(str(root))}"
    return [
        f"Ready. The API is at {api_url}, the data in {str(settings.data.root)!r}. There is no web page yet.",
        "In another terminal:",
        f'cofounder build "A booking app for a yoga studio"{here}',
        f"cofounder projects{here}",
        f"cofounder token{here}",
    ]


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
