"""The outbox as the staff see it: what was written to whom, when it is due, and whether it is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, mail, outbox, records
from .access import Here, Visitor, staff_only
from .clock import now
from .fields import clock, day
from .rendering import DONE, Form, render
from .routing import Number, PageNumber, Routes, Words
from .schema import MESSAGES

PAGE_SIZE = 50
ADDRESS = "/staff-outbox"

routes = Routes()


def look(request: Request, visitor: Here, page: PageNumber = 1, done: Words = "") -> HTMLResponse:
    """Every message about records that the visitor may see."""
    staff_only(visitor)
    with records.writing() as db:
        outbox.plan_ahead(db)
        rows = outbox.listed(db, limit=PAGE_SIZE + 1, offset=(page - 1) * PAGE_SIZE)
        seen = [row for row in rows[:PAGE_SIZE] if _is_seen(db, visitor, row)]
    at = now().isoformat(timespec="minutes")
    shown = [{**row, "when": _when(row), "is_due": row["due"] <= at, "mailto": _mailto(row)} for row in seen]
    context = {
        "messages": shown, "told": mail.told(), "heading": "Outbox", "done": DONE.get(done, ""), "page": page,
        "has_more": len(rows) > PAGE_SIZE, "owners": outbox.OWNERS, "most_tries": mail.MOST_TRIES,
    }  # fmt: skip
    return render(request, "outbox.html", context)


def mark(visitor: Here, number: Number, form: Form) -> Response:
    """Notes that somebody has sent a message by hand."""
    staff_only(visitor)
    with records.writing() as db:
        found = db.execute("SELECT record_table, record_id FROM app_messages WHERE id = ?", [number]).fetchone()
        if found is None or not _is_seen(db, visitor, found) or not outbox.mark_sent(db, number):
            raise HTTPException(404, "There is no such message to send.")
    return RedirectResponse(f"{ADDRESS}?done=saved", 303)


def _is_seen(db: sqlite3.Connection, visitor: Visitor, row: Mapping[str, Any]) -> bool:
    """Whether the record is theirs to see; one that is gone is for those who see all of its kind."""
    entity = database.BY_TABLE.get(row["record_table"])
    if entity is None:
        return False
    where, values = visitor.sees(entity)
    return where == "1" or bool(database.count(db, entity, f"id = ? AND {where}", [row["record_id"], *values]))


def _when(row: dict[str, str]) -> str:
    at = row["sent_at"] or row["due"]
    return f"{day(at)}, {clock(at)}"


def _mailto(row: dict[str, str]) -> str:
    """The message in the mail program of whoever is here."""
    return f"mailto:{quote(row['recipient'], safe='@')}?subject={quote(row['subject'])}&body={quote(row['text'])}"


if MESSAGES:
    routes.get(ADDRESS)(look)
    routes.post(f"{ADDRESS}/{{number}}/sent")(mark)
