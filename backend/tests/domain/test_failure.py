"""Every way in which a build can fail has one code, one sentence and a place where it is raised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.failure import BuildFailed, FailureCode

APP = Path(__file__).parents[2] / "app"
FOREIGN = re.compile(r"Traceback|Error\b|Exception|\bNone\b|[/_{}<>\\]")


@pytest.mark.parametrize("code", [code for code in FailureCode if code is not FailureCode.CANCELLED])
def test_a_founder_can_read_the_sentence(code: FailureCode) -> None:
    assert code.sentence.endswith(".")
    assert not FOREIGN.search(code.sentence)


def test_every_code_is_raised_somewhere() -> None:
    paths = [path for path in APP.rglob("*.py") if path.name != "failure.py" and "starters" not in path.parts]
    given = {name for path in paths for name in codes_given(ast.parse(path.read_text("utf-8")))}
    assert [code.name for code in FailureCode if code.name not in given] == []


def codes_given(node: ast.AST) -> Iterator[str]:
    """The codes that a module gives to a failure; one that it only asks for, or lists, says nothing."""
    if isinstance(node, ast.Compare | ast.Set | ast.MatchValue):
        return
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "FailureCode":
        yield node.attr
    for child in ast.iter_child_nodes(node):
        yield from codes_given(child)


def test_a_failure_says_the_sentence_of_its_code_unless_it_is_told_more() -> None:
    assert BuildFailed(FailureCode.PARSE).detail == FailureCode.PARSE.sentence
    assert BuildFailed(FailureCode.PARSE, "The file 'a.py' cannot be read.").detail.startswith("The file")
