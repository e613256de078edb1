"""The port to the store that keeps the files of versions, outside every sandbox.

StorageError
├── SnapshotMissing   no such snapshot
├── SnapshotDamaged   what is stored does not match its digest
├── VersionSealed     the version names another tree already
└── StorageFull       the disk is full; nothing was changed
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import NewType, Protocol

from app.core.ids import JobId, ProjectId

TreeDigest = NewType("TreeDigest", str)
"""The digest of a whole source tree; equal trees have equal digests."""


class StorageError(Exception):
    """Base of what storage can raise."""


class SnapshotMissing(StorageError):
    """Nothing is stored under that name."""


class SnapshotDamaged(StorageError):
    """The stored files are not those that were stored."""


class VersionSealed(StorageError):
    """A version never changes, and this one is another tree."""


class StorageFull(StorageError):
    """There is no room left."""


class VersionStore(Protocol):
    """Snapshots of source trees by project and job. A snapshot of a stage may be replaced, a version never."""

    async def save(
        self, project_id: ProjectId, job_id: JobId, *, name: str, files: Mapping[str, bytes]
    ) -> TreeDigest:
        """Keep a whole tree under `name` ("scaffold", "code", ...) for this job. Same tree, same digest."""
        ...

    # Whole, since a build writes every file into its sandbox; what goes out to a founder is streamed.
    async def load(self, project_id: ProjectId, digest: TreeDigest) -> Mapping[str, bytes]:
        """The files of a tree, verified against its digest. SnapshotMissing, SnapshotDamaged."""
        ...

    def stream(self, project_id: ProjectId, digest: TreeDigest) -> AsyncGenerator[tuple[str, bytes], None]:
        """The files of `load` one by one in path order, so that a large tree is never held whole."""
        ...

    async def seal(self, project_id: ProjectId, digest: TreeDigest, *, version: str) -> None:
        """Name a tree as a version for good. Sealing the same tree again is fine, another is VersionSealed."""
        ...

    async def pack(self) -> None:
        """Have what the versions of a project share take up its room once; it may take seconds, and may wait."""
        ...

    async def remove(self, project_id: ProjectId) -> None:
        """Forget every snapshot and version of a project; idempotent."""
        ...
