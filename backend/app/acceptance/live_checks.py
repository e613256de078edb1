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
from app.acceptance.drivers import account_for_plan
from app.acceptance.evidence import Check, Evidence, Findings, Look, evidence, run_check
from app.acceptance.figure_checks import figures_of, try_figures
from app.acceptance.http_session import HttpSessions
from app.acceptance.kept import Kept, excerpt_of
from app.acceptance.move_checks import MoveChecks, steps_of
from app.acceptance.people import People
from app.acceptance.promises import Promise, promises_of, read_back, try_promise
from app.acceptance.regression import ParentPromises, plain_version
from app.acceptance.right_checks import RightChecks, has_rights
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
        async with self._start_app() as sessions:
            findings = Findings("answers, and says that it is well")
            self.found.append(evidence("start", findings, seconds=time.monotonic() - began))
            # The order matters: the later checks add records, which the earlier would take for leaks or dead
            # links.
            people = People(sessions, self.spec, samples)
            await self._run_check("pages", lambda: self._open_pages(sessions))
            await self._run_check("strangers", lambda: self._keep_strangers_out(people))
            await self._run_check("links", lambda: self._follow_links(people))
            await self._run_check("acceptance", lambda: self._keep_promises(people))
            if figures_of(self.spec):
                await self._run_check("figures", lambda: try_figures(people))
            actors = Actors(people)
            if steps_of(self.spec):
                await self._run_check("moves", MoveChecks(people, actors).run)
            if has_rights(self.spec) and has_record_pages(self.spec):
                await self._run_check("rights", RightChecks(people, actors).run)
            if has_record_pages(self.spec):
                await self._run_check("views", lambda: try_views(people))
            if has_site(self.spec):
                await self._run_check("site", lambda: try_site(people))
        await self._run_check("plan", self._account_for_plan)
        # At last, since it ends the app that all others use.
        if people.driver.made:
            await self._run_check("restart", lambda: self._survive_restart(people))
        return self.found

    async def _run_check(self, name: str, look: Look) -> None:
        self.found.append(await run_check(Check(name, look)))

    @asynccontextmanager
    async def _start_app(self) -> AsyncIterator[HttpSessions]:
        port, key = chance_port(LIVE), secrets.token_urlsafe(32)
        environment = {"DATABASE_PATH": SCRATCH, PREVIEW_KEY: key}
        async with (
            self.host.running(self.sandbox, self.manifest, port=port, env=environment),
            HttpSessions(self.sandbox, port, key=key) as sessions,
        ):
            yield sessions

    async def _open_pages(self, sessions: HttpSessions) -> Findings:
        """Open the pages that the manifest of the app names."""
        visitor = sessions.visitor()
        for path in self.manifest.pages:
            answer = await visitor.get(path)
            if answer.status != 200 and not answer.location:
                log = f"GET {path}: {excerpt_of(answer)}"
                raise BuildFailed(FailureCode.PAGE_FAILS, log=log)
        return Findings(f"{len(self.manifest.pages)} pages answered")

    async def _account_for_plan(self) -> Findings:
        """List the items of the plan, and how they were tried."""
        return account_for_plan(self.spec, self.found)

    async def _follow_links(self, people: People) -> Findings:
        """Follow every link and send every form, as the owner and as a passer-by."""
        forms = [f"/forms/{entity.table}" for form in self.spec.forms if (entity := self.spec.entity(form.entity))]
        lists = [f"/{self.spec.entities[0].table}"] if has_record_pages(self.spec) else []
        starts = tuple(dict.fromkeys(("/", *lists, *self.manifest.pages, *forms)))
        return await crawl([people.driver.visitor, people.anybody()], starts)

    async def _keep_strangers_out(self, people: People) -> Findings:
        """Set the app up, and try the pages of the staff as a stranger."""
        await people.arrive()
        if not has_record_pages(self.spec):
            return Findings("there are no records, so there is nothing to keep to the staff", skipped=True)
        return await keep_out(people)

    async def _keep_promises(self, people: People) -> Findings:
        """Try the promises of the specification, and those of the version before."""
        promised = promises_of(self.spec)
        tried = [
            await self._try_promise(people, promise)
            for promise in dict.fromkeys([*promised, *self.inherited.kept])
        ]
        detail = (
            f"{len(tried)} promises of the plan kept" if tried else "the plan promises nothing that can be tried"
        )
        if self.inherited.version:
            detail += f", {len(self.inherited.kept)} of them as in version {plain_version(self.inherited.version)}"
        gone = (f"given up by the plan: {words}" for words in self.inherited.given_up)
        return Findings(detail, (*tried, *gone))

    async def _try_promise(self, people: People, promise: Promise) -> str:
        try:
            return await try_promise(people, promise)
        except BuildFailed as error:
            if promise not in self.inherited.kept:
                raise
            this, old = plain_version(self.version), plain_version(self.inherited.version)
            raise BuildFailed(
                FailureCode.REGRESSION,
                f"Version {this} no longer {promise.words}, as version {old} did. {error.detail}",
                log=f"{error.failure}: {error.log}",
            ) from error

    async def _survive_restart(self, people: People) -> Findings:
        """Kill the app, start it again, and read back the records that it kept."""
        records: list[Kept] = people.driver.made[-READ_AGAIN:]
        async with self._start_app() as sessions:
            people.moved_to(sessions)
            for record in records:
                await read_back(people, record)
        return Findings(f"killed and started again: {len(records)} records read back")
