"""Packages that only this service fetches and every sandbox reads: an install need not download, nor even copy.

Each lock has its own directory, which appears complete and never changes: sandboxes mount its parts below layers
of their own, and nothing that an app does reaches another app. One part is the installer's cache, the other an
environment in which everything is installed already: the installer compares it with the app's lock and changes
what differs.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.adapters.sandboxes.local.layout import Seed
from app.adapters.sandboxes.local.processes import in_thread, said_by
from app.adapters.sandboxes.local.registries import Registries
from app.adapters.sandboxes.local.rooms import hand_over
from app.adapters.sandboxes.local.trees import remove_tree
from app.ports.sandbox import SandboxUnavailable

TIMEOUT_S: Final = 600.0
MAX_SEEDS: Final = 12
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._,\s-]*\])?"
_PINNED = re.compile(rf"{_NAME}==[^\s;]+(\s*;[^\\]*?)?((\s|\\)+--hash=sha256:[0-9a-f]{{64}})+\s*")


class BadLock(ValueError):
    """The lock holds something else than exact versions with their hashes."""


class SeedCaches:
    """The trusted caches of one instance, below one directory."""

    def __init__(self, root: Path, *, uv: Path, python: Path, owner: int | None) -> None:
        """`owner` is whom apps run as, if not this user: a file in a lower layer is copied up with its owner."""
        self._root = root
        self._uv = uv
        self._python = python
        self._owner = owner
        self._building: dict[str, asyncio.Lock] = {}

    def newest(self) -> tuple[Seed, ...]:
        """The newest ones, the oldest of them first."""
        if not self._root.is_dir():
            return ()
        complete = [path for path in self._root.iterdir() if Seed(path).is_complete and path.name[0] != "."]
        return tuple(map(Seed, sorted(complete, key=lambda path: path.stat().st_mtime)[-MAX_SEEDS:]))

    def environment(self) -> Seed | None:
        """The newest one whose environment starts with the Python that sandboxes see now."""
        return next(filter(self._starts, reversed(self.newest())), None)

    def _starts(self, seed: Seed) -> bool:
        # After an upgrade an older one may lead to a Python that sandboxes do not see, or that is gone.
        link = seed.venv / "bin" / "python"
        return link.is_symlink() and link.readlink() == self._python and link.exists()

    async def warm(self, lock_text: bytes, environ: Mapping[str, str], registries: Registries) -> None:
        """Fill a seed for this lock if there is none yet. Callers at the same time share the work.

        The tools inside look in the cache by the index's address, so it is the one that they are given.
        """
        check_lock(lock_text)
        key = [lock_text, str(self._python).encode(), *(url.encode() for url in registries.indexes)]
        digest = hashlib.sha256(b"\0".join(key)).hexdigest()[:24]
        async with self._building.setdefault(digest, asyncio.Lock()):
            done = Seed(self._root / digest)
            if not self._starts(done):
                await self._fill(lock_text, done, environ, registries)

    async def _fill(
        self, lock_text: bytes, done: Seed, environ: Mapping[str, str], registries: Registries
    ) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._root / f".{secrets.token_hex(6)}"
        seed = Seed(draft / "kept")
        seed.cache.mkdir(parents=True)
        (draft / "lock").write_bytes(lock_text)
        settings = registries.indexes_for_uv(registries.indexes)
        if registries.ca_bundle:
            (draft / "ca.pem").write_bytes(registries.ca_bundle)
            settings["SSL_CERT_FILE"] = str(draft / "ca.pem")
        try:
            tools = {**environ, **settings, "UV_CACHE_DIR": str(seed.cache)}
            # Twice: the first fills the cache, which is compiled then; the second takes the bytecode along.
            await self._install(draft / "lock", draft / "first", tools)
            await self._compile(seed.cache)
            await self._install(draft / "lock", seed.venv, {**tools, "UV_OFFLINE": "1"})
            await in_thread(self._publish, seed, done)
        finally:
            await in_thread(remove_tree, draft)

    async def _install(self, lock: Path, venv: Path, environ: Mapping[str, str]) -> None:
        """A new environment, by links into the cache; wheels only, so no package's code runs."""
        # Relocatable, since sandboxes see it at another path.
        await self._run_uv("venv", "--relocatable", "--python", str(self._python), str(venv), environ=environ)
        await self._run_uv(
            *("pip", "sync", "--python", str(venv / "bin" / "python"), "--link-mode", "hardlink"),
            *("--require-hashes", "--only-binary", ":all:", str(lock)),
            environ=environ,
        )

    async def _run_uv(self, *arguments: str, environ: Mapping[str, str]) -> None:
        process = await asyncio.create_subprocess_exec(
            *(str(self._uv), "--no-progress", *arguments),
            cwd=self._root,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            umask=0o022,
        )
        _, err = await said_by(process, timeout_s=TIMEOUT_S)
        if process.returncode:
            raise SandboxUnavailable(
                f"The package cache could not be filled: {err.decode(errors='replace').strip()[-600:]}",
                remedy="Check that the package index that uv is set up to use can be reached.",
            )

    async def _compile(self, cache: Path) -> None:
        """Bytecode beside the sources, which an install takes along: no sandbox compiles what all of them have.

        Marked as not to be checked, since an install need not keep the sources' times; a cache never changes.
        """
        process = await asyncio.create_subprocess_exec(
            *("nice", str(self._python), "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            str(cache / "archive-v0"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            umask=0o022,
        )
        await said_by(process, timeout_s=TIMEOUT_S)

    def _publish(self, kept: Seed, done: Seed) -> None:
        """Another process may have been first; both did the same work, and one directory stays.

        One whose Python is gone makes room.
        """
        for part in (kept.cache, kept.venv):
            (part / ".lock").unlink(missing_ok=True)
        if self._owner is not None:
            hand_over(kept.path, self._owner)
        if done.is_complete and not self._starts(done):
            with suppress(FileNotFoundError):
                done.path.rename(kept.path.with_name("stale"))
        try:
            kept.path.rename(done.path)
        except OSError:
            if not self._starts(done):
                raise


def check_lock(lock_text: bytes) -> None:
    """Refuse options, addresses and folders: a line is one exact version with its hashes."""
    text = re.sub(r"(?m)^\s*#.*$|\s+#.*$", "", lock_text.decode())
    for line in re.split(r"(?<!\\)\n", text):
        if line.strip() and not _PINNED.fullmatch(line.strip()):
            raise BadLock(f"{line.strip()[:120]!r} is not a version with its hashes")
