"""Every fault of a specification at once, each with its place and what would be right.

A validator stops at the first fault of a part, and speaks of the whole only when all parts are right. Here a part
with a fault is put aside and the rest is judged again, until nothing is left to say. What only follows from a part
that was put aside is not told.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import ValidationError

from app.blueprint.editing import problems
from app.blueprint.naming import Raw
from app.blueprint.spec import AppSpec
from app.blueprint.trial import idle_parts

MOST: Final = 30
MOST_TRIES: Final = 600
"""Validations that are spent on finding which part a fault of the whole comes from; each takes milliseconds."""

# The parts of a kind of record: those that are lists, and those that there is one of.
_LISTED_PARTS: Final = ("moves", "rights", "computed", "fields")
_SINGLE_PARTS: Final = ("order", "state", "lines")
_NAMES: Final = ("name", "label", "action", "about", "role", "kind", "text")

Path = tuple[int | str, ...]
Fault = dict[str, str]
"""`field` is the place, `problem` what is wrong and what would be right."""


def faults_of(raw: Raw) -> tuple[AppSpec | None, list[Fault]]:
    """The specification when it is right, and every fault when it is not, also what the app would not do."""
    spec, faults = best_part_of(raw)
    return (None if faults else spec), faults


def best_part_of(raw: Raw) -> tuple[AppSpec | None, list[Fault]]:
    """The right parts of a specification, put together without its faults, and the faults.

    None where not even one kind of record is right. Parts that the app would not do anything with are still in
    it.
    """
    document = copy.deepcopy(raw)
    faults: list[Fault] = []
    aside: list[str] = []
    tries = iter(range(MOST_TRIES))
    for _ in range(MOST):
        try:
            spec = AppSpec.model_validate(document)
        except ValidationError as error:
            new_faults, paths = _judge(error, document, tries)
            faults += [fault for fault in new_faults if fault not in faults and not _follows(fault, aside)]
            if not paths:
                return None, faults[:MOST]
            for path in sorted(set(paths), key=_from_the_end):
                aside += _put_aside(document, path)
            if raw.get("entities") and not document.get("entities"):
                # Of a whole whose every kind of record was put aside, nothing more can be said.
                return None, faults[:MOST]
        else:
            faults += [fault for fault in _idle_faults(spec) if not _follows(fault, aside)]
            return spec, faults[:MOST]
    return None, faults[:MOST]


def _idle_faults(spec: AppSpec) -> Iterator[Fault]:
    yield from ({"field": idle.place, "problem": idle.problem} for idle in idle_parts(spec))


def _judge(error: ValidationError, document: Raw, tries: Iterator[int]) -> tuple[list[Fault], list[Path]]:
    """The faults that the validator names, and the parts to put aside so that it can go on."""
    faults: list[Fault] = []
    paths: list[Path] = []
    # Not strict: places are told for the first twenty, and the rest come up in the next round.
    for error_part, fault in zip(error.errors(include_url=False), problems(error, document), strict=False):
        part = _part_of(error_part["loc"])
        if part is None or (len(part) == 2 and part[0] == "entities" and len(error_part["loc"]) == 2):
            part = _find_culprit(document, fault["problem"], tries, inside=part) or part
            fault = {**fault, "field": _part_words(document, part)} if part else fault
        faults.append(fault)
        if part is not None:
            paths.append(part)
    return faults, paths


def _part_of(loc: Sequence[int | str]) -> Path | None:
    """The innermost member of a list that a place lies in, as far as parts can be put aside one by one."""
    path = tuple(loc)
    if len(path) >= 4 and path[0] == "entities" and path[2] in _LISTED_PARTS and isinstance(path[3], int):
        return path[:4]
    if len(path) >= 3 and path[0] == "entities" and path[2] in _SINGLE_PARTS:
        return path[:3]
    if len(path) >= 2 and isinstance(path[1], int):
        return path[:2]
    return path[:1] if path and path[0] != "entities" else None


def _find_culprit(document: Raw, problem: str, tries: Iterator[int], *, inside: Path | None) -> Path | None:
    """The first part without which the validator no longer says this."""
    for path in _removable_parts(document):
        if inside is not None and path[:2] != inside:
            continue
        # Each try validates the whole: who sends a document full of faults may not wait for minutes.
        if next(tries, None) is None:
            return None
        tried = copy.deepcopy(document)
        _put_aside(tried, path)
        if _is_mended(tried, problem, inside=inside):
            return path
    return None


def _is_mended(document: Raw, problem: str, *, inside: Path | None) -> bool:
    """True if a part has no fault left, or the whole has another fault than this problem.

    The whole is judged after its parts: where one of them has become wrong, nothing is known of the whole.
    """
    try:
        AppSpec.model_validate(document)
    except ValidationError as error:
        places_left = [tuple(part["loc"]) for part in error.errors(include_url=False)]
        if inside is not None:
            return all(loc[:2] != inside for loc in places_left)
        # What would be right stands after a semicolon, and changes with every other part that is put aside.
        problem_now = problems(error, document)[0]["problem"]
        return places_left == [()] and problem_now.partition(";")[0] != problem.partition(";")[0]
    return True


def _removable_parts(document: Raw) -> Iterator[Path]:
    """The parts that can be put aside, those that lean on others first."""
    entities = _objects_in(document.get("entities"))

    def of_entities(*keys: str) -> Iterator[Path]:
        for key in keys:
            for at, entity in enumerate(entities):
                yield from (("entities", at, key, number) for number in range(len(_objects_in(entity.get(key)))))

    def of_app(*names: str) -> Iterator[Path]:
        for name in names:
            yield from ((name, number) for number in range(len(_objects_in(document.get(name)))))

    yield from of_app("acceptance", "wishes", "pages", "messages", "views", "forms", "rules")
    yield from of_entities("moves", "rights", "computed")
    for key in _SINGLE_PARTS:
        yield from (("entities", at, key) for at, entity in enumerate(entities) if entity.get(key) is not None)
    yield from of_app("roles")
    yield from of_entities("fields")
    yield from of_app("entities")


def _objects_in(value: Any) -> list[Raw]:  # Any: what JSON can hold
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list | tuple) else []


def _put_aside(document: Raw, path: Path) -> list[str]:
    """Take a part out; the names by which others may speak of it."""
    if path == ("title",):
        # Everything needs a title to be judged at all, so another one stands in for it.
        document["title"] = "App"
        return []
    here: Any = document
    for step in path[:-1]:
        if isinstance(here, dict) and isinstance(here.get(step), tuple):
            # A specification dumped by Python holds tuples, from which nothing can be taken.
            here[step] = list(here[step])
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            return []
    try:
        part = here.pop(path[-1])
    except (KeyError, IndexError, TypeError, AttributeError):
        return []
    return [str(part["name"])] if isinstance(part, dict) and part.get("name") else []


def _from_the_end(path: Path) -> tuple[Any, ...]:
    """Later and deeper parts first, so that the places of the others stay what they are."""
    return tuple((0, -step) if isinstance(step, int) else (1, step) for step in path) + ((2,),) * (5 - len(path))


def _follows(fault: Fault, aside: Sequence[str]) -> bool:
    """True if a fault speaks of a part that was put aside."""
    return any(f"{name!r}" in fault["problem"] or f".{name} " in f"{fault['problem']} " for name in aside)


def _part_words(document: Raw, path: Path) -> str:
    """A part by its name, such as "entities 'Booking', moves 'Cancel'"."""
    words: list[str] = []
    here: Any = document
    for step in path:
        here = here[step]
        if isinstance(step, str):
            words.append(step)
        else:
            name = next((str(here[key])[:60] for key in _NAMES if isinstance(here, dict) and here.get(key)), "")
            words[-1] += f" {name!r}" if name else f" number {step + 1}"
    return ", ".join(words)
