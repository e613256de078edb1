"""The demo with nothing faked: databases, worker, sandbox, preview."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.config import load_settings
from app.cli.context import Common, RunningInstance
from app.cli.network import free_pair
from app.processes import find_instance

COMMAND = [sys.executable, "-P", "-m", "app.cli.main", "demo"]


def start(data_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [*COMMAND, *arguments, "--data-dir", str(data_dir)]
    return subprocess.Popen(
        command, text=True, cwd=data_dir.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_goal_becomes_a_running_app_and_nothing_is_left_running(tmp_path: Path) -> None:
    process = start(tmp_path / "data", "A recipe book for my family", "--exit")
    out, talk = process.communicate(timeout=150)
    assert process.returncode == 0, talk
    assert "Built from a blueprint, no AI model." in out
    passed, asked = re.findall(r"Checks passed: (\d+) of (\d+)", out)[0]
    assert passed == asked
    assert re.search(r"^  Time: .* checks [\d.]+ s", out, re.MULTILINE)
    # What it built is not served any more when this is read, so there is a command in place of a link.
    assert re.fullmatch(r"\S+ open [\w-]+ --data-dir .*", out.splitlines()[-1])
    assert "cf_access=" not in out
    assert "/enter?code=" not in talk
    assert find_instance(load_settings(Common(data_dir=tmp_path / "data"))) is None


def test_two_demos_at_once_run_beside_each_other_and_each_takes_its_instance_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One port is wanted by both, and free when each of them looks.
    monkeypatch.setenv("COFOUNDER_PORT", str(free_pair("127.0.0.1")))
    folders = [tmp_path / name for name in ("one", "two")]
    both = [start(folder) for folder in folders]
    instances = [instance_of(process, folder) for process, folder in zip(both, folders, strict=True)]
    assert len({instance.api_url for instance in instances}) == 2
    for process, number in zip(both, (signal.SIGTERM, signal.SIGKILL), strict=True):
        process.send_signal(number)
    for process, instance in zip(both, instances, strict=True):
        process.communicate(timeout=60)
        subprocess.run(["tail", f"--pid={instance.pid}", "-f", "/dev/null"], timeout=60, check=True)


def instance_of(process: subprocess.Popen[str], data_dir: Path) -> RunningInstance:
    """The instance that a demo has started, once it builds."""
    assert process.stderr is not None
    talk = []
    for line in process.stderr:
        talk.append(line)
        if line.startswith("Building"):
            break
    instance: RunningInstance | None = find_instance(load_settings(Common(data_dir=data_dir)))
    assert instance is not None, talk
    return instance
