"""From drafts to the entities of the specification: names, tables, labels and fields that all differ."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Final

from app.blueprint.language import wording
from app.blueprint.language.archetypes import FieldDraft, spoken
from app.blueprint.language.drafts import Draft
from app.blueprint.language.findings import Findings
from app.blueprint.language.lexicon import plural
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, OnDelete

_MOST_NAME: Final = 36
_MOST_FIELDS: Final = 12
_LABELS: Final = {
    "email": "E-mail", "starts_at": "Starts at", "ends_at": "Ends at",
    "on_date": "Date", "due_on": "Due", "at": "When",
    "duration_min": "Minutes", "prep_min": "Preparation (minutes)", "capacity": "Places", "sku": "Code",
    "born_on": "Born", "starts_on": "From", "ends_on": "To", "from_on": "From", "to_on": "To", "url": "Link",
    "out_on": "Lent on", "available": "Available", "body": "Text", "until": "Until", "kind": "Kind",
    "close_on": "Closes", "closes_on": "Closes", "amount_ml": "Amount (ml)", "load_kg": "Load (kg)",
    "water_every_days": "Water every so many days", "renew_on": "Renew by",
    "best_before": "Best before", "drink_until": "Drink until", "next_service_on": "Next service",
    "daily_price": "Price per day",
}  # fmt: skip
_DETAIL_CHOICES: Final = ("Low", "Medium", "High")
_RESERVED: Final = frozenset({"health", "static", "new", "about", "calendar", "board", "totals", "search"})


class Entities:
    """Turns drafts into entities whose names, tables and labels all differ."""

    def __init__(self, drafts: Sequence[Draft], findings: Findings) -> None:
        self._drafts = drafts
        self._found = findings
        self._labels = _labels_of(drafts, findings)
        self._names = {draft.key: _pascal(self._labels[draft.key], at) for at, draft in enumerate(drafts)}

    @property
    def names(self) -> dict[str, str]:
        """The name of each draft in the specification, by its key."""
        return self._names

    def specify(self, *, reached: Sequence[Draft] = ()) -> tuple[EntitySpec, ...]:
        """One entity for each draft, in order; those to be reached have an e-mail address."""
        for draft in reached:
            if all(part.type is not FieldType.EMAIL for part in draft.fields):
                draft.fields.insert(1, FieldDraft("email", FieldType.EMAIL))
        return tuple(self._specify_entity(draft) for draft in self._drafts)

    def _specify_entity(self, draft: Draft) -> EntitySpec:
        label = self._labels[draft.key]
        plural_label = plural(label)
        table = _snake(plural_label)
        targets = [self._labels[link.target] for link in draft.links]
        return EntitySpec(
            name=self._names[draft.key],
            # These are addresses that every app has already.
            table=f"{table}_list" if table in _RESERVED else table,
            label=label,
            plural=plural_label if plural_label != label else f"{label} list",
            about=wording.about(draft, targets, self._found.context)[:400],
            fields=self._specify_fields(draft),
            seed=tuple(name[:80] for name in wording.examples(draft, self._found)),
        )

    def _specify_fields(self, draft: Draft) -> tuple[FieldSpec, ...]:
        links = [self._specify_link(draft, at) for at in range(len(draft.links))]
        plain = [_plain_field(part) for part in draft.fields]
        pictured = any(field.type is FieldType.URL for field in plain)
        named = self._found.details.get(draft.key, {}).items()
        details = [_detail_field(label, kind) for label, kind in named if not (pictured and kind == "url")]
        # A record is called by its name, so that stays first; without one, what it belongs to says which it is.
        titled = plain and plain[0].type is FieldType.TEXT and plain[0].required
        ordered = [*plain[:1], *links, *plain[1:], *details] if titled else [*links, *plain, *details]
        return _without_twins(ordered)

    def _specify_link(self, draft: Draft, at: int) -> FieldSpec:
        link = draft.links[at]
        label = spoken(link.name) if link.name else self._labels[link.target]
        # What must point at something goes with it or keeps it there; only what may be empty is emptied.
        gone = OnDelete.CASCADE if link.cascade else OnDelete.RESTRICT if link.required else OnDelete.SET_NULL
        return FieldSpec(
            name=_field_name(label), label=label, type=FieldType.REF, required=link.required,
            ref=self._names[link.target], on_delete=gone,
        )  # fmt: skip


def _labels_of(drafts: Sequence[Draft], findings: Findings) -> dict[str, str]:
    """The label of each draft: a class is a yoga class where the app is about yoga, unless another is one."""
    plain = {_shorten(draft.label).lower() for draft in drafts}
    labels: dict[str, str] = {}
    for draft in drafts:
        own, fuller = _shorten(draft.label), _shorten(wording.with_domain(draft.label, findings))
        labels[draft.key] = own if fuller != own and fuller.lower() in plain else fuller
    return labels


def _without_twins(fields: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    """The fields without twins, at least one of them required."""
    distinct: list[FieldSpec] = []
    for field in fields:
        if all(
            field.name != earlier.name and field.label.casefold() != earlier.label.casefold()
            for earlier in distinct
        ):
            distinct.append(field)
    distinct = distinct[:_MOST_FIELDS]
    # A record of which nothing need be filled in could be empty, and no specification allows that.
    if not any(field.required for field in distinct):
        distinct[0] = distinct[0].model_copy(update={"required": True, "on_delete": OnDelete.CASCADE})
    return tuple(distinct)


def _plain_field(part: FieldDraft) -> FieldSpec:
    label = (
        _LABELS.get(part.name) or part.name.removesuffix("_on").removesuffix("_at").replace("_", " ").capitalize()
    )
    if part.name.endswith(("_on", "_at")) and part.name not in _LABELS:
        label = part.name.replace("_", " ").capitalize()
    return FieldSpec(
        name=_without_keyword(part.name), label=label, type=part.type, required=part.required, choices=part.choices
    )


def _detail_field(label: str, kind: str) -> FieldSpec:
    choices = _DETAIL_CHOICES if kind == "choice" else ()
    return FieldSpec(name=_field_name(label), label=label[:80], type=FieldType(kind), choices=choices)


def _field_name(label: str) -> str:
    name = _snake(label)
    return _without_keyword({"id": "number"}.get(name, name))


def _without_keyword(name: str) -> str:
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
