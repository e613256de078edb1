"""The plan of an app: a specification in product words, with an account of what the founder asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import speaks_of_today
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.plan_deeds import deeds_of
from app.blueprint.plan_figures import figures_of
from app.blueprint.plan_parts import (
    STAFF,
    Clause,
    Kept,
    LeftOut,
    Move,
    Person,
    Plan,
    PlanField,
    PlanPage,
    PlanRule,
    Sent,
    Shown,
)
from app.blueprint.rule_kinds import RULE_KINDS
from app.blueprint.spec import (
    OWNER,
    AppSpec,
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    MessageKind,
    MessageSpec,
    Publicity,
    RoleScope,
    RuleKind,
    RuleSpec,
    ViewKind,
    WishState,
)
from app.blueprint.spec_messages import TO_OWNER, part_at
from app.blueprint.spec_queries import lower_first, staff_roles, status_field, with_article
from app.blueprint.spec_site import SectionKind, sections_of

__all__ = ["Plan", "plan_of"]

_NOT_SHOWN: Final = (ViewKind.LIST, ViewKind.TOTALS)
"""Every record has a list; totals are computed values."""


def plan_of(spec: AppSpec, *, unknown: Sequence[str] = ()) -> Plan:
    """The plan of a specification; `unknown` are words of its goal that nobody knows."""
    clauses = tuple(Clause(text=wish.text, state=wish.state, why=wish.why) for wish in spec.wishes)
    left_out = tuple(_plan_left_out(clause) for clause in clauses if clause.state is not WishState.KEPT)
    offered = _offered_records(spec)
    return Plan(
        title=spec.title,
        tagline=spec.tagline,
        engine=spec.engine,
        confidence=spec.confidence,
        people=_plan_people(spec),
        keeps=tuple(_plan_record(entity, is_offered=entity.name in offered) for entity in spec.entities),
        does=tuple(deeds_of(spec)),
        rules=tuple(_plan_rules(spec)),
        computes=tuple(figures_of(spec)),
        shows=tuple(_plan_views(spec)),
        pages=_plan_pages(spec),
        sends=tuple(_plan_message(spec, message) for message in spec.messages),
        assumptions=spec.assumptions,
        left_out=(*left_out, *(LeftOut(asked=text, why="") for text in spec.not_understood)),
        not_understood=tuple(unknown),
        clauses=clauses,
    )


def _plan_left_out(clause: Clause) -> LeftOut:
    return LeftOut(asked=clause.text, why=clause.why)


def _plan_people(spec: AppSpec) -> tuple[Person, ...]:
    roles = (*(role for role in spec.roles if role.scope is RoleScope.OWN), *staff_roles(spec))
    # Whoever installed the app is there in every one, and no role of a specification says so.
    owner = Person(name=OWNER, sees=RoleScope.ALL)
    return (owner, *(Person(name=role.name, sees=role.scope, record=role.entity) for role in roles))


def _offered_records(spec: AppSpec) -> frozenset[str]:
    """The records that a public form lists for visitors to choose from."""
    names = set()
    for form in spec.forms:
        entity = spec.entity(form.entity)
        fields = map(entity.field, form.fields) if entity is not None else ()
        names |= {field.ref for field in fields if field is not None and field.ref}
    return frozenset(names)


def _plan_record(entity: EntitySpec, *, is_offered: bool) -> Kept:
    status = entity.field(entity.state) if entity.state else status_field(entity)
    # A form that offers them shows their names to every visitor, whatever the specification calls public.
    public = Publicity.LIST if is_offered and entity.public is Publicity.NONE else entity.public
    return Kept(
        name=entity.name,
        plural=entity.plural,
        public=public.value,
        fields=(*map(_plan_field, entity.fields), *map(_plan_figure, entity.computed)),
        states=status.choices if status is not None else (),
        moves=tuple(
            Move(from_=source, to=move.target, by=by)
            for move in entity.moves
            for source in move.sources
            for by in move.by or (STAFF,)
        ),
    )


def _plan_figure(figure: ComputedSpec) -> PlanField:
    return PlanField(name=figure.name, label=figure.label, type="computed")


def _limits_text(field: FieldSpec) -> str | None:
    """The bounds of a number, such as "1 to 10", "at least 1" or "at most 10"."""
    if field.lowest is None and field.highest is None:
        return None
    if field.lowest is None:
        return f"at most {field.highest}"
    return f"at least {field.lowest}" if field.highest is None else f"{field.lowest} to {field.highest}"


def _plan_field(field: FieldSpec) -> PlanField:
    return PlanField(
        name=field.name,
        label=field.label,
        type=FIELD_TYPES[field.type].plan or field.type.value,
        required=field.required,
        choices=field.choices,
        of=field.ref,
        default=field.starts_as,
        limits=_limits_text(field),
    )


def _plan_rules(spec: AppSpec) -> Iterator[PlanRule]:
    """The rules that refuse or flag, and the moves that ask for something or have a condition."""
    for rule in spec.rules:
        if rule.kind is not RuleKind.SUM:
            yield _plan_rule(spec, rule)
    for entity in spec.entities:
        for move in entity.moves:
            fields = (entity.state or "", *move.asks)
            # What the app does by itself when its day has come is due, what people do is a step.
            is_due = move.is_automatic and speaks_of_today(parse(move.only_if or "no"))
            kind = "due" if is_due else "transition"
            yield PlanRule(
                kind=kind, entity=entity.name, by=None, fields=fields, value=move.only_if, about=move.about
            )


def _plan_rule(spec: AppSpec, rule: RuleSpec) -> PlanRule:
    entity = spec.entity(rule.entity)
    refs = [field.ref for name in rule.fields if entity and (field := entity.field(name)) and field.ref]
    return PlanRule(
        kind=RULE_KINDS[rule.kind].plan or rule.kind.value,
        entity=rule.entity,
        by=refs[-1] if refs else None,
        fields=rule.fields,
        value=str(rule.limit) if rule.limit is not None else None,
        about=rule.about,
    )


def _plan_views(spec: AppSpec) -> Iterator[Shown]:
    for view in spec.views:
        if view.kind not in _NOT_SHOWN:
            yield Shown(kind=view.kind, entity=view.entity, by=view.field)
    for entity in spec.entities:
        if entity.public is Publicity.DETAIL:
            yield Shown(
                kind="catalogue", entity=entity.name, by=entity.order.split(" ")[0] if entity.order else None
            )
    ranked = {view.entity for view in spec.views if view.kind is ViewKind.RANKING}
    for entity in spec.entities:
        if entity.order and entity.name not in ranked:
            yield Shown(kind="ranking", entity=entity.name, by=entity.order.split(" ")[0])


def _plan_message(spec: AppSpec, message: MessageSpec) -> Sent:
    entity = spec.entity(message.entity)
    label = lower_first(entity.label) if entity is not None else message.entity
    match message.kind:
        case MessageKind.ADDED:
            when = f"when {with_article(label)} is added"
        case MessageKind.STATE:
            when = f"when {with_article(label)} is {message.state}"
        case MessageKind.BEFORE:
            when = f"{_time_before(message.hours)} before {_date_label(spec, message)} of {with_article(label)}"
    to = (
        "the owner"
        if message.to == TO_OWNER
        else f"the {message.to.rpartition('.')[0].rpartition('.')[2] or label}"
    )
    return Sent(
        name=message.name, entity=message.entity, to=to.replace("_", " "), when=when, subject=message.subject
    )


def _time_before(hours: int) -> str:
    number, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _date_label(spec: AppSpec, message: MessageSpec) -> str:
    """The label of a date as the plan names it, such as "“Starts at”", or else how it is worked out."""
    entity = spec.entity(message.entity)
    part = part_at(spec, entity, message.date or "") if entity is not None else None
    return f"“{part.label}”" if part is not None else f"“{message.date}”"


def _plan_pages(spec: AppSpec) -> tuple[PlanPage, ...]:
    """The sections of the site, and the calculators that stand on pages of their own."""
    sections = sections_of(spec)
    on_site = {section.tool for section in sections}
    separate = (tool for tool in spec.tools if tool.name not in on_site)
    return (
        *(PlanPage(kind=section.kind, title=section.title) for section in sections),
        *(PlanPage(kind=SectionKind.CALCULATOR, title=tool.title) for tool in separate),
    )
