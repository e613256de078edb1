"""What the app has to say is in its outbox, and is sent once by a mail server that is named, or says why it is not."""

from __future__ import annotations

import html
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from app.schema import MESSAGES, ROLES

from app import database, mail, outbox, people, records, rules
from app.clock import now
from app.database import BY_TABLE
from app.fields import EMAIL
from app.main import app
from app.model import Entity, Message, Role

from .client import Browser
from .forms import NUMBERS, add, keep, send, token_of

every_message = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
TO = "somebody@mail.local"


def written(name: str) -> list[dict[str, Any]]:
    with database.session() as db:
        return [row for row in outbox.listed(db, limit=-1) if row["name"] == name]


def wanted(message: Message, record_id: int) -> bool:
    """Whether the record is one that the message is for, and has somebody whom it goes to."""
    sql = f'SELECT {message.to or "1"} FROM "{message.table}" r WHERE r.id = ? AND ({message.only_if})'
    with database.session() as db:
        row = db.execute(sql, [record_id]).fetchone()
    return row is not None and row[0] is not None


def act(client: Browser, message: Message) -> int | None:
    """Do what the message is written for; the record, or None where a rule stands against it."""
    entity = BY_TABLE[message.table]
    record_id = add(client, entity)
    if message.kind == "state":
        with database.session() as db:
            row = database.get(db, entity, record_id) or {}
            other = next(choice for choice in entity.field(message.state_field).choices if choice != message.state)
            database.update(db, entity, record_id, {message.state_field: other})
            row = {**row, message.state_field: other}
        try:
            with records.writing() as db:
                records.change(db, entity, row, {message.state_field: message.state}, who="Olga")
        except rules.Broken:
            return None
    if message.kind == "before":
        with database.session() as db:
            at = db.execute(f'SELECT {message.date} FROM "{entity.table}" r WHERE r.id = ?', [record_id]).fetchone()[0]
            outbox.plan_ahead(db)
        if at is None or at <= now().isoformat(timespec="minutes"):
            return None
    return record_id


@every_message
def test_a_message_is_there_after_what_it_is_about(client: Browser, message: Message) -> None:
    record_id = act(client, message)
    if record_id is None or not wanted(message, record_id):
        pytest.skip("not for the example record")
    mine = [one for one in written(message.name) if one["record_id"] == record_id]
    assert len(mine) == 1
    assert "{" not in mine[0]["subject"] + mine[0]["text"]
    page = html.unescape(client.get("/staff-outbox").text)
    assert mine[0]["subject"] in page
    assert mine[0]["recipient"] in page or mine[0]["recipient"] == outbox.OWNERS


@every_message
def test_a_stranger_reads_no_message_and_marks_none(client: Browser, message: Message) -> None:
    act(client, message)
    assert Browser(app).get("/staff-outbox", follow_redirects=False).status_code == 303
    for one in written(message.name):
        assert Browser(app).post(f"/staff-outbox/{one['id']}/sent", data={}, follow_redirects=False).status_code in (303, 403)
        assert one["sent_at"] is None
        assert send(client, f"/staff-outbox/{one['id']}/sent", {}).status_code == 303
        assert send(client, f"/staff-outbox/{one['id']}/sent", {}).status_code == 404


@pytest.mark.parametrize("role", [role for role in ROLES if not role.own], ids=lambda role: role.name)
def test_a_role_reads_messages_about_what_it_sees_alone(client: Browser, role: Role) -> None:
    for message in MESSAGES:
        act(client, message)
    with database.session() as db:
        user = people.add(db, name="Nora", email=f"nora{next(NUMBERS)}@example.org", hashed="x.y", role=role.name)
        session = people.open_session(db, user)
    somebody = Browser(app)
    somebody.cookies[people.COOKIE] = session
    about = set(re.findall(r'href="(/[a-z_]+/\d+)">about this', somebody.get("/staff-outbox").text))
    assert [address for address in about if somebody.get(address).status_code != 200] == []
    hidden = [one for one in listed() if f"/{one['record_table']}/{one['record_id']}" not in about]
    assert [one for one in hidden if send(somebody, f"/staff-outbox/{one['id']}/sent", fresh(somebody)).status_code != 404] == []


def listed() -> list[dict[str, Any]]:
    with database.session() as db:
        return outbox.listed(db, limit=-1)


def fresh(browser: Browser) -> dict[str, str]:
    return {"csrf_token": token_of(browser.get("/about").text)}


@every_message
def test_what_is_planned_follows_its_record(client: Browser, message: Message) -> None:
    if message.kind != "before":
        pytest.skip("is written once")
    record_id = act(client, message)
    if record_id is None or not wanted(message, record_id):
        pytest.skip("not for the example record")
    assert [one["record_id"] for one in written(message.name)] == [record_id]
    with database.session() as db:
        database.delete(db, BY_TABLE[message.table], record_id)
        outbox.plan_ahead(db)
    assert written(message.name) == []


