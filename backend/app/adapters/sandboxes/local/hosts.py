"""The hosts that serve the registries' files, found by following where the registries' own answers point."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from collections.abc import Mapping
from html import unescape
from typing import Any, Final
from urllib.parse import urljoin

import aiohttp

from app.adapters.sandboxes.local.egress import Origin
from app.adapters.sandboxes.local.registries import Registries, ask_npm, origin_of

PYTHON_SAMPLES: Final = ("idna", "pip", "six")
NPM_SAMPLES: Final = ("once", "ms")
"""Small packages that a registry surely has; one that answers is enough."""

SIMPLE: Final = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
NPM: Final = "application/vnd.npm.install-v1+json, application/json;q=0.5"
TIMEOUT_S: Final = 15.0
RETRY_S: Final = 15.0
_HREF = re.compile(r"""<a\s[^>]*?href\s*=\s*["']([^"']+)""", re.IGNORECASE)


class RegistryHosts:
    """Everything that the registries need, derived once and again after a failure."""

    def __init__(self, registries: Registries, environ: Mapping[str, str]) -> None:
        self._registries = registries
        self._environ = environ
        self._lock = asyncio.Lock()
        self._files: frozenset[Origin] = frozenset()
        self._due = 0.0

    async def allowed(self) -> Mapping[Origin, bool]:
        """The origins; True for those the operator named, which may lie on an internal network."""
        async with self._lock:
            if time.monotonic() >= self._due:
                self._files, complete = await self._derive()
                self._due = float("inf") if complete else time.monotonic() + RETRY_S
        return dict.fromkeys(self._files, False) | self._registries.origins

    async def _derive(self) -> tuple[frozenset[Origin], bool]:
        """The hosts found, and whether every registry answered."""
        questions: list[tuple[str, tuple[str, ...], str]] = [
            (url, PYTHON_SAMPLES, SIMPLE) for url in self._registries.indexes if origin_of(url)
        ]
        if npm := self._registries.npm or await ask_npm(self._environ):
            questions.append((npm, NPM_SAMPLES, NPM))
        async with self._session() as session:
            asked = (_file_origins(session, *question) for question in questions)
            answers = await asyncio.gather(*asked)
        return frozenset().union(*answers), all(answers)

    def _session(self) -> aiohttp.ClientSession:
        context = ssl.create_default_context()
        if self._registries.ca_bundle:
            context.load_verify_locations(cadata=self._registries.ca_bundle.decode(errors="replace"))
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            trust_env=True,
        )


async def _file_origins(
    session: aiohttp.ClientSession, registry: str, samples: tuple[str, ...], accept: str
) -> frozenset[Origin]:
    """Where this registry's files lie; empty when it does not answer."""
    slash = "/" if accept is SIMPLE else ""
    for sample in samples:
        try:
            urls = await _file_urls(session, f"{registry.rstrip('/')}/{sample}{slash}", accept)
            if urls:
                return _origins([*urls, *await _redirects(session, urls[-1])])
        except (aiohttp.ClientError, TimeoutError, ValueError):
            continue
    return frozenset()


def _origins(urls: list[str]) -> frozenset[Origin]:
    return frozenset(origin for url in urls if (origin := origin_of(url)))


async def _file_urls(session: aiohttp.ClientSession, url: str, accept: str) -> list[str]:
    async with session.get(url, headers={"Accept": accept}) as answer:
        answer.raise_for_status()
        text = await answer.text()
        here = str(answer.url)
        found = links_of_html(text) if "html" in answer.content_type else links_of_json(json.loads(text))
    return [here, *(urljoin(here, link) for link in found)] if found else []


async def _redirects(session: aiohttp.ClientSession, url: str) -> list[str]:
    """Where a file really comes from, should its address only point on."""
    async with session.head(url, allow_redirects=True) as answer:
        return [str(answer.url), *(str(step.url) for step in answer.history)]


def links_of_html(text: str) -> list[str]:
    """The files of a project's page in the old form."""
    return [unescape(link) for link in _HREF.findall(text)]


def links_of_json(answer: Any) -> list[str]:  # Any: what JSON gives
    """The files in an answer of either kind of registry."""
    files = [file["url"] for file in answer.get("files", [])]
    versions = answer.get("versions", {})
    return files + [one["dist"]["tarball"] for one in versions.values()] if isinstance(versions, dict) else files
