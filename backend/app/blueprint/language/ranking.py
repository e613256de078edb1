"""What a goal wants in order without saying how it is worked out: "leaderboard", "top sellers", "oldest first"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.bounds import find_entity
from app.blueprint.language.drafts import is_provider
from app.blueprint.language.figuring import JUDGED, JUDGEMENTS, figure_of_records
from app.blueprint.language.shaping import Shape
from app.blueprint.language.word_lists import word_list, word_pairs
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, ViewKind, ViewSpec

_COUNT: Final = rf"(?:\d{{1,3}} |(?:{'|'.join(NUMBERS)}) )?"
_FIRST: Final = r"(?:first|on top|at the top|to the top)"
_BOARDS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:(?P<before>[a-z]+) )?(?:leader[- ]?board|league table|standings|rankings?|ranked|hall of fame)\b"
        r"(?: (?:of|for) (?:the |all |our |each )?(?P<behind>[a-z]+))?",
        rf"\b(?:top|best|leading) {_COUNT}(?:[a-z]+ )?(?P<behind>[a-z]+)\b",
        rf"\b(?:(?P<before>[a-z]+),? )?(?:[a-z]+,? ){{0,2}}?(?:best|highest|top)[- ](?:rated|scored|scoring|voted)"
        rf"(?: (?P<behind>[a-z]+))?(?: [a-z]+){{0,2}}? {_FIRST}",
        r"\b(?:most (?:popular|voted|wanted|liked|common)|(?:taken |picked )?from the top)\b"
        r"(?: (?P<behind>[a-z]+))?",
        r"\b(?:the )?most (?P<measure>votes|points|likes|stars|hearts)\b(?: wins?)?",
    )
)
_ORDERS: Final = re.compile(
    r"\b(?:(?P<before>[a-z]+),? )?(?:(?:the|with|shown|listed|sorted) )*"
    r"(?P<how>oldest|newest|latest|most recent|earliest|soonest|cheapest|dearest|most expensive|most valuable)"
    rf"(?: (?P<behind>[a-z]+))?(?: (?:comes?|goes?|is|are|always|shown|listed))* {_FIRST}\b",
    re.IGNORECASE,
)
_TOP: Final = re.compile(
    rf"\b(?:top {_COUNT}|the {_COUNT})(?:of the )?"
    r"(?P<how>most (?:valuable|expensive|recent)|cheapest|newest|oldest)\b",
    re.IGNORECASE,
)
_SORTED: Final = re.compile(
    r"\b(?:(?P<before>[a-z]+) )?(?:(?:is|are) )?(?:sorted|ordered|listed|in order) by "
    r"(?:the |their |its )?(?P<how>[a-z]+)\b",
    re.IGNORECASE,
)
_BY_DATE: Final = {
    "oldest": "",
    "earliest": "",
    "soonest": "",
    "newest": " desc",
    "latest": " desc",
    "most recent": " desc",
}
_BY_PRICE: Final = {"cheapest": "", "dearest": " desc", "most expensive": " desc", "most valuable": " desc"}
_PRICES: Final = ("price", "cost", "amount", "fee", "rent")
_WORTH: Final = ("worth", "value", "valued")
_LATER: Final = ("due", "end", "until", "return", "expir", "close", "renew")
_GIVEN: Final = frozenset({"pledge", "donation", "sale", "contribution", "payment", "fund"})
_GATHERED: Final = ("points", "score", "distance", "kilometres", "miles", "amount")
_SIDES: Final = word_list("contestants")
_DATES: Final = (FieldType.DATE, FieldType.DATETIME)
_NUMBERS: Final = (FieldType.INT, FieldType.DECIMAL, FieldType.MONEY)


@dataclass(frozen=True)
class _Scored:
    """Records that say how well something did: votes, scores, pledges; `number` is None where they are counted."""

    record: EntitySpec
    number: FieldSpec | None
    ranked: EntitySpec


def apply_rankings(goal: str, shape: Shape) -> Shape:
    """The shape with the orders that the goal asks for, where its records have what they need."""
    for match in (hit for pattern in _BOARDS for hit in pattern.finditer(goal)):
        shape = _with_board(goal, shape, match)
    for pattern in (_ORDERS, _TOP, _SORTED):
        for match in pattern.finditer(goal):
            shape = _with_order(goal, shape, match)
    return shape


def _with_board(goal: str, shape: Shape, match: re.Match[str]) -> Shape:
    parts = match.groupdict()
    subject = _named((parts.get("behind"), parts.get("before")), shape.entities)
    if subject is None and match[0].lower().startswith(("top ", "best ", "leading ")):
        return shape
    scored = next(iter(_scored(shape, subject)), None)
    if scored is None:
        return shape
    is_average = bool(re.search(r"\b(?:average|mean)\b", goal, re.IGNORECASE))
    figure = figure_of_records(scored.record, scored.number, is_average=is_average)
    ranked = scored.ranked
    if ranked.figure(figure.name) is None:
        fields = tuple(field for field in ranked.fields if field.name != figure.name)
        if not fields:
            return shape
        changed = EntitySpec.model_validate(
            {**dict(ranked), "fields": fields, "computed": (*ranked.computed, figure)}
        )
        shape = replace(shape, entities=tuple(changed if kind is ranked else kind for kind in shape.entities))
    view = ViewSpec(kind=ViewKind.RANKING, entity=ranked.name, field=figure.name)
    is_ranked = any(ranking.kind is ViewKind.RANKING and ranking.entity == ranked.name for ranking in shape.views)
    views = shape.views if is_ranked else (*shape.views, view)
    return replace(shape, views=views, said=(*shape.said, match[0]))


def _named(words: Sequence[str | None], entities: Sequence[EntitySpec]) -> EntitySpec | None:
    kinds = (find_entity(word.lower(), entities) for word in words if word)
    return next((kind for kind in kinds if kind is not None), None)


def _scored(shape: Shape, named: EntitySpec | None) -> Iterator[_Scored]:
    """What can be put in order, the surest first: judgements, then what is given, then what is gathered."""
    scores = [
        scored
        for record in shape.entities
        for field in record.fields
        if field.ref and field.required and (target := shape.entity(field.ref)) is not None
        for scored in _scored_by(record, target)
        if named is None or target.name == named.name
    ]
    yield from sorted(scores, key=_rank_of)


def _rank_of(scored: _Scored) -> tuple[bool, bool, bool]:
    label = scored.ranked.label.lower().split(" ")[-1]
    is_judged = scored.record.label.lower().split(" ")[-1] in JUDGEMENTS
    # Of a score that a juror gives an entry, the entry has it; of a team's in a round, the team.
    return (is_provider(scored.ranked.label), label not in _SIDES, not is_judged)


def _scored_by(record: EntitySpec, whole: EntitySpec) -> Iterator[_Scored]:
    if [field.ref for field in record.fields].count(whole.name) != 1:
        return
    label = record.label.lower().split(" ")[-1]
    names = JUDGED if label in JUDGEMENTS else _GATHERED
    numbers = [field for field in record.fields if field.type in _NUMBERS and field.name in names]
    is_side = is_person(whole) or whole.label.lower().split(" ")[-1] in _SIDES
    if label in JUDGEMENTS and (not is_person(whole) or whole.label.lower() in _SIDES):
        yield _Scored(record, next(iter(numbers), None), whole)
    elif numbers and is_side and label in _GIVEN | JUDGEMENTS:
        yield _Scored(record, numbers[0], whole)


def _with_order(goal: str, shape: Shape, match: re.Match[str]) -> Shape:
    parts, how = match.groupdict(), match["how"].lower()
    subject = _named((parts.get("behind"), parts.get("before")), shape.entities)
    # People are put in order by what they have done, and not by how old they are.
    subject = None if subject is not None and is_person(subject) else subject
    entity = subject or _last_named(goal[: match.start()], shape.entities)
    field = _field_of_order(how, entity) if entity is not None else None
    if entity is None or field is None or entity.order:
        return shape
    way = _BY_DATE.get(how, _BY_PRICE.get(how, ""))
    ordered = entity.model_copy(update={"order": f"{field.name}{way}"})
    entities = tuple(ordered if kind is entity else kind for kind in shape.entities)
    return replace(shape, entities=entities, said=(*shape.said, match[0]))


def _last_named(before: str, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    words = re.findall(r"[a-z]+", before.lower())
    kinds = (find_entity(word, entities) for word in reversed(words))
    return next((kind for kind in kinds if kind is not None and not is_person(kind)), None)


def _field_of_order(how: str, entity: EntitySpec) -> FieldSpec | None:
    if how in _BY_DATE:
        dates = [field for field in entity.fields if field.type in _DATES]
        began = [field for field in dates if not any(part in field.name for part in _LATER)]
        return next(iter(dates if how in ("soonest", "earliest") else began), None)
    if how in _BY_PRICE:
        names = _WORTH if how == "most valuable" else _PRICES
        money = [field for field in entity.fields if field.type in _NUMBERS]
        return next((field for field in money if any(part in names for part in field.name.split("_"))), None)
    meant = _ALIKE.get(how, how)
    fits = (field for field in entity.fields if meant in field.name.split("_") or field.label.lower() == how)
    dated = (field for field in entity.fields if how == "date" and field.type in _DATES)
    return next(fits, None) or next(dated, None)


_ALIKE: Final = word_pairs("orders")
