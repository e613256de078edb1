"""What a goal says cannot happen twice: "no driver on two trips at once", "one review per visitor and shop"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.blueprint.language.bounds import find_entity, link_to
from app.blueprint.language.shaping import Shape
from app.blueprint.shape_rules import times_of
from app.blueprint.spec import EntitySpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import lower_first, with_article

_AT_ONCE: Final = (
    r"(?:at (?:once|the same time|one time|a time)|(?:in|on|at) the same (?:time|hour|day|night|weekend)"
    r"|twice|on two [a-z]+|two [a-z]+|same [a-z]+ (?:time|night|day|weekend)|double|overlap(?:ping)?)"
)
_TWICE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bneither (?:an? |the )?(?P<one>[a-z]+) nor (?:an? |the )?(?P<other>[a-z]+)\b",
        rf"\b(?:no|one|a|an|same|never) (?P<one>[a-z]+)\b[^.;\n]{{0,40}}\b{_AT_ONCE}",
        r"\b(?:no |never |not )?(?:double|two)[- ]?book(?:ing|ings|ed)?\b[^.;\n]{0,20}?,? "
        r"(?:not|of) (?:the |a )?(?P<one>[a-z]+)"
        r"(?:,? (?:and|or|nor)(?: not)? (?:the |a )?(?P<other>[a-z]+))?",
        r"\b(?:cannot|can't|can not|never|not|no)\b[^.;\n]{0,30}\btwo [a-z]+ (?:on|in|for|at) "
        r"(?:one|the same) (?P<one>[a-z]+)",
        r"\bsame (?P<one>[a-z]+) (?:never|can't|cannot|not)\b",
    )
)
_REFUSING: Final = re.compile(r"\b(?:no|not|never|neither|cannot|can't|nobody|one)\b", re.IGNORECASE)
_ONE_EACH: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:only )?one (?P<what>[a-z]+ )?(?:per|for each|for every) (?P<one>[a-z]+)"
        r"(?:,? (?:per|and|for each) (?P<other>[a-z]+))?",
        r"\b(?P<one>[a-z]+) (?:can|may|could)? ?(?:only )?"
        r"(?P<what>vote|review|rate|register|enrol|apply|answer|sign up) (?:only )?once"
        r"(?: (?:per|for each|for every|on each|for an?) (?P<other>[a-z]+))?",
    )
)
_DIFFERENT: Final = re.compile(
    r"\b(?P<what>[a-z]+ )?(?P<code>number|code|tag|reference|plate|barcode|isbn)s?"
    r"(?: (?:is|are|must be|has to be|should be))? "
    r"(?:unique|no doubles|no duplicates|never (?:used )?twice|only once)\b"
    r"|\bno two (?P<what2>[a-z]+) (?:with|have|can have|may have|share) the same (?P<code2>[a-z]+)\b",
    re.IGNORECASE,
)
_MOST_RULES: Final = 40
_LEAST_LINKS: Final = 2


def apply_clashes(goal: str, shape: Shape) -> Shape:
    """The rules with what the goal says cannot happen twice."""
    for pattern in _TWICE:
        for match in pattern.finditer(goal):
            shape = _with_overlap(shape, match)
    for pattern in _ONE_EACH:
        for match in pattern.finditer(goal):
            shape = _with_one_each(goal, shape, match)
    for match in _DIFFERENT.finditer(goal):
        shape = _with_code(shape, match)
    return replace(shape, rules=shape.rules[:_MOST_RULES])


def _with_overlap(shape: Shape, match: re.Match[str]) -> Shape:
    """The shape whose records with a time refuse a second one of the thing at that time."""
    if not _REFUSING.search(match[0]):
        return shape
    for word in filter(None, (match.groupdict().get("one"), match.groupdict().get("other"))):
        thing = find_entity(word.lower(), shape.entities)
        for rule in _overlaps_of(thing, shape) if thing is not None else ():
            shape = replace(shape, rules=(*shape.rules, rule), said=(*shape.said, match[0]))
    return shape


def _overlaps_of(thing: EntitySpec, shape: Shape) -> Iterator[RuleSpec]:
    for entity in shape.entities:
        link, span = link_to(entity, thing), times_of(entity)
        is_told = any(
            rule.entity == entity.name and rule.kind in (RuleKind.NO_OVERLAP, RuleKind.ONE_OPEN)
            and link is not None and link.name in rule.fields
            for rule in shape.rules
        )  # fmt: skip
        if link is None or not span or is_told:
            continue
        about = (
            f"This {lower_first(thing.label)} already has {with_article(lower_first(entity.label))} at this time; "
            "choose another time."
        )
        yield RuleSpec(kind=RuleKind.NO_OVERLAP, entity=entity.name, fields=(*span, link.name), about=about)


def _with_one_each(goal: str, shape: Shape, match: re.Match[str]) -> Shape:
    records = [find_entity(word.strip().lower(), shape.entities) for word in _words(match, ("one", "other"))]
    wholes = [entity for entity in records if entity is not None]
    what = (match.groupdict().get("what") or "").strip().lower()
    record = find_entity(what, shape.entities) if what else None
    record = record or _last_linked(goal[: match.start()], wholes, shape.entities)
    links = [link_to(record, target) for target in wholes] if record is not None else []
    fields = tuple(link.name for link in links if link is not None)
    if record is None or len(fields) < _LEAST_LINKS or len(set(fields)) < len(fields):
        return shape
    if any(rule.kind is RuleKind.UNIQUE and set(rule.fields) == set(fields) for rule in shape.rules):
        return shape
    names = " and ".join(lower_first(target.label) for target in wholes)
    about = f"There is one {lower_first(record.label)} for each {names}; change that one instead."
    rule = RuleSpec(kind=RuleKind.UNIQUE, entity=record.name, fields=fields, about=about)
    return replace(shape, rules=(*shape.rules, rule), said=(*shape.said, match[0]))


def _words(match: re.Match[str], names: Sequence[str]) -> Iterator[str]:
    parts = match.groupdict()
    return (parts[name] for name in names if parts.get(name))


def _last_linked(before: str, wholes: Sequence[EntitySpec], entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The record named last that belongs to all of these."""
    words = re.findall(r"[a-z]+", before.lower())
    kinds = (find_entity(word, entities) for word in reversed(words))
    return next(
        (kind for kind in kinds if kind is not None and all(link_to(kind, target) for target in wholes)), None
    )


def _with_code(shape: Shape, match: re.Match[str]) -> Shape:
    what, code = (
        next(_words(match, names), "").strip().lower() for names in (("what", "what2"), ("code", "code2"))
    )
    for entity in shape.entities:
        is_named = not what or find_entity(what, (entity,)) is not None
        field = next((part for part in entity.fields if code in part.name.split("_")), None)
        is_told = any(rule.kind is RuleKind.UNIQUE and rule.entity == entity.name for rule in shape.rules)
        if not is_named or field is None or is_told or field.type not in (FieldType.TEXT, FieldType.INT):
            continue
        about = f"Another {lower_first(entity.label)} already has this {field.label.lower()}."
        rule = RuleSpec(kind=RuleKind.UNIQUE, entity=entity.name, fields=(field.name,), about=about)
        return replace(shape, rules=(*shape.rules, rule), said=(*shape.said, match[0]))
    return shape
