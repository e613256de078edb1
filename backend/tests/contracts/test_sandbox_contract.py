"""What every sandbox must do, run unchanged against each provider."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.core.ids import JobId, SandboxId
from app.ports.sandbox import (
    PackageRegistry,
    Sandbox,
    SandboxFileMissing,
    SandboxGone,
    SandboxLimits,
    SandboxRefused,
    SandboxRequest,
    SandboxRuntime,
)
from app.sandboxes import SANDBOXES
from tests.contracts.unheard import all_errors_heard

SECRET = "hunter2-of-the-service"
SERVER = b"""
import os, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
while True:
    connection, _ = listener.accept()
    while data := connection.recv(1024):
        connection.sendall(data)
"""
DAEMON = b"""
import os, subprocess, sys
subprocess.Popen([sys.executable, "server.py", *sys.argv[1:]], start_new_session=True)
"""
FILES = {"server.py": SERVER, "daemon.py": DAEMON}


@pytest.fixture(scope="module", autouse=True)
async def nothing_fails_unheard() -> AsyncIterator[None]:
    async with all_errors_heard():
        yield


def make_local(folder: Path) -> SandboxRuntime:
    return LocalSandboxRuntime(root=folder / "sandboxes", cache=folder / "cache", environ=dict(os.environ))


def make_fake(folder: Path) -> SandboxRuntime:
    return FakeSandboxRuntime(folder / "sandboxes")


PROVIDERS: dict[str, Callable[[Path], SandboxRuntime]] = {"local": make_local, "fake": make_fake}
"""Every provider that the suite is run against: those of the setting `sandbox`, and the fake."""

REQUESTS = {
    "build": SandboxRequest(JobId(uuid.uuid4()), network=True, with_venv=True),
    "preview": SandboxRequest(JobId(uuid.uuid4()), "preview", network=True, with_venv=True, keeps_data=True),
    "both registries": SandboxRequest(JobId(uuid.uuid4()), network=True, registries=tuple(PackageRegistry)),
}
"""Sandboxes as the house asks for them, beside the closed ones of most tests here."""


@pytest.fixture(scope="module", params=sorted(PROVIDERS))
async def runtime(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SandboxRuntime:
    return PROVIDERS[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture
async def sandbox(runtime: SandboxRuntime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    monkeypatch.setenv("SERVICE_SECRET", SECRET)
    limits = SandboxLimits(output_bytes=10_000)
    made = await runtime.start(SandboxRequest(JobId(uuid.uuid4()), network=False, limits=limits))
    await made.write_files(FILES)
    yield made
    await made.kill()
    assert await runtime.list_ids() == {}


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Heard:
    """Lets a test wait for what a command prints."""

    def __init__(self, words: bytes) -> None:
        self._words = words
        self._said = b""
        self.event = asyncio.Event()

    def __call__(self, chunk: bytes) -> None:
        self._said += chunk
        if self._words in self._said:
            self.event.set()


async def connected(sandbox: Sandbox, port: int) -> socket.socket:
    """A connection, as soon as the server inside listens."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await sandbox.connect(port)
            except ConnectionError:
                await asyncio.sleep(0.01)


async def echo(connection: socket.socket, data: bytes = b"ping") -> bytes:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, data)
    return await loop.sock_recv(connection, 1024)


async def hung_up(connection: socket.socket) -> bool:
    """Whether the other end is gone, with whatever it had been sent."""
    try:
        async with asyncio.timeout(10):
            return await asyncio.get_running_loop().sock_recv(connection, 1024) == b""
    except ConnectionError:
        return True


def test_every_provider_that_can_be_set_is_tried() -> None:
    assert set(SANDBOXES) <= set(PROVIDERS)


