"""Adds, multiplies and divides numbers of different scales, exactly, in SQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from app.blueprint.expressions.catalogue import Kind, Type
from app.blueprint.expressions.faults import Fault

DIVISION_SCALE: Final = 6
"""Digits after the point that a division keeps."""

MAX_SCALE: Final = 8
"""More digits than this are rounded away after a multiplication, so that whole numbers stay below 2^63."""


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the type of its value."""

    text: str
    type: Type


def rescale(value: Sql, scale: int) -> Sql:
    """The same number with that many digits after the point; halves are rounded away from zero."""
    difference = scale - value.type.scale
    if difference > 0:
        text = f"({value.text} * {10**difference})"
    elif difference < 0:
        text = f"app_divide({value.text}, {10**-difference})"
    else:
        text = value.text
    return Sql(text, replace(value.type, scale=scale))


def align(left: Sql, right: Sql) -> tuple[Sql, Sql]:
    """Both numbers with the same scale."""
    scale = max(left.type.scale, right.type.scale)
    return rescale(left, scale), rescale(right, scale)


def add(operator: str, left: Sql, right: Sql) -> Sql:
    """The sum or difference of two numbers of one kind."""
    kind = _common_kind(operator, left.type, right.type)
    left, right = align(left, right)
    return Sql(f"({left.text} {operator} {right.text})", Type(kind, left.type.scale))


def multiply(left: Sql, right: Sql) -> Sql:
    """The product of two numbers, of which at most one is money."""
    if left.type.kind is right.type.kind is Kind.MONEY:
        raise Fault("money cannot be multiplied with money; one of the two must be a number")
    kind = Kind.MONEY if Kind.MONEY in (left.type.kind, right.type.kind) else Kind.NUMBER
    scale = left.type.scale + right.type.scale
    if scale <= MAX_SCALE:
        return Sql(f"({left.text} * {right.text})", Type(kind, scale))
    # By a function of the app, since SQLite goes on with floating point where whole numbers end.
    text = f"app_multiply({left.text}, {right.text}, {10 ** (scale - MAX_SCALE)})"
    return Sql(text, Type(kind, MAX_SCALE))


def divide(left: Sql, right: Sql) -> Sql:
    """The quotient; empty when divided by nought."""
    if right.type.kind is Kind.MONEY and left.type.kind is not Kind.MONEY:
        raise Fault("a number cannot be divided by money")
    # Money by money is a share, money by a number is money.
    kind = Kind.NUMBER if right.type.kind is Kind.MONEY else left.type.kind
    scale = max(left.type.scale, DIVISION_SCALE)
    factor = 10 ** (right.type.scale + scale - left.type.scale)
    return Sql(f"app_divide({left.text} * {factor}, {right.text})", Type(_as_number(kind), scale))


def _as_number(kind: Kind) -> Kind:
    return Kind.NUMBER if kind is Kind.BOOL else kind


def _common_kind(operator: str, left: Type, right: Type) -> Kind:
    kinds = {_as_number(left.kind), _as_number(right.kind)}
    if len(kinds) == 1:
        return kinds.pop()
    number = left if left.kind is not Kind.MONEY else right
    # In `price + 5` the five is of the same currency; any other number is a mistake.
    if number.literal:
        return Kind.MONEY
    raise Fault(
        f"{left.kind.value} {operator} {right.kind.value} has no meaning; both must be money or both numbers"
    )
