"""Apps that a model designs, on real parts: the provider is scripted, everything else is as it is for founders."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from app.core.settings import Settings
from app.processes.planning import plan_by_model
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.instance import Instance, eventually
from tests.support.scripted_model import HEARD, Asked, Say, ScriptedModel

KEY: Final = "sk-not-to-be-seen"
FIRST_CALL_S = 240
"""The first start loads the library of the provider, which takes long on a busy machine."""


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedModel]:
    with ScriptedModel([as_text(pool())]) as scripted:
        yield scripted


@pytest.fixture(scope="module")
def designed(tmp_path_factory: pytest.TempPathFactory, provider: ScriptedModel) -> Iterator[Instance]:
    """An instance whose model is the scripted provider."""
    folder: Path = tmp_path_factory.mktemp("designed")
    settings = {"model": "compatible:scripted", "model_url": provider.url, "model_key": KEY}
    with Instance(folder, **settings) as running:
        running.client.timeout = FIRST_CALL_S
        yield running


def test_a_model_designs_an_app_that_becomes_ready(designed: Instance, provider: ScriptedModel) -> None:
    job_id = designed.started(POOL_GOAL)
    ended = designed.await_end(job_id)
    assert ended["status"] == "ready", ended["error_message"]

    build = designed.client.get(f"/api/builds/{job_id}").json()
    assert build["engine"] == "compatible:scripted"
    assert {wish["state"] for wish in build["evidence"]["wishes"]} == {"kept"}
    page = designed.open_preview(designed.status(job_id)["preview_url"])
    assert "Splash Pool" in page.text
    assert len(designs_of(provider)) == 1
    assert provider.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert places_of(KEY, designed) == []

    # A command beside the instance works with its record: what was designed already is not asked again.
    told: dict[str, Any] = {"model": "compatible:scripted", "model_url": provider.url, "model_key": KEY}
    settings = Settings(data_dir=designed.data_dir, **told)
    plan = plan_by_model(settings, POOL_GOAL, say=lambda _: None)
    assert plan.title == "Splash Pool"
    assert len(designs_of(provider)) == 1
    newest = designed.client.get("/api/usage").json()["calls"][0]
    assert (newest["step"], newest["status"], newest["tokens"]) == ("design", "reused", 0)


def test_no_kill_makes_a_call_be_paid_twice(tmp_path: Path) -> None:
    """The worker dies before the first call, during it, and after its answer: each lost call is repeated once."""
    faulty = pool()
    faulty["spec"]["rules"][0]["fields"] = ["starts_at", "ends_at", "pool"]
    held = Say("", hang_s=60)
    answers = iter([held, Say(as_text(faulty)), held, Say(as_text(pool()))])

    def script(asked: Asked, _: int) -> Say:
        return HEARD if is_probe(asked) else next(answers)

    with ScriptedModel(script) as provider:
        # Each kill is a takeover and a fourth would end the job: a lease must not lapse by itself where much runs.
        settings = {"model": "compatible:scripted", "model_url": provider.url, "lease_s": "6"}
        with Instance(tmp_path / "data", **settings) as instance:
            instance.client.timeout = FIRST_CALL_S
            job_id = instance.started(POOL_GOAL)
            instance.await_stage(job_id, "starting")
            instance.named("worker").kill()
            for designs in (1, 3):  # the calls that are held back
                eventually(partial(_has_designs, provider, designs), within_s=FIRST_CALL_S)
                instance.named("worker").kill()

            assert instance.await_end(job_id, within_s=240)["status"] == "ready", instance.status(job_id)

            calls = instance.client.get("/api/usage", params={"job_id": job_id}).json()["calls"]
            told = [(call["step"], call["try_number"], call["status"]) for call in reversed(calls)]
            assert told == [
                ("design", 1, "lost"),
                ("design", 2, "answered"),
                ("repair 1", 1, "lost"),
                ("repair 1", 2, "answered"),
            ]
            assert len(designs_of(provider)) == len(calls)
            answered = [call for call in calls if call["status"] == "answered"]
            billed = provider.output_tokens - len(HEARD.text) // 4  # of the probe, which belongs to no build
            assert sum(call["output_tokens"] for call in answered) == billed


def test_cancel_closes_the_call_and_no_other_comes(tmp_path: Path) -> None:
    with ScriptedModel(lambda asked, _: HEARD if is_probe(asked) else Say("", hang_s=60)) as provider:
        settings = {"model": "compatible:scripted", "model_url": provider.url}
        with Instance(tmp_path / "data", **settings) as instance:
            instance.client.timeout = FIRST_CALL_S
            job_id = instance.started(POOL_GOAL)
            eventually(lambda: designs_of(provider), within_s=FIRST_CALL_S)

            cancelled = time.monotonic()
            assert instance.client.post(f"/api/generation/{job_id}/cancel").status_code == 200

            (asked,) = designs_of(provider)
            eventually(lambda: asked.was_dropped_after_s, within_s=5)
            assert asked.was_dropped_after_s is not None
            assert asked.at + asked.was_dropped_after_s - cancelled < 1
            eventually(lambda: call_of(instance, job_id)["status"] == "failed", within_s=5)
            assert call_of(instance, job_id)["error"] == "cancelled"
            assert len(designs_of(provider)) == 1


def places_of(secret: str, instance: Instance) -> list[str]:
    """Where somebody could read a secret: a command line, the environment of a sandbox, a file, an answer."""
    found = [f"command line of {one.pid}" for one in instance.tree() if secret in " ".join(one.cmdline())]
    sandboxed = instance.sandboxed("preview")
    assert sandboxed
    found += [f"environment of {one.pid}" for one in sandboxed if secret in environment_of(one)]
    found += [str(path) for path in files_of(instance.data_dir) if secret.encode() in content_of(path)]
    builds = [
        item for project in listed(instance, "/api/projects") for item in listed(instance, builds_of(project))
    ]
    assert builds
    pages = [f"/api/builds/{item['job_id']}{part}" for item in builds for part in ("", "/export", "/evidence")]
    pages += ["/api/usage", "/api/models", "/api/meta"]
    return found + [page for page in pages if secret.encode() in instance.client.get(page).content]


def environment_of(process: psutil.Process) -> str:
    """What a process was started with, as far as this user can read it: a sandbox shuts its own off."""
    with suppress(psutil.AccessDenied):
        return str(process.environ())
    return ""


def files_of(folder: Path) -> Iterator[Path]:
    """Every file that stays while it is looked for: servers and sandboxes make and remove their own meanwhile."""
    for place, _, names in os.walk(folder):
        yield from (path for name in names if (path := Path(place, name)).is_file())


def content_of(path: Path) -> bytes:
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


def listed(instance: Instance, path: str) -> list[dict[str, Any]]:
    return list(instance.client.get(path).json()["items"])


def builds_of(project: dict[str, Any]) -> str:
    return f"/api/projects/{project['id']}/builds"


def call_of(instance: Instance, job_id: str) -> dict[str, object]:
    (call,) = instance.client.get("/api/usage", params={"job_id": job_id}).json()["calls"]
    return dict(call)


def is_probe(asked: Asked) -> bool:
    return len(str(asked.body)) < 1_000


def designs_of(provider: ScriptedModel) -> list[Asked]:
    return [asked for asked in provider.asked if not is_probe(asked)]


def _has_designs(provider: ScriptedModel, count: int) -> bool:
    return len(designs_of(provider)) == count