@pytest.mark.parametrize("use", sorted(REQUESTS))
async def test_a_sandbox_is_made_as_builds_and_previews_ask_for_it(
    runtime: SandboxRuntime, port: int, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_SECRET", SECRET)
    sandbox = await runtime.start(REQUESTS[use])
    await sandbox.write_files(FILES)

    assert SECRET not in (await sandbox.run_command(["env"])).output
    await sandbox.close_network()
    assert (await sandbox.run_command(["ls", "server.py"])).output == "server.py\n"
    await sandbox.run_background(["python3", "server.py", str(port)])
    with await connected(sandbox, port) as connection:
        assert await echo(connection) == b"ping"
    await sandbox.kill()
    assert await runtime.list_ids() == {}
    await runtime.remove_data(REQUESTS[use].job_id)


async def test_a_failing_command_is_a_result(sandbox: Sandbox) -> None:
    result = await sandbox.run_command(["sh", "-c", "echo out; echo err >&2; exit 3"])

    assert (result.exit_code, result.output) == (3, "out\nerr\n")
    assert not result.timed_out
    assert not result.truncated


async def test_a_command_that_is_not_there_is_a_result(sandbox: Sandbox) -> None:
    result = await sandbox.run_command(["no-such-program"])

    assert result.exit_code == 127
    assert "no-such-program" in result.output


async def test_a_signal_is_a_negative_exit_code(sandbox: Sandbox) -> None:
    assert (await sandbox.run_command(["sh", "-c", "kill -15 $$"])).exit_code == -15


async def test_the_environment_is_clean_but_for_what_is_given(sandbox: Sandbox) -> None:
    result = await sandbox.run_command(["env"], env={"GIVEN": "yes"})

    assert SECRET not in result.output
    assert "GIVEN=yes" in result.output
    names = {line.partition("=")[0] for line in result.output.splitlines()}
    assert {"PATH", "HOME", "LANG"} <= names
    assert not names & {"COFOUNDER_DATABASE_URL", "SSH_AUTH_SOCK", "PYTEST_CURRENT_TEST"}


async def test_output_arrives_while_the_command_runs(sandbox: Sandbox) -> None:
    heard = Heard(b"first")
    command = 'echo first; until [ -e "$0" ]; do sleep 0.02; done; echo second'

    running = asyncio.create_task(sandbox.run_command(["sh", "-c", command, "go"], on_output=heard))
    await heard.event.wait()
    await sandbox.write_files({"go": b""})

    assert (await running).output == "first\nsecond\n"


async def test_commands_run_side_by_side(sandbox: Sandbox) -> None:
    wait = ["sh", "-c", 'echo here > "$0"; until [ -e "$1" ]; do sleep 0.02; done']

    results = await asyncio.gather(
        sandbox.run_command([*wait, "one", "two"]), sandbox.run_command([*wait, "two", "one"])
    )

    assert [result.exit_code for result in results] == [0, 0]


async def test_long_output_is_cut_and_the_command_goes_on(sandbox: Sandbox) -> None:
    result = await sandbox.run_command(["sh", "-c", "head -c 50000 /dev/zero | tr '\\0' x; exit 4"])

    assert result.output == "x" * 10_000
    assert result.truncated
    assert result.exit_code == 4


async def test_endless_output_ends_the_command(sandbox: Sandbox) -> None:
    result = await sandbox.run_command(["yes"])

    assert result.exit_code < 0
    assert result.truncated
    assert len(result.output) == 10_000
    assert not result.timed_out


async def test_a_time_out_ends_a_command_with_all_its_children(sandbox: Sandbox, port: int) -> None:
    command = f"python3 daemon.py {port}; until [ -e never ]; do sleep 0.05; done"

    running = asyncio.create_task(sandbox.run_command(["sh", "-c", command], timeout_s=2))
    with await connected(sandbox, port) as daemon:
        result = await running
        assert await hung_up(daemon)

    assert result.timed_out
    assert result.exit_code < 0
    with pytest.raises(ConnectionError):
        await sandbox.connect(port)
    assert (await sandbox.run_command(["true"])).exit_code == 0


async def test_cancelling_a_command_kills_it_with_all_its_children(sandbox: Sandbox, port: int) -> None:
    command = f"python3 daemon.py {port}; until [ -e never ]; do sleep 0.05; done"
    running = asyncio.create_task(sandbox.run_command(["sh", "-c", command]))

    with await connected(sandbox, port) as daemon:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await hung_up(daemon)


async def test_an_error_in_the_listener_kills_the_command(sandbox: Sandbox, port: int) -> None:
    def fail(chunk: bytes) -> None:
        raise LookupError(chunk)

    with pytest.raises(LookupError):
        await sandbox.run_command(["python3", "server.py", str(port)], on_output=fail)
    with pytest.raises(ConnectionError):
        await sandbox.connect(port)


async def test_a_daemon_outlives_its_command_and_holds_nothing_up(sandbox: Sandbox, port: int) -> None:
    async with asyncio.timeout(20):
        assert (await sandbox.run_command(["python3", "daemon.py", str(port)])).exit_code == 0

    with await connected(sandbox, port) as daemon:
        assert await echo(daemon) == b"ping"
        await sandbox.kill()
        assert await hung_up(daemon)


async def test_files_round_trip(sandbox: Sandbox) -> None:
    files = {"a/b/c.bin": bytes(range(256)) * 100, "empty": b"", "ä ö.txt": b"text"}

    await sandbox.write_files(files)

    assert {path: await sandbox.read_file(path) for path in files} == files
    assert (await sandbox.run_command(["cat", "ä ö.txt"])).output == "text"


async def test_writing_replaces_whole_files_and_only_the_start_script_is_a_program(sandbox: Sandbox) -> None:
    await sandbox.write_files({"start.sh": b"#!/bin/sh\necho a much longer old text\n", "other.sh": b""})
    await sandbox.write_files({"start.sh": b"#!/bin/sh\necho started\n"})

    assert (await sandbox.run_command(["./start.sh"])).output == "started\n"
    assert (await sandbox.run_command(["test", "-x", "other.sh"])).exit_code == 1


async def test_what_commands_write_can_be_read(sandbox: Sandbox) -> None:
    await sandbox.run_command(["sh", "-c", "mkdir out && echo made > out/here"])

    assert await sandbox.read_file("out/here") == b"made\n"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../out", "a/../../b", "a//b", "", ".", "a\0b", "a\nb", ".git/config"]
)
async def test_unsafe_paths_are_refused(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(SandboxRefused):
        await sandbox.write_files({path: b""})
    with pytest.raises(SandboxRefused):
        await sandbox.read_file(path)


async def test_two_names_that_differ_by_case_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxRefused):
        await sandbox.write_files({"a": b"", "A": b""})


