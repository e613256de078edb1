"""An instance comes up, stays up whatever is killed, and goes down without a trace."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.core.errors import ConfigurationError
from app.core.paths import DataDir
from app.core.settings import Settings
from app.supervision.instance import read_instance, stop_instance
from app.supervision.process import LOG_CAP, wait_until
from tests.support.disk import mounted_disk

TESTS = Path(__file__).parent
# Answers every GET with its pid and what it was given to work with.
API = """
import http.server, json, os, socket
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"pid": os.getpid(), **os.environ}).encode())
server = http.server.HTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=3)
server.serve_forever()
"""
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
# Writes down each Ctrl-C; ends at SIGTERM, after what came before it.
WATCHER = """
import signal
both = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, both)
print("watching", flush=True)
while signal.sigwait(both) == signal.SIGINT:
    print("interrupted", flush=True)
"""
PARENT = (
    "import subprocess, signal; p = subprocess.Popen(['sleep', '1000']); print(p.pid, flush=True); signal.pause()"
)


def python(name: str, code: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "argv": [sys.executable, "-c", code], **more}


class Up:
    """One `supervised.py`, and what it says."""

    def __init__(self, data: DataDir, *children: dict[str, Any], port: int, **options: Any) -> None:
        self.data, self.port = data, port
        self.api = python("api", API, port=port, health="/")
        payload = {"children": [self.api, *children], **options}
        self.process = subprocess.Popen(
            [sys.executable, TESTS / "supervised.py", data.root, str(port), json.dumps(payload)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS.parent), "PGPORT": "1"},
            start_new_session=True,
        )

    def until(self, key: str, text: str = "") -> Any:
        """Read on to the line that has `key` with `text` in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            if key in said and text in str(said[key]):
                return said
        raise AssertionError(f"It ended ({self.process.wait()}) without {key} {text!r}.")

    def until_either(self, *keys: str) -> Any:
        """Read on to the line that has one of these keys."""
        assert self.process.stdout is not None
        return next(said for line in self.process.stdout if (said := json.loads(line)).keys() & set(keys))

    def get(self) -> Any:
        """What the API child answers; waits until it does."""
        answer: list[Any] = []

        def asked() -> bool:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as response:
                    answer.append(json.load(response))
            except OSError:
                return False
            return True

        assert wait_until(asked, seconds=30)
        return answer[0]

    @property
    def family(self) -> list[psutil.Process]:
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def server(self, name: str) -> psutil.Process:
        return next(process for process in psutil.Process(self.process.pid).children() if process.name() == name)


