"""Apps as designers said them, each with something that once was valid and could not be built.

The courier's link is written by a step alone and counted by a rule; readings of the cold chain never change, and
the app fills in when they were taken; who sits for whom is asked for by the form of changes alone; an offer of an
allotment lapses by itself before somebody accepts it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from app.blueprint.spec import AppSpec
from tests.acceptance.whole_app import try_whole
from tests.blueprint.test_apps import installed

__all__ = ["installed"]

DESIGNS = sorted((Path(__file__).parent / "designs").glob("*.json"))


@pytest.mark.parametrize("design", DESIGNS, ids=lambda path: path.stem)
async def test_what_a_designer_says_becomes_an_app(installed: Path, tmp_path: Path, design: Path) -> None:
    spec = AppSpec.model_validate_json(design.read_text(encoding="utf-8"))
    await try_whole(spec, tmp_path, installed / ".venv")
