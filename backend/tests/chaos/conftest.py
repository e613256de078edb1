from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet import Fleet, make_cluster
from tests.support.fleet_nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as running:
        yield running


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cluster(tmp_path_factory.mktemp("cluster"))


@pytest.fixture
def make_fleet(nursery: Nursery, cluster: Path, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """A fleet with settings of the test's own, its servers up and its processes not yet."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Fleet:
            return stack.enter_context(Fleet(tmp_path, nursery, cluster, **settings))

        yield make


@pytest.fixture
def fleet(make_fleet: Callable[..., Fleet]) -> Fleet:
    """A fleet with an API and two workers, ready."""
    made = make_fleet()
    made.start()
    return made
