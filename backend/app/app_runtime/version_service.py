"""The files of versions: kept by stage, sealed as a version, and given back verified."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Final

from app.core.errors import AppError, NotFound, Unavailable
from app.core.ids import JobId, ProjectId
from app.domain.failure import BuildFailed, FailureCode
from app.domain.workspace import MAX_FILE_BYTES, UnsafePath
from app.ports.storage import (
    SnapshotDamaged,
    SnapshotMissing,
    StorageError,
    StorageFull,
    TreeDigest,
    VersionSealed,
    VersionStore,
)

_PICTURES: Final = "pictures"


class VersionDamaged(AppError):
    """The stored files of a version are not those that were stored, or the version names others already."""

    status, code, title = 500, "version_damaged", "The version is damaged"


class VersionService:
    """Stores and reads the files of versions. Every storage failure becomes a sentence."""

    def __init__(self, store: VersionStore) -> None:
        self._store = store

    async def snapshot(
        self, project_id: ProjectId, job_id: JobId, *, name: str, files: Mapping[str, str]
    ) -> TreeDigest:
        """Keep the files of a stage. BuildFailed `unusable_files` when they cannot be a workspace."""
        with _storage_errors():
            encoded = {path: _encode_file(path, text) for path, text in files.items()}
            return await self._store.save(project_id, job_id, name=name, files=encoded)

    async def keep_pictures(
        self, project_id: ProjectId, job_id: JobId, pictures: Mapping[str, bytes]
    ) -> TreeDigest:
        """Keep the screenshots of a version beside it."""
        with _storage_errors():
            return await self._store.save(project_id, job_id, name=_PICTURES, files=pictures)

    async def seal(self, project_id: ProjectId, digest: TreeDigest, *, version: str) -> None:
        """Make a kept tree the version's for ever."""
        with _storage_errors():
            await self._store.seal(project_id, digest, version=version)

    async def files_of(self, project_id: ProjectId, digest: TreeDigest) -> Mapping[str, bytes]:
        """The files of a tree, verified. NotFound, VersionDamaged, Unavailable."""
        with _storage_errors():
            return await self._store.load(project_id, digest)

    async def stream(self, project_id: ProjectId, digest: TreeDigest) -> AsyncGenerator[tuple[str, bytes], None]:
        """The same one by one, for what may be large."""
        with _storage_errors():
            async with aclosing(self._store.stream(project_id, digest)) as entries:
                async for entry in entries:
                    yield entry

    async def verify(self, project_id: ProjectId, digest: TreeDigest) -> None:
        """Read every file of a tree, and keep none. NotFound, VersionDamaged, Unavailable."""
        async for _ in self.stream(project_id, digest):
            pass

    async def pack(self) -> None:
        """Have what versions share take up its room once. Unavailable."""
        with _storage_errors():
            await self._store.pack()

    async def forget(self, project_id: ProjectId) -> None:
        """Remove all that is kept of a project that was deleted. Unavailable."""
        with _storage_errors():
            await self._store.remove(project_id)


def _encode_file(path: str, text: str) -> bytes:
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise UnsafePath(f"{path!r} does not hold valid text") from error
    if len(content) > MAX_FILE_BYTES:
        raise UnsafePath(f"{path!r} has {len(content)} bytes, more than the {MAX_FILE_BYTES} a file may have")
    return content


@contextlib.contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except UnsafePath as error:
        raise BuildFailed(FailureCode.UNUSABLE_FILES, log=str(error)) from error
    except SnapshotMissing as error:
        raise NotFound("The files of this version are not stored here.") from error
    except (SnapshotDamaged, VersionSealed) as error:
        raise VersionDamaged(
            "The stored files of this version are damaged.",
            remedy="Put a copy of the data directory back, or build the app again: its plan is kept.",
        ) from error
    except StorageFull as error:
        raise Unavailable(
            "The disk is full, so the app's files cannot be kept.", remedy="Make room on the disk.", retry_after=60
        ) from error
    except StorageError as error:
        raise Unavailable("The stored files cannot be reached now.") from error
