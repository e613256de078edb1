"""Pictures and files of records: checked by what is in them, kept with the records, gone when nothing needs them.

They lie in the same SQLite file as the records, under names of the app's own, so that a record and its files are
written, backed up, restored and taken along together or not at all. A record keeps "{key}.{ending}/{name}".
"""

from __future__ import annotations

import re
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import database, rules
from .fields import NO_PICTURE, REFUSED_FILE, Value
from .kinds import MOST_PIXELS, PICTURES, is_heic, kind_of, pixels
from .model import FILES, Entity
from .photos import without_notes
from .schema import ENTITIES
from .text import clean

MOST_BYTES = 8_000_000
ROOM = 400_000_000
"""Bytes of all files: with them and the records, the whole database can still be saved and taken along."""
ROOM_OF_OTHERS = ROOM // 2
"""What people outside of the staff may fill of it, so that there is always some left for the staff."""
WAITING_ROOM = 80_000_000
"""Bytes of the uploads that wait; the oldest give way to new ones."""
PIECE = 256 * 1024
WAITS_S = 24 * 3600
"""So long an upload waits for its form to be sent without a mistake."""
AGAIN = "Choose the file again: it does not wait here any more."
TOO_LARGE = f"This file is too large; at most {MOST_BYTES // 1_000_000} MB can be kept. Choose a smaller one."
NOT_TAKEN = (
    "This kind of file is not taken. Choose a picture (JPEG, PNG, GIF, WebP), a PDF, a document or spreadsheet, plain "
    "text, sound (MP3, WAV), a video (MP4) or a ZIP file."
)
HEIC = "This picture is in the format HEIC, which most browsers cannot show. Save it as JPEG and choose that."
NO_ROOM = (
    f"There is no room for another file: at most {ROOM // 1_000_000} MB are kept. Let whoever looks after this app remove "
    "some, or choose none."
)
DAMAGED = "This picture is damaged or cut off. Choose it again, or another one."
TOO_MANY_DOTS = "This picture has too many dots to be shown on a page. Save it smaller and choose that."
SMALL = "-small"
"""Ends the name of what a browser sends beside a picture: the same one, small enough for a list."""
MOST_SMALL_BYTES, MOST_SMALL_PIXELS = 150_000, 500 * 500
NAMES = frozenset(field.name for entity in ENTITIES for field in entity.of_type(*FILES))
PICTURES_ALONE = NAMES - {field.name for entity in ENTITIES for field in entity.of_type("file")}
_LINE = re.compile(r"line-[0-9]{1,4}-")
_LONGEST_NAME = 80
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|;%]+')


@dataclass(frozen=True)
class Kept:
    """A file as it is given out; `size` in bytes."""

    key: str
    name: str
    ending: str
    size: int


def takes(control: str) -> bool:
    """Whether a control of a form by that name sends a file of a record."""
    return _LINE.sub("", control) in NAMES


def hold(content: bytes, name: str, control: str, *, by_staff: bool, small: bytes = b"") -> str:
    """Keep an upload until its form is kept; what the form then holds: the file, or why it is refused."""
    problem, ending = _checked(content)
    if problem:
        is_picture = _LINE.sub("", control) in PICTURES_ALONE
        return REFUSED_FILE + (NO_PICTURE if is_picture and problem == NOT_TAKEN else problem)
    key = f"{secrets.token_hex(16)}.{ending}"
    kept = _tidy(name, ending)
    try:
        with database.session() as db:
            _forget(db, more=len(content))
            if _bytes(db) + len(content) > (ROOM if by_staff else ROOM_OF_OTHERS):
                return REFUSED_FILE + NO_ROOM
            sql = "INSERT INTO app_files (key, name, held_since, content) VALUES (?, ?, ?, ?)"
            db.execute(sql, [key, kept, time.time(), without_notes(content, ending)])
            if ending in PICTURES and _is_small(small):
                db.execute("INSERT INTO app_small (key, content) VALUES (?, ?)", [key, without_notes(small, kind_of(small))])
    except database.DiskFull:
        return REFUSED_FILE + database.FULL
    return f"{key}/{kept}"


def _checked(content: bytes) -> tuple[str, str]:
    """Why a file is refused, and what it is."""
    if len(content) > MOST_BYTES:
        return TOO_LARGE, ""
    ending = kind_of(content)
    if not ending:
        return (HEIC if is_heic(content) else NOT_TAKEN), ""
    if ending in PICTURES:
        many = pixels(content, ending)
        return (DAMAGED if not many else TOO_MANY_DOTS if many > MOST_PIXELS else ""), ending
    return "", ending


def _is_small(content: bytes) -> bool:
    """Whether it is a small picture; anything else is left, and the large one stands in lists as well."""
    ending = kind_of(content) if 0 < len(content) <= MOST_SMALL_BYTES else ""
    return ending in PICTURES and 0 < pixels(content, ending) <= MOST_SMALL_PIXELS


