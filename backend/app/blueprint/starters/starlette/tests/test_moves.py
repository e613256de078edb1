"""Records move from state to state by their moves alone; `test_items.py` tries each for those whose it is."""

from __future__ import annotations

from typing import Any

import pytest
from app.schema import ENTITIES

from app import database, moves
from app.database import BY_TABLE
from app.model import Entity, Move

from .client import Browser
from .forms import add, filled, send, within

MOVES = [(entity.table, number) for entity in ENTITIES for number, move in enumerate(entity.moves) if not move.automatic]
every_move = pytest.mark.parametrize(("table", "number"), MOVES)
FILLED = {"date": "2031-03-04", "datetime": "2031-03-04T10:30", "int": "3", "decimal": "1", "money": "12"}


def at_the_beginning(client: Browser, entity: Entity, move: Move) -> int:
    """A record in the state that the move leads on from."""
    record_id = add(client, entity)
    bring_to(entity, record_id, move.sources[0])
    return record_id


def bring_to(entity: Entity, record_id: int, state: str) -> None:
    with database.session() as db:
        database.update(db, entity, record_id, {entity.state: state})


def state_of(entity: Entity, record_id: int) -> Any:
    with database.session() as db:
        row = database.get(db, entity, record_id)
    return None if row is None else row[entity.state]


def asked(entity: Entity, move: Move) -> dict[str, str]:
    fields = [entity.field(name) for name in move.asks]
    return {field.name: within(field, FILLED.get(field.type, "Zebra")) for field in fields}


@every_move
def test_a_move_out_of_turn_is_refused(client: Browser, table: str, number: int) -> None:
    entity = BY_TABLE[table]
    move = entity.moves[number]
    record_id = add(client, entity)
    for state in set(entity.field(entity.state).choices) - set(move.sources):
        bring_to(entity, record_id, state)
        # What the app does by itself may take it further.
        with database.session() as db:
            moves.run_automatic(db)
        reached = state_of(entity, record_id)
        if reached in move.sources:
            continue
        answer = send(client, f"/{table}/{record_id}/moves/{number}", asked(entity, move))
        assert answer.status_code == 409
        assert state_of(entity, record_id) == reached


@every_move
def test_what_a_move_asks_for_must_be_filled_in(client: Browser, table: str, number: int) -> None:
    entity = BY_TABLE[table]
    move = entity.moves[number]
    record_id = at_the_beginning(client, entity, move)
    for name in move.asks:
        answer = send(client, f"/{table}/{record_id}/moves/{number}", {name: ""})
        assert answer.status_code == 422
        assert state_of(entity, record_id) == move.sources[0]


@pytest.mark.parametrize("table", sorted({table for table, _ in MOVES}))
def test_the_form_does_not_set_the_state(client: Browser, table: str) -> None:
    entity = BY_TABLE[table]
    first = moves.first_state(entity)[entity.state]
    # What the app takes a new record to by itself shows nothing of the form.
    reached = {first, *(move.target for move in entity.moves if move.automatic)}
    other = next(choice for choice in (*reversed(entity.field(entity.state).choices), first) if choice not in reached or choice == first)
    record_id = add(client, entity, **{entity.state: other})
    assert state_of(entity, record_id) in reached
    send(client, f"/{table}/{record_id}/edit", filled(client, entity, **{entity.state: other}))
    assert state_of(entity, record_id) in reached
