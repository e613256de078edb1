"""A worker process."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Final

from app.bootstrap import assemble, compile_starter, make_worker, real_adapters
from app.core.settings import Settings
from app.ports.sandbox import SandboxRuntime
from app.processes.log import configure
from app.sandboxes import warm_packages
from app.supervision.fork import inherited_listener
from app.supervision.instance import read_instance, read_servers
from app.supervision.pulse import show_life

_ENDED_S: Final = 3.0


def run_worker(settings: Settings, *, on_ready: Callable[[], None] = lambda: None) -> int:
    """Work until SIGTERM, then hand the jobs over; `on_ready` is called once builds can be taken."""
    settings = _join_instance(settings)
    configure(settings)
    asyncio.run(_run_worker(settings, on_ready))
    return 0


def _join_instance(settings: Settings) -> Settings:
    """As part of the instance that runs on this data directory, where nothing else is set."""
    instance, servers = read_instance(settings.data), read_servers(settings.data)
    if instance is None or servers is None:
        return settings
    inherited = {
        "database_url": servers.database_url,
        "redis_url": servers.redis_url,
        "preview_port": instance.preview_port,
    }
    missing = {name: value for name, value in inherited.items() if getattr(settings, name) is None}
    return settings.model_copy(update=missing)


async def _run_worker(settings: Settings, on_ready: Callable[[], None]) -> None:
    adapters = real_adapters(settings)
    pulse = inherited_listener()
    # Kept until the end: it is the task of nobody else.
    answering = None if pulse is None else await asyncio.start_server(show_life, sock=pulse)
    # Better no worker than one that takes jobs and fails each for want of a sandbox.
    await adapters.runtime.probe()
    services = assemble(adapters, settings)
    worker = make_worker(adapters, services, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    warming = asyncio.create_task(_warm(adapters.runtime, settings))
    await worker.run(on_ready)
    warming.cancel()
    if answering is not None:
        answering.close()
    # It may have a sandbox of its own, which it ends.
    await asyncio.wait([warming], timeout=_ENDED_S)
    os._exit(0)  # here and not later: leaving the loop would end the workflows that others are to resume


async def _warm(runtime: SandboxRuntime, settings: Settings) -> None:
    """Do beforehand, once for all builds, what each would do for itself."""
    await warm_packages(settings)
    await compile_starter(runtime, settings)
