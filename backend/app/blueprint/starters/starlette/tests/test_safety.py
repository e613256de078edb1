"""Other sites cannot post forms, nothing odd breaks the app, and the headers are set."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from app.schema import ENTITIES

from app import database, records

from .client import Browser
from .forms import filled, send, token_of

FIRST = next(e for e in ENTITIES if not any(f.required and f.ref for f in e.fields))


def test_a_form_without_its_token_is_refused(client: Browser) -> None:
    values = filled(client, FIRST)
    assert client.post(f"/{FIRST.table}/new", data=values).status_code == 403
    forged = {**values, "csrf_token": "1.abc.def"}
    assert client.post(f"/{FIRST.table}/new", data=forged).status_code == 403


def test_a_form_from_another_site_is_refused(client: Browser) -> None:
    values = {**filled(client, FIRST), "csrf_token": token_of(client.get(f"/{FIRST.table}/new").text)}
    for site in ("cross-site", "same-site"):
        answer = client.post(f"/{FIRST.table}/new", data=values, headers={"sec-fetch-site": site})
        assert answer.status_code == 403
    own = client.post(f"/{FIRST.table}/new", data=values, headers={"sec-fetch-site": "same-origin"})
    assert own.status_code == 200


def test_pages_carry_security_headers(client: Browser) -> None:
    headers = client.get("/").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers


def test_too_large_a_form_is_refused(client: Browser) -> None:
    values = {**filled(client, FIRST), FIRST.fields[0].name: "x" * 300_000}
    assert send(client, f"/{FIRST.table}/new", values).status_code in (400, 413)


@pytest.mark.parametrize(
    "address",
    ["/nope", f"/{FIRST.table}/", "/nope/1", "/app_settings", "/sqlite_master", "/%22", f"/{FIRST.table}/0", f"/{FIRST.table}/x",
     f"/{FIRST.table}/99999999999999999999", "/static/../schema.py", "/static/%2e%2e/schema.py"],
)  # fmt: skip
def test_an_address_that_leads_nowhere_says_so(client: Browser, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("query", ["sort=id;drop", "sort=-nope", "page=0", "page=x", "page=99999", "q=%00", "q=%27%22"])
def test_odd_queries_do_not_break_a_list(client: Browser, query: str) -> None:
    assert client.get(f"/{FIRST.table}?{query}").status_code in (200, 404)


def test_health_answers(client: Browser) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_a_full_disk_is_told_in_the_form_and_loses_nothing_that_was_typed(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {**filled(client, FIRST), "csrf_token": token_of(client.get(f"/{FIRST.table}/new").text)}
    typed = next((value for value in values.values() if value == "Zebra crossing"), "")

    @contextmanager
    def full() -> Iterator[sqlite3.Connection]:
        with database.session() as db:
            # SQLite says the same as on a disk without room: it may not use one page more than there is.
            db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
            db.execute("CREATE TEMP TRIGGER full AFTER INSERT ON app_changes BEGIN INSERT INTO app_settings VALUES ('x', hex(zeroblob(200000))); END")
            db.execute("BEGIN IMMEDIATE")
            yield db

    with monkeypatch.context() as patch:
        patch.setattr(records, "opened", full)
        answer = send(client, f"/{FIRST.table}/new", values)
    assert answer.status_code == 422
    assert "disk" in answer.text
    assert typed in answer.text
    assert send(client, f"/{FIRST.table}/new", values).status_code == 303
