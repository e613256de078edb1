"""Pictures and files are kept with their records: for those who may see the record, and for as long as it is there."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from app.schema import ENTITIES

from app import database, files, own_links
from app.kinds import kind_of, pixels
from app.main import app
from app.model import FILES, Entity, Field
from app.photos import without_notes

from .client import FILES as SAMPLE_FILES
from .client import Browser
from .forms import SAMPLES, add, filled, send, token_of
from .test_records import asked, rows

HELD = [(entity, field) for entity in ENTITIES for field in entity.of_type(*FILES) if field in asked(entity)]
every_file = pytest.mark.parametrize(("entity", "field"), HELD, ids=lambda one: getattr(one, "table", getattr(one, "name", None)))
OTHER = {"image": "quagga.png", "file": "quagga.pdf"}
DISGUISED = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def at(entity: Entity, record_id: int, field: Field) -> str:
    return f"/{entity.table}/{record_id}/files/{field.name}"


def count_files() -> int:
    with database.session() as db:
        return int(db.execute("SELECT count(*) FROM app_files").fetchone()[0])


@every_file
def test_a_file_is_kept_and_given_out_as_it_was(client: Browser, entity: Entity, field: Field) -> None:
    record_id = add(client, entity)
    answer = client.get(at(entity, record_id, field))
    assert answer.status_code == 200
    assert answer.content == SAMPLE_FILES[SAMPLES[field.type]]
    assert answer.headers["content-disposition"].startswith("inline" if field.type == "image" else "attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert at(entity, record_id, field) in client.get(f"/{entity.table}/{record_id}").text


@every_file
def test_nobody_who_does_not_see_the_record_gets_its_file(client: Browser, entity: Entity, field: Field) -> None:
    record_id = add(client, entity)
    stranger = Browser(app)
    assert stranger.get(at(entity, record_id, field), follow_redirects=False).status_code == 303
    public = stranger.get(f"/browse-{entity.table}/{record_id}/files/{field.name}").status_code
    with database.session() as db:
        is_seen = bool(entity.public) and database.count(db, entity, f"r.id = ? AND {entity.public_if}", [record_id])
    assert public == (200 if is_seen and field.name in entity.public_fields else 404)


@every_file
def test_whoever_has_the_link_of_a_record_gets_its_files_alone(client: Browser, entity: Entity, field: Field) -> None:
    if entity.table not in own_links.LINKED:
        pytest.skip("no links lead to such records")
    record_id, other_id = add(client, entity), add(client, entity)
    own = own_links.address(app.state.key, entity.table, record_id)
    page = Browser(app).get(own).text
    answer = Browser(app).get(f"{own}/files/{field.name}")
    assert answer.status_code == (200 if f"{own}/files/{field.name}" in page else 404)
    sign = own.rpartition("/")[2]
    assert Browser(app).get(f"/by-link/{entity.table}/{other_id}/{sign}/files/{field.name}").status_code == 404


@every_file
def test_what_a_file_is_decides_and_not_its_name(
    client: Browser, entity: Entity, field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("evil.png", "evil.pdf"):
        monkeypatch.setitem(SAMPLE_FILES, name, DISGUISED)
        answer = send(client, f"/{entity.table}/new", filled(client, entity, **{field.name: name}))
        assert answer.status_code == 422
        assert f'id="{field.name}-wrong"' in answer.text
    assert rows(client, entity) == []


@every_file
def test_a_form_with_a_mistake_keeps_what_was_uploaded(client: Browser, entity: Entity, field: Field) -> None:
    needed = [one for one in asked(entity) if one.required and one.type not in (*FILES, "bool") and not one.starts_as]
    if not needed:
        pytest.skip("no mistake can be made")
    values = filled(client, entity)
    again = send(client, f"/{entity.table}/new", {**values, needed[0].name: ""})
    assert again.status_code == 422
    waits = re.findall(rf'name="{field.name}_stays" value="([^"]+)"', again.text)
    assert waits
    kept = send(client, f"/{entity.table}/new", {**values, field.name: waits[0]})
    assert kept.status_code == 303, kept.text
    record_id = int(re.findall(r"/(\d+)\?", kept.headers["location"])[0])
    assert client.get(at(entity, record_id, field)).content == SAMPLE_FILES[SAMPLES[field.type]]


@every_file
def test_a_form_gets_no_file_of_another_record_by_naming_it(client: Browser, entity: Entity, field: Field) -> None:
    theirs = add(client, entity)
    with database.session() as db:
        row = database.get(db, entity, theirs)
    assert row is not None
    answer = send(client, f"/{entity.table}/new", filled(client, entity, **{field.name: str(row[field.name])}))
    assert answer.status_code == 422
    assert files.AGAIN in answer.text


@every_file
def test_a_file_goes_when_another_takes_its_place(client: Browser, entity: Entity, field: Field) -> None:
    record_id = add(client, entity)
    values = filled(client, entity, **{field.name: OTHER[field.type]})
    # What it belongs to may be added for the form, with files of its own.
    before = count_files()
    others = {one.name: "" for one in entity.of_type(*FILES) if one is not field and not one.required}
    assert send(client, f"/{entity.table}/{record_id}/edit", {**values, **others}).status_code == 303
    assert client.get(at(entity, record_id, field)).content == SAMPLE_FILES[OTHER[field.type]]
    assert count_files() <= before + len([one for one in filled(client, entity) if one in others])


@every_file
def test_a_file_goes_and_comes_back_with_its_record(client: Browser, entity: Entity, field: Field) -> None:
    record_id = add(client, entity)
    gone = send(client, f"/{entity.table}/{record_id}/delete", {})
    assert client.get(at(entity, record_id, field)).status_code == 404
    address = re.findall(r'action="([^"]+/undo/\d+)"', client.get(gone.headers["location"]).text)[0]
    assert send(client, address, {}).status_code == 303
    assert client.get(at(entity, record_id, field)).status_code == 200
    send(client, f"/{entity.table}/{record_id}/delete", {})
    with database.session() as db:
        db.execute("DELETE FROM app_undo")
        files.clean_up(db)
        keys = [row["key"] for row in db.execute("SELECT key FROM app_files")]
        kept = [one for other in ENTITIES for name in (f.name for f in other.of_type(*FILES)) for one in database.select(db, other, f'"{name}" IS NOT NULL', limit=-1)]
    assert len(keys) <= len(kept) * len(entity.of_type(*FILES))


@every_file
def test_a_small_picture_stands_in_lists_and_goes_with_the_large_one(client: Browser, entity: Entity, field: Field) -> None:
    values = filled(client, entity, **{field.name + files.SMALL: OTHER["image"]})
    record_id = int(send(client, f"/{entity.table}/new", values).headers["location"].partition("?")[0].rsplit("/", 1)[-1])
    is_picture = field.type == "image"
    with database.session() as db:
        smalls = int(db.execute("SELECT count(*) FROM app_small").fetchone()[0])
    assert smalls == int(is_picture)
    assert client.get(at(entity, record_id, field)).content == SAMPLE_FILES[SAMPLES[field.type]]
    shown = SAMPLE_FILES[OTHER["image"] if is_picture else SAMPLES[field.type]]
    assert client.get(f"{at(entity, record_id, field)}?small=1").content == shown
    if is_picture:
        assert f"{at(entity, record_id, field)}?v=" in client.get(f"/{entity.table}/{record_id}").text
    send(client, f"/{entity.table}/{record_id}/delete", {})
    with database.session() as db:
        db.execute("DELETE FROM app_undo")
        files.clean_up(db)
        assert not db.execute("SELECT 1 FROM app_small").fetchone()


def test_what_is_no_small_picture_is_left(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    entity, field = next(((one, other) for one, other in HELD if other.type == "image"), HELD[0])
    for number, content in enumerate((DISGUISED, b"%PDF-1.7", SAMPLE_FILES["zebra.png"] + b"\0" * files.MOST_SMALL_BYTES)):
        monkeypatch.setitem(SAMPLE_FILES, f"small{number}", content)
        values = filled(client, entity, **{field.name + files.SMALL: f"small{number}"})
        assert send(client, f"/{entity.table}/new", values).status_code == 303
    with database.session() as db:
        assert not db.execute("SELECT 1 FROM app_small").fetchone()


@every_file
def test_a_list_carries_the_name_of_a_file_and_makes_none(client: Browser, entity: Entity, field: Field) -> None:
    record_id = add(client, entity)
    export = client.get(f"/{entity.table}/export.csv").text
    assert rows(client, entity)[0][field.label] == SAMPLES[field.type]
    before = count_files()
    same = send(client, f"/{entity.table}/import", {"text": export})
    assert same.status_code == 200
    assert f"“{field.label}”" not in same.text
    other = export.replace(SAMPLES[field.type], "other.gif")
    told = send(client, f"/{entity.table}/import", {"text": other, "keep": "yes"})
    assert told.status_code in (200, 303)
    assert count_files() == before
    assert client.get(at(entity, record_id, field)).content == SAMPLE_FILES[SAMPLES[field.type]]


@every_file
def test_the_examples_have_files_that_can_be_seen(example: Browser, entity: Entity, field: Field) -> None:
    with database.session() as db:
        kept = database.select(db, entity, f'"{field.name}" IS NOT NULL', limit=3)
    for row in kept:
        answer = example.get(at(entity, int(row["id"] or 0), field))
        assert answer.status_code == 200
        assert kind_of(answer.content) == ("png" if field.type == "image" else "pdf")


@pytest.mark.parametrize(
    ("content", "ending"),
    [(b"%PDF-1.7", "pdf"), (b"\xff\xd8\xff\xe0", "jpg"), (b"GIF89a", "gif"), (b"PK\x03\x04 word/ [Content_Types].xml", "docx"),
     (b"Dear all,\n", "txt"), (DISGUISED, ""), (b"\xef\xbb\xbf <!doctype html>", ""), (b"#!/bin/sh\n", ""), (b"MZ\x90\x00", ""),
     (b"\x7fELF", ""), (b"", ""), (b"\x00\x00\x00\x18ftypheic", "")],
)  # fmt: skip
def test_a_kind_is_told_by_the_first_bytes(content: bytes, ending: str) -> None:
    assert kind_of(content) == ending


def photo(notes: bytes) -> bytes:
    """The beginning of a JPEG file with a camera's notes, and a scan."""
    size = b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    part = b"\xff\xe1" + (len(notes) + 2).to_bytes(2, "big") + notes
    return b"\xff\xd8" + part + size + b"\xff\xda\x00\x02 the picture \xff\xd9"


