"""What the embedded Postgres promises beyond what every embedded server does."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL
from typing import Any

import psutil
import psycopg
import pytest

from app.adapters.embedded.postgres import EmbeddedPostgres, postgres_programs
from app.core.errors import ConfigurationError
from app.supervision.process import processes_in, wait_until

StartOwner = Callable[..., Any]


@pytest.fixture
def server(tmp_path: Path) -> Any:
    server = EmbeddedPostgres(tmp_path / "postgres", log=tmp_path / "postgres.log")
    yield server
    server.stop()


def value(url: str, query: str) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def remember(url: str, number: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def test_data_outlives_a_restart(server: EmbeddedPostgres) -> None:
    remember(server.start(), 1)
    server.stop()
    assert value(server.start(), "SELECT sum(number) FROM kept") == 1


def test_a_commit_outlives_kill_9(server: EmbeddedPostgres) -> None:
    remember(server.start(), 2)
    assert server.pid is not None
    os.kill(server.pid, SIGKILL)
    assert wait_until(lambda: not server.alive, seconds=5)
    assert value(server.start(), "SELECT sum(number) FROM kept") == 2


def test_a_query_that_outlives_its_postmaster_does_not_block_the_next_start(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.start()) as busy:
        backend = psutil.Process(busy.info.backend_pid)
        backend.suspend()
        assert server.pid is not None
        os.kill(server.pid, SIGKILL)
        assert wait_until(lambda: not server.alive, seconds=5)
        assert value(server.start(), "SELECT 3") == 3
        assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE


def test_the_pid_file_of_a_dead_server_may_name_a_living_stranger(server: EmbeddedPostgres) -> None:
    server.start()
    lines = (server.directory / "postmaster.pid").read_text().splitlines()
    server.stop()
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        (server.directory / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        (server.directory / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        try:
            assert value(server.start(), "SELECT 4") == 4
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_an_interrupted_initdb_is_begun_again(
    server: EmbeddedPostgres, start_owner: StartOwner, tmp_path: Path
) -> None:
    owner = start_owner("postgres", server.directory, listen=False)
    draft = tmp_path / "postgres.new"
    assert wait_until(lambda: (draft / "PG_VERSION").exists(), seconds=30)
    owner.process.kill()
    owner.process.wait()
    assert not server.directory.exists()
    assert value(server.start(), "SELECT 5") == 5
    assert not draft.exists()
    assert processes_in(draft, "postgres") == []


def test_data_of_another_major_version_is_refused_with_the_way_out(server: EmbeddedPostgres) -> None:
    server.directory.mkdir()
    (server.directory / "PG_VERSION").write_text("12\n")
    with pytest.raises(ConfigurationError, match=r"written by Postgres 12; this is Postgres 1[4-9]") as refusal:
        server.start()
    assert refusal.value.remedy is not None
    assert "pg_upgrade" in refusal.value.remedy
    assert (server.directory / "PG_VERSION").read_text() == "12\n"


def test_a_refused_start_lets_the_directory_go(server: EmbeddedPostgres, tmp_path: Path) -> None:
    server.directory.mkdir()
    (server.directory / "PG_VERSION").write_text("12\n")
    with pytest.raises(ConfigurationError, match="Postgres 12"):
        server.start()
    shutil.rmtree(server.directory)
    other = EmbeddedPostgres(server.directory, log=server.log)
    assert value(other.start(), "SELECT 6") == 6
    other.stop()


def test_it_is_set_up_for_safe_data_and_a_quiet_log(server: EmbeddedPostgres) -> None:
    url = server.start()
    names = ["fsync", "full_page_writes", "synchronous_commit", "server_encoding", "timezone", "max_connections"]
    found = {name: value(url, f"SHOW {name}") for name in names}
    assert found == dict(zip(names, ["on", "on", "on", "UTF8", "UTC", "200"], strict=True))
    assert value(url, "SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C"


def test_the_log_repeats_no_values(server: EmbeddedPostgres) -> None:
    url = server.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE once (word text UNIQUE)")
        connection.execute("INSERT INTO once VALUES ('hunter2')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO once VALUES ('hunter2')")
    server.stop()
    said = server.log.read_text()
    assert "duplicate key" in said
    assert "hunter2" not in said


def test_the_founders_own_postgres_settings_do_not_leak_in(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGDATA", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE"):
        monkeypatch.setenv(name, "-elsewhere")
    server.start()
    assert value(server.url, "SELECT current_database()") == "cofounder"


def test_root_without_user_namespaces_is_told_what_to_do(start_owner: StartOwner, tmp_path: Path) -> None:
    no_more = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    owner = start_owner(
        "postgres", tmp_path / "postgres", wrapped_in=("unshare", "-Ur", "sh", "-c", no_more, "sh")
    )
    assert "does not run as root" in owner.said["refused"]
    assert "ordinary user" in owner.said["remedy"]


def test_a_server_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("postgres", "initdb"):
        (programs / name).write_text(
            "#!/bin/sh\n[ $1 = --version ] && echo 'postgres 18.0' && exit\necho alas; exit 3\n"
        )
        (programs / name).chmod(0o755)
    server = EmbeddedPostgres(tmp_path / "postgres", log=tmp_path / "postgres.log", programs=programs)
    with pytest.raises(ConfigurationError, match=r"(?s)status 3.*alas"):
        server.start()
    server.directory.mkdir()
    (server.directory / "PG_VERSION").write_text("18\n")
    with pytest.raises(ConfigurationError, match=r"(?s)status 3.*alas"):
        server.start()


def test_programs_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere") as refusal:
        postgres_programs(tmp_path / "nowhere")
    assert "COFOUNDER_DATABASE_URL" in str(refusal.value.remedy)
