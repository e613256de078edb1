"""The rooms of the house, as `pyproject.toml` draws them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_every_import_respects_the_rooms() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_room_has_its_place() -> None:
    stacked = next(contract for contract in CONTRACTS if contract["type"] == "layers")
    placed = {room.split(".")[1] for layer in stacked["layers"] for room in layer.split(" | ")}
    assert rooms() == placed


def test_whoever_may_name_an_adapter_is_listed() -> None:
    held = next(contract for contract in CONTRACTS if contract.get("forbidden_modules") == ["app.adapters"])
    others = {"adapters", "bootstrap", "models", "sandboxes", "supervisor", "processes", "bench"}
    assert rooms() - {room.split(".")[1] for room in held["source_modules"]} == others


def rooms() -> set[str]:
    places = (ROOT / "backend" / "app").iterdir()
    return {path.stem for path in places if path.suffix == ".py" or has_modules(path)} - {"__init__"}


def has_modules(folder: Path) -> bool:
    return folder.is_dir() and any(folder.rglob("*.py"))
