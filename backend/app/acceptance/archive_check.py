"""The checks of a copy of the app: the exported archive starts elsewhere, and looks right in a browser."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final

from app.acceptance import screenshots
from app.acceptance.archive import COPY, chance_port, must_answer, unpack
from app.acceptance.evidence import Check, Evidence, Findings, evidence, run_check
from app.acceptance.http_session import HttpSessions
from app.acceptance.kept import excerpt_of
from app.acceptance.people import People
from app.acceptance.samples import Samples
from app.acceptance.strangers import keep_out
from app.app_runtime.app_host import AppHost
from app.blueprint.spec import AppSpec
from app.blueprint.spec_queries import has_record_pages
from app.domain.failure import BuildFailed, FailureCode
from app.domain.workspace import Manifest
from app.ports.sandbox import Sandbox

_CODE: Final = re.compile(rb"/setup: ([A-Z0-9-]{8,40})")


@dataclass
class ArchiveCheck:
    """The app as its archive holds it, on example data of its own, which no check has touched."""

    host: AppHost
    sandbox: Sandbox
    manifest: Manifest
    spec: AppSpec
    files: Mapping[str, bytes]
    with_pictures: bool = True
    pictures: dict[str, bytes] = field(default_factory=dict)

    async def run(self, archive: bytes, *, folder: str) -> list[Evidence]:
        """Unpack it, start it, look at it."""
        began = time.monotonic()
        place = await unpack(self.sandbox, archive=archive, folder=folder)
        # Python and the template engine compare it with the files that were unpacked, and use no other.
        await self.host.add_bytecode(self.sandbox, self.files, folder=place)
        port = chance_port(COPY)
        async with (
            # A browser takes as long to come up as the app to be set up.
            screenshots.launch_browser(self.sandbox) if self.with_pictures else nullcontext() as launch,
            self.host.running(self.sandbox, self.manifest, port=port, folder=place) as output,
            HttpSessions(self.sandbox, port) as sessions,
        ):
            await must_answer(sessions, self.manifest)
            people = People(sessions, self.spec, Samples(self.spec), setup_code=_setup_code_in(output))
            opened = "started and answered on a port of its own"
            if has_record_pages(self.spec):
                await self._set_up(people)
                opened += ", set up by its code, closed to strangers"
            else:
                await people.arrive()
            findings = Findings(f"{len(archive):,} bytes, unpacked, {opened}")
            booted = evidence("archive", findings, seconds=time.monotonic() - began)
            if launch is None:
                return [booted]
            return [booted, await run_check(Check("screens", lambda: self._take_pictures(launch, people)))]

    async def _set_up(self, people: People) -> None:
        """The holder of the code becomes the owner and signs in elsewhere; nobody else comes in."""
        # First: once there is an owner, no code opens the page any more.
        await people.refuse_wrong_code()
        await people.arrive()
        await keep_out(people)
        list_path = f"/{self.spec.entities[0].table}"
        answer = await (await people.second_owner()).get(list_path)
        if answer.status != 200:
            raise BuildFailed(FailureCode.NO_SIGN_IN, log=f"GET {list_path}: {excerpt_of(answer)}")

    async def _take_pictures(self, launch: screenshots.Launch, people: People) -> Findings:
        cookies = people.driver.visitor.cookies
        return await screenshots.take_pictures(
            launch, people.sessions.port, path="/", cookies=cookies, pictures=self.pictures
        )


def _setup_code_in(output: bytes | bytearray) -> str:
    """The code for the owner that the start of the app has printed; empty when it prints none."""
    match = _CODE.search(output)
    return match[1].decode() if match else ""
