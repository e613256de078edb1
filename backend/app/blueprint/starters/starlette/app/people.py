"""The people who sign in: their passwords and their sessions."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from .model import Entity
from .schema import ABOUT, ENTITIES, ROLES
from .text import password as composed

SESSION_LIFE_S = 14 * 24 * 3600
FORMS_FROM_ONE_ADDRESS = 60
FORMS_WITHIN_S = 15 * 60
MIN_PASSWORD = 8
MAX_PASSWORD = 200
OWNER = " Owner"
"""Kept with an owner's account as it stands here: no role of the schema begins with a space, so none is taken for it."""
NAME = hashlib.sha256(ABOUT.title.encode()).hexdigest()[:8]
# Cookies know no ports, so that two apps on one machine need two names.
COOKIE = f"session_{NAME}"
SIGNED_OUT = "out"
"""Kept in place of a session by whoever has signed out where the preview would let them in again."""

User = Mapping[str, Any]


@dataclass(frozen=True)
class Cost:
    """What it takes to try one password: scrypt with N = 2 ** `doublings`, over `blocks`, `passes` times."""

    doublings: int
    blocks: int
    passes: int


STRONG = Cost(14, 8, 5)
"""16 MB and a third of a second: dear to whoever guesses, and small enough for the smallest server."""
OLD = Cost(14, 8, 1)
"""The cost of hashes that an earlier version kept, which do not name theirs."""
cost = STRONG
_AT_ONCE = threading.BoundedSemaphore(2)
_WAITING = threading.BoundedSemaphore(8)


def hash_password(password: str) -> str:
    """The salted hash that is kept instead of a password, with what it cost, so that later ones can cost more."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, cost, can_wait=True)
    return f"{cost.doublings}.{cost.blocks}.{cost.passes}.{salt.hex()}.{digest.hex()}"


def is_password(password: str, kept: str, *, can_wait: bool = False) -> bool:
    """Whether it is the password that the hash was made of."""
    salt, digest = kept.split(".")[-2:]
    found = _scrypt(password, bytes.fromhex(salt), _cost_of(kept), can_wait=can_wait)
    return hmac.compare_digest(found, bytes.fromhex(digest))


def is_outdated(kept: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return _cost_of(kept) != cost


def _cost_of(kept: str) -> Cost:
    numbers = kept.split(".")[:-2]
    return Cost(*map(int, numbers)) if numbers else OLD


def _scrypt(password: str, salt: bytes, cost: Cost, *, can_wait: bool) -> bytes:
    n, memory = 2**cost.doublings, 256 * 2**20
    # Composed and decomposed letters are typed alike, so they are hashed alike.
    typed = composed(password).encode()
    with _turn(can_wait=can_wait):
        return hashlib.scrypt(typed, salt=salt, n=n, r=cost.blocks, p=cost.passes, maxmem=memory, dklen=32)


@contextmanager
def _turn(*, can_wait: bool) -> Iterator[None]:
    """Few passwords are hashed at once, so that whoever sends many takes neither memory nor every thread."""
    if not can_wait and not _WAITING.acquire(blocking=False):
        raise HTTPException(503, "Too many people sign in at once. Try again in a few seconds.", {"retry-after": "5"})
    try:
        with _AT_ONCE:
            yield
    finally:
        if not can_wait:
            _WAITING.release()


def _nobody() -> str:
    """What is kept for nobody: no password is known that has this hash, and to try one takes as long as any other."""
    return f"{cost.doublings}.{cost.blocks}.{cost.passes}.{'00' * 16}.{'00' * 32}"


def has_owner(db: sqlite3.Connection) -> bool:
    """Whether the app has been set up."""
    return db.execute("SELECT 1 FROM app_users WHERE role = ? LIMIT 1", [OWNER]).fetchone() is not None


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


def by_id(db: sqlite3.Connection, user_id: int) -> User | None:
    """The account of that number."""
    return db.execute("SELECT id, name, email, password FROM app_users WHERE id = ?", [user_id]).fetchone()


def is_theirs(found: tuple[int, str] | None, password: str, *, can_wait: bool = False) -> bool:
    """Whether it is the password of the account; it takes as long when there is none."""
    kept = found[1] if found else _nobody()
    return is_password(password, kept, can_wait=can_wait) and found is not None


def set_password(db: sqlite3.Connection, user_id: int, hashed: str, *, session: str = "") -> None:
    """Give an account another password and end its sessions, but for the one that is named."""
    db.execute("UPDATE app_users SET password = ? WHERE id = ?", [hashed, user_id])
    db.execute("DELETE FROM app_sessions WHERE user_id = ? AND token <> ?", [user_id, _hashed(session)])


def too_many_forms(db: sqlite3.Connection, address: str) -> bool:
    """Whether one address sends more forms than a person would; counts this one."""
    about, since = f"form from {address}", time.time() - FORMS_WITHIN_S
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
        "SELECT u.id, u.name, u.email, u.role, u.record_id FROM app_sessions s JOIN app_users u ON u.id = s.user_id "
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
