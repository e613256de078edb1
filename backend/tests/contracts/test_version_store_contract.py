"""What every version store must do, run against each one that exists."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.storage import disk
from app.adapters.storage.disk import DiskVersionStore
from app.core.ids import JobId, ProjectId
from app.domain.workspace import UnsafePath, check_paths
from app.ports.storage import (
    SnapshotDamaged,
    SnapshotMissing,
    StorageFull,
    TreeDigest,
    VersionSealed,
    VersionStore,
)

FILES = {
    "README.md": b"# Tea\n",
    "start.sh": b"#!/bin/sh\r\nexec python app.py\n",
    "app/pages/index.html": b"<h1>\xff\x00binary</h1>",
    'app/odd "name" \xe4.txt': b"",
    ".gitattributes": b"* text=auto export-ignore filter=evil\n",
    "app.py": b"x" * 300_000,
    "app-2/a": b"1",
    "app0": b"2",
}


@pytest.fixture(params=["disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> VersionStore:
    return DiskVersionStore(tmp_path / "versions")


@pytest.fixture
def project() -> ProjectId:
    return ProjectId(uuid.uuid4())


@pytest.fixture
def job() -> JobId:
    return JobId(uuid.uuid4())


async def test_a_tree_comes_back_as_it_was_given(store: VersionStore, project: ProjectId, job: JobId) -> None:
    digest = await store.save(project, job, name="code", files=FILES)

    assert await store.load(project, digest) == FILES


async def test_streaming_gives_the_same_files_in_path_order(
    store: VersionStore, project: ProjectId, job: JobId
) -> None:
    digest = await store.save(project, job, name="code", files=FILES)

    async with aclosing(store.stream(project, digest)) as entries:
        streamed = [entry async for entry in entries]

    assert dict(streamed) == FILES
    assert [path for path, _ in streamed] == sorted(FILES, key=str.encode)


async def test_equal_trees_have_equal_digests_and_others_have_not(
    store: VersionStore, project: ProjectId, job: JobId
) -> None:
    first = await store.save(project, job, name="scaffold", files=FILES)
    same = await store.save(ProjectId(uuid.uuid4()), job, name="code", files=dict(reversed(FILES.items())))
    other = await store.save(project, job, name="code", files=FILES | {"README.md": b"# Coffee\n"})

    assert first == same
    assert first != other


async def test_a_stage_is_replaced_and_the_sealed_version_stays(
    store: VersionStore, project: ProjectId, job: JobId
) -> None:
    first = await store.save(project, job, name="code", files=FILES)
    await store.seal(project, first, version="build_v0_1")
    await store.save(project, job, name="code", files={"README.md": b"later"})

    assert await store.load(project, first) == FILES


async def test_a_version_is_sealed_once(store: VersionStore, project: ProjectId, job: JobId) -> None:
    first = await store.save(project, job, name="code", files=FILES)
    other = await store.save(project, job, name="code", files={"README.md": b"other"})
    await store.seal(project, first, version="build_v0_1")
    await store.seal(project, first, version="build_v0_1")

    with pytest.raises(VersionSealed):
        await store.seal(project, other, version="build_v0_1")


async def test_of_many_seals_of_one_version_one_tree_wins(
    store: VersionStore, project: ProjectId, job: JobId
) -> None:
    trees = [await store.save(project, job, name="code", files={"n": str(n).encode()}) for n in range(6)]

    ends = await asyncio.gather(
        *(store.seal(project, tree, version="build_v0_7") for tree in trees), return_exceptions=True
    )

    assert sorted(type(end).__name__ for end in ends) == ["NoneType", *["VersionSealed"] * 5]


async def test_many_savers_of_one_project_do_not_lose_a_tree(store: VersionStore, project: ProjectId) -> None:
    trees = [{"n": str(n).encode(), "same": b"same"} for n in range(8)]

    digests = await asyncio.gather(
        *(store.save(project, JobId(uuid.uuid4()), name="code", files=tree) for tree in trees)
    )

    assert [await store.load(project, digest) for digest in digests] == trees


async def test_what_was_never_stored_is_missing(store: VersionStore, project: ProjectId, job: JobId) -> None:
    elsewhere = await store.save(ProjectId(uuid.uuid4()), job, name="code", files=FILES)
    with pytest.raises(SnapshotMissing):
        await store.load(project, elsewhere)
    await store.save(project, job, name="code", files={"README.md": b"x"})

    for digest in (elsewhere, TreeDigest("nonsense"), TreeDigest("git-tree:sha256:--upload-pack")):
        with pytest.raises(SnapshotMissing):
            await store.load(project, digest)
        with pytest.raises(SnapshotMissing):
            await store.seal(project, digest, version="build_v0_1")


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", "a//b", ".git/config", "a\nb", "", "a\\b", "x\ud800"])
async def test_an_unsafe_path_is_refused(store: VersionStore, project: ProjectId, job: JobId, path: str) -> None:
    with pytest.raises(UnsafePath):
        await store.save(project, job, name="code", files={path: b""})


@pytest.mark.parametrize("pair", [("a", "a/b"), ("A/x/y", "a/X"), ("README", "readme")])
async def test_paths_that_cannot_live_together_are_refused(
    store: VersionStore, project: ProjectId, job: JobId, pair: tuple[str, str]
) -> None:
    for paths in (pair, tuple(reversed(pair))):
        with pytest.raises(UnsafePath):
            await store.save(project, job, name="code", files=dict.fromkeys(paths, b""))


@pytest.mark.parametrize("version", ["build_v0_0", "../x", "main", "build_v0_1/..", ""])
async def test_only_a_build_version_can_be_sealed(
    store: VersionStore, project: ProjectId, job: JobId, version: str
) -> None:
    digest = await store.save(project, job, name="code", files=FILES)
    with pytest.raises(ValueError, match="build version"):
        await store.seal(project, digest, version=version)


async def test_an_empty_tree_is_a_tree(store: VersionStore, project: ProjectId, job: JobId) -> None:
    digest = await store.save(project, job, name="code", files={})
    assert await store.load(project, digest) == {}


def _safe_trees() -> st.SearchStrategy[dict[str, bytes]]:
    part = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
    path = st.lists(part, min_size=1, max_size=4).map("/".join)
    return st.dictionaries(path, st.binary(max_size=64), max_size=12).filter(_is_allowed)


def _is_allowed(files: dict[str, bytes]) -> bool:
    try:
        check_paths(files)
    except UnsafePath:
        return False
    return True


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=_safe_trees())
async def test_any_tree_that_is_allowed_comes_back(
    store: VersionStore, project: ProjectId, job: JobId, files: dict[str, bytes]
) -> None:
    digest = await store.save(project, job, name="code", files=files)
    assert await store.load(project, digest) == files


# What follows is about the disk only.


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "disk"


def _objects(root: Path) -> list[Path]:
    return [path for path in root.glob("*.git/objects/??/*") if path.is_file()]


@pytest.mark.parametrize("damage", ["emptied", "swapped", "removed"])
async def test_damage_to_any_object_is_noticed(root: Path, project: ProjectId, job: JobId, damage: str) -> None:
    store = DiskVersionStore(root)
    files = {"a/one": b"one", "two": b"two"}
    digest = await store.save(project, job, name="code", files=files)
    other = await store.save(project, job, name="other", files={"three": b"three"})
    spare = {path: path.read_bytes() for path in _objects(root)}
    replacement = next(iter(spare.values()))

    noticed = 0
    for path, content in spare.items():
        path.chmod(0o600)
        if damage == "removed":
            path.unlink()
        else:
            path.write_bytes(b"" if damage == "emptied" else replacement)
        for wanted in (digest, other):
            try:
                await store.load(project, wanted)
            except (SnapshotDamaged, SnapshotMissing):
                noticed += 1
        path.write_bytes(content)

    # 3 blobs and 3 trees, less the one object that is its own replacement; commits are not part of a tree.
    assert noticed >= 5
    assert await store.load(project, digest) == files


async def test_a_corrupted_object_is_called_damaged(root: Path, project: ProjectId, job: JobId) -> None:
    store = DiskVersionStore(root)
    digest = await store.save(project, job, name="code", files={"one": b"one" * 100})
    for path in _objects(root):
        path.chmod(0o600)
        content = bytearray(path.read_bytes())
        content[-3] ^= 0xFF
        path.write_bytes(content)

    with pytest.raises(SnapshotDamaged):
        await store.load(project, digest)


async def test_locks_of_dead_writers_do_not_block(root: Path, project: ProjectId, job: JobId) -> None:
    store = DiskVersionStore(root)
    digest = await store.save(project, job, name="code", files=FILES)
    repository = root / f"{project}.git"
    for ref in (f"refs/jobs/{job}/code", "refs/versions/build_v0_1"):
        (repository / ref).parent.mkdir(parents=True, exist_ok=True)
        (repository / f"{ref}.lock").touch()
    (root / f"{project}.new").mkdir()
    (repository / "objects/pack/tmp_pack_abc").touch()

    after_restart = DiskVersionStore(root)
    await after_restart.save(project, job, name="code", files={"a": b"2"})
    await after_restart.seal(project, digest, version="build_v0_1")

    assert await after_restart.load(project, digest) == FILES
    assert not list(repository.glob("objects/pack/tmp_*"))


_SAVER = """
import asyncio, sys, uuid
from pathlib import Path
from app.adapters.storage import disk
from app.adapters.storage.disk import DiskVersionStore
async def main():
    store = DiskVersionStore(Path(sys.argv[1]))
    project, job = uuid.UUID(sys.argv[2]), uuid.uuid4()
    print("up", flush=True)
    for n in range(10_000):
        files = {f"f{i}": f"{n} {i}".encode() * 200 for i in range(60)}
        print(await store.save(project, job, name="code", files=files), flush=True)
