from __future__ import annotations

from collections.abc import Iterator

import pytest

from .bench import Start, starting


@pytest.fixture
def start() -> Iterator[Start]:
    """Makes a runner beside a scripted provider."""
    with starting() as begin:
        yield begin
