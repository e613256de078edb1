"""A generated app as a build tries it: its own tests, then every check of the running app."""

from __future__ import annotations

import uuid
from pathlib import Path

from app.acceptance.live_checks import LiveChecks
from app.acceptance.regression import NOTHING
from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.app_runtime.app_host import AppHost
from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec
from app.core.ids import JobId
from app.domain.workspace import MANIFEST, Manifest
from app.ports.sandbox import SandboxRequest
from tests.blueprint.test_apps import finish


async def try_whole(spec: AppSpec, folder: Path, venv: Path) -> None:
    """Generate the app below `folder` and try it with the packages of `venv`; fails as a build does."""
    files = generate(spec)
    runtime = FakeSandboxRuntime(folder / "sandboxes")
    sandbox = await runtime.start(SandboxRequest(JobId(uuid.uuid4())))
    workspace = folder / "sandboxes" / sandbox.id
    (workspace / ".venv").symlink_to(venv)
    await sandbox.write_files({path: text.encode() for path, text in files.items()})
    manifest = Manifest.parse(files[MANIFEST].encode())
    try:
        for command in manifest.check:
            await finish(*command, cwd=workspace)
        host = AppHost(runtime, start_timeout_s=30)
        evidence = await LiveChecks(host, sandbox, manifest, spec, "build_v0_1", NOTHING).run()
    finally:
        await sandbox.kill()
    assert all(part["ok"] for part in evidence)
