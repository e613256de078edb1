"""A sandbox's way to the operator's package registries: settings for the tools inside, and the proxy."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Collection, Mapping
from pathlib import Path

import structlog

from app.adapters.sandboxes.local.egress import Egress, Origin
from app.adapters.sandboxes.local.hosts import RegistryHosts
from app.adapters.sandboxes.local.registries import Registries, read_registries
from app.core.addresses import Resolver
from app.ports.sandbox import PackageRegistry

log = structlog.get_logger(__name__)


class RegistryAccess:
    """Reads the operator's settings once, when they are first needed, for all sandboxes of this process."""

    def __init__(self, *, uv: Path, python: Path, environ: Mapping[str, str], resolver: Resolver) -> None:
        self._uv = uv
        self._python = python
        self._environ = environ
        self._resolver = resolver
        self._lock = asyncio.Lock()
        self._ahead: asyncio.Task[Mapping[Origin, bool]] | None = None
        self._known: tuple[Registries, RegistryHosts] | None = None

    async def registries(self) -> Registries:
        """The registries that the operator's tools are set up to use."""
        return (await self._read())[0]

    async def allowed(
        self, kinds: Collection[PackageRegistry] = (PackageRegistry.PYTHON,)
    ) -> Mapping[Origin, bool]:
        """The requests that a proxy to these registries lets through."""
        return await (await self._read())[1].allowed(kinds)

    def egress(self, kinds: Collection[PackageRegistry] = (PackageRegistry.PYTHON,)) -> Egress:
        """A proxy for one sandbox. What it lets through is found out while the sandbox has other things to do."""
        if self._ahead is None:
            self._ahead = asyncio.create_task(self.allowed(kinds))
            self._ahead.add_done_callback(_note_failure)
        return Egress(functools.partial(self.allowed, kinds), self._resolver)

    async def _read(self) -> tuple[Registries, RegistryHosts]:
        async with self._lock:
            if self._known is None:
                registries = await read_registries(self._uv, self._python, self._environ)
                self._known = registries, RegistryHosts(registries, self._environ, self._resolver)
            return self._known


def _note_failure(ahead: asyncio.Task[Mapping[Origin, bool]]) -> None:
    """Log that looking ahead failed: a sandbox that needs the registries asks again, and reports its own error."""
    if not ahead.cancelled() and (error := ahead.exception()) is not None:
        log.info("registries_not_found_ahead", reason=repr(error))
