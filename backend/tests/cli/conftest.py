"""The command line under test, and the API that it talks to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.fake_api import (
    JOB,
    PROJECT,
    TOKEN,
    Answer,
    Cli,
    FakeApi,
    FakeInstance,
    FakeWiring,
    finished,
    sse,
    story,
)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    thread = threading.Thread(target=fake.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    fake.server.shutdown()
    thread.join()
    fake.server.server_close()


@pytest.fixture
def cli(api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    monkeypatch.setenv("COFOUNDER_DATA_DIR", str(data_dir))
    (data_dir / "token").write_text(TOKEN + "\n")
    return Cli(data_dir, FakeWiring(FakeInstance(api.url)))


@pytest.fixture
def buildable(api: FakeApi) -> FakeApi:
    """An API on which a build succeeds."""
    started = {"job_id": JOB, "status": "queued", "build_version": "build_v0_1"}
    api.on("POST", "/api/projects", Answer(201, {"id": PROJECT, "name": "Booking app", "status": "active"}))
    api.on("POST", "/api/generation/start", Answer(201, started))
    api.on("GET", f"/api/generation/{JOB}/events", sse(*story("queued", "code")))
    api.on("GET", f"/api/builds/{JOB}", Answer(200, finished()))
    api.on("POST", "/api/page-links", Answer(201, {"url": "http://127.0.0.1/enter?code=abc"}))
    return api
