"""Tries the moves, figures and rights of the app on scenes; `test_items.py` says which."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, tzinfo
from typing import Any

from app import clock, database, moves, own_links
from app.clock import today
from app.database import BY_TABLE
from app.main import app
from app.model import Entity, Move

from .client import Browser
from .forms import send, token_of, within
from .scenes import Stage

FILLED = {"date": "2031-03-04", "datetime": "2031-03-04T10:30", "int": "3", "decimal": "1", "money": "12", "choice": ""}
CLOSED = (403, 404)


def _row(entity: Entity, record_id: int) -> dict[str, Any]:
    with database.session() as db:
        row = database.get(db, entity, record_id)
    assert row is not None
    return dict(row)


def _number(entity: Entity, label: str, source: str) -> int:
    found = [at for at, move in enumerate(entity.moves) if move.label == label and source in move.sources]
    assert found, f"the app has no move “{label}”"
    return found[0]


def _asked(entity: Entity, move: Move, stage: Stage) -> dict[str, str]:
    """What the move asks for: as the scene says, or anything of the right kind."""
    typed = stage.values(stage.subject)
    usual = {name: FILLED.get(entity.field(name).type, "Zebra") for name in move.asks}
    return {name: typed[name] or within(entity.field(name), usual[name]) for name in move.asks}


def _token(client: Browser) -> str:
    return token_of(client.get("/about").text)


@contextmanager
def _days_later(days: int) -> Iterator[None]:
    """So many days have passed on the clock of the business; whoever is signed in still is."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=days)

    clock.datetime = Later  # type: ignore[misc]
    try:
        yield
    finally:
        clock.datetime = datetime  # type: ignore[misc]


def move(client: Browser, said: dict[str, Any]) -> None:
    """The move leads on for those whose it is, is refused where its condition fails, and is nobody else's."""
    entity = BY_TABLE[said["table"]]
    number = _number(entity, said["label"], said["source"])
    for name in ("goes", "refused"):
        if said[name]:
            _take(client, entity, number, said, name)
    _not_by(client, entity, number, said)


def _take(client: Browser, entity: Entity, number: int, said: dict[str, Any], name: str) -> None:
    stage = Stage(client, said[name])
    record_id = stage.put_all()
    asked = _asked(entity, entity.moves[number], stage)
    if said["role"]:
        stage.act_as(said["role"], said["person"])
    if name == "goes":
        _empty_what_is_written(entity, entity.moves[number], record_id, said)
    address, token = f"/{entity.table}/{record_id}/moves/{number}", _token(client)
    with _days_later(said[f"{name}_after"]):
        if name == "goes" and said["asks"]:
            assert send(client, address, {"csrf_token": token}).status_code == 422, "the move went without what it asks for"
        meant = _meant_elsewhere(entity, record_id, said) if name == "goes" and not said["asks"] else []
        answer = send(client, address, {**asked, "csrf_token": token})
    stage.act_as_owner()
    row = _row(entity, record_id)
    if name == "refused":
        overtaken = [move.target for move in entity.moves if move.automatic and said["source"] in move.sources]
        # What stands against the move may be what the app itself goes by: an offer that has lapsed is not accepted.
        if answer.status_code == 409 and row[entity.state] in overtaken:
            return
        assert answer.status_code == 422, "the move went although its condition does not hold"
        assert said["about"] in html.unescape(answer.text)
        assert row[entity.state] == said["source"]
        return
    assert answer.status_code == 303, answer.text
    assert row[entity.state] == said["target"]
    assert all(row[field] is not None for field in (*said["sets"], *said["asks"]))
    for other, number, field, value in meant:
        assert _row(other, number)[field] == value, f"the move does not write {field} of {other.table}"


def _meant_elsewhere(entity: Entity, record_id: int, said: dict[str, Any]) -> list[tuple[Entity, int, str, Any]]:
    """What the move writes into the records that this one links to, worked out before it is taken."""
    row = _row(entity, record_id)
    with database.session() as db:
        return [
            (BY_TABLE[table], row[link], field, db.execute(f'SELECT {sql} FROM "{entity.table}" r WHERE r.id = ?', [record_id]).fetchone()[0])
            for link, table, field, sql in said["writes"]
            if row[link] is not None
        ]


def _empty_what_is_written(entity: Entity, move: Move, record_id: int, said: dict[str, Any]) -> None:
    """Leave empty what the move writes, but for what it needs to know before."""
    known = " ".join([move.only_if, *(sql for _, sql in move.sets)])
    names = [name for name in said["sets"] if name not in said["asks"] and f'"{name}"' not in known]
    emptied: dict[str, Any] = {name: None for name in names if not entity.field(name).required}
    with suppress(sqlite3.IntegrityError), database.session() as db:
        if emptied:
            database.update(db, entity, record_id, emptied)


def _not_by(client: Browser, entity: Entity, number: int, said: dict[str, Any]) -> None:
    scene = said["goes"] or said["refused"]
    for role, person in said["not_by"] if scene else ():
        stage = Stage(client, scene)
        record_id = stage.put_all()
        asked = _asked(entity, entity.moves[number], stage)
        stage.act_as(role, person)
        answer = send(client, f"/{entity.table}/{record_id}/moves/{number}", {**asked, "csrf_token": _token(client)})
        stage.act_as_owner()
        assert answer.status_code in CLOSED, f"{role} took the move"
        assert _row(entity, record_id)[entity.state] == said["source"]


