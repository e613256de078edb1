"""Connections to the open internet alone, for addresses that somebody else than the operator named."""

from __future__ import annotations

from typing import Final

import httpx2

from app.core.addresses import Resolver

_NOT_KNOWN: Final = "The host is not known."
_NOT_PUBLIC: Final = "The host is at no address of the open internet."


class PublicTransport(httpx2.AsyncBaseTransport):
    """Looks a host up, judges its addresses, and connects to one of those that it judged.

    A name that leads elsewhere a moment later changes nothing then.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        # Without the environment: a proxy would look the name up once more.
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of the first address that takes a connection."""
        try:
            addresses = await self._resolver.resolve(request.url.host, private=False)
        except (OSError, UnicodeError) as error:
            raise httpx2.ConnectError(_NOT_KNOWN, request=request) from error
        if not addresses:
            raise httpx2.ConnectError(_NOT_PUBLIC, request=request)
        *others, fallback = addresses
        for address in others:
            try:
                return await self._inner.handle_async_request(_at_address(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_at_address(request, fallback))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


def _at_address(request: httpx2.Request, address: str) -> httpx2.Request:
    """The request for one address of its host; the server and its certificate are still asked for by name."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
