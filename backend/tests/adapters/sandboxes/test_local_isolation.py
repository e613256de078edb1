"""What hostile code tries from inside, each shown to work once the protection against it is taken away."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.adapters.sandboxes.local.drop import Drop
from app.adapters.sandboxes.local.launch import Launcher
from app.adapters.sandboxes.local.own_uid import LAST
from app.adapters.sandboxes.local.runtime import SANDBOX_UID
from app.adapters.sandboxes.local.sandbox import LocalSandbox
from app.adapters.sandboxes.local.toolchain import Toolchain
from app.core.ids import JobId
from app.ports.sandbox import SandboxRequest, SandboxUnavailable
from tests.adapters.sandboxes import weaker
from tests.adapters.sandboxes.weaker import MakeRuntime, is_root, python, started

SandboxOf = Callable[[type[Launcher]], Awaitable[LocalSandbox]]
ABSTRACT = f"\0cofounder-test-{os.getpid()}"
SERVER = b"""
import socket, time
listener = socket.create_server(("127.0.0.1", 8080))
print("up", flush=True)
time.sleep(600)
"""
CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall({arguments})
print("OPEN" if result >= 0 else os.strerror(ctypes.get_errno()))
"""


@dataclass(frozen=True)
class Attack:
    """A program that prints OPEN when it gets through, and the launcher that lets it."""

    code: str
    weaker: type[Launcher]


def call(*arguments: object) -> str:
    return CALL.format(arguments=", ".join(map(str, arguments)))


ATTACKS = {
    "a port on the host's loopback": Attack(
        "import socket, os\nsocket.create_connection(('127.0.0.1', int(os.environ['PORT'])), 2)\nprint('OPEN')",
        weaker.WithoutNetworkNamespace,
    ),
    "an abstract socket of the host": Attack(
        "import socket, os\ns = socket.socket(socket.AF_UNIX)\n"
        "s.connect('\\0' + os.environ['NAME'])\nprint('OPEN')",
        weaker.WithoutNetworkNamespace,
    ),
    "a user namespace of its own": Attack(call(272, 0x10000000), weaker.WithoutSeccompAndUserNamespaceLock),
    "tracing": Attack(call(101, 0, 0, 0, 0), weaker.WithoutSeccomp),
    "io_uring": Attack(call(425, 4, "ctypes.create_string_buffer(120)"), weaker.WithoutSeccomp),
    "the kernel's key rings": Attack(call(248, 'b"user"', 'b"name"', 'b"x"', 1, -3), weaker.WithoutSeccomp),
    "handling page faults": Attack(call(323, 1), weaker.WithoutSeccomp),
    "memory that no process is charged for": Attack(call(319, 'b"x"', 0), weaker.WithoutSeccomp),
    "shared memory that outlives its maker": Attack(call(29, 0, 4096, 0o1600), weaker.WithoutSeccomp),
    "semaphores that no process is charged for": Attack(call(64, 0, 32000, 0o600), weaker.WithoutSeccomp),
    "the machine's asynchronous requests": Attack(
        call(206, 8, "ctypes.byref(ctypes.c_ulong())"), weaker.WithoutSeccomp
    ),
    "the user's watches of files": Attack(call(294, 0), weaker.WithoutSeccomp),
    "a message queue": Attack(
        call(240, 'b"queue"', 0o102, 0o600, "ctypes.byref((ctypes.c_long * 8)(0, 10, 8192))"),
        weaker.WithMessageQueues,
    ),
    "the hypervisor's sockets": Attack(
        "import socket\nsocket.socket(40, socket.SOCK_STREAM)\nprint('OPEN')", weaker.WithoutSeccomp
    ),
    "memory outside of its sized places": Attack(
        "open('/filler', 'w').write('x')\nprint('OPEN')", weaker.WithoutSeal
    ),
    "files among the devices": Attack("open('/dev/filler', 'w').write('x')\nprint('OPEN')", weaker.WithoutSeal),
    "the memory of the agent": Attack("open('/proc/1/mem', 'rb')\nprint('OPEN')", weaker.WithReadableAgent),
    "the agent's open files": Attack(
        "import os\nos.listdir('/proc/1/fd')\nprint('OPEN')", weaker.WithReadableAgent
    ),
}


