"""An exported app gets its owner from whoever starts it, and opens to others only when it has one."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest

from app.blueprint.generate import generate
from app.blueprint.language import understand
from app.domain.workspace import START_SCRIPT
from tests.support.installing import install

OWNER = {"name": "Olga Owner", "email": "olga@example.com", "password": "quite a long one"}
CODE = re.compile(r"type this code at /setup: ([A-Z0-9-]+)")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A yoga studio's app, with the packages of its lock."""
    folder = tmp_path_factory.mktemp("exported") / "yoga"
    for path, text in generate(understand("A booking app for a yoga studio")).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (folder / START_SCRIPT).chmod(0o755)
    install(folder)
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """The app without records."""
    for path in exported.iterdir():
        if path.name != "data":
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def environment(folder: Path, **settings: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DATABASE_PATH": str(folder / "kept" / "app.db"), **settings}


def run(folder: Path, *words: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [f"./{START_SCRIPT}", *words],
        cwd=folder,
        env=environment(folder, **settings),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def started(folder: Path, **settings: str) -> Iterator[tuple[httpx2.Client, Path]]:
    """The app on a free port, and what it prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    printed = folder / "printed.txt"
    with printed.open("wb") as log:
        process = subprocess.Popen(
            [f"./{START_SCRIPT}"],
            cwd=folder,
            env=environment(folder, PORT=port, **settings),
            stdout=log,
            stderr=log,
        )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            until = time.monotonic() + 60
            while not is_well(client):
                assert process.poll() is None, printed.read_text()
                assert time.monotonic() < until
                time.sleep(0.05)
            yield client, printed
    finally:
        process.terminate()
        process.wait()


def is_well(client: httpx2.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx2.TransportError:
        return False


def post(client: httpx2.Client, path: str, **values: str) -> httpx2.Response:
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get(path).text)[0]
    return client.post(path, data={"csrf_token": token, **values})


def test_whoever_starts_the_app_becomes_its_owner_and_others_find_it_closed(folder: Path) -> None:
    with started(folder) as (client, printed):
        [code] = CODE.findall(printed.read_text())
        with httpx2.Client(base_url=client.base_url, trust_env=False) as stranger:
            for path in ("/clients", "/clients/export.csv", "/clients/1/delete", "/staff-side"):
                assert stranger.get(path).status_code == 303, path
            assert post(stranger, "/setup", **OWNER, code="AAAA-BBBB-CCCC").status_code == 422
            assert post(client, "/setup", **OWNER, code=code).status_code == 303
            assert client.get("/clients/export.csv").status_code == 200
            for path in ("/clients", "/clients/export.csv", "/setup"):
                assert stranger.get(path).status_code == 303, path
    with started(folder) as (_, printed):
        assert CODE.findall(printed.read_text()) == []


def test_customers_are_not_asked_to_set_the_app_up_before_it_has_an_owner(folder: Path) -> None:
    with started(folder) as (client, _):
        front = client.get("/").text
        assert "Set up" not in front
        assert "/setup" not in front
        # Whoever runs it finds the way in at the foot of the page.
        assert 'href="/sign-in"' in front
        assert client.get("/sign-in").headers["location"] == "/setup"


# Makes an environment, installs into it and starts the app, as far as the script can see.
PYTHON = """#!/bin/sh
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m app"*) echo "started by $0" ;;
esac
"""


@pytest.mark.parametrize("leads_to", ["nowhere", "another Python", "the Python it was made with"])
def test_an_environment_of_a_python_that_is_gone_is_made_anew(folder: Path, tmp_path: Path, leads_to: str) -> None:
    for name in ("python3.98", "python3.99"):
        (tmp_path / name).write_text(PYTHON)
        (tmp_path / name).chmod(0o755)
    (folder / ".venv").unlink()
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "lib" / "python3.99").mkdir(parents=True)
    python = {"nowhere": "python3.97", "another Python": "python3.98"}.get(leads_to, "python3.99")
    (folder / ".venv" / "bin" / "python").symlink_to(tmp_path / python)

    ended = run(folder, PYTHON=str(tmp_path / "python3.98"))

    assert (ended.returncode, ended.stdout) == (0, "started by .venv/bin/python\n"), ended.stderr
    assert ("Installing" in ended.stderr) == (python != "python3.99")
    assert not (folder / ".venv" / ".venv.new").exists()


def test_without_an_owner_it_opens_on_this_computer_alone(folder: Path) -> None:
    refused = run(folder, HOST="0.0.0.0")
    assert refused.returncode == 2
    assert "./start.sh owner" in refused.stderr
    made = run(folder, "owner", typed="Olga Owner\nolga@example.com\nquite a long one\n")
    assert (made.returncode, made.stderr) == (0, "")
    with started(folder, HOST="0.0.0.0") as (client, _):
        assert post(client, "/sign-in", **OWNER).status_code == 303
        assert client.get("/clients").status_code == 200
        assert len(client.get("/clients/export.csv").text.splitlines()) > 3, "it begins with its examples"


def test_a_name_that_was_made_to_lead_here_gets_nothing(folder: Path) -> None:
    with started(folder, ALLOWED_HOSTS="studio.example.com") as (client, _):
        for host in ("evil.example", f"evil.example:{client.base_url.port}", "0.0.0.0"):
            answer = client.get("/", headers={"Host": host})
            assert (answer.status_code, "yoga" in answer.text.lower()) == (421, False)
        assert client.get("/", headers={"Host": "studio.example.com"}).status_code == 200
        token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/forms/bookings").text)[0]
        origin = {"Origin": "http://evil.example"}
        assert client.post("/forms/bookings", data={"csrf_token": token}, headers=origin).status_code == 403


def test_a_visitors_address_is_believed_of_a_named_proxy_alone(folder: Path) -> None:
    run(folder, "owner", typed="Olga Owner\nolga@example.com\nquite a long one\n")
    for proxy, waits in (("", True), ("127.0.0.1", False)):
        with started(folder, TRUSTED_PROXY=proxy) as (client, _):
            wrong = {"email": f"ada{proxy}@example.com", "password": "a guess"}
            codes = []
            for number in range(8):
                client.headers["X-Forwarded-For"] = f"192.0.2.{number}"
                codes.append(post(client, "/sign-in", **wrong).status_code)
            assert (429 in codes) == waits


def test_an_owner_who_forgot_chooses_another_password_where_the_app_runs(folder: Path) -> None:
    assert "no owner yet" in run(folder, "password").stderr
    run(folder, "owner", typed="Olga Owner\nolga@example.com\nquite a long one\n")
    with started(folder) as (client, _):
        assert post(client, "/sign-in", **OWNER).status_code == 303
        short = run(folder, "password", typed="short\n")
        assert (short.returncode, client.get("/clients").status_code) == (1, 200)
        assert run(folder, "password", "nobody@example.com", typed="x\n").returncode == 1
        done = run(folder, "password", typed="not forgotten now\n")
        assert (done.returncode, done.stderr) == (0, "")
        assert client.get("/clients").status_code == 303, "the session before has ended"
        assert post(client, "/sign-in", **OWNER).status_code == 422
        assert post(client, "/sign-in", **{**OWNER, "password": "not forgotten now"}).status_code == 303
    assert run(folder, "nonsense").returncode == 2


def test_nobody_else_on_the_computer_reads_the_records(folder: Path) -> None:
    with started(folder) as (client, _):
        assert client.get("/").status_code == 200
        kept = [folder / "kept", *(folder / "kept").iterdir()]
        assert len(kept) > 1
        assert [path.name for path in kept if path.stat().st_mode & OTHERS] == []


def test_the_records_of_an_app_without_sign_in_live_on_and_wait_for_their_owner(folder: Path) -> None:
    """A file as apps kept it before everybody signed in: no account, readable by all, clients in it."""
    with started(folder):
        pass
    path = folder / "kept" / "app.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE clients SET name = 'Cleo Before' WHERE id = 1")
        db.execute("DROP TABLE app_users")
        db.execute("DROP TABLE app_sessions")
    path.chmod(0o644)
    with started(folder) as (client, printed):
        [code] = CODE.findall(printed.read_text())
        assert post(client, "/setup", **OWNER, code=code).status_code == 303
        assert "Cleo Before" in client.get("/clients/1").text
        assert not path.stat().st_mode & OTHERS
