"""What papers with lines, orders and rentals come to: quantity or days times price, and tax on a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.blueprint.shape_rules import LINES, times_of
from app.blueprint.spec import ComputedSpec, EntitySpec, FieldSpec, FieldType
from app.blueprint.spec_queries import lower_first

_TAX: Final = re.compile(r"\b(tax(?:es)?|vat|gst|sales tax)\b", re.IGNORECASE)
_NO_TAX: Final = re.compile(r"\b(?:no|without|before|excluding) (?:sales )?(?:tax|vat|gst)", re.IGNORECASE)
_PRICE_LABELS: Final = {"price": "Price each", "daily_price": "Price per day"}
_TOTALS: Final = {
    "price": "What the {} comes to: quantity times the price on the day.",
    "daily_price": "What the {} comes to: the price per day for each day, the first and the last included.",
}
_LEAST_PRICE: Final = -1_000_000
"""A line may take something off, such as a discount or a deposit."""


def with_prices(goal: str, entities: Sequence[EntitySpec]) -> tuple[EntitySpec, ...]:
    """The kinds of record, where what a paper comes to follows from its lines."""
    pairs = {line.name: paper.name for line in entities if (paper := _paper_of(line, entities)) is not None}
    papers = {paper: line for line, paper in pairs.items()}
    tax = _name_of_tax(goal)
    return tuple(
        _as_line(entity)
        if entity.name in pairs
        else _as_paper(entity, papers[entity.name], entities, tax)
        if entity.name in papers
        else _as_order(entity, entities)
        for entity in entities
    )


def _as_order(order: EntitySpec, entities: Sequence[EntitySpec]) -> EntitySpec:
    """The order with what it comes to, where it says how many or how long of a thing with a price."""
    by_piece, by_day = _amount_by_piece(order), _amount_by_day(order)
    name, amount = ("price", by_piece) if by_piece else ("daily_price", by_day)
    priced = _priced_link(order, name, entities)
    has_money = any(field.type is FieldType.MONEY for field in order.fields)
    if not amount or priced is None or has_money or order.computed:
        return order
    # Kept with the order: a price that rises later changes no order that was placed before.
    price = FieldSpec(
        name=name, label=_PRICE_LABELS[name], type=FieldType.MONEY, lowest=0, starts_as=f"{priced.name}.{name}"
    )
    at = order.fields.index(priced) + 1
    total = ComputedSpec(
        name="total",
        label="Total",
        expression=f"{amount} * {name}",
        about=_TOTALS[name].format(lower_first(order.label)),
    )
    fields = (*order.fields[:at], price, *order.fields[at:])
    return EntitySpec.model_validate({**dict(order), "fields": fields, "computed": (total,)})


def _amount_by_piece(order: EntitySpec) -> str:
    quantity = order.field("quantity")
    if quantity is None:
        return ""
    return "quantity" if quantity.required else "or_else(quantity, 1)"


def _amount_by_day(order: EntitySpec) -> str:
    span = times_of(order)
    days = [field for name in span if (field := order.field(name)) and field.type is FieldType.DATE]
    is_whole = len(days) == 2 and all(field.required for field in days)
    return f"(days({span[0]}, {span[1]}) + 1)" if is_whole else ""


def _priced_link(order: EntitySpec, price: str, entities: Sequence[EntitySpec]) -> FieldSpec | None:
    """The only link of an order that leads to something with such a price."""
    priced = {one.name for one in entities if (part := one.field(price)) and part.type is FieldType.MONEY}
    links = [field for field in order.fields if field.required and field.ref in priced]
    return links[0] if len(links) == 1 else None


def _name_of_tax(goal: str) -> str:
    match = _TAX.search(goal)
    if match is None or _NO_TAX.search(goal):
        return ""
    word = match[1].lower()
    return word.upper() if word in ("vat", "gst") else "Tax"


def _paper_of(line: EntitySpec, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The paper that records with a quantity and an amount are the lines of."""
    if not line.name.endswith(LINES) or line.field("quantity") is None or line.field("amount") is None:
        return None
    leads_to = {field.ref for field in line.fields if field.ref and field.required}
    return next(
        (
            candidate
            for candidate in entities
            if candidate.name in leads_to and candidate.field("total") is not None
        ),
        None,
    )


def _as_line(line: EntitySpec) -> EntitySpec:
    quantity = FieldSpec(
        name="quantity", label="Quantity", type=FieldType.DECIMAL, required=True, lowest=0, starts_as="1"
    )
    price = FieldSpec(
        name="unit_price", label="Unit price", type=FieldType.MONEY, required=True, lowest=_LEAST_PRICE
    )
    untaxed = [field for field in line.fields if not _TAX.fullmatch(field.label)]
    fields = [{"quantity": quantity, "amount": price}.get(field.name, field) for field in untaxed]
    amount = ComputedSpec(
        name="amount", label="Amount", expression="quantity * unit_price", about="Quantity times unit price."
    )
    return EntitySpec.model_validate({**dict(line), "fields": fields, "computed": (*line.computed, amount)})


def _as_paper(paper: EntitySpec, line: str, entities: Sequence[EntitySpec], tax: str) -> EntitySpec:
    lines = lower_first(next(entity.plural for entity in entities if entity.name == line))
    added = f"sum(amount of {line})"
    # A goal that says that there is none, or says its rate, has no other field for it.
    fields = [field for field in paper.fields if field.name != "total" and not _TAX.fullmatch(field.label)]
    figures = [
        ComputedSpec(name="total", label="Total", expression=added, about=f"The {lines} added up."),
    ]
    if tax:
        rate = FieldSpec(name="tax", label=tax, type=FieldType.DECIMAL, unit="%", lowest=0, highest=100)
        # The rate goes before the notes, with which a form ends.
        fields.insert(-1 if fields[-1].type is FieldType.LONGTEXT else len(fields), rate)
        figures = [
            ComputedSpec(name="subtotal", label="Subtotal", expression=added, about=f"The {lines} added up."),
            ComputedSpec(
                name="tax_amount", label=f"{tax} amount", expression="subtotal * or_else(tax, 0) / 100",
                digits=2, about=f"{tax} on the subtotal, to the cent.",
            ),
            ComputedSpec(
                name="total", label="Total", expression="subtotal + tax_amount",
                about=f"The {lines} and the {lower_first(tax)}.",
            ),
        ]  # fmt: skip
    worked_out = {"fields": fields, "computed": (*paper.computed, *figures), "lines": line}
    return EntitySpec.model_validate({**dict(paper), **worked_out})
