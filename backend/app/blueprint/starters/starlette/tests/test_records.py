"""Every kind of record can be added, found, changed, saved as CSV and deleted; bad input is refused."""

from __future__ import annotations

import csv
import io
import re

import pytest
from app.schema import ENTITIES

from app import database, locks
from app.access import summed
from app.database import BY_TABLE
from app.model import FILES, Entity, Field

from .client import Browser
from .forms import add, as_csv, filled, never_changes, send, token_of

every_entity = pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.table)
every_changing = pytest.mark.parametrize(
    "entity", [one for one in ENTITIES if not never_changes(one)], ids=lambda entity: entity.table
)
BAD = {
    "int": "many", "money": "a lot", "date": "31 May", "datetime": "soon", "choice": "no such choice",
    "email": "nobody", "phone": "call me", "url": "javascript:alert(1)", "ref": "x",
    "image": "me.png", "file": "me.pdf",
}  # fmt: skip


def rows(client: Browser, entity: Entity) -> list[dict[str, str]]:
    text = client.get(f"/{entity.table}/export.csv").text.lstrip("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def asked(entity: Entity) -> list[Field]:
    """The fields that a form asks for: a state that moves lead on from is none."""
    return [field for field in entity.fields if not (entity.moves and field.name == entity.state)]


def belonging(client: Browser, entity: Entity, link: Field) -> tuple[str, int]:
    """A record that belongs to another by this field; the numbers of both."""
    values = filled(client, entity)
    if values[link.name]:
        return values[link.name], add(client, entity, **values)
    # A rule may want more of a link that is mostly empty than that it leads somewhere.
    parent, record_id = add(client, BY_TABLE[link.ref]), add(client, entity, **values)
    with database.session() as db:
        database.update(db, entity, record_id, {link.name: parent})
    return str(parent), record_id


@every_entity
def test_a_record_is_added_and_read_back(client: Browser, entity: Entity) -> None:
    record_id = add(client, entity)
    page = client.get(f"/{entity.table}/{record_id}")
    assert page.status_code == 200
    assert [row["ID"] for row in rows(client, entity)] == [str(record_id)]
    assert f'/{entity.table}/{record_id}"' in client.get(f"/{entity.table}").text


@every_changing
def test_a_record_is_changed(client: Browser, entity: Entity) -> None:
    record_id = add(client, entity)
    texts = {field.name: f"Quite different {field.name}" for field in entity.of_type("text", "longtext")}
    values = filled(client, entity, **texts)
    assert send(client, f"/{entity.table}/{record_id}/edit", values).status_code == 303
    page = client.get(f"/{entity.table}/{record_id}").text
    assert all(text in page for text in texts.values())
    assert len(rows(client, entity)) == 1


@every_changing
def test_a_record_is_deleted_after_a_question_and_brought_back(client: Browser, entity: Entity) -> None:
    record_id = add(client, entity)
    before = rows(client, entity)
    assert "undo this" in client.get(f"/{entity.table}/{record_id}/delete").text
    assert rows(client, entity) == before
    gone = send(client, f"/{entity.table}/{record_id}/delete", {})
    assert gone.status_code == 303
    assert rows(client, entity) == []
    assert client.get(f"/{entity.table}/{record_id}").status_code == 404
    address = re.findall(r'action="([^"]+/undo/\d+)"', client.get(gone.headers["location"]).text)[0]
    assert send(client, address, {}).status_code == 303
    assert rows(client, entity) == before
    assert send(client, address, {}).status_code == 404


@every_entity
def test_what_belongs_to_a_record_comes_back_with_it(client: Browser, entity: Entity) -> None:
    for field in entity.of_type("ref"):
        parent = BY_TABLE[field.ref]
        parent_id, _ = belonging(client, entity, field)
        before = rows(client, entity)
        if field.on_delete == "restrict" or parent is entity:
            continue
        gone = send(client, f"/{parent.table}/{parent_id}/delete", {})
        if gone.status_code == 409:
            continue
        assert rows(client, entity) != before
        address = re.findall(r'action="([^"]+/undo/\d+)"', client.get(gone.headers["location"]).text)[0]
        assert send(client, address, {}).status_code == 303
        assert rows(client, entity) == before


@every_changing
def test_what_was_done_to_a_record_is_written_down(client: Browser, entity: Entity) -> None:
    words = entity.of_type("text", "longtext")
    if not words:
        pytest.skip("nothing to change")
    record_id = add(client, entity)
    values = filled(client, entity, **{words[0].name: "Quite another word"})
    assert send(client, f"/{entity.table}/{record_id}/edit", values).status_code == 303
    page = client.get(f"/{entity.table}/{record_id}").text
    assert "<ins>Quite another word</ins>" in page
    assert re.search(r"</span> added it", page)


@every_entity
def test_a_missing_value_is_refused_beside_its_field(client: Browser, entity: Entity) -> None:
    needed = [one.name for one in asked(entity) if one.required and one.type != "bool" and not one.starts_as]
    values = filled(client, entity)
    for name in needed:
        answer = send(client, f"/{entity.table}/new", {**values, name: " "})
        assert answer.status_code == 422
        assert [one for one in needed if f'id="{one}-wrong"' in answer.text] == [name]
    assert rows(client, entity) == []


@every_entity
def test_values_of_the_wrong_kind_are_refused_beside_their_fields(client: Browser, entity: Entity) -> None:
    bad = {field.name: BAD.get(field.type, "x" * 5_001) for field in entity.fields if field.type != "bool"}
    answer = send(client, f"/{entity.table}/new", {**filled(client, entity), **bad})
    assert answer.status_code == 422
    typed = [field.name for field in asked(entity) if field.name in bad and field.type != "ref"]
    typed = [name for name in typed if name not in summed(entity)]
    assert [name for name in typed if f'id="{name}-wrong"' not in answer.text] == []
    assert rows(client, entity) == []


@every_entity
def test_a_link_to_nothing_is_refused(client: Browser, entity: Entity) -> None:
    for field in entity.of_type("ref"):
        answer = send(client, f"/{entity.table}/new", filled(client, entity, **{field.name: "999999"}))
        assert answer.status_code == 422
        assert f'id="{field.name}-wrong"' in answer.text


@every_entity
def test_search_finds_the_record_and_only_it(client: Browser, entity: Entity) -> None:
    words = entity.of_type("text", "longtext")
    if not words:
        pytest.skip("nothing to search for")
    record_id = add(client, entity, **{words[0].name: "Quetzalcoatl"})
    assert f'/{entity.table}/{record_id}"' in client.get(f"/{entity.table}?q=quetzal").text
    assert "Nothing found" in client.get(f"/{entity.table}?q=xylophone-%25").text


@every_entity
def test_what_is_typed_is_never_run(client: Browser, entity: Entity) -> None:
    words = entity.of_type("text", "longtext")
    if not words:
        pytest.skip("nothing to type into")
    nasty = "<script>alert(1)</script>{{ 7 * 7 }}' OR 1=1 --"
    record_id = add(client, entity, **{words[0].name: nasty})
    for address in (f"/{entity.table}", f"/{entity.table}/{record_id}", f"/{entity.table}/{record_id}/edit", "/"):
        assert "<script>" not in client.get(address).text
    assert "{{ 7 * 7 }}" in client.get(f"/{entity.table}/{record_id}").text


def is_open(entity: Entity, record_id: int) -> bool:
    """Whether something of the record can be changed, or a rule keeps all of it as it is."""
    with database.session() as db:
        lock = locks.lock_on(db, entity, record_id)
    return lock is None or bool(lock.opens and lock in entity.rules)


@every_entity
def test_a_spreadsheet_does_not_run_a_cell(client: Browser, entity: Entity) -> None:
    words = entity.of_type("text")
    if not words:
        pytest.skip("nothing to type into")
    add(client, entity, **{words[0].name: "=1+1"})
    assert rows(client, entity)[0][words[0].label] == "'=1+1"


@every_entity
def test_every_view_of_the_examples_answers(example: Browser, entity: Entity) -> None:
    kept = rows(example, entity)
    assert kept
    record = f"/{entity.table}/{kept[0]['ID']}"
    addresses = [f"/{entity.table}", f"/{entity.table}/new", f"/{entity.table}/import", record]
    addresses += [f"{record}/edit"] if is_open(entity, int(kept[0]["ID"])) else []
    addresses += [f"/{entity.table}?sort={field.name}" for field in entity.fields[:2]]
    for name in ("calendar", "board", "totals", "chart", "gallery", "ranking", "review", "results"):
        wanted = 200 if getattr(entity, name) else 404
        assert example.get(f"/{entity.table}/{name}").status_code == wanted
    assert example.get(f"{record}/document").status_code == (200 if entity.document else 404)
    for address in addresses:
        assert example.get(address).status_code == 200, address


@every_entity
def test_a_parent_lists_what_belongs_to_it(client: Browser, entity: Entity) -> None:
    for field in entity.of_type("ref"):
        parent = BY_TABLE[field.ref]
        parent_id, record_id = belonging(client, entity, field)
        page = client.get(f"/{parent.table}/{parent_id}").text
        assert f'href="/{entity.table}/{record_id}"' in page


@every_entity
def test_a_card_moves_to_another_column(client: Browser, entity: Entity) -> None:
    if not entity.board or entity.moves:
        pytest.skip("this kind has no board")
    record_id = add(client, entity)
    last = entity.field(entity.board).choices[-1]
    board = f"/{entity.table}/board"
    if not entity.field(entity.board).required:
        bare = add(client, entity, **{entity.board: ""})
        assert f'"/{entity.table}/{bare}"' in client.get(board).text
        send(client, f"/{entity.table}/{bare}/delete", {})
    answer = client.post(
        f"/{entity.table}/{record_id}/move",
        data={"to": last, "csrf_token": token_of(client.get(board).text)},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert rows(client, entity)[0][entity.field(entity.board).label] == last


@every_entity
def test_a_saved_list_is_read_in_again(client: Browser, entity: Entity) -> None:
    words = [field for field in entity.of_type("text") if field.name in entity.title]
    if not words or any(field.required and field.ref for field in entity.fields):
        pytest.skip("another kind of record comes first")
    if any(field.required for field in entity.of_type(*FILES)):
        pytest.skip("a list brings no files along")
    values = filled(client, entity)
    good = {field.label: values[field.name] for field in entity.fields if values[field.name] and field.type not in FILES}
    text = as_csv([good, good.values()])
    checked = send(client, f"/{entity.table}/import", {"text": text})
    assert checked.status_code == 200
    assert rows(client, entity) == []
    too_long = {**good, words[0].label: "x" * 201}
    broken = as_csv([good, good.values(), too_long.values()])
    for more in ("", "yes"):
        refused = send(client, f"/{entity.table}/import", {"text": broken, "keep": more})
        assert refused.status_code == 422
    assert rows(client, entity) == []
    assert send(client, f"/{entity.table}/import", {"text": text, "keep": "yes"}).status_code == 303
    assert len(rows(client, entity)) == 1


def test_long_lists_come_in_pages(client: Browser) -> None:
    entity = ENTITIES[0]
    with database.session() as db:
        for _ in range(21):
            database.insert(db, entity, dict.fromkeys((field.name for field in entity.fields), None))
    assert "page 1 of 2" in client.get(f"/{entity.table}").text
    assert "page 2 of 2" in client.get(f"/{entity.table}?page=2").text
