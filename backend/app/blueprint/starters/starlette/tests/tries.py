"""Tries to break the app's rules, through its forms and straight in its database; `test_rules.py` says which."""

from __future__ import annotations

import html
import re
import sqlite3
from typing import Any

import pytest

from app.schema import ABOUT

from app import database, locks, records
from app.access import FOUNDER
from app.database import BY_TABLE
from app.fields import money, typed
from app.model import FILES, Entity, Field, InOrder, Locked

from .client import Browser
from .forms import add, filled, keep, never_changes, send, within
from .scenes import Key, Stage

Says = tuple[str, ...]


def _refused(client: Browser, entity: Entity, values: dict[str, str], says: Says, address: str = "new") -> None:
    """The form refuses the values and says why, and so does the database."""
    answer = send(client, f"/{entity.table}/{address}", values)
    assert answer.status_code == 422, "the form kept what breaks the rule"
    page = html.unescape(answer.text)
    # Whoever reads by keyboard or by ear is led to what is wrong.
    assert re.search(r"role=.alert.[^>]* autofocus><p>Nothing was saved yet", page)
    # What stays as it was added is refused any change, this one too.
    stays = [rule.about for rule in entity.rules if isinstance(rule, Locked)] if address != "new" else []
    assert any(sentence in page for sentence in (*says, *stays))


def _row(table: str, record_id: int) -> database.Row:
    with database.session() as db:
        row = database.get(db, BY_TABLE[table], record_id)
    assert row is not None
    return row


def _refused_by_the_database(entity: Entity, record_id: int, changes: dict[str, Any]) -> None:
    """A copy of a kept record, changed like this, breaks the rule whoever writes it."""
    values = {**database.kept(entity, _row(entity.table, record_id)), **changes}
    values.pop("id")
    with pytest.raises(sqlite3.IntegrityError), database.session() as db:
        database.insert(db, entity, values)


def _parent(client: Browser, entity: Entity, ref: str, /, **values: str) -> str:
    return str(add(client, BY_TABLE[entity.field(ref).ref], **values))


def _with_links(client: Browser, entity: Entity, names: tuple[str, ...]) -> dict[str, str]:
    return {name: _parent(client, entity, name) for name in names if entity.field(name).ref}


def unique(client: Browser, table: str, fields: tuple[str, ...], says: Says) -> None:
    """A second record with the same values is refused; one that differs is kept."""
    entity = BY_TABLE[table]
    values = filled(client, entity, **_with_links(client, entity, fields))
    first = add(client, entity, **values)
    again = filled(client, entity, **{name: values[name] for name in fields})
    _refused(client, entity, again, says)
    _refused_by_the_database(entity, first, {})
    answer = send(client, f"/{table}/{first}/edit", values)
    assert answer.status_code == (422 if never_changes(entity) else 303), answer.text


def no_overlap(client: Browser, table: str, start: str, end: str, ref: str, lasts: str, says: Says) -> None:
    """What meets a kept record in time is refused; what comes after it, or is elsewhere, is kept."""
    if lasts:
        _no_overlap_of_minutes(client, BY_TABLE[table], (start, lasts, ref), says)
    entity = BY_TABLE[table]
    clock = "T10:00" if entity.field(start).type == "datetime" else ""
    times = {start: f"2031-05-06{clock}", **({end: f"2031-05-09{clock}"} if end else {})}
    inside = {start: f"2031-05-08{clock}" if end else times[start], **({end: f"2031-05-12{clock}"} if end else {})}
    after = {start: f"2031-06-01{clock}", **({end: f"2031-06-02{clock}"} if end else {})}
    parent = _parent(client, entity, ref)
    first = add(client, entity, **times, **{ref: parent})
    _refused(client, entity, filled(client, entity, **inside, **{ref: parent}), says)
    _refused_by_the_database(entity, first, inside)
    later = add(client, entity, **after, **{ref: parent})
    moved = filled(client, entity, **inside, **{ref: parent})
    _refused(client, entity, moved, says, f"{later}/edit")
    add(client, entity, **times, **{ref: _parent(client, entity, ref)})


