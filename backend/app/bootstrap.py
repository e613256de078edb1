"""The composition root: settings become adapters, adapters become services. No room above names one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from app.acceptance import Acceptance, run_checks
from app.adapters.billing.open import OpenBilling
from app.adapters.identity.local import TOKEN_PREFIX, LocalIdentity, kept_secret
from app.adapters.runners.blueprint import RunnerBlueprint
from app.adapters.storage.disk import DiskVersionStore
from app.app_runtime.app_data import AppData
from app.app_runtime.app_host import AppHost
from app.app_runtime.bytecode import StarterBytecode
from app.app_runtime.version_service import VersionService
from app.blueprint.generate.tree import generate
from app.blueprint.language import understand
from app.container import Services
from app.core.choice import choose
from app.core.disk import has_no_room
from app.core.errors import ConfigurationError
from app.core.settings import Settings
from app.db.engine import Database
from app.designer.choice import DESIGN_CALLS
from app.events.cache import StatusCache, connect
from app.events.feeds import Feeds
from app.events.notifications import NotificationListener
from app.models import kept_choices, model_runner_of, model_service
from app.ports.billing import Billing
from app.ports.clock import Clock, SystemClock
from app.ports.identity import IdentityProvider
from app.ports.runner import MODEL_ENGINE, Runner
from app.ports.sandbox import NOBODYS_JOB, SandboxError, SandboxRequest, SandboxRuntime
from app.ports.storage import VersionStore
from app.preview.links import PreviewSigner
from app.preview.lookup import RecordLookup
from app.preview.probe import LinkProbe
from app.preview.revocation import LinkRevocation
from app.preview.waking import PreviewService
from app.queue.engine import EngineClient
from app.queue.manager import QueueManager
from app.queue.state_machine import JobStateMachine
from app.sandboxes import sandbox_runtime
from app.services.build_pipeline import BuildTools, PreviewProbe
from app.services.founder_service import FounderService
from app.services.gate_service import GateService
from app.services.generation_service import GenerationService
from app.services.help_desk import HelpDesk
from app.services.launch_service import LaunchService
from app.services.old_records import OldRecords
from app.services.page_access import PageAccess
from app.services.project_beginnings import ProjectBeginnings
from app.services.project_service import ProjectService
from app.services.reaper_service import ReaperService
from app.services.share_entry import ShareEntry
from app.services.share_service import ShareService
from app.services.spec_service import SpecService
from app.worker.standing import Worker, WorkerParts

log = structlog.get_logger(__name__)

GIVE_UP_SHARE: Final = 0.9
"""Of the lease, after which a silent worker is given up. It has ended itself before."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


IDENTITIES: Final[Mapping[str, Callable[[Settings], IdentityProvider]]] = {
    "local": lambda settings: LocalIdentity(kept_secret(settings.data.token, prefix=TOKEN_PREFIX))
}
BILLINGS: Final[Mapping[str, Callable[[Settings], Billing]]] = {"open": lambda _settings: OpenBilling()}
"""Adapters by their names in the setting of the port."""


@dataclass(frozen=True)
class Adapters:
    """The outside world of one process, real or fake."""

    database: Database
    cache: StatusCache
    runtime: SandboxRuntime
    runner: Runner
    store: VersionStore
    identity: IdentityProvider
    billing: Billing
    signer: PreviewSigner
    probe: PreviewProbe
    clock: Clock
    acceptance: Acceptance = run_checks


def _required(settings: Settings) -> tuple[str, str]:
    if settings.database_url is None or settings.redis_url is None:
        raise ConfigurationError(
            "This process needs COFOUNDER_DATABASE_URL and COFOUNDER_REDIS_URL.",
            remedy="Run `cofounder up` on this data directory, which starts both servers, or set both addresses.",
        )
    return settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """The host names that requests may name."""
    # Never a name that the request brings: a foreign page could have its own name lead to this machine.
    return LOOPBACK_HOSTS | {settings.host.lower()}


def real_adapters(settings: Settings) -> Adapters:
    """The adapters that the settings name. Connects to nothing yet."""
    database_url, redis_url = _required(settings)
    data = settings.data
    signer = PreviewSigner(
        kept_secret(data.secret), link_seconds=settings.preview_link_s, port=settings.previews_port
    )
    return Adapters(
        database=Database(database_url),
        cache=StatusCache(connect(redis_url)),
        runtime=sandbox_runtime(settings),
        runner=RunnerBlueprint(),
        store=DiskVersionStore(data.versions),
        identity=choose(IDENTITIES, settings.identity, setting="identity")(settings),
        billing=choose(BILLINGS, settings.billing, setting="billing")(settings),
        signer=signer,
        probe=LinkProbe(signer),
        clock=SystemClock(),
    )