@pytest.mark.parametrize("turned", [1, 6])
@pytest.mark.parametrize("order", ["big", "little"])
def test_a_picture_does_not_tell_where_it_was_taken(turned: int, order: Literal["big", "little"]) -> None:
    def number(value: int, length: int) -> bytes:
        return value.to_bytes(length, order)

    entries = [number(0x0112, 2) + number(3, 2) + number(1, 4) + number(turned, 2) + number(0, 2), number(0x8825, 2) + number(4, 2) + number(1, 4) + number(99, 4)]
    begin = (b"MM" if order == "big" else b"II") + number(42, 2) + number(8, 4) + number(len(entries), 2)
    kept = without_notes(photo(b"Exif\0\0" + begin + b"".join(entries) + b"52.5200 N 13.4050 E"), "jpg")
    assert b"52.5200" not in kept
    assert kept.endswith(b" the picture \xff\xd9")
    assert pixels(kept, "jpg") == 256
    assert (b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in kept) == (turned == 6)


def test_a_picture_that_cannot_be_read_so_far_is_kept_as_it_is() -> None:
    assert without_notes(b"\xff\xd8\xff", "jpg") == b"\xff\xd8\xff"
    assert without_notes(b"GIF89a", "gif") == b"GIF89a"


def test_too_large_a_file_is_refused_beside_its_field(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    entity, field = HELD[0]
    monkeypatch.setitem(SAMPLE_FILES, "large.png", SAMPLE_FILES["zebra.png"] + b"\0" * files.MOST_BYTES)
    token = {"csrf_token": token_of(client.get(f"/{entity.table}/new").text)}
    answer = send(client, f"/{entity.table}/new", {**filled(client, entity, **{field.name: "large.png"}), **token})
    assert answer.status_code == 422
    assert "too large" in answer.text


def test_a_file_comes_whole_in_pieces(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIECE", 50)
    entity, field = HELD[0]
    answer = client.get(at(entity, add(client, entity), field))
    assert answer.content == SAMPLE_FILES[SAMPLES[field.type]]
    assert answer.headers["content-length"] == str(len(answer.content))


def test_others_leave_room_for_the_files_of_the_staff(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    entity, field = HELD[0]
    content = SAMPLE_FILES[SAMPLES[field.type]]
    monkeypatch.setattr(files, "ROOM_OF_OTHERS", len(content) - 1)
    assert files.hold(content, "a", field.name, by_staff=False).endswith(files.NO_ROOM)
    add(client, entity)
    monkeypatch.setattr(files, "ROOM", len(content))
    answer = send(client, f"/{entity.table}/new", filled(client, entity))
    assert answer.status_code == 422
    assert "no room for another file" in answer.text
