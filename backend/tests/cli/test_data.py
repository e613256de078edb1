"""The records of an app on the command line: saved to a file, and put back."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.errors import Exit
from tests.cli.fake_api import JOB, PROJECT, Answer, Cli, FakeApi, finished

DATA = f"/api/builds/{JOB}/data"
FILE = b"SQLite format 3\x00and the rest"


@pytest.fixture
def ready(api: FakeApi) -> FakeApi:
    api.on("GET", f"/api/builds/{JOB}", Answer(200, finished()))
    api.on("GET", DATA, Answer(200, raw=FILE))
    restored = {"job_id": JOB, "rows": {"clients": 1234}, "notes": ["Phone was taken out."]}
    api.on("PUT", DATA, Answer(200, restored))
    return api


def test_a_backup_is_written_beside_no_other_file(cli: Cli, ready: FakeApi, tmp_path: Path) -> None:
    target = tmp_path / "mine.db"
    ran = cli("data", "backup", JOB, str(target))
    assert (ran.code, ran.out.strip(), target.read_bytes()) == (0, str(target), FILE)

    again = cli("data", "backup", JOB, str(target))
    assert again.code == Exit.CONFLICT
    assert again.last_word == f"cofounder data backup {JOB} {target} --force"


def test_a_backup_without_a_name_is_called_after_the_app(
    cli: Cli, ready: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("data", "backup", JOB).out.strip() == "yoga-booking-v0.1.db"
    assert (tmp_path / "yoga-booking-v0.1.db").read_bytes() == FILE


def test_a_restore_sends_the_file_as_it_is_and_says_what_is_there_now(
    cli: Cli, ready: FakeApi, tmp_path: Path
) -> None:
    source = tmp_path / "mine.db"
    source.write_bytes(FILE)
    ran = cli("data", "restore", JOB, str(source), "--yes")
    assert ran.code == 0
    assert [one.body for one in ready.asked("PUT", DATA)] == [FILE]
    assert "1,234  clients" in ran.out
    assert "Phone was taken out." in ran.out


def test_nothing_is_restored_unasked(cli: Cli, ready: FakeApi, tmp_path: Path) -> None:
    source = tmp_path / "my file.db"
    source.write_bytes(FILE)
    ran = cli("data", "restore", JOB, str(source))
    assert ran.code == Exit.USAGE
    assert ran.last_word == f"cofounder data restore {JOB} '{source}' --yes"
    assert ready.asked("PUT", DATA) == []


def test_a_refused_file_says_that_the_old_records_stay(cli: Cli, ready: FakeApi, tmp_path: Path) -> None:
    source = tmp_path / "mine.db"
    source.write_bytes(b"nonsense")
    detail = "This is not a sound SQLite file."
    ready.on("PUT", DATA, Answer(422, {"title": "No", "detail": detail, "code": "data_refused"}))
    ran = cli("data", "restore", JOB, str(source), "--yes")
    assert ran.code == Exit.USAGE
    assert detail in ran.talk


def test_an_export_holds_the_records_when_asked(cli: Cli, ready: FakeApi, tmp_path: Path) -> None:
    ready.on("GET", f"/api/builds/{JOB}/export?with_data=true", Answer(200, raw=b"PK with data"))
    target = tmp_path / "a.zip"
    assert cli("export", JOB, "--with-data", "--output", str(target)).code == 0
    assert target.read_bytes() == b"PK with data"


def test_older_records_go_after_a_question(cli: Cli, api: FakeApi) -> None:
    old = f"/api/projects/{PROJECT}/old-records"
    api.on("GET", f"/api/projects/{PROJECT}", Answer(200, {"id": PROJECT, "name": "Yoga"}))
    api.on("GET", old, Answer(200, {"versions": ["build_v0_2", "build_v0_1"]}))
    api.on("DELETE", old, Answer(200, {"versions": ["build_v0_2", "build_v0_1"]}))

    asked = cli("data", "prune", PROJECT)
    assert (asked.code, asked.last_word) == (Exit.USAGE, f"cofounder data prune {PROJECT} --yes")
    assert api.asked("DELETE", old) == []
    assert "build_v0_2, build_v0_1 are gone" in cli("data", "prune", PROJECT, "--yes").out


def test_no_question_is_asked_where_there_is_nothing_to_remove(cli: Cli, api: FakeApi) -> None:
    api.on("GET", f"/api/projects/{PROJECT}", Answer(200, {"id": PROJECT, "name": "Yoga"}))
    api.on("GET", f"/api/projects/{PROJECT}/old-records", Answer(200, {"versions": []}))
    assert cli("data", "prune", PROJECT).out.strip() == "No older version keeps records."
