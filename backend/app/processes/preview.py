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
from app.core.ids import JobId
from app.core.retry import retry_while_unavailable
from app.core.settings import Settings
from app.events.notifications import Notification, NotificationListener
from app.preview.proxy import Application, PreviewProxy, listening, serve
from app.preview.revocation import LinkRevocation
from app.preview.shared_door import SharedDoor
from app.preview.waking import PreviewService
from app.processes.log import configure
from app.repositories import work
from app.repositories.link_generations import REVOKED
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
    async with asyncio.TaskGroup() as group:

        def hear(notification: Notification | None) -> None:
            if notification is None:
                group.create_task(_look_after(adapters, service))
            elif notification.status == "failed":
                group.create_task(service.drop(notification.job_id))
            elif notification.status == REVOKED:
                group.create_task(_end_opened(links, service, notification.job_id))

        notifications.watch(links.hear)
        notifications.watch(hear)
        await notifications.start()
        await retry_while_unavailable(links.refresh)
        try:
            yield
        finally:
            await notifications.close()
            await links.close()


async def _end_opened(links: LinkRevocation, service: PreviewService, job_id: JobId) -> None:
    """End the pages that a revoked link has opened: whoever has one open must not go on with it."""
    # First the link, then what it opened: a page that comes back at once must not be let in again.
    await retry_while_unavailable(links.refresh)
    await service.drop(job_id)


async def _look_after(adapters: Adapters, service: PreviewService) -> None:
    """Notifications may have been missed: ask the record which previews must go."""
    live: list[JobId] = list(service.live)
    async with adapters.database.autocommit() as tx:
        ended = await work.select_ended(tx, live)
    for job_id in ended:
        await service.drop(job_id)