def assemble(adapters: Adapters, settings: Settings) -> Services:
    """The services on these adapters."""
    database = adapters.database
    cache = adapters.cache
    machine = JobStateMachine(database, cache)
    engine = EngineClient(database.url)
    notifications = NotificationListener(database.url)
    queue = QueueManager(database, machine, queue_cap=settings.queue_cap, lease_s=settings.lease_s)
    gates = GateService()
    specs = SpecService()
    versions = VersionService(adapters.store)
    data = AppData(adapters.runtime, app_host(adapters, settings), versions)
    choices = kept_choices(settings)
    shares, projects = ShareService(), ProjectService(cache)
    return Services(
        database=database,
        notifications=notifications,
        feeds=Feeds(database, notifications),
        cache=cache,
        clock=adapters.clock,
        engine=engine,
        queue=queue,
        machine=machine,
        founders=FounderService(database, adapters.identity, adapters.billing),
        page_access=PageAccess(),
        projects=projects,
        specs=specs,
        beginnings=ProjectBeginnings(projects, specs),
        launches=LaunchService(projects, specs, gates, versions),
        shares=shares,
        share_entry=ShareEntry(database, shares),
        gates=gates,
        help_desk=HelpDesk(database, projects, gates, specs, versions),
        generation=GenerationService(
            database,
            machine,
            queue,
            gates,
            adapters.runtime,
            specs,
            choices=choices,
            disk_is_full=lambda: has_no_room(settings.data.root),
        ),
        models=model_service(settings, database),
        choices=choices,
        versions=versions,
        data=data,
        old_records=OldRecords(database, data),
        previews=adapters.signer,
        links=LinkRevocation(database, adapters.signer),
        # The probe of a build wakes the preview just as a founder's click does.
        waker=adapters.probe,
        engines=(adapters.runner.engine, *([MODEL_ENGINE] if settings.model else [])),
    )


def app_host(adapters: Adapters, settings: Settings) -> AppHost:
    """Whoever runs apps, with the starter as it is compiled already."""
    return AppHost(adapters.runtime, bytecode=StarterBytecode(settings.data.bytecode))


async def compile_starter(runtime: SandboxRuntime, settings: Settings) -> None:
    """Compile what every app begins with, in a sandbox of our own that no founder's app has been in or will be."""
    bytecode = StarterBytecode(settings.data.bytecode)
    if bytecode.is_made:
        return
    try:
        sandbox = await runtime.start(SandboxRequest(NOBODYS_JOB, purpose="compile", with_venv=True))
        try:
            # Any app does, since all begin with the same files.
            app = await asyncio.to_thread(lambda: generate(understand("A list of notes")))
            await bytecode.make(sandbox, {path: text.encode() for path, text in app.items()})
        finally:
            await sandbox.kill()
    except SandboxError as error:
        # Only speed is lost: without it every app compiles for itself.
        log.warning("starter_not_compiled", reason=str(error))


def build_tools(adapters: Adapters, services: Services, settings: Settings) -> BuildTools:
    """The tools of a build."""
    return BuildTools(
        database=services.database,
        machine=services.machine,
        runtime=adapters.runtime,
        runner=adapters.runner,
        host=app_host(adapters, settings),
        versions=services.versions,
        probe=adapters.probe,
        data=services.data,
        stage_timeout_s=settings.stage_timeout_s,
        model_runner_of=model_runner_of(settings, services.database, adapters.runner),
        # A stage must not end a design that is within its calls, each of which is paid.
        design_timeout_s=DESIGN_CALLS * settings.model_call_s,
        with_pictures=settings.pictures,
        acceptance=adapters.acceptance,
    )


def make_worker(adapters: Adapters, services: Services, settings: Settings) -> Worker:
    """A worker on these services."""
    reaper = ReaperService(
        services.database,
        services.machine,
        services.engine,
        adapters.runtime,
        lease_s=settings.lease_s * GIVE_UP_SHARE,
    )
    parts = WorkerParts(
        database=services.database,
        notifications=services.notifications,
        queue=services.queue,
        generation=services.generation,
        reaper=reaper,
        tools=build_tools(adapters, services, settings),
        engine=services.engine,
    )
    return Worker(parts, slots=settings.build_slots, lease_s=settings.lease_s)


def make_previews(adapters: Adapters, settings: Settings) -> PreviewService:
    """The service that keeps previews awake."""
    return PreviewService(
        RecordLookup(adapters.database),
        adapters.store,
        app_host(adapters, settings),
        idle_s=settings.preview_idle_s,
    )


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """The services of an API process while the block lasts."""
    services = assemble(real_adapters(settings), settings)
    await services.open()
    try:
        yield services
    finally:
        await services.close()
