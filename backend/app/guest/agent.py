"""PID 1 of a sandbox: runs commands, writes files, hands out sockets, and ends everything with its host.

Standard library only: it runs on whatever interpreter is visible inside. Each packet on the control socket is one
JSON object with the file descriptors that belong to it; every request is answered once, by its `id`.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
import time

# Importing pathlib, or typing, would take a quarter of the time in which a sandbox is ready.
# ruff: noqa: PTH101, PTH103, PTH105, PTH108, PTH120, PTH208

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    Message = dict[str, Any]  # what JSON gives
    Status = dict[bytes, int]

WORKSPACE = "/workspace"
LOOK_S = 0.15
NEAR, NEAR_SHARE = 3, 16
"""A count within 3 and a sixteenth of its limit has probably met the limit between two looks."""
MANY = 1 << 30
STATUS = (b"VmRSS", b"VmPTE", b"Threads", b"FDSize")
"""What is read of a process: kilobytes resident and in page tables, threads, places for open files."""
DYING_MS = 2000
FEW_SOCKETS = 16
DATAGRAMS_WAITING = 10
"""The kernel lets no more wait for one receiver, and each may be of another sender's buffer."""
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 36, 38
REPORT_FD, OUTPUT_FD, ENDED_FD = 3, 4, 5

libc = ctypes.CDLL(None, use_errno=True)


class Agent:
    """Answers the host until it goes away or the memory is used up."""

    def __init__(self, control: socket.socket, memory_bytes: int) -> None:
        self.control = control
        self.memory_bytes = memory_bytes
        self.supervisors: dict[int, int] = {}
        """Process id of what runs for a request -> the request's id."""
        self.reports: dict[int, int] = {}
        """Read end of the pipe that tells how a request went -> the request's id."""
        self.limits: dict[str, int] = {}
        """Of each command's processes, as the newest command has them."""
        self.met: set[str] = set()
        """The limits among them that were met: the kernel tells only the program that was refused."""
        self.ended, self.ended_writer = os.pipe()
        """Holds a byte for each orphan that a supervisor has collected since the last look."""
        for end in (self.ended, self.ended_writer):
            os.set_blocking(end, False)
        self.frozen = False
        self.looked = 0.0

    def serve(self) -> NoReturn:
        control = self.control.fileno()
        wake, writer = os.pipe()
        for end in (wake, writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writer)
        # The wake-up descriptor is written to only for signals that have a handler in Python.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.send({"ev": "ready"})
        while True:
            waiting = None if self.frozen or not self.supervisors else LOOK_S
            ready, _, _ = select.select([control, wake, *self.reports], [], [], waiting)
            if wake in ready:
                os.read(wake, 4096)
                self.reap()
            for fd in [fd for fd in self.reports if fd in ready]:
                self.report(fd)
            if control in ready:
                self.receive()
            self.watch_resources()

    def send(self, message: Message, fds: tuple[int, ...] = ()) -> None:
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        while True:
            try:
                self.control.sendmsg([json.dumps(message).encode()], ancillary)
            except BlockingIOError:
                select.select([], [self.control], [])
            else:
                return

    def receive(self) -> None:
        try:
            data, ancillary, _, _ = self.control.recvmsg(
                1 << 18, socket.CMSG_SPACE(64), socket.MSG_CMSG_CLOEXEC | socket.MSG_DONTWAIT
            )
        except BlockingIOError:
            return
        if not data:
            # The host has hung up. When PID 1 ends, the kernel ends everything else in here.
            os._exit(0)
        fds = array.array("i")
        for _, _, raw in ancillary:
            # The kernel may have cut the list in the middle of a number.
            fds.frombytes(raw[: len(raw) - len(raw) % fds.itemsize])
        message = json.loads(data)
        try:
            self.handle(message, list(fds))
        except OSError as error:
            self.send({"id": message["id"], "error": str(error), "errno": error.errno})
        finally:
            for fd in fds:
                os.close(fd)

    def handle(self, message: Message, fds: list[int]) -> None:
        match message["op"]:
            case "run":
                self.limits = message["limits"]
                self.spawn(message, fds[0], supervise)
            case "write":
                self.spawn(message, fds[0], write_files)
            case "end":
                self.end(message["request"])
                self.send({"id": message["id"]})
            case "freeze" | "thaw" as op:
                self.signal_all(signal.SIGSTOP if op == "freeze" else signal.SIGCONT)
                self.frozen = op == "freeze"
                self.send({"id": message["id"]})
            case "met":
                self.look()
                self.send({"id": message["id"], "met": sorted(self.met)})
            case "socket":
                with socket.socket() as sock:
                    self.send({"id": message["id"]}, (sock.fileno(),))
            case "listen":
                with socket.create_server(("127.0.0.1", message["port"]), backlog=512) as sock:
                    self.send({"id": message["id"]}, (sock.fileno(),))

    def spawn(self, message: Message, fd: int, work: Any) -> None:  # Any: one of the two functions below
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            enter_child(write, fd, self.ended_writer)
            run_child(work, message)
        os.close(write)
        self.supervisors[pid] = message["id"]
        self.reports[read] = message["id"]

    def report(self, fd: int) -> None:
        """Pass on how a request went; a supervisor that said nothing was killed by the code it supervised."""
        text = os.read(fd, 65536)
        os.close(fd)
        request = self.reports.pop(fd)
        if not self.frozen:
            # Whoever was refused a program or a file fails at once, while those that have them all still run.
            self.look()
        self.send({"id": request, **(json.loads(text) if text else {"code": -signal.SIGKILL})})

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self.supervisors.pop(pid, None) is not None and status:
                self.end_strays()

    def end(self, request: int) -> None:
        for pid in [pid for pid, owner in self.supervisors.items() if owner == request]:
            end_below(pid)
            # The supervisor itself may be frozen, and has to collect its dead before the request is answered.
            kill(pid, signal.SIGCONT)
            wait_below(pid)

    def end_strays(self) -> None:
        """Only a murdered supervisor leaves children to PID 1, so whatever else hangs there goes with it."""
        for pid in [pid for pid, parent in parents().items() if parent == 1 and pid not in self.supervisors]:
            end_below(pid)
            kill(pid, signal.SIGKILL)

    def signal_all(self, number: int) -> None:
        kill(-1, number)

    def watch_resources(self) -> None:
        if not self.frozen and self.supervisors and time.monotonic() - self.looked >= LOOK_S:
            self.look()

    def look(self) -> None:
        self.looked = time.monotonic()
        statuses = {pid: read_status(pid) for pid in processes()}
        self.note_met(statuses)
        if over_memory(self.memory_bytes, statuses):
            self.send({"ev": "over", "what": "memory"})
            os._exit(1)

    def note_met(self, statuses: dict[int, Status]) -> None:
        most = self.limits.get("RLIMIT_NPROC", MANY)
        # A program that multiplies and ends at once counts until it is collected, and then no look finds it.
        count = sum(status[b"Threads"] for status in statuses.values()) + self.count_ended()
        if count > most - NEAR - most // NEAR_SHARE:
            self.met.add("processes")
        most = self.limits.get("RLIMIT_NOFILE", MANY)
        for pid, status in statuses.items():
            # The table doubles as it grows, so most processes need not be looked at more closely.
            if status[b"FDSize"] * 2 > most and count_open_files(pid) > most - NEAR - most // NEAR_SHARE:
                self.met.add("open files")

    def count_ended(self) -> int:
        try:
            return len(os.read(self.ended, 65536))
        except BlockingIOError:
            return 0


def kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read_proc(pid: int, name: str) -> bytes:
    """Empty when the process is gone or does not let itself be looked at."""
    try:
        # Many are read many times a second, and a file object takes longer than its reading.
        descriptor = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        parts = []
        while part := os.read(descriptor, 65536):
            parts.append(part)
        return b"".join(parts)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def parents() -> dict[int, int]:
    """Process id -> parent's, of every process in here but this one and those that only wait to be reaped."""
    parent_of = {}
    for pid in processes():
        fields = read_proc(pid, "stat").rpartition(b")")[2].split()
        # Where only the first thread has ended the others go on.
        if pid != 1 and fields and (fields[0] not in b"ZX" or int(fields[17]) > 1):
            parent_of[pid] = int(fields[1])
    return parent_of


def processes_below(root: int) -> set[int]:
    tree = parents()
    descendants: set[int] = set()
    level = {root}
    while level:
        level = {pid for pid, parent in tree.items() if parent in level and pid not in descendants}
        descendants |= level
    return descendants


def end_below(root: int) -> None:
    """Stop everything first: what is stopped cannot fork while the rest is being found."""
    stopped: set[int] = set()
    while fresh := processes_below(root) - stopped:
        for pid in fresh:
            kill(pid, signal.SIGSTOP)
        stopped |= fresh
    for pid in stopped:
        kill(pid, signal.SIGKILL)


def wait_below(root: int) -> None:
    """A process that has been killed goes on until it runs next: it may still hold a port until then."""
    for _ in range(DYING_MS):
        if not processes_below(root):
            return
        time.sleep(0.001)


def over_memory(limit: int, statuses: dict[int, Status]) -> bool:
    """True when all processes together hold more; pages that they share are counted once before it is said."""
    tasks = [task for pid, status in statuses.items() if (task := task_with_memory(pid, status))]
    used = sum(space_used(path) for path in ("/tmp", "/dev/shm")) + socket_bytes()
    used += sum(status[b"VmPTE"] for _, status in tasks) * 1024
    if used + sum(status[b"VmRSS"] for _, status in tasks) * 1024 <= limit:
        return False
    return used + sum(proportional_bytes(task) for task, _ in tasks) > limit


def space_used(path: str) -> int:
    space = os.statvfs(path)
    return (space.f_blocks - space.f_bfree) * space.f_frsize


