"""The command for trouble answers in words, whatever the trouble is."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.adapters.sandboxes.local.cgroup import find_delegated
from app.core.settings import Settings
from app.processes import doctor as doctor_room
from app.processes.doctor import doctor


def test_a_look_that_breaks_is_a_finding_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise FileNotFoundError(2, "No such file", "sandboxes/1/workspace")

    monkeypatch.setattr(doctor_room, "sandbox_runtime", broken)

    findings = {finding.name: finding for finding in doctor(Settings(data_dir=tmp_path / "data"))}

    assert not findings["sandbox"].ok
    assert "FileNotFoundError" in findings["sandbox"].detail
    assert findings["data directory"].ok


def test_a_full_disk_is_named(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * (2 << 20))

    findings = {finding.name: finding for finding in doctor(Settings(data_dir=small_disk / "data"))}

    assert findings["disk"].detail.startswith("the disk is full: 0 MB free")
    assert findings["sandbox"].detail == "the disk is full, so this could not be tried"
    assert {finding.remedy for finding in findings.values() if not finding.ok} == {
        "Make room on the disk, then: cofounder doctor"
    }


def test_it_says_whether_the_kernel_limits_the_memory_of_sandboxes(tmp_path: Path) -> None:
    findings = {finding.name: finding for finding in doctor(Settings(data_dir=tmp_path / "data"))}

    assert findings["sandbox memory"].ok
    expected = "limited by the kernel" if find_delegated() else "watched, not limited by the kernel"
    assert findings["sandbox memory"].detail.startswith(expected)