@pytest.fixture(scope="session")
def new_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first start makes; copying it is quicker than making it for each test."""
    place = tmp_path_factory.mktemp("cluster")
    server = EmbeddedPostgres(place / "postgres", log=place / "postgres.log")
    server.start()
    server.stop()
    return server.directory


@pytest.fixture
def empty_data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "data")


@pytest.fixture
def data(empty_data: DataDir, new_cluster: Path) -> DataDir:
    empty_data.root.mkdir(mode=0o700)
    shutil.copytree(new_cluster, empty_data.postgres)
    return empty_data


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(empty_data: DataDir, port: int) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def begin(*children: dict[str, Any], data: DataDir = empty_data, **options: Any) -> Up:
        started.append(Up(data, *children, port=port, **options))
        return started[-1]

    yield begin
    for up in started:
        up.process.kill()
        up.process.wait()
        assert up.process.stdout is not None
        up.process.stdout.close()


def gone(processes: list[psutil.Process]) -> bool:
    return all(not process.is_running() or process.status() == psutil.STATUS_ZOMBIE for process in processes)


def test_it_comes_up_can_be_found_and_goes_down_without_a_trace(
    start: Callable[..., Up], empty_data: DataDir
) -> None:
    up = start(migrate=True)
    ready = up.until("ready")["ready"]
    instance = read_instance(empty_data)
    assert instance is not None
    assert instance.model_dump(mode="json") == ready
    assert (instance.pid, instance.api_url) == (up.process.pid, f"http://127.0.0.1:{up.port}")
    assert stat.S_IMODE(empty_data.instance.stat().st_mode) == 0o600
    family, begun = up.family, time.monotonic()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait() == 0
    assert time.monotonic() - begun < 10
    assert gone(family)
    assert not empty_data.instance.exists()
    assert read_instance(empty_data) is None


def test_children_get_the_servers_and_the_settings(start: Callable[..., Up], data: DataDir) -> None:
    up = start(settings={"workers": 3}, migrate=True)
    up.until("ready")
    given = up.get()
    with psycopg.connect(given["COFOUNDER_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM public.jobs").fetchone() == (0,)
    with redis.Redis.from_url(given["COFOUNDER_REDIS_URL"]) as client:
        assert client.ping()
    assert (given["COFOUNDER_WORKERS"], given["COFOUNDER_DATA_DIR"]) == ("3", str(data.root))
    assert "PGPORT" not in given


def test_servers_of_ones_own_are_used_instead(
    start: Callable[..., Up], empty_data: DataDir, postgres_url: str, valkey_url: str
) -> None:
    up = start(settings={"database_url": postgres_url, "redis_url": valkey_url})
    up.until("ready")
    given = up.get()
    assert (given["COFOUNDER_DATABASE_URL"], given["COFOUNDER_REDIS_URL"]) == (postgres_url, valkey_url)
    assert not empty_data.postgres.exists()
    assert not empty_data.valkey.exists()


def test_a_disk_that_fills_up_is_told_once_and_so_is_room_again(
    start: Callable[..., Up], tmp_path: Path, postgres_url: str, valkey_url: str
) -> None:
    with mounted_disk(tmp_path / "disk", megabytes=300) as disk:
        up = start(data=DataDir(disk / "data"), settings={"database_url": postgres_url, "redis_url": valkey_url})
        up.until("ready")
        (disk / "filler").write_bytes(bytes(250_000_000))
        full = up.until("say")["say"]
        (disk / "filler").unlink()
        again = up.until("say")["say"]
        up.process.kill()
        up.process.wait()

    assert full.startswith("The disk is full: ")
    assert "Builds fail until there is room again." in full
    assert again.startswith("There is room on the disk again")


def test_a_child_that_dies_is_started_again(start: Callable[..., Up], data: DataDir) -> None:
    up = start()
    up.until("ready")
    first = up.get()["pid"]
    os.kill(first, signal.SIGKILL)
    said = up.until("say", "api was killed by signal 9")["say"]
    assert "starting it again." in said
    assert up.get()["pid"] != first


def test_a_child_that_hangs_is_ended_and_started_again(start: Callable[..., Up], data: DataDir) -> None:
    up = start(silent_s=1)
    up.until("ready")
    first = up.get()["pid"]
    time.sleep(2)  # one that answers is left alone, for longer than it may be silent
    assert up.get()["pid"] == first

    os.kill(first, signal.SIGSTOP)
    up.until("say", "api does not answer any more")
    up.until("say", "api was killed by signal 9")
    assert up.get()["pid"] != first


LOOP = """
import asyncio, os, socket
from app.supervision.pulse import show_life
async def main():
    await asyncio.start_server(show_life, sock=socket.socket(fileno=3))
    await asyncio.sleep(4)
    if not os.path.exists("hung"):
        open("hung", "w").close()
        while True: pass
    await asyncio.sleep(600)
