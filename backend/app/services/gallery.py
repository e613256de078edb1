"""Finished plans to start from: specifications by hand, or by a designer, each of them tried as an app."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from app.blueprint.spec import AppSpec
from app.core.errors import NotFound

_PACKAGE: Final = Path(__file__).resolve().parents[1]
# A wheel carries a copy of the folder; a checkout has it once, where each of them is built and used by a test.
_FOLDERS: Final = (_PACKAGE / "gallery", _PACKAGE.parent / "tests" / "specs")


@dataclass(frozen=True)
class Example:
    """A plan by its name in addresses."""

    name: str
    spec: AppSpec


@cache
def examples() -> tuple[Example, ...]:
    """Every plan of the gallery, by title."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    files = sorted(folder.rglob("*.toml")) if folder is not None else []
    gallery = [
        Example(file.stem, AppSpec.model_validate(tomllib.loads(file.read_text("utf-8")))) for file in files
    ]
    return tuple(sorted(gallery, key=lambda example: example.spec.title))


def example_named(name: str) -> Example:
    """One of them. NotFound."""
    match = next((example for example in examples() if example.name == name), None)
    if match is None:
        raise NotFound("There is no such plan in the gallery.")
    return match
