"""The checks that only read the files of an app."""

from __future__ import annotations

import ast
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from app.acceptance import static_checks


def test_no_two_builds_parse_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # On Python 3.11 two parsers at once can end in a SystemError: cpython issue 106905.
    parse, inside, most = ast.parse, [0], [0]

    def slow_parse(content: bytes, path: str) -> ast.Module:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        inside[0] -= 1
        return parse(content, path)

    monkeypatch.setattr(static_checks, "ast", SimpleNamespace(parse=slow_parse))
    builds = [{f"app/build_{number}.py": b"answer = 42\n"} for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert all("no undefined name" in seen.detail for seen in pool.map(static_checks.lint_sources, builds))

    assert most == [1]
