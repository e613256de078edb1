"""The hosts that serve the registries' files, found by following where the registries' own answers point."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from typing import Any, ClassVar, Final
from urllib.parse import urljoin

import aiohttp

from app.adapters.sandboxes.local.egress import Origin
from app.adapters.sandboxes.local.registries import Registries, ask_npm, origin_of

TIMEOUT_S: Final = 15.0
RETRY_S: Final = 15.0
_HREF = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']+)""", re.IGNORECASE)


@dataclass(frozen=True)
class _Registry:
    """A registry to ask, by small packages that it surely has; one that answers is enough."""

    url: str
    by_operator: bool
    samples: ClassVar[tuple[str, ...]]
    accept: ClassVar[str]


class _Python(_Registry):
    samples = ("idna/", "pip/", "six/")
    accept = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


class _Npm(_Registry):
    samples = ("once", "ms")
    accept = "application/vnd.npm.install-v1+json, application/json;q=0.5"


class RegistryHosts:
    """Everything that the registries need, derived once and again after a failure."""

    def __init__(self, registries: Registries, environ: Mapping[str, str]) -> None:
        self._registries = registries
        self._environ = environ
        self._lock = asyncio.Lock()
        self._files: dict[Origin, bool] = {}
        self._due = 0.0

    async def allowed(self) -> Mapping[Origin, bool]:
        """The origins; True where the operator chose the registry, which may lie on an internal network then."""
        async with self._lock:
            if time.monotonic() >= self._due:
                self._files, complete = await self._derive()
                self._due = float("inf") if complete else time.monotonic() + RETRY_S
        return self._files | self._registries.origins

    async def _derive(self) -> tuple[dict[Origin, bool], bool]:
        """The hosts found, and whether every registry answered."""
        known = self._registries
        async with self._session() as session:
            python = [_Python(url, known.by_operator) for url in known.indexes if origin_of(url)]
            answers = await asyncio.gather(self._of_npm(session), *(_files_of(session, one) for one in python))
        found: dict[Origin, bool] = {}
        for answer in answers:
            found |= {origin: named or found.get(origin, False) for origin, named in (answer or {}).items()}
        return found, None not in answers

    async def _of_npm(self, session: aiohttp.ClientSession) -> dict[Origin, bool] | None:
        named = self._registries.npm
        registry = named or await ask_npm(self._environ)
        return await _files_of(session, _Npm(registry, named is not None)) if registry else {}

    def _session(self) -> aiohttp.ClientSession:
        context = ssl.create_default_context()
        if self._registries.ca_bundle:
            context.load_verify_locations(cadata=self._registries.ca_bundle.decode("ascii", errors="ignore"))
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            trust_env=True,
        )


async def _files_of(session: aiohttp.ClientSession, registry: _Registry) -> dict[Origin, bool] | None:
    """Where this registry's files lie; None when it does not answer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(TIMEOUT_S):
            for sample in registry.samples:
                with suppress(aiohttp.ClientError, ValueError):
                    if urls := await _file_urls(session, f"{registry.url.rstrip('/')}/{sample}", registry.accept):
                        every = [*urls, *await _redirects(session, urls[-1])]
                        return {origin: registry.by_operator for url in every if (origin := origin_of(url))}
    return None


async def _file_urls(session: aiohttp.ClientSession, url: str, accept: str) -> list[str]:
    async with session.get(url, headers={"Accept": accept}) as answer:
        answer.raise_for_status()
        text = await answer.text()
        here = str(answer.url)
        found = links_of_html(text) if "html" in answer.content_type else links_of_json(json.loads(text))
    return [here, *(urljoin(here, link) for link in found)] if found else []


async def _redirects(session: aiohttp.ClientSession, url: str) -> list[str]:
    """Where a file really comes from, should its address only point on."""
    try:
        async with session.head(url, allow_redirects=True) as answer:
            return [str(answer.url), *(str(step.url) for step in answer.history)]
    except aiohttp.ClientError:
        return []


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
