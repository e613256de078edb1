"""Records move from state to state by their moves alone, each taken by those whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from app.schema import ENTITIES, ROLES

from app import database, moves, people
from app.database import BY_TABLE
from app.main import app
from app.model import Entity, Move

from .client import Browser
from .forms import add, filled, send, token_of

MOVES = [(entity.table, number) for entity in ENTITIES for number, move in enumerate(entity.moves) if not move.automatic]
every_move = pytest.mark.parametrize(("table", "number"), MOVES)
FILLED = {"date": "2031-03-04", "datetime": "2031-03-04T10:30", "int": "3", "decimal": "1", "money": "12.50"}


@pytest.fixture
def stranger(client: Browser) -> Iterator[Browser]:
    yield Browser(app)


def at_the_beginning(client: Browser, entity: Entity, move: Move) -> int:
    """A record in the state that the move leads on from."""
    record_id = add(client, entity)
    with database.session() as db:
        database.update(db, entity, record_id, {entity.state: move.sources[0]})
    return record_id


def state_of(entity: Entity, record_id: int) -> Any:
    with database.session() as db:
        row = database.get(db, entity, record_id)
    return None if row is None else row[entity.state]


def holds(entity: Entity, record_id: int, move: Move) -> bool:
    """Whether the condition of the move is kept by the record as it is."""
    if not move.only_if:
        return True
    with database.session() as db:
        sql = f'SELECT {move.only_if} FROM "{entity.table}" r WHERE r.id = ?'
        return bool(db.execute(sql, [record_id]).fetchone()[0])


def asked(client: Browser, entity: Entity, move: Move) -> dict[str, str]:
    values = filled(client, entity)
    return {name: values[name] or FILLED.get(entity.field(name).type, "Zebra") for name in move.asks}


@every_move
def test_a_move_leads_to_its_state_while_its_condition_holds(client: Browser, table: str, number: int) -> None:
    entity = BY_TABLE[table]
    move = entity.moves[number]
    record_id = at_the_beginning(client, entity, move)
    is_open = holds(entity, record_id, move)
    answer = send(client, f"/{table}/{record_id}/moves/{number}", asked(client, entity, move))
    assert answer.status_code == (303 if is_open else 422), answer.text
    assert state_of(entity, record_id) == (move.target if is_open else move.sources[0])


@every_move
def test_a_move_out_of_turn_is_refused(client: Browser, table: str, number: int) -> None:
    entity = BY_TABLE[table]
    move = entity.moves[number]
    record_id = add(client, entity)
    for state in set(entity.field(entity.state).choices) - set(move.sources):
        with database.session() as db:
            database.update(db, entity, record_id, {entity.state: state})
        answer = send(client, f"/{table}/{record_id}/moves/{number}", asked(client, entity, move))
        assert answer.status_code == 409
        assert state_of(entity, record_id) == state


@every_move
def test_what_a_move_asks_for_must_be_filled_in(client: Browser, table: str, number: int) -> None:
    entity = BY_TABLE[table]
    move = entity.moves[number]
    record_id = at_the_beginning(client, entity, move)
    for name in move.asks:
        answer = send(client, f"/{table}/{record_id}/moves/{number}", {name: ""})
        assert answer.status_code == 422
        assert state_of(entity, record_id) == move.sources[0]


@every_move
def test_nobody_takes_a_move_that_is_anothers(client: Browser, stranger: Browser, table: str, number: int) -> None:
    entity = BY_TABLE[table]
    move = entity.moves[number]
    record_id = at_the_beginning(client, entity, move)
    for role in ROLES:
        if role.name in move.by or (not move.by and not role.own):
            continue
        with database.session() as db:
            user = people.add(db, name="Nora", email=f"{role.name}@example.com", hashed="x.y", role=role.name)
            stranger.cookies[people.COOKIE] = people.open_session(db, user)
        token = token_of(stranger.get("/about").text)
        address = f"/{table}/{record_id}/moves/{number}"
        answer = send(stranger, address, {**asked(client, entity, move), "csrf_token": token})
        assert answer.status_code in (403, 404)
        assert state_of(entity, record_id) == move.sources[0]


@pytest.mark.parametrize("table", sorted({table for table, _ in MOVES}))
def test_the_form_does_not_set_the_state(client: Browser, table: str) -> None:
    entity = BY_TABLE[table]
    first = moves.first_state(entity)[entity.state]
    other = entity.field(entity.state).choices[-1]
    record_id = add(client, entity, **{entity.state: other})
    assert state_of(entity, record_id) == first
    send(client, f"/{table}/{record_id}/edit", filled(client, entity, **{entity.state: other}))
    assert state_of(entity, record_id) == first
