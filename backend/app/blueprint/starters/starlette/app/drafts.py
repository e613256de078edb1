"""What somebody typed into the form of a record while their session ended: theirs again when they have signed in."""

from __future__ import annotations

import hmac
import json
import re
import sqlite3
import time
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request

from .security import read_own_page, typed_by

FORM = re.compile(r"/[a-z0-9_]+/(?:new|[0-9]{1,15}/(?:edit|moves/[0-9]{1,3}))")
DRAFT, TYPED_BY = "draft", "typed_by"
KEPT_S = 24 * 3600
LONGEST = 60_000
_OUR_OWN = ("csrf_token", "form_id", TYPED_BY)


async def sent_too_late(request: Request) -> dict[str, str]:
    """What the sign-in page carries along of a form that was sent without a session; nothing for any other request."""
    if request.method != "POST" or not FORM.fullmatch(request.url.path):
        return {}
    try:
        sent = await read_own_page(request)
    except HTTPException:
        return {}
    # A file has to be chosen again: whoever is not signed in leaves none here.
    fields = {name: value for name, value in sent.items() if isinstance(value, str)}
    # Only a form that this app showed to somebody who was signed in says whose it is.
    key, user_id = request.app.state.key, fields.get(TYPED_BY, "").partition(".")[0]
    if not (user_id.isascii() and user_id.isdigit() and len(user_id) < 16 and _is_mark(key, int(user_id), fields[TYPED_BY])):
        return {}
    text = json.dumps({name: value for name, value in fields.items() if name not in _OUR_OWN})
    return {DRAFT: text, TYPED_BY: fields[TYPED_BY], "next": request.url.path} if len(text) <= LONGEST else {}


def is_theirs(request: Request, form: Mapping[str, str]) -> bool:
    """Whether whoever sends a form has typed it, as far as it says whose it is."""
    visitor = getattr(request.state, "visitor", None)
    return TYPED_BY not in form or _is_mark(request.app.state.key, visitor.user_id if visitor else 0, form[TYPED_BY])


def take(db: sqlite3.Connection, key: bytes, user_id: int, form: Mapping[str, str]) -> None:
    """Keep what the sign-in page carried along, if whoever signs in is the person who typed it."""
    path, text = form.get("next", ""), form.get(DRAFT, "")
    if _is_mark(key, user_id, form.get(TYPED_BY, "")) and FORM.fullmatch(path) and len(text) <= LONGEST:
        keep(db, user_id, path, text)


def _is_mark(key: bytes, user_id: int, given: str) -> bool:
    return hmac.compare_digest(given.encode(), typed_by(key, user_id).encode())


def keep(db: sqlite3.Connection, user_id: int, path: str, text: str) -> None:
    """Keep a draft in place of any other of the same form."""
    db.execute("DELETE FROM app_drafts WHERE at < ?", [time.time() - KEPT_S])
    sql = "INSERT OR REPLACE INTO app_drafts (user_id, path, fields, at) VALUES (?, ?, ?, ?)"
    db.execute(sql, [user_id, path, text, time.time()])


def of(db: sqlite3.Connection, user_id: int, path: str) -> dict[str, str]:
    """What they typed into that form before, or nothing."""
    sql = "SELECT fields FROM app_drafts WHERE user_id = ? AND path = ? AND at > ?"
    row = db.execute(sql, [user_id, path, time.time() - KEPT_S]).fetchone()
    try:
        found = json.loads(row[0]) if row else {}
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def forget(db: sqlite3.Connection, user_id: int, path: str) -> None:
    """They have saved it, or want it no more."""
    db.execute("DELETE FROM app_drafts WHERE user_id = ? AND path = ?", [user_id, path])

