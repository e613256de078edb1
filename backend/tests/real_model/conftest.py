"""A real model on its real server. Runs with `./co test --model`, which installs both (130 MB)."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from app.designer.choice import ModelChoice
from tests.support.instance import free_ports

CONTEXT = 8192
"""All that the model was made for."""
LOADED_S = 120
SLOW_S = 600
"""On a machine that does other work a token may take a tenth of a second."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real-model", action="store_true", dest="real_model", help="ask a real, small model")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("real_model", default=False):
        return
    here = Path(__file__).parent
    asking = [item for item in items if item.path.parent == here]
    config.hook.pytest_deselected(items=asking)
    items[:] = [item for item in items if item not in asking]


@pytest.fixture(scope="session")
def llama_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of llama.cpp's server with the model loaded."""
    port, began = free_ports(), time.monotonic()
    log = tmp_path_factory.mktemp("llama") / "log"
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), str(port), str(CONTEXT)]
    with log.open("w") as written:
        server = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        while "http://" not in log.read_text().rpartition("listening")[2]:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() - began < LOADED_S, log.read_text()
            time.sleep(0.1)
        print(f"\nthe model server listens after {time.monotonic() - began:.1f} s")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def llama(llama_url: str) -> ModelChoice:
    """The model as it is set by a founder, with the patience that this machine needs."""
    return ModelChoice(
        provider="compatible",
        name="smollm2",
        url=llama_url,
        call_s=SLOW_S,
        most_output=256,
    )


@pytest.fixture
def answered(llama_url: str) -> Counted:
    """What the server says that it did since the test began."""
    return Counted(llama_url, Counted.now(llama_url))


class Counted:
    """The server's own count of tokens."""

    def __init__(self, url: str, before: tuple[int, int]) -> None:
        self._url = url
        self._before = before

    @staticmethod
    def now(url: str) -> tuple[int, int]:
        """Tokens read and written since it runs."""
        text = httpx2.get(f"{url.removesuffix('/v1')}/metrics", trust_env=False).text
        figures = dict(line.split() for line in text.splitlines() if line and not line.startswith("#"))
        names = "llamacpp:prompt_tokens_total", "llamacpp:tokens_predicted_total"
        read, written = (int(float(figures[name])) for name in names)
        return read, written

    @property
    def written(self) -> int:
        """Tokens written since the test began."""
        return self.now(self._url)[1] - self._before[1]
