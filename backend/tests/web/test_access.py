"""Who gets to see the page, and who may do something on it."""

from __future__ import annotations

import html
import re
import uuid

import pytest
from fastapi.testclient import TestClient

from tests.support.house import AUTH, House

GOAL = "A booking app for a yoga studio"
OPEN = {"/static/{name}", "/enter", "/s/{secret}"}


def link(house: House) -> str:
    return str(house.client.post("/api/page-links", headers=AUTH).json()["url"])


def page_routes(house: House) -> list[tuple[str, str]]:
    """Every method and path of the page, filled in with what does not exist."""
    found = []
    for route in house.app.routes:
        path = str(getattr(route, "path", ""))
        if path.startswith("/api/") or path in OPEN:
            continue
        filled = re.sub(r"\{number\}", "1", re.sub(r"\{(project|gate|link)_id\}", str(uuid.uuid4()), path))
        found += [(method, re.sub(r"\{\w+(:path)?\}", "x", filled)) for method in getattr(route, "methods", ())]
    return found


def test_a_link_signs_in_once_and_its_cookie_is_out_of_reach_of_scripts(house: House) -> None:
    url = link(house)

    first = house.client.get(url, follow_redirects=False)

    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert house.client.get("/").status_code == 200
    house.client.cookies.clear()
    again = house.client.get(url)
    assert again.status_code == 401
    assert "./co page" in again.text
    assert house.client.get("/").status_code == 401


def test_the_token_is_no_way_in_by_an_address(house: House) -> None:
    answer = house.client.get("/enter", params={"code": AUTH["Authorization"].split()[1]})

    assert answer.status_code == 401


def test_every_page_without_a_session_says_how_to_get_in(house: House) -> None:
    routes = page_routes(house)
    assert len(routes) >= 10

    for method, path in routes:
        answer = house.client.request(method, path, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 401, (method, path)
        assert "./co page" in answer.text


def test_every_post_that_another_site_or_nobody_vouches_for_is_refused(signed_in: House) -> None:
    posts = [path for method, path in page_routes(signed_in) if method == "POST"]
    assert len(posts) >= 5

    del signed_in.client.headers["Sec-Fetch-Site"]
    for path in posts:
        for headers in (
            {},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
        ):
            assert signed_in.client.post(path, headers=headers).status_code == 403, (path, headers)


def test_an_old_browser_is_known_by_its_origin(signed_in: House) -> None:
    del signed_in.client.headers["Sec-Fetch-Site"]

    answer = signed_in.client.post("/new", data={"goal": GOAL}, headers={"Origin": "http://localhost"})

    assert answer.status_code == 200


def test_a_link_on_another_site_asks_before_it_signs_in(house: House) -> None:
    url = link(house)

    asked = house.client.get(url, headers={"Sec-Fetch-Site": "cross-site"})

    assert asked.status_code == 200
    assert "Sign in to Co-Founder?" in asked.text
    assert not house.client.cookies
    code = url.split("code=")[1]
    forged = house.client.post("/enter", data={"code": code}, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    house.client.post("/enter", data={"code": code}, headers={"Sec-Fetch-Site": "same-origin"})
    assert house.client.get("/").status_code == 200


def test_nobody_may_frame_a_page_or_run_a_script_of_theirs_in_it(signed_in: House) -> None:
    for path in ("/", "/new", "/nothing"):
        answer = signed_in.client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]+src=)|style=|\son\w+=", answer.text)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, "", 403),
        ({"Host": "evil.example"}, "", 421),
        ({}, "x" * 200_000, 413),
    ],
)
def test_a_person_reads_a_page_and_a_program_a_document_when_nothing_is_let_through(
    signed_in: House, headers: dict[str, str], body: str, status: int
) -> None:
    # The clients of assistants read no other kind of document than their protocol's.
    kinds = {"/new": "text/html", "/api/projects": "application/problem+json", "/mcp": "application/json"}
    for path, kind in kinds.items():
        answer = signed_in.client.post(path, content=body, headers={**headers})

        assert answer.status_code == status
        assert answer.headers["content-type"].startswith(kind)
        assert "dbg_" in answer.text
        if kind == "text/html":
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_program_signs_every_browser_out(signed_in: House) -> None:
    link = signed_in.client.post("/api/page-links", headers=AUTH).json()["url"]

    assert signed_in.client.delete("/api/page-links", headers=AUTH).status_code == 204

    assert signed_in.client.get("/").status_code == 401
    assert signed_in.client.get(link).status_code == 401


