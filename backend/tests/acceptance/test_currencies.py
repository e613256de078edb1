"""Apps whose currency has no smaller coins: amounts are whole, also those that checks type."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.blueprint.language.understanding import understand
from app.blueprint.spec import AppSpec
from tests.acceptance.whole_app import try_whole
from tests.blueprint.test_apps import installed

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
    await try_whole(spec, tmp_path, installed / ".venv")
