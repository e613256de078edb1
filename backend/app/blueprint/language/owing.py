"""What people still have to pay, as goals ask for it: "who is behind", "what each member owes"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from app.blueprint.language.shaping import Shape
from app.blueprint.shape_rules import amounts, is_person
from app.blueprint.spec import ComputedSpec, EntitySpec, FieldSpec
from app.blueprint.spec_queries import lower_first, status_field

_OWED: Final = re.compile(
    r"\b(?:owes?|owed|owing|outstanding|unpaid|(?:still )?(?:has|have|had|need|needs) (?:still )?to pay"
    r"|(?:who|what) (?:is|'s) (?:still )?(?:open|behind|due)|not (?:yet )?paid|arrears)\b",
    re.IGNORECASE,
)
_SETTLED: Final = frozenset(
    "paid settled received cancelled rejected refused declined void returned waived".split()
)
_PAID: Final = frozenset({"paid", "settled"})
_MOST_FIGURES: Final = 12


def apply_debts(goal: str, shape: Shape) -> Shape:
    """The people with what they have not paid yet, where records of theirs say what is paid."""
    match = _OWED.search(goal)
    if match is None:
        return shape
    for person in filter(is_person, shape.entities):
        figure = next(_debts_of(person, shape), None)
        if figure is None or person.figure(figure.name) or person.field(figure.name):
            continue
        if len(person.computed) >= _MOST_FIGURES:
            continue
        owing = EntitySpec.model_validate({**dict(person), "computed": (*person.computed, figure)})
        entities = tuple(owing if entity.name == person.name else entity for entity in shape.entities)
        shape = replace(shape, entities=entities, said=(*shape.said, match[0]))
    return shape


def _debts_of(person: EntitySpec, shape: Shape) -> Iterator[ComputedSpec]:
    # What is to be paid, rather than what came in for it.
    for record in sorted(shape.entities, key=lambda entity: entity.label.endswith("Payment")):
        links = [field for field in record.fields if field.ref == person.name]
        status, amount = status_field(record), _amount_of(record)
        is_paid = status is not None and any(_PAID & _words(choice) for choice in status.choices)
        if len(links) != 1 or not links[0].required or status is None or not is_paid or not amount:
            continue
        over = ", ".join(f'"{choice}"' for choice in status.choices if _SETTLED & _words(choice))
        open_ones = f"{status.name} is empty or {status.name} not in ({over})"
        yield ComputedSpec(
            name="owed",
            label="Owed",
            expression=f"or_else(sum({amount} of {record.name} where {open_ones}), 0)",
            about=f"The {lower_first(record.plural)} that are not paid yet, added up.",
        )


def _amount_of(record: EntitySpec) -> str:
    money: FieldSpec | None = next(amounts(record), None)
    return money.name if money is not None else "total" if record.figure("total") else ""


def _words(choice: str) -> set[str]:
    return set(choice.lower().split())
