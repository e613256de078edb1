"""Generated apps are attacked over HTTP, as strangers, members and clumsy staff would, and nothing gives way."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from app.app_runtime.app_host import PREVIEW_ACCESS, PREVIEW_KEY
from app.blueprint.generate import generate
from app.blueprint.language import understand
from app.blueprint.spec import AppSpec, RoleScope, RoleSpec
from app.domain.workspace import START_SCRIPT
from tests.blueprint.sample_specs import T, app, entity, field, ref
from tests.support.installing import install

PASSWORD = "quite a long one"
KEY = "known to the preview alone"
CLUB = app(
    "Rowing Club",
    "Boats, trips and what was damaged.",
    "members see their trips and damages",
    200,
    entity("Member", "members", "Members", "Who rows.", field("name", required=True), field("email", T.EMAIL)),
    entity(
        "Trip", "trips", "Trips", "Who went where.", field("title", required=True), ref("member", "Member")
    ),
    entity(
        "Damage", "damages", "Damages", "What broke on a trip.",
        field("title", required=True), ref("member", "Member"), ref("trip", "Trip"),
    ),
    roles=(
        RoleSpec(name="Staff", about="Sees and changes everything."),
        RoleSpec(name="Member", about="Sees what is theirs.", scope=RoleScope.OWN, entity="Member"),
    ),
)  # fmt: skip


class App:
    """A generated app that runs on a port of its own, with no example records."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.path = folder / "data" / "app.db"
        environment = {"PATH": os.environ["PATH"], "PORT": str(self.port), "EXAMPLE_DATA": "no", PREVIEW_KEY: KEY}
        self._log = (folder / "log.txt").open("wb")
        self.process = subprocess.Popen(
            [f"./{START_SCRIPT}"], cwd=folder, env=environment, stdout=self._log, stderr=self._log
        )

    def visitor(self) -> Visitor:
        return Visitor(f"http://127.0.0.1:{self.port}")

    def until_healthy(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if self.visitor().client.get("/health").status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise AssertionError("the app did not start")

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as db, db:
            return db.execute(sql, values).fetchall()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._log.close()


class Visitor:
    """Somebody's browser."""

    def __init__(self, address: str) -> None:
        lonely = httpx2.Limits(max_keepalive_connections=0)
        self.client = httpx2.Client(base_url=address, trust_env=False, timeout=60, limits=lonely)
        self.token = ""

    def get(self, path: str) -> httpx2.Response:
        return self.client.get(path)

    def learn(self, path: str) -> str:
        """The token of the forms on that page."""
        self.token = re.findall(r'name="csrf_token" value="([^"]+)"', self.get(path).text)[0]
        return self.token

    def post(self, path: str, **values: str) -> httpx2.Response:
        return self.client.post(path, data={"csrf_token": self.token} | values)

    def add(self, path: str, **values: str) -> int:
        answer = self.post(path, **values)
        assert answer.status_code == 303, answer.text
        return int(re.findall(r"(?:/|id=)(\d+)[?&]", answer.headers["location"])[0])

    def remove(self, path: str) -> str:
        """Delete what is there; where to send what undoes it."""
        answer = self.post(f"{path}/delete")
        assert answer.status_code == 303, answer.text
        return f"{path.rpartition('/')[0]}/undo/{re.findall('undo=([0-9]+)', answer.headers['location'])[0]}"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the packages of an app's lock."""
    folder = lay_out(CLUB, tmp_path_factory.mktemp("installed"))
    install(folder)
    return folder / ".venv"


def lay_out(spec: AppSpec, folder: Path) -> Path:
    for path, text in generate(spec).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (folder / START_SCRIPT).chmod(0o755)
    return folder


def started(spec: AppSpec, folder: Path, environment: Path) -> Iterator[App]:
    lay_out(spec, folder)
    (folder / ".venv").symlink_to(environment)
    running = App(folder)
    try:
        running.until_healthy()
        yield running
    finally:
        running.stop()


@pytest.fixture
def shop(tmp_path: Path, environment: Path) -> Iterator[App]:
    yield from started(understand("A shop for my candles"), tmp_path, environment)


@pytest.fixture
def concerts(tmp_path: Path, environment: Path) -> Iterator[App]:
    goal = "guests RSVP to our concerts with limited places"
    yield from started(understand(goal), tmp_path, environment)


@pytest.fixture
def school(tmp_path: Path, environment: Path) -> Iterator[App]:
    yield from started(understand("students hand in homework and teachers grade it"), tmp_path, environment)


@pytest.fixture
def club(tmp_path: Path, environment: Path) -> Iterator[App]:
    yield from started(CLUB, tmp_path, environment)


def staff(running: App) -> Visitor:
    """The owner, who may do everything: comes by the preview's link and makes an account."""
    visitor = running.visitor()
    visitor.client.headers[PREVIEW_ACCESS] = f"owner {KEY}"
    visitor.learn("/setup")
    answer = visitor.post("/setup", name="Olga Owner", email="olga@example.com", password=PASSWORD)
    assert answer.status_code == 303, answer.text
    del visitor.client.headers[PREVIEW_ACCESS]
    visitor.learn("/staff-side")
    return visitor


def member(running: App, name: str) -> Visitor:
    visitor = running.visitor()
    visitor.learn("/sign-up")
    email = f"{name.lower()}@example.com"
    assert visitor.post("/sign-up", name=name, email=email, password=PASSWORD).status_code == 303
    visitor.learn("/staff-side")
    return visitor


def candle(visitor: Visitor, **changes: str) -> int:
    return visitor.add("/candles/new", **{"name": "Wax", "price": "5", "stock": "7", **changes})


def order(candle_id: int, name: str = "Vera", quantity: str = "1") -> dict[str, str]:
    who = {"person_name": name, "person_email": f"{name.split()[0].lower()}@example.com"}
    return {"candle": str(candle_id), "quantity": quantity, **who}


# Records, and bringing them back


def test_the_number_of_a_deleted_record_is_not_given_again(shop: App) -> None:
    visitor = staff(shop)
    first = candle(visitor, name="Old secret")
    visitor.post(f"/candles/{first}/edit", name="Older secret", price="5", stock="7")
    back = visitor.remove(f"/candles/{first}")
    second = candle(visitor, name="Fresh")
    assert second != first
    assert "secret" not in visitor.get(f"/candles/{second}").text
    assert visitor.post(back).status_code == 303
    assert "Older secret" in visitor.get(f"/candles/{first}").text


@pytest.mark.parametrize("before", ["0", "00", "+", " ", "０"], ids=["nought", "noughts", "plus", "blank", "wide"])
def test_a_number_in_another_spelling_opens_nothing(shop: App, before: str) -> None:
    visitor, again = staff(shop), quote(before)
    wax = candle(visitor)
    receipt = visitor.post("/forms/orders", **order(wax)).headers["location"]
    addresses = [receipt, f"/candles/{wax}", f"/candles/{wax}/edit", "/candles?page=1"]
    assert [visitor.get(address).status_code for address in addresses] == [200] * 4

    others = [re.sub(r"(id=|page=|candles/)(\d)", rf"\g<1>{again}\2", address, count=1) for address in addresses]
    assert [visitor.get(address).status_code for address in others] == [404] * 4


def test_a_record_that_went_with_its_parent_keeps_its_number_too(shop: App) -> None:
    visitor = staff(shop)
    first = candle(visitor)
    gone = visitor.add("/forms/orders", **order(first))
    visitor.remove(f"/candles/{first}")
    assert visitor.add("/forms/orders", **order(candle(visitor))) != gone


def test_an_old_receipt_does_not_show_what_another_visitor_sent(shop: App) -> None:
    visitor = staff(shop)
    wax = candle(visitor)
    receipt = visitor.post("/forms/orders", **order(wax, "Alice")).headers["location"]
    visitor.remove("/orders/1")
    visitor.add("/forms/orders", **order(wax, "Bob"))
    assert "Bob" not in visitor.get(receipt).text


def test_an_undo_brings_back_what_it_was_shown_for(shop: App) -> None:
    visitor = staff(shop)
    first, second = candle(visitor, name="First"), candle(visitor, name="Second")
    back = visitor.remove(f"/candles/{first}")
    assert visitor.post(back).status_code == 303
    visitor.remove(f"/candles/{second}")
    assert visitor.post(back).status_code == 404
    assert visitor.get(f"/candles/{second}").status_code == 404


def test_what_was_sold_is_taken_from_the_stock_once_though_its_deletion_is_undone(shop: App) -> None:
    visitor = staff(shop)
    wax = candle(visitor, stock="10")
    visitor.add("/forms/orders", **order(wax, quantity="6"))
    assert visitor.post(visitor.remove(f"/candles/{wax}")).status_code == 303
    assert shop.ask("SELECT stock, (SELECT sum(quantity) FROM orders) FROM candles") == [(4, 6)]


def test_the_last_of_the_stock_is_sold_once(shop: App) -> None:
    visitor = staff(shop)
    wax = candle(visitor, stock="7")
    with ThreadPoolExecutor(20) as crowd:
        wanted = [order(wax, f"P{number}") for number in range(20)]
        codes = list(crowd.map(lambda one: visitor.post("/forms/orders", **one).status_code, wanted))
    assert sorted(codes) == [303] * 7 + [422] * 13
    assert shop.ask("SELECT stock, (SELECT count(*) FROM orders) FROM candles") == [(0, 7)]


# What visitors send


def test_a_visitor_who_knows_an_address_is_not_told_whose_it_is(shop: App) -> None:
    visitor = staff(shop)
    wax = candle(visitor)
    visitor.add("/customers/new", name="Bob Private", email="bob@example.com")
    sent = visitor.post("/forms/orders", **{**order(wax, "Eve"), "person_email": "bob@example.com"})
    thanks = visitor.get(sent.headers["location"]).text
    assert "Eve" in thanks
    assert "Private" not in thanks


def test_a_visitor_cannot_choose_what_is_over(concerts: App) -> None:
    visitor = staff(concerts)
    past = visitor.add("/concerts/new", title="Over", starts_at="2005-01-01T10:00", capacity="10")
    coming = visitor.add("/concerts/new", title="Soon", starts_at="2095-01-01T10:00", capacity="10")
    answers = [visitor.post("/forms/rsvps", **guest(one)).status_code for one in (past, coming)]
    assert answers == [422, 303]


def guest(concert: int, party_size: str = "1") -> dict[str, str]:
    who = {"person_name": "Gus", "person_email": "gus@example.com"}
    return {"concert": str(concert), "party_size": party_size, **who}


def test_nobody_takes_a_place_by_saying_that_they_are_none(concerts: App) -> None:
    visitor = staff(concerts)
    full = visitor.add("/concerts/new", title="Full", starts_at="2095-01-01T10:00", capacity="0")
    answer = visitor.post("/forms/rsvps", **guest(full, "0"))
    assert answer.status_code == 422
    assert "Enter a number from 1." in answer.text


def test_an_order_of_nothing_is_refused(shop: App) -> None:
    visitor = staff(shop)
    answer = visitor.post("/forms/orders", **order(candle(visitor), quantity="0"))
    assert answer.status_code == 422
    assert "Enter a number from 1." in answer.text


# Whose it is


def test_nobody_grades_themselves(school: App) -> None:
    teacher, ada = staff(school), member(school, "Ada")
    work = teacher.add("/homework/new", title="Essay")
    assert ada.post("/grades/new", title="Essay", score="100").status_code == 403
    handed_in = ada.add("/submissions/new", homework=str(work), grade="A", answer="It was the dog.")
    ada.post(
        f"/submissions/{handed_in}/edit", homework=str(work), grade="A", feedback="Great!", answer="Or a cat."
    )
    assert school.ask("SELECT grade, feedback, answer FROM submissions") == [(None, None, "Or a cat.")]


def test_nobody_links_to_a_record_that_they_may_not_see(club: App) -> None:
    staff(club)
    ada, ben = member(club, "Ada"), member(club, "Ben")
    secret = ada.add("/trips/new", title="Secret island")
    answer = ben.post("/damages/new", title="Oar", trip=str(secret))
    assert answer.status_code == 422
    mine = ben.add("/damages/new", title="Oar", trip=str(ben.add("/trips/new", title="Lake")))
    assert ben.post(f"/damages/{mine}/edit", title="Oar", trip=str(secret)).status_code == 422
    assert "island" not in ben.get(f"/damages/{mine}").text


def test_a_page_of_somebody_signed_in_is_kept_by_no_cache(club: App) -> None:
    owner = staff(club)
    for path in ("/staff-side", "/members", "/members/export.csv"):
        assert owner.get(path).headers["cache-control"] == "no-store"
    assert "cache-control" not in owner.get("/static/style.css").headers


def test_people_without_an_e_mail_have_pages_and_accounts(tmp_path: Path, environment: Path) -> None:
    unnamed = [
        one.model_copy(update={"fields": tuple(field for field in one.fields if field.name != "email")})
        for one in CLUB.entities
    ]
    for running in started(CLUB.model_copy(update={"entities": tuple(unnamed)}), tmp_path, environment):
        owner = staff(running)
        ada = owner.add("/members/new", name="Ada")
        assert owner.get(f"/members/{ada}").status_code == 200
        ben = member(running, "Ben")
        assert ben.get(f"/members/{ada}").status_code == 404
        assert ben.get(f"/members/{ada + 1}").status_code == 200


def test_many_who_sign_up_at_once_are_held_back_and_hold_up_nobody(club: App) -> None:
    staff(club)
    token = club.visitor().learn("/sign-up")
    who = {"csrf_token": token, "name": "Nora", "password": PASSWORD}
    with ThreadPoolExecutor(20) as crowd:
        mails = [f"n{number}@example.com" for number in range(70)]
        codes = list(
            crowd.map(lambda email: club.visitor().post("/sign-up", **who, email=email).status_code, mails)
        )
    assert set(codes) == {303, 429}
    assert codes.count(303) == 60


def test_who_guesses_a_password_many_times_at_once_has_five_tries(club: App) -> None:
    staff(club)
    visitor = club.visitor()
    visitor.learn("/sign-in")
    with ThreadPoolExecutor(20) as crowd:
        guesses = crowd.map(
            lambda word: visitor.post("/sign-in", email="olga@example.com", password=word), "abcdefghijkl"
        )
        assert sorted(answer.status_code for answer in guesses) == [422] * 5 + [429] * 7


# Odd bodies and files


@pytest.mark.parametrize("text", [",,,\n", "\ufeff", ";;\n;;"])
def test_a_file_without_a_word_in_it_is_refused(shop: App, text: str) -> None:
    answer = staff(shop).post("/candles/import", text=text)
    assert answer.status_code == 422
    assert "Choose a file, or paste the lines." in answer.text


def test_a_line_that_ends_early_does_not_leave_out_what_is_needed(shop: App) -> None:
    visitor = staff(shop)
    answer = visitor.post("/candles/import", text="Name,Price,Stock\nShorty\n", keep="yes")
    assert answer.status_code == 422
    assert "Stock: Please fill this in." in answer.text
    assert shop.ask("SELECT count(*) FROM candles") == [(0,)]


def test_a_long_file_that_was_found_fine_can_be_kept(shop: App) -> None:
    visitor = staff(shop)
    lines = [f'"Kerze {number}",1.50,3,"{"äöü" * 60}"' for number in range(1500)]
    text = "\n".join(["Name,Price,Stock,Description", *lines])
    files = {"file": ("candles.csv", text.encode(), "text/csv")}
    checked = visitor.client.post("/candles/import", data={"csrf_token": visitor.token}, files=files)
    form = re.findall(r'<form[^>]*action="/candles/import"[^>]*>', checked.text)[0]
    assert 'enctype="multipart/form-data"' in form
    parts = {
        name: (None, value) for name, value in {"csrf_token": visitor.token, "keep": "yes", "text": text}.items()
    }
    assert visitor.client.post("/candles/import", files=parts).status_code == 303
    assert shop.ask("SELECT count(*) FROM candles") == [(1500,)]


def test_a_file_may_name_any_of_many_records(shop: App) -> None:
    visitor = staff(shop)
    candle(visitor, name="The oldest")
    customer = visitor.add("/customers/new", name="Cara")
    rows = [(f"Wax {number}", 100, 5) for number in range(600)]
    with closing(sqlite3.connect(shop.path)) as db, db:
        db.executemany("INSERT INTO candles (name, price, stock) VALUES (?, ?, ?)", rows)
    text = "Customer,Candle,Quantity\nCara,The oldest,1\n"
    assert visitor.post("/orders/import", text=text, keep="yes").status_code == 303
    form = visitor.get("/orders/1/edit").text
    assert re.search(r'<option value="1" selected[^>]*>The oldest', form)
    assert f'<option value="{customer}" selected' in form


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "undefined"])
def test_a_form_in_an_odd_encoding_is_refused(shop: App, charset: str) -> None:
    visitor = staff(shop)
    values = {"csrf_token": visitor.token, "name": "ab\\ud800", "price": "1", "stock": "1"}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in values.items()
    ]
    kind = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    answer = visitor.client.post("/candles/new", content="".join([*parts, "--x--\r\n"]).encode(), headers=kind)
    assert answer.status_code == 415


