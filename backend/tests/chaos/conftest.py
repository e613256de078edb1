from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.chaos_report import Report, summary_lines
from tests.support.fault_proxy import FaultProxy
from tests.support.fleet import Fleet, make_cluster
from tests.support.fleet_nursery import Nursery

LONG = "chaos_long"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos-long", action="store_true", dest=LONG, help="full counts, and the nightly rows")
    parser.addoption("--chaos-seed", type=int, dest="chaos_seed", help="the seed that a failed run has printed")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "row(number, invariants): the row of the fault matrix that a test shows")
    config.addinivalue_line("markers", "nightly: takes too long for every change; runs with --chaos-long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption(LONG, default=False):
        return
    nightly = [item for item in items if item.get_closest_marker("nightly")]
    config.hook.pytest_deselected(items=nightly)
    items[:] = [item for item in items if item not in nightly]


def pytest_terminal_summary(terminalreporter: Any) -> None:  # Any: pytest does not export its reporter's type
    """One line a test: row, invariants, seed, outcome, seconds, figures."""
    reports = [one for kind in ("passed", "failed", "error") for one in terminalreporter.stats.get(kind, ())]
    lines = summary_lines(reports)
    if lines:
        terminalreporter.section("fault matrix")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Where a test notes its seed and what it has measured."""
    return Report(request.node.user_properties)


@pytest.fixture(autouse=True)
def _noted(request: pytest.FixtureRequest) -> None:
    """Every test of a row is in the report, whether it measures something or not."""
    marker = request.node.get_closest_marker("row")
    if marker is not None:
        request.node.user_properties.append(("row", marker.args))


@pytest.fixture
def dice(request: pytest.FixtureRequest, report: Report) -> random.Random:
    """What is left to chance, by a seed that the report shows and `--chaos-seed` gives back."""
    given = request.config.getoption("chaos_seed", default=None)
    seed = given if given is not None else secrets.randbelow(1_000_000)
    report.seed(seed)
    return random.Random(seed)


@pytest.fixture
def many(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """`many(few, full)`: how often to do it, in every test run and in `./co chaos`."""
    is_long = bool(request.config.getoption(LONG, default=False))
    return lambda few, full: full if is_long else few


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
    """A fleet with an API and two workers, ready, for a test in which nobody takes over."""
    made = make_fleet(lease_s=10)
    made.start()
    return made


@pytest.fixture
def link_to() -> Iterator[Callable[[Path], FaultProxy]]:
    """A link to a server's socket that the test can hurt."""
    with ExitStack() as stack:
        yield lambda socket: stack.enter_context(FaultProxy(socket))
