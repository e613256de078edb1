"""The table of seeded bugs fits the program, so that it cannot rot unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.seeded import BACKEND, NotApplicable, seed
from tests.chaos.seeded_bugs import BUGS, Bug


def test_there_are_a_dozen_bugs_with_names_of_their_own() -> None:
    names = {bug.name for bug in BUGS}

    assert len(names) == len(BUGS) >= 12


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_seeded_bug_fits_the_program_and_names_tests_that_exist(bug: Bug) -> None:
    assert (BACKEND / bug.file).read_text().count(bug.old) == 1
    assert bug.old != bug.new
    assert bug.tests
    for test in bug.tests:
        file, _, function = test.partition("::")
        assert f"def {function.partition('[')[0]}(" in (BACKEND / "tests" / file).read_text()


@pytest.mark.parametrize("text", ["", "stale()", "old()\nold()\n"], ids=["empty", "changed", "twice"])
def test_a_bug_that_does_not_fit_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)

    with pytest.raises(NotApplicable, match="a bug: its old text stands"):
        seed(tmp_path, Bug("a bug", "I1", "a.py", "old()", "new()", ("x",)))

    assert (tmp_path / "a.py").read_text() == text
