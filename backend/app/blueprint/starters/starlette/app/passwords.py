"""The pages on which somebody chooses another password: their own, or by a link that the owner gives them."""

from __future__ import annotations

import hmac
import time
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, guesses, people, records, security
from .access import Guest, Here, Visitor, owner_only
from .rendering import DASHBOARD, Form, render
from .routing import Number, Routes, Words

LINK_S = 3 * 24 * 3600
NOT_RIGHT = "This is not the password that you have now."
OVER = "This link has been used, or is older than three days. Ask for another one."

routes = Routes()


def _wrong(form: dict[str, str]) -> dict[str, str]:
    if people.MIN_PASSWORD <= len(form.get("password", "")) <= people.MAX_PASSWORD:
        return {}
    return {"password": f"Choose a password of {people.MIN_PASSWORD} to {people.MAX_PASSWORD} characters."}


def _page(request: Request, address: str, wrong: dict[str, str], *, status: int = 200) -> HTMLResponse:
    context = {
        "address": address, "wrong": wrong, "heading": "Choose another password", "fewest": people.MIN_PASSWORD,
        "asks_old": address == "/your-password",
    }  # fmt: skip
    return render(request, "password.html", context, status=status)


@routes.get("/your-password")
def ask(request: Request, visitor: Here) -> HTMLResponse:
    """For whoever is signed in."""
    _must_have_account(visitor)
    return _page(request, "/your-password", {})


@routes.post("/your-password")
def change(request: Request, visitor: Here, form: Form) -> Response:
    """Keeps another password for whoever knows the one before; everybody else who was signed in with it is out."""
    _must_have_account(visitor)
    wrong = _wrong(form)
    with records.writing() as db:
        found = people.of_session(db, visitor.session)
        if found is None:
            raise HTTPException(404, "There is no such page.")
        email, place = str(found["email"]), f"session {found['id']}"
        wait = guesses.seconds_to_wait(db, email, place)
        if wait:
            wrong["old"] = f"That was wrong too often. Wait {wait} seconds and try again."
        else:
            guesses.note(db, email, place)
        kept = people.find(db, email)
    if not wait and not people.is_theirs(kept, form.get("old", "")[: people.MAX_PASSWORD], can_wait=True):
        wrong["old"] = NOT_RIGHT
    if wrong:
        return _page(request, "/your-password", wrong, status=422)
    hashed = people.hash_password(form["password"])
    with records.writing() as db:
        guesses.forgive(db, email, place)
        people.set_password(db, found["id"], hashed, session=visitor.session)
    return RedirectResponse(f"{DASHBOARD}?done=password", 303)


def _must_have_account(visitor: Visitor) -> None:
    if not visitor.session:
        raise HTTPException(404, "You are in by the link of your preview, which has no password.")


@routes.post("/staff-accounts/{user_id}/new-password")
def invite(request: Request, visitor: Here, user_id: Number, form: Form) -> HTMLResponse:
    """Shows the owner a link by which somebody who has forgotten their password chooses another."""
    owner_only(visitor)
    until = int(time.time()) + LINK_S
    with database.session() as db:
        found = people.by_id(db, user_id)
    if found is None:
        raise HTTPException(404, "There is no such account.")
    sign = security.password_link(request.app.state.key, user_id, until, found["password"])
    query = urlencode({"account": user_id, "until": until, "sign": sign})
    link = f"{request.base_url}new-password?{query}"
    context = {"heading": f"A new password for {found['name']}", "name": found["name"], "link": link}
    return render(request, "password_link.html", context)


@routes.get("/new-password")
def ask_invited(
    request: Request, visitor: Guest, account: Number = 0, until: Number = 0, sign: Words = ""
) -> HTMLResponse:
    """For whoever was given the link."""
    _account_of_link(request, account, until, sign)
    return _page(request, f"/new-password?{request.url.query}", {})


@routes.post("/new-password")
def change_invited(
    request: Request, visitor: Guest, form: Form, account: Number = 0, until: Number = 0, sign: Words = ""
) -> Response:
    """Keeps another password, once: the link is signed with the one before."""
    _account_of_link(request, account, until, sign)
    wrong = _wrong(form)
    if wrong:
        return _page(request, f"/new-password?{request.url.query}", wrong, status=422)
    hashed = people.hash_password(form["password"])
    with records.writing() as db:
        _account_of_link(request, account, until, sign)
        people.set_password(db, account, hashed)
    return RedirectResponse("/sign-in", 303)


def _account_of_link(request: Request, user_id: int, until: int, sign: str) -> None:
    """404 unless the owner gave this link for the account, lately, and it was not used."""
    with database.session() as db:
        found = people.by_id(db, user_id)
    made = security.password_link(request.app.state.key, user_id, until, found["password"] if found else "")
    if found is None or until < time.time() or not hmac.compare_digest(made.encode(), sign.encode()):
        raise HTTPException(404, OVER)
