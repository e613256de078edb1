"""The lines of a record, entered on its own form: kept with it, linked to it, or refused all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from app.acceptance.form_driver import FormDriver
from app.acceptance.kept import Kept, excerpt_of
from app.acceptance.people import People
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.spec import EntitySpec
from app.blueprint.spec_lines import line_kind
from app.blueprint.spec_queries import one_of
from app.domain.failure import BuildFailed, FailureCode

LINE: Final = "line-"
"""Begins the name of a field of a line in the form of its record."""


async def line_values(people: People, entity: EntitySpec, number: int) -> dict[str, str]:
    """Good values for one line of the form of this kind; none where it has no lines."""
    lines = line_kind(people.spec, entity)
    if lines is None:
        return {}
    child, link = lines
    values = await people.driver.filled(child, **{link.name: ""})
    return {line_name(number, name): text for name, text in values.items() if name != link.name}


def line_name(number: int, field: str) -> str:
    """The name that a field of a line has in the form."""
    return f"{LINE}{number}-{field}"


async def try_lines(people: People, entity: EntitySpec) -> str:
    """Two lines are kept with their record; where one of them is wrong, nothing is."""
    lines = line_kind(people.spec, entity)
    if lines is None:
        return f"{entity.plural}: no lines"
    child, link = lines
    driver = people.driver
    values = await driver.filled(entity)
    entered = [await line_values(people, entity, number) for number in (0, 1)]
    before = len(await driver.rows(child))
    record = driver.read_kept(entity, values, await driver.send(entity, {**values, **entered[0], **entered[1]}))
    await _must_refuse_wrong_line(driver, entity, child, [values, *entered])
    rows = await driver.rows(child)
    if len(rows) != before + 2:
        raise BuildFailed(
            FailureCode.LINES_LOST,
            f"The {child.plural.lower()} of {one_of(entity)} are not kept with it.",
            log=f"{before} before, {len(rows)} after two were entered",
        )
    await _must_show_lines(driver, record, entered, child)
    return (
        f"{entity.plural}: two {child.plural.lower()} were kept by {link.label.lower()}, a wrong one was refused"
    )


async def _must_refuse_wrong_line(
    driver: FormDriver, entity: EntitySpec, child: EntitySpec, parts: list[dict[str, str]]
) -> None:
    field = next((field for field in child.fields if FIELD_TYPES[field.type].wrong and field.ref is None), None)
    if field is None or line_name(1, field.name) not in await driver.asked(entity):
        return
    before = len(await driver.rows(entity))
    name = line_name(1, field.name)
    values = {key: text for part in parts for key, text in part.items()} | {name: FIELD_TYPES[field.type].wrong}
    answer = await driver.send(entity, values)
    if not answer.is_refusal or len(await driver.rows(entity)) != before:
        raise BuildFailed(
            FailureCode.BAD_INPUT_KEPT,
            f"The app takes {one_of(entity)} with a line that is not filled in rightly.",
            log=f"{name} = {FIELD_TYPES[field.type].wrong!r}: {excerpt_of(answer)}",
        )


async def _must_show_lines(
    driver: FormDriver, record: Kept, entered: Sequence[Mapping[str, str]], child: EntitySpec
) -> None:
    page = (await driver.visitor.get(record.path)).page.text
    for number, line in enumerate(entered):
        values = {field.name: line.get(line_name(number, field.name), "") for field in child.fields}
        lost = [words for words in Kept(child, 0, values).words[:1] if words not in page]
        if lost:
            raise BuildFailed(
                FailureCode.LINES_LOST,
                f"The {child.plural.lower()} are not on the page of their {record.entity.label.lower()}.",
                log=f"GET {record.path}: missing {lost!r}",
            )
