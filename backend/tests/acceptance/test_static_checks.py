"""The checks that only read the files of an app."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from app.acceptance import static_checks
from app.acceptance.evidence import Findings
from app.blueprint.generate.tree import starter_files
from app.domain.failure import BuildFailed

STARTER = {path: text.encode() for path, text in starter_files()}
CHECKS = (static_checks.parse_sources, static_checks.lint_sources, static_checks.refuse_secrets)


@pytest.mark.parametrize("look", CHECKS)
def test_every_file_of_the_starter_passes(look: Callable[[static_checks.Files], Findings]) -> None:
    # In another folder, where they are looked at like any file.
    elsewhere = {f"elsewhere/{path}": content for path, content in STARTER.items()}
    assert "more" not in look(elsewhere).detail


@pytest.mark.parametrize(
    ("look", "bug"),
    [
        (static_checks.parse_sources, b"\ndef load(:\n"),
        (static_checks.lint_sources, b"\nload(nothing)\n"),
        (static_checks.refuse_secrets, b'\nTOKEN = "sk-ant-' + b"a1" * 20 + b'"\n'),
    ],
)
def test_a_file_of_the_starter_that_was_changed_is_looked_at(
    look: Callable[[static_checks.Files], Findings], bug: bytes
) -> None:
    own = b"answer = 42\n"
    assert look(STARTER | {"app/own.py": own}).detail.endswith("more are as in every app")
    with pytest.raises(BuildFailed) as refusal:
        look(STARTER | {"app/own.py": own, "app/records.py": STARTER["app/records.py"] + bug})
    assert "app/records.py" in refusal.value.log


def test_what_was_looked_at_is_told_apart_from_what_every_app_has() -> None:
    python = sum(path.endswith(".py") for path in STARTER)
    app = STARTER | {"app/own.py": b"answer = 42\n", "app/own.json": b"{}"}
    assert [look(app).detail for look in CHECKS] == [
        f"2 source files parse and compile; {python} more are as in every app",
        f"1 Python files, no undefined name; {python} more are as in every app",
        f"no key, token or password in 2 files; {len(STARTER)} more are as in every app",
    ]


@pytest.mark.parametrize("look", [static_checks.parse_sources, static_checks.lint_sources])
def test_no_two_builds_parse_at_once(
    monkeypatch: pytest.MonkeyPatch, look: Callable[[static_checks.Files], Findings]
) -> None:
    # On Python 3.11 two parsers at once can end in a SystemError: cpython issue 106905.
    inside, most = [0], [0]

    def slowly(parse: Callable[..., Any]) -> Callable[..., Any]:
        def parse_slowly(*arguments: Any, **options: Any) -> Any:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.02)
            inside[0] -= 1
            return parse(*arguments, **options)

        return parse_slowly

    monkeypatch.setattr(static_checks, "ast", SimpleNamespace(parse=slowly(ast.parse)))
    monkeypatch.setattr(static_checks, "compile", slowly(compile), raising=False)
    # Each of its own: of what was looked at before, only the verdict is remembered.
    builds = [{f"app/{look.__name__}_{number}.py": b"answer = 42\n"} for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert all(findings.detail.startswith("1 ") for findings in pool.map(look, builds))

    assert most == [1]
