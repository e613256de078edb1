"""Refuses what would make a condition of the app false."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from . import rules
from .fields import Value
from .model import Ensure, Entity
from .schema import ENTITIES

Broken = dict[tuple[str, int], frozenset[int]]
"""The records that break each rule; a rule is named by its table and its place there."""


Touched = dict[str, Value]
"""The fields of a record that is written: as they were before, by `name_before`, and as they are after it."""


@contextmanager
def upheld(
    db: sqlite3.Connection, entity: Entity, values: Mapping[str, Value] | None = None, record_id: int | None = None, *,
    adds: bool = False,
) -> Iterator[list[int]]:  # fmt: skip
    """Judge a change of a record of this kind when it is made; `rules.Broken` names the first rule that it breaks.

    The block writes these values, or, without any, what nobody foresees; it appends the number of a record that it
    adds. What was broken before the change does not stand against it.
    """
    touched = None if values is None else _touched(db, entity, values, record_id)
    before = _broken(db, entity, touched, record_id, is_new=adds)
    added: list[int] = []
    yield added
    if touched is not None and added:
        touched["id_after"] = added[0]
    write = Write(entity, added[0] if added else record_id, adds, touched, before)
    waiting = TOGETHER.get()
    if waiting is None:
        _judge(db, write)
    else:
        waiting.append(write)


def _touched(db: sqlite3.Connection, entity: Entity, values: Mapping[str, Value], record_id: int | None) -> Touched:
    row = db.execute(f'SELECT * FROM "{entity.table}" WHERE id = ?', [record_id]).fetchone() if record_id else None
    names = ("id", *(field.name for field in entity.fields))
    before = {f"{name}_before": row[name] if row else None for name in names}
    return before | {f"{name}_after": values.get(name, before[f"{name}_before"]) for name in names}


@dataclass(frozen=True)
class Write:
    """A record that was written, and what was broken before that."""

    entity: Entity
    record_id: int | None
    is_new: bool
    touched: Touched | None
    before: Broken


TOGETHER: ContextVar[list[Write] | None] = ContextVar("together", default=None)
"""What was written and waits for its judgement."""


@contextmanager
def together(db: sqlite3.Connection) -> Iterator[None]:
    """Judge all that the block writes at its end: an order that needs a line is whole only then."""
    writes: list[Write] = []
    mark = TOGETHER.set(writes)
    try:
        yield
    finally:
        TOGETHER.reset(mark)
    # What is too much together is said beside the last that came to it.
    for write in reversed(writes):
        _judge(db, write)


def _judge(db: sqlite3.Connection, write: Write) -> None:
    after = _broken(db, write.entity, write.touched, write.record_id, is_new=write.is_new)
    for (table, number), found in after.items():
        if found - write.before.get((table, number), frozenset()):
            record = (write.entity.table, write.record_id) if write.record_id is not None else None
            raise rules.Broken(_problem(write.entity, table, number), record)


def _problem(entity: Entity, table: str, number: int) -> dict[str, str]:
    """The refusal, beside a field of the form where the rule names one of it."""
    owner = next(other for other in ENTITIES if other.table == table)
    rule = owner.rules[number]
    known = {field.name for field in entity.fields} if table == entity.table else set()
    names = rule.fields if isinstance(rule, Ensure) else ()
    return {next((name for name in names if name in known), ""): rule.about}


def _broken(
    db: sqlite3.Connection, entity: Entity, touched: Touched | None, record_id: int | None, *, is_new: bool
) -> Broken:
    """The records that break a rule: the one itself, and those whose figures it counts in.

    A new record is judged by itself: whatever it makes too many, it is one too many of.
    """
    found: Broken = {}
    for owner in ENTITIES:
        for number, rule in enumerate(owner.rules):
            if not isinstance(rule, Ensure):
                continue
            if entity.table in rule.watches and not (is_new and owner is entity):
                reached = dict(rule.reached)[entity.table] if touched is not None else "1"
                itself = " OR r.id = :id_after" if owner is entity and touched is not None else ""
                found[owner.table, number] = _where(db, owner, rule, f"({reached}){itself}", touched)
            elif owner is entity and record_id is not None and (is_new or rule.judged != "on_entry"):
                found[owner.table, number] = _where(db, owner, rule, "r.id = :id", {"id": record_id})
    return found


def _where(db: sqlite3.Connection, entity: Entity, rule: Ensure, only: str = "1", values: Mapping[str, Value] | None = None) -> frozenset[int]:
    sql = f'SELECT r.id FROM "{entity.table}" r WHERE ({only}) AND ({rule.when}) AND NOT ({rule.condition})'
    return frozenset(row[0] for row in db.execute(sql, values or {}))


@contextmanager
def upheld_among_others(db: sqlite3.Connection) -> Iterator[None]:
    """Judge what the block brings back by the rules that look at other records too, such as one loan at a time.

    What only a record's own values stand against, such as a day that is over by now, was right when it was kept.
    """
    before = _broken_among_others(db)
    yield
    for (table, number), found in _broken_among_others(db).items():
        if found - before[table, number]:
            raise rules.Broken(_problem(next(one for one in ENTITIES if one.table == table), table, number))


def _broken_among_others(db: sqlite3.Connection) -> Broken:
    rules_of = [(one, number, rule) for one in ENTITIES for number, rule in enumerate(one.rules)]
    return {(one.table, number): _where(db, one, rule) for one, number, rule in rules_of if isinstance(rule, Ensure) and rule.watches}


def refused_links(db: sqlite3.Connection, entity: Entity, name: str, values: Mapping[str, Value]) -> frozenset[int]:
    """What the link `name` of a new record cannot lead to now, as the conditions beside it say, such as a day that is over.

    Whatever nobody has filled in yet stands against nothing; what has no room left is for `rules.room` to say.
    """
    columns = [f'p.id AS "{name}"', *(f'? AS "{field.name}"' for field in entity.fields if field.name != name)]
    given = [values.get(field.name) for field in entity.fields if field.name != name]
    rows = f'(SELECT NULL AS id, {", ".join(columns)} FROM "{entity.field(name).ref}" p) r'
    found: set[int] = set()
    for rule in entity.rules:
        if isinstance(rule, Ensure) and name in rule.fields and not rule.left:
            sql = f'SELECT r."{name}" FROM {rows} WHERE ({rule.when}) AND NOT ({rule.condition})'
            found |= {int(row[0]) for row in db.execute(sql, given)}
    return frozenset(found)


def first_values(db: sqlite3.Connection, entity: Entity, values: Mapping[str, Value]) -> dict[str, Value]:
    """What a new record begins with in the fields that nothing was entered for."""
    asked = [field for field in entity.fields if field.starts_as and values.get(field.name) is None]
    if not asked:
        return {}
    columns = ", ".join(f'? AS "{field.name}"' for field in entity.fields)
    row = f"(SELECT NULL AS id, {columns}) r"
    given = [values.get(field.name) for field in entity.fields]
    sql = f"SELECT {', '.join(field.starts_as for field in asked)} FROM {row}"
    found = db.execute(sql, given).fetchone()
    return {field.name: found[index] for index, field in enumerate(asked)}
