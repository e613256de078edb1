"""The steps of a record from one state to the next: who takes them, when, and what is written down with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from . import conditions, database, figures, locks, records, rules
from .access import OWNER, Visitor
from .fields import Value
from .model import Entity, Field, Move
from .schema import ENTITIES, ROLES

OF_CUSTOMERS = {"visitor", *(role.name for role in ROLES if role.own)}
"""Whoever is not of the staff."""
BY_THE_APP = "The app"
MOST_ROUNDS = 20
AUTOMATIC = [(entity, move) for entity in ENTITIES for move in entity.moves if move.automatic]


def open_moves(entity: Entity, row: database.Row, visitor: Visitor) -> list[tuple[int, Move]]:
    """The moves that this visitor may take from where the record stands, each with its number."""
    return [
        (number, move)
        for number, move in enumerate(entity.moves)
        if row[entity.state] in move.sources and may_take(move, visitor)
    ]


def shown(entity: Entity, row: database.Row, visitor: Visitor) -> list[tuple[int, Move]]:
    """The open moves; of two that lead to the same state, staff are not offered the one that is a customer's."""
    found = open_moves(entity, row, visitor)
    staff = {move.target for _, move in found if not _is_customers(move)}
    return [one for one in found if not (visitor.is_staff and _is_customers(one[1]) and one[1].target in staff)]


def _is_customers(move: Move) -> bool:
    return bool(move.by) and all(name in OF_CUSTOMERS for name in move.by)


def is_its_turn(db: sqlite3.Connection, entity: Entity, row: database.Row, move: Move) -> bool:
    """Whether the condition of the move holds; one that asks for something is judged with what is filled in."""
    return not move.only_if or bool(move.asks) or _holds(db, entity, move.only_if, int(row["id"] or 0))


def may_take(move: Move, visitor: Visitor) -> bool:
    """Whether the move is this visitor's to take: the roles that it names, or else the staff; the owner takes any."""
    if move.automatic:
        return False
    if visitor.role == OWNER:
        return True
    return visitor.role.name in move.by if move.by else visitor.is_staff


def may_come(move: Move, visitor: Visitor) -> bool:
    """Whether this visitor may take the move some day: what is for others alone, by who they are, never comes."""
    return visitor.role.name in move.by or figures.ME not in move.only_if


def asked(entity: Entity, move: Move) -> list[Field]:
    """The fields that are filled in with the move; each of them must be."""
    return [_required(entity.field(name)) for name in move.asks]


def _required(field: Field) -> Field:
    # A step asks for it, so what a new record begins with does not stand for it.
    return Field(**{**vars(field), "required": True, "starts_as": ""})


def take(
    db: sqlite3.Connection, entity: Entity, row: database.Row, move: Move, values: Mapping[str, Value], *, who: str
) -> None:
    """Write the new state, what was filled in and what the move sets; `rules.Broken` when it is not its turn."""
    record_id = int(row["id"] or 0)
    if row[entity.state] not in move.sources:
        raise rules.Broken({entity.state: f"It is “{row[entity.state]}” now, so this is not the next step."})
    if values:
        with locks.stepping():
            records.change(db, entity, row, values, who=who)
    current = database.get(db, entity, record_id) or row
    if move.only_if and not _holds(db, entity, move.only_if, record_id):
        raise rules.Broken({entity.state: move.about})
    # Everything is worked out before anything is written: what two records swap is known of both.
    written = {name: _value(db, entity, sql, record_id) for name, sql in move.sets}
    elsewhere = [(link, name, _value(db, entity, sql, record_id)) for link, name, sql in move.writes]
    with locks.stepping(), conditions.together(db):
        for link, name, value in elsewhere:
            _write_elsewhere(db, entity.field(link), current[link], {name: value}, who=who)
        records.change(db, entity, current, {**written, entity.state: move.target}, who=who)


def _write_elsewhere(
    db: sqlite3.Connection, link: Field, number: Value, values: Mapping[str, Value], *, who: str
) -> None:
    """Write into the record that a link leads to; nothing where it leads nowhere."""
    target = database.BY_TABLE[link.ref]
    row = database.get(db, target, int(number)) if number is not None else None
    if row is not None:
        records.change(db, target, row, values, who=who)


def take_to(db: sqlite3.Connection, entity: Entity, row: database.Row, target: str, visitor: Visitor) -> None:
    """Take the move that leads to a state; `rules.Broken` when there is none from here, or it asks for something."""
    chosen = [move for _, move in open_moves(entity, row, visitor) if move.target == target]
    if not chosen:
        raise rules.Broken({entity.state: f"It does not go from “{row[entity.state]}” to “{target}”."})
    if chosen[0].asks:
        raise rules.Broken({entity.state: f"“{chosen[0].label}” asks for more: open the record to do it."})
    take(db, entity, row, chosen[0], {}, who=visitor.name)


def _holds(db: sqlite3.Connection, entity: Entity, condition: str, record_id: int) -> bool:
    return bool(_value(db, entity, condition, record_id))


def _value(db: sqlite3.Connection, entity: Entity, sql: str, record_id: int) -> Value:
    found: Value = db.execute(f'SELECT {sql} FROM "{entity.table}" r WHERE r.id = ?', [record_id]).fetchone()[0]
    return found


def run_automatic(db: sqlite3.Connection) -> int:
    """Take every automatic move whose time has come, and those that come of them; how many were taken."""
    taken = 0
    # One who moves up lets the next one be the first; two moves that lead to each other must end all the same.
    for _ in range(MOST_ROUNDS):
        moved = sum(_run(db, entity, move, record_id) for entity, move in AUTOMATIC for record_id in _due(db, entity, move))
        taken += moved
        if not moved:
            break
    return taken


def any_due(db: sqlite3.Connection) -> bool:
    """Whether an automatic move can be taken now."""
    return any(_due(db, entity, move) for entity, move in AUTOMATIC)


def _due(db: sqlite3.Connection, entity: Entity, move: Move) -> list[int]:
    marks = ", ".join("?" for _ in move.sources)
    sql = f'SELECT r.id FROM "{entity.table}" r WHERE r."{entity.state}" IN ({marks}) AND {move.only_if}'
    return [row[0] for row in db.execute(sql, move.sources)]


def _run(db: sqlite3.Connection, entity: Entity, move: Move, record_id: int) -> bool:
    row = database.get(db, entity, record_id)
    if row is None:
        return False
    db.execute("SAVEPOINT automatic_move")
    try:
        take(db, entity, row, move, {}, who=BY_THE_APP)
    except rules.Broken:
        # Another rule stands against it; a person has to look at the record.
        db.execute("ROLLBACK TO automatic_move")
        return False
    finally:
        db.execute("RELEASE automatic_move")
    return True


def first_state(entity: Entity) -> dict[str, Value]:
    """The state that a new record begins in, where moves lead on from it."""
    return {entity.state: entity.field(entity.state).choices[0]} if entity.moves else {}