asyncio.run(main())
"""


def test_a_child_that_serves_nobody_is_ended_when_its_loop_stands_still(
    start: Callable[..., Up], data: DataDir, tmp_path: Path
) -> None:
    code = LOOP.replace('"hung"', repr(str(tmp_path / "hung")))
    up = start({**python("worker", code), "health": "/"}, silent_s=1)
    up.until("say", "worker does not answer any more")
    up.until("say", "worker was killed by signal 9")
    time.sleep(3)
    assert (tmp_path / "hung").exists()


def test_a_child_that_always_dies_is_tried_ever_more_slowly(start: Callable[..., Up], data: DataDir) -> None:
    up = start(python("worker", "raise SystemExit(7)"))
    said = [up.until("say", "worker ended with status 7")["say"] for _ in range(4)]
    ends = [sentence.rpartition("; ")[2] for sentence in said]
    assert ends == [
        "starting it again.",
        "starting it again in 0.5 s.",
        "starting it again in 1 s.",
        "starting it again in 2 s.",
    ]


def test_a_child_that_cannot_be_executed_does_not_take_the_others_down(
    start: Callable[..., Up], data: DataDir
) -> None:
    up = start({"name": "worker", "argv": ["/nowhere"]})
    up.until("say", "worker ended with status 1")
    assert up.get()["pid"]


def test_postgres_comes_back_where_it_was_with_what_it_had(start: Callable[..., Up], data: DataDir) -> None:
    up = start()
    up.until("ready")
    given = up.get()
    with psycopg.connect(given["COFOUNDER_DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    killed = up.server("postgres")
    killed.kill()
    up.until("say", "postgres has died")

    def kept() -> bool:
        try:
            with psycopg.connect(given["COFOUNDER_DATABASE_URL"]) as connection:
                return connection.execute("SELECT number FROM kept").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    assert wait_until(kept, seconds=30)
    assert up.get()["pid"] == given["pid"]


def test_valkey_comes_back_where_it_was(start: Callable[..., Up], data: DataDir) -> None:
    up = start()
    up.until("ready")
    up.server("valkey-server").kill()
    up.until("say", "valkey-server has died")

    def rings() -> bool:
        try:
            with redis.Redis.from_url(up.get()["COFOUNDER_REDIS_URL"]) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    assert wait_until(rings, seconds=30)


def test_a_child_that_does_not_listen_is_killed_after_the_grace(start: Callable[..., Up], data: DataDir) -> None:
    up = start(python("worker", DEAF), grace_s=0.5)
    up.until("ready")
    assert wait_until(lambda: "deaf" in (data.logs / "worker.log").read_text(), seconds=30)
    family = up.family
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait() == 0
    assert gone(family)


def test_a_second_ctrl_c_ends_the_grace(start: Callable[..., Up], data: DataDir) -> None:
    up = start(python("worker", DEAF), grace_s=600)
    up.until("ready")
    assert wait_until(lambda: "deaf" in (data.logs / "worker.log").read_text(), seconds=30)
    up.process.send_signal(signal.SIGINT)
    up.until("say", "Stopping")
    assert up.process.poll() is None
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait() == 0


def test_ctrl_c_reaches_the_supervisor_alone(start: Callable[..., Up], data: DataDir) -> None:
    up = start(python("worker", WATCHER))
    up.until("ready")
    log = data.logs / "worker.log"
    assert wait_until(lambda: log.read_text() == "watching\n", seconds=30)
    os.killpg(up.process.pid, signal.SIGINT)
    assert up.process.wait() == 0
    assert log.read_text() == "watching\n"


def test_kill_9_of_the_supervisor_leaves_nothing_and_up_works_again(
    start: Callable[..., Up], data: DataDir
) -> None:
    up = start(python("worker", DEAF))
    up.until("ready")
    family = up.family
    up.process.kill()
    up.process.wait()
    assert read_instance(data) is None
    again = start(python("worker", DEAF))
    assert again.until("ready")["ready"]["pid"] == again.process.pid
    assert gone(family)


def test_kill_9_of_everything_at_once_does_not_block_the_next_up(start: Callable[..., Up], data: DataDir) -> None:
    up = start()
    up.until("ready")
    for process in up.family:
        # Some are dying already, because the supervisor did.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    up.process.wait()
    start().until("ready")


def test_what_a_child_leaves_behind_goes_with_it(start: Callable[..., Up], data: DataDir) -> None:
    up = start(python("worker", PARENT))
    up.until("ready")
    log = data.logs / "worker.log"
    assert wait_until(lambda: log.read_text().strip().isdigit(), seconds=30)
    grandchild = psutil.Process(int(log.read_text()))
    parent = grandchild.parent()
    assert parent is not None
    parent.kill()
    up.until("say", "worker was killed by signal 9")
    assert wait_until(lambda: gone([grandchild]), seconds=5)
    assert stop_instance(data)


def test_a_second_instance_is_told_who_the_first_is(start: Callable[..., Up], data: DataDir) -> None:
    first = start()
    first.until("ready")
    second = start()
    refusal = second.until("refused")
    assert f"process {first.process.pid}." in refusal["refused"]
    assert "cofounder down" in refusal["remedy"]
    assert second.process.wait() == 2
    assert first.get()["pid"]


def test_a_taken_port_is_refused_before_anything_starts(
    start: Callable[..., Up], empty_data: DataDir, port: int
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert f"Port {port}" in start().until("refused")["refused"]
    assert not empty_data.postgres.exists()


def test_of_two_that_start_at_once_on_one_port_one_is_refused(
    start: Callable[..., Up], tmp_path: Path, postgres_url: str, valkey_url: str
) -> None:
    settings = {"database_url": postgres_url, "redis_url": valkey_url}
    both = [start(settings=settings, data=DataDir(tmp_path / name)) for name in ("one", "two")]

    ends = [up.until_either("ready", "refused") for up in both]

    assert sorted(next(iter(end)) for end in ends) == ["ready", "refused"]
    [refusal] = [end["refused"] for end in ends if "refused" in end]
    assert refusal == f"Port {both[0].port} of 127.0.0.1 is taken by another program."


def test_the_log_of_a_child_that_goes_on_is_put_aside_when_it_is_too_large(
    start: Callable[..., Up], empty_data: DataDir, postgres_url: str, valkey_url: str
) -> None:
    log = empty_data.logs / "api.log"
    up = start(settings={"database_url": postgres_url, "redis_url": valkey_url})
    up.until("ready")
    os.truncate(log, LOG_CAP + 1)

    assert wait_until(lambda: log.with_name("api.log.1").exists() and log.stat().st_size == 0, seconds=10)


def test_visitors_wait_while_what_they_visit_is_started_again(start: Callable[..., Up]) -> None:
    up = start()
    up.until("ready")
    first = int(up.get()["pid"])
    os.kill(first, signal.SIGKILL)
    assert int(up.get()["pid"]) != first


def test_a_migration_that_fails_takes_everything_down_again(start: Callable[..., Up], data: DataDir) -> None:
    up = start(migrate=True)
    up.until("ready")
    with psycopg.connect(up.get()["COFOUNDER_DATABASE_URL"]) as connection:
        connection.execute("UPDATE public.alembic_version SET version_num = 'from the future'")
    assert stop_instance(data)
    again = start(migrate=True)
    assert "from the future" in again.until("refused")["refused"]
    again.process.wait()
    assert not (data.postgres / "postmaster.pid").exists()


def test_stopping_an_instance_waits_until_it_is_down(start: Callable[..., Up], data: DataDir) -> None:
    up = start()
    up.until("ready")
    family = up.family
    assert stop_instance(data)
    assert gone(family)
    assert not stop_instance(data)


def test_an_instance_that_is_still_starting_can_be_stopped(start: Callable[..., Up], empty_data: DataDir) -> None:
    up = start()
    assert wait_until(lambda: empty_data.logs.exists(), seconds=30)
    assert stop_instance(empty_data)
    assert up.process.wait() == 0
    assert read_instance(empty_data) is None


def test_an_instance_that_does_not_stop_is_named(start: Callable[..., Up], data: DataDir) -> None:
    up = start()
    up.until("ready")
    os.kill(up.process.pid, signal.SIGSTOP)
    with pytest.raises(ConfigurationError, match=str(up.process.pid)) as refusal:
        stop_instance(data, timeout_s=0.1)
    assert refusal.value.remedy == f"kill -9 {up.process.pid}"


def test_the_environment_of_settings_makes_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(data_dir=tmp_path, port=8555, lease_s=2.5, database_url="postgresql://u:p@h/d")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings
