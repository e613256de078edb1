"""Questions about a specification that only its founder can answer, each with what is built if nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.blueprint.shape_rules import busy_one, times_of, with_article
from app.blueprint.spec import AppSpec, EntitySpec, FieldType, Publicity, RuleKind
from app.blueprint.spec_queries import lower_first, space_limit, status_field

MOST: Final = 5
_DATES: Final = (FieldType.DATE, FieldType.DATETIME)


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
    yield from _forms(spec)


def _forms(spec: AppSpec) -> Iterator[Question]:
    """Whether people outside may send something without an account."""
    for form in spec.forms:
        no = Answer("No, take that page out", "remove_form", (("action", form.action),))
        yield Question(f"Anybody may “{form.action}” without an account. Is that right?", "yes", (no,))
    if not spec.forms and not spec.site:
        entity = next((one for one in spec.entities if one.state or status_field(one) or times_of(one)), None)
        if entity is not None:
            action = f"Send {with_article(lower_first(entity.label))}"
            yes = Answer("Yes, give them a page", "add_form", (("record", entity.name), ("action", action)))
            yield Question(
                f"May people outside send {with_article(lower_first(entity.label))} without an account?",
                "no",
                (yes,),
            )


def _people(spec: AppSpec) -> Iterator[Question]:
    shown = [entity for entity in spec.entities if entity.public is not Publicity.NONE]
    if shown:
        names = ", ".join(lower_first(entity.plural) for entity in shown)
        hidden = tuple(
            Answer(
                f"Hide {lower_first(entity.plural)}", "show_public", (("record", entity.name), ("public", "none"))
            )
            for entity in shown
        )
        yield Question(f"Visitors without an account see {names}. Is that right?", "yes", hidden)


def _times(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
    """Whether what can be in one place at a time may be taken twice, where no rule says."""
    has_rule = any(rule.kind is RuleKind.NO_OVERLAP and rule.entity == entity.name for rule in spec.rules)
    taken = busy_one(entity, spec.entities) if times_of(entity) else None
    if taken is not None and not has_rule:
        what = f"two {lower_first(entity.plural)} of the same {lower_first(taken.label)}"
        refuse = Answer("No, refuse the second", "refuse_overlap", (("record", entity.name),))
        yield Question(f"May {what} be at the same time?", "yes", (refuse,))


def _room(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
    limit = space_limit(entity)
    refs = [one for one in spec.entities if any(field.ref == entity.name for field in one.fields)]
    guarded = any(rule.kind is RuleKind.CAPACITY for rule in spec.rules)
    if limit and refs and not guarded:
        refuse = tuple(
            Answer(f"Refuse further {lower_first(one.plural)}", "refuse_full", (("record", one.name),))
            for one in refs
        )
        text = f"What happens when {with_article(lower_first(entity.label))} is full?"
        yield Question(text, "more are taken all the same", refuse)


def _moves(spec: AppSpec, entity: EntitySpec) -> Iterator[Question]:
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


def _money(spec: AppSpec) -> Iterator[Question]:
    said = "currency" in spec.model_fields_set
    if not said and any(field.type is FieldType.MONEY for entity in spec.entities for field in entity.fields):
        other = Answer("Another one", "set_currency", asks="currency")
        yield Question("Which currency are the amounts in?", spec.currency, (other,))