async def test_a_link_is_never_followed_by_a_read(sandbox: Sandbox) -> None:
    command = "ln -s /etc/hostname file; ln -s / root; ln -s server.py inside; mkdir -p real/x; ln -s real near"
    await sandbox.run_command(["sh", "-c", command + "; echo hi > real/x/y"])

    for path in ("file", "root/etc/hostname", "inside", "near/x/y"):
        with pytest.raises(SandboxFileMissing):
            await sandbox.read_file(path)
    assert await sandbox.read_file("real/x/y") == b"hi\n"


async def test_only_regular_files_are_read_and_nothing_blocks(sandbox: Sandbox) -> None:
    await sandbox.run_command(["sh", "-c", "mkdir folder; mkfifo pipe"])

    async with asyncio.timeout(5):
        for path in ("folder", "pipe", "missing", "server.py/below"):
            with pytest.raises(SandboxFileMissing):
                await sandbox.read_file(path)


async def test_a_file_over_the_cap_is_refused(sandbox: Sandbox) -> None:
    await sandbox.run_command(["sh", "-c", "head -c 1001 /dev/zero > big; head -c 1000 /dev/zero > fits"])

    assert len(await sandbox.read_file("fits", max_bytes=1000)) == 1000
    with pytest.raises(SandboxRefused):
        await sandbox.read_file("big", max_bytes=1000)
    with pytest.raises(SandboxRefused):
        await sandbox.write_files({"huge": bytes(5_000_001)})


async def test_writing_replaces_a_link_and_not_what_it_points_to(sandbox: Sandbox) -> None:
    await sandbox.run_command(["sh", "-c", "echo precious > target; ln -s target name"])

    await sandbox.write_files({"name": b"new"})

    assert await sandbox.read_file("name") == b"new"
    assert await sandbox.read_file("target") == b"precious\n"


