"""Apps that a model designs, on real parts: the provider is scripted, everything else is as it is for founders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.instance import Instance
from tests.support.scripted_model import ScriptedModel


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedModel]:
    with ScriptedModel([as_text(pool())]) as scripted:
        yield scripted


@pytest.fixture(scope="module")
def designed(tmp_path_factory: pytest.TempPathFactory, provider: ScriptedModel) -> Iterator[Instance]:
    """An instance whose model is the scripted provider."""
    folder: Path = tmp_path_factory.mktemp("designed")
    settings = {"model": "compatible:scripted", "model_url": provider.url, "model_key": "sk-not-to-be-seen"}
    with Instance(folder, **settings) as running:
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
    assert len(provider.asked) == 1
    assert provider.asked[0].headers["authorization"] == "Bearer sk-not-to-be-seen"
