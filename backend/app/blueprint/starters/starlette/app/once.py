"""One page view makes one record: a form that is sent again leads to where the first time led."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Mapping

FORM_ID = "form_id"
KEPT_S = 7 * 24 * 3600


def new_form_id() -> str:
    """The mark of one page view, which nobody else can guess."""
    return secrets.token_urlsafe(16)


def earlier(db: sqlite3.Connection, form: Mapping[str, str]) -> str:
    """Where this page view led when it was sent before, or nothing; call it inside the writing transaction."""
    row = db.execute("SELECT location FROM app_sent WHERE form_id = ?", [form.get(FORM_ID, "")]).fetchone()
    return str(row[0]) if row else ""


def remember(db: sqlite3.Connection, form: Mapping[str, str], location: str) -> str:
    """Keep where this page view led, for as long as somebody may send it again; the location itself."""
    if form.get(FORM_ID):
        db.execute("DELETE FROM app_sent WHERE at < ?", [time.time() - KEPT_S])
        db.execute("INSERT INTO app_sent (form_id, location, at) VALUES (?, ?, ?)", [form[FORM_ID], location, time.time()])
    return location
