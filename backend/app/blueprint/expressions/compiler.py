"""Checks an expression against what an app keeps, and writes it as SQL.

The SQL is about one record, whose row has the alias that the caller names. Whole numbers stand for decimals (money
in cents), so that every figure is exact. It calls functions that the app gives its connections: `app_divide`,
`app_multiply`, `app_floor`, `app_ceil`, `app_today`, `app_now`, `app_years`, `app_add_months`, `app_streak`,
`app_me(table)` and `app_role`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, assert_never

from app.blueprint.expressions import arithmetic
from app.blueprint.expressions.arithmetic import Sql
from app.blueprint.expressions.catalogue import Catalogue, Kind, Type
from app.blueprint.expressions.faults import Fault
from app.blueprint.expressions.functions import AGGREGATES, FUNCTIONS
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
from app.blueprint.expressions.parser import parse

ROW: Final = "r"
"""The alias of the record that an expression is about."""

MAX_DEPTH: Final = 8
"""How deep computed fields may lean on each other, so that no two lean on one another for ever."""

_ME: Final = Type(Kind.LINK, entity="*")


@dataclass(frozen=True)
class _Scope:
    entity: str
    alias: str


@dataclass(frozen=True)
class Compiler:
    """Writes expressions of one app as SQL."""

    catalogue: Catalogue
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def value(
        self, text: str, entity: str, *, digits: int | None = None, alias: str = ROW, link: str | None = None
    ) -> Sql:
        """A figure about a record of `entity`; Fault when it cannot be worked out. `digits` rounds a number.

        `link` is the kind that the field leads to which the value is written into.
        """
        scope = _Scope(entity, alias)
        expression = _Expression(self, scope, scope, 0)
        compiled = expression.node(parse(text))
        if compiled.type is _ME:
            compiled = expression.me_as(link)
        return self._round(compiled, digits) if compiled.type.is_numeric else compiled

    def condition(self, text: str, entity: str, *, alias: str = ROW) -> str:
        """A condition about a record of `entity`; Fault when it is none."""
        compiled = self.value(text, entity, alias=alias)
        if compiled.type.kind is not Kind.BOOL:
            raise Fault(f"{text!r} is {compiled.type.kind.value}, a condition must be true or false")
        return compiled.text

    def _round(self, compiled: Sql, digits: int | None) -> Sql:
        if compiled.type.kind is Kind.BOOL:
            return compiled
        if compiled.type.kind is Kind.MONEY:
            return self.round_money(compiled)
        return arithmetic.rescale(compiled, min(compiled.type.scale, 2) if digits is None else digits)

    def round_money(self, amount: Sql) -> Sql:
        """The amount in the unit that money is kept in, without a part of the smallest coin."""
        coins = arithmetic.rescale(amount, 0) if self.catalogue.has_whole_money else amount
        return arithmetic.rescale(coins, self.catalogue.currency_digits)

    def new_alias(self) -> str:
        """A name that no other row of the statement has."""
        return f"t{next(self._numbers)}"


@dataclass(frozen=True)
class _Expression:
    """One expression: names are looked up in `scope`, `this` is the record of `root`."""

    compiler: Compiler
    root: _Scope
    scope: _Scope
    depth: int

    def node(self, node: Node) -> Sql:
        match node:
            case Value():
                return _literal_sql(node)
            case Path():
                return self._path_sql(node.steps)
            case Unary():
                return self._unary_sql(node)
            case Binary():
                return self._binary_sql(node)
            case IsEmpty():
                word = "IS NOT NULL" if node.negated else "IS NULL"
                return Sql(f"({self.node(node.operand).text} {word})", Type(Kind.BOOL))
            case OneOf():
                return self._one_of_sql(node)
            case Call():
                return self._call_sql(node)
            case Aggregate():
                return self._aggregate_sql(node)
            case Rank():
                return self._rank_sql(node)
            case _:
                assert_never(node)

    def condition(self, node: Node) -> str:
        compiled = self.node(node)
        if compiled.type.kind is not Kind.BOOL:
            raise Fault(f"a condition is expected, not {compiled.type.kind.value}")
        return compiled.text

    def _in_scope(self, scope: _Scope) -> _Expression:
        return replace(self, scope=scope)

    def _path_sql(self, steps: tuple[str, ...]) -> Sql:
        start, *steps_after = steps
        if start in ("today", "now") and not steps_after:
            return FUNCTIONS[start].compile(())
        if start == "me":
            return self._me_sql(steps_after)
        if start == "this":
            return self._follow_links(
                self._field_sql(self.root, steps_after[0] if steps_after else "id"), steps_after[1:]
            )
        return self._follow_links(self._field_sql(self.scope, start), steps_after)

    def _field_sql(self, scope: _Scope, name: str) -> Sql:
        if name == "id":
            return Sql(f"{scope.alias}.id", Type(Kind.LINK, entity=scope.entity))
        shape = self.compiler.catalogue.field(scope.entity, name)
        if not shape.expression:
            column = f'{scope.alias}."{name}"'
            # A box that a file or a form did not speak of is not ticked, so `not in_repair` is true of it.
            return Sql(f"coalesce({column}, 0)" if shape.type.kind is Kind.BOOL else column, shape.type)
        if self.depth >= MAX_DEPTH:
            raise Fault(f"{scope.entity}.{name} leans on itself, or on too many figures one after the other")
        # `this` of a figure is its own record, whoever asks for it.
        inner = _Expression(self.compiler, scope, scope, self.depth + 1).node(parse(shape.expression))
        # As it is shown: else a total would not be the sum of what people read.
        if inner.type.kind is Kind.MONEY:
            inner = self.compiler.round_money(inner)
        elif inner.type.kind is Kind.NUMBER:
            inner = arithmetic.rescale(inner, shape.type.scale)
        return Sql(f"({inner.text})", replace(shape.type, kind=inner.type.kind, scale=inner.type.scale))

    def _follow_links(self, start: Sql, steps: list[str]) -> Sql:
        current = start
        for step in steps:
            if current.type.kind is not Kind.LINK:
                raise Fault(f"{step!r} cannot be asked of {current.type.kind.value}; only a link leads on")
            target = current.type.entity
            alias = self.compiler.new_alias()
            inner = self._field_sql(_Scope(target, alias), step)
            table = self.compiler.catalogue.entity(target).table
            text = f'(SELECT {inner.text} FROM "{table}" {alias} WHERE {alias}.id = {current.text})'
            current = Sql(text, inner.type)
        return current

    def _me_sql(self, steps: list[str]) -> Sql:
        people = self.compiler.catalogue.people
        if steps == ["role"]:
            return Sql("app_role()", Type(Kind.TEXT))
        if not steps:
            return Sql("app_me", _ME)
        holders = [name for name in people if steps[0] in self.compiler.catalogue.entity(name).fields]
        if len(holders) != 1:
            raise Fault(
                f"me.{steps[0]} is known of {len(holders)} kinds of people who sign in; it must be exactly one"
            )
        return self._follow_links(self._as_me(holders[0]), steps)

    def me_as(self, link: str | None) -> Sql:
        """Whoever has signed in, as the record that a link of that kind leads to."""
        people = self.compiler.catalogue.people
        if link is None or link not in people:
            known = ", ".join(people) or "nobody"
            raise Fault(f"me alone is compared with, or written into, a link to one who signs in: {known}")
        return self._as_me(link)

    def _as_me(self, entity: str) -> Sql:
        table = self.compiler.catalogue.entity(entity).table
        return Sql(f"app_me('{table}')", Type(Kind.LINK, entity=entity))

    def _unary_sql(self, node: Unary) -> Sql:
        if node.operator == "not":
            return Sql(f"(NOT {self.condition(node.operand)})", Type(Kind.BOOL))
        operand = self.node(node.operand)
        if not operand.type.is_numeric:
            raise Fault(f"-{operand.type.kind.value} has no meaning")
        return Sql(f"(-{operand.text})", operand.type)

    def _binary_sql(self, node: Binary) -> Sql:
        if node.operator in ("and", "or"):
            text = f"({self.condition(node.left)} {node.operator.upper()} {self.condition(node.right)})"
            return Sql(text, Type(Kind.BOOL))
        left, right = self.node(node.left), self.node(node.right)
        if node.operator in ("+", "-", "*", "/"):
            return _calculate_sql(node.operator, left, right)
        return self._compare_sql(node.operator, left, right)

    def _compare_sql(self, operator: str, left: Sql, right: Sql) -> Sql:
        left, right = self._make_comparable(left, right, operator)
        word = "<>" if operator == "!=" else operator
        return Sql(f"({left.text} {word} {right.text})", Type(Kind.BOOL))

    def _make_comparable(self, left: Sql, right: Sql, operator: str) -> tuple[Sql, Sql]:
        # `me` is nobody's kind until it is compared: then it is whoever of that kind has signed in.
        if left.type is _ME:
            left = self._as_me(right.type.entity)
        if right.type is _ME:
            right = self._as_me(left.type.entity)
        kinds = (left.type.kind, right.type.kind)
        # SQL would take it, and find nothing.
        if Kind.EMPTY in kinds:
            raise Fault(f"{operator} empty is never true; write `is empty` or `is not empty`")
        if left.type.is_numeric and right.type.is_numeric:
            return arithmetic.align(left, right)
        if left.type.is_moment and right.type.is_moment:
            return _same_moment(left, right)
        if (left.type.is_moment and right.type.kind is Kind.TEXT) or left.type.kind is not right.type.kind:
            raise Fault(f"{kinds[0].value} {operator} {kinds[1].value} cannot be compared")
        _check_choice(left, right)
        _check_choice(right, left)
        if left.type.kind is Kind.LINK and left.type.entity != right.type.entity:
            raise Fault(f"{left.type.entity} is never a {right.type.entity}")
        return left, right

    def _one_of_sql(self, node: OneOf) -> Sql:
        parts = [self.node(Binary("=", node.operand, option)).text for option in node.options]
        text = "(" + " OR ".join(parts) + ")"
        return Sql(f"(NOT {text})" if node.negated else text, Type(Kind.BOOL))

    def _call_sql(self, node: Call) -> Sql:
        function = FUNCTIONS.get(node.name)
        if function is None:
            # A model that has made up a name finds the right one among them.
            names = ", ".join(sorted({*FUNCTIONS, *AGGREGATES, "rank"}))
            raise Fault(f"there is no function {node.name!r}; there are: {names}")
        values = [self.node(argument) for argument in node.arguments]
        fewest = len(function.takes)
        if len(values) < fewest or (len(values) > fewest and not function.many):
            raise Fault(f"{node.name} takes {fewest} values, not {len(values)}: {function.about}")
        for number, value in enumerate(values):
            kinds_taken = function.takes[min(number, fewest - 1)]
            if value.type.kind not in kinds_taken:
                kinds = " or ".join(sorted(kind.value for kind in kinds_taken))
                raise Fault(f"value {number + 1} of {node.name} must be {kinds}, not {value.type.kind.value}")
        return function.compile(values)

    def _aggregate_sql(self, node: Aggregate) -> Sql:
        if node.function not in AGGREGATES:
            raise Fault(f"there is no figure {node.function!r} over records; there are: {', '.join(AGGREGATES)}")
        shape = self.compiler.catalogue.entity(node.entity)
        scope = _Scope(node.entity, self.compiler.new_alias())
        inner = self._in_scope(scope)
        conditions = [*self._link_conditions(node, scope), *([inner.condition(node.where)] if node.where else [])]
        where = " AND ".join(conditions) or "1"
        source = f'FROM "{shape.table}" {scope.alias} WHERE {where}'
        if node.function in ("count", "exists"):
            if node.operand is not None:
                raise Fault(f"{node.function} takes no value, only records: {AGGREGATES[node.function]}")
            return _count_sql(node.function, source)
        if node.operand is None:
            raise Fault(f"{node.function} needs a value: {AGGREGATES[node.function]}")
        return _figure_sql(node, inner.node(node.operand), source, inner)

    def _link_conditions(self, node: Aggregate, scope: _Scope) -> list[str]:
        """The condition that ties the records to the one that they are counted for."""
        links = self.compiler.catalogue.entity(node.entity).links_to(self.scope.entity)
        if node.via == "none" or (node.via is None and not links):
            return []
        if node.via is None and len(links) > 1:
            raise Fault(
                f"{node.entity} belongs to {self.scope.entity} by {' and '.join(links)}; say `via {links[0]}`"
            )
        name = node.via or links[0]
        if name not in links:
            raise Fault(f"{node.entity}.{name} does not lead to {self.scope.entity}; these do: {', '.join(links)}")
        return [f'{scope.alias}."{name}" = {self.scope.alias}.id']

    def _rank_sql(self, node: Rank) -> Sql:
        other_row = _Scope(self.scope.entity, self.compiler.new_alias())
        table = self.compiler.catalogue.entity(other_row.entity).table
        beside = replace(self, root=other_row, scope=other_row)
        ahead, equal = [], ""
        for key, descending in node.keys:
            mine, theirs = self.node(key), beside.node(key)
            sign = ">" if descending else "<"
            ahead.append(f"({equal}{theirs.text} {sign} {mine.text})")
            # With IS two empty values are equal, which no other comparison says.
            equal += f"{theirs.text} IS {mine.text} AND "
        is_ranked = beside.condition(node.where) if node.where else "1"
        text = (
            f'(SELECT 1 + count(*) FROM "{table}" {other_row.alias} WHERE {is_ranked} AND ({" OR ".join(ahead)}))'
        )
        # Who is not ranked, or has nothing yet to be ranked by, has no place, rather than the first.
        has_place = f"({self.node(node.keys[0][0]).text}) IS NOT NULL"
        if node.where:
            has_place = f"{self.condition(node.where)} AND {has_place}"
        text = f"CASE WHEN {has_place} THEN {text} END"
        return Sql(text, Type(Kind.NUMBER))


def _literal_sql(node: Value) -> Sql:
    value = node.value
    if value is None:
        return Sql("NULL", Type(Kind.EMPTY))
    if isinstance(value, bool):
        return Sql("1" if value else "0", Type(Kind.BOOL))
    if isinstance(value, Decimal):
        scale = max(0, -int(value.as_tuple().exponent))
        return Sql(str(int(value.scaleb(scale))), Type(Kind.NUMBER, scale, literal=True))
    return Sql("'" + value.replace("'", "''") + "'", Type(Kind.TEXT, literal=True))


def _calculate_sql(operator: str, left: Sql, right: Sql) -> Sql:
    if left.type.is_moment and right.type.is_moment and operator == "-":
        return FUNCTIONS["days"].compile((right, left))
    if left.type.is_moment and right.type.kind is Kind.NUMBER and operator in ("+", "-"):
        days = right if operator == "+" else Sql(f"(-{right.text})", right.type)
        return FUNCTIONS["add_days"].compile((left, days))
    if not (left.type.is_numeric and right.type.is_numeric):
        raise Fault(f"{left.type.kind.value} {operator} {right.type.kind.value} has no meaning")
    if operator == "*":
        return arithmetic.multiply(left, right)
    return arithmetic.divide(left, right) if operator == "/" else arithmetic.add(operator, left, right)


def _same_moment(left: Sql, right: Sql) -> tuple[Sql, Sql]:
    """Two moments as they compare: where one is a day, by day."""
    if left.type.kind is right.type.kind:
        return left, right
    return FUNCTIONS["day"].compile((left,)), FUNCTIONS["day"].compile((right,))


def _check_choice(value: Sql, literal: Sql) -> None:
    if value.type.choices and literal.type.literal:
        word = literal.text[1:-1].replace("''", "'")
        if word not in value.type.choices:
            raise Fault(f"{word!r} is none of the choices: {', '.join(value.type.choices)}")


def _count_sql(function: str, source: str) -> Sql:
    if function == "exists":
        return Sql(f"EXISTS (SELECT 1 {source})", Type(Kind.BOOL))
    return Sql(f"(SELECT count(*) {source})", Type(Kind.NUMBER))


def _figure_sql(node: Aggregate, operand: Sql, source: str, inner: _Expression) -> Sql:
    function, kind = node.function, operand.type
    if function == "distinct":
        return Sql(f"(SELECT count(DISTINCT {operand.text}) {source})", Type(Kind.NUMBER))
    if function == "latest":
        if node.order is None:
            raise Fault(f"latest needs the field it goes by: {AGGREGATES['latest']}")
        order = inner.node(Path((node.order,))).text
        # Of two records with the same date, the one added later is the newest.
        newest = f"AND {order} IS NOT NULL ORDER BY {order} DESC, {inner.scope.alias}.id DESC LIMIT 1"
        return Sql(f"(SELECT {operand.text} {source} {newest})", replace(kind, literal=False))
    if function == "streak":
        if not kind.is_moment:
            raise Fault(f"streak counts days, not {kind.kind.value}")
        # Without a record the function is never called, and says nothing.
        return Sql(f"COALESCE((SELECT app_streak({operand.text}, app_today()) {source}), 0)", Type(Kind.NUMBER))
    if function in ("min", "max"):
        return Sql(f"(SELECT {function}({operand.text}) {source})", replace(kind, choices=(), literal=False))
    if not kind.is_numeric:
        raise Fault(f"{function} takes numbers, not {kind.kind.value}")
    number = Kind.NUMBER if kind.kind is Kind.BOOL else kind.kind
    if function == "sum":
        # Of no records the sum is nought; to SQL it is empty.
        return Sql(f"(SELECT coalesce(sum({operand.text}), 0) {source})", Type(number, kind.scale))
    # An average of whole numbers is seldom one.
    scale = max(kind.scale, 2)
    total = f"sum({operand.text}) * {10 ** (scale - kind.scale)}"
    return Sql(f"(SELECT app_divide({total}, count({operand.text})) {source})", Type(number, scale))
