"""Owner and staff sign in to every app, nobody else gets to their side, and whoever guesses has to wait."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace
from typing import Any

import pytest
from app.rendering import DASHBOARD
from app.schema import ENTITIES, FORMS

from app import accounts, database, guesses, passwords, people
from app.main import app

from .client import Browser
from .forms import add, send, token_of

FIRST = ENTITIES[0]
PASSWORD = "a long one"
NEW = "quite another one"
KEY = "known to the preview alone"
OWNER = {"email": "olga@example.com", "password": PASSWORD}
PAGES = ["", "/new", "/1", "/1/edit", "/1/delete", "/export.csv", "/import"]


@pytest.fixture
def stranger(client: Browser) -> Browser:
    """Somebody else's browser, on the same records."""
    return Browser(app)


@pytest.fixture
def in_preview(client: Browser, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """The founder's browser at a preview."""
    monkeypatch.setenv("PREVIEW_KEY", KEY)
    founder = Browser(app)
    founder.headers["x-preview-access"] = f"owner {KEY}"
    return founder


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second passes between two guesses, however busy the machine is."""
    since = time.time()
    monkeypatch.setattr(guesses, "time", SimpleNamespace(time=lambda: since))


def post(browser: Browser, address: str, /, **values: str) -> Any:
    page = browser.get(address).text
    return send(browser, address, {**values, "csrf_token": token_of(page)})


def forget_owner() -> None:
    with database.session() as db:
        db.execute("DELETE FROM app_users")


# Who gets in


@pytest.mark.parametrize("address", [*(f"/{FIRST.table}{rest}" for rest in PAGES), "/staff-accounts", "/your-password"])
def test_a_stranger_is_asked_to_sign_in(stranger: Browser, address: str) -> None:
    answer = stranger.get(address, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("address", ["/no-such-page", "/no-such-page/1", "/forms/no-such-form"])
def test_a_stranger_who_mistypes_an_address_is_told_so(stranger: Browser, address: str) -> None:
    answer = stranger.get(address, follow_redirects=False)
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_what_a_stranger_sends_changes_nothing(client: Browser, stranger: Browser) -> None:
    record = add(client, FIRST)
    token = token_of(stranger.get("/sign-in").text)
    for rest in ("new", f"{record}/edit", f"{record}/delete"):
        answer = send(stranger, f"/{FIRST.table}/{rest}", {"csrf_token": token})
        assert answer.headers.get("location", "").startswith("/sign-in"), rest
    assert client.get(f"/{FIRST.table}/{record}").status_code == 200


def test_the_owner_signs_in_and_out(stranger: Browser) -> None:
    back = post(stranger, "/sign-in", **OWNER, next="//evil.example")
    assert back.headers["location"] == DASHBOARD
    home = stranger.get(DASHBOARD)
    assert home.status_code == 200
    assert send(stranger, "/sign-out", {"csrf_token": token_of(home.text)}).status_code == 303
    assert stranger.get(DASHBOARD, follow_redirects=False).status_code == 303


def test_an_app_has_one_first_owner(stranger: Browser) -> None:
    assert stranger.get("/setup", follow_redirects=False).headers["location"] == "/sign-in"
    token = token_of(stranger.get("/sign-in").text)
    again = {"name": "Eve", "email": "eve@example.com", "password": PASSWORD, "csrf_token": token}
    assert send(stranger, "/setup", {**again, "code": app.state.setup_code}).status_code == 403


def test_only_whoever_has_the_code_becomes_the_owner(stranger: Browser) -> None:
    forget_owner()
    theirs = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    for code in ("", "AAAA-AAAA-AAAA", "é"):
        refused = post(stranger, "/setup", **theirs, code=code)
        assert refused.status_code == 422
        assert "That is not the code" in refused.text
    typed = app.state.setup_code.lower().replace("-", " ")
    assert post(stranger, "/setup", **theirs, code=typed).status_code == 303
    assert stranger.get(f"/{FIRST.table}").status_code == 200


def test_a_page_of_visitors_leads_to_the_staff_by_one_link_alone(stranger: Browser) -> None:
    if not FORMS:
        pytest.skip("visitors have no page")
    links = re.findall(r'href="(/[^"?#]*)', stranger.get("/").text)
    staff = {f"/{entity.table}" for entity in ENTITIES} | {"/staff-side", "/staff-accounts", "/setup"}
    assert not staff & set(links)
    assert "/sign-in" in links


def test_somebody_of_the_staff_works_with_the_records_and_adds_no_accounts(client: Browser, stranger: Browser) -> None:
    role = accounts.staff_roles()[0].name.strip()
    ada = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    assert post(client, "/staff-accounts", **ada, role="Nobody").status_code == 422
    assert post(client, "/staff-accounts", **ada, role=role).status_code == 303
    assert post(stranger, "/sign-in", email=ada["email"], password=PASSWORD).status_code == 303
    assert stranger.get(DASHBOARD).status_code == 200
    assert stranger.get("/staff-accounts").status_code == 404
    assert post(stranger, "/your-password", old=PASSWORD, password=NEW).status_code == 303


# The preview


def test_the_founder_of_a_preview_is_its_owner(in_preview: Browser) -> None:
    forget_owner()
    record = add(in_preview, FIRST)
    assert in_preview.get(f"/{FIRST.table}/{record}").status_code == 200
    assert in_preview.get("/staff-accounts").status_code == 200
    assert post(in_preview, "/setup", name="Ada", email="ada@example.com", password=PASSWORD).status_code == 303


def test_the_founder_of_a_preview_can_look_at_it_as_a_visitor(in_preview: Browser) -> None:
    token = token_of(in_preview.get(DASHBOARD).text)
    assert send(in_preview, "/sign-out", {"csrf_token": token}).status_code == 303
    assert in_preview.get(f"/{FIRST.table}", follow_redirects=False).status_code == 303
    assert post(in_preview, "/sign-in", founder="yes").status_code == 303
    assert in_preview.get(f"/{FIRST.table}").status_code == 200


@pytest.mark.parametrize("header", [f"visitor {KEY}", "owner", "owner ", f"owner {KEY}x", f"owner  {KEY}", KEY, f"admin {KEY}"])
def test_nobody_else_at_a_preview_is_the_owner(in_preview: Browser, header: str) -> None:
    in_preview.headers["x-preview-access"] = header
    forget_owner()
    assert in_preview.get(f"/{FIRST.table}", follow_redirects=False).headers["location"].startswith("/sign-in")
    assert post(in_preview, "/sign-in", founder="yes").status_code == 422
    if header.startswith("visitor"):
        assert in_preview.get("/setup", follow_redirects=False).headers["location"] == "/sign-in"


def test_outside_of_a_preview_the_header_is_worth_nothing(stranger: Browser) -> None:
    for header in ("owner ", f"owner {KEY}"):
        stranger.headers["x-preview-access"] = header
        assert stranger.get(f"/{FIRST.table}", follow_redirects=False).status_code == 303


# Names and other sites


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:8000", "10.0.0.1", "127.0.0.1@evil.example", "127.0.0.1:x", ""])
def test_another_name_gets_nothing(client: Browser, host: str) -> None:
    client.headers["host"] = host
    answer = client.get(f"/{FIRST.table}")
    del client.headers["host"]
    assert answer.status_code == 421
    assert "ALLOWED_HOSTS" in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "LOCALHOST", "yoga.localhost:81", "shop.example.com", "www.shop.example.com:443"])
def test_its_own_names_are_answered(client: Browser, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "shop.example.com, WWW.shop.example.com:443")
    client.headers["host"] = host
    assert client.get(f"/{FIRST.table}").status_code == 200
    del client.headers["host"]


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:81", "null", "https://localhost.evil.example"])
def test_a_form_of_another_site_is_refused(client: Browser, origin: str) -> None:
    token = token_of(client.get(f"/{FIRST.table}/new").text)
    address = f"/{FIRST.table}/new"
    answer = client.post(address, data={"csrf_token": token}, headers={"origin": origin}, follow_redirects=False)
    assert answer.status_code == 403
    own = client.post(address, data={"csrf_token": token}, headers={"origin": "http://localhost"}, follow_redirects=False)
    assert own.status_code != 403


# Guesses


@pytest.mark.usefixtures("stopped_clock")
def test_whoever_guesses_waits_longer_and_longer(stranger: Browser) -> None:
    wrong = {**OWNER, "password": "a guess"}
    tries = [post(stranger, "/sign-in", **wrong).status_code for _ in range(guesses.FREE_TRIES + 1)]
    assert tries == [422] * guesses.FREE_TRIES + [429]
    assert post(stranger, "/sign-in", **OWNER).status_code == 429
    with database.session() as db:
        first = guesses.seconds_to_wait(db, OWNER["email"], "address 127.0.0.1")
        guesses.note(db, OWNER["email"], "address 127.0.0.1")
        assert guesses.seconds_to_wait(db, OWNER["email"], "address 127.0.0.1") > first


@pytest.mark.usefixtures("stopped_clock")
def test_the_guesses_of_others_lock_nobody_out(stranger: Browser) -> None:
    known = Browser(app)
    assert post(known, "/sign-in", **OWNER).status_code == 303
    with database.session() as db:
        for number in range(guesses.TRIES_FROM_EVERYWHERE + 1):
            guesses.note(db, OWNER["email"], f"address 10.0.0.{number}")
    assert post(stranger, "/sign-in", **OWNER).status_code == 429
    known.cookies.pop(people.COOKIE)
    assert post(known, "/sign-in", **OWNER).status_code == 303
    other = {"email": "somebody@example.com", "password": PASSWORD}
    assert post(stranger, "/sign-in", **other).status_code == 422, "nobody else behind that address waits"


@pytest.mark.usefixtures("stopped_clock")
def test_a_known_browser_is_known_to_its_own_account_alone(stranger: Browser) -> None:
    with database.session() as db:
        people.add(db, name="Ada", email="ada@example.com", hashed=people.hash_password(PASSWORD), role=people.OWNER)
    assert post(stranger, "/sign-in", email="ada@example.com", password=PASSWORD).status_code == 303
    stranger.cookies.pop(people.COOKIE)
    for _ in range(guesses.FREE_TRIES):
        assert post(stranger, "/sign-in", email=OWNER["email"], password="a guess").status_code == 422
    with database.session() as db:
        assert guesses.seconds_to_wait(db, OWNER["email"], "address 127.0.0.1") > 0


# Passwords


def test_a_password_costs_as_much_as_it_should() -> None:
    assert people.STRONG.doublings >= 14
    assert people.STRONG.passes * 2**people.STRONG.doublings >= 5 * 2**14


def test_the_hash_of_an_earlier_version_is_good_and_made_anew(stranger: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "OLD", people.Cost(3, 8, 1))
    digest = people._scrypt(PASSWORD, b"salt", people.OLD, can_wait=True)
    with database.session() as db:
        db.execute("UPDATE app_users SET password = ?", [f"{b'salt'.hex()}.{digest.hex()}"])
    assert post(stranger, "/sign-in", **OWNER).status_code == 303
    with database.session() as db:
        kept = db.execute("SELECT password FROM app_users").fetchone()["password"]
    assert not people.is_outdated(kept)
    assert people.is_password(PASSWORD, kept)


def test_a_changed_password_ends_every_other_session(client: Browser, stranger: Browser) -> None:
    assert post(stranger, "/sign-in", **OWNER).status_code == 303
    assert post(client, "/your-password", old="a guess", password=NEW).status_code == 422
    assert post(client, "/your-password", old=PASSWORD, password="short").status_code == 422
    assert stranger.get(f"/{FIRST.table}").status_code == 200
    assert post(client, "/your-password", old=PASSWORD, password=NEW).status_code == 303
    assert client.get(f"/{FIRST.table}").status_code == 200
    assert stranger.get(f"/{FIRST.table}", follow_redirects=False).status_code == 303
    assert post(stranger, "/sign-in", **OWNER).status_code == 422
    assert post(stranger, "/sign-in", **{**OWNER, "password": NEW}).status_code == 303


def test_a_link_of_the_owner_gives_another_password_once(client: Browser, stranger: Browser) -> None:
    page = client.get("/staff-accounts").text
    [address] = re.findall(r'action="(/staff-accounts/\d+/new-password)"', page)
    shown = send(client, address, {"csrf_token": token_of(page)}).text
    [link] = re.findall(r'value="http://localhost(/new-password[^"]+)"', shown.replace("&amp;", "&"))
    assert stranger.get(link.replace("sign=", "sign=0")).status_code == 404
    assert stranger.get(link.replace("until=", "until=9")).status_code == 404
    assert post(stranger, link, password=NEW).status_code == 303
    assert stranger.get(link).status_code == 404
    assert client.get(f"/{FIRST.table}", follow_redirects=False).status_code == 303, "the session before has ended"
    assert post(stranger, "/sign-in", **{**OWNER, "password": NEW}).status_code == 303


def test_a_link_for_another_password_is_good_for_three_days(client: Browser, stranger: Browser) -> None:
    page = client.get("/staff-accounts").text
    [address] = re.findall(r'action="(/staff-accounts/\d+/new-password)"', page)
    shown = send(client, address, {"csrf_token": token_of(page)}).text
    [link] = re.findall(r'value="http://localhost(/new-password[^"]+)"', shown.replace("&amp;", "&"))
    for days, status in ((2.9, 200), (3.1, 404)):
        with pytest.MonkeyPatch.context() as later:
            later.setattr(passwords, "time", SimpleNamespace(time=lambda days=days: time.time() + days * 24 * 3600))
            assert stranger.get(link).status_code == status


def test_nobody_removes_themselves(client: Browser) -> None:
    with database.session() as db:
        owner = db.execute("SELECT id FROM app_users ORDER BY id").fetchone()["id"]
    token = token_of(client.get("/staff-accounts").text)
    assert send(client, f"/staff-accounts/{owner}/delete", {"csrf_token": token}).status_code == 403


def test_the_file_of_the_records_is_for_nobody_else(client: Browser) -> None:
    database.path().chmod(0o644)
    database.migrate()
    assert oct(database.path().stat().st_mode)[-3:] == "600"
