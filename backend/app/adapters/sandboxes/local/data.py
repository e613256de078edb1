"""The data that apps keep between two sandboxes: a folder a job, whose content this process never opens."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path

from app.adapters.sandboxes.local.trees import remove_tree
from app.core.ids import JobId


class DataFolders:
    """The folders below `root`. What lies in them was made by hostile code: it is measured and removed only."""

    def __init__(self, root: Path, *, owner: int | None) -> None:
        self._root = root
        self._owner = owner

    def folder(self, job_id: JobId) -> Path:
        """The job's folder, made if need be."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._root / str(job_id)
        path.mkdir(mode=0o700, exist_ok=True)
        if self._owner is not None:
            os.chown(path, self._owner, self._owner, follow_symlinks=False)
        return path

    def jobs(self) -> list[JobId]:
        """The jobs that have a folder."""
        if not self._root.is_dir():
            return []
        job_ids = []
        for path in self._root.iterdir():
            with suppress(ValueError):
                job_ids.append(JobId(uuid.UUID(path.name)))
        return job_ids

    def remove(self, job_id: JobId) -> None:
        """Take a folder away; idempotent."""
        if self._root.is_dir():
            remove_tree(self._root / str(job_id))
