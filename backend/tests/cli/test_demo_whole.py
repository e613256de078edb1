"""The demo with nothing faked: databases, worker, sandbox, preview."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.config import load_settings
from app.cli.context import Common
from app.processes import find_instance

COMMAND = [sys.executable, "-P", "-m", "app.cli.main", "demo"]


def start(data_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [*COMMAND, *arguments, "--data-dir", str(data_dir)]
    return subprocess.Popen(
        command, text=True, cwd=data_dir.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_goal_becomes_a_running_app_and_nothing_is_left_running(tmp_path: Path) -> None:
    process = start(tmp_path / "data", "A recipe book for my family", "--exit", "--json")
    out, talk = process.communicate(timeout=150)
    assert process.returncode == 0, talk
    build = json.loads(out)
    assert build["status"] == "ready"
    assert build["engine"] == "blueprint"
    assert all(check["ok"] for check in build["evidence"]["checks"])
    assert "checks" in build["stage_seconds"]
    assert find_instance(load_settings(Common(data_dir=tmp_path / "data"))) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_ended_takes_its_instance_with_it(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path / "data")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Building"):
            break
    instance = find_instance(load_settings(Common(data_dir=tmp_path / "data")))
    assert instance is not None
    process.send_signal(number)
    process.communicate(timeout=60)
    subprocess.run(["tail", f"--pid={instance.pid}", "-f", "/dev/null"], timeout=60, check=True)
