"""The plan of an app: a specification in product words, with an account of what the founder asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from app.blueprint.expressions.nodes import Aggregate, Binary, Call, Node, Rank
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import speaks_of_today, walk
from app.blueprint.spec import (
    NUMBERS,
    OWNER,
    AppSpec,
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    FormSpec,
    Publicity,
    Reach,
    RoleScope,
    RuleKind,
    RuleSpec,
    ToolSpec,
    ViewKind,
    WishState,
)
from app.blueprint.spec_lines import line_kind
from app.blueprint.spec_queries import cancelling, has_link, lower_first, status_field
from app.blueprint.spec_site import SectionKind, public_fields, sections_of

VISITOR: Final = "Visitor"
STAFF: Final = "Staff"
_RULE_NAMES: Final = {RuleKind.OVERDUE: "due", RuleKind.ENSURE: "range"}
_PLAN_TYPES: Final = {FieldType.INT: "number", FieldType.DECIMAL: "number", FieldType.CODE: "text"}
_DATES: Final = (FieldType.DATE, FieldType.DATETIME)
_NOT_SHOWN: Final = (ViewKind.LIST, ViewKind.TOTALS)
"""Every record has a list; totals are computed values."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Clause(_Part):
    """A wish of the goal in the founder's own words, and why it is not wholly met."""

    text: str
    state: WishState
    why: str = ""


class Person(_Part):
    """A kind of person who uses the app; `record` names the record that describes them."""

    name: str
    sees: str
    record: str | None = None


class PlanField(_Part):
    """A field of a record; `of` names the record that a ref points at."""

    name: str
    label: str
    type: str
    required: bool = False
    choices: tuple[str, ...] = ()
    of: str | None = None
    default: str | None = None
    limits: str | None = None


class Move(_Part):
    """A step from one state to the next, and who may take it."""

    from_: str = Field(alias="from")
    to: str
    by: str


class Kept(_Part):
    """A kind of record; `public` says how visitors see it: none, list or detail."""

    name: str
    plural: str
    public: str
    fields: tuple[PlanField, ...]
    states: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()


class Deed(_Part):
    """Something that a kind of person does in the app."""

    who: str
    verb: str
    entity: str
    label: str


class PlanRule(_Part):
    """Something that the app refuses or flags."""

    kind: str
    entity: str
    by: str | None
    fields: tuple[str, ...]
    value: str | None
    about: str


class Computed(_Part):
    """A figure that the app works out: `of` names record and field, `per` what it is grouped by."""

    entity: str
    label: str
    op: str
    of: str
    per: str | None
    about: str


class Shown(_Part):
    """A view of a kind of record, other than its list."""

    kind: str
    entity: str
    by: str | None


class PlanPage(_Part):
    """A page or section that is no view of records."""

    kind: str
    title: str


class LeftOut(_Part):
    """A wish that the app does not meet, and why."""

    asked: str
    why: str


class Plan(_Part):
    """What will be built, as the founder sees it."""

    title: str
    tagline: str
    engine: str
    confidence: float
    people: tuple[Person, ...]
    keeps: tuple[Kept, ...]
    does: tuple[Deed, ...]
    rules: tuple[PlanRule, ...]
    computes: tuple[Computed, ...]
    shows: tuple[Shown, ...]
    pages: tuple[PlanPage, ...]
    assumptions: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    not_understood: tuple[str, ...]
    clauses: tuple[Clause, ...] = ()

    @property
    def keeps_enough(self) -> bool:
        """True when more than half of the wishes is met, a wish that is partly met counting half.

        A goal of a single wish needs no more than that some of it is met.
        """
        points = {WishState.KEPT: 2, WishState.PARTLY: 1, WishState.LEFT_OUT: 0}
        met = sum(points[clause.state] for clause in self.clauses)
        return met > len(self.clauses) or (len(self.clauses) == 1 and met > 0) or not self.clauses


