"""The checks of a copy of the app: the exported archive starts elsewhere, and looks right in a browser."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from app.acceptance import screenshots
from app.acceptance.archive import COPY, answers, chance_port, unpack
from app.acceptance.evidence import Check, Evidence, Seen, evidence, run_check
from app.acceptance.http_session import HttpSessions
from app.acceptance.people import People
from app.acceptance.samples import Samples
from app.app_runtime.app_host import AppHost
from app.blueprint.spec import AppSpec
from app.domain.workspace import Manifest
from app.ports.sandbox import Sandbox


@dataclass
class ArchiveCheck:
    """The app as its archive holds it, on example data of its own, which no check has touched."""

    host: AppHost
    sandbox: Sandbox
    manifest: Manifest
    spec: AppSpec
    with_pictures: bool = True
    pictures: dict[str, bytes] = field(default_factory=dict)

    async def run(self, archive: bytes, *, folder: str) -> list[Evidence]:
        """Unpack it, start it, look at it."""
        began = time.monotonic()
        place = await unpack(self.sandbox, archive=archive, folder=folder)
        port = chance_port(COPY)
        async with (
            self.host.running(self.sandbox, self.manifest, port=port, folder=place),
            HttpSessions(self.sandbox, port) as sessions,
        ):
            await answers(sessions, self.manifest)
            seen = Seen(f"{len(archive):,} bytes, unpacked, started and answered on a port of its own")
            booted = evidence("archive", seen, seconds=time.monotonic() - began)
            if not self.with_pictures:
                return [booted]
            return [booted, await run_check(Check("screens", lambda: self._look(sessions)))]

    async def _look(self, sessions: HttpSessions) -> Seen:
        people = People(sessions, self.spec, Samples(self.spec))
        await people.arrive()
        cookies = people.driver.visitor.cookies
        return await screenshots.look(
            self.sandbox, sessions.port, path="/", cookies=cookies, pictures=self.pictures
        )
