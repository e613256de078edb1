"""Follows another name of a field or of a kind of record through the expressions and lists of a specification."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.designer.schema import Json

_TEXT: Final = re.compile(r'("(?:[^"\\]|\\.)*")')
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|\s+|[^\w\s]')


def follow_record(document: Json, old: str, new: str) -> None:
    """Speak of a kind of record by its new name wherever expressions or line forms speak of it."""
    for _, place, key in _expressions(document):
        place[key] = _rewritten(place[key], rf"\b{old}\b", new)
    for entity in document["entities"]:
        if entity.get("lines") == old:
            entity["lines"] = new


def follow_field(document: Json, record: str, old: str, new: str) -> None:
    """Speak of a field by its new name in its kind of record, and in sums and conditions over that kind."""
    (entity,) = (one for one in document["entities"] if one["name"] == record)
    others = [field["name"] for one in document["entities"] if one is not entity for field in one["fields"]]
    for owner, place, key in _expressions(document):
        place[key] = _with_field(place[key], owner, record, (old, new), is_only_one=old not in others)
    for move in entity["moves"]:
        move["asks"] = [new if name == old else name for name in move["asks"]]
        for assignment in move["sets"]:
            if assignment["field"] == old:
                assignment["field"] = new
    for right in entity["rights"]:
        right["fields"] = [new if name == old else name for name in right["fields"]]
    if entity.get("state") == old:
        entity["state"] = new
    if entity.get("order"):
        entity["order"] = re.sub(rf"^{old}\b", new, entity["order"])


def _rewritten(expression: str, pattern: str, new: str) -> str:
    """The expression with the name replaced outside its texts."""
    parts = _TEXT.split(expression)
    return "".join(part if part.startswith('"') else re.sub(pattern, new, part) for part in parts)


def _with_field(expression: str, owner: str, record: str, names: tuple[str, str], *, is_only_one: bool) -> str:
    """The expression with a field's new name where it is spoken of.

    A name alone belongs to the kind of record that the innermost sum around it is over. After a dot it is taken
    for the field only where no other kind of record has one of its name; the validator says when that was wrong.
    """
    old, new = names
    tokens = _TOKENS.findall(expression)
    scopes = [owner]
    written = []
    for place, token in enumerate(tokens):
        if token == "(":
            scopes.append(_summed(tokens[place + 1 :]) or scopes[-1])
        elif token == ")" and len(scopes) > 1:
            scopes.pop()
        follows_dot = place > 0 and tokens[place - 1] == "."
        is_it = token == old and (is_only_one if follows_dot else scopes[-1] == record)
        written.append(new if is_it else token)
    return "".join(written)


def _summed(tokens: list[str]) -> str | None:
    """The kind of record that the sum which these tokens begin is over; None where they are no sum."""
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if depth < 0:
            return None
        if depth == 0 and token[:1].isupper():
            return token
    return None


def _expressions(document: Json) -> Iterator[tuple[str, Json, str]]:
    """Every expression: the kind of record it is about, the part that holds it, and its key."""
    for entity in document["entities"]:
        yield from ((entity["name"], part, key) for part, key in _of_entity(entity))
    for rule in document["rules"]:
        yield from ((rule["entity"], rule, key) for key in ("condition", "when") if rule.get(key))


def _of_entity(entity: Json) -> Iterator[tuple[Json, str]]:
    yield from ((figure, "expression") for figure in entity["computed"])
    yield from ((field, "starts_as") for field in entity["fields"] if field.get("starts_as"))
    for move in entity["moves"]:
        yield from ((assignment, "value") for assignment in move["sets"])
    yield from ((part, "only_if") for part in (*entity["moves"], *entity["rights"]) if part.get("only_if"))
