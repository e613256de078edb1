"""The first words of a TLS connection, read to learn which server they are for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

MAX_HELLO: Final = 64 * 1024

_HANDSHAKE, _CLIENT_HELLO, _HOST_NAME = 22, 1, 0
_RECORD_HEAD, _MESSAGE_HEAD = 5, 4
_MAX_RECORD: Final = 16 * 1024
_VERSION_AND_RANDOM = 34
_SERVER_NAME, _ENCRYPTED_HELLO = 0, 0xFE0D


class NotTls(Exception):
    """The bytes are not the beginning of a TLS connection, or hide which host it is for."""


@dataclass(frozen=True)
class ClientHello:
    """A client's first message as it was sent, and the server that it names; None when it names none."""

    data: bytes
    server_name: str | None


async def read_hello(reader: asyncio.StreamReader) -> ClientHello:
    """Read exactly the first message. NotTls, IncompleteReadError."""
    data, message = b"", b""
    while len(message) < _MESSAGE_HEAD or len(message) < _MESSAGE_HEAD + int.from_bytes(message[1:4], "big"):
        head = await reader.readexactly(_RECORD_HEAD)
        size = int.from_bytes(head[3:5], "big")
        # Every version of TLS says 3 here; a first message may be spread over several records.
        if head[0] != _HANDSHAKE or head[1] != 3 or not 0 < size <= _MAX_RECORD or len(data) > MAX_HELLO:
            raise NotTls("only TLS goes through here")
        body = await reader.readexactly(size)
        data, message = data + head + body, message + body
        if message[0] != _CLIENT_HELLO:
            raise NotTls("only TLS goes through here")
    size = int.from_bytes(message[1:4], "big")
    return ClientHello(data, _server_name(_Fields(message[_MESSAGE_HEAD : _MESSAGE_HEAD + size])))


def _server_name(hello: _Fields) -> str | None:
    """The name in a client's first message. NotTls when it is malformed, or encrypts another one."""
    hello.take(_VERSION_AND_RANDOM)
    for width in (1, 2, 1):  # session, ciphers, compressions
        hello.take_sized(width)
    extensions = _Fields(hello.take_sized(2) if hello.rest else b"")
    name = None
    while extensions.rest:
        kind, content = int.from_bytes(extensions.take(2), "big"), _Fields(extensions.take_sized(2))
        if kind == _ENCRYPTED_HELLO:
            raise NotTls("a name that is encrypted cannot be checked")
        if kind == _SERVER_NAME:
            names = _Fields(content.take_sized(2))
            if name is not None or names.take(1)[0] != _HOST_NAME:
                raise NotTls("a connection names one server")
            name = names.take_sized(2).decode("latin-1").lower()
            if names.rest:
                raise NotTls("a connection names one server")
    return name


class _Fields:
    """Bytes from which fields are taken, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, size: int) -> bytes:
        if len(self.rest) < size:
            raise NotTls("the first message of this connection is malformed")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def take_sized(self, width: int) -> bytes:
        """A field whose size stands before it in so many bytes."""
        return self.take(int.from_bytes(self.take(width), "big"))
