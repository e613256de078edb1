"""The pictures and files that a goal plainly asks for: a photo of each dog, receipts that are uploaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from app.blueprint.language.archetypes import key_of
from app.blueprint.language.lexicon import singular
from app.blueprint.spec import MAX_FIELDS, UPLOADED, EntitySpec, FieldSpec, FieldType

_WHOSE: Final = r"(?:(?:a|an|the|each|every|all|their|our|its|his|her|my) )*"
_PICTURE: Final = r"(?:photo(?:graph)?|picture)s?"
_OF: Final = re.compile(rf"\b{_PICTURE} (?:of|for) {_WHOSE}([a-z]+)(?: ([a-z]+))?", re.IGNORECASE)
_WITH: Final = re.compile(rf"\b(?:([a-z]+) )?([a-z]+) with {_WHOSE}{_PICTURE}\b", re.IGNORECASE)
_HAS: Final = re.compile(rf"\b(?:([a-z]+) )?([a-z]+) (?:has|have) [a-z, ]{{0,60}}?\b{_PICTURE}\b", re.IGNORECASE)
_UPLOADED: Final = re.compile(
    r"\b(?:upload|attach)(?:s|ed|ing|es)? " + _WHOSE + r"([a-z]+)(?: ([a-z]+))?", re.IGNORECASE
)
PICTURES: Final = frozenset({"photo", "photograph", "picture", "image"})
_NOT: Final = re.compile(r"\b(no|not|never|without)\b[^.,;]*$", re.IGNORECASE)


def with_uploads(goal: str, entities: Sequence[EntitySpec]) -> tuple[EntitySpec, ...]:
    """The kinds of record, with a field for a picture or a file where the goal says so."""
    return tuple(_with_upload(goal, entity) for entity in entities)


def _with_upload(goal: str, entity: EntitySpec) -> EntitySpec:
    if any(field.type in UPLOADED for field in entity.fields) or len(entity.fields) >= MAX_FIELDS:
        return entity
    name = key_of(entity.label)
    # What is called a photo holds one.
    if name in PICTURES or name in _things_named(goal, (_OF, _WITH, _HAS)):
        return _with_field(entity, "photo", FieldType.IMAGE)
    if name not in _things_named(goal, (_UPLOADED,)):
        return entity
    is_picture = name in PICTURES
    return _with_field(
        entity, "picture" if is_picture else "file", FieldType.IMAGE if is_picture else FieldType.FILE
    )


def _things_named(goal: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[str]:
    """The keys of the things that the patterns find in a goal, by one word or by two."""
    for pattern in patterns:
        for match in pattern.finditer(goal):
            if not _NOT.search(goal[: match.start()]):
                words = [singular(word.lower()) for word in match.groups() if word]
                yield from map(key_of, (*words, " ".join(words)))


def _with_field(entity: EntitySpec, name: str, kind: FieldType) -> EntitySpec:
    if entity.field(name) is not None:
        return entity
    field = FieldSpec(name=name, label=name.capitalize(), type=kind)
    return EntitySpec.model_validate({**dict(entity), "fields": (*entity.fields, field)})
