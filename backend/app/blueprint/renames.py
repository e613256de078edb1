"""Parts of an edited specification with another name than before: found by their shape, followed everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.blueprint.naming import dicts as _dicts
from app.blueprint.renaming import Renames, rename, tool_name
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec

Raw = dict[str, Any]
ALIKE: Final = 0.5
"""The share of fields that two kinds of record must have in common to be the same one."""


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


def follow(edit: Raw, base: AppSpec, *, guess: bool) -> None:
    """Where an old name is still used for what is renamed, use the new one.

    Kinds of record and fields say what they were. With `guess`, a figure, a choice, a role or a tool that stands
    where another one stood counts as renamed too.
    """
    old = base.model_dump(mode="json")
    rename(edit, old, _renames(edit, old, guess=guess))
    _follow_words(edit, base)


def _renames(edit: Raw, old: Raw, *, guess: bool) -> Renames:
    pairs = list(_lived_on(entities(edit), old["entities"]))
    fields: dict[str, dict[str, str]] = {}
    choices: dict[tuple[str, str], dict[str, str]] = {}
    for before, entity in pairs:
        kept = list(_lived_on(_dicts(entity.get("fields")), before["fields"]))
        fields[before["name"]] = _changed(kept, (str(one.get("name")) for one in _dicts(entity.get("fields"))))
        if guess:
            fields[before["name"]] |= _in_place(before["computed"], entity.get("computed"))
            choices |= {
                (before["name"], was["name"]): _other_words(was["choices"], now.get("choices"))
                for was, now in kept
            }
    for was, tool in _beside(old["tools"], edit.get("tools")) if guess else ():
        inputs, results = (_in_place(was[key], tool.get(key)) for key in ("inputs", "results"))
        fields[tool_name(was["name"])] = inputs | results
        choices |= {
            (tool_name(was["name"]), one["name"]): _other_words(one["choices"], now.get("choices"))
            for one, now in _beside(was["inputs"], tool.get("inputs"))
        }
    return Renames(
        entities=_changed(pairs, (str(one.get("name")) for one in entities(edit))),
        fields=fields,
        choices=choices,
        roles=_in_place(old["roles"], edit.get("roles")) if guess else {},
        tools=_in_place(old["tools"], edit.get("tools")) if guess else {},
    )


def _lived_on(parts: Iterable[Raw], old: Sequence[Raw]) -> Iterator[tuple[Raw, Raw]]:
    """Each old part that is still there, with what it has become: by what it was, its name, or what both were."""
    for part in parts:
        ranked = sorted(
            ((rank, place) for place, one in enumerate(old) if (rank := _sameness(one, part)) is not None)
        )
        if ranked:
            yield old[ranked[0][1]], part


def _sameness(old: Raw, new: Raw) -> int | None:
    """How sure it is that a part is the same one, the surest first; None when nothing says so."""
    was = new.get("was")
    claims = (was and old["name"] == was, old["name"] == new.get("name"), was and old["was"] == was)
    return next((rank for rank, holds in enumerate(claims) if holds), None)


def _changed(pairs: Iterable[tuple[Raw, Raw]], names: Iterable[str]) -> dict[str, str]:
    """Old names to new ones; one that is used for something else by now is not followed."""
    taken = set(names)
    return {old["name"]: str(new.get("name")) for old, new in pairs if old["name"] not in taken}


def _beside(old: Sequence[Raw], parts: Any) -> list[tuple[Raw, Raw]]:  # Any: what JSON can hold
    """Old and new parts in the same places, where there are as many."""
    now = list(_dicts(parts))
    return list(zip(old, now, strict=True)) if len(now) == len(old) else []


def _in_place(old: Sequence[Raw], parts: Any) -> dict[str, str]:  # Any: what JSON can hold
    """Old names to those in their places, where neither is used in another place."""
    pairs = [(str(was["name"]), str(now.get("name"))) for was, now in _beside(old, parts)]
    return _exchanged(pairs)


def _other_words(old: Sequence[str], choices: Any) -> dict[str, str]:  # Any: what JSON can hold
    now = [str(one) for one in choices] if isinstance(choices, list | tuple) else []
    return _exchanged(list(zip(old, now, strict=True))) if len(now) == len(old) else {}


def _exchanged(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    before, after = {old for old, _ in pairs}, {new for _, new in pairs}
    return {old: new for old, new in pairs if old not in after and new not in before}


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
