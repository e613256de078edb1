"""The addresses at which founders may have a model asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Final

from app.core.addresses import Resolver
from app.core.errors import ConfigurationError, InvalidInput
from app.designer.choice import only_operator_may_name

ANY: Final = "any"
_LOOK_UP_S: Final = 3.0
# Strict, so that no other reader of addresses sees another host in one than is compared here.
_ORIGIN: Final = re.compile(r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?(?:/[^\\]*)?")
_PORTS: Final = {"http": "80", "https": "443"}


class ModelAddresses:
    """Judges addresses: a founder's must be public, unless the operator named them or trusts every founder."""

    def __init__(self, named: Iterable[str] | None, resolver: Resolver | None = None) -> None:
        self._origins = None if named is None else {_required_origin(url) for url in named}
        self._resolver = resolver or Resolver()

    @property
    def are_named(self) -> bool:
        """True where only the operator lets a model be asked inside the network."""
        return self._origins is not None

    def must_be_public(self, url: str) -> bool:
        """True when an address may lead to the open internet only."""
        return self._origins is not None and _origin_of(url) not in self._origins

    async def require_allowed(self, url: str) -> None:
        """InvalidInput where a founder may not have a model asked at this address.

        A host that nobody knows passes: it is looked up again, and judged, whenever it is connected to.
        """
        if not self.must_be_public(url):
            return
        origin = _origin_of(url)
        if origin is None:
            raise InvalidInput(f"{url!r} is not the address of a server.", remedy="Such as https://example.com/v1")
        try:
            async with asyncio.timeout(_LOOK_UP_S):
                addresses = await self._resolver.resolve(origin[1].strip("[]"), private=False)
        except (OSError, UnicodeError, TimeoutError):
            return
        if not addresses:
            raise InvalidInput(
                only_operator_may_name(url), remedy="Choose a provider's model with a key, or ask the operator."
            )


def _origin_of(url: str) -> tuple[str, str, str] | None:
    match = _ORIGIN.fullmatch(url.strip())
    if match is None:
        return None
    scheme, host, port = match.groups()
    return scheme, host.lower(), (port or _PORTS[scheme]).lstrip("0")


def _required_origin(url: str) -> tuple[str, str, str]:
    origin = _origin_of(url)
    if origin is None:
        raise ConfigurationError(
            f"The setting 'model_servers' names {url!r}, which is not the address of a server.",
            remedy="COFOUNDER_MODEL_SERVERS=http://10.0.0.5:8080",
        )
    return origin
