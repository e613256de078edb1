"""The bench's own child processes: `python -m app.bench.child <which>`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

from app.adapters.runners.fake import RunnerFake
from app.bench.bare_pages import serve_pages
from app.bench.ceilings import BareStatus, Hub, serve
from app.bench.noop import DeafBell, MemoryStore, NoopRuntime, OpenedPreview, RunnerSlow, no_checks
from app.bench.walk import walk
from app.bootstrap import Adapters, assemble, make_worker, real_adapters
from app.core.settings import Settings
from app.telemetry.logging import configure_logging


def main() -> None:
    """Run the child that is named until it is done or stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("which", choices=("worker", "walk", "status", "hub", "pages"))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--deaf", action="store_true")
    parser.add_argument("--hold", type=float, default=0)
    parser.add_argument("--sandboxes", action="store_true")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("walk.json"))
    parser.add_argument("--database", type=Path, default=Path("app.db"))
    arguments = parser.parse_args()
    settings = Settings()
    configure_logging(settings.log_level)
    match arguments.which:
        case "status":
            assert settings.redis_url is not None
            serve(BareStatus(settings.redis_url.get_secret_value()), arguments.port)
        case "hub":
            serve(Hub(), arguments.port)
        case "pages":
            serve_pages(arguments.database, arguments.port)
        case "walk":
            asyncio.run(walk(noop_adapters(settings), settings, count=arguments.count, out=arguments.out))
        case _:
            asyncio.run(_run_worker(settings, arguments))


def noop_adapters(settings: Settings, *, hold_s: float = 0) -> Adapters:
    """Real database and cache, and nothing else that is real."""
    return replace(
        real_adapters(settings),
        runtime=NoopRuntime(hold_s=hold_s),
        runner=RunnerFake(),
        store=MemoryStore(),
        probe=OpenedPreview(),
        acceptance=no_checks,
    )


async def _run_worker(settings: Settings, arguments: argparse.Namespace) -> None:
    adapters = noop_adapters(settings, hold_s=arguments.hold)
    if arguments.sandboxes:
        # For what is killed: only real processes show that all of them are gone.
        adapters = replace(adapters, runtime=real_adapters(settings).runtime, runner=RunnerSlow())
    services = assemble(adapters, settings)
    if arguments.deaf:
        services = replace(services, notifications=DeafBell(adapters.database.url))
    worker = make_worker(adapters, services, settings)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    os._exit(0)  # as the product's own worker ends


if __name__ == "__main__":
    main()