@pytest.fixture(scope="module")
def listening() -> Iterator[dict[str, str]]:
    """A port and an abstract socket of the host, as the environment of an attack."""
    with socket.create_server(("127.0.0.1", 0)) as port, socket.socket(socket.AF_UNIX) as named:
        named.bind(ABSTRACT)
        named.listen()
        yield {"PORT": str(port.getsockname()[1]), "NAME": ABSTRACT[1:]}


@pytest.fixture(scope="module")
async def sandbox_of(make_runtime: MakeRuntime) -> AsyncIterator[SandboxOf]:
    """One sandbox for each kind of launcher."""
    made: dict[type[Launcher], LocalSandbox] = {}
    async with AsyncExitStack() as stack:

        async def get(launcher: type[Launcher]) -> LocalSandbox:
            if launcher not in made:
                made[launcher] = await stack.enter_async_context(started(make_runtime(launcher=launcher)))
            return made[launcher]

        yield get


@pytest.fixture(scope="module")
async def whole(sandbox_of: SandboxOf) -> LocalSandbox:
    return await sandbox_of(Launcher)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of the system calls are x86_64's")
@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_is_stopped_by_what_is_there_to_stop_it(
    name: str, sandbox_of: SandboxOf, listening: dict[str, str]
) -> None:
    attack = ATTACKS[name]

    assert "OPEN" not in await python(await sandbox_of(Launcher), attack.code, env=listening)
    without = await python(await sandbox_of(attack.weaker), attack.code, env=listening)
    if "not supported" in without or "not implemented" in without:
        pytest.skip(f"this kernel has no such thing: {without}")
    assert "OPEN" in without


