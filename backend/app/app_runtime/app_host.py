"""Installing, starting and asking an app in a sandbox: the same for a build's checks and for a preview."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from app.app_runtime.bytecode import StarterBytecode
from app.app_runtime.sandbox_connector import APP_PORT, app_session
from app.core.zone import machine_zone
from app.domain.failure import BuildFailed, FailureCode
from app.domain.workspace import Manifest
from app.ports.sandbox import OnOutput, Sandbox, SandboxRequest, SandboxRuntime

PREVIEW_KEY: Final = "PREVIEW_KEY"
"""Names the setting by which an app knows whoever passes requests on to it."""
PREVIEW_ACCESS: Final = "X-Preview-Access"
"""Names the header in which that key comes, after the kind of access that somebody has."""
LOG_TAIL: Final = 4_000
_FETCH_TIMEOUT_S: Final = 10
_RUNNING_S: Final = 600
_POLL_FIRST_S: Final = 0.02
_POLL_MOST_S: Final = 0.25

# Says when the app's own process ends, under a name it cannot guess, so that nobody waits for a dead app.
_REPORT_EXIT: Final = '"$@"; code=$?; printf "\\n%s %s\\n" "$0" "$code"'


@dataclass(frozen=True)
class AppAnswer:
    """An answer of the app; `body` is cut at the cap that was asked for."""

    status: int
    body: bytes


class AppUnreachable(Exception):
    """The app gave no usable HTTP answer in time; the message says why."""


class AppHost:
    """Runs apps by their manifest."""

    def __init__(
        self,
        runtime: SandboxRuntime,
        *,
        bytecode: StarterBytecode | None = None,
        install_timeout_s: float = 300,
        start_timeout_s: float = 60,
    ) -> None:
        """Without `bytecode` every app compiles all of its files."""
        self._runtime = runtime
        self._bytecode = bytecode
        self._install_timeout_s = install_timeout_s
        self._start_timeout_s = start_timeout_s

    async def open(self, request: SandboxRequest, files: Mapping[str, bytes]) -> Sandbox:
        """A fresh sandbox with these files in its workspace; no sandbox is left behind when that fails."""
        sandbox = await self._runtime.start(request)
        try:
            await self.write_app(sandbox, files)
        except BaseException:
            await sandbox.kill()
            raise
        return sandbox

    async def write_app(self, sandbox: Sandbox, files: Mapping[str, bytes]) -> None:
        """Write the files of an app, and beside them what is compiled of them already."""
        await sandbox.write_files({**self._compiled(files), **files})

    async def add_bytecode(self, sandbox: Sandbox, files: Mapping[str, bytes], *, folder: str) -> None:
        """Lay what is compiled already beside these files of an app, which lie in that folder."""
        if compiled := self._compiled(files):
            await sandbox.write_files({f"{folder}/{path}": content for path, content in compiled.items()})

    def _compiled(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        return self._bytecode.beside(files) if self._bytecode is not None else {}

    async def install(self, sandbox: Sandbox, manifest: Manifest, *, on_output: OnOutput | None = None) -> None:
        """Install the app's dependencies; from then on the sandbox has no network.

        BuildFailed `install_failed` or `install_timed_out`.
        """
        for command in manifest.install:
            result = await sandbox.run_command(command, timeout_s=self._install_timeout_s, on_output=on_output)
            log = f"$ {' '.join(command)}\n{result.output[-LOG_TAIL:]}"
            if result.timed_out:
                raise BuildFailed(FailureCode.INSTALL_TIMED_OUT, log=log)
            if result.exit_code:
                raise BuildFailed(FailureCode.INSTALL_FAILED, log=log)
        await sandbox.close_network()

    async def start(
        self,
        sandbox: Sandbox,
        manifest: Manifest,
        *,
        port: int = APP_PORT,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start the app and return once its health page answers 200; `env` is added to its environment.

        BuildFailed `start_failed` when it ends instead, `start_timed_out`.
        """
        mark = f"exit-{secrets.token_hex(8)}"
        command = ("/bin/sh", "-c", _REPORT_EXIT, mark, *manifest.start)
        await sandbox.run_background(command, env={"TZ": machine_zone(), **(env or {}), "PORT": str(port)})

        def exit_code() -> str | None:
            _, is_over, code = sandbox.background_output().rpartition(f"\n{mark} ")
            return code.strip() if is_over else None

        try:
            await self._await_health(sandbox, manifest, port=port, exit_code=exit_code)
        except BuildFailed as error:
            output = sandbox.background_output().rpartition(f"\n{mark} ")[0] or sandbox.background_output()
            error.log = f"{output[-LOG_TAIL:]}\n{error.log}"
            raise

    @asynccontextmanager
    async def running(
        self,
        sandbox: Sandbox,
        manifest: Manifest,
        *,
        port: int,
        env: Mapping[str, str] | None = None,
        folder: str = ".",
    ) -> AsyncIterator[bytearray]:
        """Run the app of that folder of the workspace: healthy when the block begins, killed when it ends.

        Yields the app's output, which grows while it runs.

        BuildFailed `start_failed` when it ends instead, `start_timed_out`.
        """
        output = bytearray()
        command = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', folder, *manifest.start)
        # The port comes last: what a caller or a founder sets must not move the app from where it is asked.
        environment = {"TZ": machine_zone(), **(env or {}), "PORT": str(port)}
        work = sandbox.run_command(command, env=environment, timeout_s=_RUNNING_S, on_output=output.extend)
        running = asyncio.create_task(work)

        def exit_code() -> str | None:
            return str(running.result().exit_code) if running.done() else None

        try:
            await self._await_health(sandbox, manifest, port=port, exit_code=exit_code)
            yield output
        except BuildFailed as error:
            error.log = f"{output.decode(errors='replace')[-LOG_TAIL:]}\n{error.log}"
            raise
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _await_health(
        self, sandbox: Sandbox, manifest: Manifest, *, port: int, exit_code: Callable[[], str | None]
    ) -> None:
        """Return once the health page answers 200 and the app still runs: `exit_code` gives None until it ends."""
        # Most apps answer within a second; asking a slow one fifty times a second would only make it slower.
        problem, pause = "it did not answer", _POLL_FIRST_S
        try:
            async with asyncio.timeout(self._start_timeout_s):
                while problem := await self._health_problem(sandbox, manifest.health, port=port):
                    _refuse_ended(exit_code(), command=manifest.start)
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, _POLL_MOST_S)
        except TimeoutError as error:
            log = f"GET {manifest.health}: {problem}"
            raise BuildFailed(FailureCode.START_TIMED_OUT, log=log) from error
        # Another program in the sandbox may have answered on that port after this one ended.
        _refuse_ended(exit_code(), command=manifest.start)

    async def fetch(
        self,
        sandbox: Sandbox,
        path: str,
        *,
        port: int = APP_PORT,
        max_bytes: int = 1 << 20,
        timeout_s: float = _FETCH_TIMEOUT_S,
    ) -> AppAnswer:
        """GET a path of the app; redirects are answers. AppUnreachable when no answer comes or it is not HTTP."""
        # As it is written: a link that the app has on its pages is asked for with its own escapes.
        url = URL(f"http://127.0.0.1:{port}{path}", encoded=True)
        try:
            async with (
                asyncio.timeout(timeout_s),
                app_session(sandbox, port) as session,
                session.get(url, allow_redirects=False) as answer,
            ):
                return AppAnswer(answer.status, await _read_at_most(answer.content, max_bytes))
        except TimeoutError as error:
            raise AppUnreachable(f"no answer within {timeout_s:g} seconds") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise AppUnreachable(f"{type(error).__name__}: {error}") from error

    async def _health_problem(self, sandbox: Sandbox, path: str, *, port: int) -> str:
        """Why the app is not healthy yet; empty when it is."""
        try:
            answer = await self.fetch(sandbox, path, port=port, max_bytes=0)
        except AppUnreachable as error:
            return str(error)
        return "" if answer.status == 200 else f"status {answer.status}"


def _refuse_ended(exit_code: str | None, *, command: Sequence[str]) -> None:
    if exit_code is not None:
        log = f"$ {' '.join(command)}\nexit code {exit_code}"
        raise BuildFailed(FailureCode.START_FAILED, log=log)


async def _read_at_most(content: aiohttp.StreamReader, max_bytes: int) -> bytes:
    body = bytearray()
    while len(body) < max_bytes and (chunk := await content.read(max_bytes - len(body))):
        body += chunk
    return bytes(body)
