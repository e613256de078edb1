"""The map of the house and the guide for contributors are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PATH = r"`((?:backend|docs)/[\w./*-]+)`"


def test_every_room_is_on_the_map() -> None:
    table = MAP.split("## Rooms")[1].split("## One request")[0]
    named = {
        name.removeprefix("backend/app/").split("/")[0].removesuffix(".py")
        for name in re.findall(r"`([a-z_/]+(?:\.py)?)`", table)
    }
    rooms = {
        path.stem
        for path in (ROOT / "backend" / "app").iterdir()
        if path.name not in ("__init__.py", "__pycache__")
    }
    assert rooms <= named


def test_a_room_uses_rooms_above_it_on_the_map() -> None:
    """But for the container, which the map tells of; names that are not of a room stand in what is generated."""
    table = MAP.split("## Rooms")[1].split("## One request")[0]
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    place = {
        name.removesuffix(".py"): number
        for number, row in enumerate(rows)
        for name in re.findall(r"`([a-z_/.]+)`", row)
    }
    upwards = {
        (room, used)
        for room, number in place.items()
        for path in sources_of(room)
        for used in re.findall(r"^ *(?:from|import) app\.(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if used in place and used != "container" and place[used] > number
    }
    assert len(place) > 25
    assert upwards == set()


def sources_of(room: str) -> list[Path]:
    app = ROOT / "backend" / "app"
    files = [app / f"{room}.py"] if (app / f"{room}.py").is_file() else list((app / room).rglob("*.py"))
    return [path for path in files if "starters" not in path.parts]


@pytest.mark.parametrize("page", [MAP, GUIDE], ids=["map", "guide"])
def test_every_path_begins_at_the_root_and_is_there(page: str) -> None:
    missing = [path for path in re.findall(PATH, page) if not any(ROOT.glob(path))]
    assert missing == []


def test_every_name_of_the_guide_stands_in_a_file_of_its_row() -> None:
    rows = [line for line in GUIDE.splitlines() if line.startswith("| ") and re.search(PATH, line)]
    assert len(rows) > 15
    missing = [
        f"{row.split(' |')[0]}: {name}"
        for row in rows
        for name in re.findall(r"`(\w+)[`(.]", row)
        if not any(re.search(rf"\b{name}\b", text) for text in texts_of(row))
    ]
    assert missing == []


def texts_of(row: str) -> list[str]:
    paths = [path for pattern in re.findall(PATH, row) for path in ROOT.glob(pattern)]
    return [path.read_text(encoding="utf-8") for path in paths if path.is_file()]


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name.split("-")[0] for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        assert int(re.findall(r"\d+", path.read_text("utf-8").splitlines()[0])[0]) == int(path.name[:4])


def test_the_glossary_has_twenty_words() -> None:
    rows = MAP.split("## Glossary")[1].strip().splitlines()[2:]
    assert len(rows) == 20