async def test_a_file_cannot_take_the_place_of_a_directory(sandbox: Sandbox) -> None:
    await sandbox.run_command(["mkdir", "taken"])

    with pytest.raises(SandboxRefused):
        await sandbox.write_files({"taken": b""})


async def test_a_background_server_is_reached_and_its_output_kept(sandbox: Sandbox, port: int) -> None:
    await sandbox.run_background(["python3", "server.py", str(port)])

    with await connected(sandbox, port) as connection:
        assert await echo(connection) == b"ping"
    async with asyncio.timeout(20):
        while "up" not in sandbox.background_output():  # noqa: ASYNC110 - output is not announced
            await asyncio.sleep(0.01)


async def test_only_the_last_background_output_is_kept(sandbox: Sandbox, port: int) -> None:
    command = f"head -c 200000 /dev/zero | tr '\\0' x; echo the end; python3 server.py {port}"
    await sandbox.run_background(["sh", "-c", command])

    async with asyncio.timeout(20):
        while "the end" not in (kept := sandbox.background_output()):  # noqa: ASYNC110 - output is not announced
            await asyncio.sleep(0.01)
    assert 60_000 < len(kept) <= 64 * 1024


async def test_a_port_where_nobody_listens_is_a_connection_error(sandbox: Sandbox, port: int) -> None:
    with pytest.raises(ConnectionError):
        await sandbox.connect(port)


async def test_closing_the_network_leaves_everything_inside_reachable(sandbox: Sandbox, port: int) -> None:
    await sandbox.run_background(["python3", "server.py", str(port)])
    with await connected(sandbox, port) as connection:
        await sandbox.close_network()
        await sandbox.close_network()
        assert await echo(connection) == b"ping"
    assert (await sandbox.run_command(["true"])).exit_code == 0


async def test_paused_nothing_runs_and_resumed_it_goes_on(sandbox: Sandbox, port: int) -> None:
    await sandbox.run_background(["python3", "server.py", str(port)])
    with await connected(sandbox, port) as connection:
        await sandbox.pause()
        await sandbox.pause()
        answer = asyncio.create_task(echo(connection))
        done, _ = await asyncio.wait({answer}, timeout=0.2)
        assert not done

        await sandbox.resume()
        await sandbox.resume()
        assert await answer == b"ping"


async def test_a_paused_sandbox_can_be_killed(sandbox: Sandbox, port: int) -> None:
    await sandbox.run_background(["python3", "server.py", str(port)])
    with await connected(sandbox, port) as connection:
        await sandbox.pause()
        await sandbox.kill()
        assert await hung_up(connection)


async def test_a_sandbox_ends_when_its_time_is_over(sandbox: Sandbox) -> None:
    await sandbox.set_timeout(0.1)
    await sandbox.set_timeout(60)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(sandbox.wait_gone(), 0.3)

    await sandbox.set_timeout(0.1)
    await asyncio.wait_for(sandbox.wait_gone(), 10)

    with pytest.raises(SandboxGone):
        await sandbox.run_command(["true"])


async def test_kill_by_id_ends_it_and_everything_asked_of_it_says_so(
    runtime: SandboxRuntime, sandbox: Sandbox, port: int
) -> None:
    running = asyncio.create_task(sandbox.run_command(["python3", "server.py", str(port)]))
    with await connected(sandbox, port) as connection:
        await runtime.kill(sandbox.id)
        assert await hung_up(connection)
    await asyncio.wait_for(sandbox.wait_gone(), 10)

    asked: list[Callable[[], Awaitable[object]]] = [
        lambda: running,
        lambda: sandbox.run_command(["true"]),
        lambda: sandbox.run_background(["true"]),
        lambda: sandbox.write_files({"a": b""}),
        lambda: sandbox.read_file("server.py"),
        lambda: sandbox.connect(port),
        sandbox.pause,
        sandbox.resume,
        sandbox.close_network,
        lambda: sandbox.set_timeout(1),
    ]
    for ask in asked:
        with pytest.raises(SandboxGone):
            await ask()


