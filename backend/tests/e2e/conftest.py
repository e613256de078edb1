from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.founder import Founder, founder_at
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for the tests of a module."""
    with Instance(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[Instance]:
    """An instance of the test's own, to be hurt; its workers are missed after two seconds."""
    with Instance(tmp_path / "data", lease_s="2") as running:
        yield running


@pytest.fixture
async def founder(instance: Instance) -> AsyncIterator[Founder]:
    """Somebody at a browser with the page of the module's instance."""
    async with founder_at(instance) as person:
        yield person