def plan_of(spec: AppSpec, *, unknown: Sequence[str] = ()) -> Plan:
    """The plan of a specification; `unknown` are words of its goal that nobody knows."""
    clauses = tuple(Clause(text=wish.text, state=wish.state, why=wish.why) for wish in spec.wishes)
    told = tuple(_left_out(clause) for clause in clauses if clause.state is not WishState.KEPT)
    offered = _offered(spec)
    return Plan(
        title=spec.title,
        tagline=spec.tagline,
        engine=spec.engine,
        confidence=spec.confidence,
        people=_people(spec),
        keeps=tuple(_kept(entity, is_offered=entity.name in offered) for entity in spec.entities),
        does=tuple(_deeds(spec)),
        rules=tuple(_rules(spec)),
        computes=tuple(_computed(spec)),
        shows=tuple(_shown(spec)),
        pages=_pages(spec),
        assumptions=spec.assumptions,
        left_out=(*told, *(LeftOut(asked=text, why="") for text in spec.not_understood)),
        not_understood=tuple(unknown),
        clauses=clauses,
    )


def _left_out(clause: Clause) -> LeftOut:
    return LeftOut(asked=clause.text, why=clause.why)


def _people(spec: AppSpec) -> tuple[Person, ...]:
    if not spec.roles:
        return (Person(name=OWNER, sees=RoleScope.ALL),)
    return tuple(Person(name=role.name, sees=role.scope, record=role.entity) for role in spec.roles)


def _offered(spec: AppSpec) -> frozenset[str]:
    """The records that a public form lists for visitors to choose from."""
    found = set()
    for form in spec.forms:
        entity = spec.entity(form.entity)
        fields = map(entity.field, form.fields) if entity is not None else ()
        found |= {field.ref for field in fields if field is not None and field.ref}
    return frozenset(found)


def _kept(entity: EntitySpec, *, is_offered: bool) -> Kept:
    status = entity.field(entity.state) if entity.state else status_field(entity)
    public = Publicity.LIST if is_offered and entity.public is Publicity.NONE else entity.public
    return Kept(
        name=entity.name,
        plural=entity.plural,
        public=public.value,
        fields=(*map(_field, entity.fields), *map(_figure, entity.computed)),
        states=status.choices if status is not None else (),
        moves=tuple(
            Move(from_=source, to=move.target, by=by)
            for move in entity.moves
            for source in move.sources
            for by in move.by or (STAFF,)
        ),
    )


def _figure(figure: ComputedSpec) -> PlanField:
    return PlanField(name=figure.name, label=figure.label, type="computed")


def _limits(field: FieldSpec) -> str | None:
    """The bounds of a number, such as "1 to 10", "at least 1" or "at most 10"."""
    if field.lowest is None and field.highest is None:
        return None
    if field.lowest is None:
        return f"at most {field.highest}"
    return f"at least {field.lowest}" if field.highest is None else f"{field.lowest} to {field.highest}"


def _field(field: FieldSpec) -> PlanField:
    return PlanField(
        name=field.name,
        label=field.label,
        type=_PLAN_TYPES.get(field.type, field.type.value),
        required=field.required,
        choices=field.choices,
        of=field.ref,
        default=field.starts_as,
        limits=_limits(field),
    )


def _deeds(spec: AppSpec) -> Iterator[Deed]:
    yield from _deeds_of_visitors(spec)
    staff = _staff(spec)
    for entity in spec.entities:
        many = lower_first(entity.plural)
        yield Deed(who=staff, verb="keep", entity=entity.name, label=f"Add and change {many}")
        yield from _line_deeds(spec, entity, staff)
        yield from _link_deeds(spec, entity)
        for right in entity.rights:
            if right.adds:
                label = right.label or f"Add {many}"
                verb = label.split(" ")[0].lower()
                yield Deed(who=right.role, verb=verb, entity=entity.name, label=label)
            elif right.sees is not Reach.NONE:
                yield Deed(who=right.role, verb="see", entity=entity.name, label=f"See {many}")
        for move in entity.moves:
            for by in move.by or (staff,):
                yield Deed(who=by, verb=move.label.split(" ")[0].lower(), entity=entity.name, label=move.label)


