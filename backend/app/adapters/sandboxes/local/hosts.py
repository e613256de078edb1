"""The hosts that serve the registries' files, found by following where the registries' own answers point."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from typing import Any, ClassVar, Final
from urllib.parse import urljoin

import aiohttp

from app.adapters.sandboxes.local.egress import Origin
from app.adapters.sandboxes.local.registries import Registries, ask_npm, origin_of
from app.core.addresses import Resolver
from app.ports.sandbox import PackageRegistry

TIMEOUT_S: Final = 15.0
RETRY_S: Final = 15.0
TLS_PORT: Final = 443
MAX_ORIGINS: Final = 8
MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HREF = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']+)""", re.IGNORECASE)


@dataclass(frozen=True)
class _Registry:
    """A registry to ask, by small packages that it surely has; one that answers is enough."""

    url: str
    by_operator: bool
    samples: ClassVar[tuple[str, ...]]
    accept: ClassVar[str]

    def is_at(self, origin: Origin) -> bool:
        """True when this is the registry's own host."""
        registry_origin = origin_of(self.url)
        return registry_origin is not None and registry_origin.host == origin.host

    def may_be_internal(self, origin: Origin) -> bool:
        """Only the host that the operator named may; another that it points to may not."""
        return self.by_operator and self.is_at(origin)


class _Python(_Registry):
    samples = ("idna/", "pip/", "six/")
    accept = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


class _Npm(_Registry):
    samples = ("once", "ms")
    accept = "application/vnd.npm.install-v1+json, application/json;q=0.5"


@dataclass
class _Known:
    """The origins of the files of one kind of registry, and when to look for them again."""

    files: Mapping[Origin, bool]
    due: float


class RegistryHosts:
    """Everything that the registries need, derived once for each kind and again after a failure."""

    def __init__(self, registries: Registries, environ: Mapping[str, str], resolver: Resolver) -> None:
        self._registries = registries
        self._environ = environ
        self._resolver = resolver
        self._lock = asyncio.Lock()
        self._known: dict[PackageRegistry, _Known] = {}

    async def allowed(self, kinds: Collection[PackageRegistry]) -> Mapping[Origin, bool]:
        """The origins; True for a registry that the operator chose, which may lie on an internal network then."""
        origins: dict[Origin, bool] = {}
        for kind in kinds:
            async with self._lock:
                derived = self._known.get(kind)
                if derived is None or time.monotonic() >= derived.due:
                    derived = self._known[kind] = await self._derive(kind)
            origins |= derived.files
        for kind in kinds:
            origins |= self._registries.origins(kind)
        return origins

    async def _derive(self, kind: PackageRegistry) -> _Known:
        async with self._session() as session:
            registries = await self._registries_of(kind)
            answers = await asyncio.gather(*(self._files_of(session, registry) for registry in registries))
        origins: dict[Origin, bool] = {}
        for answer in answers:
            origins |= {
                origin: is_named or origins.get(origin, False) for origin, is_named in (answer or {}).items()
            }
        return _Known(origins, time.monotonic() + RETRY_S if None in answers else float("inf"))

    async def _registries_of(self, kind: PackageRegistry) -> list[_Registry]:
        registries = self._registries
        if kind is PackageRegistry.PYTHON:
            return [_Python(url, registries.by_operator) for url in registries.indexes if origin_of(url)]
        registry = registries.npm or await ask_npm(self._environ)
        return [_Npm(registry, registries.npm is not None)] if registry else []

    def _session(self) -> aiohttp.ClientSession:
        context = ssl.create_default_context()
        if self._registries.ca_bundle:
            context.load_verify_locations(cadata=self._registries.ca_bundle.decode("ascii", errors="ignore"))
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            # The operator's own proxy may be the only way to the registries.
            trust_env=True,
        )

    async def _files_of(self, session: aiohttp.ClientSession, registry: _Registry) -> dict[Origin, bool] | None:
        """The hosts of this registry's files; None when it does not answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT_S):
                for sample in registry.samples:
                    with suppress(aiohttp.ClientError, ValueError):
                        url = f"{registry.url.rstrip('/')}/{sample}"
                        if urls := await _file_urls(session, url, registry.accept):
                            # One file stands for the others: an index serves all of them in the same way.
                            every = [*urls, *await self._redirects(session, urls[-1], registry)]
                            return dict(_admitted(every, registry))
        return None

    async def _redirects(self, session: aiohttp.ClientSession, url: str, registry: _Registry) -> list[str]:
        """The address that a file really comes from, should its own only point on. No forbidden one is asked."""
        steps: list[str] = []
        with suppress(aiohttp.ClientError, OSError, ValueError):
            while len(steps) <= MAX_REDIRECTS:
                origin = origin_of(url)
                if origin is None or not await self._may_ask(origin, registry):
                    break
                steps.append(url)
                async with session.head(url, allow_redirects=False) as answer:
                    if answer.status not in _REDIRECTS:
                        break
                    url = urljoin(url, answer.headers.get("Location", ""))
        return steps

    async def _may_ask(self, origin: Origin, registry: _Registry) -> bool:
        return bool(await self._resolver.resolve(origin.host, private=registry.may_be_internal(origin)))


def _admitted(urls: Sequence[str], registry: _Registry) -> Iterator[tuple[Origin, bool]]:
    """The origins of an answer, the first ones only. None opens another internal host."""
    origins = dict.fromkeys(origin for url in urls if (origin := origin_of(url)))
    usual = [candidate for candidate in origins if candidate.port == TLS_PORT or registry.is_at(candidate)]
    for origin in usual[:MAX_ORIGINS]:
        yield origin, registry.may_be_internal(origin)


async def _file_urls(session: aiohttp.ClientSession, url: str, accept: str) -> list[str]:
    async with session.get(url, headers={"Accept": accept}) as answer:
        answer.raise_for_status()
        text = await answer.text()
        here = str(answer.url)
        links = links_of_html(text) if "html" in answer.content_type else links_of_json(json.loads(text))
    return [here, *(urljoin(here, link) for link in links)] if links else []


def links_of_html(text: str) -> list[str]:
    """The files of a project's page in the old form."""
    return [unescape(link) for link in _HREF.findall(text)]


def links_of_json(answer: Any) -> list[str]:  # Any: what JSON gives
    """The files in an answer of either kind of registry; ValueError when it is neither."""
    try:
        if "files" in answer:
            return [file["url"] for file in answer["files"]]
        return [version["dist"]["tarball"] for version in answer["versions"].values()]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not the answer of a package registry") from error
