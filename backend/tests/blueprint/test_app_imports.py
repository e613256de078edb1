"""As many lines come into an app at once as it can judge while others wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from app.blueprint.spec import AppSpec
from tests.blueprint.loaded_app import LoadedApp

NAMED: Final = [{"name": "name", "required": True}]
LIBRARY: Final = AppSpec.model_validate(
    {
        "title": "Library",
        "tagline": "Books and loans",
        "entities": [
            {"name": "Book", "fields": NAMED},
            {"name": "Loan", "fields": NAMED},
            {
                "name": "Outing",
                "fields": [
                    {"name": "member", "required": True},
                    {"name": "tool", "required": True},
                    {"name": "out_on", "type": "date", "required": True},
                ],
            },
        ],
        "rules": [
            {
                "kind": "ensure",
                "entity": "Loan",
                "condition": "count(Loan via none where name = this.name) <= 3",
                "about": "Three loans each.",
            }
        ],
    }
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> LoadedApp:
    return LoadedApp(LIBRARY, tmp_path_factory.mktemp("library"))


@pytest.mark.parametrize(
    ("table", "lines", "refused"),
    [
        ("books", 2_001, ""),
        ("books", 25_000, "at most 10,000 lines at once. This has 25,000: save it as 3 files"),
        ("loans", 2_001, "at most 2,000 lines at once. This has 2,001: save it as 2 files"),
    ],
)
def test_a_kind_whose_records_are_counted_takes_fewer_lines(
    library: LoadedApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, lines: int, refused: str
) -> None:
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    database, files = library.module("database"), library.module("table_file")
    database.migrate()
    text = "Name\n" + "\n".join(f"Item {number}" for number in range(lines))

    def read() -> Any:
        with database.session() as db:
            owner = library.module("access").FOUNDER
            return files.read_sheet(db, owner, database.BY_TABLE[table], text, "")

    if not refused:
        assert len(read().lines) == lines
        return
    with pytest.raises(library.module("fields").Refused, match=refused):
        read()


@pytest.mark.parametrize("separator", [",", ";"])
def test_what_a_header_lacks_is_told_of_the_line_that_comes_nearest(
    library: LoadedApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str
) -> None:
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    database, files = library.module("database"), library.module("table_file")
    database.migrate()
    lines = (["Loans of 2026", "", ""], ["Member", "Out on", "Remark"], ["Ada", "2026-03-04", "late, again"])
    text = "\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines)

    with (
        database.session() as db,
        pytest.raises(library.module("fields").Refused, match=r"Not found: Tool\. Line 2 was read for it: Member"),
    ):
        files.read_sheet(db, library.module("access").FOUNDER, database.BY_TABLE["outings"], text, "")
