"""People sign in; who works with their own records sees nobody else's."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from app.schema import ENTITIES, ROLES

from app import database, people
from app.accounts import staff_roles
from app.database import BY_TABLE
from app.main import app
from app.model import Right

from .client import Browser
from .forms import add, filled, send, token_of

OWN = next(role for role in ROLES if role.own)
PERSON = BY_TABLE[OWN.own]
THEIRS = [
    (entity, field)
    for entity in ENTITIES
    for field in entity.of_type("ref")
    if field.ref == OWN.own and (entity.right(OWN.name) or Right(OWN.name, sees="own")).sees == "own"
]
PASSWORD = "quite a long one"


@pytest.fixture
def stranger(client: Browser) -> Iterator[Browser]:
    """Somebody else's browser, on the same records."""
    yield Browser(app)


@pytest.fixture
def other(client: Browser) -> Iterator[Browser]:
    yield Browser(app)


def post(browser: Browser, address: str, /, **values: str) -> Any:
    page = browser.get(address).text
    return send(browser, address, {**values, "csrf_token": token_of(page)})


def sign_up(browser: Browser, name: str) -> int:
    """An account of the first kind of person who can make one; the record that describes them."""
    email = f"{name.lower()}@example.com"
    answer = post(browser, "/sign-up", name=name, email=email, password=PASSWORD, role=OWN.name)
    assert answer.status_code == 303, answer.text
    with database.session() as db:
        found = people.own_record(db, PERSON, email)
    assert found is not None
    return found


def test_somebody_signs_up_out_and_in(stranger: Browser) -> None:
    sign_up(stranger, "Ada")
    home = stranger.get("/staff-side")
    assert "Ada" in home.text
    assert send(stranger, "/sign-out", {"csrf_token": token_of(home.text)}).status_code == 303
    assert stranger.get("/staff-side", follow_redirects=False).status_code == 303
    assert post(stranger, "/sign-in", email="ada@example.com", password="wrong").status_code == 422
    back = post(stranger, "/sign-in", email="ADA@example.com", password=PASSWORD, next="//evil.example")
    assert back.headers["location"] == "/staff-side"
    for cookie in back.cookies:
        assert "httponly" in cookie.lower()
        assert "samesite=lax" in cookie.lower()


def test_the_cookie_is_secure_over_https(client: Browser) -> None:
    browser = Browser(app, "https")
    answer = post(browser, "/sign-up", name="Ada", email="ada@example.com", password=PASSWORD, role=OWN.name)
    assert all("secure" in cookie.lower() for cookie in answer.cookies)


def test_whom_the_staff_has_entered_only_the_invited_can_be(client: Browser, stranger: Browser, other: Browser) -> None:
    theirs = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD, "role": OWN.name}
    record = f"/{PERSON.table}/{add(client, PERSON, **{people.email_field(PERSON): 'Ada@example.com'})}"
    invited = html.unescape(re.findall(r'href="(/sign-up\?[^"]+)"', client.get(record).text)[0])
    code = parse_qs(urlsplit(invited).query)["invitation"][0]
    for wrong in ("", "0" * len(code), "é"):
        refused = post(stranger, "/sign-up", **theirs, invitation=wrong)
        assert refused.status_code == 422
        assert "open the link of your invitation" in refused.text
    assert f'value="{code}"' in other.get(invited).text
    assert post(other, "/sign-up", **theirs, invitation=code).status_code == 303
    assert other.get(record).status_code == 200
    assert "/sign-up?" not in client.get(record).text
    assert post(stranger, "/sign-up", **theirs, invitation=code).status_code == 422


SEES_ALL_PEOPLE = (PERSON.right(OWN.name) or Right(OWN.name, sees="own")).sees == "all"


@pytest.mark.skipif(SEES_ALL_PEOPLE, reason="people of this kind see each other")
def test_an_e_mail_that_somebody_took_before_gives_them_nothing(client: Browser, stranger: Browser) -> None:
    odd = sign_up(stranger, "Eve")
    assert send(client, f"/{PERSON.table}/{odd}/delete", {}).status_code == 303
    entered = add(client, PERSON, **{people.email_field(PERSON): "eve@example.com"})
    assert stranger.get("/staff-side").status_code == 200
    assert stranger.get(f"/{PERSON.table}/{entered}").status_code == 404
    assert "not shown to it" in client.get(f"/{PERSON.table}/{entered}").text


def test_an_account_of_an_earlier_version_keeps_its_record(stranger: Browser) -> None:
    ada = sign_up(stranger, "Ada")
    with database.session() as db:
        db.execute("ALTER TABLE app_users DROP COLUMN record_id")
    database.migrate()
    assert stranger.get(f"/{PERSON.table}/{ada}").status_code == 200