@pytest.mark.parametrize(("name", "typed"), [("price", "1,2,3"), ("stock", "1,5"), ("price", "1_000")])
def test_a_comma_that_does_not_part_thousands_is_not_passed_over(shop: App, name: str, typed: str) -> None:
    visitor = staff(shop)
    assert (
        visitor.post("/candles/new", **{"name": "Wax", "price": "1", "stock": "1", name: typed}).status_code == 422
    )


def test_a_comma_that_parts_thousands_is_read(shop: App) -> None:
    candle(staff(shop), price="$1,234,567.5", stock="12,000")
    assert shop.ask("SELECT price, stock FROM candles") == [(123456750, 12000)]


def test_a_page_says_how_it_can_be_used(shop: App) -> None:
    answer = shop.visitor().client.put("/candles")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_no_cell_of_a_saved_file_is_a_formula_for_any_spreadsheet(shop: App) -> None:
    visitor = staff(shop)
    texts = {"name": "＝1+1", "description": "a;=1+1;b\n@sum(1)\nThanks ;-)"}
    candle(visitor, **texts)
    saved = visitor.get("/candles/export.csv").text
    assert re.findall(r"(?:^|[,;\t\n\"])[=+@＝-]", saved, re.MULTILINE) == []
    back = visitor.remove("/candles/1")
    assert visitor.post("/candles/import", text=saved, keep="yes").status_code == 303
    assert shop.ask("SELECT name, description FROM candles") == [tuple(texts.values())]
    assert visitor.post(back).status_code == 303


def test_a_record_to_which_thousands_belong_is_deleted_and_brought_back_soon(shop: App) -> None:
    visitor = staff(shop)
    wax = candle(visitor, stock="30000")
    customer = visitor.add("/customers/new", name="Cara")
    with closing(sqlite3.connect(shop.path)) as db, db:
        sql = "INSERT INTO orders (customer, candle, quantity) VALUES (?, ?, 1)"
        db.executemany(sql, [(customer, wax)] * 20_000)
    began = time.monotonic()
    assert visitor.post(visitor.remove(f"/customers/{customer}")).status_code == 303
    assert time.monotonic() - began < 10
    assert shop.ask("SELECT stock, (SELECT count(*) FROM orders) FROM candles") == [(10_000, 20_000)]
