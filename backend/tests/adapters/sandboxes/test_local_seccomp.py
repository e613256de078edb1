"""The filter of system calls, run here by a small interpreter for processors that this machine is not."""

from __future__ import annotations

import errno
import struct

import pytest

from app.adapters.sandboxes.local.seccomp import MACHINES, UnknownMachine, build

ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
NEW_USER, NEW_NET = 0x10000000, 0x40000000
NAMES = ("read", "socket", "clone", "execve", "ioctl", "ptrace", "mount", "bpf")
CALLS = {
    "x86_64": dict(zip(NAMES, (0, 41, 56, 59, 16, 101, 165, 321), strict=True)),
    "aarch64": dict(zip(NAMES, (63, 198, 220, 221, 29, 117, 40, 280), strict=True)),
}
SHARED = ("semget", "semop", "semctl", "semtimedop", "io_setup", "io_submit", "io_pgetevents", "inotify_init1")
SHARED_CALLS = {
    # The older way to watch files is there on x86_64 alone.
    "x86_64": dict(zip(SHARED, (64, 65, 66, 220, 206, 209, 333, 294), strict=True)) | {"inotify_init": 253},
    "aarch64": dict(zip(SHARED, (190, 193, 191, 192, 0, 2, 292, 26), strict=True)),
}
FALLOCATE = {"x86_64": 285, "aarch64": 47}
BOTH = {"io_uring_setup": 425, "clone3": 435, "pidfd_getfd": 438, "close_range": 436}


def run(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the kernel would do with this call."""
    own = MACHINES[machine].audit if audit is None else audit
    data = struct.pack("=IIQ6Q", number, own, 0, *(*arguments, *([0] * (6 - len(arguments)))))
    program = list(struct.iter_unpack("=HBBI", build(machine)))
    place = accumulator = 0
    while True:
        code, if_true, if_false, value = program[place]
        place += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            accumulator = struct.unpack_from("=I", data, value)[0]
            continue
        holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
        place += if_true if holds else if_false


@pytest.mark.parametrize("machine", MACHINES)
def test_what_every_program_needs_is_allowed(machine: str) -> None:
    calls = CALLS[machine]
    for name in ("read", "execve"):
        assert run(machine, calls[name]) == ALLOW
    for family in (1, 2, 10, 16):
        assert run(machine, calls["socket"], family) == ALLOW
    assert run(machine, calls["clone"], 0x01200011) == ALLOW
    assert run(machine, calls["ioctl"], 0, 0x5401) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_what_only_an_attack_needs_is_refused(machine: str) -> None:
    calls = CALLS[machine] | BOTH
    for name in ("ptrace", "mount", "bpf", "io_uring_setup", "pidfd_getfd"):
        assert run(machine, calls[name]) == FAIL | errno.EPERM, name
    assert run(machine, calls["clone3"]) == FAIL | errno.ENOSYS
    for flag in (NEW_USER, NEW_NET, NEW_USER | 0x11):
        assert run(machine, calls["clone"], flag) == FAIL | errno.EPERM
    for family in (17, 38, 40):
        assert run(machine, calls["socket"], family) == FAIL | errno.EAFNOSUPPORT
    for request in (0x5412, 0x541C):
        assert run(machine, calls["ioctl"], 0, request) == FAIL | errno.EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_what_takes_from_the_user_or_the_machine_is_refused(machine: str) -> None:
    for name, number in SHARED_CALLS[machine].items():
        assert run(machine, number) == FAIL | errno.EPERM, name


@pytest.mark.parametrize("machine", MACHINES)
def test_room_on_the_disk_cannot_be_reserved_without_writing(machine: str) -> None:
    assert run(machine, FALLOCATE[machine]) == FAIL | errno.EOPNOTSUPP


@pytest.mark.parametrize("machine", MACHINES)
def test_threads_share_one_table_of_descriptors(machine: str) -> None:
    """Else what one of them holds open would be listed nowhere."""
    thread, files, unshare = 0x10000, 0x400, 2
    assert run(machine, CALLS[machine]["clone"], thread | files) == ALLOW
    assert run(machine, CALLS[machine]["clone"], thread) == FAIL | errno.EPERM
    assert run(machine, BOTH["close_range"], 3, 9, 0) == ALLOW
    assert run(machine, BOTH["close_range"], 3, 9, unshare) == FAIL | errno.EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_by_another_numbering_are_not_let_in(machine: str) -> None:
    assert run(machine, 11, audit=0x40000003) == KILL
    if MACHINES[machine].has_x32:
        assert run(machine, 0x40000000 | 101) == FAIL | errno.ENOSYS


def test_a_processor_without_a_table_is_refused() -> None:
    with pytest.raises(UnknownMachine):
        build("sparc")
