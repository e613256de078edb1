"""Figures that the app works out, compared with what the second evaluator makes of the same records."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Final

from app.acceptance.evidence import Seen
from app.acceptance.known_records import KnownRecords, read_records
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
_LABELLED: Final = 60
_DULL: Final = (None, 0, False, "")
_NUMERIC: Final = frozenset({Kind.NUMBER, Kind.MONEY})

Figure = tuple[EntitySpec, ComputedSpec]


def figures_of(spec: AppSpec) -> list[Figure]:
    """Every figure, with the kind of record that it is about."""
    return [(entity, figure) for entity in spec.entities for figure in entity.computed]


async def try_figures(people: People) -> Seen:
    """Each figure is right for every record, and stands on a page. BuildFailed names the first that is not."""
    known = await read_records(people.driver)
    dull = [one for one in figures_of(people.spec) if _shown_best(known, *one) is None]
    if dull:
        for figure in dull:
            await _bring_about(people, *figure)
        known = await read_records(people.driver)
    saw = [await _try(people, known, *one) for one in figures_of(people.spec)]
    return Seen(f"{len(saw)} figures are what was worked out without the app", tuple(saw))


async def _bring_about(people: People, entity: EntitySpec, figure: ComputedSpec) -> None:
    """Put on the scene in which the figure is neither nought nor empty."""
    try:
        scene = figure_scene(people.spec, entity, figure).scene
        await Stage(people.driver, scene, speaks_of=figure.expression).add_all()
    except BuildFailed as error:
        if error.failure not in {*UNARRANGED, FailureCode.NOT_KEPT}:
            raise


async def _try(people: People, known: KnownRecords, entity: EntitySpec, figure: ComputedSpec) -> str:
    many = entity.plural.lower()
    numbers = sorted(known.of(entity), reverse=True)[:MOST_COMPARED]
    for number in numbers:
        expected, shown = _expected(known, entity, figure, number), _exported(known, entity, figure, number)
        for _ in range(MINUTES_TO_PASS):
            if expected == shown:
                break
            # What counts up to now goes on while the records are read.
            known = await read_records(people.driver)
            expected, shown = _expected(known, entity, figure, number), _exported(known, entity, figure, number)
        if expected != shown:
            log = f"{entity.name} {number}: {figure.expression} is {expected!r}, exported {shown!r}"
            raise _wrong(entity, figure, log)
    best = _shown_best(known, entity, figure)
    for looked_at in [best] if best else numbers[:1]:
        answer = await people.driver.visitor.get(f"/{entity.table}/{looked_at}")
        value = _exported(known, entity, figure, looked_at)
        if not is_shown(answer.page.text, figure.label, value):
            raise _wrong(entity, figure, f"GET {answer.path} does not say “{figure.label}” {value!r}")
    told = "" if best else ", nought or empty in all of them"
    return f"{figure.label} of {many}: {figure.about} (right for {len(numbers)}{told})"


def _shown_best(known: KnownRecords, entity: EntitySpec, figure: ComputedSpec) -> int | None:
    """The newest record for which the figure is neither nought nor empty."""
    numbers = sorted(known.of(entity), reverse=True)[:MOST_COMPARED]
    return next((one for one in numbers if _exported(known, entity, figure, one) not in _DULL), None)


def _expected(known: KnownRecords, entity: EntitySpec, figure: ComputedSpec, number: int) -> Plain:
    kind = compiler_of(known.spec).value(figure.expression, entity.name, digits=figure.digits).type
    digits = kind.scale if kind.kind in _NUMERIC else None
    value = known.evaluator().value(figure.expression, entity.name, number, digits=digits)
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value


def _exported(known: KnownRecords, entity: EntitySpec, figure: ComputedSpec, number: int) -> Plain:
    """The cell of the figure as a value of its kind."""
    text = known.of(entity)[number][figure.name]
    kind = compiler_of(known.spec).value(figure.expression, entity.name, digits=figure.digits).type.kind
    if kind is Kind.BOOL:
        return text == "1" if text else None
    if not text:
        return None
    if kind in _NUMERIC or kind is Kind.LINK:
        return Fraction(text)
    if kind is Kind.DATE:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text) if kind is Kind.DATETIME else text


def is_shown(text: str, label: str, value: Plain) -> bool:
    """Whether a page says the value behind its label, however it writes it."""
    behind = (part[:_LABELLED] for part in text.split(label)[1:])
    return any(written in part for part in behind for written in written_as(value))


def written_as(value: Plain) -> tuple[str, ...]:
    """The ways in which a page may write a value."""
    if isinstance(value, bool):
        return ("Yes",) if value else ("No",)
    if isinstance(value, Fraction):
        exact = [digits for digits in range(5) if (value * 10**digits).denominator == 1]
        numbers = (f"{abs(float(value)):{comma}.{digits}f}" for comma in (",", "") for digits in exact)
        return tuple(dict.fromkeys(numbers))
    if value is None:
        return ("–",)
    return (value,) if isinstance(value, str) else (f"{value.day} {value:%b %Y}",)


def _wrong(entity: EntitySpec, figure: ComputedSpec, log: str) -> BuildFailed:
    return BuildFailed(
        FailureCode.WRONG_FIGURE,
        f"“{figure.label}” of {entity.plural.lower()} is not worked out as the plan says: {figure.about} Say it "
        "in a simpler way in the plan, or leave it out, and build again.",
        log=log,
    )
