"""`cofounder up`: one instance with its servers and processes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from shlex import quote

import httpx2

from app.adapters.identity.local import TOKEN_PREFIX, kept_secret
from app.blueprint.language import understand
from app.core.desktop import open_in_browser
from app.core.lan import shared_origin
from app.core.paths import default_data_dir
from app.core.settings import Settings, process_environment
from app.preview.proxy import HEALTH_PATH as PREVIEW_HEALTH
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
        url = page_link(instance.api_url, settings)
        for line in ready_lines(url, settings):
            say(line)
        if sys.stderr.isatty():
            open_in_browser(url)

    def before_children(url: str) -> None:
        # Both before there is a child: none may meet an older schema, or have its sandbox cleared away.
        migrate(url)
        asyncio.run(clear_sandboxes(settings))
        # The words that ideas are read by are loaded here once for all children, and not while the first is typed.
        understand("A list of notes")

    say("Starting Postgres, Valkey, the API, a worker and the previews...")
    Supervisor(
        settings,
        children=_child_processes(settings),
        environment=process_environment(),
        migrate=before_children,
        say=say,
        on_ready=on_ready,
    ).run()
    return 0


def page_link(api_url: str, settings: Settings) -> str:
    """A link that signs in to the page of this instance, once."""
    token = kept_secret(settings.data.token, prefix=TOKEN_PREFIX)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=api_url, headers=headers, timeout=10, trust_env=False) as client:
        return str(client.post("/api/page-links").raise_for_status().json()["url"])


def ready_lines(page_url: str, settings: Settings) -> list[str]:
    """The address of the instance, and the next command to type in another terminal."""
    root = settings.data.root
    here = "" if root == default_data_dir() else f" --data-dir {quote(str(root))}"
    return [
        "Ready. Open this link in a browser; it signs you in, once:",
        "",
        f"    {page_url}",
        "",
        f"The data is in {str(root)!r}. For another link, or to stay in the terminal:",
        f"cofounder page{here}",
        f'cofounder build "A booking app for a yoga studio"{here}',
        f"cofounder token{here}",
        *_door_lines(settings),
    ]


def _door_lines(settings: Settings) -> list[str]:
    """The address at which others open shared links, and a warning about it."""
    origin = shared_origin(settings)
    if origin is None:
        return []
    lines = [f"Others open the links that you share at {origin}, and nothing else of this computer."]
    if origin.startswith("http://"):
        lines.append("It is not encrypted: whoever is on the same network can read along.")
    return lines


def _child_processes(settings: Settings) -> list[ChildSpec]:
    work = partial(_run_part, run_worker)
    workers = [ChildSpec(f"worker-{n + 1}", work, health="/") for n in range(settings.workers)]
    return [
        ChildSpec("api", partial(_run_part, run_api), port=settings.port, health="/api/health"),
        ChildSpec("preview", partial(_run_part, run_preview), port=settings.previews_port, health=PREVIEW_HEALTH),
        *workers,
    ]


def _run_part(part: Callable[[Settings], int]) -> int:
    """With the settings of the child's own environment, which name the servers."""
    return part(Settings())
