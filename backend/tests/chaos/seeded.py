"""Seeds bugs into copies of the program and asks the tests to notice: a test that cannot fail is a defect.

    python -m tests.chaos.seeded [NAME ...]      from backend/; every bug, or only those

The named tests run once on the program as it is, where all must pass, then on a copy with one bug in it, where one
must fail. A run that breaks off (a collection error, a time-out) counts as not caught.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.seeded_bugs import BUGS, Bug

BACKEND = Path(__file__).resolve().parents[2]
LIMIT_S = 600
SOME_FAILED = 1
"""pytest's exit status when tests ran and some failed; every other one says that they could not run."""


class NotApplicable(Exception):
    """The table no longer fits the program."""


@dataclass(frozen=True)
class Outcome:
    """What the tests said: pytest's exit status and the first test that failed."""

    code: int
    failed: str
    seconds: float
    output: str


def seed(backend: Path, bug: Bug) -> None:
    """Put the bug into a copy; NotApplicable unless the old text is found exactly once."""
    path = backend / bug.file
    text = path.read_text()
    found = text.count(bug.old)
    if found != 1:
        raise NotApplicable(f"{bug.name}: its old text stands {found} times in {bug.file}")
    path.write_text(text.replace(bug.old, bug.new))


def copy_to(folder: Path) -> Path:
    """A copy of backend/ with what pytest needs beside it. Times are kept, so compiled files stay good."""
    copy = folder / "backend"
    shutil.copytree(BACKEND, copy, ignore=shutil.ignore_patterns(".hypothesis", ".pytest_cache"))
    shutil.copy2(BACKEND.parent / "pyproject.toml", folder)
    return copy


def run_tests(backend: Path, tests: Iterable[str]) -> Outcome:
    """Run these tests of a copy, with the copy's own program in every process."""
    chosen = [f"backend/tests/{test}" for test in tests]
    options = ["-x", "-q", "-rf", "--no-header", "--tb=line", "-p", "no:cacheprovider"]
    temporary = backend.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    variables = {**os.environ, "PYTHONPATH": str(backend), "TMPDIR": str(temporary)}
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", *options, *chosen]
    try:
        done = subprocess.run(
            command, cwd=backend.parent, env=variables, capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired as hung:
        return Outcome(-1, "", time.monotonic() - began, f"no end after {hung.timeout} s")
    failed = re.search(r"^FAILED (?:\S*/)?tests/(.*?)(?: - .*)?$", done.stdout, re.MULTILINE)
    seconds = time.monotonic() - began
    return Outcome(done.returncode, failed.group(1) if failed else "", seconds, done.stdout + done.stderr)


def catch(bug: Bug) -> bool:
    """Whether a test notices the bug; says which."""
    with tempfile.TemporaryDirectory(prefix="seeded-") as folder:
        copy = copy_to(Path(folder))
        seed(copy, bug)
        outcome = run_tests(copy, bug.tests)
    is_caught = outcome.code == SOME_FAILED and bool(outcome.failed)
    verdict = f"caught      by {outcome.failed}" if is_caught else f"NOT CAUGHT  pytest exit {outcome.code}"
    print(f"{bug.invariant:4} {bug.name:38} {verdict}  {outcome.seconds:.1f} s", flush=True)
    if not is_caught:
        print("\n".join(f"     | {line}" for line in outcome.output.splitlines()[-15:]), flush=True)
    return is_caught


def passes_without(bugs: Sequence[Bug]) -> bool:
    """Whether all the tests of these bugs pass on the program as it is."""
    tests = dict.fromkeys(test for bug in bugs for test in bug.tests)
    with tempfile.TemporaryDirectory(prefix="seeded-") as folder:
        outcome = run_tests(copy_to(Path(folder)), tests)
    verdict = "all pass" if outcome.code == 0 else f"FAIL: {outcome.failed or outcome.output[-2000:]}"
    print(f"     without a bug: {len(tests)} tests, {verdict}  {outcome.seconds:.1f} s", flush=True)
    return outcome.code == 0


def main(names: Sequence[str]) -> int:
    """Seed the named bugs, or all; 0 when every one was caught."""
    unknown = set(names) - {bug.name for bug in BUGS}
    if unknown:
        print(f"no such bug: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    bugs = [bug for bug in BUGS if not names or bug.name in names]
    if not passes_without(bugs):
        return 1
    caught = [catch(bug) for bug in bugs]
    print(f"{sum(caught)} of {len(caught)} seeded bugs caught")
    return 0 if all(caught) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
