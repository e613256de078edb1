"""Keeps what is settled as it is: while a rule locks a record, nobody changes or deletes it, nor its lines."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from . import database, rules
from .model import Entity, Field, Locked, Sum
from .schema import ENTITIES

Key = tuple[str, int]
"""A record by its table and number."""

_BEFORE: ContextVar[dict[Key, Locked | None] | None] = ContextVar("locks_before", default=None)
"""What locked each record that was looked at, before the form that is being kept was begun with."""
_STEPPING: ContextVar[bool] = ContextVar("stepping", default=False)
IMPORTED = "imported"


@contextmanager
def as_before() -> Iterator[None]:
    """Take all that the block writes as one change: each record is judged as it was before it.

    An order that is entered with its lines, or accepted in the form that changes a line, is no settled one yet.
    """
    mark = _BEFORE.set({})
    try:
        yield
    finally:
        _BEFORE.reset(mark)


@contextmanager
def stepping() -> Iterator[None]:
    """Let a move go on, with what it asks for and writes: it is no change by hand."""
    mark = _STEPPING.set(True)
    try:
        yield
    finally:
        _STEPPING.reset(mark)


def lock_on(db: sqlite3.Connection, entity: Entity, record_id: int) -> Locked | None:
    """The rule that keeps this record as it is: one of its own, or one of the record whose line it is."""
    key, before = (entity.table, record_id), _BEFORE.get()
    if before is not None and key in before:
        return before[key]
    lock = _own_lock(db, entity, record_id, _locks_of(entity))
    for link in () if lock else links_up(entity):
        whole = _linked(db, entity, record_id, link)
        lock = lock or (lock_on(db, database.BY_TABLE[link.ref], whole) if whole else None)
    if before is not None:
        before[key] = lock
    return lock


def entry_lock(db: sqlite3.Connection, entity: Entity, link: Field, target_id: int) -> Locked | None:
    """The rule by which no new record of this kind can link there: one of what it would belong to, or one of its own."""
    whole = lock_on(db, database.BY_TABLE[link.ref], target_id) if link in links_up(entity) else None
    return whole or next((lock for lock in _locks_of(entity) if target_id in _closed_by(db, entity, link, lock, target_id)), None)


def closed_links(db: sqlite3.Connection, entity: Entity, link: Field) -> frozenset[int]:
    """All that no new record of this kind can link to."""
    wholes = _locked(db, database.BY_TABLE[link.ref]) if link in links_up(entity) else frozenset()
    return wholes.union(*(_closed_by(db, entity, link, lock) for lock in _locks_of(entity)))


def _closed_by(
    db: sqlite3.Connection, entity: Entity, link: Field, lock: Locked, target_id: int | None = None
) -> frozenset[int]:
    """What a rule of its own keeps a new record from linking to; what nobody has filled in yet locks nothing."""
    if link.name not in lock.links:
        return frozenset()
    others = "".join(f', NULL AS "{field.name}"' for field in entity.fields if field.name != link.name)
    which = "1" if target_id is None else "p.id = :target"
    new = f'(SELECT NULL AS id, p.id AS "{link.name}"{others} FROM "{link.ref}" p WHERE {which}) r'
    rows = db.execute(f'SELECT r."{link.name}" FROM {new} WHERE {lock.condition}', {"target": target_id})
    return frozenset(int(row[0]) for row in rows)


def _locked(db: sqlite3.Connection, entity: Entity) -> frozenset[int]:
    """All records of a kind that are locked now, by themselves or by what they are lines of."""
    found: set[int] = set()
    for lock in _locks_of(entity):
        found |= {row[0] for row in db.execute(f'SELECT r.id FROM "{entity.table}" r WHERE {lock.condition}')}
    for link in links_up(entity):
        wholes = json.dumps(sorted(_locked(db, database.BY_TABLE[link.ref])))
        sql = f'SELECT id FROM "{entity.table}" WHERE "{link.name}" IN (SELECT value FROM json_each(?))'
        found |= {row[0] for row in db.execute(sql, [wholes])}
    return frozenset(found)


def deletion_lock(db: sqlite3.Connection, entity: Entity, record_id: int) -> Locked | None:
    """The rule that keeps something which would go with a record, or lose its link to it."""
    return _lock_below(db, entity, [record_id], frozenset()) if any(map(_locks_of, ENTITIES)) else None


def _lock_below(db: sqlite3.Connection, entity: Entity, ids: list[int], seen: frozenset[str]) -> Locked | None:
    for child in ENTITIES:
        for link in child.of_type("ref"):
            if link.ref != entity.table or link.on_delete == "restrict":
                continue
            rows = db.execute(f'SELECT id FROM "{child.table}" WHERE "{link.name}" IN (SELECT value FROM json_each(?))', [json.dumps(ids)])
            found = [int(row[0]) for row in rows]
            goes_on = link.on_delete == "cascade" and child.table not in seen
            lock = _lock_among(db, child, found) if found else None
            lock = lock or (_lock_below(db, child, found, seen | {entity.table}) if found and goes_on else None)
            if lock:
                return lock
    return None


def _lock_among(db: sqlite3.Connection, entity: Entity, ids: list[int]) -> Locked | None:
    """The rule that locks one of these, by itself or by what it is a line of."""
    among = "SELECT value FROM json_each(?)"
    for lock in _locks_of(entity):
        if db.execute(f'SELECT 1 FROM "{entity.table}" r WHERE r.id IN ({among}) AND ({lock.condition})', [json.dumps(ids)]).fetchone():
            return lock
    for link in links_up(entity):
        wholes = f'SELECT "{link.name}" FROM "{entity.table}" WHERE id IN ({among})'
        for lock in _locks_of(database.BY_TABLE[link.ref]):
            sql = f'SELECT 1 FROM "{link.ref}" r WHERE r.id IN ({wholes}) AND ({lock.condition})'
            if db.execute(sql, [json.dumps(ids)]).fetchone():
                return lock
    return None


def _locks_of(entity: Entity) -> list[Locked]:
    return [rule for rule in entity.rules if isinstance(rule, Locked)]


def _own_lock(db: sqlite3.Connection, entity: Entity, record_id: int, locks: Iterable[Locked]) -> Locked | None:
    for lock in locks:
        if db.execute(f'SELECT 1 FROM "{entity.table}" r WHERE r.id = ? AND ({lock.condition})', [record_id]).fetchone():
            return lock
    return None


def links_up(entity: Entity) -> list[Field]:
    """The links of a line to what it is a part of, where that can be locked: whose form it is entered in, or whose sum it adds to."""
    names = [entity.line_of, *(rule.ref for rule in entity.rules if isinstance(rule, Sum) and rule.into)]
    links = [entity.field(name) for name in dict.fromkeys(names) if name]
    return [link for link in links if _locks_of(database.BY_TABLE[link.ref])]


def _linked(db: sqlite3.Connection, entity: Entity, record_id: int, link: Field) -> int:
    row = db.execute(f'SELECT "{link.name}" FROM "{entity.table}" WHERE id = ?', [record_id]).fetchone()
    return int(row[0] or 0) if row else 0


def refuse_change(db: sqlite3.Connection, entity: Entity, record_id: int, names: Collection[str]) -> None:
    """Refuse a change of these fields of a locked record, before it is written; `rules.Broken` says why."""
    lock = None if _STEPPING.get() else lock_on(db, entity, record_id)
    is_own = lock in entity.rules
    if lock and not (is_own and set(names) <= set(lock.opens)):
        raise rules.Broken({"": lock.about}, (entity.table, record_id))


def refuse_deletion(db: sqlite3.Connection, records: Iterable[Key]) -> None:
    """Refuse a deletion that takes a locked record along, or empties a link of one."""
    for table, record_id in records:
        lock = lock_on(db, database.BY_TABLE[table], record_id)
        if lock:
            raise rules.Broken({"": lock.about}, (table, record_id))


def is_new(entity: Entity, record_id: int) -> None:
    """Take a record that was just added as one that nothing has locked yet."""
    before = _BEFORE.get()
    if before is not None:
        before[entity.table, record_id] = None


def refuse_entry(db: sqlite3.Connection, entity: Entity, record_id: int, *, what: str = "") -> None:
    """Refuse what has just been written where something locked would have it added.

    Of what an import brought and nobody has touched since, an import can bring the lines too.
    """
    if _STEPPING.get():
        return
    lock = _own_lock(db, entity, record_id, (rule for rule in _locks_of(entity) if rule.links))
    for link in links_up(entity):
        whole, target = _linked(db, entity, record_id, link), database.BY_TABLE[link.ref]
        if whole and not lock and not (what == IMPORTED and _is_as_imported(db, target, whole)):
            lock = lock_on(db, target, whole)
    if lock:
        raise rules.Broken({"": lock.about}, (entity.table, record_id))


def _is_as_imported(db: sqlite3.Connection, entity: Entity, record_id: int) -> bool:
    sql = "SELECT count(*), sum(what = ?) FROM app_changes WHERE record_table = ? AND record_id = ?"
    noted, imported = db.execute(sql, [IMPORTED, entity.table, record_id]).fetchone()
    return bool(noted) and noted == imported
