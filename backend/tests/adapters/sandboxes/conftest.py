"""Real sandboxes on this machine, whole or with one protection taken away."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.adapters.sandboxes.local.sandbox import LocalSandbox
from tests.adapters.sandboxes.weaker import MakeRuntime, started
from tests.contracts.unheard import all_errors_heard


@pytest.fixture(scope="module", autouse=True)
async def nothing_fails_unheard() -> AsyncIterator[None]:
    """What asyncio would only log: errors of tasks that nobody waits for."""
    async with all_errors_heard():
        yield


@pytest.fixture(scope="session")
def make_runtime(tmp_path_factory: pytest.TempPathFactory) -> MakeRuntime:
    """A runtime on directories of its own; arguments replace the usual ones."""

    def make(**arguments: Any) -> LocalSandboxRuntime:
        folder = tmp_path_factory.mktemp("runtime")
        usual: dict[str, Any] = {
            "root": folder / "sandboxes",
            "cache": folder / "cache",
            "environ": dict(os.environ),
        }
        return LocalSandboxRuntime(**{**usual, **arguments})

    return make


@pytest.fixture(scope="session")
async def runtime(make_runtime: MakeRuntime) -> LocalSandboxRuntime:
    return make_runtime()


@pytest.fixture
async def sandbox(runtime: LocalSandboxRuntime) -> AsyncIterator[LocalSandbox]:
    async with started(runtime) as made:
        yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where a test's own runtime keeps its sandboxes."""
    return tmp_path / "sandboxes"