def _no_overlap_of_minutes(client: Browser, entity: Entity, names: tuple[str, str, str], says: Says) -> None:
    """A record takes all the minutes that it lasts, or a moment when nobody says how long."""
    start, lasts, ref = names
    parent = _parent(client, entity, ref)

    def at(clock: str, minutes: str) -> dict[str, str]:
        return filled(client, entity, **{start: f"2031-04-05T{clock}", lasts: minutes, ref: parent})

    needed = entity.field(lasts).required
    first = add(client, entity, **at("10:00", "60"))
    for clock, minutes in (("10:30", "60"), ("09:30", "31"), ("09:00", "180"), ("10:59", "0" if needed else "")):
        _refused(client, entity, at(clock, minutes), says)
    _refused_by_the_database(entity, first, {start: "2031-04-05T10:30"})
    for clock, minutes in (("11:00", "60"), ("09:00", "60"), ("12:30", "0" if needed else "")):
        add(client, entity, **at(clock, minutes))
    _refused(client, entity, at("10:00", "61"), says, f"{first}/edit")
    # It is over on another day, and nothing is ever over after the last one that there is.
    late = add(client, entity, **{**at("23:30", "60"), ref: _parent(client, entity, ref)})
    other = str(_row(entity.table, late)[ref])
    _refused(client, entity, {**at("10:00", ""), start: "2031-04-06T00:15", lasts: "20", ref: other}, says)
    add(client, entity, **{**at("10:00", "20"), start: "2031-04-06T00:30", ref: other})
    _refused(client, entity, {**at("20:00", "999999998"), ref: other}, says)


def capacity(client: Browser, table: str, ref: str, limit: str, takes: str, off: tuple[str, str], says: Says) -> None:
    """The last place is given once; what is called off gives it back."""
    entity = BY_TABLE[table]
    parent = _parent(client, entity, ref, **{limit: "1"})
    mine = {ref: parent, **({takes: "1"} if takes else {})}
    values = filled(client, entity, **mine)
    first = add(client, entity, **values)
    _refused(client, entity, filled(client, entity, **mine), says)
    _refused_by_the_database(entity, first, {})
    if takes:
        roomy = _parent(client, entity, ref, **{limit: "5"})
        _refused(client, entity, filled(client, entity, **{ref: roomy, takes: "6"}), ("Only 5 places are left",))
        four = filled(client, entity, **{ref: roomy, takes: "4"})
        party = add(client, entity, **four)
        _refused(client, entity, filled(client, entity, **{ref: roomy, takes: "4"}), ("Only 1 place is left",))
        _refused(client, entity, {**four, takes: "6"}, ("Only 5 places are left",), f"{party}/edit")
    status, word = off
    if status:
        _set_status(client, entity, first, values, {status: word})
        add(client, entity, **mine)


def in_order(client: Browser, table: str, earlier: str, later: str, says: Says) -> None:
    """What ends before it begins is refused."""
    entity = BY_TABLE[table]
    low, high = _low_and_high(entity.field(earlier).type), _low_and_high(entity.field(later).type)
    good = filled(client, entity, **{earlier: low[0], later: high[1]})
    first = add(client, entity, **good)
    bad = {earlier: low[1], later: high[0]}
    _refused(client, entity, filled(client, entity, **bad), says)
    _refused(client, entity, {**good, **bad}, says, f"{first}/edit")
    if any(rule.takes for rule in entity.rules if isinstance(rule, InOrder) and (rule.earlier, rule.later) == (earlier, later)):
        _refused(client, entity, {**good, later: good[earlier]}, says, f"{first}/edit")


def _low_and_high(kind: str) -> tuple[str, str]:
    clock = "T10:00" if kind == "datetime" else ""
    return ("2", "9") if kind in ("int", "decimal", "money") else (f"2031-07-01{clock}", f"2031-07-05{clock}")


def sums(client: Browser, table: str, money: str, ref: str, into: str, times: str) -> None:
    """The lines add up, and go on doing so when one changes or goes."""
    entity = BY_TABLE[table]
    parent = _parent(client, entity, ref)
    count = {times: "2"} if times else {}
    lines = [add(client, entity, **{ref: parent, money: "10", **count}) for _ in range(2)]
    one = 2000 if times else 1000
    _comes_to(client, entity, ref, parent, into, 2 * one)
    assert send(client, f"/{table}/{lines[0]}/delete", {}).status_code == 303
    _comes_to(client, entity, ref, parent, into, one)
    changed = filled(client, entity, **{ref: parent, money: "1", **count})
    assert send(client, f"/{table}/{lines[1]}/edit", changed).status_code == 303
    _comes_to(client, entity, ref, parent, into, 200 if times else 100)


