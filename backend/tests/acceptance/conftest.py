from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.acceptance import Candidate, CheckReport, ParentVersion, run_checks
from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.app_runtime.app_host import AppHost
from app.blueprint.spec import AppSpec
from app.core.ids import JobId
from app.domain.workspace import MANIFEST, Manifest
from app.ports.sandbox import SandboxRequest
from tests.acceptance.shop import Files, RunChecks, archive_of, no_preview, ready, shop


@pytest.fixture
async def check_app(tmp_path: Path) -> AsyncIterator[RunChecks]:
    """Runs the acceptance checks on a workspace; what the previous version was, and the archive, can be given."""
    runtime = FakeSandboxRuntime(tmp_path / "sandboxes")
    sandbox = await runtime.start(SandboxRequest(JobId(uuid.uuid4())))

    async def run(
        files: Files, *, spec: AppSpec | None = None, parent: ParentVersion | None = None, archive: bytes = b""
    ) -> CheckReport:
        await sandbox.write_files(files)
        app = Candidate(
            sandbox=sandbox,
            manifest=Manifest.parse(files[MANIFEST]),
            files=files,
            spec=spec or shop(),
            version="build_v0_2",
            archive=archive or await archive_of(files),
            parent=parent,
            with_pictures=False,
        )
        return await run_checks(AppHost(runtime, start_timeout_s=8), lambda: ready(app), preview=no_preview)

    yield run
    await sandbox.kill()
