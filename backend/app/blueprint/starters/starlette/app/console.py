"""What whoever runs the app can do on its command line: make an owner's account, and choose another password."""

from __future__ import annotations

import getpass
import sqlite3
import sys

from . import database, people, seed
from .fields import Refused, read
from .model import Field

USAGE = """\
./start.sh                    start the app
./start.sh owner              make an owner's account
./start.sh password [E-MAIL]  choose another password for an account; without an e-mail, for the only owner
"""
EMAIL = Field("email", "E-mail", "email", required=True)
NAME = Field("name", "Your name", required=True)


class Stopped(Exception):
    """What was asked for cannot be done; the message says why."""


def run(words: list[str]) -> int:
    """Do one command; the exit code."""
    try:
        match words:
            case ["owner"]:
                _add_owner()
            case ["password"]:
                _choose_password("")
            case ["password", email]:
                _choose_password(email)
            case _:
                sys.stderr.write(USAGE)
                return 2
    except (Stopped, Refused) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (EOFError, KeyboardInterrupt):
        sys.stderr.write("\nNothing was changed.\n")
        return 1
    return 0


def has_owner() -> bool:
    """Whether the records name an owner; a file that is not there yet names none."""
    if not database.path().exists():
        return False
    try:
        with database.session() as db:
            return people.has_owner(db)
    except sqlite3.OperationalError:
        return False


def _add_owner() -> None:
    seed.prepare()
    name, email = str(read(NAME, input("Your name: "))), str(read(EMAIL, input("E-mail: ")))
    hashed = people.hash_password(_ask_password())
    try:
        with database.session() as db:
            people.add(db, name=name, email=email, hashed=hashed, role=people.OWNER)
    except sqlite3.IntegrityError:
        raise Stopped("There is an account with this e-mail already.") from None
    print(f"{email} is an owner of this app now. Sign in at /sign-in.")


def _choose_password(email: str) -> None:
    if not has_owner():
        raise Stopped("This app has no owner yet. Make one: ./start.sh owner")
    with database.session() as db:
        found = _account(db, email)
        print(f"A new password for {found['email']}.")
    hashed = people.hash_password(_ask_password())
    with database.session() as db:
        people.set_password(db, found["id"], hashed)
    print("The new password is kept. Whoever was signed in with the old one has to sign in again.")


def _account(db: sqlite3.Connection, email: str) -> sqlite3.Row:
    where, value = ("email = ?", email) if email else ("role = ?", people.OWNER)
    rows = db.execute(f"SELECT id, email FROM app_users WHERE {where} ORDER BY id", [value]).fetchall()
    if not rows:
        raise Stopped(f"There is no account with the e-mail {email!r}.")
    if len(rows) > 1:
        raise Stopped(f"There are several owners: {', '.join(row['email'] for row in rows)}. Name one of them.")
    return rows[0]


def _ask_password() -> str:
    """Typed twice where somebody sits, so that a slip does not lock them out; a script sends one line."""
    if not sys.stdin.isatty():
        return _long_enough(sys.stdin.readline().rstrip("\n"))
    password = _long_enough(getpass.getpass("Password: "))
    if getpass.getpass("The same again: ") != password:
        raise Stopped("These were two different passwords. Nothing was changed.")
    return password


def _long_enough(password: str) -> str:
    if not people.MIN_PASSWORD <= len(password) <= people.MAX_PASSWORD:
        raise Stopped(f"Choose a password of {people.MIN_PASSWORD} to {people.MAX_PASSWORD} characters.")
    return password
