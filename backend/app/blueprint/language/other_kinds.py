"""Goals for another kind of app than lists of records: games, calculators, landing pages, chats, maps."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from app.blueprint.language.reading import GoalUnreadable
from app.blueprint.language.refusing import other_kind


def refuse_other_kinds(goal: str) -> None:
    """GoalUnreadable when the goal itself, not a detail of it, is an app that keeps no records."""
    first = re.split(r"[.;:!?\n]", goal.strip(), maxsplit=1)[0]
    for pattern, what in _kinds():
        if pattern.search(first):
            raise GoalUnreadable(other_kind(what))


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], str], ...]:
    """How such a goal begins, and what the app would be."""
    table = tomllib.loads((files(__package__) / "data" / "other_kinds.toml").read_text(encoding="utf-8"))
    opening = str(table["opening"])
    return tuple(
        (re.compile(opening.format(kind=pattern), re.IGNORECASE), str(what))
        for pattern, what in table["kinds"].items()
    )
