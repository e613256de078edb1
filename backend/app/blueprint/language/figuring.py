"""What a goal wants worked out and put in order: "in order of votes", "teams ranked by total score"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from app.blueprint.field_types import NUMBERS as NUMERIC
from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.bounds import find_entity
from app.blueprint.language.lexicon import plural, singular
from app.blueprint.language.shaping import Shape
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import ComputedSpec, EntitySpec, FieldSpec, FieldType, ViewKind, ViewSpec
from app.blueprint.spec_queries import lower_first

_WHAT: Final = r"(?P<what>[a-z]{1,30})"
_WHOLE: Final = r"(?:(?P<whole>[a-z]{1,30}) )?"
_HOW: Final = r"(?:the )?(?:(?P<how>average|mean|total|number of|most|highest) )?(?:number of )?"
_RANKED: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_WHOLE}(?:is |are )?(?:in (?:the )?order of|(?:rank|sort|order)ed by) (?:their )?{_HOW}{_WHAT}\b",
        rf"\b(?:ranking|ranks?|leaderboard|league table|standings) (?:of (?:the |all )?)?{_WHOLE}"
        rf"(?:with |by |for )(?:their )?{_HOW}{_WHAT}\b",
        rf"\b(?:top|best) (?:\w{{1,10}} )?(?P<whole>[a-z]{{1,30}}) by {_HOW}{_WHAT}\b",
        rf"\b{_WHOLE}with the (?P<how>most|highest)(?: average| total)? {_WHAT} (?:first|on top|at the top)\b",
    )
)
_WORKED_OUT: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?P<how>average|mean|total) {_WHAT}"
        r"(?: (?:of|for|per|by) (?:each |every |a |the )?(?P<whole>[a-z]{1,30}))?\b",
        r"\b(?P<total>total|see|show|shows|know|count|report|costs?|sum)\b[^.;\n]{0,40}?"
        rf"\b{_WHAT} (?:per|for each|for every) (?P<whole>[a-z]{{1,30}})\b",
        rf"\b(?P<how>how many|number of) {_WHAT} (?:per|for each|for every|each|every) (?P<whole>[a-z]{{1,30}})\b",
    )
)
_SCALE: Final = re.compile(
    r"\b(?:scor|rat|mark|grad|judg)(?:e|es|ed|ing|ings|s)? [^.;\n]{0,40}?\b(?:from )?"
    r"(?:(?P<low>\d{1,3}) ?(?:to|-|\u2013) ?(?P<high>\d{1,3})"
    r"|out of (?P<most>\d{1,3}|five|ten)|(?P<stars>\d|five) stars)\b",
    re.IGNORECASE,
)
JUDGEMENTS: Final = frozenset({"vote", "review", "rating", "score", "mark", "grade", "like", "ballot"})
JUDGED: Final = ("rating", "score", "stars", "points", "marks", "mark", "grade")
_ALIKE: Final = {"star": "rating", "vote": "vote", "mark": "score", "point": "points", "rank": "rating"}
_SUMMED: Final = ("average", "total", "highest", "mean")


@dataclass(frozen=True)
class _Wanted:
    how: str
    what: str
    whole: str
    is_ranked: bool
    said: str


def with_scales(goal: str, entities: Sequence[EntitySpec]) -> tuple[tuple[EntitySpec, ...], tuple[str, ...]]:
    """The records with the scale on which something is judged: "score each talk from 1 to 5"."""
    match = _SCALE.search(goal)
    if match is None:
        return tuple(entities), ()
    most = (match["high"] or match["most"] or match["stars"]).lower()
    low, high = Decimal(match["low"] or 1), Decimal(NUMBERS.get(most, most))
    for entity in entities:
        judged = next(
            (field for field in entity.fields if field.name in JUDGED and field.type is FieldType.INT), None
        )
        if judged is not None and low < high:
            scaled = judged.model_copy(update={"lowest": low, "highest": high})
            fields = tuple(scaled if field is judged else field for field in entity.fields)
            changed = entity.model_copy(update={"fields": fields})
            return tuple(changed if kind is entity else kind for kind in entities), (match[0],)
    return tuple(entities), ()


def apply_figures(goal: str, shape: Shape) -> Shape:
    """The shape with the figures and rankings that the goal asks for, where its records have what they need."""
    for wanted in _read_wanted(goal):
        shape = _with_figure(shape, wanted)
    return shape


def _read_wanted(goal: str) -> Iterator[_Wanted]:
    ranked = [match.span() for pattern in _RANKED for match in pattern.finditer(goal)]
    for patterns, is_ranked in ((_RANKED, True), (_WORKED_OUT, False)):
        for pattern in patterns:
            for match in pattern.finditer(goal):
                # "Teams ranked by total score" names its figure already.
                if not is_ranked and any(start <= match.start() < end for start, end in ranked):
                    continue
                parts = {name: (text or "").lower() for name, text in match.groupdict().items()}
                yield _Wanted(parts.get("how", ""), parts["what"], parts.get("whole", ""), is_ranked, match[0])


def _with_figure(shape: Shape, wanted: _Wanted) -> Shape:
    for record in shape.entities:
        number = _number_of(record, wanted)
        is_counted = record.label.lower().split(" ")[-1] == singular(wanted.what)
        whole = _whole_of(record, wanted.whole, shape) if number is not None or is_counted else None
        if whole is None or (number is None and wanted.how in ("average", "mean", "total")):
            continue
        figure = _figure(record, number, wanted)
        # What is worked out is not typed in as well.
        typed = {figure.name, *(f"{how}_{singular(wanted.what)}" for how in _SUMMED)}
        fields = tuple(field for field in whole.fields if field.name not in typed)
        if fields and whole.figure(figure.name) is None:
            changed = EntitySpec.model_validate(
                {**dict(whole), "fields": fields, "computed": (*whole.computed, figure)}
            )
            shape = replace(shape, entities=tuple(changed if kind is whole else kind for kind in shape.entities))
        view = ViewSpec(kind=ViewKind.RANKING, entity=whole.name, field=figure.name)
        views = (*shape.views, view) if wanted.is_ranked and view not in shape.views else shape.views
        return replace(shape, views=views, said=(*shape.said, wanted.said))
    return shape


def _number_of(record: EntitySpec, wanted: _Wanted) -> FieldSpec | None:
    """The number of a record that is added up or averaged: its field of that name, or what a judgement gives."""
    word = singular(wanted.what)
    names = {word, wanted.what, _ALIKE.get(word, word)}
    numbers = [field for field in record.fields if field.type in NUMERIC]
    of_that_name = next((field for field in numbers if names & set(field.name.split("_"))), None)
    is_judgement = record.label.lower().split(" ")[-1] in names
    return of_that_name or next((field for field in numbers if is_judgement and field.name in JUDGED), None)


def _whole_of(record: EntitySpec, named: str, shape: Shape) -> EntitySpec | None:
    """What the records belong to: what the goal says, or else the thing that they are about."""
    links = [field.ref for field in record.fields if field.ref and field.required]
    parent = find_entity(named, shape.entities) if named else None
    if parent is not None:
        return parent if links.count(parent.name) == 1 else None
    # "Ideas" may be kept by another name, but a vote is for what it belongs to.
    if record.label.lower().split(" ")[-1] not in JUDGEMENTS:
        return None
    wholes = (shape.entity(name) for name in links if links.count(name) == 1)
    return next((thing for thing in wholes if thing is not None and not is_person(thing)), None)


def figure_of_records(record: EntitySpec, number: FieldSpec | None, *, is_average: bool) -> ComputedSpec:
    """The figure by which a ranking orders what such records belong to."""
    how = "average" if is_average else ""
    figure = _figure(record, number, _Wanted(how, number.name if number else "", "", True, ""))
    if number is None or not number.name.endswith("s") or not figure.name.startswith("total_"):
        return figure
    # What is counted in points is said in the plural.
    return figure.model_copy(update={"name": f"total_{number.name}", "label": f"Total {number.name}"})


def _figure(record: EntitySpec, number: FieldSpec | None, wanted: _Wanted) -> ComputedSpec:
    records = lower_first(record.plural)
    if number is None:
        name = lower_first(plural(record.label)).replace(" ", "_")
        return ComputedSpec(
            name=name,
            label=record.plural,
            expression=f"count({record.name})",
            about=f"How many {records} there are.",
        )
    is_average = wanted.how in ("average", "mean") or (
        wanted.how != "total" and number.name in ("rating", "stars")
    )
    word = singular(wanted.what)
    if is_average:
        return ComputedSpec(
            name=f"average_{word}", label=f"Average {word}", expression=f"average({number.name} of {record.name})",
            about=f"The average of the {records}.",
        )  # fmt: skip
    return ComputedSpec(
        name=f"total_{word}", label=f"Total {word}", expression=f"sum({number.name} of {record.name})",
        about=f"The {records} added up.",
    )  # fmt: skip
