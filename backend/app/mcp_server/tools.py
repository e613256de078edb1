"""A tool: its arguments, its answer and the session that it is called in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from app.container import Services
from app.services.founder_service import Caller


class Arguments(BaseModel):
    """The arguments of a tool."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True)
class Picture:
    """An image for the assistant to look at."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class Answer:
    """The findings or deeds of a tool, in words; `data` holds what the next call needs, such as ids.

    A long text that a program has no use for comes without `data`.
    """

    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    files: tuple[tuple[str, str, bytes], ...] = ()
    """Name, media type and content of each file that is handed over."""


@dataclass(frozen=True)
class Session:
    """The founder who asks, and the services that answer."""

    services: Services
    caller: Caller
    report: Callable[[float, str], Awaitable[None]]
    """Tells the assistant how far a call is that takes a while, from 0 to 1."""
    origin: str
    """Where shared links are opened, such as `http://127.0.0.1:8000`."""


@dataclass(frozen=True)
class Tool(Generic[A]):
    """A tool of the server; its description is written for the model that decides when to call it."""

    name: str
    title: str
    description: str
    arguments: type[A]
    run: Callable[[Session, A], Awaitable[Answer]]
    only_reads: bool = False
    destroys: bool = False
    """Something that was there is not there afterwards."""
