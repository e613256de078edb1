"""What this machine needs, looked at one by one."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from app.core.settings import Settings
from app.ports.sandbox import SandboxUnavailable
from app.sandboxes import sandbox_runtime
from app.supervision.instance import read_instance


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` is what to type when it is not well."""

    name: str
    ok: bool
    detail: str
    remedy: str | None = None


def doctor(settings: Settings) -> list[Finding]:
    """Everything that must hold before an instance can build."""
    looks: tuple[Callable[[Settings], Finding], ...] = (_python, _git, _sandbox, _data, _instance)
    return [look(settings) for look in looks]


def _python(_: Settings) -> Finding:
    version = sys.version.split()[0]
    return Finding("python", sys.version_info >= (3, 11), f"Python {version}", "Install Python 3.11 or newer.")


def _git(_: Settings) -> Finding:
    found = shutil.which("git")
    return Finding("git", found is not None, found or "git is not installed", "apt-get install git")


def _sandbox(settings: Settings) -> Finding:
    try:
        asyncio.run(sandbox_runtime(settings).probe())
    except SandboxUnavailable as error:
        return Finding("sandbox", False, str(error), error.remedy)
    return Finding("sandbox", True, "a sandbox can be made")


def _data(settings: Settings) -> Finding:
    root = settings.data.root
    try:
        settings.data.prepare()
    except OSError as error:
        return Finding("data directory", False, str(error), "cofounder up --data-dir <a directory of yours>")
    free = shutil.disk_usage(root).free // 1_000_000
    return Finding("data directory", free > 1_000, f"{root} ({free:,} MB free)", "Make room on the disk.")


def _instance(settings: Settings) -> Finding:
    running = read_instance(settings.data)
    detail = f"runs at {running.api_url}" if running else "does not run (cofounder up starts it)"
    return Finding("instance", True, detail)
