"""The records of a version: saved, put back and exported over the API, by their founder only."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import make_worker
from app.core.ids import JobId
from app.ports.sandbox import SandboxRequest
from app.repositories import jobs
from tests.support.house import AUTH, OTHER_AUTH, House


@pytest.fixture
def job(house: House) -> JobId:
    """A ready build whose app has two rows."""
    job_id = house.started()
    house.build(job_id)
    house.call(write_rows, house, job_id, ["Ada", "Bob"])
    return job_id


async def write_rows(house: House, job_id: JobId, names: list[str]) -> None:
    """What the app would do in its own sandbox."""
    script = (
        "import sqlite3, sys; db = sqlite3.connect('data/app.db'); db.execute('PRAGMA journal_mode = WAL');"
        "db.execute('CREATE TABLE IF NOT EXISTS clients (id INTEGER PRIMARY KEY, name TEXT)');"
        "db.executemany('INSERT INTO clients (name) VALUES (?)', [[n] for n in sys.argv[1:]]); db.commit()"
    )
    sandbox = await house.adapters.runtime.start(SandboxRequest(job_id, keeps_data=True))
    result = await sandbox.run_command(["python3", "-c", script, *names])
    await sandbox.kill()
    assert result.exit_code == 0, result.output


def names_in(content: bytes, folder: Path) -> list[str]:
    path = folder / "read.db"
    path.write_bytes(content)
    with sqlite3.connect(path) as db:
        return [row[0] for row in db.execute("SELECT name FROM clients ORDER BY id")]


def data(house: House, job: JobId, **arguments: Any) -> Any:
    return house.client.get(f"/api/builds/{job}/data", headers=AUTH, **arguments)


def restored(house: House, job: JobId, content: bytes, headers: dict[str, str] = AUTH) -> Any:
    return house.client.put(f"/api/builds/{job}/data", content=content, headers=headers)


def test_a_backup_is_one_file_that_sqlite_opens(house: House, job: JobId, tmp_path: Path) -> None:
    answer = data(house, job)
    assert answer.status_code == 200
    assert names_in(answer.content, tmp_path) == ["Ada", "Bob"]
    assert house.call(house.adapters.runtime.list_ids) == {}


def test_a_restored_backup_brings_the_rows_back(house: House, job: JobId, tmp_path: Path) -> None:
    kept = data(house, job).content
    house.call(write_rows, house, job, ["Eve"])

    answer = restored(house, job, kept)

    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"] == {"clients": 2}
    assert names_in(data(house, job).content, tmp_path) == ["Ada", "Bob"]


@pytest.mark.parametrize(
    "content", [b"", b"not a database", b"SQLite format 3\x00" + b"x" * 9000], ids=["empty", "text", "torn"]
)
def test_what_is_no_sound_file_is_refused_and_the_rows_stay(
    house: House, job: JobId, content: bytes, tmp_path: Path
) -> None:
    answer = restored(house, job, content)

    assert (answer.status_code, answer.json()["code"]) == (422, "data_refused")
    assert names_in(data(house, job).content, tmp_path) == ["Ada", "Bob"]


def test_a_file_of_another_app_is_refused_and_the_rows_stay(house: House, job: JobId, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE spaceships (id INTEGER)")
    answer = restored(house, job, other.read_bytes())

    assert (answer.status_code, answer.json()["code"]) == (422, "data_refused")
    assert names_in(data(house, job).content, tmp_path) == ["Ada", "Bob"]


def test_a_version_without_records_says_so(house: House) -> None:
    job_id = house.started()
    house.build(job_id)
    answer = data(house, job_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_data")


def test_somebody_elses_records_are_not_there(house: House, job: JobId) -> None:
    path = f"/api/builds/{job}"
    assert house.client.get(f"{path}/data", headers=OTHER_AUTH).status_code == 404
    assert restored(house, job, b"x", OTHER_AUTH).status_code == 404
    assert house.client.get(f"{path}/export?with_data=true", headers=OTHER_AUTH).status_code == 404


def test_a_build_that_is_not_ready_has_no_records(house: House) -> None:
    answer = data(house, house.started())
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_an_archive_holds_the_records_only_when_asked(house: House, job: JobId, tmp_path: Path) -> None:
    plain = house.client.get(f"/api/builds/{job}/export", headers=AUTH).content
    full = house.client.get(f"/api/builds/{job}/export?with_data=true", headers=AUTH).content
    assert "build_v0_1/data/app.db" not in zipfile.ZipFile(io.BytesIO(plain)).namelist()
    with zipfile.ZipFile(io.BytesIO(full)) as archive:
        assert archive.testzip() is None
        assert names_in(archive.read("build_v0_1/data/app.db"), tmp_path) == ["Ada", "Bob"]


def test_the_records_of_another_app_are_refused_even_when_they_look_alike(
    house: House, job: JobId, tmp_path: Path
) -> None:
    other = house.started()
    house.build(other)
    house.call(write_rows, house, other, ["Theirs"])

    answer = restored(house, job, data(house, other).content)

    assert (answer.status_code, answer.json()["code"]) == (422, "data_refused")
    assert names_in(data(house, job).content, tmp_path) == ["Ada", "Bob"]


def test_larger_bodies_are_taken_there_and_nowhere_else(house: House, job: JobId) -> None:
    size = 300_000
    assert restored(house, job, b"x" * size).status_code == 422
    for path in (f"/api/builds/{job}/preview", f"/api/builds/{job}/data/more"):
        assert house.client.post(path, content=b"x" * size, headers=AUTH).status_code == 413


def test_a_new_version_begins_with_a_copy_and_each_keeps_its_own(house: House, job: JobId, tmp_path: Path) -> None:
    project = house.status(job)["project_id"]
    second = house.started(project)
    house.build(second)
    build = house.client.get(f"/api/builds/{second}", headers=AUTH).json()
    assert build["evidence"]["data"] == {"from": "build_v0_1", "rows": {"clients": 2}, "notes": []}

    house.call(write_rows, house, second, ["New"])

    assert names_in(data(house, second).content, tmp_path) == ["Ada", "Bob", "New"]
    assert names_in(data(house, job).content, tmp_path) == ["Ada", "Bob"]


def test_the_records_of_a_failed_build_are_removed_and_no_others(house: House, job: JobId) -> None:
    failed = house.started()
    house.call(write_rows, house, failed, ["Gone"])
    assert house.client.post(f"/api/generation/{failed}/cancel", headers=AUTH).status_code == 200

    reaper = make_worker(house.adapters, house.services, house.settings)._parts.reaper
    house.call(reaper.remove_orphans)

    assert list(house.call(house.adapters.runtime.list_data)) == [job]


def test_what_a_ready_build_left_is_removed_at_the_second_look(house: House, job: JobId) -> None:
    sandbox = house.call(house.adapters.runtime.start, SandboxRequest(job))
    house.call(note_late, house, job, sandbox.id)
    reaper = make_worker(house.adapters, house.services, house.settings)._parts.reaper

    house.call(reaper.remove_orphans)
    assert sandbox.id in house.call(house.adapters.runtime.list_ids), "its worker may be about to remove it"
    house.call(reaper.remove_orphans)
    assert house.call(house.adapters.runtime.list_ids) == {}


async def note_late(house: House, job: JobId, sandbox_id: str) -> None:
    """As if the worker had died between the end of its job and the end of its sandbox."""
    async with house.services.database.autocommit() as tx:
        await tx.execute("UPDATE jobs SET sandbox_id = %(it)s WHERE id = %(id)s", {"it": sandbox_id, "id": job})


def test_taking_records_over_again_after_a_crash_leaves_what_was_added_since(
    house: House, job: JobId, tmp_path: Path
) -> None:
    second = house.started(house.status(job)["project_id"])
    house.build(second)
    house.call(write_rows, house, second, ["Since"])

    async def again() -> bool:
        async with house.services.database.autocommit() as tx:
            parent = await jobs.find(tx, job)
        assert parent is not None
        return await house.services.data.carry(parent, second)

    assert house.call(again) is True

    assert names_in(data(house, second).content, tmp_path) == ["Ada", "Bob", "Since"]


def test_records_that_cannot_be_read_stop_no_build_and_it_is_said(house: House, job: JobId) -> None:
    async def spoil() -> None:
        sandbox = await house.adapters.runtime.start(SandboxRequest(job, keeps_data=True))
        await sandbox.run_command(["sh", "-c", "rm data/app.db*; echo nonsense > data/app.db"])
        await sandbox.kill()

    house.call(spoil)
    second = house.started(house.status(job)["project_id"])
    house.build(second)
    build = house.client.get(f"/api/builds/{second}", headers=AUTH).json()
    assert build["status"] == "ready"
    assert build["evidence"]["data"]["notes"] == ["Nothing was taken over: The file of records is damaged."]
