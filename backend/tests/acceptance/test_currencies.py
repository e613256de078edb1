"""Apps whose currency has no smaller coins: amounts are whole, also those that checks type."""

from __future__ import annotations

import tomllib
import uuid
from pathlib import Path

import pytest

from app.acceptance.live_checks import LiveChecks
from app.acceptance.regression import NOTHING
from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.app_runtime.app_host import AppHost
from app.blueprint.generate import generate
from app.blueprint.language.understanding import understand
from app.blueprint.spec import AppSpec
from app.core.ids import JobId
from app.domain.workspace import MANIFEST, Manifest
from app.ports.sandbox import SandboxRequest
from tests.blueprint.test_apps import finish, installed

__all__ = ["installed"]

SPECS = Path(__file__).parents[1] / "specs"
CANOES = "A canoe hire: canoes, customers, hires from a day to a day with ID shown yes or no, prices in yen"
INVOICES = "An invoicing app for a translator: clients, invoices with lines, tax, amounts in yen"
SPECIFIED = ("bakery_orders", "designer/driving_school", "paint_calculator", "tuck_shop")


def in_yen(path: Path) -> AppSpec:
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    return AppSpec.model_validate(said | {"currency": "¥"})


@pytest.mark.parametrize("said", [CANOES, INVOICES, *SPECIFIED])
async def test_an_app_in_yen_passes_its_tests_and_its_checks(installed: Path, tmp_path: Path, said: str) -> None:
    spec = in_yen(SPECS / f"{said}.toml") if said in SPECIFIED else understand(said)
    assert spec.currency == "¥"
    files = generate(spec)
    runtime = FakeSandboxRuntime(tmp_path / "sandboxes")
    sandbox = await runtime.start(SandboxRequest(JobId(uuid.uuid4())))
    folder = tmp_path / "sandboxes" / sandbox.id
    (folder / ".venv").symlink_to(installed / ".venv")
    await sandbox.write_files({path: text.encode() for path, text in files.items()})
    manifest = Manifest.parse(files[MANIFEST].encode())
    try:
        for command in manifest.check:
            await finish(*command, cwd=folder)
        found = await LiveChecks(
            AppHost(runtime, start_timeout_s=30), sandbox, manifest, spec, "build_v0_1", NOTHING
        ).run()
    finally:
        await sandbox.kill()
    assert all(evidence["ok"] for evidence in found)
