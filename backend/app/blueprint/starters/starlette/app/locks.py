"""Keeps what is settled as it is: while a rule locks a record, nobody changes or deletes it, nor its lines."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from . import database, rules
from .model import Entity, Field, Locked, Sum

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
    lock = _own_lock(db, entity, record_id, (rule for rule in entity.rules if isinstance(rule, Locked)))
    for link in () if lock else links_up(entity):
        whole = _linked(db, entity, record_id, link)
        lock = lock or (lock_on(db, database.BY_TABLE[link.ref], whole) if whole else None)
    if before is not None:
        before[key] = lock
    return lock


def _own_lock(db: sqlite3.Connection, entity: Entity, record_id: int, locks: Iterable[Locked]) -> Locked | None:
    for lock in locks:
        if db.execute(f'SELECT 1 FROM "{entity.table}" r WHERE r.id = ? AND ({lock.condition})', [record_id]).fetchone():
            return lock
    return None


def links_up(entity: Entity) -> list[Field]:
    """The links of a line to what it is a part of, where that can be locked: whose form it is entered in, or whose sum it adds to."""
    names = [entity.line_of, *(rule.ref for rule in entity.rules if isinstance(rule, Sum) and rule.into)]
    links = [entity.field(name) for name in dict.fromkeys(names) if name]
    return [link for link in links if any(isinstance(rule, Locked) for rule in database.BY_TABLE[link.ref].rules)]


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
    lock = _own_lock(db, entity, record_id, (rule for rule in entity.rules if isinstance(rule, Locked) and rule.links))
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
