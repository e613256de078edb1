"""Start and stop an instance, and the processes that it is made of."""

from __future__ import annotations

from functools import partial
from shlex import quote
from typing import Annotated

from cyclopts import Parameter, validators

from app.cli.config import load_settings
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.errors import DiskFull, Exit, ServerUnreachable
from app.cli.network import free_pair, port_is_free
from app.core.disk import FULL_MB, free_megabytes
from app.core.errors import Conflict, PortTaken
from app.core.settings import Settings

Port = Annotated[int | None, Parameter(help="The port of the API.", validator=validators.Number(gte=1, lte=65535))]
PreviewPort = Annotated[
    int | None, Parameter(help="The port of the previews.", validator=validators.Number(gte=1, lte=65535))
]
Workers = Annotated[
    int | None, Parameter(help="Worker processes to start.", validator=validators.Number(gte=0, lte=64))
]


def up(
    *,
    port: Port = None,
    preview_port: PreviewPort = None,
    workers: Workers = None,
    lan: Annotated[
        bool, Parameter(help="Let others on your network open shared links. What is sent there is not encrypted.")
    ] = False,
    share_url: Annotated[
        str | None, Parameter(help="Where a tunnel or reverse proxy of yours leads others to shared links.")
    ] = None,
    api_only: Annotated[bool, Parameter(help="Start no worker; others build.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    count = 0 if api_only else workers
    settings = load_settings(
        # A switch that is not given must not turn off what the settings turn on.
        common,
        port=port,
        preview_port=preview_port,
        workers=count,
        lan=lan or None,
        share_url=share_url,
    )
    # First: its ports are taken and its disk used by the very instance that runs, and either would be the wrong
    # reason.
    refuse_second(settings, context)
    refuse_full_disk(settings)
    refuse_taken_ports(settings)
    return context.wiring().run_up(settings, say=context.say)


def refuse_second(settings: Settings, context: Context) -> None:
    """One instance runs on a data directory. Conflict."""
    running = context.wiring().find_instance(settings)
    if running is not None:
        detail = (
            f"An instance runs on {str(settings.data.root)!r} already, at {running.api_url} (pid {running.pid})."
        )
        raise Conflict(detail, remedy=f"cofounder down --data-dir {quote(str(settings.data.root))}")


def refuse_full_disk(settings: Settings) -> None:
    """DiskFull when there is no room for the databases to start."""
    free = free_megabytes(settings.data.root)
    if free < FULL_MB:
        root = str(settings.data.root)
        detail = (
            f"The disk is full: {free:,} MB are free for {root!r}, {FULL_MB:,} MB are needed. Make room, then:"
        )
        raise DiskFull(detail, remedy="cofounder up")


def refuse_taken_ports(settings: Settings) -> None:
    """PortTaken when another program listens where this instance would."""
    ports = (settings.port, settings.previews_port)
    for port in (*ports, settings.shares_port) if settings.has_shared_door else ports:
        if not port_is_free(settings.host, port):
            detail = f"Port {port} on {settings.host} is taken by another program."
            raise PortTaken(detail, remedy=f"cofounder up --port {free_pair(settings.host)}")


def down(*, common: Common = COMMON, context: Ctx) -> int:
    settings = load_settings(common)
    stopped = context.wiring().stop(settings)
    if common.json:
        context.result_json({"stopped": stopped})
    else:
        context.result("Stopped." if stopped else f"No instance runs on {str(settings.data.root)!r}.")
    return Exit.OK


def worker(*, common: Common = COMMON, context: Ctx) -> int:
    settings = load_settings(common)
    if settings.database_url is None and context.wiring().find_instance(settings) is None:
        detail = f"No instance runs on {str(settings.data.root)!r}, and COFOUNDER_DATABASE_URL names no database."
        raise ServerUnreachable(detail, remedy="cofounder up")
    context.say("Starting a worker...")
    ready = "The worker is ready; Ctrl-C stops it and gives its builds back."
    return context.wiring().run_worker(settings, on_ready=partial(context.say, ready)) or Exit.OK


def api(*, port: Port = None, common: Common = COMMON, context: Ctx) -> int:
    """Serve the API."""
    return context.wiring().run_api(load_settings(common, port=port)) or Exit.OK


def preview(*, preview_port: PreviewPort = None, common: Common = COMMON, context: Ctx) -> int:
    """Serve the previews."""
    return context.wiring().run_preview(load_settings(common, preview_port=preview_port)) or Exit.OK


def migrate(*, common: Common = COMMON, context: Ctx) -> int:
    """Bring the database to this version's tables."""
    return context.wiring().run_migrate(load_settings(common)) or Exit.OK
