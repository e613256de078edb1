"""The file that tells where an instance runs is believed only while its process lives."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from app.core.paths import DataDir
from app.supervision.instance import Instance, read_instance, write_instance
from app.supervision.process import own_key, process_key


@pytest.fixture
def empty_data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "data")


def instance_of(pid: int, birth: str) -> Instance:
    return Instance.model_validate(
        {
            "pid": pid,
            "birth": birth,
            "api_url": "http://127.0.0.1:1",
            "preview_port": 2,
            "version": "0",
            "started_at": "2026-01-01T00:00:00Z",
        }
    )


def test_a_pid_that_was_used_again_is_not_the_instance(empty_data: DataDir) -> None:
    empty_data.prepare()
    write_instance(empty_data, instance_of(os.getpid(), own_key().birth))
    assert read_instance(empty_data) is not None
    write_instance(empty_data, instance_of(os.getpid(), own_key().birth + "0"))
    assert read_instance(empty_data) is None


def test_a_zombie_is_not_the_instance(empty_data: DataDir) -> None:
    empty_data.prepare()
    with subprocess.Popen(["sleep", "1000"]) as process:
        key = process_key(process.pid)
        assert key is not None
        write_instance(empty_data, instance_of(key.pid, key.birth))
        assert read_instance(empty_data) is not None
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert read_instance(empty_data) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "me"}', "\x00"])
def test_a_file_that_is_no_instance_is_none(empty_data: DataDir, text: str) -> None:
    empty_data.prepare()
    empty_data.instance.write_text(text)
    assert read_instance(empty_data) is None
