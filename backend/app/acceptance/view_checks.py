"""Views that work something out, beside the export of the app: a ranking, what is due, answers counted."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

from app.acceptance.evidence import Findings
from app.acceptance.kept import Kept
from app.acceptance.page_checks import (
    NOT_A_NUMBER,
    open_view,
    try_board,
    try_calendar,
    try_chart,
    try_document,
    try_gallery,
    try_list,
    try_totals,
    wrong_view,
)
from app.acceptance.people import People
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, ViewKind, ViewSpec

_NUMBERS: Final = re.compile(r'<span class="number">([^<]*)</span>')
# As many as the starter reads for one page.
_MOST_RANKED: Final = 100
_UNLIKE: Final = 3

Try = Callable[[People, EntitySpec, ViewSpec], Awaitable[str]]


def tried_views(spec: AppSpec) -> list[ViewSpec]:
    """The lists of all kinds of record, and the views that the specification adds."""
    lists = [ViewSpec(kind=ViewKind.LIST, entity=entity.name) for entity in spec.entities]
    return [*lists, *(view for view in spec.views if view.kind is not ViewKind.LIST)]


async def try_views(people: People) -> Findings:
    """Each view shows what the records say, worked out from their export."""
    saw = []
    for view in tried_views(people.spec):
        entity = people.spec.entity(view.entity)
        if entity is not None:
            saw.append(await VIEWS[view.kind](people, entity, view))
    return Findings(f"{len(saw)} views are right", tuple(saw))


async def _try_ranking(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """The numbers on the page are those of the export, from the highest down."""
    label = _label_of(entity, view.field or "")
    await _add_unlike(people, entity)
    rows = await people.driver.rows(entity)
    answer = await open_view(people, entity, view)
    numbers = [NOT_A_NUMBER.sub("", text) for text in _NUMBERS.findall(answer.text)]
    exported = [NOT_A_NUMBER.sub("", row.get(label, "")) for row in rows]
    # By number: as texts, 9 would come before 10.
    expected = sorted((text for text in exported if text), key=float, reverse=True)[:_MOST_RANKED]
    if [float(text) for text in numbers if text] != [float(text) for text in expected]:
        raise wrong_view(view, entity, answer, f"expected {expected!r}, shown {numbers!r}")
    return f"{entity.plural}: ranked by {label.lower()}, {len(expected)} in order"


async def _add_unlike(people: People, entity: EntitySpec) -> None:
    """Add records whose choices and numbers differ, where no rule forbids it: something to rank."""
    if any(rule.entity == entity.name for rule in people.spec.rules):
        return
    asked = await people.driver.asked(entity)
    choices = [field for field in entity.fields if field.type is FieldType.CHOICE and field.name in asked]
    counted = [field for field in entity.fields if field.type is FieldType.INT and field.name in asked]
    for turn in range(_UNLIKE):
        values = {field.name: field.choices[(turn + at) % len(field.choices)] for at, field in enumerate(choices)}
        free = (field.name for field in counted if field.lowest is None and field.highest is None)
        await people.driver.add(entity, **values, **{name: str(turn + 1) for name in free})


async def _try_review(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """The record due longest comes first."""
    field = entity.field(view.field or "")
    is_ruled = any(rule.entity == entity.name and view.field in rule.fields for rule in people.spec.rules)
    record = await _due_long_ago(people, entity, field) if field is not None and not is_ruled else None
    if record is None:
        await open_view(people, entity, view)
        return f"{entity.plural}: the review opens"
    answer = await open_view(people, entity, view)
    leads_to = [*answer.page.links, *(form.action for form in answer.page.forms)]
    if not any(address.startswith(f"{record.path}/") for address in leads_to):
        raise wrong_view(view, entity, answer, f"{record.path} was due since 2001")
    return f"{entity.plural}: what is due since 2001 comes first"


async def _due_long_ago(people: People, entity: EntitySpec, field: FieldSpec) -> Kept | None:
    """A record that has long been due; None where neither of its forms asks for the day."""
    due = {field.name: FIELD_TYPES[field.type].past}
    if field.name in await people.driver.asked(entity):
        return await people.driver.add(entity, **due)
    record = await people.driver.add(entity)
    if field.name not in await people.driver.changed_fields(record):
        return None
    await people.driver.change(record, {**record.values, **due})
    return record


async def _try_results(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """The count of each answer is that of the export."""
    await people.driver.spare(entity)
    rows = await people.driver.rows(entity)
    answer = await open_view(people, entity, view)
    for field in (field for field in entity.fields if field.type is FieldType.CHOICE):
        for choice in field.choices:
            count = sum(row.get(field.label) == choice for row in rows)
            if f"{choice} {count} " not in answer.page.text:
                raise wrong_view(view, entity, answer, f"{field.label}: {choice} was chosen {count} times")
    return f"{entity.plural}: the answers of {len(rows)} counted"


def _label_of(entity: EntitySpec, name: str) -> str:
    part = entity.field(name) or entity.figure(name)
    return part.label if part is not None else name


VIEWS: Final[dict[ViewKind, Try]] = {
    ViewKind.LIST: try_list,
    ViewKind.CALENDAR: try_calendar,
    ViewKind.BOARD: try_board,
    ViewKind.TOTALS: try_totals,
    ViewKind.CHART: try_chart,
    ViewKind.GALLERY: try_gallery,
    ViewKind.DOCUMENT: try_document,
    ViewKind.RANKING: _try_ranking,
    ViewKind.REVIEW: _try_review,
    ViewKind.RESULTS: _try_results,
}