class Letters(socketserver.StreamRequestHandler):
    """One conversation with a mail server, as far as a sender needs it; it refuses whoever `refuses` names."""

    def handle(self) -> None:
        self._say("220 ready")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"QUIT":
                self._say("221 bye")
                return
            if word == b"RCPT" and self.server.refuses.encode() in line:  # type: ignore[attr-defined]
                self._say("550 nobody here by that name")
            elif word == b"DATA":
                self._say("354 go on")
                self.server.taken.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())  # type: ignore[attr-defined]
                self._say("250 taken")
            else:
                self._say("250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server(monkeypatch: pytest.MonkeyPatch, *, refuses: str = "no-such-name") -> Iterator[list[str]]:
    """A mail server on this computer that the app is told of; the letters that it took."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Letters) as server:
        server.taken, server.refuses = [], refuses  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings = {"HOST": "127.0.0.1", "PORT": str(server.server_address[1]), "SECURITY": "none", "FROM": "app@mail.local"}
        for name, value in settings.items():
            monkeypatch.setenv(f"SMTP_{name}", value)
        try:
            yield server.taken  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


def put(entity: Entity, *, due: timedelta = timedelta(0), to: str = TO, subject: str = "Hello") -> int:
    values = [entity.table, to, subject, (now() + due).isoformat(timespec="minutes"), f"test {to} {due}"]
    with database.session() as db:
        sql = "INSERT INTO app_messages (name, record_table, record_id, recipient, subject, text, due, cause) VALUES ('x', ?, 1, ?, ?, 'Dear you', ?, ?)"
        return int(db.execute(sql, values).lastrowid or 0)


def kept(number: int) -> dict[str, Any]:
    with database.session() as db:
        return next(row for row in outbox.listed(db, limit=-1) if row["id"] == number)


ENTITY = BY_TABLE[MESSAGES[0].table]


def test_what_is_due_is_sent_once_and_nothing_else(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client
    due, later, example = put(ENTITY), put(ENTITY, due=timedelta(days=2)), put(ENTITY, to="zoe@example.com")
    with mail_server(monkeypatch) as taken:
        assert (mail.send_due(), mail.send_due()) == (1, 0)
    assert len(taken) == 1
    assert "To: somebody@mail.local" in taken[0]
    assert "Dear you" in taken[0]
    assert kept(due)["sent_at"]
    assert not kept(later)["sent_at"]
    assert (kept(example)["sent_at"], kept(example)["tries"]) == (None, 0)


def test_a_refusal_is_told_and_tried_again_later(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    number = put(ENTITY)
    with mail_server(monkeypatch, refuses=TO) as taken:
        assert (mail.send_due(), mail.send_due()) == (0, 0)
    assert taken == []
    assert "nobody here by that name" in kept(number)["problem"]
    assert "nobody here by that name" in html.unescape(client.get("/staff-outbox").text)
    with database.session() as db:
        db.execute("UPDATE app_messages SET next_try = '2000-01-01T00:00'")
    with mail_server(monkeypatch) as taken:
        assert mail.send_due() == 1
    assert (kept(number)["problem"], kept(number)["tries"], len(taken)) == (None, 2, 1)


def test_a_server_that_is_away_is_told(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client
    number = put(ENTITY)
    with mail_server(monkeypatch):
        pass
    assert mail.send_due() == 0
    assert "cannot be reached" in kept(number)["problem"]


def test_no_line_of_a_subject_becomes_a_header(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client
    number = put(ENTITY, subject="Hello\r\nBcc: everybody@mail.local")
    with mail_server(monkeypatch) as taken:
        mail.send_due()
    assert not any("Bcc" in letter.partition("\r\n\r\n")[0] for letter in taken)
    assert number


def test_what_is_said_wrongly_of_the_server_is_told(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_HOST", "mail.local")
    for name, value in (("SECURITY", "maybe"), ("PORT", "many"), ("FROM", "nobody")):
        with monkeypatch.context() as patch:
            patch.setenv("SMTP_FROM", "app@mail.local")
            patch.setenv(f"SMTP_{name}", value)
            assert f"SMTP_{name} is" in html.unescape(client.get("/staff-outbox").text)


def test_a_filled_outbox_names_everybody_once(client: Browser) -> None:
    assert client
    keep(client, ENTITY)
    with database.session() as db:
        outbox.plan_ahead(db)
        outbox.plan_ahead(db)
        causes = [row["cause"] for row in outbox.listed(db, limit=-1)]
    assert len(causes) == len(set(causes))


@pytest.mark.parametrize("to", ["=?utf-8?q?v=40one.org=2C?=x@mail.local", "root,x@mail.local", "=?utf-8?q??=@mail.local", "x@[mail.local"])
def test_no_address_leads_to_somebody_else_or_ends_the_sending(
    client: Browser, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    assert client
    assert not EMAIL.match(to)
    # As an earlier version kept it.
    odd, good = put(ENTITY, to=to), put(ENTITY)
    with mail_server(monkeypatch) as taken:
        assert mail.send_due() == 1
    assert len(taken) == 1
    assert kept(good)["sent_at"]
    assert "no e-mail address" in kept(odd)["problem"]


def test_what_the_staff_are_told_goes_to_owners_and_to_nobody_whose_role_is_called_so(client: Browser) -> None:
    assert client
    with database.session() as db:
        people.add(db, name="Otto", email="otto@mail.local", hashed="", role="Owner")
        assert outbox.recipients(db, None, replace(MESSAGES[0], to="")) == ["olga@example.com"]


def test_one_address_outside_is_not_flooded(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client
    monkeypatch.setattr(mail, "MOST_TO_ONE", 3)
    for number in range(5):
        put(ENTITY, subject=f"Hello {number}", due=timedelta(minutes=-number))
    other = put(ENTITY, to="other@mail.local")
    with mail_server(monkeypatch) as taken:
        mail.send_due()
        mail.send_due()
    assert len(taken) == 4
    assert kept(other)["sent_at"]
