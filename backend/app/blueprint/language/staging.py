"""The states that a goal names one after the other: "repairs go from received to ready to collected"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.blueprint.language.bounds import find_entity
from app.blueprint.language.lexicon import NounKind, singular, verb_stem, word
from app.blueprint.language.word_lists import word_list
from app.blueprint.shape_rules import is_person
from app.blueprint.spec import MAX_FIELDS, EntitySpec, FieldSpec, FieldType, MoveSpec
from app.blueprint.spec_queries import lower_first, status_field, with_article

# No word is longer, and without an end to it a wall of letters would be read again from each of them.
_STEP: Final = r"\b[a-z][a-z'-]{0,30}(?: [a-z][a-z'-]{0,30}){0,2}"
_ARROW: Final = r" ?(?:->|=>|→|>) ?"
_THEN: Final = r"(?:,? (?:and )?then (?:to )?|,? (?:and )?(?:finally )?to |, ?(?:and |or )?| and | or | ?/ ?)"
_ARROWS: Final = re.compile(rf"{_STEP}(?:{_ARROW}{_STEP}){{2,}}", re.IGNORECASE)
_FROM: Final = re.compile(
    rf"\b(?:go(?:es)?|moves?|pass(?:es)?|comes?)(?: on)? (?:from|through)(?: the)? "
    rf"(?P<steps>{_STEP}?(?:{_THEN}{_STEP}?){{2,}})"
    r"(?= ?(?:[.;:!?\n)]|$))",
    re.IGNORECASE,
)
_LISTED: Final = re.compile(
    rf"\b(?P<head>[a-z]{{1,30}}(?: (?:status|state|stage|step)s?)?)(?: (?:is|are|can be|may be):? |:| \(| - ) ?"
    rf"(?P<steps>{_STEP}(?:(?: ?/ ?|, ?(?:and |or |then )?| or | and ){_STEP}){{2,}})(?= ?(?:[.;:!?\n)]|$))",
    re.IGNORECASE,
)
_PASSED: Final = re.compile(
    r"\b(?P<subject>[a-z]{1,30}) (?P<verb>gets?|is|are|being|be) (?:then |first )?"
    r"(?P<steps>[a-z]{3,20}(?:ed|en)"
    r"(?:(?:, ?(?:and |then |and then )?| and then | then | and )[a-z]{3,20}(?:ed|en)){2,})"
    r"(?= ?(?:[.;:!?\n]|$))",
    re.IGNORECASE,
)
"""What is done to a thing one after the other: "each firing gets loaded, fired, cooled, unloaded."."""
_BARE: Final = re.compile(
    rf"(?:^|[.;:\n] ?|\s[-\u2013\u2014] )(?P<steps>{_STEP}(?:, ?(?:and |or |then )?{_STEP}){{3,}})"
    r"(?= ?(?:[.;:!?\n)]|$|\s[-\u2013\u2014] ))",
    re.IGNORECASE,
)
"""A sentence of nothing but states: "Booked in, on the stand, waiting for parts, done, collected."."""
_IN_ORDER: Final = re.compile(r"^[^.\n]*\bin (?:that|this) order\b", re.IGNORECASE)
_CUT: Final = re.compile(rf"{_ARROW}|{_THEN}", re.IGNORECASE)
_STATE_WORDS: Final = word_list("state_words")
_STATUS_HEADS: Final = frozenset("status state stage step statuse pipeline".split())
_SAID_OF_ALL: Final = frozenset({"in that order", "in this order", "in order"})
_MOST_STEPS: Final = 12
_LEAST_STEPS: Final = 3


@dataclass(frozen=True)
class _Stages:
    steps: tuple[str, ...]
    before: str
    in_order: bool
    said: str


def with_states(goal: str, entities: Sequence[EntitySpec]) -> tuple[tuple[EntitySpec, ...], tuple[str, ...]]:
    """The records with the founder's states, in order, and the words that they came from."""
    staged, said = list(entities), list[tuple[str, str]]()
    for stages in (_without_kind(stages, staged) for stages in _read_stages(goal)):
        at = _staged_kind(stages.before, staged)
        if at is not None and staged[at].name not in {name for name, _ in said}:
            said.append((staged[at].name, stages.said))
            staged[at] = _with_stages(staged[at], stages)
    return tuple(staged), tuple(words for _, words in said)


def _without_kind(stages: _Stages, entities: Sequence[EntitySpec]) -> _Stages:
    """The steps without the name of what takes them: "deals lead > quote sent > won" begins with a lead."""
    first_word, _, step = stages.steps[0].partition(" ")
    if not step or find_entity(first_word.lower(), entities) is None:
        return stages
    steps = (step[0].upper() + step[1:], *stages.steps[1:])
    return replace(stages, steps=steps, before=f"{stages.before} {first_word}")


