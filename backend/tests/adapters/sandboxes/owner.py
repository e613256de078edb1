"""Another process of the instance: owns a sandbox until it is killed, or ends the one that it is told to."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from pathlib import Path

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.core.ids import JobId, SandboxId
from app.ports.sandbox import SandboxRequest


async def main(root: Path, word: str) -> None:
    runtime = LocalSandboxRuntime(root=root, cache=root.with_name("cache"), environ=dict(os.environ))
    if word != "own":
        await runtime.kill(SandboxId(word))
        return
    sandbox = await runtime.start(SandboxRequest(JobId(uuid.uuid4()), network=False))
    server = "import socket\ns = socket.create_server(('127.0.0.1', 8080))\nprint('up', flush=True)\ns.accept()"
    await sandbox.run_command(["sh", "-c", "mkdir shut && touch shut/in && chmod 0 shut"])
    up = asyncio.Event()
    running = asyncio.create_task(
        sandbox.run_command(["python3", "-c", server], timeout_s=600, on_output=lambda _: up.set())
    )
    await up.wait()
    print(sandbox.id, flush=True)
    await running


asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
