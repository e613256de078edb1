"""Apps from specifications written by hand: each is generated, and its own tests try every part of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec
from app.domain.workspace import MANIFEST, Manifest
from tests.support.specs import SPECS

from .test_apps import finish, installed, lay_out

__all__ = ["installed"]


def read(path: Path) -> AppSpec:
    return AppSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
async def test_the_app_passes_its_own_tests(installed: Path, path: Path, tmp_path: Path) -> None:
    folder = lay_out(generate(read(path)), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    for command in Manifest.parse((folder / MANIFEST).read_text()).check:
        await finish(*command, cwd=folder)
