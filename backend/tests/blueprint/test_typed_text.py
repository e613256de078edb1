"""What somebody has typed is not lost: when their session ended, when a form is refused, when two edit at once."""

from __future__ import annotations

import hashlib
import hmac
import html
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from .test_app_owners import OWNER, exported, folder, post, started
from .test_specified_figures import plain

__all__ = ["exported", "folder"]
OTHER = {"name": "Otto Other", "email": "otto@example.com", "password": "quite another one"}


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def typed(page: str, name: str) -> str:
    return html.unescape(re.findall(rf'value="([^"]*)"[^>]* id="{name}"', page)[0])


def set_up(client: httpx2.Client, printed: Path) -> None:
    code = re.findall(r"type this code at /setup: ([A-Z0-9-]+)", printed.read_text())[0]
    assert post(client, "/setup", **OWNER, code=code).status_code == 303


def end_sessions(folder: Path) -> None:
    with sqlite3.connect(folder / "kept" / "app.db") as db:
        db.execute("DELETE FROM app_sessions")
    db.close()


def sign_in(client: httpx2.Client, page: str, who: dict[str, str]) -> httpx2.Response:
    """Fill in the page that asks to sign in, as a browser sends it."""
    return client.post("/sign-in", data={**hidden(page), "email": who["email"], "password": who["password"]})


def test_what_was_typed_into_a_form_is_there_again_after_signing_in(folder: Path) -> None:
    with started(folder) as (client, printed):
        set_up(client, printed)
        form = hidden(client.get("/clients/new").text)
        end_sessions(folder)
        asked = client.post("/clients/new", data={**form, "name": "Ada Long", "notes": "Half an hour of\ntyping"})
        assert "You were signed out meanwhile." in plain(asked.text)
        # Whoever mistypes the password loses nothing either.
        asked = sign_in(client, asked.text, {**OWNER, "password": "not this one"})
        assert asked.status_code == 422
        answer = sign_in(client, asked.text, OWNER)
        assert answer.headers["location"] == "/clients/new"
        page = client.get("/clients/new").text
        assert typed(page, "name") == "Ada Long"
        assert "Half an hour of\ntyping</textarea>" in page
        assert "It is not saved yet." in plain(page)
        assert "Ada Long" not in client.get("/clients").text

        saved = client.post("/clients/new", data={**hidden(page), "name": "Ada Long"})
        assert saved.status_code == 303
        assert "It is not saved yet." not in client.get("/clients/new").text


def test_nobody_else_gets_what_somebody_typed(folder: Path) -> None:
    with started(folder) as (client, printed):
        set_up(client, printed)
        assert post(client, "/staff-accounts", **OTHER, role="Owner").status_code == 303
        form = hidden(client.get("/clients/new").text)
        end_sessions(folder)
        asked = client.post("/clients/new", data={**form, "name": "Ada Long"})
        assert sign_in(client, asked.text, OTHER).status_code == 303
        assert "Ada Long" not in client.get("/clients/new").text
        # Nor does somebody who says whose it is without knowing.
        forged = {**hidden(asked.text), "typed_by": f"1.{0:024}"}
        end_sessions(folder)
        client.post("/sign-in", data={**forged, "email": OWNER["email"], "password": OWNER["password"]})
        assert "Ada Long" not in client.get("/clients/new").text


def test_a_draft_can_be_thrown_away(folder: Path) -> None:
    with started(folder) as (client, printed):
        set_up(client, printed)
        form = hidden(client.get("/clients/1/edit").text)
        end_sessions(folder)
        asked = client.post("/clients/1/edit", data={**form, "name": "Another name"})
        sign_in(client, asked.text, OWNER)
        page = client.get("/clients/1/edit").text
        assert typed(page, "name") == "Another name"
        assert client.post("/typed-before/forget", data=hidden(page)).status_code == 303
        assert typed(client.get("/clients/1/edit").text, "name") != "Another name"


def test_what_another_site_sends_is_no_draft(folder: Path) -> None:
    with started(folder) as (client, _):
        headers = {"origin": "https://evil.example"}
        answer = client.post("/clients/new", data={"name": "Planted"}, headers=headers)
        assert answer.status_code == 303
        assert "Planted" not in answer.text


def test_a_form_that_was_refused_still_undoes_nobody(folder: Path) -> None:
    with started(folder) as (client, printed):
        set_up(client, printed)
        first = {"name": "Ada", "email": "ada@example.com", "phone": "+44 20 7946 0001"}
        at = post(client, "/clients/new", **first).headers["location"].partition("?")[0]
        mine = hidden(client.get(f"{at}/edit").text)
        assert post(client, f"{at}/edit", **first | {"phone": "+44 20 7946 0002"}).status_code == 303
        # The other person's form is refused for its e-mail, put right, and sent again.
        refused = client.post(f"{at}/edit", data={**mine, **first, "email": "no e-mail"})
        assert refused.status_code == 422
        assert typed(refused.text, "phone") == first["phone"]
        again = client.post(f"{at}/edit", data={**hidden(refused.text), **first, "email": "ada@new.example"})
        assert again.status_code == 303
        page = plain(client.get(at).text)
        assert "+44 20 7946 0002" in page
        assert "ada@new.example" in page


