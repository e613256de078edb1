"""A file is read as it was meant, and whatever of it is not kept is said."""

from __future__ import annotations

import html
import re

import pytest
from app.schema import ENTITIES

from app import database
from app.access import summed
from app.model import FILES, Entity

from .client import Answer, Browser
from .forms import as_csv, filled, send, token

FREE = [entity for entity in ENTITIES if not any(field.required and (field.ref or field.type in FILES) for field in entity.fields)]
NAMED = [entity for entity in FREE if any(one.type == "text" and one.name in entity.title for one in entity.fields)]
ENTITY = next(iter(NAMED), ENTITIES[0])
pytestmark = pytest.mark.skipif(not NAMED, reason="another kind of record comes first")


def named(client: Browser, entity: Entity, name: str) -> dict[str, str]:
    """A good line of a file by its columns, about something of that name."""
    typed = {field.name for field in entity.fields if not (entity.moves and field.name == entity.state) and field.type not in FILES}
    values = {key: value for key, value in filled(client, entity).items() if value and key in typed - summed(entity)}
    first = next(field.name for field in entity.of_type("text") if field.name in entity.title)
    return {entity.field(key).label: value for key, value in {**values, first: name}.items()}


def table(*lines: dict[str, str], **more: str) -> str:
    """The text of a file with a column more."""
    rows = [[*lines[0], *more], *([*line.values(), *more.values()] for line in lines)]
    return as_csv(rows)


def said(answer: Answer) -> str:
    return " ".join(html.unescape(answer.text).split())


def count() -> int:
    with database.session() as db:
        return database.count(db, ENTITY)


def test_a_column_that_is_not_kept_is_named_before_and_after(client: Browser) -> None:
    text = table(named(client, ENTITY, "Rex"), Bites="twice")
    checked = send(client, f"/{ENTITY.table}/import", {"text": text})
    assert "The column “Bites” is not kept" in said(checked)
    kept = send(client, f"/{ENTITY.table}/import", {"text": text, "keep": "yes"})
    assert kept.status_code == 303
    after = said(client.get(kept.headers["location"]))
    assert "1 line was brought in. The column “Bites” was not kept" in after
    assert count() == 1
    forged = kept.headers["location"].replace("Bites", "Barks")
    assert "Barks" not in client.get(forged).text


def test_a_file_of_which_all_is_kept_says_nothing_about_columns(client: Browser) -> None:
    checked = send(client, f"/{ENTITY.table}/import", {"text": table(named(client, ENTITY, "Rex"))})
    assert checked.status_code == 200
    assert "not kept" not in said(checked)


def test_a_line_with_more_values_than_columns_is_refused(client: Browser) -> None:
    text = table(named(client, ENTITY, "Rex")) + ",50"
    refused = send(client, f"/{ENTITY.table}/import", {"text": text, "keep": "yes"})
    assert refused.status_code == 422
    assert "more values than there are columns" in said(refused)
    assert count() == 0


def test_a_file_without_a_single_value_is_refused(client: Browser) -> None:
    assert send(client, f"/{ENTITY.table}/import", {"text": ",,"}).status_code == 422


@pytest.mark.parametrize(("encoding", "is_told"), [("cp1252", True), ("utf-8", False), ("utf-8-sig", False), ("utf-16", False)])
def test_a_file_of_an_older_spreadsheet_is_read_and_it_is_said(client: Browser, encoding: str, is_told: bool) -> None:
    file = table(named(client, ENTITY, "Zoë’s Café")).encode(encoding)
    checked = client.upload(f"/{ENTITY.table}/import", data={"csrf_token": token(client)}, file=file)
    assert checked.status_code == 200
    assert "Zoë’s Café" in said(checked)
    assert ("read as Windows-1252" in said(checked)) is is_told


