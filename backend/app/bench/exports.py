"""P16: the memory of the API while it sends a large version, beside `zip -1` of the same files."""

from __future__ import annotations

import asyncio
import http.client
import os
import threading
import time
import zipfile
from pathlib import Path
from typing import Final
from uuid import UUID

from app.adapters.storage.disk import DiskVersionStore
from app.bench.meter import Spent, own_memory_bytes
from app.bench.readings import Reading
from app.bench.requests import start_all
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage
from app.core.ids import JobId, ProjectId

FILE_BYTES: Final = 2_000_000
LOOK_S: Final = 0.02
PIECE_BYTES: Final = 65_536


def measure_exports(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P16."""
    house = stage.house()
    # What no compressor makes smaller: the archive is as large as the version.
    files = {f"pictures/{number:03}.bin": os.urandom(FILE_BYTES) for number in range(sizes.export_files)}
    with house.api() as api:
        small, large = (_keep(house, chosen) for chosen in (dict(list(files.items())[:1]), files))
        # The first export pays for what every later one finds there.
        _download(house, small)
        before, spent = own_memory_bytes(api), Spent(api=api)
        with _Peak(api) as peak:
            sent = _download(house, large)
        cpu = spent.stop()["api"]
    by_hand = _zip_by_hand(house.data.root / "by-hand.zip", files)
    note = f"{sent / 1e6:.0f} MB sent with {cpu:.1f} s of CPU, {cpu / by_hand:.1f}x of `zip -1` ({by_hand:.1f} s)"
    return [Reading("P16", (peak.bytes - before) / 1e6, note=note)]


def _keep(house: House, files: dict[str, bytes]) -> str:
    """A job that is ready with these files; its id."""
    [project] = house.new_projects(1)
    [job] = start_all(house, [project], clients=1)
    store = DiskVersionStore(house.data.versions)
    identity = ProjectId(UUID(project)), JobId(UUID(job["job_id"]))
    digest = asyncio.run(store.save(*identity, name="code", files=files))
    house.rows("UPDATE jobs SET status = 'ready', digest = %s WHERE id = %s", digest, job["job_id"])
    return str(job["job_id"])


def _download(house: House, job_id: str) -> int:
    """The bytes of the archive."""
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=120)
    connection.request("GET", f"/api/builds/{job_id}/export", headers={"Authorization": f"Bearer {house.token}"})
    answer = connection.getresponse()
    if answer.status != http.client.OK:
        raise OSError(f"The export answered {answer.status}: {answer.read(300)!r}")
    sent = 0
    while piece := answer.read(PIECE_BYTES):
        sent += len(piece)
    connection.close()
    return sent


class _Peak:
    """The most memory that a process had of its own while this was open."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._pid = pid
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._has_ended.wait(LOOK_S):
            self.bytes = max(self.bytes, own_memory_bytes(self._pid))


def _zip_by_hand(archive: Path, files: dict[str, bytes]) -> float:
    """CPU seconds that an archive of the same files takes, packed as fast as zip can."""
    began = time.process_time()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for path, content in files.items():
            target.writestr(path, content)
    return time.process_time() - began
