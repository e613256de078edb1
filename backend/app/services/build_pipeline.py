"""The walk of a build through its stages: each does what its name says, on real parts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import structlog
from pydantic import ValidationError

from app.acceptance import Acceptance, Candidate, Evidence, ParentVersion, run_checks
from app.app_runtime.app_data import AppData
from app.app_runtime.app_host import AppHost
from app.app_runtime.build_sandbox import Workbench, read_manifest
from app.app_runtime.version_service import VersionService
from app.blueprint.spec import AppSpec
from app.core.errors import AppError, IllegalTransition
from app.core.ids import JobId
from app.core.retry import retry_counting, retry_while_unavailable
from app.core.zone import machine_zone
from app.db.engine import Database
from app.domain.failure import FOUND_IN_FILES, BuildFailed, FailureCode
from app.domain.job import BUILD_STAGES, Change, JobStatus, SpecifiedJob
from app.domain.workspace import missing_files
from app.events.model import EventType
from app.ports.runner import MODEL_ENGINE, Runner, RunnerError, RunnerUnavailable, Say
from app.ports.sandbox import SandboxGone, SandboxRuntime, SandboxTookTooMuch
from app.ports.storage import TreeDigest
from app.queue.state_machine import NO_CHANGE, JobStateMachine
from app.repositories import jobs
from app.services.export_service import iter_zip
from app.services.record_migration import Inheritance
from app.services.stage_results import CheckResult, CodeResult, DepsResult, Pictures, ScaffoldResult, StageResult

log = structlog.get_logger(__name__)

Json = dict[str, Any]  # Any: what JSON can hold
R = TypeVar("R", bound=StageResult)


class Step(Protocol):
    """Runs a piece of work once: a resumed build gets the recorded result instead."""

    async def __call__(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        """The result of `work`, or of its first run. Results are small JSON objects."""
        ...


class PreviewProbe(Protocol):
    """Asks the preview of a build for its first page, the way a founder does."""

    async def probe(self, job_id: JobId) -> int:
        """The HTTP status of the answer; raises BuildFailed when there is none."""
        ...


ModelRunnerOf = Callable[[SpecifiedJob, Say], Awaitable[Runner]]
"""The runner with a model for one job; it tells the founder what it does. RunnerUnavailable."""


@dataclass(frozen=True)
class BuildTools:
    """The parts that a build works with."""

    database: Database
    machine: JobStateMachine
    runtime: SandboxRuntime
    runner: Runner
    host: AppHost
    versions: VersionService
    probe: PreviewProbe
    data: AppData
    stage_timeout_s: float
    model_runner_of: ModelRunnerOf | None = None
    """None where no model is set."""
    design_timeout_s: float = 0
    """What a stage may take longer while a model designs."""
    with_pictures: bool = True
    acceptance: Acceptance = run_checks


TRIES: Final = 2
"""Of a stage in which not the app failed but a part of ours: that seldom happens twice in a row."""

NO_MODEL: Final = (
    "No model is set on this instance. Choose one (cofounder model use) or set COFOUNDER_MODEL and its key, or "
    "build with the engine 'blueprint'."
)


class BuildPipeline:
    """One build under the attempt of the job as it was claimed."""

    def __init__(self, tools: BuildTools, job: SpecifiedJob, *, step: Step) -> None:
        self._tools = tools
        self._job = job
        self._newest = job.last_seq
        """The number of the newest event: nobody else writes any for a build under this attempt."""
        self._step = step
        self._inheritance = Inheritance(tools.database, tools.data, job)
        self._bench = Workbench(
            runtime=tools.runtime,
            host=tools.host,
            versions=tools.versions,
            database=tools.database,
            job=job,
        )

    async def run(self) -> None:
        """Walk from wherever the job stands to ready. Raises what stops it; the sandbox is gone either way."""
        try:
            await self._run_stage(JobStatus.STARTING, StageResult, self._open_sandbox)
            scaffold = await self._run_stage(JobStatus.SCAFFOLD, ScaffoldResult, self._plan_app)
            spec = scaffold.spec
            described = Change(engine=spec.engine, spec=spec.model_dump(mode="json"))
            code = await self._run_stage(
                JobStatus.CODE, CodeResult, lambda: self._write_app(spec), change=described
            )
            deps = await self._run_stage(JobStatus.DEPS, DepsResult, lambda: self._install_app(code.digest, spec))
            # The digest is known before the checks, since the preview that is opened among them finds its files by
            # it.
            offered = Change(digest=code.digest)
            checks = await self._run_stage(
                JobStatus.CHECKS, CheckResult, lambda: self._check_app(spec, code.digest), change=offered
            )
            await self._seal_version(scaffold, code, deps, checks)
        finally:
            await self._bench.close()

    async def _run_stage(
        self, stage: JobStatus, kind: type[R], work: Callable[[], Awaitable[R]], *, change: Change = NO_CHANGE
    ) -> R:
        """Enter a stage and do its work in time, unless the journal has its result already."""
        await self._begin_stage(stage, change)

        async def do_in_time() -> Json:
            designs = stage is JobStatus.SCAFFOLD and self._job.engine_asked == MODEL_ENGINE
            allowed_s = self._tools.stage_timeout_s + (self._tools.design_timeout_s if designs else 0)
            try:
                async with asyncio.timeout(allowed_s):
                    return (await self._outlive_faults(stage, work)).model_dump(mode="json", by_alias=True)
            except TimeoutError as error:
                # The label ends in dots for a line that is still going on; here it stands inside a sentence.
                words = stage.label.rstrip(".").lower()
                raise BuildFailed(
                    FailureCode.STAGE_TIMEOUT,
                    f"We got stuck while {words}: it took longer than {allowed_s:.0f} seconds.",
                ) from error

        # Read back as what the journal holds even the first time, so that a resumed build sees the same.
        return kind.model_validate(await self._step(stage.value, do_in_time))

    async def _outlive_faults(self, stage: JobStatus, work: Callable[[], Awaitable[R]]) -> R:
        """The result of a stage's work, which is done anew in a new sandbox where a part of ours failed."""
        for _ in range(1, TRIES):
            try:
                return await self._find_faults(work)
            # Those say what the app or the goal is to blame for: the same would happen again.
            except (AppError, RunnerError, SandboxTookTooMuch):
                raise
            except Exception as fault:
                log.warning("stage_repeated", job_id=str(self._job.id), stage=stage.value, exc_info=fault)
            await self._bench.close()
            await self._tell_founder("Something on our side stopped, so this step is done once more.")
        return await self._find_faults(work)

    async def _find_faults(self, work: Callable[[], Awaitable[R]]) -> R:
        """The result; SandboxError where the sandbox explains why the app seems to fail."""
        try:
            return await work()
        except (BuildFailed, SandboxGone) as error:
            # An app that ran out of memory or processes fails with words that say nothing of it.
            if isinstance(error, BuildFailed) and error.failure in FOUND_IN_FILES:
                raise
            # Whoever asked a sandbox in the moment of its end was told that it is gone, and not yet why.
            if (fault := await self._bench.find_fault()) is not None:
                raise fault from error
            raise

    async def _begin_stage(self, stage: JobStatus, change: Change) -> None:
        """Begin a stage, unless an earlier attempt has begun it or is past it."""
        # A resumed build walks from the start again, and its steps answer from the journal until where it was.
        if self._job.status in BUILD_STAGES and BUILD_STAGES.index(self._job.status) >= BUILD_STAGES.index(stage):
            return
        await self._move_job(stage, change)

    async def _move_job(self, to: JobStatus, change: Change) -> None:
        """A transition that may be repeated: when only the answer was lost, the job is there already."""

        async def try_to_move(tries: int) -> None:
            try:
                self._newest = await self._tools.machine.transition(
                    self._job.id, to, attempt=self._job.attempt, after=self._newest, change=change
                )
            except IllegalTransition:
                if not (tries and await self._is_there(to)):
                    raise

        await retry_counting(try_to_move)

    async def _is_there(self, status: JobStatus) -> bool:
        async with self._tools.database.autocommit() as tx:
            job = await jobs.find(tx, self._job.id)
        if job is None or job.status is not status or job.attempt != self._job.attempt:
            return False
        self._newest = job.last_seq
        return True

    async def _tell_founder(self, text: str) -> None:
        self._newest = await retry_while_unavailable(
            lambda: self._tools.machine.append_event(
                self._job.id, attempt=self._job.attempt, event_type=EventType.SAY, payload={"text": text}
            )
        )

    async def _open_sandbox(self) -> StageResult:
        await self._bench.open()
        return StageResult()

    async def _plan_app(self) -> ScaffoldResult:
        edited = AppSpec.model_validate(self._job.spec) if self._job.spec is not None else None
        runner = await self._choose_runner()
        scaffold = await runner.scaffold(self._job.goal, spec=edited)
        digest = await self._write_files("scaffold", scaffold.working_files)
        spec = scaffold.spec
        if not spec.timezone:
            # Kept with the app, so that it goes by the clock of its business wherever it runs later.
            spec = spec.model_copy(update={"timezone": machine_zone()})
        return ScaffoldResult(digest=digest, spec=spec, design=dict(scaffold.design))

    async def _choose_runner(self) -> Runner:
        """Whoever was asked to plan this app."""
        if self._job.engine_asked != MODEL_ENGINE:
            return self._tools.runner
        if self._tools.model_runner_of is None:
            raise RunnerUnavailable(NO_MODEL)
        return await self._tools.model_runner_of(self._job, self._tell_founder)

    async def _write_app(self, spec: AppSpec) -> CodeResult:
        app = await self._tools.runner.run(self._job.goal, spec, say=self._tell_founder)
        missing = missing_files(app.working_files)
        if missing:
            raise BuildFailed(
                FailureCode.INCOMPLETE,
                "The app is not complete, so it was not kept.",
                log=f"missing: {', '.join(missing)}",
            )
        digest = await self._write_files("code", app.working_files)
        return CodeResult(
            digest=digest,
            files=len(app.working_files),
            features=app.features,
            left_out=app.left_out,
            wishes=spec.wishes,
        )

    async def _write_files(self, name: str, working_files: Mapping[str, str]) -> TreeDigest:
        # Kept first, since the store says which file cannot be; to the sandbox it would look like a fault of ours.
        digest = await self._tools.versions.snapshot(
            self._job.project_id, self._job.id, name=name, files=working_files
        )
        await self._bench.write({path: text.encode() for path, text in working_files.items()}, digest)
        return digest

    async def _install_app(self, digest: TreeDigest, spec: AppSpec) -> DepsResult:
        # Now or never: from the checks on, the app's own preview may start and fill its records with examples.
        taking = asyncio.create_task(self._inheritance.take(spec), name=f"records {self._job.id}")
        try:
            await self._bench.install(digest)
            return DepsResult(data=await taking)
        finally:
            # A failed install must not leave a copy that goes on writing into the new version's records.
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)

    async def _check_app(self, spec: AppSpec, digest: TreeDigest) -> CheckResult:
        report = await self._tools.acceptance(
            self._tools.host, lambda: self._installed_candidate(spec, digest), preview=self._open_preview
        )
        return CheckResult(checks=report.checks, pictures=await self._keep_pictures(report.pictures))

    async def _installed_candidate(self, spec: AppSpec, digest: TreeDigest) -> Candidate:
        """The installed app that is to become a version, beside the version that it grew from."""
        sandbox = await self._bench.install(digest)
        files = await self._bench.load_files(digest)
        entries = self._tools.versions.stream(self._job.project_id, digest)
        version = self._job.build_version
        return Candidate(
            sandbox=sandbox,
            manifest=read_manifest(files),
            files=files,
            spec=spec,
            version=version,
            archive=b"".join([chunk async for chunk in iter_zip(entries, folder=version)]),
            parent=await self._parent_version(),
            with_pictures=self._tools.with_pictures,
        )

    async def _parent_version(self) -> ParentVersion | None:
        """The version that this one grew from, when its specification can still be read."""
        parent = await self._inheritance.parent()
        if parent is None or parent.spec is None:
            return None
        try:
            return ParentVersion(parent.build_version, AppSpec.model_validate(parent.spec))
        # Made by another release; then nothing can be said of what the new version lost.
        except ValidationError:
            return None

    async def _keep_pictures(self, pictures: Mapping[str, bytes]) -> Pictures:
        if not pictures:
            return Pictures()
        digest = await self._tools.versions.keep_pictures(self._job.project_id, self._job.id, pictures)
        return Pictures(digest=digest, names=tuple(sorted(pictures)))

    async def _open_preview(self) -> Evidence:
        began = time.monotonic()
        answer = await self._tools.probe.probe(self._job.id)
        if answer != 200:
            raise BuildFailed(FailureCode.PREVIEW_FAILED, log=f"HTTP {answer}")
        seconds = round(time.monotonic() - began, 2)
        return {"name": "preview", "ok": True, "detail": "opened through its link: HTTP 200", "seconds": seconds}

    async def _seal_version(
        self, scaffold: ScaffoldResult, code: CodeResult, deps: DepsResult, checks: CheckResult
    ) -> None:
        # Sealed before it is ready: a version that can be seen must already be one that cannot change.
        await self._tools.versions.seal(self._job.project_id, code.digest, version=self._job.build_version)
        evidence = {
            "title": scaffold.spec.title,
            **code.model_dump(mode="json", exclude={"digest"}),
            "checks": checks.checks,
            "pictures": checks.pictures.model_dump(mode="json") if checks.pictures.names else {},
        }
        if scaffold.design:
            evidence["design"] = scaffold.design
        if deps.data.source is not None:
            evidence["data"] = await self._inheritance.tell(deps.data)
        await self._move_job(JobStatus.READY, Change(digest=code.digest, evidence=evidence))
