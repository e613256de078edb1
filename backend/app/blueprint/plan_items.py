"""The items of a plan: every part of a specification that promises something, of a kind that a check tries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.blueprint.spec import UPLOADED, VISITOR, AppSpec, EntitySpec, MoveSpec, Publicity, RuleKind, ViewKind
from app.blueprint.spec_lines import line_kind
from app.blueprint.spec_site import SectionKind


class Part(StrEnum):
    """The parts of a plan that have no kinds of their own."""

    PERSON = "person"
    RECORD = "record"
    FILES = "files"
    LINES = "lines"
    MOVE = "move"
    AUTOMATIC_MOVE = "automatic move"
    VISITORS_MOVE = "move by a link"
    FIGURE = "figure"
    RIGHT = "right"
    VISITORS_RIGHT = "right by a link"
    FORM = "form"
    PUBLIC = "public records"
    CALCULATOR = "calculator"


def rule_item(kind: RuleKind) -> str:
    """The item that a rule of this kind is."""
    return f"rule {kind.value}"


def view_item(kind: ViewKind) -> str:
    """The item that a view of this kind is."""
    return f"view {kind.value}"


def section_item(kind: SectionKind) -> str:
    """The item that a section of this kind is."""
    return f"section {kind.value}"


@dataclass(frozen=True)
class PlanItem:
    """One promise of a plan: its kind, where it stands, and what it says in the founder's words."""

    kind: str
    place: str
    about: str


ITEM_KINDS: Final = frozenset(
    {
        *(part.value for part in Part),
        *map(rule_item, RuleKind),
        *map(view_item, ViewKind),
        *map(section_item, SectionKind),
    }
)
"""Every kind of item that a specification can hold."""


TRIED: Final = frozenset(
    # The parts, then rules, views and sections by their kinds.
    (
        "person, record, files, lines, move, automatic move, move by a link, figure, right, right by a link, "
        "form, public records, calculator, rule no_overlap, rule capacity, rule unique, rule overdue, rule "
        "sum, rule in_order, rule stock, rule one_open, rule ensure, rule locked, view list, view calendar, "
        "view board, view totals, view chart, view gallery, view document, view ranking, view review, view "
        "results, section hero, section about, section steps, section catalogue, section pricing, section "
        "hours, section faq, section contact, section signup, section calculator, section results"
    ).split(", ")
)
"""The kinds that a check tries on the running app: `app.acceptance.drivers` says which.

Written out by hand, so that a new kind of rule, view or section is refused until a check for it is there.
"""


def items_of(spec: AppSpec) -> list[PlanItem]:
    """Every promise of the plan of this specification."""
    return [*_of_people(spec), *_of_records(spec), *_of_rules_and_views(spec), *_of_visitors(spec)]


def _of_people(spec: AppSpec) -> Iterator[PlanItem]:
    for role in spec.roles:
        yield PlanItem(Part.PERSON, f"roles, {role.name!r}", role.about)


def _of_records(spec: AppSpec) -> Iterator[PlanItem]:
    for entity in spec.entities:
        place = f"entities {entity.name!r}"
        yield PlanItem(Part.RECORD, place, entity.about)
        if any(field.type in UPLOADED for field in entity.fields):
            yield PlanItem(Part.FILES, place, f"Pictures and files of {entity.plural.lower()}.")
        if line_kind(spec, entity) is not None:
            yield PlanItem(Part.LINES, f"{place}, lines", f"Lines on the form of {entity.plural.lower()}.")
        yield from _of_behaviour(entity, place)


def _of_behaviour(entity: EntitySpec, place: str) -> Iterator[PlanItem]:
    for figure in entity.computed:
        yield PlanItem(Part.FIGURE, f"{place}, computed {figure.name!r}", figure.about)
    for move in entity.moves:
        yield PlanItem(_move_kind(move), f"{place}, moves {move.label!r}", move.about)
    for right in entity.rights:
        about = f"What {right.role} may do with {entity.plural.lower()}."
        kind = Part.VISITORS_RIGHT if right.role == VISITOR else Part.RIGHT
        yield PlanItem(kind, f"{place}, rights of {right.role!r}", about)


def _move_kind(move: MoveSpec) -> Part:
    if move.is_automatic:
        return Part.AUTOMATIC_MOVE
    return Part.VISITORS_MOVE if VISITOR in move.by else Part.MOVE


def _of_rules_and_views(spec: AppSpec) -> Iterator[PlanItem]:
    for number, rule in enumerate(spec.rules, 1):
        place = f"rules number {number} ({rule.kind.value} of {rule.entity})"
        yield PlanItem(rule_item(rule.kind), place, rule.about)
    for number, view in enumerate(spec.views, 1):
        place = f"views number {number} ({view.kind.value} of {view.entity})"
        yield PlanItem(view_item(view.kind), place, f"The {view.kind.value} of {view.entity}.")


def _of_visitors(spec: AppSpec) -> Iterator[PlanItem]:
    for form in spec.forms:
        yield PlanItem(Part.FORM, f"forms, {form.action!r}", form.about)
    for entity in spec.entities:
        if entity.public is not Publicity.NONE:
            about = f"What visitors see of {entity.plural.lower()}."
            yield PlanItem(Part.PUBLIC, f"entities {entity.name!r}, public", about)
    for tool in spec.tools:
        yield PlanItem(Part.CALCULATOR, f"tools {tool.name!r}", tool.about)
    for section in spec.site.sections if spec.site else ():
        yield PlanItem(section_item(section.kind), f"site, section {section.title!r}", section.title)
