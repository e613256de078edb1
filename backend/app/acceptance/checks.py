"""All acceptance checks, cheapest first; those that do not depend on each other run side by side."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from app.acceptance import static_checks
from app.acceptance.archive_check import ArchiveCheck
from app.acceptance.evidence import LOG_TAIL, Check, Evidence, Findings, run_check
from app.acceptance.live_checks import LiveChecks
from app.acceptance.regression import ParentVersion, parent_promises
from app.app_runtime.app_host import AppHost
from app.blueprint.spec import AppSpec
from app.domain.failure import BuildFailed, FailureCode
from app.domain.workspace import Manifest
from app.ports.sandbox import Sandbox

TEST_TIMEOUT_S: Final = 120.0

_FAILED_TEST: Final = re.compile(r"^FAILED tests/(\w+\.py)::(test_\w+)(?:\[([^\]\n]*)\])?", re.MULTILINE)
_CHEAP_FILE_CHECKS: Final = (("files", static_checks.require_files), ("parse", static_checks.parse_sources))
_FURTHER_FILE_CHECKS: Final = (("lint", static_checks.lint_sources), ("secrets", static_checks.refuse_secrets))


@dataclass(frozen=True)
class Candidate:
    """An app that is to become a version."""

    sandbox: Sandbox
    manifest: Manifest
    files: Mapping[str, bytes]
    spec: AppSpec
    version: str
    archive: bytes
    """What an export of this version gives."""
    parent: ParentVersion | None = None
    with_pictures: bool = True


@dataclass(frozen=True)
class CheckReport:
    """The evidence of every check, and the pictures that were taken."""

    checks: list[Evidence]
    pictures: Mapping[str, bytes] = field(default_factory=dict)


Preview = Callable[[], Awaitable[Evidence]]
"""Opens the preview as a founder does; BuildFailed when it does not."""


class Acceptance(Protocol):
    """Decides whether an app may become a version."""

    async def __call__(
        self, host: AppHost, app_of: Callable[[], Awaitable[Candidate]], *, preview: Preview
    ) -> CheckReport:
        """Its evidence; BuildFailed when it may not."""
        ...


async def run_checks(
    host: AppHost, app_of: Callable[[], Awaitable[Candidate]], *, preview: Preview
) -> CheckReport:
    """Run every check; BuildFailed at the first that fails."""
    app = await app_of()
    files = [await run_check(_file_check(name, look, app.files)) for name, look in _CHEAP_FILE_CHECKS]
    live = LiveChecks(
        host=host,
        sandbox=app.sandbox,
        manifest=app.manifest,
        spec=app.spec,
        version=app.version,
        inherited=parent_promises(app.parent, app.spec),
    )
    copied = ArchiveCheck(host, app.sandbox, app.manifest, app.spec, app.files, with_pictures=app.with_pictures)
    read, tests, lived, copy, opened = await _side_by_side(
        _check_files_further(app.files),
        _own_tests(app),
        live.run(),
        copied.run(app.archive, folder=app.version),
        _as_list(preview),
    )
    return CheckReport([*files, *read, *tests, *lived, *copy, *opened], copied.pictures)


async def _check_files_further(files: Mapping[str, bytes]) -> list[Evidence]:
    return [await run_check(_file_check(name, look, files)) for name, look in _FURTHER_FILE_CHECKS]


def _file_check(name: str, look: Callable[[static_checks.Files], Findings], files: Mapping[str, bytes]) -> Check:
    return Check(name, lambda: asyncio.to_thread(look, files))


async def _own_tests(app: Candidate) -> list[Evidence]:
    return [
        # Bound here: the loop has gone on when it is called.
        await run_check(Check(_name_of(argv), lambda argv=argv: _run_command(app, argv)))  # type: ignore[misc]
        for argv in app.manifest.check
    ]


def _name_of(argv: tuple[str, ...]) -> str:
    if "compileall" in argv:
        return "compile"
    return "tests" if "pytest" in argv or "unittest" in argv else argv[0].rsplit("/", 1)[-1]


async def _run_command(app: Candidate, argv: tuple[str, ...]) -> Findings:
    result = await app.sandbox.run_command(argv, timeout_s=TEST_TIMEOUT_S)
    tail = result.output[-LOG_TAIL:]
    if result.timed_out:
        raise BuildFailed(FailureCode.TESTS_HANG, log=tail)
    if result.exit_code != 0:
        raise BuildFailed(FailureCode.TESTS_FAIL, words_of_failure(app.files, result.output) or None, log=tail)
    return Findings(result.output.strip().rsplit("\n", 1)[-1].strip("= ")[:LOG_TAIL] or "passed")


def words_of_failure(files: Mapping[str, bytes], output: str) -> str:
    """The first failed test of the app in words, and what to do; empty where the tests did not come to an end."""
    failed = _FAILED_TEST.search(output)
    item = failed_item(files, output)
    if item:
        return f"The app does not do what its plan says: {item} Say that otherwise in the plan, or leave it out."
    if failed is None:
        return ""
    tested = failed[2].removeprefix("test_").replace("_", " ")
    about = f" ({failed[3].replace('-', ', ').replace('_', ' ')})" if failed[3] else ""
    return (
        f"The app does not pass one of its own tests: “{tested}”{about}. Take what it is about out of the plan, "
        "or say it in a simpler way, and build again."
    )


def failed_item(files: Mapping[str, bytes], output: str) -> str:
    """The item of the plan, in its own words, that the first failed test of the app is about; empty for others."""
    failed = _FAILED_TEST.search(output)
    source = files.get(f"tests/{failed[1]}", b"").decode(errors="replace") if failed else ""
    comment = re.search(rf"def {failed[2]}\(.*\n +# (['\"].*['\"])\n", source) if failed else None
    try:
        return str(ast.literal_eval(comment[1])) if comment else ""
    except (ValueError, SyntaxError):
        return ""  # no text that the generator writes


async def _as_list(look: Callable[[], Awaitable[Evidence]]) -> list[Evidence]:
    return [await look()]


async def _side_by_side(
    *work: Coroutine[Any, Any, list[Evidence]],
) -> list[list[Evidence]]:  # Any: a coroutine's own
    """All results; at the first failure the rest is stopped, and the earliest in line is raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task.done():
                task.result()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
