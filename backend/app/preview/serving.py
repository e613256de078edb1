"""One build's app in its own sandbox: how it comes up from the stored files, sleeps, and ends."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from app.app_runtime.app_host import PREVIEW_KEY, AppHost
from app.app_runtime.sandbox_connector import app_session
from app.core.errors import AppError, Unavailable
from app.core.ids import JobId, ProjectId
from app.domain.failure import BuildFailed
from app.domain.job import JobStatus
from app.domain.workspace import MANIFEST, BadManifest, Manifest
from app.ports.sandbox import Sandbox, SandboxError, SandboxRequest, SandboxUnavailable
from app.ports.storage import SnapshotDamaged, SnapshotMissing, StorageError, TreeDigest, VersionStore


class PreviewFailed(AppError):
    """The app of a build cannot be served; `log` is what a developer wants to see."""

    status, code, title = 502, "preview_failed", "The app could not be started"

    def __init__(self, detail: str, *, log: str = "") -> None:
        super().__init__(detail, remedy="Try again; if it stays like this, build the app again.")
        self.log = log


@dataclass(frozen=True)
class PreviewTarget:
    """The version that a build's preview serves."""

    project_id: ProjectId
    job_id: JobId
    version: str
    digest: TreeDigest
    status: JobStatus


class ServingApp:
    """An app that runs in its sandbox and can be asked through `http`."""

    def __init__(self, target: PreviewTarget, sandbox: Sandbox, *, key: str) -> None:
        self.target = target
        self.key = key
        """What shows to the app that a request comes through the preview."""
        self.http: aiohttp.ClientSession = app_session(sandbox)
        self.is_frozen = False
        self._sandbox = sandbox
        self._sleep = asyncio.Lock()
        self._watch = asyncio.create_task(sandbox.wait_gone())

    @property
    def is_gone(self) -> bool:
        """True when the sandbox has ended."""
        return self._watch.done()

    async def freeze(self) -> None:
        """Stop the app's processes where they are."""
        async with self._sleep:
            # Said first: a pause that breaks off may have stopped a part, which the next visit has to thaw.
            self.is_frozen = True
            await self._sandbox.pause()

    async def thaw(self) -> None:
        """Let them go on."""
        async with self._sleep:
            if self.is_frozen:
                await self._sandbox.resume()
                self.is_frozen = False

    async def live_for(self, seconds: float) -> None:
        """Have the sandbox end by itself after that time, should this process die before."""
        await self._sandbox.set_timeout(seconds)

    async def close(self) -> None:
        """Kill the sandbox and drop every connection into it."""
        self._watch.cancel()
        await self.http.close()
        await self._sandbox.kill()


async def serve(target: PreviewTarget, *, store: VersionStore, host: AppHost) -> ServingApp:
    """Bring the app up from its stored files. PreviewFailed, Unavailable; no sandbox is left when it fails."""
    async with _failures_told():
        files = await store.load(target.project_id, target.digest)
        manifest = Manifest.parse(files.get(MANIFEST, b""))
        request = SandboxRequest(target.job_id, purpose="preview", network=True, with_venv=True, keeps_data=True)
        sandbox, key = await host.open(request, files), secrets.token_urlsafe(32)
        try:
            await _start_app(sandbox, manifest, host=host, key=key)
        except BaseException:
            await sandbox.kill()
            raise
        return ServingApp(target, sandbox, key=key)


async def _start_app(sandbox: Sandbox, manifest: Manifest, *, host: AppHost, key: str) -> None:
    try:
        await host.install(sandbox, manifest)
        await host.start(sandbox, manifest, env={PREVIEW_KEY: key})
    except BuildFailed as error:
        # A limit that was met or a full disk looks like a fault of the app from outside.
        if (fault := await sandbox.find_fault()) is not None:
            raise fault from error
        raise


@contextlib.asynccontextmanager
async def _failures_told() -> AsyncIterator[None]:
    try:
        yield
    except BuildFailed as error:
        raise PreviewFailed(error.detail, log=error.log) from error
    except BadManifest as error:
        raise PreviewFailed("The app does not say how it is started.", log=str(error)) from error
    except (SnapshotMissing, SnapshotDamaged) as error:
        raise PreviewFailed("The stored files of this version are damaged.", log=str(error)) from error
    except StorageError as error:
        raise Unavailable("The stored files cannot be read now.") from error
    except SandboxUnavailable as error:
        raise Unavailable("No sandbox can be made for the app now.", remedy=error.remedy) from error
    except SandboxError as error:
        raise Unavailable(f"The app's sandbox failed while the app was started in it: {error}") from error
