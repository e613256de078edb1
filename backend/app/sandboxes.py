"""The part of the composition root that knows the sandboxes of this machine; `up` needs no more of it."""

from __future__ import annotations

from importlib.resources import files

import structlog

from app.adapters.sandboxes.local import LocalSandboxRuntime
from app.core.errors import ConfigurationError
from app.core.settings import Settings, process_environment
from app.ports.sandbox import SandboxUnavailable

log = structlog.get_logger(__name__)


def sandbox_runtime(settings: Settings) -> LocalSandboxRuntime:
    """The sandbox provider of this machine."""
    data = settings.data
    return LocalSandboxRuntime(
        root=data.sandboxes,
        cache=data.cache,
        environ=process_environment(),
        bwrap=settings.bwrap,
        data=data.app_data,
    )


async def warm_packages(settings: Settings) -> None:
    """Fetch what the starter's own lock names, so that builds install it without a download.

    Without it, or without a network, every build fetches for itself.
    """
    lock = files("app.blueprint") / "starters" / "starlette" / "requirements.lock"
    try:
        await sandbox_runtime(settings).warm_seed(lock.read_bytes())
    except SandboxUnavailable as error:
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
    if not runtime.has_kernel_limits:
        log.info("sandbox_memory_is_watched_only", reason="no cgroup is delegated to this service")
    for sandbox_id in await runtime.list_ids():
        await runtime.kill(sandbox_id)
