"""From a founder's goal to the specification of an app, by rules alone."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from app.blueprint import shape
from app.blueprint.language import wording
from app.blueprint.language.archetypes import Archetype, FieldDraft
from app.blueprint.language.candidates import Findings, find
from app.blueprint.language.drafting import Draft, draft
from app.blueprint.language.lexicon import plural
from app.blueprint.language.reading import GoalUnreadable, Reading, read
from app.blueprint.spec import (
    AppSpec,
    CheckSpec,
    EntitySpec,
    FieldSpec,
    FieldType,
    OnDelete,
    RoleSpec,
    ThemeSpec,
)

__all__ = ["ENGINE", "GoalUnreadable", "understand"]

ENGINE: Final = "blueprint"
_MOST_NAME: Final = 36
_MOST_FIELDS: Final = 12
_LABELS: Final = {
    "email": "E-mail", "starts_at": "Starts at", "ends_at": "Ends at",
    "on_date": "Date", "due_on": "Due", "at": "When",
    "duration_min": "Minutes", "prep_min": "Preparation (minutes)", "capacity": "Places", "sku": "Code",
    "born_on": "Born", "starts_on": "From", "ends_on": "To", "from_on": "From", "to_on": "To", "url": "Link",
    "out_on": "Lent on", "available": "Available", "body": "Text", "until": "Until", "kind": "Kind",
    "close_on": "Closes",
}  # fmt: skip
_DETAIL_CHOICES: Final = ("Low", "Medium", "High")
_RESERVED: Final = frozenset({"health", "static", "new", "about", "calendar", "board", "totals", "search"})


def understand(goal: str) -> AppSpec:
    """The specification for a goal; GoalUnreadable when there is nothing in it that can be built."""
    reading = read(goal)
    found = find(reading.tokens)
    drafts, archetype = draft(found)
    if not drafts:
        raise GoalUnreadable(
            "There is no thing in this goal that an app could keep. Say what it is about, such as: "
            "an app for a bakery where customers order cakes."
        )
    return _specify(reading, found, drafts, archetype)


def _specify(reading: Reading, found: Findings, drafts: Sequence[Draft], archetype: Archetype | None) -> AppSpec:
    entities = _Entities(drafts, found).specify()
    title = wording.title(found, drafts, reading.tokens)
    return AppSpec(
        title=title, tagline=wording.tagline(reading.text), goal=reading.text, engine=ENGINE,
        confidence=_confidence(found, drafts, archetype), theme=ThemeSpec(hue=_hue(title, archetype)),
        currency=wording.currency(reading.text),
        roles=_roles(drafts), entities=entities, views=shape.views_of(entities), pages=shape.pages_of(entities),
        rules=shape.rules_of(entities), acceptance=_acceptance(entities),
        assumptions=_assumptions(drafts, entities), not_understood=tuple(word[:80] for word in found.unknown[:12]),
    )  # fmt: skip


def _acceptance(entities: Sequence[EntitySpec]) -> tuple[CheckSpec, ...]:
    return shape.checks_of(entities)


def _confidence(found: Findings, drafts: Sequence[Draft], archetype: Archetype | None) -> float:
    own = sum(not one.added for one in drafts)
    value = 0.3 + 0.12 * min(own, 4) + (0.15 if archetype else 0.0) - 0.05 * min(len(found.unknown), 4)
    return round(min(0.95, max(0.1, value)), 2)


def _hue(title: str, archetype: Archetype | None) -> int:
    turn = crc32(title.encode())
    return (archetype.hue + turn % 31 - 15) % 360 if archetype else turn % 360


def _roles(drafts: Sequence[Draft]) -> tuple[RoleSpec, ...]:
    people = [one for one in drafts if one.is_person][:6]
    return tuple(
        RoleSpec(name=one.label, about=f"The {plural(one.label).lower()} that this app keeps track of.")
        for one in people
    )


def _assumptions(drafts: Sequence[Draft], entities: Sequence[EntitySpec]) -> tuple[str, ...]:
    lines = [
        f"{entity.plural} were added, because an app of this kind usually needs them."
        for one, entity in zip(drafts, entities, strict=True)
        if one.added
    ]
    return (*lines[:6], "Nobody signs in: everyone who can open the app can read and change everything.")


class _Entities:
    """Turns drafts into entities whose names, tables and labels all differ."""

    def __init__(self, drafts: Sequence[Draft], found: Findings) -> None:
        self._drafts = drafts
        self._found = found
        self._labels = {one.key: _shorten(wording.with_domain(one.label, found)) for one in drafts}
        self._names = {one.key: _pascal(self._labels[one.key], at) for at, one in enumerate(drafts)}

    def specify(self) -> tuple[EntitySpec, ...]:
        """One entity for each draft, in order."""
        return tuple(self._entity(one) for one in self._drafts)

    def _entity(self, one: Draft) -> EntitySpec:
        label = self._labels[one.key]
        many = plural(label)
        table = _snake(many)
        targets = [self._labels[link.target] for link in one.links]
        return EntitySpec(
            name=self._names[one.key],
            table=f"{table}_list" if table in _RESERVED else table,
            label=label,
            plural=many if many != label else f"{label} list",
            about=wording.about(one, targets, self._found.context)[:400],
            fields=self._fields(one),
            seed=tuple(name[:80] for name in wording.examples(one, self._found)),
        )

    def _fields(self, one: Draft) -> tuple[FieldSpec, ...]:
        links = [self._link(one, at) for at in range(len(one.links))]
        plain = [_field(part) for part in one.fields]
        details = [_detail(label, kind) for label, kind in self._found.details.get(one.key, {}).items()]
        titled = plain and plain[0].type is FieldType.TEXT and plain[0].required
        ordered = [*plain[:1], *links, *plain[1:], *details] if titled else [*links, *plain, *details]
        return _sound(ordered)

    def _link(self, one: Draft, at: int) -> FieldSpec:
        link = one.links[at]
        label = self._labels[link.target]
        gone = OnDelete.CASCADE if link.cascade else OnDelete.RESTRICT if link.required else OnDelete.SET_NULL
        return FieldSpec(
            name=_field_name(label), label=label, type=FieldType.REF, required=link.required,
            ref=self._names[link.target], on_delete=gone,
        )  # fmt: skip


def _sound(fields: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    """The fields without twins, at least one of them required."""
    kept: list[FieldSpec] = []
    for one in fields:
        if all(one.name != other.name and one.label.casefold() != other.label.casefold() for other in kept):
            kept.append(one)
    kept = kept[:_MOST_FIELDS]
    if not any(one.required for one in kept):
        kept[0] = kept[0].model_copy(update={"required": True, "on_delete": OnDelete.CASCADE})
    return tuple(kept)


def _field(part: FieldDraft) -> FieldSpec:
    label = (
        _LABELS.get(part.name) or part.name.removesuffix("_on").removesuffix("_at").replace("_", " ").capitalize()
    )
    if part.name.endswith(("_on", "_at")) and part.name not in _LABELS:
        label = part.name.replace("_", " ").capitalize()
    return FieldSpec(
        name=_allowed(part.name), label=label, type=part.type, required=part.required, choices=part.choices
    )


def _detail(label: str, kind: str) -> FieldSpec:
    choices = _DETAIL_CHOICES if kind == "choice" else ()
    return FieldSpec(name=_field_name(label), label=label[:80], type=FieldType(kind), choices=choices)


def _field_name(label: str) -> str:
    name = _snake(label)
    return _allowed({"id": "number"}.get(name, name))


def _allowed(name: str) -> str:
    """A word that means something to Python, such as `class`, gets an underscore."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _shorten(label: str) -> str:
    return label if len(label) <= _MOST_NAME else label[:_MOST_NAME].strip()


def _snake(label: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:38].strip("_")
    return name if name and name[0].isalpha() and name not in _PYTHON_WORDS else f"the_{name or 'record'}"[:40]


def _pascal(label: str, at: int) -> str:
    name = "".join(part[0].upper() + part[1:] for part in re.findall(r"[A-Za-z0-9]+", label))[:38]
    return name if name and name[0].isupper() else f"Record{at + 1}"


_PYTHON_WORDS: Final = frozenset(
    "and as assert async await break class continue def del elif else except finally for from global if import in "
    "is lambda nonlocal not or pass raise return try while with yield id "
    "created_at updated_at csrf_token rowid oid".split()
)
