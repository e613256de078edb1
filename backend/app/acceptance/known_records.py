"""The records of a running app as its owner reads them, ready for the second evaluator to work things out on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from app.acceptance.form_driver import NUMBER, FormDriver
from app.blueprint.expressions.catalogue import Kind
from app.blueprint.expressions.evaluator import Evaluator, Plain, World
from app.blueprint.spec import OWNER, AppSpec, ComputedSpec, EntitySpec, FieldSpec, FieldType, RuleKind
from app.blueprint.spec_expressions import MONEY_DIGITS, catalogue_of, field_type
from app.core.zone import machine_zone

Texts = Mapping[str, str]
"""The cells of a record by the names of its fields and figures; links are numbers."""

Names = Mapping[str, Mapping[str, str]]

_UNKNOWN: Final = "0"
"""Stands for a record that a cell names and no form offers."""
# An export puts an apostrophe before text that a spreadsheet would run as a formula.
_NO_FORMULA: Final = re.compile(r"(^|[;\t\n])'([-=+@])")
_ROOM: Final = re.compile(r" \((?:\d+ left|full)\)$")


@dataclass(frozen=True)
class KnownRecords:
    """The records of an app, at one moment of its clock."""

    spec: AppSpec
    texts: Mapping[str, Mapping[int, Texts]]
    """The cells by kind of record and number."""
    now: datetime
    names: Mapping[str, Mapping[str, Mapping[str, str]]]
    """The numbers of what each link of a kind can lead to, by their names."""

    @cached_property
    def plain(self) -> Mapping[str, Mapping[int, Mapping[str, Plain]]]:
        """The values that were typed in, as values of expressions."""
        return {
            entity.name: {number: self._plain_record(entity, texts) for number, texts in self.of(entity).items()}
            for entity in self.spec.entities
        }

    def of(self, entity: EntitySpec) -> Mapping[int, Texts]:
        """The records of a kind."""
        return self.texts[entity.name]

    def evaluator(
        self,
        *,
        role: str = OWNER,
        me: Mapping[str, int] | None = None,
        changed: tuple[EntitySpec, int, Texts] | None = None,
    ) -> Evaluator:
        """Works out what the app should, as seen by somebody, with some cells of a record `changed`."""
        plain = dict(self.plain)
        if changed is not None:
            entity, number, texts = changed
            record = self._plain_record(entity, {**self.of(entity)[number], **texts})
            plain[entity.name] = {**plain[entity.name], number: record}
        return Evaluator(catalogue_of(self.spec), World(plain, self.now, me or {}, role))

    def _plain_record(self, entity: EntitySpec, texts: Texts) -> dict[str, Plain]:
        return {field.name: read_field(field, texts.get(field.name, "")) for field in entity.fields}


def read_plain(kind: Kind, text: str) -> Plain:
    """A cell as the value that expressions know; None where it is empty."""
    if not text:
        return None
    match kind:
        case Kind.BOOL:
            # An app exports a yes in words, and a form sends it as its box does.
            return text in ("Yes", "1")
        case Kind.NUMBER | Kind.MONEY | Kind.LINK:
            return Fraction(text)
        case Kind.DATE:
            return date.fromisoformat(text)
        case Kind.DATETIME:
            return datetime.fromisoformat(text)
    return text


def read_field(field: FieldSpec, text: str) -> Plain:
    """The cell of a field as the value that expressions know."""
    value = read_plain(field_type(field, MONEY_DIGITS).kind, text)
    # A box is ticked or not, in every app; only a figure can be neither.
    return False if value is None and field.type is FieldType.BOOL else value


async def read_records(driver: FormDriver) -> KnownRecords:
    """Every record of the app, by its own export."""
    texts: dict[str, Mapping[int, Texts]] = {}
    names: dict[str, Names] = {}
    for entity in driver.spec.entities:
        names[entity.name] = await _read_names(driver, entity)
        texts[entity.name] = await _read_texts(driver, entity, names[entity.name])
    return KnownRecords(driver.spec, texts, _app_time(driver.spec), names)


async def read_again(driver: FormDriver, known: KnownRecords, entity: EntitySpec) -> KnownRecords:
    """The same records, with those of one kind read anew."""
    names = known.names[entity.name]
    texts = await _read_texts(driver, entity, names)
    links = [field.name for field in entity.fields if field.ref]
    if any(cells[name] == _UNKNOWN for cells in texts.values() for name in links):
        names = await _read_names(driver, entity)
        texts = await _read_texts(driver, entity, names)
    changed = {**known.texts, entity.name: texts}
    return KnownRecords(known.spec, changed, _app_time(known.spec), {**known.names, entity.name: names})


def _app_time(spec: AppSpec) -> datetime:
    moment = datetime.now(ZoneInfo(spec.timezone or machine_zone()))
    return moment.replace(second=0, microsecond=0, tzinfo=None)  # as apps know it


async def _read_texts(driver: FormDriver, entity: EntitySpec, names: Names) -> dict[int, Texts]:
    return {int(row[NUMBER]): _cells_of(entity, row, names) for row in await driver.rows(entity)}


def _cells_of(entity: EntitySpec, row: Mapping[str, str], names: Names) -> dict[str, str]:
    parts: list[FieldSpec | ComputedSpec] = [*entity.fields, *entity.computed]
    cells = {part.name: _NO_FORMULA.sub(r"\1\2", _cell_of(row, part)) for part in parts}
    links = [field.name for field in entity.fields if field.ref]
    return cells | {name: _number_named(cells[name], names.get(name, {})) for name in links}


def _cell_of(row: Mapping[str, str], part: FieldSpec | ComputedSpec) -> str:
    return row.get(part.label, row.get(part.name, ""))


def _number_named(name: str, numbers: Mapping[str, str]) -> str:
    """The number of the record that a cell names; where two share a name, the number stands behind it."""
    behind = name.rpartition("#")[2]
    return numbers.get(name) or (behind if "#" in name and behind.isdigit() else _UNKNOWN if name else "")


async def _read_names(driver: FormDriver, entity: EntitySpec) -> dict[str, dict[str, str]]:
    """The numbers of what each link of a kind leads to, by their names, as the form of the kind offers them."""
    links = [field for field in entity.fields if field.ref]
    offered = await driver.offered(entity) if links else {}
    names = {field.name: _by_name(field, offered) for field in links}
    for field in links:
        target = driver.spec.entity(field.ref or "")
        # What is settled is not offered to new records, and what only a step writes is not asked for by the form.
        if target is not None and (field.name not in offered or _may_be_closed(driver.spec, entity, target)):
            names[field.name] = {**await driver.listed(target), **names[field.name]}
    return names


def _may_be_closed(spec: AppSpec, entity: EntitySpec, target: EntitySpec) -> bool:
    return any(rule.kind is RuleKind.LOCKED and rule.entity in (entity.name, target.name) for rule in spec.rules)


def _by_name(field: FieldSpec, offered: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {_ROOM.sub("", name): number for number, name in offered.get(field.name, {}).items()}
