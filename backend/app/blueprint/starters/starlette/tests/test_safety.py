"""Other sites cannot post forms, nothing odd breaks the app, and the headers are set."""

from __future__ import annotations

import pytest
from app.schema import ENTITIES

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
