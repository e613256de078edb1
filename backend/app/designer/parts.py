"""An answer that is longer than its provider lets one be, put together from several."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import from_json

from app.designer.printable import clean_line
from app.designer.schema import Json

MOST_PARTS: Final = 8
"""Answers that one design may come in; what is missing then is told as left out."""

_NAMES: Final = ("number", "name", "label", "action", "about", "question")
_LONGEST_NAME: Final = 60
_MOST_NAMES: Final = 80


def read_part(text: str) -> Json:
    """The members of an answer that was cut off which came as a whole: the part that was cut itself is dropped."""
    start = text.find("{")
    try:
        answer = from_json(text[max(start, 0) :], allow_partial=True)
    except ValueError:
        return {}
    if not isinstance(answer, dict):
        return {}
    _drop_cut(answer)
    return answer


def _drop_cut(answer: Json) -> None:
    """Take out the innermost part on the way to the end that could be found again: it may not be whole."""
    here: Any = answer
    cut_list: list[Any] | None = None
    can_be_found = True
    while isinstance(here, dict | list) and here:
        if isinstance(here, dict):
            here = here[next(reversed(here))]
            continue
        last = here[-1]
        if can_be_found and (isinstance(last, dict) or cut_list is None):
            cut_list = here
        can_be_found = can_be_found and isinstance(last, dict) and _name_of(last) is not None
        here = last
    if cut_list is not None:
        cut_list.pop()
    elif answer:
        _drop_last(answer)


def _drop_last(answer: Json) -> None:
    """Take out the innermost member at the end of an answer that holds no list there."""
    last = next(reversed(answer))
    inner = answer[last]
    if isinstance(inner, dict) and inner:
        _drop_last(inner)
    else:
        del answer[last]


def join(before: Mapping[str, Any], more: Mapping[str, Any]) -> Json:
    """An answer with what a later one adds: lists go on, a part of the same name is filled in."""
    joined = copy.deepcopy(dict(before))
    for key, value in more.items():
        joined[key] = _join_values(joined[key], value) if key in joined else copy.deepcopy(value)
    return joined


def _join_values(before: Any, more: Any) -> Any:  # Any: what JSON can hold
    if isinstance(before, dict) and isinstance(more, dict):
        return join(before, more)
    if not isinstance(before, list) or not isinstance(more, list):
        return before if more in (None, "", [], {}) else copy.deepcopy(more)
    joined = list(before)
    places = {_identity(part): place for place, part in enumerate(joined)}
    for part in more:
        place = places.get(_identity(part))
        if place is None:
            places[_identity(part)] = len(joined)
            joined.append(copy.deepcopy(part))
        elif isinstance(part, dict):
            joined[place] = join(joined[place], part)
    return joined


def _identity(part: Any) -> str:
    """Equal for two mentions of one part of a list."""
    if isinstance(part, dict):
        name = _name_of(part)
        if name is not None:
            return json.dumps([part.get("kind"), part.get("entity"), name], default=str)
    return json.dumps(part, sort_keys=True, default=str)


def _name_of(part: Mapping[str, Any]) -> Any:  # Any: what a model wrote
    return next((part[key] for key in _NAMES if part.get(key) not in (None, "")), None)


def outline_of(answer: Mapping[str, Any]) -> list[str]:
    """The parts of an answer by their names, a line for each list, for whoever is to go on with it."""
    return [f"{place}: {', '.join(names)}" for place, names in _lists_in(answer, "")]


def _lists_in(value: Mapping[str, Any], place: str) -> Iterator[tuple[str, list[str]]]:
    plain = [key for key, member in value.items() if not isinstance(member, dict | list)]
    if plain and not place.endswith("]"):
        yield place or "the answer", plain
    for key, member in value.items():
        inside = f"{place}.{key}".lstrip(".")
        if isinstance(member, dict):
            yield from _lists_in(member, inside)
        elif isinstance(member, list):
            yield inside, [_short_name(part) for part in member[:_MOST_NAMES]] or ["empty"]
            for part in member:
                if isinstance(part, dict) and key in ("entities", "tools"):
                    yield from _lists_in(part, f"{inside}[{_short_name(part)}]")


def _short_name(part: Any) -> str:
    name = part
    if isinstance(part, dict):
        name = _name_of(part)
        name = f"{part.get('kind')} {part.get('entity')}" if name is None else name
    return clean_line(name, longest=_LONGEST_NAME)