def _tidy(name: str, ending: str) -> str:
    """The name that the file was sent with, without what a computer could take for a path, with the ending it deserves."""
    last = re.split(r"[/\\]", clean(name))[-1]
    stem = last.rpartition(".")[0] or last
    plain = " ".join(_UNSAFE.sub(" ", stem).split()).strip(". ")[:_LONGEST_NAME]
    return f"{plain or 'file'}.{ending}"


def put(db: sqlite3.Connection, content: bytes, name: str) -> str:
    """Keep a file for a record that is being written; what the record holds. ValueError for what is not taken."""
    problem, ending = _checked(content)
    if problem:
        raise ValueError(problem)
    key, kept = f"{secrets.token_hex(16)}.{ending}", _tidy(name, ending)
    db.execute("INSERT INTO app_files (key, name, content) VALUES (?, ?, ?)", [key, kept, content])
    return f"{key}/{kept}"


def claim(db: sqlite3.Connection, entity: Entity, values: Mapping[str, Value]) -> None:
    """Let uploads that wait belong to the record that was written; `rules.Broken` for any other file.

    A form may name a file, and must not get one by it that belongs to another record.
    """
    lost = {}
    for field in entity.of_type(*FILES):
        value = values.get(field.name)
        if value is not None:
            key, _, name = str(value).partition("/")
            sql = "UPDATE app_files SET held_since = NULL WHERE key = ? AND name = ? AND held_since IS NOT NULL"
            if db.execute(sql, [key, name]).rowcount != 1:
                lost[field.name] = AGAIN
    if lost:
        raise rules.Broken(lost)


def sweep(db: sqlite3.Connection, entity: Entity, changed: Mapping[str, Value]) -> None:
    """Remove the files that nothing needs any more, when a change may have left some: one that can be undone needs them."""
    if not any(field.name in changed for field in entity.of_type(*FILES)):
        return
    clean_up(db)


def clean_up(db: sqlite3.Connection) -> None:
    """Remove every file that no record, no deletion that can be undone and nothing put aside holds."""
    held = [f'SELECT "{field.name}" FROM "{entity.table}"' for entity in ENTITIES for field in entity.of_type(*FILES)]
    used = " UNION ALL ".join(held) or "SELECT NULL"
    for aside, column in (("app_undo", "kept"), ("app_kept", "value")):
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [aside]).fetchone():
            used += f" UNION ALL SELECT f.key || '/' FROM app_files f JOIN {aside} o ON instr(o.{column}, f.key)"
    needed = f"SELECT substr(v, 1, instr(v, '/') - 1) FROM (SELECT NULL AS v UNION ALL {used}) WHERE v IS NOT NULL"
    db.execute(f"DELETE FROM app_files WHERE held_since IS NULL AND key NOT IN ({needed})")


def _forget(db: sqlite3.Connection, *, more: int) -> None:
    """Remove uploads whose forms were never sent without a mistake, and the oldest where `more` bytes need the place."""
    db.execute("DELETE FROM app_files WHERE held_since < ?", [time.time() - WAITS_S])
    newest_first = "sum(length(content)) OVER (ORDER BY held_since DESC, key) AS so_far"
    waiting = f"SELECT key, {newest_first} FROM app_files WHERE held_since IS NOT NULL"
    db.execute(f"DELETE FROM app_files WHERE key IN (SELECT key FROM ({waiting}) WHERE so_far > ?)", [WAITING_ROOM - more])


def _bytes(db: sqlite3.Connection) -> int:
    both = "SELECT length(content) AS size FROM app_files UNION ALL SELECT length(content) FROM app_small"
    return int(db.execute(f"SELECT coalesce(sum(size), 0) FROM ({both})").fetchone()[0])


def find(db: sqlite3.Connection, value: Value) -> Kept | None:
    """The file that a record holds."""
    key, _, name = str(value or "").partition("/")
    row = db.execute("SELECT length(content) AS size FROM app_files WHERE key = ?", [key]).fetchone()
    return Kept(key, name, key.rpartition(".")[2], row["size"]) if row else None


def find_small(db: sqlite3.Connection, kept: Kept) -> bytes:
    """The small picture beside a large one; empty where no browser has sent one."""
    row = db.execute("SELECT content FROM app_small WHERE key = ?", [kept.key]).fetchone()
    return bytes(row["content"]) if row else b""


def pieces(kept: Kept) -> Iterator[bytes]:
    """What is in the file, piece by piece: whoever reads slowly or not at all keeps no more than one in memory."""
    for start in range(0, kept.size, PIECE):
        # Each piece has a transaction of its own: one that lasts as long as a slow reader would make the log grow.
        with database.session() as db:
            row = db.execute("SELECT rowid FROM app_files WHERE key = ?", [kept.key]).fetchone()
            if row is None:
                raise FileNotFoundError(kept.key)
            with db.blobopen("app_files", "content", row["rowid"], readonly=True) as blob:
                blob.seek(start)
                piece = blob.read(PIECE)
        yield piece
