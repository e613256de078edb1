"""Reads the text of an expression."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

from lark import Lark, Token, Transformer, Tree, UnexpectedInput
from lark.exceptions import VisitError

from app.blueprint.expressions.faults import Fault
from app.blueprint.expressions.nodes import (
    Aggregate,
    Binary,
    Call,
    IsEmpty,
    Node,
    OneOf,
    Path,
    Rank,
    Unary,
    Value,
)

MAX_LENGTH: Final = 1_000

_GRAMMAR: Final = r"""
?start: disjunction
?disjunction: conjunction ("or" conjunction)*
?conjunction: negation ("and" negation)*
?negation: "not" negation -> negate
    | comparison
?comparison: sum
    | sum COMPARE sum -> compare
    | sum "is" "empty" -> is_empty
    | sum "is" "not" "empty" -> is_not_empty
    | sum "in" "(" disjunction ("," disjunction)* ")" -> one_of
    | sum "not" "in" "(" disjunction ("," disjunction)* ")" -> none_of
?sum: product (PLUS_MINUS product)*
?product: unary (TIMES unary)*
?unary: "-" unary -> minus
    | atom
?atom: NUMBER -> number
    | STRING -> text
    | "yes" -> yes
    | "no" -> no
    | "empty" -> empty
    | rank
    | aggregate
    | call
    | path
    | "(" disjunction ")"
path: NAME ("." NAME)*
call: NAME "(" [disjunction ("," disjunction)*] ")"
aggregate: NAME "(" [sum "of"] ENTITY [via] [by] [where] ")"
via: "via" NAME
by: "by" NAME
where: "where" disjunction
rank: "rank" "(" rank_key ("," rank_key)* [where] ")"
rank_key: sum [DIRECTION]
DIRECTION: "desc" | "asc"
COMPARE: "=" | "!=" | "<=" | ">=" | "<" | ">"
PLUS_MINUS: "+" | "-"
TIMES: "*" | "/"
ENTITY: /[A-Z][A-Za-z0-9]*/
NAME: /[a-z][a-z0-9_]*/
NUMBER: /\d+(\.\d+)?/
STRING: /"[^"\n]*"/ | /'[^'\n]*'/
%import common.WS
%ignore WS
"""


class _ToNodes(Transformer[Token, Node]):
    """Turns the tree of the grammar into nodes; lark calls the method named like each rule."""

    def number(self, items: list[Token]) -> Node:
        return Value(Decimal(str(items[0])))

    def text(self, items: list[Token]) -> Node:
        return Value(str(items[0])[1:-1])

    def yes(self, _: list[Token]) -> Node:
        return Value(True)

    def no(self, _: list[Token]) -> Node:
        return Value(False)

    def empty(self, _: list[Token]) -> Node:
        return Value(None)

    def path(self, items: list[Token]) -> Node:
        return Path(tuple(str(item) for item in items))

    def negate(self, items: list[Node]) -> Node:
        return Unary("not", items[0])

    def minus(self, items: list[Node]) -> Node:
        return Unary("-", items[0])

    def disjunction(self, items: list[Node]) -> Node:
        return _join("or", items)

    def conjunction(self, items: list[Node]) -> Node:
        return _join("and", items)

    def compare(self, items: list[Node]) -> Node:
        left, operator, right = items
        return Binary(str(operator), left, right)

    def is_empty(self, items: list[Node]) -> Node:
        return IsEmpty(items[0], negated=False)

    def is_not_empty(self, items: list[Node]) -> Node:
        return IsEmpty(items[0], negated=True)

    def one_of(self, items: list[Node]) -> Node:
        return OneOf(items[0], tuple(items[1:]), negated=False)

    def none_of(self, items: list[Node]) -> Node:
        return OneOf(items[0], tuple(items[1:]), negated=True)

    def sum(self, items: list[Node]) -> Node:
        return _chain_operators(items)

    def product(self, items: list[Node]) -> Node:
        return _chain_operators(items)

    def call(self, items: list[Node | Token | None]) -> Node:
        arguments = tuple(item for item in items[1:] if item is not None and not isinstance(item, Token))
        return Call(str(items[0]), arguments)

    def via(self, items: list[Token]) -> tuple[str, str]:
        return "via", str(items[0])

    def by(self, items: list[Token]) -> tuple[str, str]:
        return "by", str(items[0])

    def where(self, items: list[Node]) -> tuple[str, Node]:
        return "where", items[0]

    def aggregate(self, items: list[object]) -> Node:
        name, operand, entity, via, by, where = items
        return Aggregate(
            function=str(name),
            entity=str(entity),
            operand=operand,  # type: ignore[arg-type]  # the grammar puts a node or nothing here
            via=_clause_value(via),
            where=where[1] if isinstance(where, tuple) else None,
            order=_clause_value(by),
        )

    def rank_key(self, items: list[Node | Token | None]) -> tuple[Node, bool]:
        return items[0], str(items[1]) == "desc"  # type: ignore[return-value]  # the first is always a node

    def rank(self, items: list[object]) -> Node:
        *keys, where = items
        condition = where[1] if isinstance(where, tuple) else None
        return Rank(tuple(keys), condition)  # type: ignore[arg-type]  # the grammar puts rank keys here


def _clause_value(clause: object) -> str | None:
    return str(clause[1]) if isinstance(clause, tuple) else None


def _join(operator: str, items: list[Node]) -> Node:
    result = items[0]
    for item in items[1:]:
        result = Binary(operator, result, item)
    return result


def _chain_operators(items: list[Node]) -> Node:
    result = items[0]
    for operator, operand in zip(items[1::2], items[2::2], strict=True):
        result = Binary(str(operator), result, operand)
    return result


# With a place for each clause that may be left out, so that a rule always gets as many parts.
_PARSER: Final = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)


def tree_of(text: str) -> Tree[Token]:
    """The text's parts with their places in it; Fault when it is no expression."""
    _check_length(text)
    try:
        return _PARSER.parse(text)
    except UnexpectedInput as error:
        raise Fault(f"cannot be read: {text!r}") from error


@lru_cache(maxsize=4_096)
def parse(text: str) -> Node:
    """The expression as nodes; Fault when the text is none, with the place where reading stopped."""
    _check_length(text)
    try:
        return _ToNodes().transform(_PARSER.parse(text))
    except UnexpectedInput as error:
        place = max(0, (error.column or 1) - 1)
        raise Fault(
            f"cannot be read at {text[place : place + 20]!r} (character {place + 1} of {text!r})"
        ) from error
    except VisitError as error:
        raise Fault(f"cannot be read: {text!r}") from error


def _check_length(text: str) -> None:
    # A tree of a longer text may be deeper than Python calls itself: thousands of "not" one after the other.
    if len(text) > MAX_LENGTH:
        raise Fault(f"the expression is longer than {MAX_LENGTH} characters")