def _read_stages(goal: str) -> Iterator[_Stages]:
    for match in _FROM.finditer(goal):
        yield from _stages(match["steps"], goal[: match.start()], in_order=True, said=match[0])
    for match in _ARROWS.finditer(goal):
        steps = list(_steps_of(match[0]))
        if sum(map(_is_state, steps)) * 2 >= len(steps):
            yield from _stages(match[0], goal[: match.start()], in_order=True, said=match[0])
    for match in _PASSED.finditer(goal):
        # "Members are trained, trusted and insured" tells what they are like.
        is_passed = match["verb"].lower().startswith("get") or " then " in match["steps"].lower()
        is_somebody = word(singular(match["subject"].lower())).kind is NounKind.PERSON
        if is_passed and not is_somebody and all(map(_is_state, _steps_of(match["steps"]))):
            yield from _stages(match["steps"], goal[: match.end("subject")], in_order=True, said=match[0])
    for match in _LISTED.finditer(goal):
        steps, head = list(_steps_of(match["steps"])), match["head"].lower().split()
        is_named = head[-1].rstrip("s") in _STATUS_HEADS
        if is_named or sum(map(_is_state, steps)) * 3 >= len(steps) * 2:
            in_order = _IN_ORDER.search(match[0] + goal[match.end() :]) is not None
            yield from _stages(match["steps"], goal[: match.end("head")], in_order=in_order, said=match[0])
    for match in _BARE.finditer(goal):
        steps = list(_steps_of(match["steps"]))
        if sum(map(_is_state, steps)) * 5 >= len(steps) * 3:
            yield from _stages(match["steps"], goal[: match.start()], in_order=False, said=match["steps"])


def _stages(steps: str, before: str, *, in_order: bool, said: str) -> Iterator[_Stages]:
    names = tuple(dict.fromkeys(step[0].upper() + step[1:] for step in _steps_of(steps)))
    if _LEAST_STEPS <= len(names) <= _MOST_STEPS:
        yield _Stages(names, before, in_order, said)


def _steps_of(text: str) -> Iterator[str]:
    steps = (step.strip().lower() for step in _CUT.split(text) if step and step.strip())
    return (step for step in steps if step not in _SAID_OF_ALL)


def _is_state(step: str) -> bool:
    """True of a word that says how far something is: "ready", "collected", "waiting for parts"."""
    first_word = step.split(" ")[0]
    is_done = first_word.endswith(("ed", "en")) and verb_stem(first_word) not in (None, first_word)
    return is_done or bool({first_word, step.split(" ")[-1]} & _STATE_WORDS)


def _staged_kind(before: str, entities: Sequence[EntitySpec]) -> int | None:
    """The place of what is said to have these states: what was named last, or else what has a state already."""
    words = re.findall(r"[a-z]+|[.\n]", before.lower())
    for at in range(len(words) - 1, -1, -1):
        entity = find_entity(words[at], entities)
        if entity is not None and not is_person(entity):
            return entities.index(entity)
    with_status = (at for at, entity in enumerate(entities) if status_field(entity) and not is_person(entity))
    return next(with_status, None)


def _with_stages(entity: EntitySpec, stages: _Stages) -> EntitySpec:
    status = status_field(entity)
    if status is None and len(entity.fields) >= MAX_FIELDS:
        return entity
    name = status.name if status is not None else "status"
    field = FieldSpec(name=name, label="Status", type=FieldType.CHOICE, choices=stages.steps)
    # The notes, with which a form ends, stay last.
    at = -1 if entity.fields[-1].type is FieldType.LONGTEXT else len(entity.fields)
    fields = [field if part is status else part for part in entity.fields]
    fields = fields if status is not None else [*fields[:at], field, *fields[at:]] if at < 0 else [*fields, field]
    moves = tuple(_moves(entity, stages)) if stages.in_order else ()
    return EntitySpec.model_validate(
        {**dict(entity), "fields": fields, "moves": moves, "state": name if moves else None}
    )


def _moves(entity: EntitySpec, stages: _Stages) -> Iterator[MoveSpec]:
    for source, target in zip(stages.steps, stages.steps[1:], strict=False):
        about = f"Only {_one_that_is(entity, source)} goes on to “{target}”."
        yield MoveSpec(label=target, sources=(source,), target=target, about=about)


def _one_that_is(entity: EntitySpec, source: str) -> str:
    return f"{with_article(lower_first(entity.label))} that is “{source}”"
