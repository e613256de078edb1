"""Tells which records a change of another record can make a condition false for, so that no others are judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from app.blueprint.expressions.catalogue import Catalogue, Kind
from app.blueprint.expressions.nodes import Aggregate, Binary, Node, Path, Rank
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import children
from app.blueprint.generate.locks import lock_condition
from app.blueprint.generate.stated import statement
from app.blueprint.spec import AppSpec, EntitySpec, FieldType, RuleKind
from app.blueprint.spec_expressions import catalogue_of

Keys = tuple[tuple[str, str], ...]
"""Fields of the record that is judged, each with the field of the other record that has to be equal to it."""

_COUNTED: Final = "*"
"""Stands for the key of a record that is counted: whoever it is counted for is told by the keys of the count."""
_KEY_KINDS: Final = (Kind.LINK, Kind.TEXT, Kind.DATE, Kind.DATETIME)


@dataclass(frozen=True)
class _Record:
    """A record of a kind, and the field of the judged record that holds its number; empty if none does."""

    entity: str
    key: str


@dataclass
class Reach:
    """Collects, for each kind of record, how a record of it is tied to those that a condition is judged for."""

    catalogue: Catalogue
    ties: dict[str, set[Keys]] = field(default_factory=dict)
    untied: set[str] = field(default_factory=set)
    """Those of which any record may count for any other."""
    reads: dict[str, set[str]] = field(default_factory=dict)
    """The fields that are looked at."""

    def sql(self, table: str) -> str:
        """The condition that finds the records r whose judgement a change of a record of the table can touch.

        Its parameters are the fields of the record that changes, as it was before and as it is after.
        """
        name = next(name for name, shape in self.catalogue.entities.items() if shape.table == table)
        tied = " OR ".join(f"({_tied_sql(keys)})" for keys in sorted(self.ties.get(name, ())))
        changes = [f":{read}_before IS NOT :{read}_after" for read in sorted(self.reads.get(name, ()))]
        is_read = " OR ".join([":id_before IS NULL", *changes])
        return f"({is_read})" + ("" if name in self.untied or not tied else f" AND ({tied})")

    def visit(self, node: Node, root: _Record, scope: _Record) -> None:
        """Go through an expression whose names are looked up in `scope`; `this` is `root`."""
        inside = scope
        if isinstance(node, Path):
            self._follow(node.steps, root, scope)
            return
        if isinstance(node, Rank):
            self.untied.add(scope.entity)
        if isinstance(node, Aggregate):
            self._tie(node.entity, tuple(sorted(set(self._keys_of(node, root, scope)))))
            inside = _Record(node.entity, _COUNTED)
        for child in children(node):
            self.visit(child, root, inside)

    def _tie(self, entity: str, keys: Keys) -> None:
        if keys:
            self.ties.setdefault(entity, set()).add(keys)
        else:
            self.untied.add(entity)

    def _read(self, entity: str, *names: str) -> None:
        shapes = self.catalogue.entity(entity).fields
        kept = {name for name in names if name in shapes and not shapes[name].expression}
        self.reads.setdefault(entity, set()).update(kept)

    def _follow(self, steps: tuple[str, ...], root: _Record, scope: _Record) -> None:
        current, names = (root, steps[1:]) if steps[0] == "this" else (scope, steps)
        for name in names:
            shape = self.catalogue.entity(current.entity).fields.get(name)
            # `me`, `today` and what does not exist lead to no record.
            if shape is None:
                return
            self._read(current.entity, name)
            if current.key not in ("id", _COUNTED):
                self._tie(current.entity, ((current.key, "id"),) if current.key else ())
            if shape.expression:
                self.visit(parse(shape.expression), current, current)
            if not shape.type.entity:
                return
            current = _Record(shape.type.entity, name if current.key == "id" and not shape.expression else "")

    def _keys_of(self, node: Aggregate, root: _Record, scope: _Record) -> Iterator[tuple[str, str]]:
        """The fields by which each counted record is tied to the judged one, whatever else it must be."""
        links = self.catalogue.entity(node.entity).links_to(scope.entity)
        self._read(node.entity, *links, *filter(None, [node.via, node.order]))
        if node.via != "none" and links and scope.key not in ("", _COUNTED):
            yield scope.key, node.via or links[0]
        for left, right in _equal_paths(node.where):
            for mine, theirs in ((left, right), (right, left)):
                own = self._own_field(mine, root)
                if own and self._is_key(node.entity, theirs) and self._are_alike(root, mine, node.entity, theirs):
                    yield own, theirs[0]

    def _own_field(self, steps: tuple[str, ...], root: _Record) -> str:
        """The field of the judged record that holds what `this`, or a field of it, is; empty if none does."""
        if steps[0] != "this" or len(steps) > 2:
            return ""
        name = steps[1] if len(steps) > 1 else "id"
        if name == "id":
            return "" if root.key == _COUNTED else root.key
        return name if root.key == "id" and self._is_key(root.entity, (name,)) else ""

    def _is_key(self, entity: str, steps: tuple[str, ...]) -> bool:
        if len(steps) != 1 or steps[0] == "this":
            return False
        shape = self.catalogue.entity(entity).fields.get(steps[0])
        return steps[0] == "id" or (shape is not None and not shape.expression and shape.type.kind in _KEY_KINDS)

    def _are_alike(self, root: _Record, mine: tuple[str, ...], entity: str, theirs: tuple[str, ...]) -> bool:
        """True if both are kept alike: a day is compared with a moment in another way."""
        kinds = [self._kind_of(root.entity, mine[1:]), self._kind_of(entity, theirs)]
        return kinds[0] is kinds[1]

    def _kind_of(self, entity: str, steps: tuple[str, ...]) -> Kind:
        return Kind.LINK if steps in ((), ("id",)) else self.catalogue.field(entity, steps[0]).type.kind


def _equal_paths(node: Node | None) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The pairs of paths that a condition wants to be equal in any case."""
    match node:
        case Binary("and", left, right):
            yield from _equal_paths(left)
            yield from _equal_paths(right)
        case Binary("=", Path(mine), Path(theirs)):
            yield mine, theirs