asyncio.run(main())
"""


@pytest.fixture
def saver(root: Path, project: ProjectId) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _SAVER, str(root), str(project)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": "backend", "PATH": os.defpath},
        cwd=Path(__file__).parents[3],
    )
    yield process
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


async def test_a_writer_killed_in_the_middle_harms_nothing(
    root: Path, project: ProjectId, job: JobId, saver: subprocess.Popen[bytes]
) -> None:
    assert saver.stdout is not None
    finished = [saver.stdout.readline() for _ in range(4)][1:]
    saver.send_signal(signal.SIGKILL)
    saver.wait()

    store = DiskVersionStore(root)
    digest = await store.save(project, job, name="code", files=FILES)

    assert await store.load(project, digest) == FILES
    for line in finished:
        assert len(await store.load(project, TreeDigest(line.decode().strip()))) == 60


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount], capture_output=True)
    if made.returncode:
        pytest.skip("mounting a small disk needs root")
    yield mount
    subprocess.run(["umount", mount], check=True)


async def test_a_full_disk_is_said_and_changes_nothing(small_disk: Path, project: ProjectId, job: JobId) -> None:
    store = DiskVersionStore(small_disk)
    digest = await store.save(project, job, name="code", files={"README.md": b"kept"})

    with pytest.raises(StorageFull):
        await store.save(project, job, name="code", files={"big": os.urandom(2_000_000)})

    assert await store.load(project, digest) == {"README.md": b"kept"}
    await store.save(project, job, name="code", files={"README.md": b"again"})


async def test_a_project_that_is_removed_leaves_nothing(
    store: VersionStore, project: ProjectId, job: JobId
) -> None:
    other = ProjectId(uuid.uuid4())
    kept = await store.save(other, job, name="code", files=FILES)
    digest = await store.save(project, job, name="code", files=FILES)
    await store.seal(project, digest, version="build_v0_1")

    await store.remove(project)
    await store.remove(project)

    with pytest.raises(SnapshotMissing):
        await store.load(project, digest)
    assert await store.load(other, kept) == FILES


async def test_a_removed_project_leaves_no_file(tmp_path: Path, project: ProjectId, job: JobId) -> None:
    store = DiskVersionStore(tmp_path / "versions")
    await store.save(project, job, name="code", files=FILES)
    await store.remove(project)
    assert list((tmp_path / "versions").iterdir()) == []


async def test_packing_changes_nothing_that_is_read(
    store: VersionStore, project: ProjectId, job: JobId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_MANY_LOOSE", 0)
    trees = [{**FILES, "number": str(number).encode()} for number in range(12)]
    digests = [
        await store.save(project, job, name=f"stage{number}", files=tree) for number, tree in enumerate(trees)
    ]
    await store.seal(project, digests[3], version="build_v0_1")

    async with aclosing(store.stream(project, digests[0])) as entries:
        read_meanwhile = [await anext(entries)]
        await store.pack()
        await store.pack()
        read_meanwhile += [entry async for entry in entries]

    assert dict(read_meanwhile) == trees[0]
    assert [await store.load(project, digest) for digest in digests] == trees
    await store.seal(project, digests[3], version="build_v0_1")
    with pytest.raises(VersionSealed):
        await store.seal(project, digests[4], version="build_v0_1")
    later = await store.save(project, job, name="later", files={"a": b"a"})
    assert await store.load(project, later) == {"a": b"a"}
    await store.remove(project)
    with pytest.raises(SnapshotMissing):
        await store.load(project, later)


async def test_versions_that_are_alike_take_up_little_room_once_they_are_packed(
    root: Path, project: ProjectId, job: JobId, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DiskVersionStore(root)
    noise = os.urandom(40_000).hex()
    for number in range(20):
        files = {"page.py": f"{noise}\n# {number}\n".encode(), "other.py": b"the same in all"}
        await store.save(project, job, name=f"stage{number}", files=files)
    before = _room(root)
    await store.pack()
    assert _room(root) == before, "so few are left as they are"

    monkeypatch.setattr(disk, "_MANY_LOOSE", 0)
    await store.pack()

    assert _objects(root) == []
    assert _room(root) < before / 8


def _room(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


async def test_damage_to_a_pack_is_noticed(
    root: Path, project: ProjectId, job: JobId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_MANY_LOOSE", 0)
    store = DiskVersionStore(root)
    digest = await store.save(project, job, name="code", files={"one": os.urandom(5_000)})
    await store.pack()
    (pack,) = root.glob("*.git/objects/pack/*.pack")
    content = bytearray(pack.read_bytes())
    for place in range(20, len(content) - 32, 40):
        content[place] ^= 0xFF
    pack.chmod(0o600)
    pack.write_bytes(content)

    with pytest.raises(SnapshotDamaged):
        await store.load(project, digest)
