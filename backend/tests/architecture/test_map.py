"""The map of the house and the guide for contributors are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_room_is_on_the_map() -> None:
    table = MAP.split("## Rooms")[1].split("## One request")[0]
    named = {name.split("/")[0].removesuffix(".py") for name in re.findall(r"`([a-z_/]+(?:\.py)?)`", table)}
    rooms = {
        path.stem
        for path in (ROOT / "backend" / "app").iterdir()
        if path.name not in ("__init__.py", "__pycache__")
    }
    assert rooms <= named


@pytest.mark.parametrize("page", [MAP, GUIDE], ids=["map", "guide"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    places = [ROOT, ROOT / "backend", ROOT / "backend" / "app", ROOT / "backend" / "app" / "blueprint"]
    places += [ROOT / "backend/app/blueprint/expressions", ROOT / "backend/app/blueprint/starters/starlette/app"]
    places += [ROOT / "backend/tests/blueprint", ROOT / "backend/app/queue"]
    named = {name for name in re.findall(r"`([\w./-]+\.(?:py|toml|md))`", page) if "*" not in name}
    missing = [name for name in sorted(named) if not any((place / name).exists() for place in places)]
    assert missing == []


def test_the_glossary_has_twenty_words() -> None:
    rows = MAP.split("## Glossary")[1].strip().splitlines()[2:]
    assert len(rows) == 20
