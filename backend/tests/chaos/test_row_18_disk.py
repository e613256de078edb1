"""Row 18: a disk that is full, and a disk that refuses to keep what Postgres writes."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.core.ids import ProjectId
from app.domain.job import Job, JobStatus
from app.ports.storage import TreeDigest
from tests.chaos.site import (
    HostileRunner,
    Patience,
    Site,
    assert_told_well,
    listening_to_the_log,
    local_sandboxes,
    open_site,
)
from tests.chaos.test_row_08_09_postgres import Starter
from tests.support.chaos_report import Report
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants
from tests.support.instance import eventually

STARTS = 30


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[LocalSandboxRuntime]:
    async with local_sandboxes(tmp_path) as made:
        yield made


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Where a site of this folder keeps its versions, with room for few."""
    place = tmp_path / "versions"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True)
    if made.returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", place], check=True)


async def _built(site: Site, goal: str) -> Job:
    return await site.build(await site.accept(goal))


async def _files(site: Site, job: Job) -> dict[str, bytes]:
    assert job.digest is not None
    return dict(await site.tools.versions.files_of(ProjectId(job.project_id), TreeDigest(job.digest)))


def _fill(file: Path) -> None:
    """Leave no byte on its disk."""
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(b"x" * 4096):
            pass


@pytest.mark.nightly
@pytest.mark.row(18, "I2 I11")
async def test_row_18_a_full_disk_fails_the_build_clearly_and_harms_no_version(
    database_url: str, tmp_path: Path, runtime: LocalSandboxRuntime, small_disk: Path
) -> None:
    site_of = open_site(database_url, tmp_path, runtime=runtime, runner=HostileRunner(), patience=Patience())
    async with site_of as site:
        before = await _built(site, "An app")
        assert before.status is JobStatus.READY
        kept = await _files(site, before)
        filler = small_disk / "filler"
        _fill(filler)

        with listening_to_the_log() as log:
            refused = await _built(site, "Another app")

        assert_told_well(refused, log, code="disk_full")
        assert "disk of the machine is full" in str(refused.error_message)
        filler.unlink()
        assert await _files(site, before) == kept
        assert (await _built(site, "A third app")).status is JobStatus.READY


@contextmanager
def fsync_fails(pids: list[int], log: Path) -> Iterator[None]:
    """Each of these processes, and those they make, is told once that nothing could be kept on the disk."""
    tracer = shutil.which("strace")
    if tracer is None:
        pytest.skip("strace is not installed")
    which = "fsync,fdatasync"
    command = [tracer, "-f", "-o", str(log), "-e", f"trace={which}", "-e", f"inject={which}:error=EIO:when=1"]
    tracing = subprocess.Popen([*command, *(part for pid in pids for part in ("-p", str(pid)))])
    try:
        yield
    finally:
        tracing.send_signal(signal.SIGTERM)
        tracing.wait(20)


@pytest.mark.nightly
@pytest.mark.row(18, "I1 I13")
def test_row_18_a_disk_that_does_not_keep_a_commit_loses_no_accepted_start(
    make_fleet: Callable[..., Fleet], tmp_path: Path, report: Report
) -> None:
    fleet = make_fleet(lease_s=10)
    fleet.start()
    projects = [fleet.project() for _ in range(STARTS)]
    log = tmp_path / "strace.log"
    with fsync_fails(fleet.postgres_pids(), log):
        starter = Starter(fleet, projects)
        eventually(lambda: log.exists() and "INJECTED" in log.read_text(), within_s=60)
    if not fleet.postgres.alive:
        fleet.postgres.start()
    starter.join()

    assert fleet.await_end(starter.jobs, within_s=200) == ["ready"] * STARTS
    assert set(starter.statuses) <= {201, 503}
    assert starter.without_retry_after == 0
    report.figure("refused_meanwhile", starter.statuses[503])
    assert_invariants(fleet)
