"""Using too much of everything: the sandbox ends or the program does, and the machine goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app.acceptance.evidence import Findings
from app.acceptance.screenshots import launch_browser, take_pictures
from app.adapters.sandboxes.local import LocalSandboxRuntime, held, watchdog
from app.adapters.sandboxes.local.held import memory_held, tasks_below
from app.adapters.sandboxes.local.sandbox import LocalSandbox
from app.ports.sandbox import SandboxGone, SandboxLimitMet, SandboxLimits, SandboxTookTooMuch
from tests.adapters.sandboxes import weaker
from tests.adapters.sandboxes.weaker import MakeRuntime, python, started

MB = 1 << 20
FORK = """
import os
made = 0
for _ in range(100):
    try:
        pid = os.fork()
    except BlockingIOError:
        break
    if pid == 0:
        os.execvp("sleep", ["sleep", "60"])
    made += 1
print(made)
"""
OPEN_FILES = """
import time
opened = []
try:
    while True:
        opened.append(open("/dev/null"))
except OSError:
    print("full", flush=True)
    time.sleep(50)
"""
# Memory that is shared between processes is not what the limit of a single process counts.
HOARD = """
import mmap, os, sys
size = int(os.environ["SIZE"])
for _ in range(4):
    if os.fork() == 0:
        block = mmap.mmap(-1, size)
        for place in range(0, size, 4096):
            block[place] = 1
        os.write(1, b"full ")
        os.read(0, 1) or os.kill(os.getpid(), 19)
for _ in range(4):
    os.wait()
"""

# Each page table holds a read-only page of zeros every two megabytes, and nothing of it is resident.
PAGE_TABLES = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
size = 4 << 40
place = libc.mmap(None, size, 1, 0x4022, -1, 0)
libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(size), 15)
for touched in range(250_000):
    ctypes.c_char.from_address(place + (touched << 21)).value
    if touched == 200_000:
        os.write(1, b"full ")
__import__("time").sleep(50)
"""
SOCKETS = """
import os, resource, socket, time
for _ in range(3):
    if os.fork() == 0:
        break
pairs = []
while True:
    try:
        pairs.append(socket.socketpair())
    except OSError:
        break
    for end in pairs[-1]:
        end.setblocking(False)
        try:
            while True:
                end.send(bytes(32768))
        except BlockingIOError:
            pass
os.write(1, b"full ")
time.sleep(50)
"""
DATAGRAMS = """
import os, socket, time
receivers = []
for number in range(250):
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(chr(0) + str(number))
    receivers.append(receiver)
    for _ in range(10):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            try:
                sender.sendto(bytes(180_000), chr(0) + str(number))
            except BlockingIOError:
                break
os.write(1, b"full ")
time.sleep(50)
"""
# A process whose first thread has ended looks empty from outside.
HEADLESS = """
import ctypes, mmap, os, threading, time
def hoard():
    time.sleep(0.5)
    block = mmap.mmap(-1, 100 << 20)
    for place in range(0, len(block), 4096):
        block[place] = 1
    os.write(1, b"full ")
    time.sleep(50)
for _ in range(4):
    if os.fork() == 0:
        threading.Thread(target=hoard).start()
        ctypes.CDLL(None).syscall(60, 0)
time.sleep(50)
"""

# Memory that is shared goes on taking room when nobody has it in its page tables any more.
LET_GO = """
import ctypes, mmap, os, time
blocks = []
for _ in range(8):
    block = mmap.mmap(-1, 60 << 20)
    for place in range(0, len(block), 4096):
        block[place] = 1
    block.madvise(mmap.MADV_DONTNEED)
    blocks.append(block)
os.write(1, b"full ")
time.sleep(50)
"""
WATCHES = """
import os, resource, select, time
for _ in range(12):
    if os.fork() == 0:
        break
events = [os.eventfd(0) for _ in range(350)]
polls = [select.epoll() for _ in range(125)]
for poll in polls:
    for event in events:
        poll.register(event)
os.write(1, b"full ")
time.sleep(50)
"""
AREAS = """
import ctypes, os, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
for _ in range(8):
    if os.fork() == 0:
        break
place = libc.mmap(None, 64_000 * 4096, 0, 0x4022, -1, 0)
for page in range(0, 64_000, 2):
    libc.mprotect(place + page * 4096, 4096, 1)
os.write(1, b"full ")
time.sleep(50)
"""
# Ways to hold a file that has no name any more; HOLD is called with its descriptor.
HOLDING_FILES = """
import ctypes, mmap, os, socket, threading, time
def made():
    fd = os.open("/workspace/file", os.O_RDWR | os.O_CREAT)
    for _ in range(20):
        os.write(fd, bytes(1 << 20))
    os.unlink("/workspace/file")
    return fd
"""
HOLDS = {
    "mapped": """
maps = []
for _ in range(10):
    fd = made()
    maps.append(mmap.mmap(fd, 20 << 20))
    os.close(fd)
os.closerange(3, 1024)
""",
    "passed on and never received": """
pair = socket.socketpair()
for _ in range(10):
    fd = made()
    socket.send_fds(pair[0], [b"x"], [fd])
    os.close(fd)
""",
    "open in a process that hides itself": """
ctypes.CDLL(None).prctl(4, 0)
fds = [made() for _ in range(10)]
""",
    "open in a process without a first thread": """
def hold():
    time.sleep(0.3)
    fds = [made() for _ in range(10)]
    time.sleep(50)
threading.Thread(target=hold).start()
ctypes.CDLL(None).syscall(60, 0)
""",
}


