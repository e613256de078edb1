"""Specifications written by hand: those of the tests and those that designers are shown as examples."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BACKEND: Final = Path(__file__).parents[2]
SPECS: Final = sorted(
    [*(BACKEND / "tests/specs").glob("*.toml"), *(BACKEND / "app/blueprint/contract/examples").glob("*.toml")],
    key=lambda path: path.stem,
)
DESIGNER_SPECS: Final = sorted((BACKEND / "tests/specs/designer").glob("*.toml"))
"""The plans that a designer wrote for fourteen goals."""
