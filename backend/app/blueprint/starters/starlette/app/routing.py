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
    """A parameter that is worked out from the request: in the thread of the handler, or before it where that waits."""

    read: Callable[[Request], Any]


@dataclass(frozen=True)
class Named:
    """A parameter that stands in the address or its query under its own name; ValueError when it cannot be."""

    read: Callable[[str], Any]


def is_number(text: str) -> bool:
    """Whether a text is a whole number as the app writes it: one page has one address, and no other opens it."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER and text == str(int(text))


def number(text: str) -> int:
    """A whole number that is not negative."""
    if not is_number(text):
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
Parameter = tuple[str, Given | Named | None, Any]
"""A parameter by its name, where its value comes from, and what it is without one."""


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
    taken = [(name, _source(hints[name]), parameter.default) for name, parameter in parameters.items()]
    # What is read by waiting, such as a form, comes after whoever sends it is known.
    waits = next((place for place, (_, source, _) in enumerate(taken) if _is_awaited(source)), None)

    def read(request: Request, values: dict[str, Any], wanted: list[Parameter]) -> None:
        for name, source, default in wanted:
            values[name] = _value(request, name, source, default)

    def finish(request: Request, values: dict[str, Any], wanted: list[Parameter]) -> Response:
        read(request, values, wanted)
        say_who(request)
        return handler(**values)

    def say_who(request: Request) -> None:
        visitor = getattr(request.state, "visitor", None)
        ACTOR.set(visitor.actor if visitor is not None else Actor())
        SITE.set(str(request.base_url).rstrip("/"))

    async def run(request: Request) -> Response:
        # To change to a thread and back costs as much as a small page, so all that can be done in one is.
        values: dict[str, Any] = {}
        if waits is None:
            return await run_in_threadpool(finish, request, values, taken)
        name, source, _ = taken[waits]
        assert isinstance(source, Given)
        await run_in_threadpool(read, request, values, taken[:waits])
        values[name] = await source.read(request)
        return await run_in_threadpool(finish, request, values, taken[waits + 1 :])

    async def answer(request: Request) -> Response:
        response = await run(request)
        # What a long answer is read from is read after the handler, in other threads: a list as a file, for the same person.
        say_who(request)
        return response

    return answer


def _is_awaited(source: Given | Named | None) -> bool:
    return isinstance(source, Given) and inspect.iscoroutinefunction(source.read)


def _source(hint: Any) -> Given | Named | None:
    """None stands for the request itself."""
    return next((one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Given | Named)), None)


def _value(request: Request, name: str, source: Given | Named | None, default: Any) -> Any:
    if isinstance(source, Given):
        return source.read(request)
    if isinstance(source, Named):
        text = request.path_params.get(name, request.query_params.get(name))
        try:
            return default if text is None else source.read(text)
        except ValueError:
            raise HTTPException(404, "There is no such page.") from None
    return request