@pytest.mark.parametrize("file", [b"PK\x03\x04\x00\x00\xff", b"Name\nZo\x81\x8d"])
def test_a_file_that_is_no_text_is_refused_on_the_page_with_the_form(client: Browser, file: bytes) -> None:
    refused = client.upload(f"/{ENTITY.table}/import", data={"csrf_token": token(client)}, file=file)
    assert refused.status_code == 422
    assert "Save it as CSV (UTF-8)" in said(refused)
    assert 'type="file"' in refused.text


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda one: one.table)
def test_what_was_saved_and_brought_in_again_changes_nothing(example: Browser, entity: Entity) -> None:
    before = example.get(f"/{entity.table}/export.csv").text
    checked = send(example, f"/{entity.table}/import", {"text": before})
    if len(before.splitlines()) == 1:
        assert checked.status_code == 422
        return
    assert checked.status_code == 200, said(checked)
    assert not re.search(r"\d new\b", said(checked).split("Checked")[0])
    assert "Nothing is kept until you say so" in said(checked)
    send(example, f"/{entity.table}/import", {"text": before, "keep": "yes"})
    assert example.get(f"/{entity.table}/export.csv").text == before


def test_one_changed_cell_changes_one_record_and_is_shown_before(client: Browser) -> None:
    for name in ("Rex", "Bello"):
        send(client, f"/{ENTITY.table}/import", {"text": table(named(client, ENTITY, name)), "keep": "yes"})
    before = client.get(f"/{ENTITY.table}/export.csv").text
    changed = before.replace("Rex", "Maximilian")
    checked = send(client, f"/{ENTITY.table}/import", {"text": changed})
    assert "Rex → Maximilian" in said(checked)
    assert "1 changed, 1 as before" in said(checked)
    assert client.get(f"/{ENTITY.table}/export.csv").text == before
    send(client, f"/{ENTITY.table}/import", {"text": changed, "keep": "yes"})
    assert client.get(f"/{ENTITY.table}/export.csv").text == changed
    assert count() == 2


def test_a_line_with_the_number_of_no_record_is_refused_beside_lines_that_have_one(client: Browser) -> None:
    send(client, f"/{ENTITY.table}/import", {"text": table(named(client, ENTITY, "Rex")), "keep": "yes"})
    head, saved = client.get(f"/{ENTITY.table}/export.csv").text.split("\n", 1)
    other = f"{head}\n{saved.strip()}\n77{saved.strip().removeprefix('1').replace('Rex', 'Bello')}"
    refused = send(client, f"/{ENTITY.table}/import", {"text": other, "keep": "yes"})
    assert refused.status_code == 422
    assert "with the ID “77”" in said(refused)
    assert count() == 1


def test_the_numbers_of_another_program_are_not_taken_for_ours(client: Browser) -> None:
    lines = table(named(client, ENTITY, "Rex"), ID="5001")
    kept = send(client, f"/{ENTITY.table}/import", {"text": lines, "keep": "yes"})
    assert kept.status_code == 303
    assert "The column “ID” was not kept" in said(client.get(kept.headers["location"]))
    assert count() == 1


def test_a_confirmation_that_is_sent_twice_brings_in_once(client: Browser) -> None:
    form = {"text": table(named(client, ENTITY, "Rex")), "keep": "yes", "form_id": "one page view"}
    first, again = (send(client, f"/{ENTITY.table}/import", form) for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    assert count() == 1


def test_a_quote_that_never_ends_is_refused_with_its_line(client: Browser) -> None:
    first = table(named(client, ENTITY, "Rex"))
    lines = first + '\n"never ends,1\nand more'
    refused = send(client, f"/{ENTITY.table}/import", {"text": lines, "keep": "yes"})
    assert refused.status_code == 422
    assert f"From line {first.count(chr(10)) + 2} on" in said(refused)
    assert count() == 0


def test_dates_that_can_be_read_in_two_ways_are_asked_about_once(client: Browser) -> None:
    dated = [one for one in ENTITY.of_type("date") if one.name not in summed(ENTITY)]
    if not dated:
        pytest.skip("no date")
    line = named(client, ENTITY, "Rex") | {dated[0].label: "05/06/2031"}
    asked = send(client, f"/{ENTITY.table}/import", {"text": table(line)})
    assert "5 June 2031 (day first)" in said(asked)
    assert "6 May 2031 (month first)" in said(asked)
    read = send(client, f"/{ENTITY.table}/import", {"text": table(line), "dates": "month", "keep": "yes"})
    if read.status_code == 422:
        assert "two ways" not in said(read)
        return
    assert "2031-05-06" in client.get(f"/{ENTITY.table}/export.csv").text
