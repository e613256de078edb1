"""Parts of an edited specification with another name than before: found by their shape, followed everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.blueprint import spec_defaults
from app.blueprint.naming import Raw
from app.blueprint.naming import dicts as _dicts
from app.blueprint.renaming import Renames, rename, tool_name
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec

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
        """The kind of record it was in, at the end of a sentence."""
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
    """The parts that seem to be renamed without a word about it: first the kinds of record, then their fields."""
    guessed = _entity_guesses(edit, base)
    old_names = {guess.new: guess.old for guess in guessed}
    for entity in entities(edit):
        name = str(entity.get("name"))
        before = base.entity(str(entity.get("was") or old_names.get(name, name)))
        if before is not None:
            guessed += _field_guesses(entity, before)
    return guessed


def _entity_guesses(edit: Raw, base: AppSpec) -> list[Guess]:
    names = {str(entity.get("name")) for entity in entities(edit)}
    told_names = {str(entity.get("was")) for entity in entities(edit)}
    # Whoever is named by a `was` is accounted for and no longer up for a guess.
    vanished = [entity for entity in base.entities if entity.name not in names and entity.name not in told_names]
    appeared = [
        entity
        for entity in entities(edit)
        if base.entity(str(entity.get("name"))) is None and not entity.get("was")
    ]
    guessed = []
    for new in appeared:
        ranked = sorted(((_shared_share(new, old), old.name) for old in vanished), reverse=True)
        if ranked and ranked[0][0] >= ALIKE:
            guessed.append(Guess(str(new.get("name")), ranked[0][1], str(new.get("name")), field=False))
            # Nothing becomes two things.
            vanished = [entity for entity in vanished if entity.name != ranked[0][1]]
    return guessed


def _shared_share(new: Raw, old: EntitySpec) -> float:
    # A rename by hand changes the name and leaves the table, in which the records lie.
    if new.get("table") == old.table:
        return 1.0
    mine = {(str(field.get("name")), str(field.get("type", "text"))) for field in fields(new)}
    theirs = {(field.name, field.type.value) for field in old.fields}
    return len(mine & theirs) / max(len(mine), len(theirs), 1)


def _field_guesses(entity: Raw, before: EntitySpec) -> list[Guess]:
    """A field counts as renamed when it is the only one of its kind that vanished, or stands in the same place."""
    fields_now = list(fields(entity))
    names = {str(field.get("name")) for field in fields_now}
    told_names = {str(field.get("was")) for field in fields_now}
    vanished = [field for field in before.fields if field.name not in names and field.name not in told_names]
    guessed = []
    for place, new in enumerate(fields_now):
        if before.field(str(new.get("name"))) is not None or new.get("was"):
            continue
        like = [old for old in vanished if _is_same_kind(new, old)]
        here = [old for old in like if before.fields.index(old) == place]
        if chosen := here or (like if len(like) == 1 else []):
            guessed.append(Guess(str(entity.get("name")), chosen[0].name, str(new.get("name")), field=True))
            vanished.remove(chosen[0])
    return guessed


def _is_same_kind(new: Raw, old: FieldSpec) -> bool:
    if new.get("type", "text") != old.type.value:
        return False
    choices = new.get("choices")
    # Choices without a word in common are two details, such as size and colour.
    return old.type.value != "choice" or (
        isinstance(choices, list | tuple) and any(choice in choices for choice in old.choices)
    )


def follow(edit: Raw, base: AppSpec, *, guess: bool) -> None:
    """Replace old names that are still used for renamed parts.

    Kinds of record and fields say what they were. With `guess`, a figure, a choice, a role or a tool that
    stands where another one stood counts as renamed too.
    """
    old = base.model_dump(mode="json")
    rename(edit, old, _renames(edit, old, guess=guess))
    _follow_words(edit, base)


def _renames(edit: Raw, old: Raw, *, guess: bool) -> Renames:
    pairs = list(_still_there(entities(edit), old["entities"]))
    fields: dict[str, dict[str, str]] = {}
    choices: dict[tuple[str, str], dict[str, str]] = {}
    for before, entity in pairs:
        field_pairs = list(_still_there(_dicts(entity.get("fields")), before["fields"]))
        fields[before["name"]] = _followable_names(
            field_pairs, (str(field.get("name")) for field in _dicts(entity.get("fields")))
        )
        if guess:
            # Of a figure nothing is kept, so it has no `was`, and its place alone tells.
            fields[before["name"]] |= _renamed_in_place(before["computed"], entity.get("computed"))
            choices |= {
                (before["name"], was["name"]): renamed_choices(was["choices"], now.get("choices"))
                for was, now in field_pairs
            }
    for was, tool in _in_same_places(old["tools"], edit.get("tools")) if guess else ():
        inputs, results = (_renamed_in_place(was[key], tool.get(key)) for key in ("inputs", "results"))
        fields[tool_name(was["name"])] = inputs | results
        choices |= {
            (tool_name(was["name"]), tool_input["name"]): renamed_choices(
                tool_input["choices"], now.get("choices")
            )
            for tool_input, now in _in_same_places(was["inputs"], tool.get("inputs"))
        }
    return Renames(
        entities=_followable_names(pairs, (str(entity.get("name")) for entity in entities(edit))),
        fields=fields,
        choices=choices,
        roles=_renamed_in_place(old["roles"], edit.get("roles")) if guess else {},
        tools=_renamed_in_place(old["tools"], edit.get("tools")) if guess else {},
    )


def _still_there(parts: Iterable[Raw], old: Sequence[Raw]) -> Iterator[tuple[Raw, Raw]]:
    """Each old part that is still there, with what it has become: by what it was, its name, or what both were."""
    for part in parts:
        ranked = sorted(
            (
                (rank, place)
                for place, candidate in enumerate(old)
                if (rank := _claim_rank(candidate, part)) is not None
            )
        )
        if ranked:
            yield old[ranked[0][1]], part


def _claim_rank(old: Raw, new: Raw) -> int | None:
    """The rank of the claim that a part is the same one, the surest first; None when nothing says so."""
    was = new.get("was")
    claims = (was and old["name"] == was, old["name"] == new.get("name"), was and old["was"] == was)
    return next((rank for rank, holds in enumerate(claims) if holds), None)


def _followable_names(pairs: Iterable[tuple[Raw, Raw]], names: Iterable[str]) -> dict[str, str]:
    """Old names to new ones; one that is used for something else by now is not followed."""
    taken = set(names)
    return {old["name"]: str(new.get("name")) for old, new in pairs if old["name"] not in taken}


def _in_same_places(old: Sequence[Raw], parts: Any) -> list[tuple[Raw, Raw]]:  # Any: what JSON can hold
    """Old and new parts in the same places, where there are as many."""
    parts_now = list(_dicts(parts))
    return list(zip(old, parts_now, strict=True)) if len(parts_now) == len(old) else []


def _renamed_in_place(old: Sequence[Raw], parts: Any) -> dict[str, str]:  # Any: what JSON can hold
    """Old names to those in their places, where neither is used in another place."""
    pairs = [(str(was["name"]), str(now.get("name"))) for was, now in _in_same_places(old, parts)]
    return _unambiguous(pairs)


def mark_choices(edit: Raw, base: AppSpec) -> list[Guess]:
    """Write into the edit which choices seem to be renamed: those that stand where others stood."""
    guesses = []
    for before, entity in _still_there(entities(edit), base.model_dump(mode="json")["entities"]):
        for was, now in _still_there(fields(entity), before["fields"]):
            renamed = renamed_choices(was["choices"], now.get("choices"))
            if renamed:
                now["choices_were"] = [{"name": new, "was": old} for old, new in renamed.items()]
                guesses += [Guess(str(now.get("name")), old, new, field=True) for old, new in renamed.items()]
    return guesses


def mark_choice(field: Raw, *, old: str, new: str) -> None:
    """Write into a field what a choice that is renamed was in the version that the records come from."""
    pairs = list(_dicts(field.get("choices_were")))
    # Records say the word of the version that they come from, however often the choice was renamed since.
    origin = next((pair["was"] for pair in pairs if pair.get("name") == old), old)
    others = [pair for pair in pairs if pair.get("name") != old]
    field["choices_were"] = [*others, {"name": new, "was": origin}] if new != origin else others


def renamed_choices(old: Sequence[str], choices: Any) -> dict[str, str]:  # Any: what JSON can hold
    """Old choices to those in their places, where there are as many and neither is used in another place."""
    choices_now = [str(choice) for choice in choices] if isinstance(choices, list | tuple) else []
    return _unambiguous(list(zip(old, choices_now, strict=True))) if len(choices_now) == len(old) else {}


def _unambiguous(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    before, after = {old for old, _ in pairs}, {new for _, new in pairs}
    # A name on both sides was moved, not renamed.
    return {old: new for old, new in pairs if old not in after and new not in before}


def _follow_words(edit: Raw, base: AppSpec) -> None:
    """A kind of record that was renamed by its name alone is also called so."""
    for entity in entities(edit):
        before = base.entity(str(entity.get("was")))
        name = str(entity.get("name"))
        if before is None or before.name == name:
            continue
        if entity.get("label") == before.label and entity.get("plural") == before.plural:
            words = spec_defaults.entity({"name": name})
            entity["label"], entity["plural"] = words["label"], words["plural"]
