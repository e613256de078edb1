"""Versions on this machine's disk: one bare git repository per project."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Final
from uuid import UUID

from app.adapters.storage.git import Git, GitFailed, GitTimedOut, find_git
from app.adapters.storage.tree import blob_id, digest_of, digest_of_blobs, mode_of, tree_of
from app.core.ids import JobId, ProjectId
from app.domain.job import version_number
from app.domain.workspace import check_paths
from app.ports.storage import (
    SnapshotDamaged,
    SnapshotMissing,
    StorageError,
    StorageFull,
    TreeDigest,
    VersionSealed,
)

_PARTS: Final = (".git", ".new", ".lock")
"""What there may be of a project. The lock goes last: it is held until then."""
_STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
# To git: the reference must not be there yet.
_NO_REF: Final = "0" * 64
_LOCK_POLL_S: Final = 0.01
_LOCK_WAIT_S: Final = 60
_READ_WAIT_S: Final = 30
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_MANY_LOOSE: Final = 1_000
"""Objects in files of their own: a project has so many after some 50 versions."""
_REPACK: Final = ("-a", "-d", "-q", "--threads=1")
# Always the same moment, so that the same files give the same commit when a stage is repeated.
_AUTHOR: Final = b"committer Co-Founder <cofounder@localhost> 0 +0000\n"
_LEFTOVERS: Final = (
    "objects/pack/tmp_*",
    "objects/pack/.tmp-*",
    "objects/tmp_objdir-*",
    "objects/??/tmp_obj_*",
    "fast_import_crash_*",
)


class DiskVersionStore:
    """Keeps snapshots under `root`; safe for any number of processes, each of which may die at any moment."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._program = find_git()
        self._tidied: set[ProjectId] = set()

    async def save(
        self, project_id: ProjectId, job_id: JobId, *, name: str, files: Mapping[str, bytes]
    ) -> TreeDigest:
        """Keep a whole tree under `name` for this job."""
        check_paths(files)
        if not _STAGE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a stage such as 'code'")
        digest = await asyncio.to_thread(digest_of, files)
        ref = f"refs/jobs/{job_id}/{name}"
        async with self._writing(project_id, ref=ref, size=sum(map(len, files.values()))) as (git, lock):
            stream = _import_stream(ref, files)
            # With `--done` a stream that breaks off in the middle counts as none.
            await git.run("fast-import", "--quiet", "--done", "--force", stdin=stream, keep_open=[lock])
            existing = (await git.run("rev-parse", "--verify", f"{ref}^{{tree}}")).decode().strip()
        if existing != tree_of(digest):
            raise SnapshotDamaged(f"The files of {name!r} were not kept as they were given.")
        return digest

    async def load(self, project_id: ProjectId, digest: TreeDigest) -> Mapping[str, bytes]:
        """The files of a tree, verified against its digest."""
        async with aclosing(self.stream(project_id, digest)) as entries:
            return {path: content async for path, content in entries}

    async def stream(self, project_id: ProjectId, digest: TreeDigest) -> AsyncGenerator[tuple[str, bytes], None]:
        """The files of a tree one by one, in path order, each verified before it is handed out."""
        git = self._git(project_id)
        blobs = await _blobs(git, tree_of(digest))
        if digest_of_blobs(blobs) != digest:
            raise SnapshotDamaged(f"The stored tree is not {digest}.")
        async with git.process("cat-file", "--batch") as process:
            for path, blob in blobs:
                content = await _next_blob(process, blob)
                if content is None or blob_id(content) != blob:
                    raise SnapshotDamaged(f"The stored file {path!r} of {digest} is damaged.")
                yield path, content

    async def seal(self, project_id: ProjectId, digest: TreeDigest, *, version: str) -> None:
        """Name a tree as a version for ever."""
        version_number(version)
        tree = tree_of(digest)
        # Only what can be read becomes a version.
        await _blobs(self._git(project_id), tree)
        ref = f"refs/versions/{version}"
        async with self._writing(project_id, ref=ref, size=0) as (git, lock):
            sealed = await _tree_named(git, ref)
            if sealed is None:
                await git.run("update-ref", ref, tree, _NO_REF, keep_open=[lock])
            elif sealed != tree:
                raise VersionSealed(f"{version!r} is another tree already, and a version never changes.")

    async def pack(self) -> None:
        """Bring the many objects of a project into one file, where what is alike is kept as differences."""
        for repository in await asyncio.to_thread(_find_loose, self._root):
            project_id = ProjectId(UUID(repository.stem))
            try:
                # Only writers wait for it, and only those of this project: whoever reads finds either form.
                async with self._locked(project_id) as lock:
                    git = self._git(project_id)
                    await git.run("repack", *_REPACK, keep_open=[lock])
                    # The names are files too, of some bytes and a whole block of the disk each.
                    await git.run("pack-refs", "--all", keep_open=[lock])
            except GitFailed as error:
                _tidy(repository)
                raise StorageError(str(error)) from error
            except OSError as error:
                raise _storage_error(error) from error

    async def remove(self, project_id: ProjectId) -> None:
        """Forget a project; whoever reads it meanwhile finds that it is missing."""
        try:
            async with self._locked(project_id):
                for suffix in _PARTS:
                    await asyncio.to_thread(_remove, self._root / f"{project_id}{suffix}")
        except OSError as error:
            raise _storage_error(error) from error

    def _git(self, project_id: ProjectId) -> Git:
        return Git(self._root / f"{project_id}.git", program=self._program)

    @contextlib.asynccontextmanager
    async def _writing(self, project_id: ProjectId, *, ref: str, size: int) -> AsyncIterator[tuple[Git, int]]:
        """The repository, made if need be, with this process as its only writer."""
        git = self._git(project_id)
        try:
            async with self._locked(project_id) as lock:
                await self._prepare(project_id, git)
                # Only a writer makes this file and there is no other writer: it is of a process that died.
                (git.repository / f"{ref}.lock").unlink(missing_ok=True)
                yield git, lock
        except OSError as error:
            raise _storage_error(error) from error
        except GitFailed as error:
            _tidy(git.repository)
            _raise_if_full(self._root, size)
            raise StorageError(str(error)) from error

    @contextlib.asynccontextmanager
    async def _locked(self, project_id: ProjectId) -> AsyncIterator[int]:
        """Hold the project's lock. Git commands inherit it, so it outlives a killed owner until they end."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with asyncio.timeout(_LOCK_WAIT_S):
            lock = await _lock_file(self._root / f"{project_id}.lock")
        try:
            yield lock
        finally:
            os.close(lock)

    async def _prepare(self, project_id: ProjectId, git: Git) -> None:
        if not git.repository.exists():
            # Made beside and renamed: whoever is killed in between leaves no half repository under its name.
            new = git.repository.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            await Git(new, program=self._program).run(
                "init", "--quiet", "--bare", "--template=", "--object-format=sha256"
            )
            new.rename(git.repository)
        if project_id not in self._tidied:
            _tidy(git.repository)
            self._tidied.add(project_id)


def _find_loose(root: Path) -> list[Path]:
    """The repositories that have many objects in files of their own."""
    loose = []
    for repository in root.glob("*.git"):
        # The names are hashes, so a sixteenth of them tells how many there are.
        a_sixteenth = sum(1 for _ in repository.glob("objects/?0/*"))
        if a_sixteenth * 16 >= _MANY_LOOSE:
            loose.append(repository)
    return loose


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


async def _lock_file(path: Path) -> int:
    """The lock on the file of that name, as soon as nobody else has it."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Whoever waited while the project was removed has the lock of a file that is gone, and others a new one.
        if _try_lock(lock) and _is_named(lock, path):
            return lock
        os.close(lock)
        await asyncio.sleep(_LOCK_POLL_S)


