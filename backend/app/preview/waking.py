"""The serving sandboxes of one preview process: woken on request, frozen and stopped when nobody looks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Collection
from typing import Final, Protocol

import structlog

from app.app_runtime.app_host import AppHost
from app.core.errors import AppError, NotFound, NotReady, Unavailable
from app.core.ids import JobId
from app.domain.job import JobStatus
from app.ports.sandbox import SandboxError
from app.ports.storage import TreeDigest, VersionStore
from app.preview.serving import PreviewFailed, PreviewTarget, ServingApp, serve

_log = structlog.get_logger(__name__)

WAKEABLE: Final = frozenset({JobStatus.CHECKS, JobStatus.READY})
"""A build in its checks is woken for its own probe."""

# The sandbox's own time-out must be the longer one: it is for the case that this process has died.
_STOP_AFTER_IDLES: Final = 4
_SLEEPS_S: Final = 300.0
"""What is asleep keeps all of its memory, so it is stopped soon: to start it anew takes two seconds."""
_OUTLIVE_IDLES: Final = 6
_FAILURE_KEPT_S: Final = 5.0
_ROUND_S: Final = 5.0


class PreviewLookup(Protocol):
    """Knows which tree a build has."""

    async def target(self, job_id: JobId) -> PreviewTarget | None:
        """The build's tree and status now; None when there is no such build or it has no tree."""
        ...


class _Slot:
    """One build's place in the process."""

    def __init__(self, now: float) -> None:
        self.app: ServingApp | None = None
        self.opening: asyncio.Task[ServingApp] | None = None
        # Set before the app starts, so that two starts at once do not both take the last place.
        self.takes_room = False
        self.uses = 0
        self.last_used = now
        self.renewed = now
        self.failure: tuple[TreeDigest, PreviewFailed, float] | None = None

    @property
    def is_opening(self) -> bool:
        return self.opening is not None and not self.opening.done()

    @property
    def settled_app(self) -> ServingApp | None:
        """The app when it can be used without asking anybody: a ready build never changes."""
        app = self.app
        if app is None or self.is_opening or app.is_gone or app.is_frozen:
            return None
        return app if app.target.status is JobStatus.READY else None


