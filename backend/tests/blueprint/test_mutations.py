"""An app that lost a rule, a figure, a move or a right does not pass its own tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.blueprint.generate import generate
from tests.support.specs import DESIGNER_SPECS

from .test_apps import finish, installed, lay_out
from .test_specified_apps import read

__all__ = ["installed"]
SPEC = next(path for path in DESIGNER_SPECS if path.stem == "prayer_wall")
TESTS = (".venv/bin/python", "-m", "pytest", "-x", "tests/test_rules.py", "tests/test_items.py")
ITEMS = {
    "a rule whose fields say all": r"^        Unique\(.*,$",
    "a rule with a condition": r"^        Ensure\(.*,$",
    "a figure": r"^        Field\('prayed', .*sql=.*,$",
    "a move": r"^        Move\('Close the request', .*,$",
    "a move that the app takes": r"^        Move\(.*automatic=True\),$",
    "a right": r"^        Right\('Member', sees='all', .*,$",
}


def without(schema: str, pattern: str) -> str:
    """The text of `schema.py` without the first line like this, and without its column."""
    line = re.search(pattern, schema, re.MULTILINE)
    assert line, f"nothing in the schema is like {pattern}"
    name = re.match(r"\s+Field\('(\w+)'", line[0])
    less = schema.replace(line[0] + "\n", "", 1)
    return less.replace(f", '{name[1]}'", "") if name else less


async def test_the_whole_app_passes(installed: Path, tmp_path: Path) -> None:
    folder = lay_out(generate(read(SPEC)), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    await finish(*TESTS, cwd=folder)


@pytest.mark.parametrize("item", ITEMS)
async def test_what_is_taken_out_is_missed(installed: Path, item: str, tmp_path: Path) -> None:
    files = generate(read(SPEC))
    folder = lay_out({**files, "app/schema.py": without(files["app/schema.py"], ITEMS[item])}, tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    with pytest.raises(AssertionError, match="1 failed"):
        await finish(*TESTS, cwd=folder)
