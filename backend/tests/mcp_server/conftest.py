from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mcp_server.served import Plans, Served, listening
from tests.support.house import open_house
from tests.support.instance import Instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for the tests of a module."""
    with Instance(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture
def served(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Served]:
    plans = Plans()
    with open_house(database_url, valkey_url, tmp_path, billing=plans) as house, listening(house) as url:
        yield Served(house, plans, url)