async def test_nothing_of_the_host_can_be_read(whole: LocalSandbox, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("of the host")
    tmp_path.chmod(0o755)

    for path in (canary, Path.home() / ".profile", Path("/etc/shadow"), Path("/etc/machine-id"), Path(__file__)):
        result = await whole.run_command(["cat", str(path)])
        assert "No such file" in result.output, path
    assert (await whole.run_command(["cat", "/etc/passwd"])).output.count("\n") == 2


async def test_files_can_be_made_in_four_places_only(whole: LocalSandbox) -> None:
    code = """
import os
places = {line.split()[4] for line in open("/proc/self/mountinfo")} | {"/etc", "/opt", "/home", "/run", "/sys"}
for place in filter(os.path.isdir, places):
    try:
        os.mkdir(place + "/made")
        print(place)
    except OSError:
        pass
"""
    found = (await python(whole, code)).split()

    assert set(found) == {"/workspace", "/home/app", "/home/app/.cache/uv", "/tmp", "/dev/shm"}


async def test_no_secret_of_the_service_is_in_any_process(
    runtime: LocalSandboxRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_SECRET", "hunter2-of-the-service")
    async with started(runtime, network=True) as sandbox:
        result = await sandbox.run_command(["sh", "-c", "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null"])

    assert "hunter2" not in result.output


async def test_only_its_own_processes_are_there(whole: LocalSandbox) -> None:
    said = await python(whole, "import os\nprint([p for p in os.listdir('/proc') if p.isdigit()])")

    assert len(said.split(",")) <= 3


async def test_there_is_no_way_to_any_network(whole: LocalSandbox) -> None:
    code = """
import socket
for family, kind, address in [
    (socket.AF_INET, socket.SOCK_STREAM, ("169.254.169.254", 80)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.53", 53)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("fd00:ec2::254", 80)),
]:
    with socket.socket(family, kind) as s:
        s.settimeout(3)
        print(s.connect_ex(address))
print([name for _, name in socket.if_nameindex()])
"""
    *codes, interfaces = (await python(whole, code)).split("\n")[:-1]

    assert all(int(code) == errno.ENETUNREACH for code in codes), codes
    assert interfaces == "['lo']"


async def test_no_privilege_is_there_or_can_be_had(whole: LocalSandbox) -> None:
    command = (
        "cp /usr/bin/id /tmp/id; chmod u+s /tmp/id; /tmp/id -u; su -c 'id -u' </dev/null; cat /proc/self/status"
    )

    output = (await whole.run_command(["sh", "-c", command])).output

    assert output.startswith("1000\n")
    assert "\n0\n" not in output
    fields = dict(line.split(":", 1) for line in output.splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[name], 16) == 0, name
    assert fields["NoNewPrivs"].strip() == "1"
    assert fields["Seccomp"].strip() == "2"


async def test_mounting_and_leaving_are_refused(whole: LocalSandbox) -> None:
    for command in (
        "mount -t tmpfs x /tmp",
        "umount /workspace",
        "nsenter -t 1 -a true",
        "chroot /tmp",
        "mknod /tmp/d b 8 0",
    ):
        result = await whole.run_command(["sh", "-c", command])
        assert result.exit_code != 0, command


async def test_the_agent_cannot_be_hurt(whole: LocalSandbox) -> None:
    await whole.run_command(["sh", "-c", "kill -9 1; kill -STOP 1; kill -TERM 1; kill -9 -1"])

    assert (await whole.run_command(["echo", "alive"])).output == "alive\n"


async def test_a_command_that_kills_its_supervisor_takes_its_daemons_with_it(sandbox: LocalSandbox) -> None:
    await sandbox.write_files({"server.py": SERVER})
    command = "setsid python3 server.py >log & until grep -q up log; do sleep 0.01; done; kill -9 $PPID; sleep 60"

    result = await sandbox.run_command(["sh", "-c", command], timeout_s=20)

    assert result.exit_code == -9
    assert not result.timed_out
    async with asyncio.timeout(5):
        while await listens(sandbox, 8080):
            pass


async def listens(sandbox: LocalSandbox, port: int) -> bool:
    try:
        (await sandbox.connect(port)).close()
    except ConnectionError:
        return False
    return True


async def test_kernel_settings_cannot_be_opened_for_writing(sandbox_of: SandboxOf) -> None:
    code = """
import os
for name in ("sys/kernel/core_pattern", "sysrq-trigger", "sys/vm/drop_caches"):
    try:
        os.close(os.open("/proc/" + name, os.O_WRONLY))
        print("OPEN", name)
    except OSError as error:
        print(error)
"""
    assert "OPEN" not in await python(await sandbox_of(Launcher), code)
    assert "OPEN" not in await python(await sandbox_of(weaker.WithoutSeal), code)
    if is_root():
        assert "OPEN" in await python(await sandbox_of(weaker.WithoutDrop), code)


async def test_a_sandbox_of_root_runs_as_somebody_else(whole: LocalSandbox) -> None:
    inner = int(whole.id.split("-")[0])
    uids = Path(f"/proc/{inner}/status").read_text().partition("Uid:")[2].split("\n")[0].split()

    assert len(set(uids)) == 1
    assert int(uids[0]) in (range(SANDBOX_UID, LAST + 1) if is_root() else [os.geteuid()])


@pytest.mark.skipif(not is_root(), reason="only root has something to drop")
def test_root_without_a_user_to_become_is_refused() -> None:
    with pytest.raises(SandboxUnavailable):
        Launcher(Path("/usr/bin/bwrap"), Toolchain(Path("/usr/bin/python3"), ()), drop_to=None)
    with pytest.raises(ValueError, match="unprivileged"):
        Drop([], 0)


@pytest.mark.skipif(not is_root(), reason="only root can give a sandbox another user")
async def test_sandboxes_share_no_user_of_the_host_and_their_files_stay_one_users(
    make_runtime: MakeRuntime, tmp_path: Path
) -> None:
    runtime, job = make_runtime(root=tmp_path / "sandboxes", data=tmp_path / "data"), JobId(uuid.uuid4())
    made = [await runtime.start(SandboxRequest(job, keeps_data=True)) for _ in range(3)]
    try:
        users = {psutil.Process(int(sandbox.id.split("-")[0])).uids().real for sandbox in made}
        for sandbox in made:
            assert (await sandbox.run_command(["sh", "-c", "cat data/kept; id -u >> data/kept"])).exit_code >= 0
        assert (await made[0].run_command(["cat", "data/kept"])).output == "1000\n" * 3
        kept = {path.stat().st_uid for path in (tmp_path / "data" / str(job)).iterdir()}
    finally:
        for sandbox in made:
            await sandbox.kill()
    again = await runtime.start(SandboxRequest(job))
    reused = psutil.Process(int(again.id.split("-")[0])).uids().real
    await again.kill()

    assert (len(users), kept, reused in users) == (3, {SANDBOX_UID}, True)
    assert SANDBOX_UID not in users
