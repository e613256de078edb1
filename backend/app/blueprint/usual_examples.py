"""The usual names and prices of records: a product of a bakery is a loaf, and not of any price."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

_ITEM = re.compile(r"(?P<name>.+?)(?: (?P<price>[0-9]+(?:\.[0-9]{2})?))?(?: /(?P<sort>[a-z]+))?")


@dataclass(frozen=True)
class Example:
    """A name for an example record; `sort` is the word of a choice that it goes with, such as cake."""

    name: str
    price: Decimal | None = None
    sort: str = ""


@dataclass(frozen=True)
class Trade:
    """A kind of business: the words that tell it, and what it offers of the `kinds`."""

    words: frozenset[str]
    kinds: frozenset[str]
    examples: tuple[Example, ...]


@cache
def usual_examples() -> Mapping[str, tuple[str, ...]]:
    """The usual names of the first records, by their kind in small letters without spaces."""
    return {kind: tuple(str(names).split("|")) for kind, names in _examples_file()["names"].items()}


@cache
def trades() -> tuple[Trade, ...]:
    """The businesses whose goods have names of their own."""
    return tuple(_read_trade(table) for table in _examples_file()["trades"].values())


@cache
def usual_prices() -> Mapping[str, Decimal]:
    """The usual price of a thing by its name, where it is one that is for sale."""
    names = usual_examples()
    priced = {
        name: Decimal(price)
        for kind, prices in _examples_file()["prices"].items()
        for name, price in zip(names[kind], prices.split(), strict=True)
    }
    return priced | {
        example.name: example.price
        for trade in trades()
        for example in trade.examples
        if example.price is not None
    }


def _read_trade(table: Mapping[str, str]) -> Trade:
    items = [match for match in map(_ITEM.fullmatch, table["names"].split("|")) if match]
    examples = tuple(
        Example(item["name"], Decimal(item["price"]) if item["price"] else None, item["sort"] or "")
        for item in items
    )
    return Trade(frozenset(table["words"].split()), frozenset(table["kinds"].split()), examples)


@cache
def _examples_file() -> dict[str, dict[str, Any]]:  # Any: what TOML can hold
    return tomllib.loads((files("app.blueprint") / "examples.toml").read_text(encoding="utf-8"))
