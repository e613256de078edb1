"""From a goal to a running app on real parts: Postgres, Valkey, worker, sandbox, proxy."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.support.instance import Instance, eventually

STAGES = [
    ("queued", "Queued..."),
    ("starting", "Starting..."),
    ("scaffold", "Scaffolding workspace..."),
    ("code", "Writing code..."),
    ("deps", "Installing dependencies..."),
    ("checks", "Running checks..."),
    ("ready", "Build complete!"),
]


def test_a_goal_becomes_a_running_app_and_a_rerun_leaves_it_alone(instance: Instance) -> None:
    project = instance.project("Pottery")
    first = instance.started("An app to lend out the tools of a pottery studio", project)
    seen = [(data["status"], data["label"]) for kind, data in instance.events(first) if kind == "status"]
    assert seen == STAGES
    before = instance.status(first)
    page = instance.open_preview(before["preview_url"])
    assert page.status_code == 200
    assert "pottery" in page.text.lower()

    viewed = [instance.client.post(f"/api/generation/{first}/preview-viewed").json() for _ in range(2)]
    assert [one["status"] for one in viewed] == ["gate_created", "gate_already_created"]
    blocked = instance.start_build(project, "The same with reminders")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "gate_pending")
    gate = viewed[0]["gate_id"]
    assert instance.client.post(f"/api/gates/{gate}/resolve", json={"decision": "iterate"}).status_code == 200

    answer = instance.start_build(project, "An app to lend out the tools of a pottery studio, with reminders")
    assert answer.json()["build_version"] == "build_v0_2"
    second = answer.json()["job_id"]
    assert instance.await_end(second)["status"] == "ready"

    assert instance.open_preview(instance.status(second)["preview_url"]).status_code == 200
    again = instance.open_preview(instance.status(first)["preview_url"])
    assert again.status_code == 200
    digests = {instance.client.get(f"/api/builds/{job}").json()["digest"] for job in (first, first)}
    assert digests == {instance.client.get(f"/api/builds/{first}").json()["digest"]}
    archive = instance.client.get(f"/api/builds/{first}/export")
    assert archive.status_code == 200
    assert archive.content[:2] == b"PK"


@pytest.mark.parametrize("size", [1_000_000, 6_000_000])
def test_who_sends_far_too_much_still_reads_why_it_was_refused(instance: Instance, size: int) -> None:
    project = instance.project()
    for _ in range(5):
        answer = instance.start_build(project, "x" * size)
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def test_a_preview_without_its_link_is_refused(instance: Instance) -> None:
    job_id = instance.started("A guest list for a wedding")
    assert instance.await_end(job_id)["status"] == "ready"

    answer = httpx2.get(
        f"http://127.0.0.1:{instance.port + 1}/",
        headers={"Host": f"build-{job_id}.localhost:{instance.port + 1}"},
        trust_env=False,
    )

    assert answer.status_code == 403


@pytest.mark.parametrize("stage", ["code", "deps"])
def test_cancel_stops_the_work_and_the_sandbox(instance: Instance, stage: str) -> None:
    folders = instance.data_dir / "sandboxes"
    before = set(folders.iterdir())
    job_id = instance.started("A tracker for the bees of an allotment club")
    instance.await_stage(job_id, stage)
    assert set(folders.iterdir()) - before
    sandboxed = instance.sandboxed("worker")
    assert sandboxed

    answer = instance.client.post(f"/api/generation/{job_id}/cancel")
    answered = time.monotonic()

    assert answer.status_code == 200
    _, alive = psutil.wait_procs(sandboxed, timeout=2)
    assert not alive
    eventually(lambda: set(folders.iterdir()) <= before, within_s=2)
    assert time.monotonic() - answered < 2.5
    status = instance.status(job_id)
    assert (status["status"], status["error_message"]) == ("failed", "Cancelled by user")
    assert instance.client.post(f"/api/generation/{job_id}/cancel").status_code == 409
    states = [data["status"] for kind, data in instance.events(job_id) if kind == "status"]
    assert states[-1] == "failed"
    assert not instance.sandboxed("worker")


def test_killing_the_worker_does_not_lose_the_build(fragile: Instance) -> None:
    job_id = fragile.started("A rota for the volunteers of a food bank")
    fragile.await_stage(job_id, "deps")

    fragile.named("worker").kill()

    assert fragile.await_end(job_id)["status"] == "ready"
    assert fragile.open_preview(fragile.status(job_id)["preview_url"]).status_code == 200
    numbers = [data["seq"] for kind, data in fragile.events(job_id) if kind != "end"]
    assert numbers == list(range(1, len(numbers) + 1))


def test_killing_everything_does_not_lose_the_build(fragile: Instance) -> None:
    job_id = fragile.started("A catalogue of the records of a jazz club")
    fragile.await_stage(job_id, "deps")

    fragile.kill_everything()
    fragile.start()

    assert fragile.await_end(job_id)["status"] == "ready"
    assert fragile.open_preview(fragile.status(job_id)["preview_url"]).status_code == 200


def test_a_stopped_instance_leaves_no_process_and_starts_again_with_everything(fragile: Instance) -> None:
    job_id = fragile.started("A calendar of the concerts of a village hall")
    assert fragile.await_end(job_id)["status"] == "ready"
    processes = fragile.tree()

    began = time.monotonic()
    fragile.stop()
    stopped_after = time.monotonic() - began
    _, alive = psutil.wait_procs(processes, timeout=5)
    fragile.start()

    assert not alive
    assert stopped_after < 9, "a process waited for its kill"
    assert fragile.open_preview(fragile.status(job_id)["preview_url"]).status_code == 200


def test_a_worker_joins_an_instance_that_has_none_builds_and_leaves(tmp_path: Path) -> None:
    with Instance(tmp_path / "data", workers="0") as instance:
        job = instance.started("An app to lend out the tools of a garden club")
        assert instance.status(job)["status"] == "queued"
        command = [sys.executable, "-m", "app.cli.main", "worker", "--data-dir", str(instance.data_dir)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as worker:
            try:
                assert instance.await_end(job)["status"] == "ready"
            finally:
                worker.send_signal(signal.SIGINT)
            assert worker.wait(20) == 0
