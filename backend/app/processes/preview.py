"""The preview process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from yarl import URL

from app.bootstrap import Adapters, make_previews, real_adapters
from app.core.retry import retry_while_unavailable
from app.core.settings import Settings
from app.events.notifications import NotificationListener
from app.preview.endings import PreviewEndings
from app.preview.proxy import Application, PreviewProxy, listening, serve
from app.preview.revocation import LinkRevocation
from app.preview.shared_door import SharedDoor
from app.preview.waking import PreviewService
from app.processes.log import configure
from app.services.share_entry import ShareEntry
from app.services.share_service import ShareService
from app.supervision.fork import inherited_listener


def run_preview(settings: Settings) -> int:
    """Serve the previews until SIGTERM."""
    configure(settings)
    asyncio.run(_run_preview(settings))
    return 0


async def _run_preview(settings: Settings) -> None:
    adapters = real_adapters(settings)
    service = make_previews(adapters, settings)
    # Finding the package registries takes a second: better now than at the first visit. Failures show there.
    warming = asyncio.create_task(adapters.runtime.probe())
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    pages = [f"http://{host}:{settings.port}" for host in ("localhost", "127.0.0.1")]
    with contextlib.suppress(asyncio.CancelledError):
        async with _ending_with_builds(adapters, service), _shared_door(adapters, service, settings):
            await serve(
                service,
                adapters.signer,
                host=settings.host,
                port=settings.previews_port,
                listener=inherited_listener(),
                page_origins=pages,
            )
    warming.cancel()
    await asyncio.gather(warming, return_exceptions=True)
    await adapters.database.close()


@asynccontextmanager
async def _shared_door(adapters: Adapters, service: PreviewService, settings: Settings) -> AsyncIterator[None]:
    """Serve shared links to others, where that was asked for."""
    if not settings.has_shared_door:
        yield
        return
    url = URL(settings.share_url or "")
    # Phones find a computer as NAME.local, by multicast.
    names = {socket.gethostname(), f"{socket.gethostname()}.local", *([url.host] if url.host else [])}
    door = SharedDoor(
        ShareEntry(adapters.database, ShareService()),
        PreviewProxy(service, adapters.signer),
        adapters.signer,
        names=names,
        is_https=url.scheme == "https",
    )
    # A tunnel or reverse proxy runs on this computer, so only the network needs more than its own address.
    host = "0.0.0.0" if settings.lan else "127.0.0.1"
    async with listening(Application(door.handle), host=host, port=settings.shares_port):
        yield


@asynccontextmanager
async def _ending_with_builds(adapters: Adapters, service: PreviewService) -> AsyncIterator[None]:
    """End a preview as soon as its build has failed or was cancelled, or its links were revoked."""
    notifications = NotificationListener(adapters.database.url)
    links = LinkRevocation(adapters.database, adapters.signer)
    endings = PreviewEndings(adapters.database, links, service)
    notifications.watch(links.hear)
    notifications.watch(endings.hear)
    await notifications.start()
    try:
        await retry_while_unavailable(links.refresh)
        yield
    finally:
        await notifications.close()
        await endings.close()
        await links.close()
