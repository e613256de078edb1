"""The records of a version's app: saved as one file, put back, and taken along to the version that grows from it.

Only commands in a sandbox open the files, since what lies in them was written by code that nobody trusts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from app.app_runtime.app_host import AppHost
from app.app_runtime.build_sandbox import read_manifest
from app.app_runtime.version_service import VersionService
from app.core.errors import AppError, Conflict, InvalidInput, NotFound, PayloadTooLarge, Unavailable
from app.core.ids import JobId
from app.domain.failure import BuildFailed
from app.domain.job import Job
from app.domain.workspace import Manifest
from app.guest import records
from app.guest.records import PIECE_BYTES
from app.ports.sandbox import Sandbox, SandboxError, SandboxRequest, SandboxRuntime
from app.ports.storage import TreeDigest

log = structlog.get_logger(__name__)

MAX_DATA_BYTES: Final = 500_000_000
_KEEPER: Final = ".records/keeper.py"
_SCRIPT: Final = Path(records.__file__)
_WHOLE: Final = ".records/whole.db"
_COMMAND_S: Final = 120.0
_AT_MOST_S: Final = 1_800.0
# Each copy is made in a sandbox of its own, beside the builds.
_AT_ONCE: Final = 4
_NOTE_LENGTH: Final = 400


class NoData(NotFound):
    code, title = "no_data", "This version has no records"


class DataRefused(InvalidInput):
    """The file that was sent cannot become the app's records; what was there is unchanged."""

    code, title = "data_refused", "These records cannot be used"


class DataTooLarge(PayloadTooLarge):
    code, title = "data_too_large", "The records are too large"


class DataUnreadable(Conflict):
    code, title = "data_unreadable", "The records cannot be read"


@dataclass(frozen=True)
class Records:
    """The records of an app: rows by table, and its notes on taking them over from an older shape."""

    rows: Mapping[str, int]
    notes: tuple[str, ...]


class Backup:
    """A consistent copy of an app's records, taken out piece by piece; closed when it was read or is given up."""

    def __init__(self, sandbox: Sandbox, *, size: int, pieces: int) -> None:
        self.size = size
        """In bytes."""
        self._sandbox = sandbox
        self._pieces = pieces

    async def read(self) -> AsyncGenerator[bytes, None]:
        """The bytes of one SQLite file."""
        try:
            for number in range(self._pieces):
                yield await self._sandbox.read_file(f".records/out-{number:06}", max_bytes=PIECE_BYTES)
        finally:
            await self.close()

    async def close(self) -> None:
        """Let go of the copy."""
        await self._sandbox.kill()


