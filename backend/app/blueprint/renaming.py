"""Follows renamed parts through a specification that is not valid yet, into every place that names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lark import Token, Tree

from app.blueprint.expressions.faults import Fault
from app.blueprint.expressions.parser import tree_of
from app.blueprint.naming import Named, Of, Raw, Spot, dicts, spots
from app.blueprint.spec_messages import PLACE, TO_OWNER, named_state

Names = Mapping[str, str]
"""Old names to new ones."""

_NO_FIELDS: Final = ("this", "me", "id", "none")
_TOOL: Final = "tool {}"
"""Stands for the kind of record that a tool is not: its inputs and results are its fields."""


@dataclass(frozen=True)
class Renames:
    """The new names of parts: fields by the old name of their kind of record, choices by that of the field.

    Fields of a tool stand under `tool NAME`.
    """

    entities: Names = field(default_factory=dict)
    fields: Mapping[str, Names] = field(default_factory=dict)
    choices: Mapping[tuple[str, str], Names] = field(default_factory=dict)
    roles: Names = field(default_factory=dict)
    tools: Names = field(default_factory=dict)


def tool_name(name: str) -> str:
    """The name that stands for a tool among the kinds of record."""
    return _TOOL.format(name)


def rename(document: Raw, base: Raw, renames: Renames) -> None:
    """Put the new names in place of the old ones everywhere; `base` is the specification with the old ones."""
    book = _OldSpec(base, renames)
    lines = {
        str(entity.get("name")): str(entity["lines"])
        for entity in dicts(document.get("entities"))
        if entity.get("lines")
    }
    # What each place is about is looked up before any of them is changed.
    for spot, owner in [(spot, _owner_name(spot, lines, book)) for spot in spots(document)]:
        spot.replace(_new_names(spot, owner, book, renames))


def _new_names(spot: Spot, owner: str, book: _OldSpec, renames: Renames) -> Callable[[str], str]:
    """A function from a name at a place to the name that stands there from now on."""
    match spot.place.named:
        case Named.RECORD:
            return _renamed_by(renames.entities)
        case Named.ROLE:
            return _renamed_by(renames.roles)
        case Named.TOOL:
            return _renamed_by(renames.tools)
        case Named.FIELD:
            fields = book.fields(owner)
            return lambda name: book.rewritten(name, owner, None) if "." in name else _with_field(name, fields)
        case Named.CHOICE:
            return _renamed_by(book.choices(owner, str(spot.part.get("name"))))
        case Named.STATE:
            return _renamed_by(
                book.choices(
                    owner, str(book.state(owner) if spot.place.of is Of.ENTITY else spot.top.get("state"))
                )
            )
        case Named.RECIPIENT:
            return lambda text: text if text == TO_OWNER else book.rewritten(text, owner, None)
        case Named.WORDS:
            return lambda text: PLACE.sub(lambda place: f"{{{book.rewritten(place[1], owner, None)}}}", text)
        case Named.EXPRESSION:
            target = _target_of(spot)
            return lambda text: book.rewritten(text, owner, target)


def _renamed_by(names: Names) -> Callable[[str], str]:
    return lambda name: names.get(name, name)


def _owner_name(spot: Spot, lines: Names, book: _OldSpec) -> str:
    """The old name of the kind of record, or of the tool, that a place is about."""
    if spot.is_of_tool:
        return tool_name(book.old_tool(str(spot.top.get("name"))))
    match spot.place.of:
        case Of.HOLDER:
            return book.old_entity(str(spot.top.get("name")))
        case Of.ENTITY:
            return book.old_entity(str(spot.part.get("entity")))
        case Of.OUTER:
            return book.old_entity(str(spot.top.get("entity")))
        case Of.OFFERED:
            return book.linked(book.old_entity(str(spot.top.get("entity"))), str(spot.part.get("field")))
        case Of.LINES:
            return book.old_entity(lines.get(str(spot.part.get("entity")), ""))
        case Of.NOBODY:
            return ""


def _with_field(name: str, fields: Names) -> str:
    """A field by its new name; what follows it, as in `votes desc`, stays."""
    word, _, order = name.partition(" ")
    return f"{fields.get(word, word)} {order}".rstrip()


def _target_of(spot: Spot) -> str | None:
    """The field that the value of an expression is written into, if it is."""
    return {"starts_as": spot.part.get("name"), "value": spot.part.get("field")}.get(spot.key)


class _OldSpec:
    """The old specification's links beside its new names."""

    def __init__(self, base: Raw, renames: Renames) -> None:
        self._renames = renames
        self._links: dict[str, dict[str, str | None]] = {}
        self._states: dict[str, str | None] = {}
        for entity in dicts(base.get("entities")):
            parts = (*dicts(entity.get("fields")), *dicts(entity.get("computed")))
            self._links[str(entity.get("name"))] = {str(part.get("name")): part.get("ref") for part in parts}
            choices = [str(field.get("name")) for field in dicts(entity.get("fields")) if field.get("choices")]
            self._states[str(entity.get("name"))] = entity.get("state") or named_state(choices)
        for tool in dicts(base.get("tools")):
            parts = (*dicts(tool.get("inputs")), *dicts(tool.get("results")))
            self._links[tool_name(str(tool.get("name")))] = {str(part.get("name")): None for part in parts}
        self._people = [str(role["entity"]) for role in dicts(base.get("roles")) if role.get("entity")]
        self._old_entities = {new: old for old, new in renames.entities.items()}
        self._old_tools = {new: old for old, new in renames.tools.items()}

    def old_entity(self, name: str) -> str:
        """The earlier name of a kind of record."""
        return self._old_entities.get(name, name)

    def old_tool(self, name: str) -> str:
        """The earlier name of a tool."""
        return self._old_tools.get(name, name)

    def fields(self, owner: str) -> Names:
        """The renamed fields of a kind of record."""
        return self._renames.fields.get(owner, {})

    def state(self, owner: str) -> str | None:
        """The choice that says how far a record of that kind is."""
        return self._states.get(owner)

    def old_field(self, owner: str, name: str) -> str:
        """The earlier name of a field, which may be named by its new name already."""
        if name in self._links.get(owner, {}):
            return name
        return next((old for old, new in self.fields(owner).items() if new == name), name)

    def choices(self, owner: str, name: str) -> Names:
        """The renamed choices of a field."""
        return self._renames.choices.get((owner, self.old_field(owner, name)), {})

    def _written_field(self, owner: str, target: str) -> tuple[str, str]:
        """The kind of record and the field that a path such as `duty.family` leads to."""
        link, _, name = target.rpartition(".")
        return self.linked(owner, link) if link else owner, name

    def linked(self, owner: str, link: str) -> str:
        """The earlier name of the kind of record that a link leads to."""
        return self.old_entity(self._links.get(owner, {}).get(self.old_field(owner, link)) or "")

    def rewritten(self, text: str, owner: str, target: str | None) -> str:
        """An expression about a kind of record in new names; as it is where it cannot be read."""
        try:
            tree = tree_of(text)
        except Fault:
            # The validator tells what is wrong with it; a half-typed
            # condition is no reason to lose the rename elsewhere.
            return text
        changes = dict(self._changes_in(tree, owner, owner))
        if target is not None:
            changes.update(_text_changes(tree, self.choices(*self._written_field(owner, target))))
        # From the end, so that the places before stay true while the text changes its length.
        for start in sorted(changes, reverse=True):
            old, new = changes[start]
            text = text[:start] + new + text[start + len(old) :]
        return text

    def _changes_in(self, tree: Tree[Token], scope: str, root: str) -> Iterator[Change]:
        if tree.data == "path":
            for token, owner in self._steps_with_owners(_tokens_of(tree), scope, root):
                yield from _name_change(token, self.fields(owner).get(str(token), str(token)))
            return
        if tree.data in ("via", "by"):
            for name in _tokens_of(tree):
                yield from _name_change(name, self.fields(scope).get(str(name), str(name)))
            return
        if tree.data == "aggregate":
            kind = next(child for child in tree.children if isinstance(child, Token) and child.type == "ENTITY")
            yield from _name_change(kind, self._renames.entities.get(str(kind), str(kind)))
            scope = self.old_entity(str(kind))
        if tree.data in ("compare", "one_of", "none_of"):
            yield from self._changes_in_comparison(tree, scope, root)
        for child in tree.children:
            if isinstance(child, Tree):
                yield from self._changes_in(child, scope, root)

    def _changes_in_comparison(self, tree: Tree[Token], scope: str, root: str) -> Iterator[Change]:
        """The texts that a choice or a role is compared with."""
        for side in tree.children:
            if isinstance(side, Tree) and side.data == "path":
                steps = list(self._steps_with_owners(_tokens_of(side), scope, root))
                names = self._renames.roles if [str(token) for token in _tokens_of(side)] == ["me", "role"] else {}
                if steps:
                    token, owner = steps[-1]
                    names = names or self.choices(owner, str(token))
                yield from (change for child in tree.children for change in _text_changes(child, names))

    def _steps_with_owners(self, steps: Sequence[Token], scope: str, root: str) -> Iterator[tuple[Token, str]]:
        """Each step of a path with the old name of the kind of record that it is a field of."""
        here: str | None = scope
        if steps[0] == "this":
            here = root
        # Several kinds of people may sign in; whoever has the field asked for is meant.
        elif steps[0] == "me" and len(steps) > 1:
            here = self._person_with(str(steps[1]))
        for step in steps:
            if here is None:
                return
            if step in _NO_FIELDS:
                continue
            yield step, here
            leads_to = self._links.get(here, {}).get(self.old_field(here, str(step)))
            here = self.old_entity(leads_to) if leads_to else None

    def _person_with(self, name: str) -> str | None:
        """The kind of person who signs in and has such a field."""
        return next(
            (person for person in self._people if self.old_field(person, name) in self._links.get(person, {})),
            None,
        )


Change = tuple[int, tuple[str, str]]
"""Where a name begins, and the old and the new one."""


def _tokens_of(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _text_changes(tree: object, names: Names) -> Iterator[Change]:
    """The texts of a value, also where it is chosen by a condition."""
    if not isinstance(tree, Tree) or not names:
        return
    if tree.data == "text":
        (token,) = _tokens_of(tree)
        quote, text = token[0], str(token[1:-1])
        yield from _name_change(token, f"{quote}{names.get(text, text)}{quote}")
    elif tree.data == "call":
        yield from (change for child in tree.children for change in _text_changes(child, names))


def _name_change(token: Token, new: str) -> Iterator[Change]:
    if token.start_pos is not None and new != token:
        yield token.start_pos, (str(token), new)
