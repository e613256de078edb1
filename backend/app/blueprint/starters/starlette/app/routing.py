"""Routes whose functions name, in their parameters, what they need of the request."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, get_type_hints

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .figures import ACTOR, Actor
from .outbox import SITE

LONGEST_NUMBER = 15


@dataclass(frozen=True)
class Given:
    """A parameter that is worked out from the request; a plain function runs in a thread, as handlers do."""

    read: Callable[[Request], Any]


@dataclass(frozen=True)
class Named:
    """A parameter that stands in the address or its query under its own name; ValueError when it cannot be."""

    read: Callable[[str], Any]


def number(text: str) -> int:
    """A whole number that is not negative."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise ValueError(text)
    return int(text)


def up_to(most: int) -> Callable[[str], int]:
    """A number from 1 on."""

    def read(text: str) -> int:
        found = number(text)
        if not 1 <= found <= most:
            raise ValueError(text)
        return found

    return read


def shorter_than(limit: int) -> Callable[[str], str]:
    """Words of a reasonable length."""

    def read(text: str) -> str:
        if len(text) >= limit:
            raise ValueError(text)
        return text

    return read


Number = Annotated[int, Named(number)]
PageNumber = Annotated[int, Named(up_to(100_000))]
Words = Annotated[str, Named(shorter_than(201))]

Handler = Callable[..., Response]


class Routes:
    """Collects handlers by address, in order: the first that fits answers."""

    def __init__(self) -> None:
        self.all: list[BaseRoute] = []

    def get(self, address: str) -> Callable[[Handler], Handler]:
        """Shows the page at this address."""
        return self._adding(address, "GET")

    def post(self, address: str) -> Callable[[Handler], Handler]:
        """Takes the form of this address."""
        return self._adding(address, "POST")

    def _adding(self, address: str, method: str) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            self.all.append(Route(address, _endpoint(handler), methods=[method]))
            return handler

        return add


def _endpoint(handler: Handler) -> Callable[[Request], Any]:
    hints = get_type_hints(handler, include_extras=True)
    parameters = inspect.signature(handler).parameters
    taken = {name: (_source(hints[name]), parameter.default) for name, parameter in parameters.items()}

    async def answer(request: Request) -> Response:
        values = {name: await _value(request, name, *where) for name, where in taken.items()}
        visitor = getattr(request.state, "visitor", None)
        # Set here, not where the visitor is looked up: that runs in a thread with a context of its own.
        ACTOR.set(visitor.actor if visitor is not None else Actor())
        SITE.set(str(request.base_url).rstrip("/"))
        return await run_in_threadpool(handler, **values)

    return answer


def _source(hint: Any) -> Given | Named | None:
    """None stands for the request itself."""
    return next((one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Given | Named)), None)


async def _value(request: Request, name: str, source: Given | Named | None, default: Any) -> Any:
    if isinstance(source, Given):
        read = source.read
        return await read(request) if inspect.iscoroutinefunction(read) else await run_in_threadpool(read, request)
    if isinstance(source, Named):
        text = request.path_params.get(name, request.query_params.get(name))
        try:
            return default if text is None else source.read(text)
        except ValueError:
            raise HTTPException(404, "There is no such page.") from None
    return request
