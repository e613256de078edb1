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
from app.bench.stage import House, Stage, until
from app.core.settings import Settings
from app.ports.sandbox import SandboxUnavailable
from app.sandboxes import sandbox_runtime

HOLD_S: Final = 1.0
_EVENTS: Final = "SELECT seq, extract(epoch FROM at) FROM job_events WHERE job_id = %s ORDER BY seq DESC LIMIT 1"


def no_sandbox(house: House) -> str:
    """Why this machine makes no sandboxes; nothing when it does."""
    try:
        asyncio.run(sandbox_runtime(Settings(data_dir=house.data.root)).probe())
    except SandboxUnavailable as error:
        return str(error)
    return ""


def cancels(stage: Stage, sizes: Sizes) -> list[Reading]:
    """P12."""
    house = stage.house()
    if why := no_sandbox(house):
        return [Reading("P12", None, note=f"no sandbox can be made here: {why}")]
    with house.api(), house.worker("--sandboxes") as worker:
        found = [_cancel(house, worker.pid) for _ in range(sizes.cancels)]
    note = f"p50 {percentile(found, 0.5):.2f} s of {len(found)} cancelled installs"
    return [Reading("P12", percentile(found, 0.95), note=note)]


def _cancel(house: House, worker: int) -> float:
    """Seconds from the request to the end of the last process in the sandbox."""
    owner = psutil.Process(worker)
    before = set(owner.children(recursive=True))
    [job] = start_all(house, house.new_projects(1), clients=1)
    until(lambda: _has(house, job, "deps"), "an install")
    until(
        lambda: any("time.sleep" in " ".join(_words(one)) for one in owner.children(recursive=True)), "its command"
    )
    inside = set(owner.children(recursive=True)) - before
    began = time.monotonic()
    send_all(house.port, [post(f"/api/generation/{job['job_id']}/cancel", house.token, {})], clients=1)
    until(lambda: not any(map(_runs, inside)), "the end of the sandbox", every_s=0.005)
    return time.monotonic() - began


def _has(house: House, job: dict[str, Any], status: str) -> bool:
    return bool(house.rows("SELECT 1 FROM jobs WHERE id = %s AND status = %s", job["job_id"], status))


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kills(stage: Stage, sizes: Sizes) -> list[Reading]:
    """P13."""
    house = stage.house()
    flags, lease = ("--hold", str(HOLD_S)), {"lease_s": str(sizes.lease_s)}
    with ExitStack() as stack:
        stack.enter_context(house.api())
        workers = [stack.enter_context(house.worker(*flags, name=f"worker-{n}", **lease)) for n in range(2)]
        found = []
        for turn in range(sizes.kills):
            if turn:
                workers.append(stack.enter_context(house.worker(*flags, name=f"worker-{turn + 1}", **lease)))
            found.append(_kill(house, workers))
    beyond = max(found) - sizes.lease_s
    note = f"{min(found):.1f} to {max(found):.1f} s in {len(found)} kills, with a lease of {sizes.lease_s} s"
    return [Reading("P13", beyond, note=note)]


def _kill(house: House, workers: list[subprocess.Popen[bytes]]) -> float:
    """Seconds from the end of the worker to the next event of its build."""
    [job] = start_all(house, house.new_projects(1), clients=1)
    until(lambda: _has(house, job, "code"), "the code")
    [(owner,)] = house.rows("SELECT owner FROM jobs WHERE id = %s", job["job_id"])
    pid = int(owner.rsplit("-", 2)[1])
    doomed = next(worker for worker in workers if worker.pid == pid)
    time.sleep(HOLD_S / 2)
    doomed.kill()
    doomed.wait()
    killed = time.time()
    [(seen, _)] = house.rows(_EVENTS, job["job_id"])
    until(lambda: house.rows(_EVENTS, job["job_id"])[0][0] > seen, "the next event", every_s=0.02)
    first = "SELECT extract(epoch FROM at) FROM job_events WHERE job_id = %s AND seq = %s"
    again = house.number(first, job["job_id"], seen + 1) - killed
    until(lambda: _has(house, job, "ready"), "the end of the build")
    return again
