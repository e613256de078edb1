"""The ladder of checks, cheapest first; what ran and what it saw is the evidence of a version."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from app.core.errors import BuildFailed
from app.domain.workspace import Manifest, missing_files
from app.ports.sandbox import Sandbox
from app.services.app_host import AppHost, AppUnreachable

TEST_TIMEOUT_S: Final = 120.0
LOG_TAIL: Final = 4_000

Evidence = dict[str, Any]
Files = Mapping[str, bytes]


async def run_checks(host: AppHost, sandbox: Sandbox, manifest: Manifest, *, files: Files) -> list[Evidence]:
    """Climb the ladder; the evidence of every rung, or BuildFailed at the first that does not hold."""
    rungs: list[tuple[str, Callable[[], Awaitable[str]]]] = [
        ("files", lambda: _required(files)),
        ("parse", lambda: _parse(files)),
        *((_name(argv), lambda argv=argv: _command(sandbox, argv)) for argv in manifest.check),
        ("start", lambda: _start(host, sandbox, manifest)),
        ("pages", lambda: _pages(host, sandbox, manifest)),
    ]
    return [await _rung(name, look) for name, look in rungs]


async def _rung(name: str, look: Callable[[], Awaitable[str]]) -> Evidence:
    began = time.monotonic()
    detail = await look()
    return {"name": name, "ok": True, "detail": detail, "seconds": round(time.monotonic() - began, 2)}


def _name(argv: tuple[str, ...]) -> str:
    return "tests" if "pytest" in argv or "unittest" in argv else argv[0].rsplit("/", 1)[-1]


async def _required(files: Files) -> str:
    missing = missing_files(files)
    if missing:
        raise BuildFailed("The app is not complete.", code="incomplete", log=f"missing: {', '.join(missing)}")
    return f"{len(files)} files, every required one is there"


async def _parse(files: Files) -> str:
    parsed = 0
    for path, content in files.items():
        try:
            if path.endswith(".py"):
                ast.parse(content, path)
            elif path.endswith(".json"):
                json.loads(content)
            else:
                continue
        except (SyntaxError, ValueError) as error:
            raise BuildFailed("A file of the app cannot be read.", code="parse", log=f"{path}: {error}") from error
        parsed += 1
    return f"{parsed} source files parse"


async def _command(sandbox: Sandbox, argv: tuple[str, ...]) -> str:
    result = await sandbox.run_command(argv, timeout_s=TEST_TIMEOUT_S)
    last = result.output.strip().rsplit("\n", 1)[-1].strip("= ")
    if result.timed_out:
        raise BuildFailed(
            "The app's own tests did not come to an end.", code="tests_hang", log=result.output[-LOG_TAIL:]
        )
    if result.exit_code != 0:
        raise BuildFailed("The app does not pass its own tests.", code="tests_fail", log=result.output[-LOG_TAIL:])
    return last or "passed"


async def _start(host: AppHost, sandbox: Sandbox, manifest: Manifest) -> str:
    await host.start(sandbox, manifest)
    return f"answers on $PORT, {manifest.health} is well"


async def _pages(host: AppHost, sandbox: Sandbox, manifest: Manifest) -> str:
    for page in manifest.pages:
        saw = await _look_at(host, sandbox, page)
        if saw != "HTTP 200":
            log = f"GET {page}: {saw}\n{sandbox.background_output()[-LOG_TAIL:]}"
            raise BuildFailed("A page of the app does not open.", code="page_fails", log=log)
    return f"{len(manifest.pages)} pages answered"


async def _look_at(host: AppHost, sandbox: Sandbox, page: str) -> str:
    try:
        return f"HTTP {(await host.fetch(sandbox, page)).status}"
    except AppUnreachable as error:
        return str(error)
