"""P12 and P13: how soon a cancelled build's processes are gone, and how soon a killed worker's build goes on."""

from __future__ import annotations

import asyncio
import subprocess
import time
from contextlib import ExitStack
from typing import Any, Final

import psutil

from app.bench.http import post, send_all
from app.bench.meter import percentile
from app.bench.readings import Reading
from app.bench.requests import start_all
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage, wait_until
from app.core.settings import Settings
from app.ports.sandbox import SandboxUnavailable
from app.sandboxes import sandbox_runtime

HOLD_S: Final = 1.0
_EVENTS: Final = "SELECT seq, extract(epoch FROM at) FROM job_events WHERE job_id = %s ORDER BY seq DESC LIMIT 1"


def why_no_sandbox(house: House) -> str:
    """Why this machine makes no sandboxes; nothing when it does."""
    try:
        asyncio.run(sandbox_runtime(Settings(data_dir=house.data.root)).probe())
    except SandboxUnavailable as error:
        return str(error)
    return ""


def measure_cancels(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P12."""
    house = stage.house()
    if why := why_no_sandbox(house):
        return [Reading("P12", None, note=f"no sandbox can be made here: {why}")]
    with house.api(), house.worker("--sandboxes") as worker:
        seconds = [_time_cancel(house, worker.pid) for _ in range(sizes.cancels)]
    note = f"p50 {percentile(seconds, 0.5):.2f} s of {len(seconds)} cancelled installs"
    return [Reading("P12", percentile(seconds, 0.95), note=note)]


def _time_cancel(house: House, worker: int) -> float:
    """Seconds from the request to the end of the last process in the sandbox."""
    owner = psutil.Process(worker)
    # Only what comes after this is of the build.
    before = set(owner.children(recursive=True))
    [job] = start_all(house, house.new_projects(1), clients=1)
    wait_until(lambda: _has_status(house, job, "deps"), "an install")
    wait_until(lambda: any(map(_is_install, owner.children(recursive=True))), "its command")
    inside = set(owner.children(recursive=True)) - before
    began = time.monotonic()
    send_all(house.port, [post(f"/api/generation/{job['job_id']}/cancel", house.token, {})], clients=1)
    wait_until(lambda: not any(map(_still_runs, inside)), "the end of the sandbox", every_s=0.005)
    return time.monotonic() - began


def _has_status(house: House, job: dict[str, Any], status: str) -> bool:
    return bool(house.rows("SELECT 1 FROM jobs WHERE id = %s AND status = %s", job["job_id"], status))


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _is_install(process: psutil.Process) -> bool:
    """True for the install of `RunnerSlow`, which only a kill ends."""
    return "time.sleep" in " ".join(_command_of(process))


def _still_runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def measure_kills(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P13."""
    house = stage.house()
    flags, lease = ("--hold", str(HOLD_S)), {"lease_s": str(sizes.lease_s)}
    with ExitStack() as stack:
        stack.enter_context(house.api())
        workers = [stack.enter_context(house.worker(*flags, name=f"worker-{n}", **lease)) for n in range(2)]
        seconds = []
        for turn in range(sizes.kills):
            if turn:
                workers.append(stack.enter_context(house.worker(*flags, name=f"worker-{turn + 1}", **lease)))
            seconds.append(_time_kill(house, workers))
    beyond = max(seconds) - sizes.lease_s
    note = f"{min(seconds):.1f} to {max(seconds):.1f} s in {len(seconds)} kills, with a lease of {sizes.lease_s} s"
    return [Reading("P13", beyond, note=note)]


def _time_kill(house: House, workers: list[subprocess.Popen[bytes]]) -> float:
    """Seconds from the end of the worker to the next event of its build."""
    [job] = start_all(house, house.new_projects(1), clients=1)
    wait_until(lambda: _has_status(house, job, "code"), "the code")
    [(owner,)] = house.rows("SELECT owner FROM jobs WHERE id = %s", job["job_id"])
    # A worker is called by its machine, its process and a few letters by chance.
    pid = int(owner.rsplit("-", 2)[1])
    doomed = next(worker for worker in workers if worker.pid == pid)
    # Into the middle of its work, so that the next event is the new owner's.
    time.sleep(HOLD_S / 2)
    doomed.kill()
    doomed.wait()
    killed = time.time()
    [(last_seq, _)] = house.rows(_EVENTS, job["job_id"])
    wait_until(lambda: house.rows(_EVENTS, job["job_id"])[0][0] > last_seq, "the next event", every_s=0.02)
    ask = "SELECT extract(epoch FROM at) FROM job_events WHERE job_id = %s AND seq = %s"
    away_s = house.number(ask, job["job_id"], last_seq + 1) - killed
    wait_until(lambda: _has_status(house, job, "ready"), "the end of the build")
    return away_s
