"""Figures that the app works out, compared with what the second evaluator makes of the same records."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Final

from app.acceptance.evidence import Findings
from app.acceptance.known_records import KnownRecords, read_plain, read_records
from app.acceptance.people import People
from app.acceptance.stage import UNARRANGED, Stage
from app.blueprint.expressions.catalogue import Kind
from app.blueprint.expressions.evaluator import Plain
from app.blueprint.generate.item_scenes import figure_scene
from app.blueprint.spec import AppSpec, ComputedSpec, EntitySpec
from app.blueprint.spec_expressions import compiler_of
from app.domain.failure import BuildFailed, FailureCode

MOST_COMPARED: Final = 40
"""The newest records of a kind that a figure is compared on."""
MINUTES_TO_PASS: Final = 2
# A value stands right behind its label; further on it may be another's.
_LABELLED: Final = 60
_DULL: Final = (None, 0, False, "")
_NUMERIC: Final = frozenset({Kind.NUMBER, Kind.MONEY})

Figure = tuple[EntitySpec, ComputedSpec]


def figures_of(spec: AppSpec) -> list[Figure]:
    """Every figure, with the kind of record that it is about."""
    return [(entity, figure) for entity in spec.entities for figure in entity.computed]


async def try_figures(people: People) -> Findings:
    """Each figure is right for every record, and stands on a page. BuildFailed names the first that is not."""
    records = await read_records(people.driver)
    dull = [figure for figure in figures_of(people.spec) if _shown_best(records, *figure) is None]
    if dull:
        for figure in dull:
            await _bring_about(people, *figure)
        records = await read_records(people.driver)
    saw = [await _try_figure(people, records, *figure) for figure in figures_of(people.spec)]
    return Findings(f"{len(saw)} figures are what was worked out without the app", tuple(saw))


async def _bring_about(people: People, entity: EntitySpec, figure: ComputedSpec) -> None:
    """Put on the scene in which the figure is neither nought nor empty."""
    try:
        scene = figure_scene(people.spec, entity, figure).scene
        await Stage(people.driver, scene, speaks_of=figure.expression).add_all()
    except BuildFailed as error:
        if error.failure not in {*UNARRANGED, FailureCode.NOT_KEPT}:
            raise


async def _try_figure(people: People, records: KnownRecords, entity: EntitySpec, figure: ComputedSpec) -> str:
    wrong = await _find_difference(people, records, entity, figure)
    for _ in range(MINUTES_TO_PASS):
        if not wrong:
            break
        # What counts up to now goes on while the records and the page are read.
        records = await read_records(people.driver)
        wrong = await _find_difference(people, records, entity, figure)
    if wrong:
        raise _wrong_figure(entity, figure, wrong)
    note = "" if _shown_best(records, entity, figure) else ", nought or empty in all of them"
    compared = len(_newest_of(records, entity))
    return f"{figure.label} of {entity.plural.lower()}: {figure.about} (right for {compared}{note})"


async def _find_difference(people: People, records: KnownRecords, entity: EntitySpec, figure: ComputedSpec) -> str:
    """Where the export or the page of a record says something else than what was worked out; empty if nowhere."""
    numbers = _newest_of(records, entity)
    for number in numbers:
        expected = expected_value(records, entity, figure, number)
        exported = _exported_value(records, entity, figure, number)
        if expected != exported:
            return f"{entity.name} {number}: {figure.expression} is {expected!r}, exported {exported!r}"
    best = _shown_best(records, entity, figure)
    for looked_at in [best] if best else numbers[:1]:
        answer = await people.driver.visitor.get(f"/{entity.table}/{looked_at}")
        value = _exported_value(records, entity, figure, looked_at)
        if not is_shown(answer.page.text, figure.label, value, unit=figure.unit or ""):
            return f"GET {answer.path} does not say “{figure.label}” {value!r} {figure.unit or ''}"
    return ""


def _newest_of(records: KnownRecords, entity: EntitySpec) -> list[int]:
    return sorted(records.of(entity), reverse=True)[:MOST_COMPARED]


def _shown_best(records: KnownRecords, entity: EntitySpec, figure: ComputedSpec) -> int | None:
    """The newest record for which the figure is neither nought nor empty."""
    numbers = _newest_of(records, entity)
    return next(
        (number for number in numbers if _exported_value(records, entity, figure, number) not in _DULL), None
    )


def expected_value(records: KnownRecords, entity: EntitySpec, figure: ComputedSpec, number: int) -> Plain:
    """The figure of a record, worked out without the app and rounded as it is shown."""
    compiler = compiler_of(records.spec)
    kind = compiler.value(figure.expression, entity.name, digits=figure.digits).type
    digits = compiler.catalogue.digits_of(kind) if kind.kind in _NUMERIC else None
    value = records.evaluator().value(figure.expression, entity.name, number, digits=digits)
    # The app keeps and exports times by the minute.
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value


def _exported_value(records: KnownRecords, entity: EntitySpec, figure: ComputedSpec, number: int) -> Plain:
    """The cell of the figure as a value of its kind."""
    text = records.of(entity)[number][figure.name]
    kind = compiler_of(records.spec).value(figure.expression, entity.name, digits=figure.digits).type.kind
    return read_plain(kind, text)


def is_shown(text: str, label: str, value: Plain, *, unit: str = "") -> bool:
    """True if a page has the value behind its label, in any of the ways it may be written, with its unit."""
    behind = (part[:_LABELLED] for part in text.split(label)[1:])
    followed = f" {unit}" if unit and value is not None else ""
    return any(f"{written}{followed}" in part for part in behind for written in written_as(value))


def written_as(value: Plain) -> tuple[str, ...]:
    """The ways in which a page may write a value."""
    if isinstance(value, bool):
        return ("Yes",) if value else ("No",)
    if isinstance(value, Fraction):
        enough = [digits for digits in range(5) if (value * 10**digits).denominator == 1]
        # Without its sign, which pages write in several ways.
        numbers = (f"{abs(float(value)):{comma}.{digits}f}" for comma in (",", "") for digits in enough)
        return tuple(dict.fromkeys(numbers))
    if value is None:
        return ("–",)
    return (value,) if isinstance(value, str) else (f"{value.day} {value:%b %Y}",)


def _wrong_figure(entity: EntitySpec, figure: ComputedSpec, log: str) -> BuildFailed:
    return BuildFailed(
        FailureCode.WRONG_FIGURE,
        f"“{figure.label}” of {entity.plural.lower()} is not worked out as the plan says: {figure.about} Say it "
        "in a simpler way in the plan, or leave it out, and build again.",
        log=log,
    )
