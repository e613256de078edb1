"""The people who sign in: their passwords, their sessions, and a limit on guessing."""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .model import Entity
from .schema import ABOUT, ENTITIES, ROLES
from .text import password as composed

SESSION_LIFE_S = 14 * 24 * 3600
COST = 2**14
TRIES = 8
TRIES_FROM_ONE_ADDRESS = 40
FORMS_FROM_ONE_ADDRESS = 60
TRIES_WITHIN_S = 15 * 60
MIN_PASSWORD = 8
MAX_PASSWORD = 200
# Cookies know no ports, so that two apps on one machine need two names.
COOKIE = "session_" + hashlib.sha256(ABOUT.title.encode()).hexdigest()[:8]

User = Mapping[str, Any]


def hash_password(password: str) -> str:
    """The salted hash that is kept instead of a password."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}.{_scrypt(password, salt).hex()}"


def is_password(password: str, kept: str) -> bool:
    """Whether it is the password that the hash was made of."""
    salt, _, digest = kept.partition(".")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)), bytes.fromhex(digest))


def _scrypt(password: str, salt: bytes) -> bytes:
    # Composed and decomposed letters are typed alike, so they are hashed alike.
    return hashlib.scrypt(composed(password).encode(), salt=salt, n=COST, r=8, p=1, maxmem=64 * 2**20, dklen=32)


@functools.cache
def _nobody() -> str:
    return hash_password(secrets.token_hex(8))


def has_owner(db: sqlite3.Connection) -> bool:
    """Whether the app has been set up."""
    return db.execute("SELECT 1 FROM app_users LIMIT 1").fetchone() is not None


def add(
    db: sqlite3.Connection, *, name: str, email: str, hashed: str, role: str, record_id: int | None = None
) -> int:
    """Keep a new account, for the person whom that record describes; sqlite3.IntegrityError when the e-mail has one.

    The password was hashed before: that takes long, and nobody else can write meanwhile.
    """
    sql = "INSERT INTO app_users (name, email, password, role, record_id) VALUES (?, ?, ?, ?, ?)"
    return int(db.execute(sql, [name, email, hashed, role, record_id]).lastrowid or 0)


def remove(db: sqlite3.Connection, user_id: int) -> None:
    """Forget an account and end its sessions; the records stay."""
    db.execute("DELETE FROM app_users WHERE id = ?", [user_id])


def is_joined(db: sqlite3.Connection, role: str, record_id: int) -> bool:
    """Whether somebody signs in as the person of that record."""
    sql = "SELECT 1 FROM app_users WHERE role = ? AND record_id = ?"
    return db.execute(sql, [role, record_id]).fetchone() is not None


def find(db: sqlite3.Connection, email: str) -> tuple[int, str] | None:
    """The account with this e-mail, and the hash of its password."""
    row = db.execute("SELECT id, password FROM app_users WHERE email = ?", [email]).fetchone()
    return (int(row["id"]), row["password"]) if row else None


def is_theirs(found: tuple[int, str] | None, password: str) -> bool:
    """Whether it is the password of the account; it takes as long when there is none."""
    return is_password(password, found[1] if found else _nobody()) and found is not None


def too_many_tries(db: sqlite3.Connection, email: str, address: str) -> bool:
    """Whether somebody is guessing."""
    since = time.time() - TRIES_WITHIN_S
    db.execute("DELETE FROM app_attempts WHERE at < ?", [since])
    counts = [(f"email {email.casefold()}", TRIES), (f"from {address}", TRIES_FROM_ONE_ADDRESS)]
    sql = "SELECT count(*) FROM app_attempts WHERE about = ?"
    return any(db.execute(sql, [about]).fetchone()[0] >= most for about, most in counts)


def note_try(db: sqlite3.Connection, email: str, address: str) -> None:
    """Count a password before it is looked at, so that those which come at once are all counted."""
    rows = [(f"email {email.casefold()}", time.time()), (f"from {address}", time.time())]
    db.executemany("INSERT INTO app_attempts VALUES (?, ?)", rows)


def forgive_try(db: sqlite3.Connection, email: str, address: str) -> None:
    """Take back the count of a password that was right."""
    sql = "DELETE FROM app_attempts WHERE rowid = (SELECT max(rowid) FROM app_attempts WHERE about = ?)"
    db.executemany(sql, [(f"email {email.casefold()}",), (f"from {address}",)])


def too_many_forms(db: sqlite3.Connection, address: str) -> bool:
    """Whether one address sends more forms than a person would; counts this one."""
    about, since = f"form from {address}", time.time() - TRIES_WITHIN_S
    db.execute("DELETE FROM app_attempts WHERE at < ?", [since])
    sent = db.execute("SELECT count(*) FROM app_attempts WHERE about = ?", [about]).fetchone()[0]
    db.execute("INSERT INTO app_attempts VALUES (?, ?)", [about, time.time()])
    return bool(sent >= FORMS_FROM_ONE_ADDRESS)


def open_session(db: sqlite3.Connection, user_id: int) -> str:
    """A new session; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    db.execute("DELETE FROM app_sessions WHERE until < ?", [time.time()])
    db.execute("INSERT INTO app_sessions VALUES (?, ?, ?)", [_hashed(token), user_id, time.time() + SESSION_LIFE_S])
    return token


def close_session(db: sqlite3.Connection, token: str) -> None:
    """Sign out."""
    db.execute("DELETE FROM app_sessions WHERE token = ?", [_hashed(token)])


def of_session(db: sqlite3.Connection, token: str) -> User | None:
    """Whose session it is."""
    sql = (
        "SELECT u.id, u.name, u.role, u.record_id FROM app_sessions s JOIN app_users u ON u.id = s.user_id "
        "WHERE s.token = ? AND s.until > ?"
    )
    return db.execute(sql, [_hashed(token), time.time()]).fetchone() if token else None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def cookie(request: Request) -> str:
    """The session that a request carries."""
    return request.cookies.get(COOKIE, "")


def set_cookie(response: Response, request: Request, token: str) -> None:
    """Let the browser keep the session; scripts cannot read it and other sites cannot send it."""
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, max_age=SESSION_LIFE_S, path="/", httponly=True, samesite="lax", secure=secure)


def email_field(entity: Entity) -> str:
    """The field that says a person's e-mail."""
    return next((field.name for field in entity.of_type("email")), "")


def name_field(entity: Entity) -> str:
    """The field that says what a person is called."""
    named = [name for name in entity.title if entity.field(name).type == "text"]
    return (named or [field.name for field in entity.of_type("text")] or [""])[0]


def own_record(db: sqlite3.Connection, entity: Entity, email: str) -> int | None:
    """The first record with this e-mail: whose it is, nobody has shown."""
    name = email_field(entity)
    if not name:
        return None
    row = db.execute(f'SELECT id FROM "{entity.table}" WHERE "{name}" = ? COLLATE NOCASE ORDER BY id', [email])
    found = row.fetchone()
    return int(found["id"]) if found else None


def join(db: sqlite3.Connection) -> None:
    """Once: the accounts of an earlier version found their record by its e-mail each time."""
    if "record_id" in {row[1] for row in db.execute("PRAGMA table_info(app_users)")}:
        return
    db.execute("ALTER TABLE app_users ADD COLUMN record_id INTEGER")
    for role in ROLES:
        for entity in [one for one in ENTITIES if one.table == role.own]:
            for user_id, email in db.execute("SELECT id, email FROM app_users WHERE role = ?", [role.name]).fetchall():
                found = own_record(db, entity, email)
                db.execute("UPDATE app_users SET record_id = ? WHERE id = ?", [found, user_id])