def task_with_memory(pid: int, status: Status) -> tuple[int, Status] | None:
    """The process, or a thread of it that goes on after the first has ended; None for neither."""
    if has_memory(status):
        return pid, status
    try:
        threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return None
    statuses = ((thread, read_status(thread)) for thread in threads)
    return next(((thread, status) for thread, status in statuses if has_memory(status)), None)


def has_memory(status: Status) -> bool:
    return bool(status[b"VmRSS"] or status[b"VmPTE"])


def read_status(task: int) -> Status:
    """The figures of STATUS, nought where the process is gone."""
    status = read_proc(task, "status")
    return {name: figure_in(status, name) for name in STATUS}


def figure_in(status: bytes, name: bytes) -> int:
    # From the beginning of a line: a process may call itself as it likes, but not in two lines.
    words = status.partition(b"\n" + name + b":")[2].split(None, 1)
    return int(words[0]) if words else 0


def count_open_files(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def proportional_bytes(task: int) -> int:
    for line in read_proc(task, "smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return read_status(task)[b"VmRSS"] * 1024


def socket_bytes() -> int:
    """The most that waits in sockets: as the kernel says, and for a local one what it may hold."""
    words = read_proc(1, "net/sockstat").split()
    if len(words) < 3 or int(words[2]) <= FEW_SOCKETS:
        return 0
    with socket.socket(socket.AF_UNIX) as sample:
        # The kernel cuts this down to the most that it grants, and tells that twofold: its own accounts are part
        # of it.
        sample.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)
        buffer = sample.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    total = 0
    for line in table_of("unix"):
        # A receiver's queue outlives the senders.
        total += buffer * DATAGRAMS_WAITING if line[4] == b"0002" else buffer
    for line in table_of("netlink"):
        total += int(line[4]) + int(line[5])
    for name in ("tcp", "tcp6", "udp", "udp6"):
        for line in table_of(name):
            sent, _, received = line[4].partition(b":")
            # A queue's bytes lie in blocks that are up to twice as large.
            total += 2 * (int(sent, 16) + int(received, 16))
    return total


def table_of(name: str) -> list[list[bytes]]:
    """The sockets of this kind in the sandbox, each as the words of its line."""
    return [line.split() for line in read_proc(1, f"net/{name}").splitlines()[1:]]


def enter_child(report: int, descriptor: int, ended: int) -> None:
    """Keep the pipes to report on and the descriptor that came with the request, nothing else of the agent's."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    copies = [os.dup(fd) for fd in (report, descriptor, ended)]
    # By way of high numbers: 3, 4 or 5 may be the very descriptor that has yet to be moved.
    high = [os.dup2(fd, 200 + number, inheritable=False) for number, fd in enumerate(copies)]
    for number, fd in zip((REPORT_FD, OUTPUT_FD, ENDED_FD), high, strict=True):
        os.dup2(fd, number, inheritable=False)
    os.closerange(ENDED_FD + 1, 1024)


def run_child(work: Any, message: Message) -> NoReturn:  # Any: see spawn
    try:
        work(message)
    except OSError as error:
        tell({"error": str(error), "errno": error.errno})
    finally:
        os._exit(0)


def tell(message: Message) -> None:
    os.write(REPORT_FD, json.dumps(message).encode())


def supervise(message: Message) -> None:
    """Stay the parent of whatever the command leaves running, so that a time-out finds all of it."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    command = os.fork()
    if command == 0:
        execute(message)
    os.close(OUTPUT_FD)
    while True:
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return
        if pid == command:
            tell({"code": os.waitstatus_to_exitcode(status)})
            os.close(REPORT_FD)
        else:
            # A full pipe says already that there were more than any limit.
            with contextlib.suppress(BlockingIOError):
                os.write(ENDED_FD, b".")


def execute(message: Message) -> NoReturn:
    try:
        os.setsid()
        # Python ignores these two, and a program would inherit that.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(OUTPUT_FD, 1)
        os.dup2(OUTPUT_FD, 2)
        os.chdir(WORKSPACE)
        for name, value in message["limits"].items():
            resource.setrlimit(getattr(resource, name), (value, value))
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        os.execvpe(message["argv"][0], message["argv"], message["env"])
    except (OSError, ValueError) as error:
        os.write(2, f"sandbox: cannot run {message['argv'][0]!r}: {error}\n".encode(errors="replace"))
    finally:
        os._exit(127)


def write_files(message: Message) -> None:
    """Lay down the files whose table of path, size and mode stands before their content."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (message["file_bytes"],) * 2)
    with os.fdopen(OUTPUT_FD, "rb") as source:
        for path, size, mode in json.loads(source.readline()):
            write_file(f"{WORKSPACE}/{path}", source.read(size), mode)
    tell({})


def write_file(path: str, content: bytes, mode: int) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    draft = f"{folder}/.{os.getpid()}.draft"
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        os.chmod(draft, mode)
        os.replace(draft, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def main() -> NoReturn:
    fd, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    # The code that runs here has the same uid: without this it could read this process and take its socket.
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.umask(0o022)
    os.set_inheritable(fd, False)
    Agent(socket.socket(fileno=fd), memory_bytes).serve()


if __name__ == "__main__":
    main()
