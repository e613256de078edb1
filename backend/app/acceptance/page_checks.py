"""Pages that show the records of a kind in some order or shape, each compared with their export."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from app.acceptance.figure_checks import MINUTES_TO_PASS, written_as
from app.acceptance.form_driver import NUMBER
from app.acceptance.http_session import Answer
from app.acceptance.kept import excerpt_of
from app.acceptance.known_records import read_field
from app.acceptance.people import People
from app.blueprint.field_types import DATES
from app.blueprint.spec import NUMBERS, ComputedSpec, EntitySpec, FieldSpec, FieldType, ViewSpec
from app.domain.failure import BuildFailed, FailureCode

_LANE: Final = re.compile(r'data-name="([^"]*)"[^>]*>.*?<span class="count">(\d+)</span>', re.DOTALL)
_HOW_MUCH: Final = re.compile(r'<td data-label="[^"]*" class="number">([^<]*)<')
NOT_A_NUMBER: Final = re.compile(r"[^0-9.-]")
_WRITTEN: Final = frozenset({FieldType.TEXT, FieldType.CHOICE, FieldType.EMAIL, FieldType.DATE, *NUMBERS})

# As in the starter's `pages.py`.
ON_ONE_PAGE: Final = 20

Row = Mapping[str, str]


async def try_list(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """The list leads to every record, or to as many as stand on one page, in its order, as do pages of others."""
    rows = await people.driver.rows(entity)
    answer = await open_view(people, entity, view, f"/{entity.table}")
    if len(_records_linked(answer, entity, rows)) < min(len(rows), ON_ONE_PAGE):
        raise wrong_view(view, entity, answer, f"there are {len(rows)}")
    ordered = _ordered_by(entity)
    if ordered is None:
        return f"{entity.plural}: a list of {len(rows)}"
    _refuse_disorder(view, entity, answer, rows)
    for path in await _pages_beside(people, entity, rows):
        _refuse_disorder(view, entity, await open_view(people, entity, view, path), rows)
    return f"{entity.plural}: a list of {len(rows)}, ordered by {ordered.label.lower()}"


def _ordered_by(entity: EntitySpec) -> FieldSpec | None:
    """The number or day that its lists are in the order of; a figure may be another one a minute later."""
    field = entity.field((entity.order or "").partition(" ")[0])
    return field if field is not None and field.type in (*NUMBERS, *DATES) else None


def _refuse_disorder(view: ViewSpec, entity: EntitySpec, answer: Answer, rows: Sequence[Row]) -> None:
    """BuildFailed when the records that a page shows are not in the order of their lists."""
    ordered = _ordered_by(entity)
    if ordered is None:
        return
    by_number = {row[NUMBER]: row[ordered.label] for row in rows}
    opened = re.findall(rf'href="/{entity.table}/(\d+)" aria-label="Open', answer.text)
    texts = [by_number[number] for number in opened if by_number.get(number)]
    shown = [Fraction(text) if ordered.type in NUMBERS else text for text in texts]
    if shown != sorted(shown, reverse=str(entity.order).endswith(" desc")):
        raise wrong_view(view, entity, answer, f"not in the order of {ordered.label}: {texts!r}")


async def _pages_beside(people: People, entity: EntitySpec, rows: Sequence[Row]) -> list[str]:
    """The pages of records that several of these belong to, one for each kind."""
    pages = []
    kinds = Counter(field.ref for field in entity.fields if field.ref)
    for field in entity.fields:
        target = people.spec.entity(field.ref) if field.ref else None
        most = Counter(row[field.label] for row in rows if row[field.label]).most_common(1)
        # By two links to one kind, its page has two lists of them.
        if target is None or kinds[target.name] > 1 or not most or most[0][1] < 2:
            continue
        number = (await people.driver.listed(target)).get(most[0][0])
        if number is not None:
            pages.append(f"/{target.table}/{number}")
    return pages


async def try_calendar(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """A record stands in the month of its day."""
    field = _field_of(entity, view)
    dated = [row for row in await people.driver.rows(entity) if row[field.label]]
    # One speaks for all, since the same code shows them; the newest is not among the examples.
    for row in dated[-1:]:
        path = f"/{entity.table}/calendar?month={row[field.label][:7]}"
        answer = await open_view(people, entity, view, path)
        if f"/{entity.table}/{row[NUMBER]}" not in answer.page.links:
            raise wrong_view(view, entity, answer, f"{row!r} is not in its month")
    if not dated:
        await open_view(people, entity, view)
    return f"{entity.plural}: a calendar by {field.label.lower()}, with what is in the month"


async def try_board(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """Each column has as many as are in that state."""
    field = _field_of(entity, view)
    rows = await people.driver.rows(entity)
    answer = await open_view(people, entity, view)
    counts = {html.unescape(name): int(count) for name, count in _LANE.findall(answer.text)}
    counted = Counter(row[field.label] for row in rows)
    expected = {choice: counted[choice] for choice in field.choices}
    if counts != expected:
        raise wrong_view(view, entity, answer, f"expected {expected!r}, shown {counts!r}")
    return f"{entity.plural}: a board with {len(expected)} columns, counted"


async def try_totals(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """The sum of all, and of each choice, is what the records add up to."""
    added = entity.figure(view.field or "") or _field_of(entity, view)
    wrong = ""
    for _ in range(1 + MINUTES_TO_PASS):
        rows = await people.driver.rows(entity)
        answer = await open_view(people, entity, view)
        wrong = _find_wrong_total(entity, added, rows, answer.page.text)
        if not wrong:
            return f"{entity.plural}: {added.label.lower()} of {len(rows)} added up"
        # What counts up to now goes on between the export and the page.
    raise wrong_view(view, entity, answer, wrong)


def _find_wrong_total(entity: EntitySpec, added: FieldSpec | ComputedSpec, rows: Sequence[Row], text: str) -> str:
    """The group of records whose sum the page does not say; empty if it says all."""
    groups = {"": rows}
    for choice in (field for field in entity.fields if field.type is FieldType.CHOICE):
        groups |= {name: [row for row in rows if row[choice.label] == name] for name in choice.choices}
    for name, group in groups.items():
        total = sum((_amount_in(added, row) for row in group), Fraction(0))
        behind = text.partition(f"{name} {len(group)} ")[2] if name else text
        if group and not any(written in behind for written in written_as(total)):
            return f"{name or 'all'}: {len(group)} come to {total}"
    return ""


async def try_chart(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """The table of the chart has the numbers of the records, or counts every one of them."""
    field = _field_of(entity, view)
    rows = [row for row in await people.driver.rows(entity) if row[field.label]]
    answer = await open_view(people, entity, view)
    figures = [Fraction(NOT_A_NUMBER.sub("", text)) for text in _HOW_MUCH.findall(answer.text)]
    if field.type in NUMBERS:
        is_right = set(figures) <= {_amount_in(field, row) for row in rows} and bool(figures) == bool(rows)
    else:
        is_right = sum(figures) == len(rows)
    if not is_right:
        raise wrong_view(view, entity, answer, f"{len(rows)} records, shown {list(map(str, figures))!r}")
    return f"{entity.plural}: a chart by {field.label.lower()} with {len(figures)} points"


async def try_gallery(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """Cards lead to the records."""
    rows = await people.driver.rows(entity)
    answer = await open_view(people, entity, view)
    led_to = _records_linked(answer, entity, rows)
    if bool(led_to) != bool(rows):
        raise wrong_view(view, entity, answer, f"{len(rows)} records")
    return f"{entity.plural}: a gallery with {len(led_to)} cards on its first page"


async def try_document(people: People, entity: EntitySpec, view: ViewSpec) -> str:
    """The paper says what the record says."""
    rows = await people.driver.rows(entity)
    for row in rows[-1:]:
        answer = await open_view(people, entity, view, f"/{entity.table}/{row[NUMBER]}/document")
        lost = [field.label for field in entity.fields if _is_missing(field, row, answer.page.text)]
        if lost:
            raise wrong_view(view, entity, answer, f"missing: {lost!r} of {row!r}")
    return f"{entity.plural}: printed with all that is kept of one"


async def open_view(people: People, entity: EntitySpec, view: ViewSpec, path: str = "") -> Answer:
    """The page of the view. BuildFailed when it does not open."""
    answer = await people.driver.visitor.get(path or f"/{entity.table}/{view.kind}")
    if answer.status != 200:
        raise wrong_view(view, entity, answer, "it does not open")
    return answer


def wrong_view(view: ViewSpec, entity: EntitySpec, answer: Answer, why: str) -> BuildFailed:
    """The failure that names a view."""
    return BuildFailed(
        FailureCode.WRONG_VIEW,
        f"The {view.kind} of {entity.plural.lower()} does not show what the records say. Take it out of the plan, "
        "or have it show another field, and build again.",
        log=f"{why}\nGET {answer.path}: {excerpt_of(answer)}",
    )


def _is_missing(field: FieldSpec, row: Row, text: str) -> bool:
    value = read_field(field, row[field.label]) if field.type in _WRITTEN else None
    return value is not None and not any(" ".join(text_form.split()) in text for text_form in written_as(value))


def _field_of(entity: EntitySpec, view: ViewSpec) -> FieldSpec:
    """The field that a view is by; a view without one is never built."""
    field = entity.field(view.field or "")
    if field is None:
        raise BuildFailed(FailureCode.WRONG_VIEW, log=f"{view.kind} of {entity.name} by {view.field!r}")
    return field


def _amount_in(field: FieldSpec | ComputedSpec, row: Row) -> Fraction:
    return Fraction(row[field.label] or 0)


def _records_linked(answer: Answer, entity: EntitySpec, rows: list[dict[str, str]]) -> set[str]:
    return {f"/{entity.table}/{row[NUMBER]}" for row in rows} & set(answer.page.links)
