"""The part of the composition root that knows the sandboxes of this machine; `up` needs no more of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Final

import structlog

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.core.choice import choose
from app.core.errors import ConfigurationError
from app.core.settings import Settings, process_environment
from app.ports.sandbox import SandboxRuntime, SandboxUnavailable

log = structlog.get_logger(__name__)


def _local(settings: Settings) -> LocalSandboxRuntime:
    data = settings.data
    return LocalSandboxRuntime(
        root=data.sandboxes,
        cache=data.cache,
        # For the founder's package index and proxies, which installs need to know.
        environ=process_environment(),
        bwrap=settings.bwrap,
        data=data.app_data,
    )


SANDBOXES: Final[Mapping[str, Callable[[Settings], SandboxRuntime]]] = {"local": _local}
"""The providers of sandboxes by their names in the setting `sandbox`."""


def sandbox_runtime(settings: Settings) -> SandboxRuntime:
    """The provider that the settings name. ConfigurationError."""
    return choose(SANDBOXES, settings.sandbox, setting="sandbox")(settings)


def watches_memory_only(runtime: SandboxRuntime) -> bool:
    """True if the kernel does not hold the memory of sandboxes to their limit, so that it is looked at instead."""
    return isinstance(runtime, LocalSandboxRuntime) and not runtime.has_kernel_limits


def shares_one_user(runtime: SandboxRuntime) -> bool:
    """True when sandboxes run as one user and share what the kernel counts by user. Ask after a probe."""
    return isinstance(runtime, LocalSandboxRuntime) and not runtime.gives_own_uids


async def warm_packages(settings: Settings) -> None:
    """Fetch what the starter's own lock names, so that builds install it without a download.

    Without it, or without a network, every build fetches for itself.
    """
    runtime = sandbox_runtime(settings)
    # Another provider keeps packages in its own images, if at all.
    if not isinstance(runtime, LocalSandboxRuntime):
        return
    lock = files("app.blueprint") / "starters" / "starlette" / "requirements.lock"
    try:
        await runtime.warm_seed(lock.read_bytes())
    except SandboxUnavailable as error:
        # Only speed is lost, and whether sandboxes can be made at all is said before anything starts.
        log.warning("packages_not_warmed", reason=str(error))


async def clear_sandboxes(settings: Settings) -> None:
    """Make sure that sandboxes can be made, and end those that a crash has left.

    Only while no process of the instance runs. Raises ConfigurationError with what to type.
    """
    runtime = sandbox_runtime(settings)
    try:
        await runtime.probe()
    except SandboxUnavailable as error:
        raise ConfigurationError(str(error), remedy=error.remedy) from error
    # Those of a crash hold memory and disk, and their owners are gone: no process of the instance runs yet.
    for sandbox_id in await runtime.list_ids():
        await runtime.kill(sandbox_id)
