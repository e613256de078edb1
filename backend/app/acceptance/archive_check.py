"""The rungs on a copy of the app: the exported archive starts elsewhere, and looks right in a browser."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from app.acceptance import screenshots
from app.acceptance.archive import COPY, answers, chance_port, unpack
from app.acceptance.evidence import Evidence, Rung, Seen, evidence, stand_on
from app.acceptance.http_session import Browsers
from app.acceptance.people import People
from app.acceptance.samples import Samples
from app.blueprint.spec import AppSpec
from app.domain.workspace import Manifest
from app.ports.sandbox import Sandbox
from app.services.app_host import AppHost


@dataclass
class CopiedApp:
    """The app as its archive holds it, on example data of its own, which no check has touched."""

    host: AppHost
    sandbox: Sandbox
    manifest: Manifest
    spec: AppSpec
    with_pictures: bool = True
    pictures: dict[str, bytes] = field(default_factory=dict)

    async def climb(self, archive: bytes, *, folder: str) -> list[Evidence]:
        """Unpack it, start it, look at it."""
        began = time.monotonic()
        place = await unpack(self.sandbox, archive=archive, folder=folder)
        port = chance_port(COPY)
        async with (
            self.host.running(self.sandbox, self.manifest, port=port, folder=place),
            Browsers(self.sandbox, port) as browsers,
        ):
            await answers(browsers, self.manifest)
            seen = Seen(f"{len(archive):,} bytes, unpacked, started and answered on a port of its own")
            booted = evidence("archive", seen, seconds=time.monotonic() - began)
            if not self.with_pictures:
                return [booted]
            return [booted, await stand_on(Rung("screens", lambda: self._look(browsers)))]

    async def _look(self, browsers: Browsers) -> Seen:
        people = People(browsers, self.spec, Samples(self.spec))
        await people.arrive()
        cookies = people.clerk.visitor.cookies
        return await screenshots.look(
            self.sandbox, browsers.port, path="/", cookies=cookies, pictures=self.pictures
        )
