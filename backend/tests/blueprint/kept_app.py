"""The records of an app beside whichever version of it is started on them."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec


class Kept:
    """A database file, and whichever version of the app is started on it."""

    def __init__(self, folder: Path, setenv: Callable[[str, str], None]) -> None:
        self.folder = folder
        self.path = folder / "app.db"
        setenv("DATABASE_PATH", str(self.path))

    def start(self, spec: AppSpec) -> ModuleType:
        """What the app does with its database when it starts."""
        # No number: this module may be imported under two names, and each would count from nought.
        name = f"version_{uuid.uuid4().hex}"
        folder = self.folder / name
        folder.mkdir()
        for path, text in generate(spec).items():
            if path.startswith("app/") and path.endswith(".py") and path.count("/") == 1:
                (folder / path.removeprefix("app/")).write_text(text)
        found = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert found is not None
        assert found.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(found)
        found.loader.exec_module(sys.modules[name])
        database = importlib.import_module(f"{name}.database")
        database.migrate()
        return database

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.session() as db:
            return [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY id")]

    def session(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        return db

    def insert(self, table: str, **values: Any) -> int:
        names, marks = ", ".join(f'"{name}"' for name in values), ", ".join("?" for _ in values)
        with self.session() as db:
            done = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))
        return int(done.lastrowid or 0)

    @property
    def notes(self) -> list[str]:
        with self.session() as db:
            row = db.execute("SELECT value FROM app_settings WHERE name = 'migration_notes'").fetchone()
        return [] if row is None else list(json.loads(row[0]))

    def kept(self, name: str) -> list[tuple[int, Any]]:
        """What was put aside of a field: record and value."""
        with self.session() as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'app_kept'").fetchone():
                return []
            return [
                tuple(row)
                for row in db.execute(
                    "SELECT record_id, value FROM app_kept WHERE field = ? ORDER BY record_id", [name]
                )
            ]
