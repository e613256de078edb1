"""Questions about a specification that only its founder can answer, each with what is built if nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.blueprint.shape_rules import busy_one, times_of
from app.blueprint.spec import AppSpec, EntitySpec, FieldType, Publicity, RuleKind
from app.blueprint.spec_queries import lower_first, space_limit

MOST: Final = 5
_DATES: Final = (FieldType.DATE, FieldType.DATETIME)


@dataclass(frozen=True)
class Question:
    """A question in plain words, and its answer by default."""

    text: str
    default: str


def questions_of(spec: AppSpec) -> tuple[Question, ...]:
    """At most five, the most far-reaching first."""
    return tuple(islice(_questions(spec), MOST))


def _questions(spec: AppSpec) -> Iterator[Question]:
    yield from _people(spec)
    for entity in spec.entities:
        yield from _times(spec, entity)
        yield from _room(spec, entity)
        yield from _moves(spec, entity)
    yield from _money(spec)


def _people(spec: AppSpec) -> Iterator[Question]:
    shown = [entity.plural for entity in spec.entities if entity.public is not Publicity.NONE]
    if shown:
        yield Question(
            f"Visitors without an account see {', '.join(map(lower_first, shown))}. Is that right?", "yes"
        )


def _times(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
    """Whether what can be in one place at a time may be taken twice, where no rule says."""
    has_rule = any(rule.kind is RuleKind.NO_OVERLAP and rule.entity == entity.name for rule in spec.rules)
    taken = busy_one(entity, spec.entities) if times_of(entity) else None
    if taken is not None and not has_rule:
        what = f"two {lower_first(entity.plural)} of the same {lower_first(taken.label)}"
        yield Question(f"May {what} be at the same time?", "yes")


def _room(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
    limit = space_limit(entity)
    refs = [one for one in spec.entities for field in one.fields if field.ref == entity.name]
    guarded = any(rule.kind is RuleKind.CAPACITY for rule in spec.rules)
    if limit and refs and not guarded:
        yield Question(f"What happens when {lower_first(entity.label)} is full?", "more are taken all the same")


def _moves(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
    if not any(move.by for move in entity.moves):
        return
    for move in entity.moves:
        if not move.by and spec.roles:
            yield Question(
                f"Who may “{move.label}” {lower_first(entity.plural)}?", "everybody who works with all records"
            )


def _money(spec: AppSpec) -> Iterator[Question]:
    said = "currency" in spec.model_fields_set
    if not said and any(field.type is FieldType.MONEY for entity in spec.entities for field in entity.fields):
        yield Question("Which currency are the amounts in?", spec.currency)
