"""Parts of an edited specification with another name than before: found by their shape, followed everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.blueprint.expression_renames import rename_in_expressions, renaming_of
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec

Raw = dict[str, Any]
ALIKE: Final = 0.5
"""The share of fields that two kinds of record must have in common to be the same one."""

_NAME_ENTITIES: Final = ("views", "rules", "forms", "roles", "acceptance")


@dataclass(frozen=True)
class Guess:
    """A part that seems to have been renamed: an entity, or a field of the entity that is called `entity` now."""

    entity: str
    old: str
    new: str
    field: bool

    @property
    def where(self) -> str:
        """Where it was, at the end of a sentence."""
        return f" of {self.entity!r}" if self.field else ""

    def mark(self, edit: Raw) -> None:
        """Write it into the edit."""
        for entity in entities(edit):
            if entity.get("name") != self.entity:
                continue
            parts = fields(entity) if self.field else iter([entity])
            for part in parts:
                if part.get("name") == self.new:
                    part["was"] = self.old


def entities(edit: Mapping[str, Any]) -> Iterator[Raw]:
    """The entities of an edit, as far as they look like some."""
    yield from _dicts(edit.get("entities"))


def fields(entity: Mapping[str, Any]) -> Iterator[Raw]:
    """The fields of one."""
    yield from _dicts(entity.get("fields"))


def _dicts(value: Any) -> Iterator[Raw]:  # Any: what JSON can hold
    if isinstance(value, list | tuple):
        yield from (one for one in value if isinstance(one, dict))


def guesses(edit: Raw, base: AppSpec) -> list[Guess]:
    """What seems to be renamed without a word about it, first the kinds of record, then their fields."""
    found = _entity_guesses(edit, base)
    named = {one.new: one.old for one in found}
    for entity in entities(edit):
        name = str(entity.get("name"))
        before = base.entity(str(entity.get("was") or named.get(name, name)))
        if before is not None:
            found += _field_guesses(entity, before)
    return found


def _entity_guesses(edit: Raw, base: AppSpec) -> list[Guess]:
    names = {str(one.get("name")) for one in entities(edit)}
    said = {str(one.get("was")) for one in entities(edit)}
    vanished = [one for one in base.entities if one.name not in names and one.name not in said]
    appeared = [one for one in entities(edit) if base.entity(str(one.get("name"))) is None and not one.get("was")]
    found = []
    for new in appeared:
        ranked = sorted(((_likeness(new, old), old.name) for old in vanished), reverse=True)
        if ranked and ranked[0][0] >= ALIKE:
            found.append(Guess(str(new.get("name")), ranked[0][1], str(new.get("name")), field=False))
            vanished = [one for one in vanished if one.name != ranked[0][1]]
    return found


def _likeness(new: Raw, old: EntitySpec) -> float:
    if new.get("table") == old.table:
        return 1.0
    mine = {(str(one.get("name")), str(one.get("type", "text"))) for one in fields(new)}
    theirs = {(one.name, one.type.value) for one in old.fields}
    return len(mine & theirs) / max(len(mine), len(theirs), 1)


def _field_guesses(entity: Raw, before: EntitySpec) -> list[Guess]:
    """A field counts as renamed when it is the only one of its kind that vanished, or stands in the same place."""
    now = list(fields(entity))
    names = {str(one.get("name")) for one in now}
    said = {str(one.get("was")) for one in now}
    vanished = [one for one in before.fields if one.name not in names and one.name not in said]
    found = []
    for place, new in enumerate(now):
        if before.field(str(new.get("name"))) is not None or new.get("was"):
            continue
        like = [old for old in vanished if _same_kind(new, old)]
        here = [old for old in like if before.fields.index(old) == place]
        if chosen := here or (like if len(like) == 1 else []):
            found.append(Guess(str(entity.get("name")), chosen[0].name, str(new.get("name")), field=True))
            vanished.remove(chosen[0])
    return found


def _same_kind(new: Raw, old: FieldSpec) -> bool:
    if new.get("type", "text") != old.type.value:
        return False
    choices = new.get("choices")
    return old.type.value != "choice" or (
        isinstance(choices, list | tuple) and any(c in choices for c in old.choices)
    )


def follow(edit: Raw, base: AppSpec) -> None:
    """Where an old name is still used for what is renamed, use the new one."""
    names = {str(one.get("name")) for one in entities(edit)}
    renamed = {str(one["was"]): str(one.get("name")) for one in entities(edit) if one.get("was")}
    renamed = {old: new for old, new in renamed.items() if old not in names}
    follow_entities(edit, renamed)
    for entity in entities(edit):
        _follow_fields(edit, entity)
    rename_in_expressions(edit, renaming_of(base, renamed, _renamed_fields(edit)))
    _follow_words(edit, base)


def follow_entities(edit: Raw, renamed: Mapping[str, str]) -> None:
    """Wherever a kind of record is named by its old name, outside of expressions, use the new one."""
    for entity in entities(edit):
        if "lines" in entity:
            entity["lines"] = renamed.get(str(entity["lines"]), entity["lines"])
        for field in fields(entity):
            field["ref"] = renamed.get(str(field.get("ref")), field.get("ref"))
        if entity.get("lines"):
            entity["lines"] = renamed.get(str(entity["lines"]), entity["lines"])
    parts = [one for key in _NAME_ENTITIES for one in _dicts(edit.get(key))]
    for part in [*parts, *_sections(edit)]:
        if part.get("entity"):
            part["entity"] = renamed.get(str(part["entity"]), part["entity"])


def _renamed_fields(edit: Raw) -> dict[str, dict[str, str]]:
    """Old names to new ones, by the old name of the kind of record."""
    found = {}
    for entity in entities(edit):
        names = {str(one.get("name")) for one in fields(entity)}
        renamed = {str(one["was"]): str(one.get("name")) for one in fields(entity) if one.get("was")}
        found[str(entity.get("was") or entity.get("name"))] = {
            old: new for old, new in renamed.items() if old not in names
        }
    return found


def _sections(edit: Raw) -> Iterator[Raw]:
    """The sections of the first page, as far as they look like some."""
    site = edit.get("site")
    yield from _dicts(site.get("sections")) if isinstance(site, dict) else ()


def _follow_fields(edit: Raw, entity: Raw) -> None:
    renamed = _renamed_fields({"entities": [entity]})[str(entity.get("was") or entity.get("name"))]
    if not renamed:
        return
    _follow_names(renamed, entity, "public_fields")
    parents = {str(one.get("name")) for one in entities(edit) if one.get("lines") == entity.get("name")}
    for form in (one for one in _dicts(edit.get("forms")) if one.get("entity") in parents):
        _follow_names(renamed, form, "lines")
    for part in (one for key in ("views", "rules", "forms") for one in _dicts(edit.get(key))):
        if part.get("entity") != entity.get("name"):
            continue
        for key in ("field", "person", "invited_by"):
            if part.get(key):
                part[key] = renamed.get(str(part[key]), part[key])
        _follow_names(renamed, part, "fields", "shows")


def _follow_names(renamed: Mapping[str, str], part: Raw, *keys: str) -> None:
    """Where these members of a part list fields by an old name, use the new one."""
    for key in keys:
        if isinstance(part.get(key), list):
            part[key] = [renamed.get(str(name), name) for name in part[key]]


def _follow_words(edit: Raw, base: AppSpec) -> None:
    """A kind of record that was renamed by its name alone is also called so."""
    for entity in entities(edit):
        before = base.entity(str(entity.get("was")))
        name = str(entity.get("name"))
        if before is None or before.name == name:
            continue
        words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
        label = words[:1].upper() + words[1:]
        if entity.get("label") == before.label and entity.get("plural") == before.plural and label:
            entity["label"], entity["plural"] = label, f"{label}s"
