"""The first moments of a sandbox: from a started bubblewrap to an agent that answers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import Final

from app.adapters.sandboxes.local.channel import Channel
from app.adapters.sandboxes.local.launch import Launched, Launcher
from app.adapters.sandboxes.local.layout import Layout
from app.adapters.sandboxes.local.processes import in_thread
from app.ports.sandbox import SandboxGone, SandboxLimits
from app.supervision.process import ProcessKey, process_key

READY_TIMEOUT_S: Final = 20.0


class DidNotComeUp(Exception):
    """bubblewrap or the agent gave up; the text is what it said."""


@dataclass(frozen=True)
class Running:
    """A sandbox that answers."""

    process: subprocess.Popen[bytes]
    channel: Channel
    outer: ProcessKey
    inner: ProcessKey


async def come_up(launcher: Launcher, layout: Layout, limits: SandboxLimits) -> Running:
    """Start one and wait until it answers; raises DidNotComeUp."""
    launched = launcher.launch(layout, limits)
    channel = Channel(launched.control)
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            await channel.ready
        inner = process_key(json.loads(os.read(launched.info_fd, 4096))["child-pid"])
        outer = process_key(launched.process.pid)
        if inner is None or outer is None:
            raise SandboxGone("it ended at once")
    except BaseException as error:
        complaint = await _give_up(launched, channel)
        if isinstance(error, SandboxGone | TimeoutError):
            raise DidNotComeUp(complaint or str(error)) from error
        raise
    finally:
        os.close(launched.info_fd)
    if launched.process.stderr is not None:
        launched.process.stderr.close()
    return Running(launched.process, channel, outer, inner)


async def _give_up(launched: Launched, channel: Channel) -> str:
    # The group, since bubblewrap's child binds its life to its parent's only at the end of its own start.
    os.killpg(launched.process.pid, signal.SIGKILL)
    channel.close(lambda: SandboxGone("it did not come up"))
    _, complaint = await in_thread(launched.process.communicate)
    return complaint.decode(errors="replace")[-600:]
