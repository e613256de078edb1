"""Model servers that run on this machine already: looked for at the addresses where they listen by default."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx2

from app.adapters.runners.replies import ReplyIsPage, ReplyTooLarge, judge_reply
from app.designer.choice import ModelChoice

PLACES: Final = (
    ("Ollama", "ollama", "http://127.0.0.1:11434/v1"),
    ("LM Studio", "compatible", "http://127.0.0.1:1234/v1"),
    ("llama.cpp", "compatible", "http://127.0.0.1:8080/v1"),
    ("vLLM", "compatible", "http://127.0.0.1:8000/v1"),
)
"""Name, provider and address."""

_ANSWERS_IN_S: Final = 1.0
_TELLS_IN_S: Final = 5.0
_NO_JSON: Final = (httpx2.HTTPError, TimeoutError, ValueError, RecursionError, ReplyTooLarge, ReplyIsPage)
_CONTEXTS: Final = ("n_ctx", "max_model_len", "max_context_length", "context_length")
"""What llama.cpp, vLLM, LM Studio and others call the size of the context."""
_MOST_MODELS: Final = 20
LOADING_S: Final = 120.0
"""A server may load its model first, which is gigabytes."""

OLLAMA_CONTEXT: Final = 4_096
"""What Ollama gives a model by default; it cuts off whatever is longer without a word."""


@dataclass(frozen=True)
class LocalServer:
    """A server that answered, with the models it offers."""

    name: str
    provider: str
    url: str
    models: tuple[str, ...]

    @property
    def settings(self) -> str:
        """The settings to type for its first model."""
        address = "" if self.provider == "ollama" else f"COFOUNDER_MODEL_URL={self.url} "
        return f"{address}COFOUNDER_MODEL={self.provider}:{self.models[0]}"


def find_local_servers(places: Iterable[tuple[str, str, str]] = PLACES) -> list[LocalServer]:
    """The servers that answer with at least one model; all are asked at once."""
    return asyncio.run(_probe_places(list(places)))


def offers(may_ask: Callable[[str], bool]) -> list[tuple[str, str, str | None]]:
    """Name, model and address of each server that answers, as it can be chosen, where `may_ask` admits it."""
    return [
        (found.name, f"{found.provider}:{found.models[0]}", None if found.provider == "ollama" else found.url)
        for found in find_local_servers(place for place in PLACES if may_ask(place[2]))
    ]


async def _probe_places(places: Sequence[tuple[str, str, str]]) -> list[LocalServer]:
    hooks: Any = {"response": [judge_reply]}  # Any: the client types its hooks as it runs them
    async with httpx2.AsyncClient(trust_env=False, event_hooks=hooks) as client:
        probed = await asyncio.gather(*(_probe_place(place, client) for place in places))
    return [server for server in probed if server is not None]


async def _probe_place(place: tuple[str, str, str], client: httpx2.AsyncClient) -> LocalServer | None:
    name, provider, url = place
    models = tuple(_model_names(await _get_json(client, f"{url}/models", within_s=_ANSWERS_IN_S)))
    return LocalServer(name, provider, url, models[:_MOST_MODELS]) if models else None


@dataclass(frozen=True)
class ServerTold:
    """The abilities of a model as its server tells them; None where it does not tell."""

    context: int | None = None
    """Tokens that it can read and write together."""
    sees: bool | None = None
    """Whether it can look at pictures."""


async def ask_server(choice: ModelChoice, client: httpx2.AsyncClient) -> ServerTold:
    """Ask a server of the founder's own about a model."""
    if choice.url is None or not choice.is_own_server:
        return ServerTold()
    if choice.provider == "ollama":
        return await _ask_ollama(choice.url.rstrip("/").removesuffix("/v1"), choice.name, client)
    body = await _get_json(client, f"{choice.url}/models")
    entries = [entry for entry in _objects_in(body) if choice.name in _names_of(entry)]
    parts = [part for entry in entries for part in (entry, entry.get("meta")) if part]
    sizes = [part.get(name) for part in parts for name in _CONTEXTS]
    context = next((size for size in sizes if isinstance(size, int) and size > 0), None)
    # llama.cpp lists its models a second time, in the words of Ollama.
    return ServerTold(context, _sees([*entries, *_objects_in(body, "models")], "multimodal"))


async def _ask_ollama(root: str, name: str, client: httpx2.AsyncClient) -> ServerTold:
    """Ollama decides how much a model reads when it loads it, by the memory that there is."""
    running = await _running_models(root, client)
    if running is not None and _find_loaded(running, name) is None:
        await _get_json(client, f"{root}/api/generate", {"model": name}, within_s=LOADING_S)
        running = await _running_models(root, client)
    if running is None:
        return ServerTold()
    size = (_find_loaded(running, name) or {}).get("context_length")
    description = await _get_json(client, f"{root}/api/show", {"model": name})
    sees = _sees([description] if isinstance(description, dict) else [], "vision")
    return ServerTold(size if isinstance(size, int) and size > 0 else OLLAMA_CONTEXT, sees)


def _sees(listed: list[dict[str, Any]], word: str) -> bool | None:
    capabilities = [entry["capabilities"] for entry in listed if isinstance(entry.get("capabilities"), list)]
    return any(word in abilities for abilities in capabilities) if capabilities else None


async def _running_models(root: str, client: httpx2.AsyncClient) -> list[dict[str, Any]] | None:
    body = await _get_json(client, f"{root}/api/ps")
    return _objects_in(body, "models") if isinstance(body, dict) and "models" in body else None


def _find_loaded(running: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((entry for entry in running if entry.get("name") in (name, f"{name}:latest")), None)


async def _get_json(
    client: httpx2.AsyncClient, url: str, asked: object = None, *, within_s: float | None = None
) -> object:
    """The JSON at an address, or that answers what is asked there; None where there is none in time."""
    try:
        # The client's own limits are of silence, and a server may send a byte now and then for ever.
        async with asyncio.timeout(within_s or _TELLS_IN_S):
            answer = await client.request("GET" if asked is None else "POST", url, json=asked)
        return answer.json() if answer.status_code == HTTPStatus.OK else None
    except _NO_JSON:
        return None


def _objects_in(body: object, key: str = "data") -> list[dict[str, Any]]:
    members = body.get(key) if isinstance(body, dict) else None
    return [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def _names_of(entry: dict[str, Any]) -> list[object]:
    """The names by which a server knows a model."""
    aliases = entry.get("aliases")
    return [entry.get("id"), *(aliases if isinstance(aliases, list) else ())]


def _model_names(body: object) -> Iterator[str]:
    for entry in _objects_in(body):
        if isinstance(entry.get("id"), str) and entry["id"].isprintable():
            yield entry["id"]
