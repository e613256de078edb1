"""The parts that an expression is made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

Literal = Decimal | str | bool | None


@dataclass(frozen=True)
class Value:
    """A literal: a number, a text, yes, no or empty."""

    value: Literal


@dataclass(frozen=True)
class Path:
    """A field, or a chain of links that ends in one; it starts at the record, at `this` or at `me`."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class Unary:
    """`-x` or `not x`."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    """Arithmetic, a comparison, `and` or `or`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class IsEmpty:
    """`x is empty`, or with `negated` `x is not empty`."""

    operand: Node
    negated: bool


@dataclass(frozen=True)
class OneOf:
    """`x in ("A", "B")`, or with `negated` `x not in (...)`."""

    operand: Node
    options: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True)
class Call:
    """A function of values, such as `days(from, to)`."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Aggregate:
    """A figure over the records of `entity`: those linked to the record by `via`, or every one without a link.

    `order` is the field that `latest` goes by.
    """

    function: str
    entity: str
    operand: Node | None
    via: str | None
    where: Node | None
    order: str | None


@dataclass(frozen=True)
class Rank:
    """The place of the record among all of its kind, ordered by `keys`; True means the highest first."""

    keys: tuple[tuple[Node, bool], ...]
    where: Node | None


Node = Value | Path | Unary | Binary | IsEmpty | OneOf | Call | Aggregate | Rank