def _comes_to(client: Browser, entity: Entity, ref: str, parent: str, into: str, cents: int) -> None:
    target = entity.field(ref).ref
    if into:
        assert _row(target, int(parent))[into] == cents
    assert money(cents, ABOUT.currency) in client.get(f"/{target}/{parent}").text


def stock(
    client: Browser, table: str, ref: str, counted: str, quantity: str, off: tuple[str, str, str], says: Says
) -> None:
    """What is taken is counted down, no more than there is can be taken, and what is called off comes back."""
    entity = BY_TABLE[table]
    product = _parent(client, entity, ref, **{counted: "3"})
    amount = "3" if quantity else "1"

    def left() -> int:
        return int(_row(entity.field(ref).ref, int(product))[counted] or 0)

    mine = {ref: product, **({quantity: amount} if quantity else {})}
    values = filled(client, entity, **mine)
    first = add(client, entity, **values)
    assert left() == 3 - int(amount)
    if quantity:
        more = filled(client, entity, **{**mine, quantity: "1"})
        _refused(client, entity, more, says)
        _refused_by_the_database(entity, first, {})
    status, word, through = off
    if status and not through:
        _set_status(client, entity, first, values, {status: word})
        assert left() == 3
        _set_status(client, entity, first, values, {status: values[status]})
    assert send(client, f"/{table}/{first}/delete", {}).status_code == 303
    assert left() == 3
    if through:
        _called_off_as_a_whole(client, entity, mine, (status, word, through))
        assert left() == 3


def _called_off_as_a_whole(client: Browser, entity: Entity, mine: dict[str, str], off: tuple[str, str, str]) -> None:
    status, word, through = off
    order = BY_TABLE[entity.field(through).ref]
    values = filled(client, order)
    order_id = add(client, order, **values)
    add(client, entity, **{**mine, through: str(order_id)})
    _set_status(client, order, order_id, values, {status: word})


def _set_status(
    client: Browser, entity: Entity, record_id: int, values: dict[str, str], status: dict[str, str]
) -> None:
    """By the form, or where it changes by moves alone in the database: who may take which move is tried elsewhere."""
    if never_changes(entity) or (entity.moves and entity.state in status):
        with database.session() as db:
            database.update(db, entity, record_id, dict(status))
    else:
        assert send(client, f"/{entity.table}/{record_id}/edit", {**values, **status}).status_code == 303


def _long_ago(client: Browser, entity: Entity, past: dict[str, str]) -> int:
    """A record of long ago; by the database where the form takes none but of a time to come."""
    answer = send(client, f"/{entity.table}/new", filled(client, entity, **past))
    if answer.status_code == 303:
        return int(re.findall(r"/(\d+)\?", answer.headers["location"])[0])
    record_id = add(client, entity)
    with database.session() as db:
        database.update(db, entity, record_id, dict(past))
    return record_id


def overdue(client: Browser, table: str, date: str, status: str, done: str) -> None:
    """A record is marked from the day after its date until it is done."""
    entity = BY_TABLE[table]
    dates = entity.of_type("date", "datetime")
    past = {one.name: "2020-01-02" + ("T09:00" if one.type == "datetime" else "") for one in dates}
    record_id = _long_ago(client, entity, past)
    assert "Overdue" in client.get(f"/{table}/{record_id}").text
    assert f'/{table}/{record_id}"' in client.get(f"/{table}?late=1").text
    future = add(client, entity)
    assert "Overdue" not in client.get(f"/{table}/{future}").text
    if status:
        with database.session() as db:
            database.update(db, entity, record_id, {status: done})
        assert "Overdue" not in client.get(f"/{table}/{record_id}").text


def refused(client: Browser, scene: dict[str, Any], about: str) -> None:
    """The last record of a scene, the change of its subject or its move is refused with what the rule says."""
    stage = Stage(client, scene)
    last: Key = tuple(scene["last"])
    if scene["role"]:
        stage.put_all(before=last)
        stage.act_as(scene["role"], scene["person"])
    if scene["before"] is None:
        stage.put_all(before=last)
        for _ in range(scene["copies"]):
            answer = stage.send(last)
            assert answer.status_code == 303, answer.text
        answer = stage.send(last)
    else:
        answer = _changed(client, stage, scene)
    assert answer.status_code == 422, "the app kept what breaks the rule"
    page = html.unescape(answer.text)
    assert "Nothing was saved yet" in page
    assert about in page, re.findall(r'class="wrong"[^>]*>([^<]*)', page) or page
    if scene.get("on_entry"):
        _is_changed_so(client, stage, last)


