"""Apps from specifications in which much comes together are tried as a build tries them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.whole_app import try_whole
from tests.blueprint.test_apps import installed
from tests.blueprint.test_specified_apps import read
from tests.support.specs import SPECS

__all__ = ["installed"]
BY_NAME = {path.stem: path for path in SPECS}


@pytest.mark.parametrize("name", ["claims_desk", "greek_words", "paws_practice", "stone_estimates"])
async def test_the_app_is_found_to_be_as_its_plan_says(installed: Path, name: str, tmp_path: Path) -> None:
    await try_whole(read(BY_NAME[name]), tmp_path, installed / ".venv")
