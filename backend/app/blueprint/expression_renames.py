"""Follows renamed kinds of record and fields through the expressions of a specification that is not valid yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lark import Token, Tree

from app.blueprint.expressions.faults import Fault
from app.blueprint.expressions.parser import tree_of
from app.blueprint.spec import AppSpec

Raw = dict[str, Any]
_AROUND: Final = ("this", "me", "id", "none")


@dataclass(frozen=True)
class Renaming:
    """What is called otherwise now, and where links led before; every key is an old name."""

    links: Mapping[str, Mapping[str, str | None]]
    people: Sequence[str]
    entities: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def step(self, entity: str, name: str) -> tuple[str, str | None]:
        """The new name of a field or figure, and the kind of record that it leads to."""
        known, renamed = self.links.get(entity, {}), self.fields.get(entity, {})
        old = name if name in known else next((old for old, new in renamed.items() if new == name), name)
        return renamed.get(name, name), known.get(old)


def renaming_of(
    base: AppSpec | Raw, entities: Mapping[str, str], fields: Mapping[str, Mapping[str, str]]
) -> Renaming:
    """The renaming of a specification's parts."""
    raw = base if isinstance(base, dict) else base.model_dump(include={"entities", "roles"})
    links: dict[str, dict[str, str | None]] = {}
    for entity in _dicts(raw.get("entities")):
        parts = (*_dicts(entity.get("fields")), *_dicts(entity.get("computed")))
        links[str(entity.get("name"))] = {str(part.get("name")): part.get("ref") for part in parts}
    people = [str(role["entity"]) for role in _dicts(raw.get("roles")) if role.get("entity")]
    return Renaming(links, people, entities, fields)


def rename_in_expressions(edit: Raw, renaming: Renaming) -> None:
    """Every expression of a specification, and what else names fields by their kind of record, in new names."""
    back = {new: old for old, new in renaming.entities.items()}
    for entity in _dicts(edit.get("entities")):
        old = back.get(str(entity.get("name")), str(entity.get("name")))
        renamed = renaming.fields.get(old, {})
        _rename_members(entity, renamed)
        for part, key in _expressions(entity):
            part[key] = rewritten(part[key], old, renaming)
    for rule in _dicts(edit.get("rules")):
        old = back.get(str(rule.get("entity")), str(rule.get("entity")))
        for key in ("condition", "when"):
            if isinstance(rule.get(key), str):
                rule[key] = rewritten(rule[key], old, renaming)


def _rename_members(entity: Raw, renamed: Mapping[str, str]) -> None:
    """The state, the order, and the fields that moves and rights name."""
    if isinstance(entity.get("state"), str):
        entity["state"] = renamed.get(entity["state"], entity["state"])
    if isinstance(entity.get("order"), str):
        name, _, direction = entity["order"].partition(" ")
        entity["order"] = f"{renamed.get(name, name)} {direction}".rstrip()
    for part in (*_dicts(entity.get("moves")), *_dicts(entity.get("rights"))):
        for key in ("asks", "fields"):
            if isinstance(part.get(key), list | tuple):
                part[key] = [renamed.get(str(name), name) for name in part[key]]
        for assignment in _dicts(part.get("sets")):
            assignment["field"] = renamed.get(str(assignment.get("field")), assignment.get("field"))


def _expressions(entity: Raw) -> Iterator[tuple[Raw, str]]:
    places = (("computed", "expression"), ("fields", "starts_as"), ("moves", "only_if"), ("rights", "only_if"))
    for name, key in places:
        yield from ((part, key) for part in _dicts(entity.get(name)) if isinstance(part.get(key), str))
    for move in _dicts(entity.get("moves")):
        yield from ((one, "value") for one in _dicts(move.get("sets")) if isinstance(one.get("value"), str))


def _dicts(value: Any) -> Iterator[Raw]:  # Any: what JSON can hold
    if isinstance(value, list | tuple):
        yield from (one for one in value if isinstance(one, dict))


def rewritten(text: str, entity: str, renaming: Renaming) -> str:
    """An expression of that kind of record in new names; as it is where it cannot be read."""
    try:
        tree = tree_of(text)
    except Fault:
        return text
    changes = dict(_changes(tree, entity, entity, renaming))
    for start in sorted(changes, reverse=True):
        old, new = changes[start]
        text = text[:start] + new + text[start + len(old) :]
    return text


Change = tuple[int, tuple[str, str]]


def _changes(tree: Tree[Token], scope: str, root: str, renaming: Renaming) -> Iterator[Change]:
    if tree.data == "path":
        yield from _of_path([one for one in tree.children if isinstance(one, Token)], scope, root, renaming)
        return
    if tree.data == "aggregate":
        kind = next(one for one in tree.children if isinstance(one, Token) and one.type == "ENTITY")
        yield from _change(kind, renaming.entities.get(str(kind), str(kind)))
        scope = next((old for old, new in renaming.entities.items() if new == kind), str(kind))
    if tree.data in ("via", "by"):
        yield from (
            change
            for name in tree.children
            if isinstance(name, Token)
            for change in _change(name, renaming.step(scope, str(name))[0])
        )
        return
    for child in tree.children:
        if isinstance(child, Tree):
            yield from _changes(child, scope, root, renaming)


def _of_path(steps: Sequence[Token], scope: str, root: str, renaming: Renaming) -> Iterator[Change]:
    here: str | None = scope
    if steps[0] in ("this", "me"):
        here = root if steps[0] == "this" else next(iter(renaming.people), None)
    for step in steps:
        if step in _AROUND or here is None:
            continue
        name, here = renaming.step(here, str(step))
        yield from _change(step, name)


def _change(token: Token, new: str) -> Iterator[Change]:
    if token.start_pos is not None and new != token:
        yield token.start_pos, (str(token), new)
