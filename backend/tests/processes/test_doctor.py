"""The command for trouble answers in words, whatever the trouble is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.adapters.runners.local_servers import find_local_servers
from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.adapters.sandboxes.local.cgroup import find_delegated
from app.core.settings import Settings
from app.processes import doctor as doctor_room
from app.processes.doctor import doctor
from tests.support.scripted_model import HEARD, Say, ScriptedModel


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


def test_it_says_whether_sandboxes_share_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalSandboxRuntime, "gives_own_uids", property(lambda _: False))
    findings = {finding.name: finding for finding in doctor(Settings(data_dir=tmp_path / "data"))}
    assert findings["sandbox"].ok
    assert findings["sandbox"].detail.startswith("all run as one user")

    monkeypatch.setattr(LocalSandboxRuntime, "gives_own_uids", property(lambda _: True))
    findings = {finding.name: finding for finding in doctor(Settings(data_dir=tmp_path / "data"))}
    assert findings["sandbox"].detail == "each has a user of its own"


def test_the_model_is_tried_with_one_cheap_call(tmp_path: Path) -> None:
    with ScriptedModel([HEARD]) as provider:
        told: dict[str, Any] = {"model": "openai-chat:gpt-4o", "model_url": provider.url, "model_key": "sk-secret"}
        findings = {one.name: one for one in doctor(Settings(data_dir=tmp_path / "data", **told))}

    assert findings["model"].ok
    assert findings["model"].detail.startswith("openai-chat:gpt-4o answers (")
    assert "$0.000" in findings["model"].detail
    assert len(provider.asked) == 1


def test_a_key_that_is_refused_is_a_finding_that_does_not_show_it(tmp_path: Path) -> None:
    refusal = Say(status=401, error={"error": {"message": "Incorrect API key: sk-secret"}})
    with ScriptedModel([refusal]) as provider:
        told: dict[str, Any] = {
            "model": "compatible:scripted",
            "model_url": provider.url,
            "model_key": "sk-secret",
        }
        findings = {one.name: one for one in doctor(Settings(data_dir=tmp_path / "data", **told))}

    assert not findings["model"].ok
    assert "refuses the key" in findings["model"].detail
    assert "sk-secret" not in str(findings)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("gpt-5", "PROVIDER:NAME"),
        ("acme:gpt-5", "PROVIDER:NAME"),
        ("compatible:gpt-5", "needs an address"),
        ("anthropic:claude", "needs a key"),
    ],
)
def test_a_model_that_cannot_be_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, why: str
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    findings = {one.name: one for one in doctor(Settings(data_dir=tmp_path / "data", model=model))}
    assert not findings["model"].ok
    assert why in findings["model"].detail


def test_servers_on_the_machine_are_offered() -> None:
    with ScriptedModel([HEARD]) as provider:
        gone = ("vLLM", "compatible", "http://127.0.0.1:9/v1")
        (found,) = find_local_servers([("LM Studio", "compatible", provider.url), gone])
    assert found.settings == f"COFOUNDER_MODEL_URL={provider.url} COFOUNDER_MODEL=compatible:scripted"
