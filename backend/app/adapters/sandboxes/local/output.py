"""The output of commands, read no faster than it can be dealt with and kept up to a cap."""

from __future__ import annotations

import asyncio
import os
from typing import Final, Self

from app.ports.sandbox import OnOutput

CHUNK: Final = 65536
FLOOD: Final = 20
"""A command may print this many times what is kept."""
TAIL_BYTES: Final = 64 * 1024
TAIL_PAUSE_S: Final = 0.01


class Flooded(Exception):
    """The command printed far more than anybody will read."""


class OutputPipe:
    """A pipe whose writing end goes into the sandbox."""

    def __init__(self, reader: asyncio.StreamReader, transport: asyncio.ReadTransport, write_fd: int) -> None:
        self.reader = reader
        self._transport = transport
        self._write_fd: int | None = write_fd

    @classmethod
    async def open(cls) -> Self:
        read, write = os.pipe()
        reader = asyncio.StreamReader(limit=CHUNK)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read, "rb", buffering=0)
        )
        return cls(reader, transport, write)

    @property
    def write_fd(self) -> int:
        if self._write_fd is None:
            raise RuntimeError("the writing end was handed on already")
        return self._write_fd

    def handed_on(self) -> None:
        """The sandbox has the writing end: keep no copy, or the end of the output is never seen."""
        if self._write_fd is not None:
            os.close(self._write_fd)
            self._write_fd = None

    def close(self) -> None:
        self.handed_on()
        self._transport.close()


class Capture:
    """Output of one command: the first `limit` bytes are kept, all of it is passed on."""

    def __init__(self, limit: int, on_output: OnOutput | None) -> None:
        self._limit = limit
        self._on_output = on_output
        self._kept = bytearray()
        self._total = 0

    async def read(self, pipe: OutputPipe) -> None:
        """Until the last writer closes; raises Flooded."""
        while chunk := await pipe.reader.read(CHUNK):
            self._total += len(chunk)
            self._kept += chunk[: self._limit - len(self._kept)]
            if self._total > self._limit * FLOOD:
                raise Flooded
            if self._on_output is not None:
                self._on_output(chunk)

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace")

    @property
    def truncated(self) -> bool:
        return self._total > len(self._kept)


class Tail:
    """The last output of everything that runs in the background."""

    def __init__(self) -> None:
        self._kept = bytearray()

    async def follow(self, pipe: OutputPipe) -> None:
        """Until the last writer closes. The pauses make a server that prints without end wait for its pipe."""
        try:
            while chunk := await pipe.reader.read(CHUNK):
                self._kept += chunk
                del self._kept[:-TAIL_BYTES]
                await asyncio.sleep(TAIL_PAUSE_S)
        finally:
            pipe.close()

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace")