def _deeds_of_visitors(spec: AppSpec) -> Iterator[Deed]:
    for form in spec.forms:
        yield _form_deed(form)
        if form.invited_by:
            label = "Pass on a link of their own, by which whoever comes is counted"
            yield Deed(who=VISITOR, verb="invite", entity=form.entity, label=label)
    for role in spec.roles:
        if role.scope is RoleScope.OWN and role.entity:
            label = f"Sign up as {lower_first(role.name)}"
            yield Deed(who=VISITOR, verb="register", entity=role.entity, label=label)
    for tool in spec.tools:
        yield Deed(who=VISITOR, verb="calculate", entity=tool.title, label=tool.title)
    for entity in spec.entities:
        if entity.public is not Publicity.NONE:
            yield Deed(who=VISITOR, verb="see", entity=entity.name, label=_seen(spec, entity))


def _seen(spec: AppSpec, entity: EntitySpec) -> str:
    """What visitors see of a kind of record, by the labels of its fields."""
    parts = (entity.field(name) or entity.figure(name) for name in public_fields(spec, entity))
    labels = ", ".join(lower_first(part.label) for part in parts if part is not None)
    return f"See {lower_first(entity.plural)}: {labels}"


def _line_deeds(spec: AppSpec, entity: EntitySpec, staff: str) -> Iterator[Deed]:
    """Lines are entered on the form of what they belong to, by visitors too where a public form asks."""
    found = line_kind(spec, entity)
    if found is None:
        return
    many = lower_first(found[0].plural)
    asked = any(form.entity == entity.name and form.lines for form in spec.forms)
    for who in (staff, *((VISITOR,) if asked else ())):
        label = f"Enter {many} on the form of the {lower_first(entity.label)}"
        yield Deed(who=who, verb="enter", entity=found[0].name, label=label)


def _link_deeds(spec: AppSpec, entity: EntitySpec) -> Iterator[Deed]:
    """Visitors come back by a link to what they have sent, and call it off while nobody is at it."""
    if not has_link(spec, entity):
        return
    one = lower_first(entity.label)
    yield Deed(who=VISITOR, verb="follow", entity=entity.name, label=f"Follow their own {one} by its link")
    if any(form.entity == entity.name for form in spec.forms) and cancelling(entity):
        yield Deed(who=VISITOR, verb="cancel", entity=entity.name, label=f"Cancel their own {one} by its link")


def _form_deed(form: FormSpec) -> Deed:
    return Deed(who=VISITOR, verb=form.action.split(" ")[0].lower(), entity=form.entity, label=form.action)


def _staff(spec: AppSpec) -> str:
    return next((role.name for role in spec.roles if role.scope is RoleScope.ALL), STAFF)


def _rules(spec: AppSpec) -> Iterator[PlanRule]:
    """What is refused or flagged: the rules, and the moves that ask for something or have a condition."""
    for rule in spec.rules:
        if rule.kind is not RuleKind.SUM:
            yield _rule(spec, rule)
    for entity in spec.entities:
        for move in entity.moves:
            fields = (entity.state or "", *move.asks)
            # What the app does by itself when its day has come is due, what people do is a step.
            is_due = move.is_automatic and speaks_of_today(parse(move.only_if or "no"))
            kind = "due" if is_due else "transition"
            yield PlanRule(
                kind=kind, entity=entity.name, by=None, fields=fields, value=move.only_if, about=move.about
            )


def _rule(spec: AppSpec, rule: RuleSpec) -> PlanRule:
    entity = spec.entity(rule.entity)
    refs = [field.ref for name in rule.fields if entity and (field := entity.field(name)) and field.ref]
    return PlanRule(
        kind=_RULE_NAMES.get(rule.kind, rule.kind.value),
        entity=rule.entity,
        by=refs[-1] if refs else None,
        fields=rule.fields,
        value=str(rule.limit) if rule.limit is not None else None,
        about=rule.about,
    )


_OPERATIONS: Final = {"*": "product", "/": "share", "+": "sum", "-": "difference"}


def _worked_out(entity: EntitySpec, figure: ComputedSpec) -> Computed:
    node = parse(figure.expression)
    return Computed(
        entity=entity.name,
        label=figure.label,
        op=_operation(node),
        of=figure.expression,
        per=_period(figure.expression),
        about=figure.about,
    )


def _result(tool: ToolSpec, result: ComputedSpec) -> Computed:
    """What a calculator gives; it belongs to no record, so the calculator stands in the place of one."""
    node = parse(result.expression)
    return Computed(
        entity=tool.title,
        label=result.label,
        op=_operation(node),
        of=result.expression,
        per=None,
        about=result.about,
    )


