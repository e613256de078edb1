"""The sandbox of one attempt: opened once, and brought back to where the build stands after a takeover."""

from __future__ import annotations

from collections.abc import Mapping

from app.app_runtime.app_host import AppHost
from app.app_runtime.version_service import VersionService
from app.core.errors import IllegalTransition
from app.core.retry import retry_while_unavailable
from app.db.engine import Database
from app.domain.failure import BuildFailed, FailureCode
from app.domain.job import Job
from app.domain.workspace import MANIFEST, BadManifest, Manifest
from app.ports.sandbox import Sandbox, SandboxError, SandboxRequest, SandboxRuntime
from app.ports.storage import TreeDigest
from app.repositories import work


class Workbench:
    """Holds at most one sandbox. Not safe for use by several tasks."""

    def __init__(
        self,
        *,
        runtime: SandboxRuntime,
        host: AppHost,
        versions: VersionService,
        database: Database,
        job: Job,
    ) -> None:
        self._runtime = runtime
        self._host = host
        self._versions = versions
        self._database = database
        self._job = job
        self._sandbox: Sandbox | None = None
        self._holds: TreeDigest | None = None
        self._installed = False
        self._loaded: tuple[TreeDigest, Mapping[str, bytes]] | None = None

    async def open(self) -> Sandbox:
        """The sandbox; its id is kept before its first command. IllegalTransition when the job has moved on."""
        if self._sandbox is None:
            await self._remove_former()
            sandbox = await self._runtime.start(SandboxRequest(self._job.id, network=True, with_venv=True))
            # Kept before the note is: whatever comes between, `close` finds it.
            self._sandbox = sandbox
            if not await retry_while_unavailable(lambda: self._note_sandbox(sandbox)):
                raise IllegalTransition(f"Build {str(self._job.id)!r} has ended or was taken over.")
        return self._sandbox

    async def _remove_former(self) -> None:
        """A worker that died before it could note its sandbox left one that no record leads to."""
        if self._job.attempt == 1:
            return
        for sandbox_id, job_id in (await self._runtime.list_ids()).items():
            if job_id == self._job.id:
                await self._runtime.kill(sandbox_id)

    async def _note_sandbox(self, sandbox: Sandbox) -> bool:
        async with self._database.autocommit() as tx:
            return await work.note_sandbox(tx, self._job.id, attempt=self._job.attempt, sandbox_id=sandbox.id)

    async def write(self, files: Mapping[str, bytes], digest: TreeDigest) -> None:
        """Write this tree into the workspace."""
        await self._host.write_app(await self.open(), files)
        self._holds = digest
        self._installed = False

    async def install(self, digest: TreeDigest) -> Sandbox:
        """The sandbox with this tree in it and its dependencies installed."""
        sandbox = await self.open()
        files = await self.load_files(digest)
        if self._holds != digest:
            await self.write(files, digest)
        if not self._installed:
            await self._host.install(sandbox, read_manifest(files))
            self._installed = True
        return sandbox

    async def load_files(self, digest: TreeDigest) -> Mapping[str, bytes]:
        """The stored files of this tree, which never change: read once."""
        if self._loaded is None or self._loaded[0] != digest:
            self._loaded = digest, await self._versions.files_of(self._job.project_id, digest)
        return self._loaded[1]

    async def find_fault(self) -> SandboxError | None:
        """What of the sandbox itself explains that something in it failed."""
        return await self._sandbox.find_fault() if self._sandbox is not None else None

    async def close(self) -> None:
        """End the sandbox, if there is one; the next is opened when it is asked for."""
        if self._sandbox is not None:
            self._holds, self._installed = None, False
            sandbox, self._sandbox = self._sandbox, None
            await sandbox.kill()


def read_manifest(files: Mapping[str, bytes]) -> Manifest:
    """The manifest of an app; BuildFailed when it has none that can be read."""
    try:
        return Manifest.parse(files[MANIFEST])
    except (KeyError, BadManifest) as error:
        raise BuildFailed(FailureCode.BAD_MANIFEST, log=str(error)) from error
