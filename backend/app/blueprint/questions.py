"""Questions about a specification that only its founder can answer, each with what is built if nobody does."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.blueprint.rule_kinds import ONE_AT_A_TIME
from app.blueprint.shape_rules import busy_one, rules_of, times_of
from app.blueprint.spec import AppSpec, EntitySpec, FieldType, Publicity, RuleKind, RuleSpec
from app.blueprint.spec_queries import lower_first, one_of, status_field

MOST: Final = 5


@dataclass(frozen=True)
class Answer:
    """Another answer than the default, as the correction of the plan that it is."""

    label: str
    change: str
    values: tuple[tuple[str, str], ...] = ()
    asks: str = ""
    """The value that the founder fills in with it, if any."""


@dataclass(frozen=True)
class Question:
    """A question in plain words, its answer by default, and others."""

    text: str
    default: str
    answers: tuple[Answer, ...] = ()


def questions_of(spec: AppSpec, *, answered: Container[str] = ()) -> tuple[Question, ...]:
    """At most five, the most far-reaching first, without those whose default was agreed to."""
    return tuple(islice((question for question in _ask_all(spec) if question.text not in answered), MOST))


def _ask_all(spec: AppSpec) -> Iterator[Question]:
    yield from _ask_about_visitors(spec)
    for entity in spec.entities:
        yield from _ask_about_overlaps(spec, entity)
        yield from _ask_about_room(spec, entity)
        yield from _ask_about_moves(spec, entity)
    yield from _ask_about_currency(spec)
    yield from _ask_about_forms(spec)


def _ask_about_forms(spec: AppSpec) -> Iterator[Question]:
    """Ask whether people outside may send something without an account."""
    for form in spec.forms:
        no = Answer("No, take that page out", "remove_form", (("action", form.action),))
        yield Question(f"Anybody may “{form.action}” without an account. Is that right?", "yes", (no,))
    if not spec.forms and not spec.site:
        entity = next(
            (entity for entity in spec.entities if entity.state or status_field(entity) or times_of(entity)), None
        )
        if entity is not None:
            action = f"Send {one_of(entity)}"
            yes = Answer("Yes, give them a page", "add_form", (("record", entity.name), ("action", action)))
            yield Question(
                f"May people outside send {one_of(entity)} without an account?",
                "no",
                (yes,),
            )


def _ask_about_visitors(spec: AppSpec) -> Iterator[Question]:
    visible = [entity for entity in spec.entities if entity.public is not Publicity.NONE]
    if visible:
        names = ", ".join(lower_first(entity.plural) for entity in visible)
        hidden = tuple(
            Answer(
                f"Hide {lower_first(entity.plural)}", "show_public", (("record", entity.name), ("public", "none"))
            )
            for entity in visible
        )
        yield Question(f"Visitors without an account see {names}. Is that right?", "yes", hidden)


def _ask_about_overlaps(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
    """Ask whether one thing may be taken twice at a time, where no rule says."""
    has_rule = any(rule.kind in ONE_AT_A_TIME and rule.entity == entity.name for rule in spec.rules)
    busy = busy_one(entity, spec.entities) if times_of(entity) else None
    if busy is not None and not has_rule:
        what = f"two {lower_first(entity.plural)} of the same {lower_first(busy.label)}"
        refuse = Answer("No, refuse the second", "refuse_overlap", (("record", entity.name),))
        yield Question(f"May {what} be at the same time?", "yes", (refuse,))


def _ask_about_room(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
    """Ask what happens when a place is full, where a rule would fit and none is there."""
    limited = {rule.entity for rule in spec.rules if rule.kind is RuleKind.CAPACITY}
    # The correction adds the rule that fits; where none does, the answer on offer would be refused.
    fitting = {rule.entity: rule for rule in rules_of(spec.entities) if rule.kind is RuleKind.CAPACITY}
    linked_kinds = [
        linked
        for linked in spec.entities
        if linked.name in fitting.keys() - limited and _points_at(linked, fitting[linked.name], entity)
    ]
    if linked_kinds:
        refuse = tuple(
            Answer(f"Refuse further {lower_first(linked.plural)}", "refuse_full", (("record", linked.name),))
            for linked in linked_kinds
        )
        text = f"What happens when {one_of(entity)} is full?"
        yield Question(text, "more are taken all the same", refuse)


def _points_at(linked: EntitySpec, rule: RuleSpec, target: EntitySpec) -> bool:
    link = linked.field(rule.fields[0])
    return link is not None and link.ref == target.name


def _ask_about_moves(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
    # Where nobody in particular takes any step, all who work here do the same, and there is nothing to ask.
    if not any(move.by for move in entity.moves):
        return
    for move in entity.moves:
        if not move.by and spec.roles:
            only = tuple(
                Answer(
                    f"Only {role.name.lower()}",
                    "let_move",
                    (("record", entity.name), ("move", move.label), ("name", role.name)),
                )
                for role in spec.roles
            )
            text = f"Who may “{move.label}” {lower_first(entity.plural)}?"
            yield Question(text, "everybody who works with all records", only)


def _ask_about_currency(spec: AppSpec) -> Iterator[Question]:
    # The default is there either way; only this tells whether anybody chose it.
    is_given = "currency" in spec.model_fields_set
    if not is_given and any(field.type is FieldType.MONEY for entity in spec.entities for field in entity.fields):
        another = Answer("Another one", "set_currency", asks="currency")
        yield Question("Which currency are the amounts in?", spec.currency, (another,))
