"""The app, started once, on a fresh database for each test: `client` is empty, `example` holds the example records."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app import seed
from app.main import app


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the databases are that tests begin with."""
    return tmp_path_factory.mktemp("databases")


@pytest.fixture(scope="session")
def started(databases: Path) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_PATH", str(databases / "empty.db"))
        patch.setenv("EXAMPLE_DATA", "no")
        with TestClient(app) as client:
            shutil.copy(databases / "empty.db", databases / "example.db")
            patch.setenv("DATABASE_PATH", str(databases / "example.db"))
            patch.setenv("EXAMPLE_DATA", "yes")
            seed.fill()
            yield client


@pytest.fixture
def client(started: TestClient, databases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    return _on_a_copy(started, databases / "empty.db", tmp_path, monkeypatch)


@pytest.fixture
def example(started: TestClient, databases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    return _on_a_copy(started, databases / "example.db", tmp_path, monkeypatch)


def _on_a_copy(started: TestClient, original: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("DATABASE_PATH", str(shutil.copy(original, folder / "app.db")))
    started.cookies.clear()
    return started
