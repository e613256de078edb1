"""Goods that come in and go out: what is there follows from their movements, and never falls below nought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from app.blueprint.language.archetypes import key_of
from app.blueprint.spec import (
    MAX_FIELDS,
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    OnDelete,
    RuleKind,
    RuleSpec,
)
from app.blueprint.spec_queries import lower_first

_STOCK: Final = "stock"
_KIND: Final = FieldSpec(
    name="direction", label="In or out", type=FieldType.CHOICE, choices=("In", "Out"), required=True
)


def with_movements(entities: Sequence[EntitySpec]) -> tuple[EntitySpec, ...]:
    """The kinds of record, where what is in stock follows from what came in and went out."""
    movements = {goods.name: movement for movement, goods in _moved(entities)}
    moving = [movement.name for movement in movements.values()]
    return tuple(
        _as_goods(entity, movements[entity.name].name)
        if entity.name in movements
        else _as_movement(entity)
        if entity.name in moving
        else entity
        for entity in entities
    )


def rules_of_stock(entities: Sequence[EntitySpec]) -> tuple[RuleSpec, ...]:
    """That no more goes out than there is, whichever way it would fall below nought."""
    rules = []
    for entity in entities:
        goods = _goods_of(entity, entities)
        if goods is not None and entity.field(_KIND.name) == _KIND:
            link = next(field for field in entity.fields if field.ref == goods.name)
            rules.append(
                RuleSpec(
                    kind=RuleKind.ENSURE, entity=entity.name, fields=("quantity",),
                    condition=f"{link.name}.{_STOCK} >= 0",
                    about=f"There are not enough of this {lower_first(goods.label)} in stock.",
                )
            )  # fmt: skip
    return tuple(rules)


def _moved(entities: Sequence[EntitySpec]) -> Iterator[tuple[EntitySpec, EntitySpec]]:
    for entity in entities:
        goods = _goods_of(entity, entities)
        has_room = len(entity.fields) < MAX_FIELDS and entity.field(_KIND.name) is None
        if goods is not None and goods.field(_STOCK) is not None and has_room:
            yield entity, goods


def _goods_of(entity: EntitySpec, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The goods whose movements these are."""
    quantity = entity.field("quantity")
    if not key_of(entity.label).endswith("movement") or quantity is None or quantity.type is not FieldType.INT:
        return None
    leads_to = {field.ref for field in entity.fields if field.ref and field.required}
    return next((candidate for candidate in entities if candidate.name in leads_to and _counts(candidate)), None)


def _counts(goods: EntitySpec) -> bool:
    return goods.field(_STOCK) is not None or goods.figure(_STOCK) is not None


def _as_movement(movement: EntitySpec) -> EntitySpec:
    def fitted(field: FieldSpec) -> FieldSpec:
        if field.name == "quantity":
            return field.model_copy(update={"lowest": Decimal(1)})
        # Without what was moved, a movement says nothing.
        return field.model_copy(update={"on_delete": OnDelete.CASCADE}) if field.ref and field.required else field

    fields = [fitted(field) for field in movement.fields]
    at = next(place for place, field in enumerate(fields) if field.name == "quantity")
    renamed = {"taken_on": "moved_on", "taken_by": "moved_by"}
    fields = [
        field.model_copy(update={"name": name, "label": name.replace("_", " ").capitalize()})
        if (name := renamed.get(field.name))
        else field
        for field in [*fields[:at], _KIND, *fields[at:]]
    ]
    return EntitySpec.model_validate({**dict(movement), "fields": fields})


def _as_goods(goods: EntitySpec, movement: str) -> EntitySpec:
    start = FieldSpec(name="stock_at_start", label="Stock at the start", type=FieldType.INT, lowest=0)
    fields = [start if field.name == _STOCK else field for field in goods.fields]
    moved = f'sum(quantity of {movement} where {_KIND.name} = "'
    figures = [
        ComputedSpec(
            name=_STOCK, label="Stock", expression=f'or_else(stock_at_start, 0) + {moved}In") - {moved}Out")',
            about="What was there, what came in, less what went out.",
        )
    ]  # fmt: skip
    if goods.field("reorder_level") is not None:
        about = "Whether it is time to order."
        figures.append(ComputedSpec(name="low", label="Low", expression=f"{_STOCK} <= reorder_level", about=about))
    return EntitySpec.model_validate({**dict(goods), "fields": fields, "computed": (*goods.computed, *figures)})
