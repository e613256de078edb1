"""Judges what a provider sends before anybody reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

import httpx2

MOST_REPLY_BYTES: Final = 2_000_000


class ReplyTooLarge(Exception):
    """A provider sends more than any design can be."""


class ReplyIsPage(Exception):
    """A web page answers in the place of a provider: of a proxy, or at a wrong address."""


async def judge_reply(response: httpx2.Response) -> None:
    """Refuse web pages, and break off a body that is larger than any design. ReplyIsPage."""
    if response.status_code == HTTPStatus.OK and _media_type(response) == "text/html":
        raise ReplyIsPage
    stream = response.stream
    if isinstance(stream, httpx2.AsyncByteStream):
        response.stream = _Limited(stream)


def _media_type(response: httpx2.Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


class _Limited(httpx2.AsyncByteStream):
    """A body that breaks off where it is larger than any design."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MOST_REPLY_BYTES:
                raise ReplyTooLarge
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
