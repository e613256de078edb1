"""What the owner's first page says beside today's dates: what waits, and a line about each of the newest records."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from urllib.parse import urlencode

from . import database, rules
from .access import Visitor
from .fields import CALLED_OFF, is_pressing, tone
from .model import Entity, Field
from .schema import FORMS

TOLD = 3
SAID_SHORTLY = ("text", "longtext", "choice", "ref", "date", "datetime", "money", "int", "decimal")


@dataclass(frozen=True)
class Waiting:
    """So many records that stand where somebody has to do something about them; `link` lists them."""

    entity: Entity
    state: str
    tone: str
    count: int
    link: str


def in_order(entities: list[Entity], visitor: Visitor) -> list[Entity]:
    """What there is most to do about first: what comes in by forms, then what has states; people last.

    Their own record is not news to anybody, where there is anything else.
    """
    others = [entity for entity in entities if entity.table != visitor.role.own] or entities
    asked_for = {form.table for form in FORMS}

    def place(entity: Entity) -> tuple[bool, bool, bool]:
        return entity.table not in asked_for, not (entity.state or entity.board), bool(entity.of_type("email", "phone"))

    return sorted(others, key=place)


def waiting(db: sqlite3.Connection, entities: list[Entity], visitor: Visitor) -> list[Waiting]:
    """What is late first, then what is open, by its state and in the order of the states."""
    late, still_open = [], []
    for entity in entities:
        where, values = visitor.sees(entity)
        overdue, more = rules.overdue(entity)
        if more:
            count = database.count(db, entity, f"{where} AND {overdue}", [*values, *more])
            if count:
                late.append(Waiting(entity, "Overdue", "bad", count, f"/{entity.table}?late=1"))
        late += _pressing(db, entity, visitor)
        still_open += _open(db, entity, visitor)
    return [*late, *still_open]


def _pressing(db: sqlite3.Connection, entity: Entity, visitor: Visitor) -> list[Waiting]:
    """How many records a figure such as “Low” is true of, for each such figure."""
    where, values = visitor.sees(entity)
    figures = [figure for figure in entity.figures if is_pressing(figure, True)]
    counts = [(figure, database.count(db, entity, f"{where} AND ({figure.sql})", values)) for figure in figures]
    return [Waiting(entity, figure.label, "bad", count, f"/{entity.table}?{figure.name}=1") for figure, count in counts if count]


def _open(db: sqlite3.Connection, entity: Entity, visitor: Visitor) -> list[Waiting]:
    name = entity.state or entity.board
    if not name:
        return []
    field = entity.field(name)
    where, values = visitor.sees(entity)
    sql = f'SELECT "{name}", count(*) FROM "{entity.table}" r WHERE {where} GROUP BY 1'
    counts = {row[0]: int(row[1]) for row in db.execute(sql, values)}
    return [
        Waiting(entity, choice, tone(field, choice), counts[choice], f"/{entity.table}?{urlencode({name: choice})}")
        for choice in _unfinished(entity, field)
        if choice in counts
    ]


def _unfinished(entity: Entity, field: Field) -> list[str]:
    """The choices after which something still has to happen: not the last one, nor what is done or called off."""
    # Where the steps are said, it is somebody's turn in each state that one of them leads on from.
    left = {source for move in entity.moves if not move.automatic for source in move.sources}
    return [
        choice
        for choice in ([one for one in field.choices if one in left] if entity.moves else field.choices[:-1])
        if tone(field, choice) != "good" and not set(choice.lower().split()) & CALLED_OFF
    ]


def told(entity: Entity) -> list[Field]:
    """The fields that say something about a record beside its title and its state."""
    names = {*entity.title, entity.state, entity.board}
    fields = [field for field in entity.shown if field.name not in names and field.type in SAID_SHORTLY]
    state = [field for field in entity.fields if field.name in (entity.state or entity.board,)]
    return [*state, *fields[:TOLD]]
