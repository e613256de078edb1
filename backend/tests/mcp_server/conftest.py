from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.instance import Instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for the tests of a module."""
    with Instance(tmp_path_factory.mktemp("instance")) as running:
        yield running
