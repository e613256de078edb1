"""One page view is sent once: the same sent again leads to where the first time led, and anything else is asked about."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Mapping

from . import rules

FORM_ID = "form_id"
KEPT_S = 7 * 24 * 3600
AGAIN = (
    "This page was sent before, with other values, and those were kept. "
    "Send it once more if you want this besides, or leave it and change what was kept."
)
# A file that is chosen again gets another key.
_FILE_KEY = re.compile(r"\b[0-9a-f]{32}\.")


def new_form_id() -> str:
    """The mark of one page view, which nobody else can guess."""
    return secrets.token_urlsafe(16)


def earlier(db: sqlite3.Connection, form: Mapping[str, str]) -> str:
    """Where this page view led when the same was sent before, or nothing; call it inside the writing transaction."""
    sql = "SELECT location FROM app_sent WHERE form_id = ? AND content IN ('', ?)"
    row = db.execute(sql, [form.get(FORM_ID, ""), _digest(form)]).fetchone()
    return str(row["location"]) if row else ""


def refuse_other(db: sqlite3.Connection, form: Mapping[str, str]) -> None:
    """`rules.Broken` where this page view has sent other values: somebody went back, and may want to change or to add."""
    if db.execute("SELECT 1 FROM app_sent WHERE form_id = ?", [form.get(FORM_ID, "")]).fetchone():
        raise rules.Broken({"": AGAIN})


def remember(db: sqlite3.Connection, form: Mapping[str, str], location: str) -> str:
    """Keep where this page view led, for as long as somebody may send it again; the location itself."""
    if form.get(FORM_ID):
        db.execute("DELETE FROM app_sent WHERE at < ?", [time.time() - KEPT_S])
        sql = "INSERT OR REPLACE INTO app_sent (form_id, location, at, content) VALUES (?, ?, ?, ?)"
        db.execute(sql, [form[FORM_ID], location, time.time(), _digest(form)])
    return location


def _digest(form: Mapping[str, str]) -> str:
    values = {name: _FILE_KEY.sub("", text) for name, text in form.items() if name != FORM_ID}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