def test_who_is_removed_is_out_and_can_be_let_in_again(client: Browser, stranger: Browser) -> None:
    ada = sign_up(stranger, "Ada")
    accounts = client.get("/staff-accounts").text
    [address] = re.findall(r'action="(/staff-accounts/\d+/delete)"', accounts)
    assert post(stranger, address).status_code == 404, "only the staff does so"
    assert send(client, address, {"csrf_token": token_of(accounts)}).status_code == 303
    assert stranger.get("/staff-side", follow_redirects=False).status_code == 303
    assert post(stranger, "/sign-in", email="ada@example.com", password=PASSWORD).status_code == 422
    assert "/sign-up?" in client.get(f"/{PERSON.table}/{ada}").text


def test_a_password_is_not_kept(stranger: Browser) -> None:
    sign_up(stranger, "Ada")
    with database.session() as db:
        kept = [str(tuple(row)) for row in db.execute("SELECT * FROM app_users")]
    assert PASSWORD not in "".join(kept)


@pytest.mark.parametrize(("entity", "field"), THEIRS, ids=[f"{entity.table}-{field.name}" for entity, field in THEIRS])
def test_nobody_sees_what_is_somebody_elses(
    client: Browser, stranger: Browser, other: Browser, entity: Any, field: Any
) -> None:
    ada, ben = sign_up(stranger, "Ada"), sign_up(other, "Ben")
    mine, theirs = add(client, entity), add(client, entity)
    with database.session() as db:
        # A rule may want more of a person than that they have signed up.
        database.update(db, entity, mine, {field.name: ada})
        database.update(db, entity, theirs, {field.name: ben})
    assert stranger.get(f"/{entity.table}/{mine}").status_code == 200
    listed = stranger.get(f"/{entity.table}").text
    assert f'/{entity.table}/{mine}"' in listed
    assert f'/{entity.table}/{theirs}"' not in listed
    assert f"\n{theirs}," not in stranger.get(f"/{entity.table}/export.csv").text
    for address in ("", "/edit", "/delete", "/document"):
        assert stranger.get(f"/{entity.table}/{theirs}{address}").status_code in (403, 404)
    values = filled(client, entity)
    for address in ("/edit", "/delete", "/move"):
        answer = send(stranger, f"/{entity.table}/{theirs}{address}", {**values, "to": "x"})
        assert answer.status_code in (403, 404)
    assert stranger.get(f"/{PERSON.table}/{ada}").status_code == 200
    assert stranger.get(f"/{PERSON.table}/{ben}").status_code == 404


def _give(person: int, entity: Any, values: dict[str, str]) -> None:
    """Make what the record is to belong to theirs: nobody chooses among what is somebody else's."""
    for field in entity.of_type("ref"):
        links = [link.name for link in BY_TABLE[field.ref].of_type("ref") if link.ref == OWN.own]
        if links and values[field.name]:
            with database.session() as db:
                database.update(db, BY_TABLE[field.ref], int(values[field.name]), dict.fromkeys(links, person))


@pytest.mark.parametrize("table", [table for table in OWN.adds if any(field.ref == OWN.own for field in BY_TABLE[table].fields)])
def test_somebody_adds_a_record_of_their_own(stranger: Browser, client: Browser, table: str) -> None:
    ada = sign_up(stranger, "Ada")
    entity = BY_TABLE[table]
    values = filled(client, entity)
    _give(ada, entity, values)
    answer = send(stranger, f"/{table}/new", {**values, "csrf_token": token_of(stranger.get(f"/{table}/new").text)})
    if answer.status_code == 422 and any(rule.about in html.unescape(answer.text) for rule in entity.rules):
        pytest.skip("a rule asks for something else first")
    assert answer.status_code == 303, answer.text
    record_id = int(re.findall(r"/(\d+)\?", answer.headers["location"])[0])
    with database.session() as db:
        row = database.get(db, entity, record_id)
    links = [field.name for field in entity.of_type("ref") if field.ref == OWN.own]
    assert row is not None
    # By one link it is theirs; by another they may have chosen somebody else, or a step does later.
    assert [row[name] for name in links].count(ada) == 1


def test_a_token_of_one_session_is_no_good_in_another(client: Browser, stranger: Browser) -> None:
    sign_up(stranger, "Ada")
    theirs = token_of(stranger.get("/staff-side").text)
    answer = client.post(f"/{PERSON.table}/new", data={**filled(client, PERSON), "csrf_token": theirs})
    assert answer.status_code == 403


def test_the_accounts_are_for_the_staff(client: Browser, stranger: Browser) -> None:
    sign_up(stranger, "Ada")
    assert stranger.get("/staff-accounts").status_code == 404
    assert "ada@example.com" in client.get("/staff-accounts").text
    role = staff_roles()[0].name.strip()
    sam = {"name": "Sam", "email": "sam@example.com", "password": PASSWORD}
    assert post(client, "/staff-accounts", **sam, role=role).status_code == 303
    assert post(Browser(app), "/sign-in", email="sam@example.com", password=PASSWORD).status_code == 303