class PreviewService:
    """Wakes previews and puts them to sleep. `run` does the housekeeping; `close` ends everything.

    An app nobody used for `idle_s` is frozen, and stopped after four times that or some minutes. At most
    `max_live` sandboxes exist at once: the one not used for longest makes room.
    """

    def __init__(
        self,
        lookup: PreviewLookup,
        store: VersionStore,
        host: AppHost,
        *,
        idle_s: float,
        max_live: int = 8,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookup = lookup
        self._store = store
        self._host = host
        self._idle_s = idle_s
        self._max_live = max_live
        self._now = monotonic
        self._slots: dict[JobId, _Slot] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @property
    def live(self) -> frozenset[JobId]:
        """The builds that have a serving sandbox now, frozen ones included."""
        return frozenset(job_id for job_id, slot in self._slots.items() if slot.app is not None)

    @property
    def in_use(self) -> int:
        """The number of requests and open streams now."""
        return sum(slot.uses for slot in self._slots.values())

    async def wake(self, job_id: JobId) -> ServingApp:
        """The running app of a build, started if need be; whoever asks meanwhile waits for the same start.

        A caller that stops waiting does not stop the start. NotFound, NotReady, Unavailable, PreviewFailed.
        """
        if self._is_closed:
            raise Unavailable("The previews are being shut down.")
        slot = self._slots.setdefault(job_id, _Slot(self._now()))
        slot.last_used = self._now()
        if app := slot.settled_app:
            return app
        opening = slot.opening
        if opening is None or opening.done():
            opening = slot.opening = asyncio.create_task(self._open_app(job_id, slot), name=f"wake {job_id}")
            opening.add_done_callback(_report_outcome)
        # Not awaited itself: whoever leaves would cancel the start that others wait for.
        await asyncio.wait({opening})
        if opening.cancelled():
            raise NotFound("This preview was closed while it was starting.")
        return opening.result()

    @contextlib.asynccontextmanager
    async def using(self, job_id: JobId) -> AsyncIterator[ServingApp]:
        """Like `wake`, and the app does not fall asleep while the block runs."""
        app = await self.wake(job_id)
        slot = self._slots.get(job_id)
        if slot is None:
            raise NotFound("This preview was closed.")
        slot.uses += 1
        try:
            yield app
        finally:
            slot.uses -= 1
            slot.last_used = self._now()

    async def give_up(self, app: ServingApp) -> None:
        """End an app that no longer answers, unless another has taken its place; `wake` starts it anew."""
        slot = self._slots.get(app.target.job_id)
        if slot is not None and slot.app is app:
            await self._stop_preview(slot)

    async def drop(self, job_id: JobId) -> None:
        """End a build's preview, also one that is just starting; idempotent."""
        slot = self._slots.pop(job_id, None)
        if slot is None:
            return
        if slot.opening is not None and not slot.opening.done():
            slot.opening.cancel()
            await asyncio.wait({slot.opening})
        await self._stop_preview(slot)

    async def reconcile(self, allowed: Collection[JobId]) -> None:
        """End the preview of every build that is not allowed one."""
        await self._drop_all(set(self._slots) - set(allowed))

    async def close(self) -> None:
        """End every preview; later calls of `wake` are refused."""
        self._is_closed = True
        await self._drop_all(set(self._slots))
        if self._closing:
            await asyncio.wait(self._closing)

    async def run(self) -> None:
        """Keep house until cancelled."""
        while True:
            await asyncio.sleep(min(self._idle_s / 4, _ROUND_S))
            await self.tend()

    async def tend(self) -> None:
        """One round of housekeeping: freeze what is idle, stop what has been idle long, forget what is gone."""
        for job_id, slot in list(self._slots.items()):
            try:
                await self._tend_slot(slot)
            except SandboxError as error:
                _log.info("preview_sandbox_lost", job_id=str(job_id), reason=str(error))
                await self._stop_preview(slot)
            if slot.app is None and not slot.is_opening and not slot.uses and self._known_failure(slot) is None:
                self._slots.pop(job_id, None)

    async def _tend_slot(self, slot: _Slot) -> None:
        app, moment = slot.app, self._now()
        if app is None or slot.is_opening:
            return
        idle = 0.0 if slot.uses else moment - slot.last_used
        if app.is_gone or idle >= min(self._idle_s * _STOP_AFTER_IDLES, self._idle_s + _SLEEPS_S):
            await self._stop_preview(slot)
        elif idle >= self._idle_s and not app.is_frozen:
            await app.freeze()
        elif idle < self._idle_s <= moment - slot.renewed:
            await self._renew_timeout(slot, app)

    async def _open_app(self, job_id: JobId, slot: _Slot) -> ServingApp:
        target = await self._lookup.target(job_id)
        if target is None or target.status not in WAKEABLE:
            await self._stop_preview(slot)
            raise _refusal_for(target)
        app = slot.app
        if app is None or app.is_gone or app.target.digest != target.digest:
            await self._stop_preview(slot)
            app = await self._serve_version(slot, target)
        app.target = target
        await self._use_sandbox(slot, app)
        # Again, since a start may take longer than an app may be idle.
        slot.last_used = self._now()
        return app

    async def _serve_version(self, slot: _Slot, target: PreviewTarget) -> ServingApp:
        failure = self._known_failure(slot)
        if failure is not None and failure[0] == target.digest:
            raise failure[1]
        # A build that finds no room would fail, so it may end a preview that somebody looks at.
        await self._make_room(slot, urgent=target.status is JobStatus.CHECKS)
        try:
            slot.app = await serve(target, store=self._store, host=self._host)
        except PreviewFailed as error:
            _log.warning("preview_failed", job_id=str(target.job_id), reason=error.detail, output=error.log)
            slot.failure = (target.digest, error, self._now())
            raise
        finally:
            slot.takes_room = slot.app is not None
        return slot.app

    async def _use_sandbox(self, slot: _Slot, app: ServingApp) -> None:
        try:
            await app.thaw()
            await self._renew_timeout(slot, app)
        except SandboxError as error:
            await self._stop_preview(slot)
            raise Unavailable("The app's sandbox ended; it is started again on the next visit.") from error

    async def _renew_timeout(self, slot: _Slot, app: ServingApp) -> None:
        slot.renewed = self._now()
        await app.live_for(self._idle_s * _OUTLIVE_IDLES)

    def _known_failure(self, slot: _Slot) -> tuple[TreeDigest, PreviewFailed, float] | None:
        """A start that failed a moment ago: told again, so that a page that reloads itself gets to see it."""
        failure = slot.failure
        return failure if failure is not None and self._now() - failure[2] < _FAILURE_KEPT_S else None

    async def _make_room(self, slot: _Slot, *, urgent: bool) -> None:
        while True:
            others = [
                candidate for candidate in self._slots.values() if candidate.takes_room and candidate is not slot
            ]
            if len(others) < self._max_live:
                slot.takes_room = True
                return
            idle = [
                candidate for candidate in others if not candidate.is_opening and (urgent or not candidate.uses)
            ]
            if not idle:
                raise Unavailable("Too many previews are open at once.", remedy="Close one, then try again.")
            await self._stop_preview(min(idle, key=lambda candidate: (candidate.uses > 0, candidate.last_used)))

    async def _stop_preview(self, slot: _Slot) -> None:
        app, slot.app = slot.app, None
        slot.takes_room = False
        if app is None:
            return
        closing = asyncio.create_task(app.close(), name=f"stop {app.target.job_id}")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        # Whoever stopped waiting, the sandbox ends.
        await asyncio.shield(closing)

    async def _drop_all(self, job_ids: Collection[JobId]) -> None:
        async with asyncio.TaskGroup() as group:
            for job_id in job_ids:
                group.create_task(self.drop(job_id))


def _refusal_for(target: PreviewTarget | None) -> AppError:
    if target is None:
        return NotFound("There is no such preview.")
    return NotReady("This build is not ready, so there is nothing to see yet.")


def _report_outcome(opening: asyncio.Task[ServingApp]) -> None:
    """Look at the outcome even when nobody waits any more, and log what no caller expects."""
    error = None if opening.cancelled() else opening.exception()
    if error is not None and not isinstance(error, AppError):
        _log.error("preview_wake_broke", task=opening.get_name(), exc_info=error)
