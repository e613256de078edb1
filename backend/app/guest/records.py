"""Runs inside a sandbox: copies, checks and replaces the records of an app, whatever its files hold.

Standard library only. Every command prints one JSON object; what cannot be done is its `problem`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

DATA = Path("data/app.db")
ROOM = Path(".records")
WHOLE = ROOM / "whole.db"
PIECE_BYTES = 4_000_000
BUSY_S = 8
HEADER = b"SQLite format 3\x00"
MAX_NOTES = 40
MAX_TABLES = 60
LOCKED = (5, 6)
"""SQLite's own numbers for a file that somebody else is writing to."""
BESIDE = ("-wal", "-shm", "-journal")

Answer = dict[str, Any]  # what JSON can hold


class Problem(Exception):
    """Why it cannot be done, in one word."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection that waits for others."""
    return sqlite3.connect(path, timeout=BUSY_S)


def copy_out(limit: str, mark: str) -> Answer:
    """A consistent copy of the records that bears this mark, cut into pieces; the app may go on meanwhile."""
    if not DATA.is_file():
        raise Problem("none")
    ROOM.mkdir(exist_ok=True)
    with closing(connect(DATA)) as source, closing(connect(WHOLE)) as target:
        pages, page = (source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        if pages * page > int(limit):
            raise Problem("too_large")
        copy_database(source, target)
        target.execute(f"PRAGMA application_id = {int(mark)}")
        # A copy of a WAL database is one too, and would be two files as soon as somebody opens it.
        target.execute("PRAGMA journal_mode = DELETE")
    return {"bytes": WHOLE.stat().st_size, "pieces": cut_in_pieces(WHOLE)}


def copy_database(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy one database into another in one transaction. Left to itself, `backup` waits for ever for a lock."""
    until = time.monotonic() + BUSY_S

    def look_at_the_clock(status: int, *_: int) -> None:
        if status in LOCKED and time.monotonic() > until:
            raise Problem("busy")

    source.backup(target, progress=look_at_the_clock, sleep=0.05)


def cut_in_pieces(path: Path) -> int:
    """Cut the file into pieces small enough for one message to the host, numbered from 0, and return how many."""
    number = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            (ROOM / f"out-{number:06}").write_bytes(piece)
            number += 1
    return number


def join_pieces() -> Answer:
    """Join the pieces that came in, and check that they are a sound file of SQLite."""
    with WHOLE.open("wb") as file:
        for piece in sorted(ROOM.glob("in-*")):
            file.write(piece.read_bytes())
            piece.unlink()
        file.flush()
        os.fsync(file.fileno())
    # SQLite takes an empty file for an empty database and would find nothing wrong with it.
    with WHOLE.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            raise Problem("refused")
    with closing(connect(WHOLE)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise Problem("refused")
    return {"bytes": WHOLE.stat().st_size}


def has_records() -> Answer:
    """True when the app has records already."""
    return {"there": DATA.is_file()}


def begin_records() -> Answer:
    """Make the pieces that came in the records of an app that has none, whole or not at all."""
    if DATA.is_file():
        return {"there": True}
    join_pieces()
    _put_in_place(_write_draft(WHOLE))
    return {"there": False}


def _write_draft(source: Path) -> Path:
    """The same bytes in the folder of the data, which may be another file system."""
    draft = DATA.with_name("app.db.new")
    with source.open("rb") as read, draft.open("wb") as write:
        while piece := read.read(PIECE_BYTES):
            write.write(piece)
        write.flush()
        os.fsync(write.fileno())
    return draft


def _put_in_place(draft: Path) -> None:
    """Give the draft the name of the records, and make that last through a loss of power."""
    # SQLite would play a journal that belongs to the old file into the new one.
    for ending in BESIDE:
        DATA.with_name(DATA.name + ending).unlink(missing_ok=True)
    draft.replace(DATA)
    folder = os.open(DATA.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def check_origin(mark: str) -> Answer:
    """Check that the joined file is of this app: by its mark or, without one, by the kinds of record in it.

    To be asked before the app has opened the file, since it then makes tables of its own there.
    """
    with closing(connect(WHOLE)) as source:
        mark_of_file = source.execute("PRAGMA application_id").fetchone()[0]
        kinds = record_tables(source)
    if mark_of_file not in (0, int(mark)):
        raise Problem("foreign")
    if not mark_of_file and DATA.is_file() and not _is_alike(kinds):
        raise Problem("foreign")
    return {"fits": True}


def _is_alike(kinds: set[str]) -> bool:
    """True when most of what the app keeps is there; records that are beyond reading may become anything."""
    try:
        with closing(connect(DATA)) as target:
            own_kinds = record_tables(target)
    # It is a DatabaseError too, and a file that is only locked is not beyond reading.
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return True
    return not own_kinds or 2 * len(kinds & own_kinds) > len(own_kinds)


def replace_records() -> Answer:
    """Make the joined file the records of an app that may be running: one transaction of SQLite's own."""
    if not DATA.is_file():
        _put_in_place(_write_draft(WHOLE))
        return report_records()
    try:
        with closing(connect(WHOLE)) as source, closing(connect(DATA)) as target:
            copy_database(source, target)
    # The same: what is only locked is not beyond reading.
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        # The old file is beyond reading, so there is nothing to be careful with.
        _put_in_place(_write_draft(WHOLE))
    return report_records()


def table_names(db: sqlite3.Connection) -> set[str]:
    """The names of the tables."""
    return {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def record_tables(db: sqlite3.Connection) -> set[str]:
    """The tables that the app keeps its records in."""
    return {name for name in table_names(db) if not name.startswith(("sqlite_", "app_"))}


def report_records() -> Answer:
    """The rows of each table, and the app's notes on taking the records over."""
    if not DATA.is_file():
        raise Problem("none")
    with closing(connect(DATA)) as db:
        names = sorted(record_tables(db))[:MAX_TABLES]
        rows = {name: count_rows(db, name) for name in names}
        return {"rows": rows, "notes": read_notes(db)[:MAX_NOTES]}


def count_rows(db: sqlite3.Connection, table: str) -> int:
    """The number of rows."""
    quoted = table.replace('"', '""')
    return int(db.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])  # noqa: S608 - a quoted name


def read_notes(db: sqlite3.Connection) -> list[str]:
    """The app's notes on the change from an older shape."""
    if "app_settings" not in table_names(db):
        return []
    row = db.execute("SELECT value FROM app_settings WHERE name = 'migration_notes'").fetchone()
    try:
        stored = json.loads(row[0]) if row else []
    except (TypeError, ValueError):
        return []
    return [str(note) for note in stored] if isinstance(stored, list) else []


def run_command(words: Iterable[str]) -> Answer:
    """One command with its arguments."""
    name, *arguments = words
    commands: dict[str, Callable[..., Answer]] = {
        "out": copy_out,
        "join": join_pieces,
        "there": has_records,
        "fits": check_origin,
        "begin": begin_records,
        "put": replace_records,
        "look": report_records,
    }
    # The first three commands are about the file that was sent, the others about the app's own.
    unreadable = "refused" if name in ("join", "begin", "fits") else "damaged"
    try:
        return commands[name](*arguments)
    except Problem as problem:
        return {"problem": str(problem)}
    except sqlite3.OperationalError as error:
        # By its words: the system's Python may run this, and errors have SQLite's number since 3.11 only.
        return {"problem": "busy" if "locked" in str(error) else unreadable, "detail": str(error)[:200]}
    except sqlite3.DatabaseError as error:
        return {"problem": unreadable, "detail": str(error)[:200]}
    except OSError as error:
        return {"problem": "failed", "detail": str(error)[:200]}


if __name__ == "__main__":
    print(json.dumps(run_command(sys.argv[1:])))
