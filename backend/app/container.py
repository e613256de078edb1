"""The services of a process, assembled once."""

from __future__ import annotations

from dataclasses import dataclass

from app.app_runtime.app_data import AppData
from app.app_runtime.version_service import VersionService
from app.db.engine import Database
from app.events.cache import StatusCache
from app.events.feeds import Feeds
from app.events.notifications import NotificationListener
from app.ports.clock import Clock
from app.preview.links import PreviewSigner
from app.preview.revocation import LinkRevocation
from app.queue.engine import EngineClient
from app.queue.manager import QueueManager
from app.queue.state_machine import JobStateMachine
from app.services.build_pipeline import PreviewProbe
from app.services.founder_service import FounderService
from app.services.gate_service import GateService
from app.services.generation_service import GenerationService
from app.services.help_desk import HelpDesk
from app.services.launch_service import LaunchService
from app.services.model_choices import ModelChoices
from app.services.model_service import ModelService
from app.services.old_records import OldRecords
from app.services.page_access import PageAccess
from app.services.project_beginnings import ProjectBeginnings
from app.services.project_service import ProjectService
from app.services.share_entry import ShareEntry
from app.services.share_service import ShareService
from app.services.spec_service import SpecService


@dataclass(frozen=True)
class Services:
    """Everything a handler may ask for."""

    database: Database
    notifications: NotificationListener
    feeds: Feeds
    cache: StatusCache
    clock: Clock
    engine: EngineClient
    queue: QueueManager
    machine: JobStateMachine
    founders: FounderService
    page_access: PageAccess
    projects: ProjectService
    specs: SpecService
    beginnings: ProjectBeginnings
    launches: LaunchService
    shares: ShareService
    share_entry: ShareEntry
    gates: GateService
    help_desk: HelpDesk
    generation: GenerationService
    models: ModelService
    choices: ModelChoices
    versions: VersionService
    data: AppData
    old_records: OldRecords
    previews: PreviewSigner
    links: LinkRevocation
    waker: PreviewProbe
    engines: tuple[str, ...]

    async def open(self) -> None:
        """Begin to listen."""
        # Before it listens, so that no revocation goes by unheard.
        self.notifications.watch(self.links.hear)
        await self.notifications.start()
        await self.feeds.start()

    async def close(self) -> None:
        """Let go of every connection."""
        # First: it ends the streams, which would otherwise go on asking a database that is being closed.
        await self.notifications.close()
        await self.links.close()
        await self.feeds.close()
        await self.cache.close()
        self.engine.close()
        await self.database.close()
