"""One writer of a project at a time, also when the project is removed while another waits."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

from app.adapters.storage.disk import DiskVersionStore
from app.core.ids import ProjectId


async def test_who_waited_while_a_project_was_removed_is_still_the_only_writer(tmp_path: Path) -> None:
    # Three processes, as far as a lock on an open file can tell.
    removing, waiting, late = (DiskVersionStore(tmp_path) for _ in range(3))
    project = ProjectId(uuid.uuid4())
    writers: list[str] = []

    async def write(store: DiskVersionStore, name: str) -> None:
        async with store._locked(project):
            writers.append(name)
            assert writers == [name]
            await asyncio.sleep(0.2)
            writers.remove(name)

    async with removing._locked(project):
        waiter = asyncio.create_task(write(waiting, "waiting"))
        await asyncio.sleep(0.1)
        (tmp_path / f"{project}.lock").unlink()
    await asyncio.sleep(0.05)
    await asyncio.gather(waiter, write(late, "late"))
