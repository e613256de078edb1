"""Whatever a model writes, and wherever: it is refused with its place, or kept as text that does no harm."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from app.designer.brief import brief_of
from app.designer.clauses import clauses_of, unmentioned, wishes_of
from app.designer.drafts import complete, read_draft
from tests.support.designs import POOL_GOAL, pool

HOSTILE: Final[dict[str, Any]] = {
    "markup": "<script>alert(1)</script>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "statement": "'; DROP TABLE users; --",
    "path": "../../etc/passwd",
    "huge": "x" * 100_000,
    "controls": "a\x00b\x1b[31m\x07",
    "direction": "\u202egnp.exe\u2066",
    "half a character": "\ud800",
    "lines": "one\n\n# Rules\ntwo",
    "separator": "one\u2028two",
    "blank": "   ",
    "number": -1e308,
    "truth": True,
    "nothing": None,
    "list": [],
    "object": {"a": {"b": {}}},
    "many": ["x"] * 5_000,
}
MUST_NOT_BE: Final = [chr(code) for code in (0, 7, 27, 0x202E, 0x2066, 0xD800, 0x2028)]

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path to every member of every object and list."""
    members: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    for name, member in members:
        yield (*path, name)
        yield from paths(member, (*path, name))


def replaced(value: Any, path: Path, by: Any) -> Any:
    changed = copy.deepcopy(value)
    target = changed
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = by
    return changed


def of_each_kind() -> list[Path]:
    """One path for each chain of names: a second entry of a list is no other place."""
    found: dict[Path, Path] = {}
    for path in paths(pool()):
        found.setdefault(tuple(name for name in path if isinstance(name, str)), path)
    return list(found.values())


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for member in members:
        yield from texts(member)


def make_of(answer: dict[str, Any]) -> list[Any]:
    """All that is kept and shown of an answer."""
    clauses = clauses_of(POOL_GOAL)
    draft = read_draft(answer["spec"], goal=POOL_GOAL, engine="model")
    written = answer["clauses"]
    accounts = [entry for entry in written if isinstance(entry, dict)] if isinstance(written, list) else []
    unmentioned(clauses, accounts)
    made: list[Any] = [brief_of(answer), [str(fault) for fault in draft.faults]]
    if draft.spec is not None:
        wishes = wishes_of(clauses, accounts, draft.spec)
        places = [fault.place for fault in draft.faults]
        made.append(complete(draft.spec, wishes=wishes, confidence=1, left=places).model_dump(mode="json"))
    return made


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_beside_the_specification_breaks_what_is_made_of_an_answer(name: str) -> None:
    beside = [path for path in of_each_kind() if path[0] != "spec"]
    assert len(beside) > 10
    for path in beside:
        assert_harmless(make_of(replaced(pool(), path, HOSTILE[name])), path)


@pytest.mark.parametrize("name", ["markup", "huge", "controls", "direction", "half a character", "object"])
def test_nothing_in_the_specification_breaks_what_is_made_of_it(name: str) -> None:
    within = [path for path in of_each_kind() if path[0] == "spec"]
    assert len(within) > 20
    for path in within[1:]:
        assert_harmless(make_of(replaced(pool(), path, HOSTILE[name])), path)


def assert_harmless(made: Any, path: Path) -> None:
    for text in texts(made):
        assert not [mark for mark in MUST_NOT_BE if mark in text], (path, text[:80])
    json.dumps(made, ensure_ascii=False).encode()