def _operation(node: Node) -> str:
    """What a figure does with its parts, in a word."""
    match node:
        case Aggregate():
            return {"distinct": "count", "exists": "count", "latest": "max"}.get(node.function, node.function)
        case Rank():
            return "rank"
        case Binary() if node.operator == "-" and any(isinstance(part, Aggregate) for part in walk(node)):
            return "balance"
        case Binary() if node.operator in _OPERATIONS:
            return _OPERATIONS[node.operator]
        case Call() if node.name in ("days", "hours", "minutes", "years", "age"):
            return "difference"
        case Call() if node.arguments:
            return _operation(node.arguments[-1])
        case _:
            return "value"


def _period(expression: str) -> str | None:
    """The period that a figure is about, where it compares one with today's."""
    return next((word for word in ("week", "month", "year") if f"{word}(today" in expression), None)


def _computed(spec: AppSpec) -> Iterator[Computed]:
    for kept in spec.entities:
        yield from (_worked_out(kept, figure) for figure in kept.computed)
    for tool in spec.tools:
        yield from (_result(tool, result) for result in tool.results)
    for rule in spec.rules:
        if rule.kind is RuleKind.SUM:
            yield _sum(spec, rule)
    for view in spec.views:
        entity = spec.entity(view.entity)
        amount = entity.field(view.field) if entity is not None and view.field else None
        if view.kind is ViewKind.TOTALS and entity is not None and amount is not None:
            yield from (_total(entity, amount, per) for per in _groups(entity))
        if view.kind is ViewKind.CHART and entity is not None and amount is not None:
            yield _counted(entity, amount)


def _counted(entity: EntitySpec, field: FieldSpec) -> Computed:
    """The figures that a chart draws: how many there are, or how the number goes over time."""
    many = lower_first(entity.plural)
    if field.type in NUMBERS:
        about = f"Draws the {lower_first(field.label)} of {many}."
        return Computed(
            entity=entity.name,
            label=field.label,
            op="sum",
            of=f"{entity.name}.{field.name}",
            per=None,
            about=about,
        )
    per = "month" if field.type in _DATES else lower_first(field.label)
    label = f"{entity.plural} by {per}"
    return Computed(
        entity=entity.name, label=label, op="count", of=entity.name, per=per, about=f"Counts {many} by {per}."
    )


def _sum(spec: AppSpec, rule: RuleSpec) -> Computed:
    entity = spec.entity(rule.entity)
    into = entity.field(rule.fields[1]) if entity is not None and len(rule.fields) > 1 else None
    target = into.ref if into is not None and into.ref else rule.entity
    field = entity.field(rule.fields[0]) if entity is not None else None
    label = f"Total {lower_first(field.label)}" if field is not None else "Total"
    per = target if target != rule.entity else None
    return Computed(
        entity=target, label=label, op="sum", of=f"{rule.entity}.{rule.fields[0]}", per=per, about=rule.about
    )


def _groups(entity: EntitySpec) -> Iterator[str]:
    """The ways in which a page of totals groups its sums."""
    for field in entity.fields:
        if field.type in (FieldType.CHOICE, FieldType.REF):
            yield lower_first(field.label)
    if any(field.type in _DATES for field in entity.fields):
        yield "month"


def _total(entity: EntitySpec, amount: FieldSpec, per: str) -> Computed:
    about = f"Adds up the {lower_first(amount.label)} of {lower_first(entity.plural)} by {per}."
    label = f"{amount.label} by {per}"
    return Computed(
        entity=entity.name, label=label, op="sum", of=f"{entity.name}.{amount.name}", per=per, about=about
    )


def _shown(spec: AppSpec) -> Iterator[Shown]:
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


def _pages(spec: AppSpec) -> tuple[PlanPage, ...]:
    """The sections of the site, and the calculators that stand on pages of their own."""
    sections = sections_of(spec)
    shown = {section.tool for section in sections}
    alone = (tool for tool in spec.tools if tool.name not in shown)
    return (
        *(PlanPage(kind=section.kind, title=section.title) for section in sections),
        *(PlanPage(kind=SectionKind.CALCULATOR, title=tool.title) for tool in alone),
    )
