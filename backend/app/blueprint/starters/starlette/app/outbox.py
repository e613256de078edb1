"""The messages that the app writes: to whom, in which words, when they are due, and whether they are sent."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime, time, timedelta
from typing import Any

from . import database, own_links, people
from .clock import now
from .fields import EMAIL, Value, show
from .model import Entity, Message
from .schema import ABOUT, MESSAGES

OWNERS = "owner"
MORNING = time(9)
MOST_PLANNED = 1_000
SITE: ContextVar[str] = ContextVar("site", default="")
"""The address by which whoever is here came."""
_PLACE = re.compile(r"\{\s*([^{}]*?)\s*\}")


def added(db: sqlite3.Connection, entity: Entity, record_id: int) -> None:
    """Write what is to be said about a new record."""
    for message in MESSAGES:
        if message.table == entity.table and message.kind == "added":
            _write(db, message, entity, [record_id])
    _plan(db, entity, record_id)


def changed(db: sqlite3.Connection, entity: Entity, record_id: int, values: Mapping[str, Value]) -> None:
    """Write what is to be said about a record that has come to another state."""
    for message in MESSAGES:
        if message.table == entity.table and message.kind == "state" and values.get(message.state_field) == message.state:
            _write(db, message, entity, [record_id])
    _plan(db, entity, record_id)


def _plan(db: sqlite3.Connection, entity: Entity, record_id: int) -> None:
    """Let what is to be said before a date of this record fit it as it is now."""
    for message in MESSAGES:
        if message.table == entity.table and message.kind == "before":
            causes = _write(db, message, entity, _ahead(db, message, entity, "r.id = ?", [record_id]))
            _drop_others(db, message, causes, "record_table = ? AND record_id = ?", [entity.table, record_id])


def plan_ahead(db: sqlite3.Connection) -> None:
    """Let what is to be said before a date fit the records as they are now: new, moved, called off and deleted ones."""
    for message in MESSAGES:
        if message.kind == "before":
            entity = database.BY_TABLE[message.table]
            _drop_others(db, message, _write(db, message, entity, _ahead(db, message, entity)))


def _ahead(
    db: sqlite3.Connection, message: Message, entity: Entity, which: str = "1", values: Iterable[Value] = ()
) -> list[int]:
    """The next records that have the message before them."""
    sql = (
        f'SELECT r.id FROM "{entity.table}" r WHERE {which} AND {message.date} > ? AND ({message.only_if}) '
        f"ORDER BY {message.date} LIMIT {MOST_PLANNED}"
    )
    return [int(row[0]) for row in db.execute(sql, [*values, now().isoformat(timespec="minutes")])]


def _drop_others(
    db: sqlite3.Connection, message: Message, causes: set[str], which: str = "1", values: Iterable[Value] = ()
) -> None:
    """Take back what waits for a cause that is none any more."""
    sql = f"SELECT id, cause FROM app_messages WHERE name = ? AND sent_at IS NULL AND {which}"
    for row in db.execute(sql, [message.name, *values]).fetchall():
        if row["cause"] not in causes:
            db.execute("DELETE FROM app_messages WHERE id = ?", [row["id"]])


def _write(db: sqlite3.Connection, message: Message, entity: Entity, ids: list[int]) -> set[str]:
    """Write the message about each of these records, once for one cause; the causes."""
    causes: set[str] = set()
    for row in _rows(db, message, entity, ids):
        due = _due(message, row["date"])
        told = _told(db, message, entity, row)
        for recipient in recipients(db, row["recipient"], message):
            cause = f"{message.name}/{row['id']}/{row['date'] or now().isoformat()}/{recipient}"
            causes.add(cause)
            subject = " ".join(_filled(message.subject, told).split())
            values = [message.name, entity.table, row["id"], recipient, subject, _filled(message.text, told), due, cause]
            db.execute(
                "INSERT INTO app_messages (name, record_table, record_id, recipient, subject, text, due, cause) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cause) DO UPDATE SET subject = excluded.subject, "
                "text = excluded.text, due = excluded.due WHERE sent_at IS NULL "
                "AND (subject, text, due) IS NOT (excluded.subject, excluded.text, excluded.due)",
                values,
            )
    return causes


def _rows(db: sqlite3.Connection, message: Message, entity: Entity, ids: list[int]) -> Iterable[sqlite3.Row]:
    """What the message says of each record for which it is to be written."""
    said = "".join(f', {place.sql} AS "{place.name}"' for place in message.says)
    sql = (
        f'SELECT r.id, {message.to or "NULL"} AS recipient, {message.date or "NULL"} AS date{said} '
        f'FROM "{entity.table}" r WHERE r.id = ? AND ({message.only_if})'
    )
    return [row for record_id in ids for row in db.execute(sql, [record_id])]


def recipients(db: sqlite3.Connection, address: str | None, message: Message) -> list[str]:
    """Nobody where the record knows no address."""
    if message.to:
        return [address] if address and EMAIL.match(address) else []
    owners = db.execute("SELECT email FROM app_users WHERE role = ? ORDER BY id", [people.OWNER]).fetchall()
    return [str(row["email"]) for row in owners] or [OWNERS]


def _due(message: Message, date: str | None) -> str:
    """When it is to be sent: at once, or so long before the date; a day without a time begins in the morning."""
    if date is None:
        return now().isoformat(timespec="minutes")
    when = datetime.fromisoformat(date)
    at = when if "T" in date else datetime.combine(when, MORNING)
    return (at - timedelta(hours=message.hours)).isoformat(timespec="minutes")


def _told(db: sqlite3.Connection, message: Message, entity: Entity, row: sqlite3.Row) -> dict[str, str]:
    """What stands in the text for each place in braces."""
    told = {"app": ABOUT.name or ABOUT.title, "link": _link(db, message, entity, int(row["id"]))}
    for place in message.says:
        value = row[place.name]
        if place.ref and value is not None:
            target = database.BY_TABLE[place.ref]
            named = database.select(db, target, "id = ?", [value], limit=1)
            told[place.label] = database.title_rows(db, target, named).get(int(value), "")
        else:
            told[place.label] = show(place, value, currency=ABOUT.currency)
    return told


def _filled(text: str, told: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: told.get(found[1], ""), text)


def _link(db: sqlite3.Connection, message: Message, entity: Entity, record_id: int) -> str:
    """Where the record is, for whoever gets the message."""
    if not message.to:
        return f"{_site(db)}/{entity.table}/{record_id}"
    if entity.table not in own_links.LINKED:
        return _site(db)
    return _site(db) + own_links.address(_key(db), entity.table, record_id)


def _key(db: sqlite3.Connection) -> bytes:
    return bytes.fromhex(db.execute("SELECT value FROM app_settings WHERE name = 'secret'").fetchone()["value"])


def _site(db: sqlite3.Connection) -> str:
    """The address of the app: as it is set, as whoever is here came, or as somebody came last."""
    here = SITE.get()
    if here:
        db.execute("INSERT OR REPLACE INTO app_settings (name, value) VALUES ('site', ?)", [here])
    kept = db.execute("SELECT value FROM app_settings WHERE name = 'site'").fetchone()
    return os.environ.get("APP_URL", "").rstrip("/") or here or (str(kept["value"]) if kept else "")


def count_waiting(db: sqlite3.Connection) -> int:
    """How many messages are due and not sent."""
    sql = "SELECT count(*) FROM app_messages WHERE sent_at IS NULL AND due <= ?"
    return int(db.execute(sql, [now().isoformat(timespec="minutes")]).fetchone()[0])


def listed(db: sqlite3.Connection, *, limit: int, offset: int = 0) -> list[dict[str, Any]]:
    """The messages: what is not sent first, by when it is due, then what was sent last."""
    order = "sent_at IS NOT NULL, CASE WHEN sent_at IS NULL THEN due END, sent_at DESC, id DESC"
    return [dict(row) for row in db.execute(f"SELECT * FROM app_messages ORDER BY {order} LIMIT ? OFFSET ?", [limit, offset])]


def mark_sent(db: sqlite3.Connection, message_id: int) -> bool:
    """Note that somebody has sent it by hand; False when there is no such message to be sent."""
    at = now().isoformat(timespec="minutes")
    return db.execute("UPDATE app_messages SET sent_at = ? WHERE id = ? AND sent_at IS NULL", [at, message_id]).rowcount == 1