async def survives(sandbox: LocalSandbox, code: str, *, times: int, for_s: float) -> bool:
    """Whether a program has said so often that it is full, and goes on for so long."""
    said = bytearray()
    full = asyncio.Event()

    def listen(chunk: bytes) -> None:
        said.extend(chunk)
        if said.count(b"full") == times:
            full.set()

    running = asyncio.create_task(sandbox.run_command(["python3", "-c", code], on_output=listen, timeout_s=50))
    filled = asyncio.create_task(full.wait())
    await asyncio.wait({running, filled}, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({running}, timeout=for_s)
    lives = not running.done()
    for task in (running, filled):
        task.cancel()
    outcomes = await asyncio.gather(running, filled, return_exceptions=True)
    assert lives or isinstance(outcomes[0], SandboxGone), said
    return lives


async def holding(sandbox: LocalSandbox, size: int, times: int) -> bool:
    """Whether four processes hold this much each, all at the same time; False when the sandbox went before."""
    full = asyncio.Event()
    said = bytearray()

    def listen(chunk: bytes) -> None:
        said.extend(chunk)
        if said.count(b"full") == times:
            full.set()

    running = asyncio.create_task(
        sandbox.run_command(["python3", "-c", HOARD], env={"SIZE": str(size)}, on_output=listen, timeout_s=50)
    )
    filled = asyncio.create_task(full.wait())
    await asyncio.wait({running, filled}, return_when=asyncio.FIRST_COMPLETED)
    # Being full for longer than the watch looks away is what the watch does not let happen.
    await asyncio.wait({running}, timeout=1)
    held = full.is_set() and not running.done()
    for task in (running, filled):
        task.cancel()
    await asyncio.gather(running, filled, return_exceptions=True)
    return held


def alive_below(pid: int) -> list[psutil.Process]:
    gone = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [process] if process.status() not in gone else []
    return found


def threads_of(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        return int(process.num_threads())
    return 0


async def test_the_number_of_processes_is_limited(make_runtime: MakeRuntime) -> None:
    async with started(make_runtime(), processes=30) as sandbox:
        assert int(await python(sandbox, FORK)) < 30
    async with started(make_runtime(launcher=weaker.WithoutProcessLimit), processes=30) as sandbox:
        assert int(await python(sandbox, FORK)) == 100


async def test_a_limit_that_was_met_is_what_failed(make_runtime: MakeRuntime) -> None:
    async with started(make_runtime(), processes=30, open_files=64) as sandbox:
        assert await sandbox.find_fault() is None
        await python(sandbox, FORK)
        assert "limit of processes" in str(await sandbox.find_fault())
    async with started(make_runtime(), processes=30, open_files=64) as sandbox:
        await sandbox.run_background(["python3", "-c", OPEN_FILES])
        while "full" not in sandbox.background_output():  # noqa: ASYNC110 - output is not announced
            await asyncio.sleep(0.02)
        fault = await sandbox.find_fault()
        assert isinstance(fault, SandboxLimitMet)
        assert "limit of open files" in str(fault)


# They end together as soon as one is refused, and are collected before the program that waits for it says so.
ENDS_ITS_CHILDREN = """
import os, signal, sys, time
alive, held = os.pipe()
if os.fork() == 0:
    os.setpgid(0, 0)
    while True:
        try:
            if os.fork():
                signal.pause()
        except OSError:
            os.killpg(0, signal.SIGKILL)
os.close(held)
os.read(alive, 1)
while len([name for name in os.listdir("/proc") if name.isdigit()]) > 4:
    time.sleep(0.001)
sys.exit("refused")
"""


async def test_a_limit_that_was_met_by_processes_that_ended_at_once_is_known(make_runtime: MakeRuntime) -> None:
    async with started(make_runtime(), processes=60) as sandbox:
        assert (await sandbox.run_command(["python3", "-c", ENDS_ITS_CHILDREN])).exit_code == 1
        fault = await sandbox.find_fault()

    assert isinstance(fault, SandboxLimitMet)
    assert "limit of processes" in str(fault)


async def test_a_sandbox_without_its_files_is_what_failed(make_runtime: MakeRuntime, root: Path) -> None:
    async with started(make_runtime(root=root)) as sandbox:
        [directory] = (folder for folder in root.iterdir() if folder.is_dir())
        # What watches the sandbox writes a note into it now and then, also between the last file and the folder.
        while directory.exists():
            with suppress(OSError):
                shutil.rmtree(directory)
        assert isinstance(await sandbox.find_fault(), SandboxGone)


async def look_at_app(sandbox: LocalSandbox, pictures: dict[str, bytes]) -> Findings:
    async with launch_browser(sandbox) as launch:
        return await take_pictures(launch, 8000, path="/", cookies={}, pictures=pictures)


async def test_a_browser_at_work_leaves_enough_processes_to_the_app(runtime: LocalSandboxRuntime) -> None:
    async with started(runtime) as sandbox:
        await sandbox.run_background(["python3", "-m", "http.server", "8000", "--bind", "127.0.0.1"])
        pictures: dict[str, bytes] = {}
        looking = asyncio.create_task(look_at_app(sandbox, pictures))
        most = 0
        while not looking.done():
            most = max(most, sum(map(threads_of, alive_below(int(sandbox.id.split("-")[0])))))
            await asyncio.sleep(0.05)
        seen = await looking
        if seen.skipped:
            pytest.skip(seen.detail)
        assert set(pictures) == {"phone.webp", "wide.webp"}
        assert 0 < most <= SandboxLimits().processes * 2 / 3


async def test_a_fork_bomb_stays_inside_and_ends_with_its_command(runtime: LocalSandboxRuntime) -> None:
    async with started(runtime, processes=100) as sandbox, started(runtime) as neighbour:
        bomb = asyncio.create_task(
            sandbox.run_command(["bash", "-c", "bomb() { bomb | bomb & }; bomb; sleep 60"], timeout_s=1.5)
        )
        assert (await neighbour.run_command(["true"])).exit_code == 0
        assert (await bomb).timed_out

        async with asyncio.timeout(5):
            while len(alive_below(int(sandbox.id.split("-")[0]))) > 1:  # noqa: ASYNC110 - dying tells nobody
                await asyncio.sleep(0)
        assert (await sandbox.run_command(["echo", "alive"])).output == "alive\n"


async def test_four_processes_of_three_gigabytes_do_not_survive(runtime: LocalSandboxRuntime) -> None:
    async with started(runtime, memory_bytes=1024 * MB) as sandbox:
        assert not await holding(sandbox, 3072 * MB, 4)
        await asyncio.wait_for(sandbox.wait_gone(), 20)
        with pytest.raises(SandboxTookTooMuch, match="memory"):
            await sandbox.run_command(["true"])


async def test_memory_is_counted_over_all_processes(make_runtime: MakeRuntime) -> None:
    async with started(make_runtime(launcher=weaker.WithoutMemoryWatch), memory_bytes=256 * MB) as sandbox:
        assert await holding(sandbox, 100 * MB, 4)
    async with started(make_runtime(), memory_bytes=256 * MB) as sandbox:
        assert not await holding(sandbox, 100 * MB, 4)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are x86_64's")
@pytest.mark.parametrize(
    ("code", "times", "megabytes"),
    [
        *((PAGE_TABLES, 1, 320), (SOCKETS, 4, 320), (DATAGRAMS, 1, 320), (HEADLESS, 4, 320)),
        *((LET_GO, 1, 320), (WATCHES, 13, 140), (AREAS, 9, 140)),
    ],
    ids=[
        *("page tables", "sockets", "datagrams", "first threads that ended"),
        *("shared memory let go of", "watches", "areas"),
    ],
)
async def test_memory_that_no_process_shows_is_counted(
    make_runtime: MakeRuntime, code: str, times: int, megabytes: int
) -> None:
    async with started(make_runtime(launcher=weaker.WithoutMemoryWatch), memory_bytes=megabytes * MB) as sandbox:
        assert await survives(sandbox, code, times=times, for_s=1)
    async with started(make_runtime(), memory_bytes=megabytes * MB) as sandbox:
        assert not await survives(sandbox, code, times=times, for_s=25)
        with pytest.raises(SandboxTookTooMuch, match="memory"):
            await sandbox.run_command(["true"])


async def test_a_sandbox_leaves_watched_descriptors_to_the_user_of_the_service(
    make_runtime: MakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in (held, watchdog):
        monkeypatch.setattr(part, "most_watches", lambda: 50_000)
    async with started(make_runtime(launcher=weaker.WithoutMemoryWatch)) as sandbox:
        assert not await survives(sandbox, WATCHES, times=13, for_s=25)
        with pytest.raises(SandboxTookTooMuch, match="epoll"):
            await sandbox.run_command(["true"])


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the number is x86_64's")
async def test_a_process_whose_first_thread_has_ended_ends_with_its_command(sandbox: LocalSandbox) -> None:
    code = """
import ctypes, threading, time
def live():
    time.sleep(0.3)
    print("alone", flush=True)
    while True:
        time.sleep(0.1)
        open("/workspace/beat", "a").write(".")
threading.Thread(target=live).start()
ctypes.CDLL(None).syscall(60, 0)
"""
    alone = asyncio.Event()
    running = asyncio.create_task(
        sandbox.run_command(["python3", "-c", code], on_output=lambda _: alone.set(), timeout_s=50)
    )
    await alone.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    beats = await python(
        sandbox, "import os, time\nopen('beat', 'w')\ntime.sleep(0.5)\nprint(os.stat('beat').st_size)"
    )

    assert beats == "0\n"


async def test_memory_that_processes_share_is_counted_once(runtime: LocalSandboxRuntime) -> None:
    code = """
import os, time
block = bytearray(os.urandom(1 << 20)) * 150
for _ in range(4):
    if os.fork() == 0:
        time.sleep(1)
        os._exit(0)
for _ in range(4):
    os.wait()
print("survived")
"""
    async with started(runtime, memory_bytes=400 * MB) as sandbox:
        assert await python(sandbox, code) == "survived\n"


async def test_memory_that_processes_share_is_counted_once_from_outside_too() -> None:
    code = """
import os, sys
block = bytearray(os.urandom(1 << 20)) * 60
for _ in range(4):
    if os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
print("ready", flush=True)
sys.stdin.read()
"""
    process = await asyncio.create_subprocess_exec(
        "python3", "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdout.readline()
    tasks = [process.pid, *tasks_below(process.pid)]

    assert len(tasks) == 5
    assert 60 * MB < memory_held(tasks, at_most=150 * MB).size < 150 * MB
    process.stdin.close()
    await process.wait()


async def test_one_process_that_takes_too_much_gets_an_error_and_no_more(make_runtime: MakeRuntime) -> None:
    code = "block = bytearray(300 << 20)\nprint('had it')"
    async with started(make_runtime(), memory_bytes=200 * MB) as sandbox:
        assert "MemoryError" in await python(sandbox, code)
        assert (await sandbox.run_command(["true"])).exit_code == 0
    async with started(make_runtime(launcher=weaker.WithoutMemoryLimitOfAProcess)) as sandbox:
        assert await python(sandbox, code) == "had it\n"


async def test_files_in_memory_are_bounded(sandbox: LocalSandbox) -> None:
    command = (
        "head -c 1G /dev/zero >/tmp/big; head -c 1G /dev/zero >/dev/shm/big; stat -c %s /tmp/big /dev/shm/big"
    )

    output = (await sandbox.run_command(["sh", "-c", command])).output

    assert output.count("No space left") == 2
    assert [int(size) // MB for size in output.split()[-2:]] == [256, 64]


async def test_one_file_is_bounded(runtime: LocalSandboxRuntime) -> None:
    async with started(runtime, file_bytes=5 * MB) as sandbox:
        result = await sandbox.run_command(["sh", "-c", "head -c 10M /dev/zero > big; stat -c %s big"])

    assert result.output.endswith(f"{5 * MB}\n")


@pytest.mark.parametrize(
    "command",
    [
        "while :; do n=$((n+1)); head -c 20M /dev/zero > file$n; done",
        "cd; while :; do n=$((n+1)); head -c 20M /dev/zero > file$n; done",
        "mkdir shut; for n in 1 2 3 4 5; do head -c 20M /dev/zero > shut/$n; done; chmod 0 shut; sleep 60",
        "for n in 1 2 3 4 5 6; do exec 9>f; rm f; head -c 20M /dev/zero >&9; sleep 60 & done; sleep 60",
        "python3 -c 'for n in range(30000): open(str(n), \"w\").close()'; sleep 60",
        'python3 -c \'import os\nwhile True: os.mkdir("d"); os.chdir("d")\'',
    ],
    ids=["workspace", "home", "closed directory", "deleted files", "empty files", "endless nesting"],
)
async def test_filling_the_disk_ends_the_sandbox(runtime: LocalSandboxRuntime, command: str) -> None:
    async with started(runtime, disk_bytes=80 * MB) as sandbox:
        with pytest.raises(SandboxTookTooMuch, match=r"disk|deep"):
            await sandbox.run_command(["bash", "-c", command], timeout_s=25)
    assert await runtime.list_ids() == {}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are x86_64's")
@pytest.mark.parametrize("hold", HOLDS.values(), ids=HOLDS.keys())
async def test_files_without_a_name_count_however_they_are_held(runtime: LocalSandboxRuntime, hold: str) -> None:
    code = f"{HOLDING_FILES}\n{hold}\ntime.sleep(50)"
    async with started(runtime, disk_bytes=80 * MB) as sandbox:
        with pytest.raises(SandboxTookTooMuch, match="disk"):
            await sandbox.run_command(["python3", "-c", code], timeout_s=25)


async def test_room_on_the_disk_is_written_when_it_is_reserved(runtime: LocalSandboxRuntime) -> None:
    code = """
import os
fd = os.open("/workspace/big", os.O_RDWR | os.O_CREAT)
os.posix_fallocate(fd, 0, 3 << 20)
print(os.fstat(fd).st_blocks * 512 >> 20, "MB")
libc = __import__("ctypes").CDLL(None, use_errno=True)
print(libc.fallocate(fd, 0, ctypes.c_long(0), ctypes.c_long(64 << 20)), os.strerror(ctypes.get_errno()))
"""
    async with started(runtime) as sandbox:
        assert await python(sandbox, "import ctypes" + code) == "3 MB\n-1 Operation not supported\n"


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for two ordinary sandboxes."""
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=150m", "tmpfs", tmp_path], capture_output=True)
    if made.returncode:
        pytest.skip("mounting a small disk needs root")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


async def test_on_a_full_disk_the_sandbox_ends_that_takes_the_most(
    make_runtime: MakeRuntime, full_disk: Path
) -> None:
    # Each stands for a process of the instance: every one of them watches what it started.
    of_worker, of_previews = (make_runtime(root=full_disk / "sandboxes") for _ in range(2))
    async with (
        started(of_worker, disk_bytes=200 * MB) as greedy,
        started(of_previews, disk_bytes=200 * MB) as modest,
    ):
        assert (await modest.run_command(["sh", "-c", "head -c 40M /dev/zero > file"])).exit_code == 0
        fill = "while :; do n=$((n+1)); head -c 4M /dev/zero > file$n; done"
        with pytest.raises(SandboxTookTooMuch, match="the disk is almost full"):
            await greedy.run_command(["sh", "-c", fill], timeout_s=90)
        assert (await modest.run_command(["wc", "-c", "file"])).output == f"{40 * MB} file\n"


async def test_a_small_app_is_left_alone_by_the_disk_watch(runtime: LocalSandboxRuntime) -> None:
    async with started(runtime, disk_bytes=80 * MB) as sandbox:
        result = await sandbox.run_command(["sh", "-c", "head -c 20M /dev/zero > file; ln file more; sleep 2.5"])

    assert result.exit_code == 0


async def test_what_others_write_ends_no_sandbox(runtime: LocalSandboxRuntime, tmp_path: Path) -> None:
    async with started(runtime, disk_bytes=20 * MB) as sandbox:
        running = asyncio.create_task(sandbox.run_command(["sleep", "3"]))
        for number in range(10):
            await asyncio.sleep(0.25)
            await asyncio.to_thread((tmp_path / f"other-{number}").write_bytes, bytes(4 * MB))
        result = await running

    assert result.exit_code == 0


async def test_a_command_that_burns_its_processor_is_slowed_for_nobody_else(runtime: LocalSandboxRuntime) -> None:
    burn = ["sh", "-c", "while :; do :; done & while :; do :; done & while :; do :; done & wait"]
    async with started(runtime) as hostile, started(runtime) as neighbour:
        running = asyncio.create_task(hostile.run_command(burn, timeout_s=4))
        began = time.monotonic()
        await neighbour.run_command(["true"])
        assert time.monotonic() - began < 3
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