async def test_kill_is_idempotent(runtime: SandboxRuntime, sandbox: Sandbox) -> None:
    await asyncio.gather(sandbox.kill(), sandbox.kill(), runtime.kill(sandbox.id))
    await sandbox.kill()
    await runtime.kill(sandbox.id)
    await runtime.kill(SandboxId("never-was-one"))


async def test_sandboxes_are_listed_with_their_jobs_until_they_are_killed(runtime: SandboxRuntime) -> None:
    jobs = [JobId(uuid.uuid4()) for _ in range(2)]
    made = [await runtime.start(SandboxRequest(job, network=False)) for job in jobs]

    assert await runtime.list_ids() == {one.id: job for one, job in zip(made, jobs, strict=True)}

    await made[0].kill()
    assert await runtime.list_ids() == {made[1].id: jobs[1]}
    await runtime.kill(made[1].id)
    assert await runtime.list_ids() == {}


async def test_sandboxes_do_not_see_each_others_files(runtime: SandboxRuntime, sandbox: Sandbox) -> None:
    other = await runtime.start(SandboxRequest(JobId(uuid.uuid4()), network=False))
    await sandbox.write_files({"mine": b"secret"})

    with pytest.raises(SandboxFileMissing):
        await other.read_file("mine")
    await other.kill()


async def test_a_sandbox_can_be_probed_for(runtime: SandboxRuntime) -> None:
    await runtime.probe()

    assert await runtime.list_ids() == {}


async def kept_by(runtime: SandboxRuntime, job_id: JobId, command: str, *, keeps_data: bool = True) -> str:
    """What a command prints in a sandbox of the job's own, which is gone afterwards."""
    sandbox = await runtime.start(SandboxRequest(job_id, network=False, keeps_data=keeps_data))
    try:
        return (await sandbox.run_command(["sh", "-c", command])).output
    finally:
        await sandbox.kill()


async def test_data_outlives_the_sandbox(runtime: SandboxRuntime) -> None:
    job_id = JobId(uuid.uuid4())
    await kept_by(runtime, job_id, "echo rows > data/app.db; mkdir data/below; echo more > data/below/file")

    assert await kept_by(runtime, job_id, "cat data/app.db data/below/file") == "rows\nmore\n"
    await runtime.remove_data(job_id)


async def test_data_is_seen_by_no_other_job_and_by_nobody_who_does_not_keep_any(runtime: SandboxRuntime) -> None:
    job_id, other = JobId(uuid.uuid4()), JobId(uuid.uuid4())
    await kept_by(runtime, job_id, "echo rows > data/app.db")

    assert await kept_by(runtime, other, "ls data") == ""
    assert "rows" not in await kept_by(runtime, job_id, "cat data/app.db", keeps_data=False)
    for one in (job_id, other):
        await runtime.remove_data(one)


async def test_data_can_be_listed_and_removed(runtime: SandboxRuntime) -> None:
    job_id = JobId(uuid.uuid4())
    await kept_by(runtime, job_id, "ln -s /etc/passwd data/app.db; mkdir -p data/a/b; chmod 0 data/a")
    assert job_id in await runtime.list_data()

    await runtime.remove_data(job_id)
    await runtime.remove_data(job_id)

    assert job_id not in await runtime.list_data()
    assert await kept_by(runtime, job_id, "ls data") == ""
    await runtime.remove_data(job_id)


async def test_files_can_be_written_beside_data_that_is_kept(runtime: SandboxRuntime) -> None:
    job_id = JobId(uuid.uuid4())
    sandbox = await runtime.start(SandboxRequest(job_id, network=False, keeps_data=True))
    await sandbox.run_command(["sh", "-c", "echo rows > data/app.db"])
    await sandbox.write_files({"app/main.py": b"print('hello')"})
    result = await sandbox.run_command(["cat", "data/app.db"])
    await sandbox.kill()
    await runtime.remove_data(job_id)

    assert result.output == "rows\n"
