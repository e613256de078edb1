"""Files of versions are kept and given back, and every storage failure is a sentence."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from app.adapters.storage.disk import DiskVersionStore
from app.app_runtime.version_service import VersionDamaged, VersionService
from app.core.errors import NotFound
from app.core.ids import JobId, ProjectId
from app.domain.failure import BuildFailed
from app.ports.storage import TreeDigest

PROJECT, JOB = ProjectId(uuid.uuid4()), JobId(uuid.uuid4())


@pytest.fixture
def versions(tmp_path: Path) -> VersionService:
    return VersionService(DiskVersionStore(tmp_path))


async def test_a_stage_is_kept_sealed_and_given_back(versions: VersionService) -> None:
    digest = await versions.snapshot(PROJECT, JOB, name="code", files={"a.txt": "h\u00e4"})
    await versions.seal(PROJECT, digest, version="build_v0_1")

    assert await versions.files_of(PROJECT, digest) == {"a.txt": "h\u00e4".encode()}
    assert [entry async for entry in versions.stream(PROJECT, digest)] == [("a.txt", "h\u00e4".encode())]


@pytest.mark.parametrize(
    "files", [{"../x": ""}, {"x": "\ud800"}, {"big": "x" * 5_000_001}, {f"f{n}": "" for n in range(2001)}]
)
async def test_files_that_cannot_be_a_workspace_end_the_build(
    versions: VersionService, files: dict[str, str]
) -> None:
    with pytest.raises(BuildFailed) as failed:
        await versions.snapshot(PROJECT, JOB, name="code", files=files)
    assert failed.value.failure == "unusable_files"
    assert failed.value.log


async def test_a_version_that_would_change_is_refused(versions: VersionService) -> None:
    first = await versions.snapshot(PROJECT, JOB, name="code", files={"a": "1"})
    second = await versions.snapshot(PROJECT, JOB, name="code", files={"a": "2"})
    await versions.seal(PROJECT, first, version="build_v0_1")
    with pytest.raises(VersionDamaged):
        await versions.seal(PROJECT, second, version="build_v0_1")


async def test_a_version_that_is_not_here_is_not_found(versions: VersionService) -> None:
    with pytest.raises(NotFound):
        await versions.files_of(PROJECT, TreeDigest("git-tree:sha256:" + "0" * 64))
