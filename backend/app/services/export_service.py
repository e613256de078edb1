"""A version's files as a zip archive that any tool can unpack safely, made while it is sent."""

from __future__ import annotations

import asyncio
import io
import stat
import zipfile
from collections.abc import AsyncGenerator, AsyncIterable
from pathlib import PurePosixPath
from typing import Final

from app.core.errors import AppError
from app.domain.workspace import PathGuard, UnsafePath, safe_path

RECORDS: Final = "data/app.db"
MAX_EXPORT_BYTES: Final = 500_000_000
# The first day that a zip can say; the same for all, so that equal trees are equal archives.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
# Says that the rights below are those of Unix, or unpackers drop the one to start a script.
_UNIX: Final = 3
# Compressing so little holds the event loop for a moment only.
_SMALL: Final = 100_000
_COMPRESSION: Final = 6


class ExportRefused(AppError):
    """A tree that must not be handed out as an archive."""

    status, code, title = 422, "export_refused", "This version cannot be exported"


class _Sink(io.RawIOBase):
    """A target for zipfile that cannot seek; each written piece is taken out again at once."""

    def __init__(self) -> None:
        self._chunks = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # typeshed's Buffer has no name on Python 3.11
        self._chunks += view
        return view.nbytes

    def take(self) -> bytes:
        taken = bytes(self._chunks)
        self._chunks.clear()
        return taken


async def iter_zip(
    entries: AsyncIterable[tuple[str, bytes]],
    *,
    folder: str | None = None,
    records: AsyncIterable[bytes] | None = None,
    max_bytes: int = MAX_EXPORT_BYTES,
) -> AsyncGenerator[bytes, None]:
    """The archive of these files in chunks, holding one file at a time; equal trees give equal bytes.

    Regular files only, below `folder` when given; real `.env` files are left out. `records` becomes `data/app.db`.
    ExportRefused on an unsafe tree.
    """
    guard, sink = PathGuard(), _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive:
        async for path, content in checked(entries, folder=folder, guard=guard, max_bytes=max_bytes):
            await _add_file(archive, _path_in_folder(path, folder), content)
            yield sink.take()
        if records is not None:
            _refuse_unsafe(guard, RECORDS, folder=folder)
            with archive.open(_zip_entry(_path_in_folder(RECORDS, folder)), "w") as file:
                async for piece in records:
                    await asyncio.to_thread(file.write, piece)
                    yield sink.take()
    yield sink.take()


async def checked(
    entries: AsyncIterable[tuple[str, bytes]],
    *,
    folder: str | None = None,
    guard: PathGuard | None = None,
    max_bytes: int = MAX_EXPORT_BYTES,
) -> AsyncGenerator[tuple[str, bytes], None]:
    """These files without real `.env` files. ExportRefused on an unsafe tree."""
    guard, total = guard or PathGuard(), 0
    async for path, content in entries:
        _refuse_unsafe(guard, path, folder=folder)
        if _holds_secrets(path):
            continue
        total += len(content)
        if total > max_bytes:
            raise ExportRefused(f"This version is larger than the {max_bytes} bytes that can be exported.")
        yield path, content


def _refuse_unsafe(guard: PathGuard, path: str, *, folder: str | None) -> None:
    try:
        guard.admit(path)
        if folder is not None:
            safe_path(folder)
    except UnsafePath as error:
        raise ExportRefused(f"This version cannot be exported: {error}.") from error


def _holds_secrets(path: str) -> bool:
    name = PurePosixPath(path).name.casefold()
    return name == ".env" or (name.startswith(".env.") and name != ".env.example")


def _path_in_folder(path: str, folder: str | None) -> str:
    return path if folder is None else f"{folder}/{path}"


async def _add_file(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = _zip_entry(name)
    if len(content) <= _SMALL:
        archive.writestr(entry, content)
    else:
        await asyncio.to_thread(archive.writestr, entry, content)


def _zip_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.create_system = _UNIX
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | (0o755 if name.endswith(".sh") else 0o644)) << 16
    return entry
