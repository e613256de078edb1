"""Opening a preview link the way a visitor does, for the probe that decides whether a build is ready."""

from __future__ import annotations

import socket
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from app.core.ids import JobId
from app.domain.failure import BuildFailed, FailureCode
from app.preview.links import PreviewSigner

PROBE_TIMEOUT_S: Final = 90.0
_SEE_OTHER: Final = 303


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
    """The status of the app's answer behind a preview link; BuildFailed `preview_silent` when there is none.

    The proxy's exchange of the link for a cookie is followed, the app's own redirects are not. `address` is where
    the proxy listens; None asks the resolver.
    """
    connector = aiohttp.TCPConnector(resolver=_To(address) if address else None)
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    jar = aiohttp.CookieJar()
    try:
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=timeout) as session:
            async with session.get(url, allow_redirects=False) as answer:
                status, location = answer.status, answer.headers.get("Location", "")
            if status != _SEE_OTHER:
                return status
            async with session.get(URL(location, encoded=True), allow_redirects=False) as answer:
                return answer.status
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise BuildFailed(FailureCode.PREVIEW_SILENT, log=f"{type(error).__name__}: {error}") from error


class LinkProbe:
    """Probes the preview of a build through a link of its own."""

    def __init__(self, signer: PreviewSigner, *, timeout_s: float = PROBE_TIMEOUT_S) -> None:
        self._signer = signer
        self._timeout_s = timeout_s

    async def probe(self, job_id: JobId) -> int:
        """The HTTP status of the first page; BuildFailed when there is no answer."""
        return await probe(self._signer.url(job_id), timeout_s=self._timeout_s)
