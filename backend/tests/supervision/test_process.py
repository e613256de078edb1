"""Logs that stay small, and commands that end with their owner."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from signal import SIGKILL

from app.supervision.process import LOG_CAP, open_log, process_key, rotate_log, tail, tied, wait_until


def test_a_log_over_the_cap_is_moved_aside_at_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "api.log"
    for block in (b"old" * LOG_CAP, b"new"):
        with open_log(log) as out:
            out.write(block)
    assert log.read_bytes() == b"new"
    assert (tmp_path / "logs" / "api.log.1").stat().st_size == 3 * LOG_CAP


def test_a_log_under_the_cap_goes_on(tmp_path: Path) -> None:
    for block in (b"one\n", b"two\n"):
        with open_log(tmp_path / "api.log") as out:
            out.write(block)
    assert tail(tmp_path / "api.log", 1) == "two"
    assert (tmp_path / "api.log").read_bytes() == b"one\ntwo\n"


def test_a_tied_command_does_not_start_under_another_owner() -> None:
    command = f"import subprocess; subprocess.run({tied(['/bin/sleep', '1000'], death_signal=SIGKILL)!r})"
    # The owner is named in the command, so a command that finds another parent ends by itself.
    with subprocess.Popen([sys.executable, "-c", command]) as impostor:
        assert impostor.wait(timeout=10) == 0


def test_a_process_that_ended_has_no_key() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        key = process_key(process.pid)
        assert key is not None
        assert key.alive
        process.kill()
        assert wait_until(lambda: not key.alive, seconds=5)
    assert process_key(process.pid) != key


def test_a_log_that_grows_too_large_begins_anew_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with open_log(log) as out:
        for round_ in ("one", "two", "three"):
            out.write(round_.encode() * 100)
            out.flush()
            rotate_log(log, cap=200)
        out.write(b"end")
        out.flush()

    assert log.read_bytes() == b"end"
    assert (tmp_path / "api.log.1").read_bytes() == b"three" * 100
    assert (tmp_path / "api.log.1").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["api.log", "api.log.1"]


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    rotate_log(tmp_path / "none.log")
    (tmp_path / "api.log").write_bytes(b"some")
    rotate_log(tmp_path / "api.log")

    assert [path.name for path in tmp_path.iterdir()] == ["api.log"]
