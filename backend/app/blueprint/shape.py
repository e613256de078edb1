"""The views and pages that follow from the shape of the fields; the rules and checks stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from app.blueprint.field_types import DATES
from app.blueprint.shape_checks import checks_of
from app.blueprint.shape_rules import amounts, of_type, rules_of
from app.blueprint.spec import (
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    FormSpec,
    PageSpec,
    ViewKind,
    ViewSpec,
)
from app.blueprint.spec_queries import PAST_DATES, lower_first, status_field

__all__ = ["checks_of", "pages_of", "rules_of", "views_of"]

# As many as a specification may list.
_MOST_PAGES: Final = 60
_PICTURES: Final = ("photo", "picture", "image", "cover", "colour", "color")
_KINDS: Final = ("category", "genre", "style", "kind")
# Numbers that a thing has once, or that a rule counts with: over time they draw a line that says nothing.
_NOT_MEASURED: Final = frozenset(
    "year capacity places seats spots spaces beds bedrooms party_size servings prep_min duration_min minutes "
    "reorder_level target_per_week stock priority age position places_taken home_score away_score copies "
    "max_people".split()
)


def views_of(entities: Sequence[EntitySpec]) -> tuple[ViewSpec, ...]:
    """A list of everything; a calendar, a board, totals, a chart, a gallery or a document where the fields fit."""
    return tuple(view for entity in entities for view in _fitting_views(entity))


def _fitting_views(entity: EntitySpec) -> Iterator[ViewSpec]:
    yield ViewSpec(kind=ViewKind.LIST, entity=entity.name)
    fields_by_kind: tuple[tuple[ViewKind, FieldSpec | ComputedSpec | None], ...] = (
        (ViewKind.CALENDAR, next(_calendar_dates(entity), None)),
        (ViewKind.BOARD, status_field(entity)),
        (ViewKind.TOTALS, _field_to_total(entity)),
        (ViewKind.CHART, _field_to_chart(entity)),
        (ViewKind.GALLERY, _field_of_gallery(entity)),
        (ViewKind.DOCUMENT, _sum_of_document(entity)),
    )
    for kind, field in fields_by_kind:
        if field is not None:
            yield ViewSpec(kind=kind, entity=entity.name, field=field.name)


def _field_to_total(entity: EntitySpec) -> FieldSpec | ComputedSpec | None:
    groups = any(field.type in DATES for field in entity.fields) or status_field(entity) is not None
    return (next(amounts(entity), None) or entity.figure("total")) if groups else None


def _field_to_chart(entity: EntitySpec) -> FieldSpec | None:
    """The number that is measured again and again, or else the date on which such things happened."""
    dated = [field for field in entity.fields if field.type in DATES and not field.name.startswith("born")]
    if not dated:
        return None
    measured = [field for field in of_type(entity, FieldType.INT) if field.name not in _NOT_MEASURED]
    # Money over time is what totals show; a chart of the dates says more of what has none.
    happens = any(field.ref for field in entity.fields) and next(amounts(entity), None) is None
    return next(iter(measured), dated[0] if happens and dated[0].required else None)


def _field_of_gallery(entity: EntitySpec) -> FieldSpec | None:
    """The field that tells things apart at a glance: a picture, a colour or their kind."""
    pictures = [
        *of_type(entity, FieldType.IMAGE),
        *(field for field in entity.fields if field.name in _PICTURES),
    ]
    timed = any(field.type in DATES for field in entity.fields) or status_field(entity) is not None
    kinds = [field for field in of_type(entity, FieldType.CHOICE) if field.name in _KINDS]
    return next(iter(pictures if pictures or timed else kinds), None)


def _sum_of_document(entity: EntitySpec) -> FieldSpec | ComputedSpec | None:
    """The sum at the end of a paper that is handed out: an invoice, a quote, a receipt."""
    # Papers that go to somebody begin with their number and say to whom.
    numbered = entity.fields[0].name == "number" and any(field.ref for field in entity.fields)
    return (next(amounts(entity), None) or entity.figure("total")) if numbered else None


def pages_of(entities: Sequence[EntitySpec], forms: Sequence[FormSpec] = ()) -> tuple[PageSpec, ...]:
    """The addresses a visitor can open without knowing a record's number."""
    pages = [PageSpec(path="/", title="Dashboard"), PageSpec(path="/about", title="About this app")]
    tables = {entity.name: entity.table for entity in entities}
    pages += [PageSpec(path=f"/forms/{tables[form.entity]}", title=form.action) for form in forms]
    for entity in entities:
        pages.append(PageSpec(path=f"/{entity.table}", title=entity.plural))
        pages.append(PageSpec(path=f"/{entity.table}/new", title=f"New {lower_first(entity.label)}"))
        for view in _fitting_views(entity):
            if view.kind not in (ViewKind.LIST, ViewKind.DOCUMENT):
                title = f"{entity.plural}: {view.kind.value}"
                pages.append(PageSpec(path=f"/{entity.table}/{view.kind.value}", title=title[:80]))
    return tuple(pages[:_MOST_PAGES])


def _calendar_dates(entity: EntitySpec) -> Iterator[FieldSpec]:
    """The fields that place a record in a calendar; a birthday does not."""
    for field in entity.fields:
        if field.type in DATES and not field.name.startswith(PAST_DATES):
            yield field
