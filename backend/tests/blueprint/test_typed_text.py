"""What somebody has typed is not lost: when their session ended, when a form is refused, when two edit at once."""

from __future__ import annotations

import html
import re
import sqlite3
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