@pytest.mark.parametrize("path", ["/sign-in", "/staff-accounts", "/your-password"])
def test_a_password_is_never_carried_along(folder: Path, path: str) -> None:
    with started(folder) as (client, printed):
        set_up(client, printed)
        end_sessions(folder)
        client.cookies.clear()
        answer = client.post(path, data={"email": "a@b.example", "password": "hunter2 hunter2"})
        assert "hunter2" not in answer.text


def stale(page: str) -> dict[str, str]:
    """What the page that asks to send something once more carries along."""
    found = re.findall(r'<textarea class="hidden" name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[-1]
    return {"csrf_token": token, **{name: html.unescape(text) for name, text in found}}


def token_of_last_week(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "kept" / "app.db")) as db:
        secret = db.execute("SELECT value FROM app_settings WHERE name = 'secret'").fetchone()[0]
    body = f"{int(time.time()) - 8 * 24 * 3600}.{0:016}"
    return f"{body}.{hmac.new(bytes.fromhex(secret), f'{body}|'.encode(), hashlib.sha256).hexdigest()}"


def test_a_page_that_was_open_for_long_is_sent_once_more_with_what_was_typed(folder: Path) -> None:
    with started(folder) as (client, printed), httpx2.Client(base_url=client.base_url, trust_env=False) as visitor:
        set_up(client, printed)
        asked = hidden(visitor.get("/forms/bookings").text)
        offered = re.findall(r'type="radio" name="yoga_class" value="(\d+)"', visitor.get("/forms/bookings").text)
        given = {"yoga_class": offered[-1], "person_name": "Vi <Long>", "person_email": "vi@example.com"}
        given |= {"notes": "\nfirst line\nsecond line"}

        late = visitor.post("/forms/bookings", data={**asked, **given, "csrf_token": token_of_last_week(folder)})

        assert late.status_code == 403
        assert "what you typed is still here" in plain(late.text)
        answers = [visitor.post("/forms/bookings", data=stale(late.text)) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [303, 303]
        assert answers[0].headers["location"] == answers[1].headers["location"]
        saved = client.get("/bookings/export.csv").text
        assert saved.count("Vi <Long>") == 1
        assert "first line\nsecond line" in saved

        # Somebody who has signed in again in another window is in another session.
        form = hidden(client.get("/clients/new").text)
        assert sign_in(client, client.get("/sign-in").text, OWNER).status_code == 303
        other = client.post("/clients/new", data={**form, "name": "Ada Long"})
        assert other.status_code == 403
        assert client.post("/clients/new", data=stale(other.text)).status_code == 303
        # What somebody else has typed is not sent in one's own name, and nothing comes from another site.
        forged = client.post("/clients/new", data={**form, "name": "Planted", "typed_by": f"1.{0:024}"})
        assert "Planted" not in forged.text
        foreign = client.post(
            "/clients/new", data=form | {"name": "Planted"}, headers={"origin": "https://a.example"}
        )
        assert "Planted" not in foreign.text


def test_going_back_and_sending_other_values_is_asked_about(folder: Path) -> None:
    with started(folder) as (client, printed):
        set_up(client, printed)
        form = hidden(client.get("/clients/new").text)
        first = client.post("/clients/new", data={**form, "name": "Ada"})
        assert (
            client.post("/clients/new", data={**form, "name": "Ada"}).headers["location"]
            == first.headers["location"]
        )

        other = client.post("/clients/new", data={**form, "name": "Bo"})

        assert other.status_code == 422
        assert "sent before, with other values" in plain(other.text)
        assert typed(other.text, "name") == "Bo"
        assert client.post("/clients/new", data={**hidden(other.text), "name": "Bo"}).status_code == 303
        at = first.headers["location"].partition("?")[0]
        form = hidden(client.get(f"{at}/delete").text)
        pressed = [client.post(f"{at}/delete", data=form) for _ in range(2)]
        assert [answer.headers.get("location") for answer in pressed] == [pressed[0].headers["location"]] * 2
        form = hidden(client.get(pressed[0].headers["location"]).text)
        undone = [
            client.post(f"/clients/undo/{pressed[0].headers['location'].rpartition('=')[2]}", data=form)
            for _ in range(2)
        ]
        assert [answer.status_code for answer in undone] == [303, 303]
        form = hidden(client.get("/clients/import").text)
        sent = [client.post("/clients/import", data={**form, "text": "Name\nCy", "keep": "yes"}) for _ in range(2)]
        assert [answer.status_code for answer in sent] == [303, 303]
        assert client.get("/clients/export.csv").text.count("Cy") == 1