def test_signing_out_ends_the_session_itself(signed_in: House) -> None:
    cookies = dict(signed_in.client.cookies)

    signed_in.client.post("/sign-out")

    signed_in.client.cookies.update(cookies)
    assert signed_in.client.get("/").status_code == 401


@pytest.mark.parametrize(
    "path", ["/nothing", "/p/not-an-id", "/p/{project}?v=two", "/p/{project}/compare?a=one", "/sign-out"]
)
def test_an_address_that_leads_nowhere_is_said_in_words_of_the_page(signed_in: House, path: str) -> None:
    answer = signed_in.client.get(path.format(project=signed_in.project()))

    assert answer.status_code in (404, 405, 422)
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is nothing here" in answer.text
    assert "No page of Co-Founder has this address." in answer.text
    assert not re.search(r"query|path\.|UUID|Method", answer.text)
    assert "dbg_" in answer.text


@pytest.mark.parametrize(
    ("path", "field"), [("share", "label"), ("change", "text"), ("plan", "label"), ("settings", "name")]
)
def test_what_is_no_text_in_what_was_pasted_is_left_out(signed_in: House, path: str, field: str) -> None:
    project = signed_in.project()
    signed_in.build(signed_in.started(project))
    fields = {"do": "rename", "days": "1", "change": "add_record", field: "Sister\x00s and \x1bbrothers"}

    answer = signed_in.client.post(f"/p/{project}/{path}", data=fields)

    assert answer.status_code in (200, 422)
    assert "Sisters and brothers" in answer.text or "changed by somebody else" in answer.text


def test_what_was_written_when_the_session_ended_is_sent_again_after_signing_in(house: House) -> None:
    house.client.headers["Sec-Fetch-Site"] = "same-origin"
    written = {"goal": "Loans of <b>kayaks</b>, at most 3 days", "do": "plan", "key": "sk-secret"}

    answer = house.client.post("/new", data=written)

    assert answer.status_code == 401
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text))
    assert {name: html.unescape(value) for name, value in fields.items()} == {
        "goal": "Loans of <b>kayaks</b>, at most 3 days",
        "do": "plan",
    }
    assert "<b>kayaks</b>" not in answer.text
    assert "Nothing of what you wrote is lost" in answer.text
    # Who only looks has written nothing, and a post of another site is not handed on.
    assert "what you wrote" not in house.client.get("/new").text
    foreign = house.client.post("/new", data=written, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, "kayaks" in foreign.text) == (403, False)


def test_what_was_written_when_something_broke_is_sent_again(
    signed_in: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    project = signed_in.project()
    monkeypatch.setattr(type(signed_in.services.shares), "create", broken)
    with pytest.raises(RuntimeError):
        signed_in.client.post(f"/p/{project}/share", data={"label": "Anna", "days": "7"})
    quiet = TestClient(
        signed_in.app,
        str(signed_in.client.base_url),
        raise_server_exceptions=False,
        headers=dict(signed_in.client.headers),
        cookies=signed_in.client.cookies,
    )
    answer = quiet.post(f"/p/{project}/share", data={"label": "Anna", "days": "7"})

    assert answer.status_code == 500
    assert '<input type="hidden" name="label" value="Anna">' in answer.text
    assert "Send it again" in answer.text
