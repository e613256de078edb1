"""What runs inside a sandbox on an app's records, whatever they are."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app.guest import records
from app.guest.records import run_command

MARK = "7"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("data", ".records"):
        (tmp_path / folder).mkdir()
    return tmp_path


def fill(path: Path, *names: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE IF NOT EXISTS clients (name TEXT)")
        db.executemany("INSERT INTO clients VALUES (?)", [[name] for name in names])
    db.close()


def names(path: Path) -> list[str]:
    db = sqlite3.connect(path)
    found = [row[0] for row in db.execute("SELECT name FROM clients")]
    db.close()
    return found


def hand_over(workspace: Path) -> None:
    """What came out goes in again."""
    for piece in sorted((workspace / ".records").glob("out-*")):
        piece.rename(piece.with_name(piece.name.replace("out", "in")))


def test_a_copy_holds_what_is_not_yet_in_the_main_file(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PIECE_BYTES", 1000)
    writer = sqlite3.connect("data/app.db")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE clients (name TEXT)")
    writer.execute("INSERT INTO clients VALUES ('Ada')")
    writer.commit()

    assert run_command(["out", "1000000", MARK])["pieces"] > 1

    writer.close()
    Path("data/app.db").unlink()
    hand_over(workspace)
    assert run_command(["begin"]) == {"there": False}
    assert names(Path("data/app.db")) == ["Ada"]


def test_records_that_are_there_are_not_replaced_by_a_second_beginning(workspace: Path) -> None:
    fill(Path("data/app.db"), "Mine")
    run_command(["out", "1000000", MARK])
    hand_over(workspace)
    fill(Path("data/app.db"), "Newer")
    assert run_command(["begin"]) == {"there": True}
    assert names(Path("data/app.db")) == ["Mine", "Newer"]


def test_nothing_of_a_beginning_that_broke_off_is_taken_for_records(workspace: Path) -> None:
    Path("data/app.db.new").write_bytes(b"half a file")
    assert run_command(["there"]) == {"there": False}
    assert run_command(["look"]) == {"problem": "none"}


def test_more_than_the_limit_is_not_copied(workspace: Path) -> None:
    fill(Path("data/app.db"), "x" * 9000)
    assert run_command(["out", "5000", MARK]) == {"problem": "too_large"}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_a_problem_and_no_crash(workspace: Path, content: bytes) -> None:
    Path("data/app.db").write_bytes(content)
    for command in (["out", "1000000", MARK], ["look"]):
        answer = run_command(command)
        assert answer.get("problem") == "damaged" or content == b""


def test_a_restore_replaces_records_that_cannot_be_read(workspace: Path) -> None:
    fill(Path("good.db"), "Ada")
    Path(".records/in-000000").write_bytes(Path("good.db").read_bytes())
    Path("data/app.db").write_bytes(b"nonsense")
    assert "problem" not in run_command(["join"])
    assert run_command(["put"])["rows"] == {"clients": 1}
    assert names(Path("data/app.db")) == ["Ada"]


def test_records_that_somebody_is_writing_are_left_alone(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BUSY_S", 0.05)
    fill(Path("good.db"), "New")
    fill(Path("data/app.db"), "Old")
    Path(".records/in-000000").write_bytes(Path("good.db").read_bytes())
    run_command(["join"])
    writer = sqlite3.connect("data/app.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    answer = run_command(["put"])
    writer.execute("ROLLBACK")
    writer.close()
    assert answer["problem"] == "busy"
    assert names(Path("data/app.db")) == ["Old"]


def test_notes_that_are_not_a_list_are_no_notes(workspace: Path) -> None:
    with sqlite3.connect("data/app.db") as db:
        db.execute("CREATE TABLE app_settings (name TEXT, value)")
        db.execute("INSERT INTO app_settings VALUES ('migration_notes', ?)", [b"\xff\xfe"])
    db.close()
    assert run_command(["look"]) == {"rows": {}, "notes": []}


def test_an_odd_name_of_a_table_is_counted_like_any_other(workspace: Path) -> None:
    with sqlite3.connect("data/app.db") as db:
        db.execute('CREATE TABLE "a""; DROP TABLE x; --" (y)')
    db.close()
    assert run_command(["look"])["rows"] == {'a"; DROP TABLE x; --': 0}


def joined(path: Path) -> None:
    Path(".records/in-000000").write_bytes(path.read_bytes())
    assert "problem" not in run_command(["join"])


def test_saved_records_are_known_again_and_those_of_another_app_are_refused(workspace: Path) -> None:
    fill(Path("data/app.db"), "Mine")
    run_command(["out", "1000000", MARK])
    hand_over(workspace)
    run_command(["join"])
    assert run_command(["fits", MARK]) == {"fits": True}
    assert run_command(["fits", "8"]) == {"problem": "foreign"}


def test_a_file_without_a_mark_must_keep_mostly_the_same(workspace: Path) -> None:
    fill(Path("data/app.db"), "Mine")
    with sqlite3.connect("data/app.db") as db:
        db.execute("CREATE TABLE rooms (name TEXT)")
        db.execute("CREATE TABLE app_settings (name TEXT, value)")
    db.close()
    fill(Path("other.db"), "Theirs")
    with sqlite3.connect("other.db") as db:
        db.execute("CREATE TABLE app_settings (name TEXT, value)")
    db.close()
    joined(Path("other.db"))
    assert run_command(["fits", MARK]) == {"problem": "foreign"}

    joined(Path("data/app.db"))
    assert run_command(["fits", MARK]) == {"fits": True}
