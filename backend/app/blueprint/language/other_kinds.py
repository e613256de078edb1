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
    first_sentence = re.split(r"[.;:!?\n]", goal.strip(), maxsplit=1)[0]
    for pattern, what in _patterns_by_kind():
        if pattern.search(first_sentence):
            raise GoalUnreadable(other_kind(what))


@cache
def _patterns_by_kind() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The opening words of such a goal, and the app that it would be."""
    table = tomllib.loads((files(__package__) / "data" / "other_kinds.toml").read_text(encoding="utf-8"))
    opening = str(table["opening"])
    return tuple(
        (re.compile(opening.format(kind=pattern), re.IGNORECASE), str(what))
        for pattern, what in table["kinds"].items()
    )