class AppData:
    """Saves, restores and hands on the records of apps."""

    def __init__(self, runtime: SandboxRuntime, host: AppHost, versions: VersionService) -> None:
        self._runtime = runtime
        self._host = host
        self._versions = versions
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def backup(self, job: Job) -> Backup:
        """A copy of the records as they are now. NoData, DataTooLarge, DataUnreadable, Unavailable."""
        async with self._room, _storage_errors():
            sandbox = await self._open_sandbox(job.id, purpose="backup")
            try:
                copied = await self._run_records_program(sandbox, "out", str(MAX_DATA_BYTES), _mark_of(job))
            except BaseException:
                await sandbox.kill()
                raise
            # From here on the copy owns its sandbox, and ends it.
            return Backup(sandbox, size=int(copied["bytes"]), pieces=int(copied["pieces"]))

    async def has_any(self, job_id: JobId) -> bool:
        """True when something is kept for this version."""
        return job_id in await self._runtime.list_data()

    async def kept_jobs(self) -> Collection[JobId]:
        """The versions that something is kept for."""
        return await self._runtime.list_data()

    async def forget(self, job_ids: Collection[JobId]) -> None:
        """Remove the records of these versions for good; a preview of theirs that is open is asleep then."""
        async with _storage_errors():
            for sandbox_id, job_id in (await self._runtime.list_ids()).items():
                if job_id in job_ids:
                    await self._runtime.kill(sandbox_id)
            for job_id in job_ids:
                await self._runtime.remove_data(job_id)

    async def carry(self, parent: Job, to: JobId) -> bool:
        """Begin a version with a copy of another's records, unless it has some; False when there are none.

        Repeating it after a crash is safe: records that are there are complete, and are left alone.
        """
        if not await self.has_any(parent.id):
            return False
        async with self._start_sandbox(to, purpose="carry") as target:
            if (await self._run_records_program(target, "there"))["there"]:
                return True
            try:
                backup = await self.backup(parent)
            except NoData:
                return False
            await self._send_file(target, backup.read())
            await self._run_records_program(target, "begin")
        return True

    async def look(self, job_id: JobId) -> Records:
        """The records as they are now. NoData, DataUnreadable."""
        async with self._start_sandbox(job_id, purpose="look") as sandbox:
            return _records_of(await self._run_records_program(sandbox, "look"))

    async def restore(self, job: Job, content: AsyncIterator[bytes]) -> Records:
        """Make this file the records of a version, also of one whose preview is open.

        The version's own app has to start on it first; until then, and when anything fails, the old records stay.
        DataRefused, DataTooLarge, DataUnreadable, Unavailable.
        """
        files = await self._versions.files_of(job.project_id, TreeDigest(job.digest or ""))
        async with self._start_sandbox(job.id, purpose="restore", files=files) as sandbox:
            await self._send_file(sandbox, content)
            await self._run_records_program(sandbox, "join")
            await self._run_records_program(sandbox, "fits", _mark_of(job))
            await self._try_out(sandbox, read_manifest(files))
            return _records_of(await self._run_records_program(sandbox, "put"))

    async def _try_out(self, sandbox: Sandbox, manifest: Manifest) -> None:
        """Have the app open the file; it brings an older one to its own shape by that."""
        try:
            await self._host.install(sandbox, manifest)
            await self._host.start(sandbox, manifest, env={"DATABASE_PATH": _WHOLE, "EXAMPLE_DATA": "no"})
        except BuildFailed as error:
            raise DataRefused(
                "The app does not start with this file, so its records were left as they are.",
                remedy="Choose a file that was saved from this app.",
            ) from error

    async def _send_file(self, sandbox: Sandbox, content: AsyncIterator[bytes]) -> None:
        piece, number, total = bytearray(), 0, 0
        async for chunk in content:
            piece += chunk
            total += len(chunk)
            if total > MAX_DATA_BYTES:
                raise DataTooLarge(f"Records may have at most {MAX_DATA_BYTES:,} bytes.")
            while len(piece) >= PIECE_BYTES:
                await sandbox.write_files({f".records/in-{number:06}": bytes(piece[:PIECE_BYTES])})
                del piece[:PIECE_BYTES]
                number += 1
        await sandbox.write_files({f".records/in-{number:06}": bytes(piece)})

    async def _open_sandbox(
        self, job_id: JobId, *, purpose: str, files: Mapping[str, bytes] | None = None
    ) -> Sandbox:
        # Only a restore installs and starts the app; the other commands need no packages and no way out.
        request = SandboxRequest(
            job_id, purpose=purpose, network=files is not None, with_venv=files is not None, keeps_data=True
        )
        sandbox = await self._host.open(request, {**(files or {}), _KEEPER: _SCRIPT.read_bytes()})
        await sandbox.set_timeout(_AT_MOST_S)
        return sandbox

    @asynccontextmanager
    async def _start_sandbox(
        self, job_id: JobId, *, purpose: str, files: Mapping[str, bytes] | None = None
    ) -> AsyncIterator[Sandbox]:
        async with _storage_errors():
            sandbox = await self._open_sandbox(job_id, purpose=purpose, files=files)
            try:
                yield sandbox
            finally:
                await sandbox.kill()

    async def _run_records_program(self, sandbox: Sandbox, *words: str) -> Mapping[str, Any]:
        # Isolated, since the app may have left a `json.py` of its own where the program runs.
        result = await sandbox.run_command(["python3", "-I", "-S", _KEEPER, *words], timeout_s=_COMMAND_S)
        try:
            answer = json.loads(result.output)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            # The program prints an object whatever it finds, so other output means that reading the file ended it.
            answer = {"problem": "damaged", "detail": result.output[-200:]}
        if problem := answer.get("problem"):
            log.warning("records_problem", asked=words[0], problem=problem, detail=answer.get("detail"))
            raise _PROBLEMS.get(problem, _data_unreadable)()
        return answer


def _mark_of(job: Job) -> str:
    """The mark of a project's saved records: a number that SQLite keeps in the file, never 0."""
    # `PRAGMA application_id` holds 32 bits with a sign, and reads 0 in a file that nobody has marked.
    return str(job.project_id.int % (2**31 - 1) + 1)


def _records_of(answer: Mapping[str, Any]) -> Records:
    """The records as the app tells them, cut to a size that can be kept and shown."""
    rows = {str(name)[:60]: int(count) for name, count in answer["rows"].items()}
    return Records(rows, tuple(str(note)[:_NOTE_LENGTH] for note in answer["notes"]))


def _no_data() -> AppError:
    return NoData("This version's app has no records yet.", remedy="Open its preview once, then try again.")


def _too_large() -> AppError:
    return DataTooLarge(f"The records have more than {MAX_DATA_BYTES:,} bytes.")


def _app_busy() -> AppError:
    return Unavailable("The app is writing to its records right now.", remedy="Try again in a moment.")


def _data_refused() -> AppError:
    return DataRefused("This is not a sound SQLite file.", remedy="Choose a file that `data backup` has written.")


def _foreign_data() -> AppError:
    return DataRefused(
        "This file holds the records of another app, so those of this one were left as they are.",
        remedy="Choose a file that was saved from this app.",
    )


def _copy_failed() -> AppError:
    return Unavailable("The records could not be copied; the disk may be full.", remedy="Try again in a moment.")


def _data_unreadable() -> AppError:
    return DataUnreadable("The file of records is damaged.", remedy="Restore an earlier backup.")


_PROBLEMS: Final = {
    "none": _no_data,
    "too_large": _too_large,
    "busy": _app_busy,
    "refused": _data_refused,
    "foreign": _foreign_data,
    "damaged": _data_unreadable,
    "failed": _copy_failed,
}


@asynccontextmanager
async def _storage_errors() -> AsyncIterator[None]:
    try:
        yield
    except SandboxError as error:
        raise Unavailable("The place where records are looked at stopped working. Try again.") from error
