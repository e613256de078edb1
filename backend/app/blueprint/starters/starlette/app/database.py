"""The records: one SQLite file, one table for each kind of record."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from . import clock, figures, migration, triggers
from .fields import Value, show
from .model import Entity, Field, Sum, Unique
from .schema import ABOUT, ENTITIES
from .text import FOLDED, NATURAL, fold, natural

BY_TABLE: dict[str, Entity] = {entity.table: entity for entity in ENTITIES}
COLUMN_TYPES = {"int": "INTEGER", "decimal": "INTEGER", "money": "INTEGER", "bool": "INTEGER", "ref": "INTEGER"}
ON_DELETE = {"cascade": "CASCADE", "set_null": "SET NULL", "restrict": "RESTRICT"}
MAX_OPTIONS = 500
DATA = Path(__file__).resolve().parent.parent / "data"
DEFAULT = str(DATA / "app.db")
OWN_TABLES = (
    "CREATE TABLE IF NOT EXISTS app_changes (id INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, "
    "what TEXT NOT NULL, record_table TEXT NOT NULL, record_id INTEGER NOT NULL, details TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS app_changes_record ON app_changes (record_table, record_id)",
    "CREATE TABLE IF NOT EXISTS app_undo (id INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, "
    "record_table TEXT NOT NULL, record_id INTEGER NOT NULL, kept TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS app_users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE, "
    "name TEXT NOT NULL, password TEXT NOT NULL, role TEXT NOT NULL, record_id INTEGER)",
    "CREATE TABLE IF NOT EXISTS app_sessions (token TEXT PRIMARY KEY, user_id INTEGER NOT NULL "
    "REFERENCES app_users(id) ON DELETE CASCADE, until REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS app_sent (form_id TEXT PRIMARY KEY, location TEXT NOT NULL, at REAL NOT NULL, "
    "content TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE IF NOT EXISTS app_files (key TEXT PRIMARY KEY, name TEXT NOT NULL, held_since REAL, content BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS app_small (key TEXT PRIMARY KEY REFERENCES app_files (key) ON DELETE CASCADE, content BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS app_messages (id INTEGER PRIMARY KEY, name TEXT NOT NULL, record_table TEXT NOT NULL, "
    "record_id INTEGER NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, due TEXT NOT NULL, "
    "cause TEXT NOT NULL UNIQUE, sent_at TEXT, tries INTEGER NOT NULL DEFAULT 0, next_try TEXT, problem TEXT)",
    "CREATE INDEX IF NOT EXISTS app_messages_record ON app_messages (record_table, record_id)",
    "CREATE TABLE IF NOT EXISTS app_drafts (user_id INTEGER NOT NULL REFERENCES app_users(id) ON DELETE CASCADE, "
    "path TEXT NOT NULL, fields TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (user_id, path))",
    "CREATE TABLE IF NOT EXISTS app_attempts (about TEXT NOT NULL, at REAL NOT NULL)",
)

FULL = (
    "The disk of the computer that this app runs on is full, so this was not saved. What you typed is still here: "
    "let whoever looks after the computer make room on it, then send it again."
)
ENOUGH = 1_000_000
"""Bytes: with less than this left, whatever SQLite says of a write that failed is that the disk is full."""

MOST_IDLE = 4

Row = Mapping[str, Value]
Labels = dict[int, str]
File = tuple[str, int, int]
"""A path, and the device and number of the file that is there."""

# To open a file and give it its functions takes longer than most questions to it.
_idle: list[tuple[File, sqlite3.Connection]] = []


def path() -> Path:
    """Where the file is: DATABASE_PATH, or data/app.db beside the code."""
    return Path(os.environ.get("DATABASE_PATH") or DEFAULT)


class DiskFull(Exception):
    """Nothing more can be written; what was there is unharmed."""


def _is_disk_full(error: sqlite3.OperationalError) -> bool:
    code = error.sqlite_errorcode & 0xFF
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return shutil.disk_usage(path().parent).free < ENOUGH
    return code == sqlite3.SQLITE_FULL


@contextmanager
def session() -> Iterator[sqlite3.Connection]:
    """A connection in one transaction: kept on success, undone on an error. DiskFull where it cannot be written."""
    try:
        with _connected() as connection:
            yield connection
    except sqlite3.OperationalError as error:
        if _is_disk_full(error):
            raise DiskFull(FULL) from error
        raise


@contextmanager
def _connected() -> Iterator[sqlite3.Connection]:
    file = _file()
    connection = _take(file) or _open()
    try:
        with connection:
            yield connection
            has_written = connection.in_transaction
        if has_written:
            _merge(connection)
    except BaseException:
        connection.close()
        raise
    if len(_idle) < MOST_IDLE and file:
        _idle.append((file, connection))
    else:
        connection.close()


def _open() -> sqlite3.Connection:
    connection = sqlite3.connect(path(), timeout=10, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    figures.install(connection, clock.now)
    connection.create_function("app_fold", 1, FOLDED.__getitem__, deterministic=True)
    connection.create_function("app_natural", 1, NATURAL.__getitem__, deterministic=True)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _file() -> File | None:
    """The file as it is now: another one may have been put in its place."""
    name = os.environ.get("DATABASE_PATH") or DEFAULT
    try:
        found = os.stat(name)
    except FileNotFoundError:
        return None
    return name, found.st_dev, found.st_ino


def _take(file: File | None) -> sqlite3.Connection | None:
    """A connection to that file that nobody uses; those to any other file are closed."""
    while _idle:
        opened, connection = _idle.pop()
        if opened == file:
            return connection
        connection.close()
    return None


def close_idle() -> None:
    """Let go of the file; the last connection takes the log of changes away."""
    _take(None)


def _merge(connection: sqlite3.Connection) -> None:
    """Bring what was written from the log of changes into the file, so that whoever copies the file has all of it."""
    # What is kept already is not undone by a full disk: it stays in the log.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def migrate() -> bool:
    """Make the tables, columns and rules that are missing; True when the file is new."""
    migration.bring_up(path(), _migrate_table)
    _keep_private()
    with session() as db:
        db.execute("PRAGMA journal_mode = WAL")
        fresh = not _exists(db, "app_settings")
        db.execute("CREATE TABLE IF NOT EXISTS app_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        clock.start(db)
        for statement in OWN_TABLES:
            db.execute(statement)
        triggers.drop(db)
        for entity in ENTITIES:
            _migrate_table(db, entity)
        triggers.install(db)
        migration.remember(db)
    return fresh


def _keep_private() -> None:
    """Nobody else on this computer reads the records: SQLite gives its other files the mode of the first one."""
    folder = path().parent
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o700)
    path().touch(mode=0o600)
    for name in (path(), *folder.glob(f"{path().name}-*"), *([folder] if folder == DATA else [])):
        # Whoever shares the records with another user on purpose owns them as that user.
        with suppress(PermissionError):
            name.chmod(0o700 if name.is_dir() else 0o600)


def secret() -> bytes:
    """The key that forms are signed with, made once and kept with the records."""
    with session() as db:
        db.execute("INSERT OR IGNORE INTO app_settings VALUES ('secret', ?)", [secrets.token_hex(32)])
        row = db.execute("SELECT value FROM app_settings WHERE name = 'secret'").fetchone()
    return bytes.fromhex(row["value"])


def _exists(db: sqlite3.Connection, table: str) -> bool:
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone())


def _migrate_table(db: sqlite3.Connection, entity: Entity) -> None:
    columns = {field.name: _column(field) for field in entity.fields}
    parts = ", ".join(["id INTEGER PRIMARY KEY", *columns.values()])
    db.execute(f'CREATE TABLE IF NOT EXISTS "{entity.table}" ({parts})')
    present = {row["name"] for row in db.execute(f'PRAGMA table_info("{entity.table}")')}
    for name in columns.keys() - present:
        db.execute(f'ALTER TABLE "{entity.table}" ADD COLUMN {columns[name]}')
    for field in entity.fields:
        if field.ref or field.name in entity.looked_up:
            index = f"{entity.table}_{field.name}"
            db.execute(f'CREATE INDEX IF NOT EXISTS "{index}" ON "{entity.table}" ("{field.name}")')
    for rule in entity.rules:
        if isinstance(rule, Unique):
            # As the rule compares, else it would read every record for each that is written.
            alike = ", ".join(f'"{name}" COLLATE NOCASE' for name in rule.fields)
            index = f"{entity.table}_{'_'.join(rule.fields)}_alike"
            db.execute(f'CREATE INDEX IF NOT EXISTS "{index}" ON "{entity.table}" ({alike})')


def _column(field: Field) -> str:
    text = f'"{field.name}" {COLUMN_TYPES.get(field.type, "TEXT")}'
    if field.ref:
        text += f' REFERENCES "{field.ref}"(id) ON DELETE {ON_DELETE[field.on_delete]}'
    return text


def sums_into() -> set[tuple[str, str]]:
    """The table and field of each amount that is worked out from lines."""
    rules = [(entity, rule) for entity in ENTITIES for rule in entity.rules if isinstance(rule, Sum) and rule.into]
    return {(entity.field(rule.ref).ref, rule.into) for entity, rule in rules}


def insert(db: sqlite3.Connection, entity: Entity, values: Mapping[str, Value]) -> int:
    """Keep a new record; its id."""
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" for _ in values)
    done = db.execute(f'INSERT INTO "{entity.table}" ({names}) VALUES ({marks})', list(values.values()))
    return int(done.lastrowid or 0)


def update(db: sqlite3.Connection, entity: Entity, record_id: int, values: Mapping[str, Value]) -> None:
    """Change a record."""
    pairs = ", ".join(f'"{name}" = ?' for name in values)
    db.execute(f'UPDATE "{entity.table}" SET {pairs} WHERE id = ?', [*values.values(), record_id])


def delete(db: sqlite3.Connection, entity: Entity, record_id: int) -> None:
    """Remove a record; sqlite3.IntegrityError when others need it."""
    db.execute(f'DELETE FROM "{entity.table}" WHERE id = ?', [record_id])


def get(db: sqlite3.Connection, entity: Entity, record_id: int) -> Row | None:
    """The record of that id."""
    row = db.execute(f"SELECT {_everything(entity)} WHERE id = ?", [record_id]).fetchone()
    return None if row is None else dict(row)


def _everything(entity: Entity) -> str:
    """What is selected of a record, named `r`: all that is kept and all that is worked out."""
    worked_out = "".join(f', {field.sql} AS "{field.name}"' for field in entity.figures)
    return f'r.*{worked_out} FROM "{entity.table}" r'


def _some(entity: Entity, names: Sequence[str]) -> str:
    fields = [entity.field(name) for name in names]
    chosen = "".join(f', {field.sql} AS "{field.name}"' if field.sql else f', r."{field.name}"' for field in fields)
    return f'r.id{chosen} FROM "{entity.table}" r'


def kept(entity: Entity, row: Row) -> dict[str, Value]:
    """The record without what is worked out."""
    worked_out = {field.name for field in entity.figures}
    return {name: value for name, value in row.items() if name not in worked_out}


def count(db: sqlite3.Connection, entity: Entity, where: str = "1", values: Sequence[Value] = ()) -> int:
    """How many records there are."""
    row = db.execute(f'SELECT count(*) FROM "{entity.table}" r WHERE {where}', list(values)).fetchone()
    return int(row[0])


def are_more(db: sqlite3.Connection, entity: Entity, where: str, values: Sequence[Value], *, than: int) -> bool:
    """Whether there are more records than that; it stops counting there."""
    sql = f'SELECT 1 FROM "{entity.table}" r WHERE {where} LIMIT 1 OFFSET ?'
    return db.execute(sql, [*values, than]).fetchone() is not None


def select(
    db: sqlite3.Connection,
    entity: Entity,
    where: str = "1",
    values: Sequence[Value] = (),
    *,
    order: str = "id DESC",
    limit: int = 100,
    offset: int = 0,
    only: Sequence[str] | None = None,
) -> list[Row]:
    """Records; `where` and `order` are made of names from the schema, never of what a visitor typed.

    `only` are the fields that are needed of them beside their numbers.
    """
    columns = _everything(entity) if only is None else _some(entity, only)
    sql = f"SELECT {columns} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
    return [dict(row) for row in db.execute(sql, [*values, limit, offset])]


def usual_order(entity: Entity, *, then: str = "id DESC") -> str:
    """The order that the app asks for wherever its records stand in a row, and else the newest first."""
    name, _, direction = entity.order.partition(" ")
    return f'"{name}" IS NULL, "{name}" {direction or "ASC"}, {then}' if name else then


def matching(entity: Entity, query: str) -> tuple[str, list[Value]]:
    """The condition that finds records with all these words in them, or in the names of what they belong to.

    Words are compared folded, in any order and beside each other or not: "rahimi keiko" finds Keiko Rahimi.
    """
    each = [_holding(entity, word) for word in fold(query).split()]
    return "(" + (" AND ".join(sql for sql, _ in each) or "0") + ")", [value for _, values in each for value in values]


def _holding(entity: Entity, word: str) -> tuple[str, list[Value]]:
    parts: list[str] = []
    values: list[Value] = []
    for field in entity.of_type("text", "longtext", "choice", "email", "phone", "url"):
        sql, more = _said_in(field, word)
        parts.append(sql)
        values += more
    for field in entity.of_type("ref"):
        target = BY_TABLE[field.ref]
        for name in _text_titles(target):
            sql, more = _said_in(target.field(name), word)
            parts.append(f'"{field.name}" IN (SELECT id FROM "{field.ref}" WHERE {sql})')
            values += more
    return "(" + (" OR ".join(parts) or "0") + ")", values


def _said_in(field: Field, word: str) -> tuple[str, list[Value]]:
    """The condition that finds a folded word in a field."""
    name = f'"{field.name}"'
    folded = f"instr(app_fold({name}), ?)"
    if field.choices:
        # Few texts stand in many records.
        known, found = list(field.choices), [choice for choice in field.choices if word in fold(choice)]
        marks, found_marks = (", ".join("?" * len(some)) for some in (known, found))
        return f"({name} IN ({found_marks}) OR ({name} NOT IN ({marks}) AND {folded}))", [*found, *known, word]
    # SQLite folds what is plain ASCII much sooner than Python does, but for the accents that stand for a quote.
    plain = f"length({name}) = length(CAST({name} AS BLOB))" if "'" not in word else "0"
    return f"CASE WHEN {name} IS NULL THEN 0 WHEN {plain} THEN instr(lower({name}), ?) ELSE {folded} END", [word, word]


def found(db: sqlite3.Connection, entity: Entity, where: str, values: Sequence[Value]) -> tuple[str, list[Value], int]:
    """The condition that finds the same records by their numbers, and how many they are: it is dear to search twice."""
    sql = f'SELECT r.id FROM "{entity.table}" r WHERE {where}'
    numbers = [row[0] for row in db.execute(sql, list(values))]
    return "id IN (SELECT value FROM json_each(?))", [json.dumps(numbers)], len(numbers)


def _text_titles(entity: Entity) -> list[str]:
    return [name for name in entity.title if entity.field(name).type not in ("ref", "bool")]


def labels(
    db: sqlite3.Connection, entity: Entity, where: str = "1", values: Sequence[Value] = (), *, depth: int = 2,
    limit: int = MAX_OPTIONS,
) -> Labels:  # fmt: skip
    """What each record is called, by id, in the order of a list to choose from."""
    rows = select(db, entity, where, values, limit=limit, only=entity.title)
    named = title_rows(db, entity, rows, depth=depth)
    return dict(sorted(named.items(), key=lambda pair: natural(pair[1])))


def title_rows(
    db: sqlite3.Connection, entity: Entity, rows: Sequence[Row], *, depth: int = 2, outside: bool = False
) -> Labels:
    """What these records are called, by id; `outside`, without the names of the people that they belong to."""
    names = {
        field.name: {} if outside and BY_TABLE[field.ref].of_type("email")
        else _ref_titles(db, entity, field.name, rows, depth, outside)
        for field in entity.of_type("ref")
    }  # fmt: skip
    fields = [entity.field(name) for name in entity.title]
    return {int(row["id"] or 0): _title(entity, fields, row, names) for row in rows}


def _ref_titles(
    db: sqlite3.Connection, entity: Entity, name: str, rows: Sequence[Row], depth: int, outside: bool
) -> Labels:
    if depth == 0 or name not in entity.title:
        return {}
    return ref_labels(db, entity, name, rows, depth=depth - 1, outside=outside)


def ref_labels(
    db: sqlite3.Connection, entity: Entity, name: str, rows: Sequence[Row], *, depth: int = 2, outside: bool = False
) -> Labels:
    """What the records are called that the field `name` of these rows points at."""
    target = BY_TABLE[entity.field(name).ref]
    ids = sorted({int(row[name] or 0) for row in rows if row[name] is not None})
    found: list[Row] = []
    for start in range(0, len(ids), 400):
        part = ids[start : start + 400]
        marks = ",".join("?" for _ in part)
        found += select(db, target, f"id IN ({marks})", part, limit=len(part), only=target.title)
    return title_rows(db, target, found, depth=depth, outside=outside)


def _title(entity: Entity, fields: Sequence[Field], row: Row, names: Mapping[str, Labels]) -> str:
    parts = []
    for field in fields:
        value = row[field.name]
        if value is not None:
            text = names[field.name].get(int(value), "") if field.ref else show(field, value, currency=ABOUT.currency)
            parts.append(text)
    return ", ".join(part for part in parts if part) or f"{entity.label} {row['id']}"
