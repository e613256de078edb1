"""An exported archive holds a version's files and nothing that could hurt whoever unpacks it."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import tempfile
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.workspace import UnsafePath, check_paths
from app.services.export_service import ExportRefused, iter_zip

FILES = {
    "README.md": b"# Tea\n",
    "start.sh": b"exec true\n",
    ".env.example": b"KEY=\n",
    "app/\u00e4.bin": os.urandom(200_000),
    "empty": b"",
}


async def _entries(files: Mapping[str, bytes]) -> AsyncIterator[tuple[str, bytes]]:
    for entry in files.items():
        yield entry


async def _zip(files: Mapping[str, bytes], folder: str | None = None) -> bytes:
    return b"".join([chunk async for chunk in iter_zip(_entries(files), folder=folder)])


def _unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {info.filename: opened.read(info) for info in opened.infolist()}


def _below(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def test_the_archive_holds_the_files_below_its_folder() -> None:
    assert _unpacked(await _zip(FILES, "tea-shop")) == {f"tea-shop/{path}": c for path, c in FILES.items()}


async def test_entries_are_regular_files_and_only_scripts_can_be_run() -> None:
    with zipfile.ZipFile(io.BytesIO(await _zip(FILES))) as opened:
        modes = {info.filename: info.external_attr >> 16 for info in opened.infolist()}
    assert all(stat.S_ISREG(mode) for mode in modes.values())
    assert {path for path, mode in modes.items() if mode & 0o111} == {"start.sh"}


async def test_equal_trees_make_equal_archives() -> None:
    assert await _zip(FILES) == await _zip(FILES)


async def test_secrets_stay_behind() -> None:
    held = {".env": b"K=1", "app/.env.local": b"K=1", ".ENV": b"K=1"}
    for path, content in held.items():
        assert _unpacked(await _zip({path: content, ".env.example": b"K="})) == {".env.example": b"K="}


@pytest.mark.parametrize(
    "files", [{"../x": b""}, {"/x": b""}, {"a": b"", "A": b""}, {"a": b"", "a/b": b""}, {".git/config": b""}]
)
async def test_an_unsafe_tree_is_not_exported(files: dict[str, bytes]) -> None:
    with pytest.raises(ExportRefused):
        await _zip(files)


async def test_an_unsafe_folder_is_not_exported() -> None:
    with pytest.raises(ExportRefused):
        await _zip(FILES, "../x")


async def test_a_tree_over_the_cap_is_not_exported() -> None:
    with pytest.raises(ExportRefused, match="larger than"):
        async for _ in iter_zip(_entries({"a": b"x" * 10, "b": b"x" * 10}), max_bytes=15):
            pass


async def test_a_large_version_is_never_held_whole() -> None:
    async def entries() -> AsyncIterator[tuple[str, bytes]]:
        for number in range(100):
            yield f"file-{number}", os.urandom(2_000_000)

    tracemalloc.start()
    size = 0
    async for chunk in iter_zip(entries()):
        size += len(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 200_000_000
    assert peak < 16_000_000


def _allowed(files: dict[str, bytes]) -> bool:
    try:
        check_paths(files)
    except UnsafePath:
        return False
    return not any(Path(path).name.casefold().startswith(".env") for path in files)


PARTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=10)
TREES = st.dictionaries(
    st.lists(PARTS, min_size=1, max_size=3).map("/".join), st.binary(max_size=50), min_size=1, max_size=8
).filter(_allowed)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=TREES)
async def test_python_unpacks_what_was_packed(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as place:
        with zipfile.ZipFile(io.BytesIO(await _zip(files))) as opened:
            opened.extractall(place)
        assert _below(Path(place)) == files


def _unzip(archive: bytes) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as place:
        packed, out = Path(place, "a.zip"), Path(place, "out")
        packed.write_bytes(archive)
        subprocess.run(
            ["unzip", "-q", packed, "-d", out], env={"LC_ALL": "C.UTF-8", "PATH": os.defpath}, check=True
        )
        return _below(out)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    files=TREES.filter(lambda files: not any(";" in path for path in files))
)  # unzip cuts off ";1", a VMS habit
async def test_unzip_unpacks_what_was_packed(files: dict[str, bytes]) -> None:
    assert _unzip(await _zip(files)) == files
