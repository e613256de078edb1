"""Opening a preview link the way a visitor does, for the probe that decides whether a build is ready."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from app.core.errors import Unavailable
from app.core.ids import JobId
from app.domain.failure import BuildFailed, FailureCode
from app.preview.links import PreviewSigner
from app.preview.pages import PROBLEM

PROBE_TIMEOUT_S: Final = 90.0
_TRIES: Final = 5
"""The proxy may be killed in the middle of an answer, and a sandbox under an app that starts."""

_PAUSE_S: Final = 1.0
_NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None)


class _To(AbstractResolver):
    """Finds every host at one address: `*.localhost` is unknown to the C library."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = ResolveResult(hostname=host, host=self._address, port=port, family=family, proto=0, flags=0)
        return [answer]

    async def close(self) -> None:
        """Nothing to give back."""


async def probe(url: str, *, timeout_s: float = PROBE_TIMEOUT_S, address: str | None = "127.0.0.1") -> int:
    """The status of the app's answer behind a preview link.

    BuildFailed `preview_silent` when the app does not answer in time, `unavailable` when the proxy does not.

    The proxy's exchange of the link for a cookie is followed, the app's own redirects are not. `address` is where
    the proxy listens; None asks the resolver.
    """
    try:
        async with asyncio.timeout(timeout_s):
            for _ in range(1, _TRIES):
                with suppress(aiohttp.ClientError, OSError, Unavailable):
                    return await _ask(url, address)
                await asyncio.sleep(_PAUSE_S)
            return await _ask(url, address)
    except TimeoutError as error:
        raise BuildFailed(FailureCode.PREVIEW_SILENT, log=f"{type(error).__name__}: {error}") from error
    except (aiohttp.ClientError, OSError, Unavailable) as error:
        raise BuildFailed(FailureCode.UNAVAILABLE, log=f"{type(error).__name__}: {error}") from error


async def _ask(url: str, address: str | None) -> int:
    """The status of the answer; Unavailable where the proxy says that a part of ours is."""
    connector = aiohttp.TCPConnector(resolver=_To(address) if address else None)
    jar = aiohttp.CookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=_NO_TIMEOUT) as session:
        async with session.get(url, allow_redirects=False) as answer:
            location = answer.headers.get("Location", "")
            if answer.status != HTTPStatus.SEE_OTHER:
                return answer.status
        async with session.get(URL(location, encoded=True), allow_redirects=False) as answer:
            if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and answer.content_type == PROBLEM:
                raise Unavailable("The preview cannot be served now.")
            return answer.status


class LinkProbe:
    """Probes the preview of a build through a link of its own."""

    def __init__(self, signer: PreviewSigner, *, timeout_s: float = PROBE_TIMEOUT_S) -> None:
        self._signer = signer
        self._timeout_s = timeout_s

    async def probe(self, job_id: JobId) -> int:
        """The HTTP status of the first page; BuildFailed when there is no answer."""
        return await probe(self._signer.url(job_id), timeout_s=self._timeout_s)