def _is_changed_so(client: Browser, stage: Stage, last: Key) -> None:
    """What no new record may say, one that is there can be changed to."""
    entity = BY_TABLE[last[0]]
    record_id = add(client, entity)
    row = _row(entity.table, record_id)
    before = {field.name: typed(field, row[field.name]) for field in entity.fields if field.type not in FILES}
    said = {name: text for name, text in stage.values(last).items() if text}
    answer = send(client, f"/{entity.table}/{record_id}/edit", {**before, **said})
    assert answer.status_code == (422 if never_changes(entity) else 303), answer.text


OTHER = {
    "text": "Changed by hand", "longtext": "Changed by hand", "int": "2", "decimal": "2", "money": "2", "date": "2030-01-02",
    "datetime": "2030-01-02T09:15", "email": "changed@example.com", "phone": "+44 20 7946 0999", "url": "https://example.com/changed",
}  # fmt: skip
"""What a settled record is changed to."""


def locked(client: Browser, scene: dict[str, Any], about: str) -> None:
    """A settled record, and what is a part of it, is neither changed nor deleted, and nothing is added to it."""
    stage = Stage(client, scene)
    record_id, entity = stage.put_all(), BY_TABLE[stage.subject[0]]
    rule = next(rule for rule in entity.rules if isinstance(rule, Locked) and rule.about == about)
    _stays(client, entity, record_id, rule)
    if rule.links:
        assert stage.send(stage.subject).status_code == 422, "one more was added to what is settled"
    for child, link in records.children_of(entity):
        if link in locks.links_up(child):
            line_id = keep(client, child)
            with database.session() as db:
                database.update(db, child, line_id, {link.name: record_id})
            _stays(client, child, line_id, rule)
            answer = send(client, f"/{child.table}/new", filled(client, child, **{link.name: str(record_id)}))
            assert answer.status_code == 422, "a line was added to what is settled"


def _stays(client: Browser, entity: Entity, record_id: int, rule: Locked) -> None:
    address, before = f"/{entity.table}/{record_id}", _row(entity.table, record_id)
    page = html.unescape(client.get(address).text)
    assert rule.about in page, "the page does not say why nothing can be changed"
    assert f"{address}/delete" not in page
    opens = rule.opens if rule in entity.rules else ()
    assert (f"{address}/edit" in page) is bool(opens)
    if opens:
        assert rule.about in html.unescape(client.get(f"{address}/edit").text), "the form does not say why it asks for so little"
    fields = [field for field in FOUNDER.fields(entity) if not field.ref and field.type not in FILES]
    texts = {field.name: typed(field, before[field.name]) for field in FOUNDER.fields(entity)}
    for field in [field for field in fields if field.name not in opens][:1]:
        answer = send(client, f"{address}/edit", {**texts, field.name: _other_text(field, texts[field.name])})
        assert answer.status_code == 422, "what is settled was changed"
        assert rule.about in html.unescape(answer.text)
    answer = send(client, f"{address}/delete", {})
    assert answer.status_code == 409, "what is settled was deleted"
    assert rule.about in html.unescape(answer.text)
    assert _row(entity.table, record_id) == before


def _other_text(field: Field, text: str) -> str:
    if field.choices:
        return next((choice for choice in field.choices if choice != text), text)
    if field.type == "bool":
        return "" if text else "1"
    other = within(field, OTHER[field.type])
    return within(field, "3") if other == text else other


def _changed(client: Browser, stage: Stage, scene: dict[str, Any]) -> Any:
    """The subject as it was before, then changed by its form or by a move."""
    table, number = stage.subject
    stage.put_all(before=stage.subject)
    record_id = stage.put(stage.subject, scene["before"])
    stage.put_all()
    values = stage.changed((table, number))
    address = f"moves/{scene['move']}" if scene["move"] is not None else "edit"
    return send(client, f"/{table}/{record_id}/{address}", values)