def reach_of(spec: AppSpec, entity: str, *texts: str) -> Reach:
    """The reach of conditions about a record of `entity`."""
    reach = Reach(catalogue_of(spec))
    judged = _Record(entity, "id")
    for text in filter(None, texts):
        reach.visit(parse(text), judged, judged)
    return reach


def looked_up(spec: AppSpec, entity: EntitySpec) -> tuple[str, ...]:
    """The fields of a kind of record that others are found by, beside its links, which always have an index."""
    links = {field.name for field in entity.fields if field.type is FieldType.REF}
    names: set[str] = set()
    for judged, text in _texts_of(spec):
        for name, ways in reach_of(spec, judged.name, text).ties.items():
            pairs = [pair for keys in ways for pair in keys]
            names |= {own for own, _ in pairs} if judged.name == entity.name else set()
            names |= {theirs for _, theirs in pairs} if name == entity.name else set()
    return tuple(field.name for field in entity.fields if field.name in names - links)


def _texts_of(spec: AppSpec) -> Iterator[tuple[EntitySpec, str]]:
    """All that an app works out when a record is written, each with the kind of record that it is about."""
    for entity in spec.entities:
        for rule in spec.rules:
            if rule.entity != entity.name:
                continue
            condition, when = statement(spec, entity, rule) or ("", None)
            texts = [condition, when, lock_condition(rule) if rule.kind is RuleKind.LOCKED else None]
            yield from ((entity, text) for text in texts if text)
        yield from ((entity, figure.expression) for figure in entity.computed)
        for move in entity.moves:
            yield from ((entity, text) for text in (move.only_if, *(one.value for one in move.sets)) if text)


def _tied_sql(keys: Keys) -> str:
    return " AND ".join(f'r."{own}" IN (:{theirs}_before, :{theirs}_after)' for own, theirs in keys)
