"""Whoever guesses passwords waits longer and longer; the right person, at a place they know, never because of it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import time

from starlette.requests import Request
from starlette.responses import Response

from . import hosts, people

KNOWN = f"known_{people.NAME}"
KNOWN_S = 365 * 24 * 3600
KNOWN_ACCOUNTS = 5
FREE_TRIES = 5
LONGEST_WAIT_S = 300
WITHIN_S = 15 * 60
TRIES_FROM_EVERYWHERE = 100


def place(request: Request, user_id: int | None) -> str:
    """Where somebody tries to sign in from: a browser that has been in this account before, or else an address."""
    mark, _, signatures = request.cookies.get(KNOWN, "").partition(".")
    known = _signature(request, mark, user_id)
    if user_id is not None and any(hmac.compare_digest(known.encode(), one.encode()) for one in signatures.split(".")):
        return f"browser {mark}"
    return f"address {hosts.network_of(request)}"


def is_known(place: str) -> bool:
    """Whether somebody has signed in to that account from there before."""
    return place.startswith("browser ")


def seconds_to_wait(db: sqlite3.Connection, email: str, place: str) -> int:
    """How long nobody may try a password for this account from this place; others are not held up by it."""
    db.execute("DELETE FROM app_attempts WHERE at < ?", [time.time() - WITHIN_S])
    wait = _wait(db, _about(email, place), FREE_TRIES)
    return wait if is_known(place) else max(wait, _wait(db, _about(email, "anywhere"), TRIES_FROM_EVERYWHERE))


def _wait(db: sqlite3.Connection, about: str, free: int) -> int:
    count, last = db.execute("SELECT count(*), max(at) FROM app_attempts WHERE about = ?", [about]).fetchone()
    if count < free:
        return 0
    longest = min(2.0 ** min(count - free + 1, 10), LONGEST_WAIT_S)
    return max(0, round(last + longest - time.time() + 0.5))


def note(db: sqlite3.Connection, email: str, place: str) -> None:
    """Count a password before it is looked at, so that those which come at once are all counted."""
    places = [place] if is_known(place) else [place, "anywhere"]
    db.executemany("INSERT INTO app_attempts VALUES (?, ?)", [(_about(email, one), time.time()) for one in places])


def forgive(db: sqlite3.Connection, email: str, place: str) -> None:
    """The password was right: what was tried from this place before counts no more."""
    db.execute("DELETE FROM app_attempts WHERE about = ?", [_about(email, place)])


def remember(response: Response, request: Request, user_id: int) -> None:
    """Let the browser show later that this account was signed in to from it."""
    mark, _, signatures = request.cookies.get(KNOWN, "").partition(".")
    mark = mark if signatures else secrets.token_urlsafe(12)
    own = _signature(request, mark, user_id)
    others = [one for one in signatures.split(".") if one and one != own][-(KNOWN_ACCOUNTS - 1) :]
    secure = request.url.scheme == "https"
    value = ".".join([mark, *others, own])
    response.set_cookie(KNOWN, value, max_age=KNOWN_S, path="/", httponly=True, samesite="lax", secure=secure)


def _signature(request: Request, mark: str, user_id: int | None) -> str:
    about = f"known browser {mark[:40]} {user_id}"
    return hmac.new(request.app.state.key, about.encode(), hashlib.sha256).hexdigest()[:32]


def _about(email: str, place: str) -> str:
    return f"sign in {email.casefold()} {place}"