def automatic_move(client: Browser, said: dict[str, Any]) -> None:
    """The app takes the move by itself as soon as its condition holds, and not before."""
    entity = BY_TABLE[said["table"]]
    _number(entity, said["label"], said["source"])
    for name in ("refused", "goes"):
        if said[name]:
            record_id = Stage(client, said[name]).put_all()
            with _days_later(said[f"{name}_after"]), database.session() as db:
                moves.run_automatic(db)
            # Another automatic move may take the record elsewhere meanwhile.
            assert (_row(entity, record_id)[entity.state] == said["target"]) is (name == "goes")


def figure(client: Browser, said: dict[str, Any]) -> None:
    """The figure is what was worked out without the app, and stands on the page of its record."""
    entity = BY_TABLE[said["table"]]
    stage = Stage(client, said["scene"])
    record_id = stage.put_all()
    assert said["name"] in {field.name for field in entity.figures}
    value = _row(entity, record_id)[said["name"]]
    if said["days"] is not None:
        assert value == (today() + timedelta(days=said["days"])).isoformat()
    elif said["is_known"]:
        assert value == said["value"]
    elif said["is_there"]:
        assert value is not None
    page = html.unescape(client.get(f"/{entity.table}/{record_id}").text)
    assert said["label"] in page
    if said["unit"] and value is not None:
        assert re.search(rf"\d {re.escape(said['unit'])}\s*<", page), f"the number has no {said['unit']} behind it"


def right(client: Browser, said: dict[str, Any]) -> None:
    """Who has the right sees, adds, changes and deletes what it says, and nothing else."""
    entity = BY_TABLE[said["table"]]
    stage = Stage(client, said["mine"])
    mine = stage.put_all()
    other = _other(client, stage, said)
    hidden = Stage(client, said["hidden"]).put_all() if said["hidden"] else 0
    values = stage.values(stage.subject)
    stage.act_as(said["role"], said["person"])
    token, base = _token(client), f"/{entity.table}"
    assert (client.get(f"{base}/{mine}").status_code == 200) is (said["sees"] != "none")
    if hidden:
        assert client.get(f"{base}/{hidden}").status_code in CLOSED, "what the condition hides is shown"
    if other:
        assert (client.get(f"{base}/{other}").status_code == 200) is (said["sees"] == "all")
        answer = send(client, f"{base}/{other}/edit", {**values, "csrf_token": token})
        assert (answer.status_code in CLOSED) is (said["changes"] != "all" or said["sees"] != "all")
    _adds(client, said, base)
    _changes(client, said, f"{base}/{mine}/edit")
    answer = send(client, f"{base}/{mine}/edit", {"csrf_token": token, **values})
    assert (answer.status_code in CLOSED) is (said["changes"] == "none" or said["sees"] == "none")
    answer = send(client, f"{base}/{mine}/delete", {"csrf_token": token})
    assert (answer.status_code in CLOSED) is (not said["deletes"] or said["sees"] == "none")
    stage.act_as_owner()


def right_by_link(client: Browser, said: dict[str, Any]) -> None:
    """Whoever has the link of a record is asked by it for what they may change, and comes to no other page of it."""
    entity = BY_TABLE[said["table"]]
    record_id = Stage(client, said["mine"]).put_all()
    stranger = Browser(app)
    if said["hides"]:
        _hides(stranger, entity, record_id, said["hides"])
    if entity.table not in own_links.LINKED:
        return
    page = stranger.get(f"{own_links.address(app.state.key, entity.table, record_id)}/change")
    assert (page.status_code == 200) is (said["changes"] != "none")
    if said["changes"] != "none" and said["fields"]:
        asked = set(re.findall(r'name="([a-z0-9_]+)"', page.text)) & {field.name for field in entity.fields}
        assert asked == {name for name in said["fields"] if not entity.field(name).ref and name != entity.state}
    assert stranger.get(f"/{entity.table}/{record_id}", follow_redirects=False).status_code == 303


def _hides(stranger: Browser, entity: Entity, record_id: int, names: list[str]) -> None:
    """The page behind the link of a record, or of what it is a line of, does not tell these fields."""
    holder, number = entity, record_id
    if entity.table not in own_links.LINKED:
        link = entity.field(entity.line_of)
        holder, number = BY_TABLE[link.ref], int(_row(entity, record_id)[link.name])
    page = html.unescape(stranger.get(own_links.address(app.state.key, holder.table, number)).text)
    for field in (entity.field(name) for name in names):
        assert own_links.is_hidden(entity, field), "nothing keeps visitors from it"
        assert f"<dt>{field.label}</dt>" not in page
        assert f">{field.label}</th>" not in page


def _other(client: Browser, stage: Stage, said: dict[str, Any]) -> int:
    """A record that is somebody else's, in an app where this role has records of its own."""
    if said["is_self"]:
        return stage.ids[said["table"], 2]
    if not said["others"]:
        return 0
    other = Stage(client, said["others"])
    # The first person of both scenes is the one who signs in.
    mine = stage.ids.get((said["person"], 1))
    return other.put_all(known={(said["person"], 1): mine} if mine is not None else {})


def _adds(client: Browser, said: dict[str, Any], base: str) -> None:
    page = client.get(f"{base}/new")
    assert (page.status_code == 200) is said["adds"]
    if said["adds"] and said["fields"]:
        assert _asked_on(page.text, said) <= set(said["fields"])


def _changes(client: Browser, said: dict[str, Any], address: str) -> None:
    page = client.get(address)
    if page.status_code == 200 and said["fields"]:
        assert _asked_on(page.text, said) <= set(said["fields"])


def _asked_on(page: str, said: dict[str, Any]) -> set[str]:
    """The fields of the record that a form on the page asks for."""
    return set(re.findall(r'name="([a-z0-9_]+)"', page)) & {field.name for field in BY_TABLE[said["table"]].fields}
