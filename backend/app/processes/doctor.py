"""The needs of this machine, checked one by one."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx2

from app.adapters.runners.local_servers import find_local_servers
from app.core.disk import FULL_MB, free_megabytes, is_disk_full
from app.core.errors import ConfigurationError
from app.core.settings import Settings
from app.models import choices_for, choices_of, try_model
from app.ports.runner import RunnerUnavailable
from app.ports.sandbox import SandboxUnavailable
from app.processes.ledger import open_ledger
from app.sandboxes import sandbox_runtime, shares_one_user, watches_memory_only
from app.supervision.instance import read_instance, read_servers

ANSWER_S: Final = 10.0
"""Longer than an answer takes on a machine that builds several apps."""
ROOMY_MB: Final = 1_000
"""A build unpacks its packages and may fill a sandbox."""
_MAKE_ROOM: Final = "Make room on the disk, then: cofounder doctor"

_SHARED_USER: Final = (
    "all run as one user, so an app can use up for the others what the kernel counts by user, such as watches of"
    " files. An instance that root starts gives each a user of its own, where the kernel can map it."
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `remedy` is what to type when it is not well."""

    name: str
    ok: bool
    detail: str
    remedy: str | None = None


def doctor(settings: Settings) -> list[Finding]:
    """Everything that must hold before an instance can build."""
    looks: dict[str, Callable[[Settings], Finding]] = {
        "python": _check_python,
        "git": _check_git,
        "disk": _check_disk,
        "sandbox": _check_sandbox,
        "sandbox memory": _memory_limits,
        "data directory": _check_data_directory,
        "model": _check_model,
        "instance": _check_instance,
    }
    return [_answer_of(name, look, settings) for name, look in looks.items()]


def _answer_of(name: str, look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    """The finding of one check; a check that fails itself is a finding as well."""
    try:
        return look(settings)
    except Exception as error:  # noqa: BLE001 - the command for trouble must not be what breaks
        if is_disk_full(error):
            return Finding(name, False, "the disk is full, so this could not be tried", _MAKE_ROOM)
        detail = f"could not be looked at: {type(error).__name__}: {error}"
        return Finding(name, False, detail, "cofounder doctor")


def _check_python(_: Settings) -> Finding:
    version = sys.version.split()[0]
    return Finding("python", sys.version_info >= (3, 11), f"Python {version}", "Install Python 3.11 or newer.")


def _check_git(_: Settings) -> Finding:
    path = shutil.which("git")
    return Finding("git", path is not None, path or "git is not installed", "apt-get install git")


def _check_sandbox(settings: Settings) -> Finding:
    runtime = sandbox_runtime(settings)
    try:
        asyncio.run(runtime.probe())
    except SandboxUnavailable as error:
        if is_disk_full(error):
            raise
        return Finding("sandbox", False, str(error), error.remedy)
    # After the probe: only a sandbox that was started shows whether this machine gives it a user of its own.
    return Finding("sandbox", True, _SHARED_USER if shares_one_user(runtime) else "each has a user of its own")


def _memory_limits(settings: Settings) -> Finding:
    if not watches_memory_only(sandbox_runtime(settings)):
        return Finding("sandbox memory", True, "limited by the kernel")
    return Finding(
        "sandbox memory",
        True,
        "watched, not limited by the kernel: an app that takes too much is ended a moment later."
        " To have it limited, start as an ordinary user with: systemd-run --user --scope -p Delegate=yes ./co up",
    )


def _check_disk(settings: Settings) -> Finding:
    free = free_megabytes(settings.data.root)
    if free >= ROOMY_MB:
        return Finding("disk", True, f"{free:,} MB free")
    state = "the disk is full" if free < FULL_MB else "the disk is almost full"
    detail = f"{state}: {free:,} MB free for {str(settings.data.root)!r}, {ROOMY_MB:,} MB are needed"
    return Finding("disk", False, detail, _MAKE_ROOM)


def _check_data_directory(settings: Settings) -> Finding:
    try:
        settings.data.prepare()
    except OSError as error:
        if is_disk_full(error):
            raise
        return Finding("data directory", False, str(error), "cofounder up --data-dir <a directory of yours>")
    return Finding("data directory", True, str(settings.data.root))


def _check_model(settings: Settings) -> Finding:
    """The model that is set is tried with one cheap call; where none is, servers on the machine are offered."""
    if settings.model is not None or read_servers(settings.data) is not None:
        try:
            if (told := asyncio.run(_try_model(settings))) is not None:
                return Finding("model", True, told)
        except RunnerUnavailable as error:
            return Finding("model", False, str(error), "cofounder config show")
        except ConfigurationError as error:
            return Finding("model", False, error.detail, error.remedy)
    servers = find_local_servers()
    offered = "; ".join(f"{server.name} runs here: {server.settings} cofounder up" for server in servers)
    return Finding("model", True, f"none is set, and none is needed{f'. {offered}' if offered else ''}")


async def _try_model(settings: Settings) -> str | None:
    """What the model that is chosen answers; None where none is."""
    choices_of(settings)  # what is wrong with the settings is told before a record is opened
    async with open_ledger(settings) as ledger:
        if not await choices_for(settings, ledger.database, ledger.founder_id):
            return None
        return await try_model(settings, ledger)


def _check_instance(settings: Settings) -> Finding:
    running = read_instance(settings.data)
    if running is None:
        return Finding("instance", True, "does not run (cofounder up starts it)")
    try:
        answer = httpx2.get(f"{running.api_url}/api/ready", timeout=ANSWER_S, trust_env=False)
    except httpx2.TransportError:
        detail = f"does not answer at {running.api_url}: it is very busy, or its API stands still"
        return Finding("instance", False, f"{detail} and is started again within a minute", "cofounder logs api")
    if answer.is_error:
        return Finding("instance", False, f"at {running.api_url} cannot serve now", "cofounder logs api")
    return Finding("instance", True, f"runs at {running.api_url}")
