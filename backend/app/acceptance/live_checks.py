"""The checks of the running app: it starts, its pages answer, it keeps its promises, and it remembers."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from app.acceptance.actors import Actors
from app.acceptance.archive import LIVE, chance_port
from app.acceptance.crawl import crawl
from app.acceptance.drivers import account_of_plan
from app.acceptance.evidence import Check, Evidence, Look, Seen, evidence, run_check
from app.acceptance.figure_checks import figures_of, try_figures
from app.acceptance.http_session import HttpSessions
from app.acceptance.kept import Kept, told
from app.acceptance.move_checks import MoveChecks, steps_of
from app.acceptance.people import People
from app.acceptance.promises import Promise, promises, read_back, try_promise
from app.acceptance.regression import ParentPromises, plain_version
from app.acceptance.right_checks import RightChecks
from app.acceptance.samples import Samples
from app.acceptance.site_checks import has_site, try_site
from app.acceptance.strangers import keep_out
from app.acceptance.view_checks import try_views
from app.app_runtime.app_host import PREVIEW_KEY, AppHost
from app.blueprint.spec import AppSpec
from app.blueprint.spec_queries import has_record_pages
from app.domain.failure import BuildFailed, FailureCode
from app.domain.workspace import Manifest
from app.ports.sandbox import Sandbox

SCRATCH: Final = ".checks/data/app.db"
READ_AGAIN: Final = 12


@dataclass
class LiveChecks:
    """One app on scratch data, started twice. `found` grows with every check that passes."""

    host: AppHost
    sandbox: Sandbox
    manifest: Manifest
    spec: AppSpec
    version: str
    inherited: ParentPromises
    found: list[Evidence] = field(default_factory=list)

    async def run(self) -> list[Evidence]:
        """From its first start to what it remembers after its second."""
        samples = Samples(self.spec)
        began = time.monotonic()
        async with self._running() as sessions:
            seen = Seen(f"answers on $PORT, {self.manifest.health} is well")
            self.found.append(evidence("start", seen, seconds=time.monotonic() - began))
            people = People(sessions, self.spec, samples)
            await self._run_check("pages", lambda: self._pages(sessions))
            await self._run_check("strangers", lambda: self._strangers(people))
            await self._run_check("links", lambda: self._links(people))
            await self._run_check("acceptance", lambda: self._accept(people))
            if figures_of(self.spec):
                await self._run_check("figures", lambda: try_figures(people))
            actors = Actors(people)
            if steps_of(self.spec):
                await self._run_check("moves", MoveChecks(people, actors).run)
            if self.spec.roles and has_record_pages(self.spec):
                await self._run_check("rights", RightChecks(people, actors).run)
            if has_record_pages(self.spec):
                await self._run_check("views", lambda: try_views(people))
            if has_site(self.spec):
                await self._run_check("site", lambda: try_site(people))
        await self._run_check("plan", self._account)
        if people.driver.made:
            await self._run_check("restart", lambda: self._restart(people))
        return self.found

    async def _run_check(self, name: str, look: Look) -> None:
        self.found.append(await run_check(Check(name, look)))

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[HttpSessions]:
        port, key = chance_port(LIVE), secrets.token_urlsafe(32)
        environment = {"DATABASE_PATH": SCRATCH, PREVIEW_KEY: key}
        async with (
            self.host.running(self.sandbox, self.manifest, port=port, env=environment),
            HttpSessions(self.sandbox, port, key=key) as sessions,
        ):
            yield sessions

    async def _pages(self, sessions: HttpSessions) -> Seen:
        """The pages that the app itself names."""
        visitor = sessions.visitor()
        for path in self.manifest.pages:
            answer = await visitor.get(path)
            if answer.status != 200 and not answer.location:
                log = f"GET {path}: {told(answer)}"
                raise BuildFailed(FailureCode.PAGE_FAILS, log=log)
        return Seen(f"{len(self.manifest.pages)} pages answered")

    async def _account(self) -> Seen:
        """The items of the plan, and how they were tried."""
        return account_of_plan(self.spec, self.found)

    async def _links(self, people: People) -> Seen:
        """Every link and form, as the owner and as a passer-by."""
        forms = [f"/forms/{entity.table}" for one in self.spec.forms if (entity := self.spec.entity(one.entity))]
        lists = [f"/{self.spec.entities[0].table}"] if has_record_pages(self.spec) else []
        starts = tuple(dict.fromkeys(("/", *lists, *self.manifest.pages, *forms)))
        return await crawl([people.driver.visitor, people.anybody()], starts)

    async def _strangers(self, people: People) -> Seen:
        """What the app keeps to itself."""
        await people.arrive()
        if not has_record_pages(self.spec):
            return Seen("there are no records, so there is nothing to keep to the staff", skipped=True)
        return await keep_out(people)

    async def _accept(self, people: People) -> Seen:
        """What the specification promises, and what the version before did."""
        own = promises(self.spec)
        seen = [await self._try(people, one) for one in dict.fromkeys([*own, *self.inherited.kept])]
        detail = (
            f"{len(seen)} promises of the plan kept" if seen else "the plan promises nothing that can be tried"
        )
        if self.inherited.version:
            detail += f", {len(self.inherited.kept)} of them as in version {plain_version(self.inherited.version)}"
        gone = (f"given up by the plan: {words}" for words in self.inherited.given_up)
        return Seen(detail, (*seen, *gone))

    async def _try(self, people: People, promise: Promise) -> str:
        try:
            return await try_promise(people, promise)
        except BuildFailed as error:
            if promise not in self.inherited.kept:
                raise
            now, old = plain_version(self.version), plain_version(self.inherited.version)
            raise BuildFailed(
                FailureCode.REGRESSION,
                f"Version {now} no longer {promise.words}, as version {old} did. {error.detail}",
                log=f"{error.failure}: {error.log}",
            ) from error

    async def _restart(self, people: People) -> Seen:
        """Killed and started again, the app still has what was kept."""
        kept: list[Kept] = people.driver.made[-READ_AGAIN:]
        async with self._running() as sessions:
            people.moved_to(sessions)
            for one in kept:
                await read_back(people, one)
        return Seen(f"killed and started again: {len(kept)} records read back")
