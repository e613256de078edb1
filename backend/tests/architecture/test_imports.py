"""The rooms of the house, as `pyproject.toml` draws them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_import_respects_the_rooms() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_room_has_its_place() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    stacked = next(contract for contract in contracts if contract["type"] == "layers")
    placed = {room.split(".")[1] for layer in stacked["layers"] for room in layer.split(" | ")}
    rooms = {
        path.stem for path in (ROOT / "backend" / "app").iterdir() if path.suffix == ".py" or has_modules(path)
    }
    assert rooms - {"__init__"} == placed


def has_modules(folder: Path) -> bool:
    return folder.is_dir() and any(folder.rglob("*.py"))