def _is_named(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _import_stream(ref: str, files: Mapping[str, bytes]) -> Iterator[bytes]:
    yield f"commit {ref}\n".encode() + _AUTHOR + b"data 0\n"
    for path, content in sorted(files.items()):
        quoted = path.replace('"', '\\"')
        yield f'M {mode_of(path)} inline "{quoted}"\ndata {len(content)}\n'.encode()
        yield content
        yield b"\n"
    yield b"done\n"


async def _blobs(git: Git, tree: str) -> list[tuple[str, str]]:
    """Every path of a tree with the id of its content."""
    if not git.repository.exists():
        raise SnapshotMissing("This project has no snapshots.")
    try:
        listing = await git.run("ls-tree", "-r", "-z", "--full-tree", tree)
    except GitTimedOut as error:
        raise StorageError(str(error)) from error
    except GitFailed as error:
        if await _has_object(git, tree):
            raise SnapshotDamaged(f"The stored tree {tree} cannot be read.") from error
        raise SnapshotMissing(f"No snapshot {tree} is stored.") from error
    blobs = []
    for row in listing.decode(errors="replace").split("\0")[:-1]:
        attributes, path = row.split("\t", 1)
        blobs.append((path, attributes.split(" ")[2]))
    return blobs


async def _has_object(git: Git, tree: str) -> bool:
    if (git.repository / "objects" / tree[:2] / tree[2:]).exists():
        return True
    try:
        # This asks the table of contents of a pack, and reads nothing of the object.
        await git.run("cat-file", "-e", tree)
    except GitFailed:
        return False
    return True


async def _tree_named(git: Git, ref: str) -> str | None:
    listing = await git.run("for-each-ref", "--format=%(objectname)", ref)
    return listing.decode().strip() or None


async def _next_blob(process: asyncio.subprocess.Process, blob: str) -> bytes | None:
    if process.stdin is None or process.stdout is None:
        raise TypeError("the process was started without pipes")
    try:
        async with asyncio.timeout(_READ_WAIT_S):
            process.stdin.write(f"{blob}\n".encode())
            await process.stdin.drain()
            header = (await process.stdout.readline()).split()
            if header[1:2] != [b"blob"]:
                return None
            return (await process.stdout.readexactly(int(header[2]) + 1))[:-1]
    except TimeoutError as error:
        raise StorageError(f"Reading {blob} took longer than {_READ_WAIT_S} seconds.") from error
    except (ConnectionError, asyncio.IncompleteReadError):
        return None


def _tidy(repository: Path) -> None:
    """Remove what a killed writer left half-written."""
    for pattern in _LEFTOVERS:
        for path in repository.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _raise_if_full(root: Path, size: int) -> None:
    """Ask the disk itself, by reserving the room that was needed, whether it is full."""
    try:
        with tempfile.TemporaryFile(dir=root) as room:
            os.posix_fallocate(room.fileno(), 0, size + (1 << 16))
    except OSError as error:
        raise _storage_error(error) from error


def _storage_error(error: OSError) -> StorageError:
    if error.errno in _FULL:
        return StorageFull("The disk that keeps the versions is full.")
    return StorageError(f"The versions cannot be written: {error}")
