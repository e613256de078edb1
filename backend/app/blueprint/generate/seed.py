"""Example records that look real: names, dates around today, amounts, and links that hold."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from app.blueprint.currencies import currency_of
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.scenes import Key
from app.blueprint.generate.seed_conditions import fit_states, fit_to_conditions, kept_value, worked_out_totals
from app.blueprint.generate.seed_fit import (
    Rows,
    add_up,
    empty_open_dates,
    fit_to_rules,
    pay_totals,
    settle_stock,
)
from app.blueprint.generate.seed_names import choice_for, is_person, named_examples, sort_field
from app.blueprint.generate.seed_values import CODES, PRICES, Place, Record, Value, value
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind
from app.blueprint.spec_queries import in_order, status_field, title_fields
from app.blueprint.usual_examples import Example, usual_prices

PARENT_ROWS = 8
CHILD_ROWS = 10
LINK_ROWS = 18
_OF_LINKED: Final = re.compile(r"(\w+)\.(\w+)")


def seed_json(spec: AppSpec) -> str:
    """The text of `seed.json`: rows by table, parents before what belongs to them."""
    by_table = {entity.table: records for entity, records in seed_rows(spec)}
    return json.dumps(by_table, indent=1, ensure_ascii=False) + "\n"


def seed_rows(spec: AppSpec) -> list[tuple[EntitySpec, list[Record]]]:
    """The examples of each entity, fitted to every rule of the specification."""
    rows: Rows = {}
    for entity in _in_order_of_counting(spec):
        fitted = fit_to_rules(spec, entity, _entity_records(spec, entity, rows), rows)
        rows[entity.name] = fit_to_conditions(spec, entity, fitted, rows)
    for entity in in_order(spec):
        # An empty list shows a founder nothing of what was built.
        if not rows[entity.name]:
            add_scene(spec, entity, rows)
    add_up(spec, rows)
    for paper in (entity for entity in spec.entities if entity.lines and entity.figure("total")):
        pay_totals(spec, rows, paper, worked_out_totals(spec, paper, rows))
    # After all that takes from it, and before the states, which may depend on it.
    settle_stock(spec, rows)
    fit_states(spec, rows)
    _fit_again(spec, rows)
    return [(entity, rows[entity.name]) for entity in _in_order_of_counting(spec)]


def _in_order_of_counting(spec: AppSpec) -> list[EntitySpec]:
    """The kinds of record, each after those it points at and those its rules count: jars after the harvest."""
    examples, linked = examples_of(spec), in_order(spec)
    ordered: list[EntitySpec] = []

    def place(entity: EntitySpec, waiting: frozenset[str]) -> None:
        if entity in ordered or entity.name in waiting:
            return
        # Two that point at each other are in order already: the answer comes after its question.
        earlier = {kind.name for kind in linked[: linked.index(entity)]}
        refs = {field.ref for field in entity.fields if field.ref in earlier}
        counted = {
            name for stated in examples.judge.stated[entity.name] for name in examples.kinds_read(entity, stated)
        }
        # What belongs to a record comes after it, also where its rules count that.
        before = refs | {name for name in counted if not _belongs_to(spec, name, entity.name)}
        for linked_kind in linked:
            if linked_kind.name in before:
                place(linked_kind, waiting | {entity.name})
        ordered.append(entity)

    for entity in linked:
        place(entity, frozenset())
    return ordered


def _belongs_to(spec: AppSpec, name: str, owner: str, seen: frozenset[str] = frozenset()) -> bool:
    """True if records of a kind point at the owner's kind, directly or by way of others."""
    entity = spec.entity(name)
    refs = {field.ref for field in entity.fields if field.ref and field.ref not in seen} if entity else set()
    return owner in refs or any(_belongs_to(spec, ref, owner, seen | {name, ref}) for ref in refs)


def _fit_again(spec: AppSpec, rows: Rows) -> None:
    """Fit what nothing else belongs to once more: what was paid, and which states were kept, is known by now."""
    linked_to = {field.ref for entity in spec.entities for field in entity.fields if field.ref}
    for entity in (entity for entity in in_order(spec) if entity.name not in linked_to):
        rows[entity.name] = fit_to_conditions(spec, entity, rows[entity.name], rows)
        if not rows[entity.name]:
            add_scene(spec, entity, rows)


def add_scene(spec: AppSpec, entity: EntitySpec, rows: Rows) -> None:
    """Add the example that the app's tests keep, with its parents, where no other fits the conditions."""
    scene, numbers = examples_of(spec).good(entity), dict[Key, int]()
    for key, texts in scene.records.items():
        entity_of_key = next(candidate for candidate in spec.entities if candidate.name == key[0])
        row = len(rows[entity_of_key.name])
        units, shift = currency_of(spec.currency).units, _shift_of(spec, entity_of_key)
        record = _make_record(Place(entity_of_key, row, shift, units=units), rows)
        for field in entity_of_key.fields:
            if field.ref:
                record[field.name] = numbers[field.ref, int(texts[field.name])] if texts[field.name] else None
            elif not FIELD_TYPES[field.type].example:
                record[field.name] = kept_value(field, texts[field.name])
        status = status_field(entity_of_key)
        if status is not None:
            empty_open_dates(entity_of_key, status, record)
        number_there = _number_listed(spec, entity_of_key, record, rows)
        if number_there is None:
            rows[entity_of_key.name].append(record)
        numbers[key] = number_there or len(rows[entity_of_key.name])


def _number_listed(spec: AppSpec, entity: EntitySpec, record: Record, rows: Rows) -> int | None:
    """The number of the record that is there already, where a rule lets it be listed once."""
    for rule in spec.rules:
        if rule.entity == entity.name and rule.kind is RuleKind.UNIQUE:
            values = [record[name] for name in rule.fields]
            if None in values:  # no rule keeps two records apart by what neither says
                continue
            for number, row in enumerate(rows[entity.name], start=1):
                if [row[name] for name in rule.fields] == values:
                    return number
    return None


def _entity_records(spec: AppSpec, entity: EntitySpec, rows: Rows) -> list[Record]:
    names = named_examples(spec, entity)
    count = _row_count(spec, entity, rows, names)
    shift = _shift_of(spec, entity)
    units = currency_of(spec.currency).units
    records = [_make_record(Place(entity, row, shift, names, count, units), rows) for row in range(count)]
    # What must belong to something is left out where there is nothing that it could belong to.
    needed = [field.name for field in entity.fields if field.ref and field.required]
    return [record for record in records if all(record[name] is not None for name in needed)]


def _shift_of(spec: AppSpec, entity: EntitySpec) -> int:
    """Where the examples of a kind begin: two apps differ, and one is the same each time it is written."""
    return crc32(f"{spec.title}/{entity.name}".encode()) % 97


def _row_count(spec: AppSpec, entity: EntitySpec, rows: Rows, names: Sequence[Example]) -> int:
    """The number of examples: more of what belongs to something; no more than there are names for."""
    pointed_at = any(field.ref == entity.name for linking in spec.entities for field in linking.fields)
    belongs = any(field.ref in rows for field in entity.fields)
    count = LINK_ROWS if belongs and not pointed_at else CHILD_ROWS if belongs else PARENT_ROWS
    is_line = any(paper.lines == entity.name for paper in spec.entities) or any(
        rule.kind is RuleKind.SUM and rule.entity == entity.name and len(rule.fields) > 1 for rule in spec.rules
    )
    title = title_fields(entity)[0]
    is_named = names and title not in CODES and not is_person(entity) and not is_line
    refs = title in {field.name for field in entity.fields if field.ref}
    # A list with a name twice looks made up; fewer than four say nothing.
    return max(4, min(count, len(names))) if is_named and not refs else count


def _make_record(place: Place, rows: Rows) -> Record:
    """A record whose status comes last: it has to fit the dates."""
    record: Record = {}
    turn = 0
    status = status_field(place.entity)
    for field in place.entity.fields:
        if field.type is FieldType.REF:
            record[field.name] = _linked_number(field, place, rows, turn)
            turn += 1
        elif field is status:
            record[field.name] = None
        else:
            record[field.name] = _first_value(field, record, place, rows)
    sort = sort_field(place.entity, place.names)
    if sort is not None and place.example is not None:
        record[sort.name] = choice_for(sort, place.example) or record[sort.name]
    return record


def _first_value(field: FieldSpec, record: Record, place: Place, rows: Rows) -> Value:
    """The value of a field, taken from the linked record where the app itself does so, such as a price."""
    match = _OF_LINKED.fullmatch(field.starts_as or "")
    link = place.entity.field(match[1]) if match else None
    parents = rows.get(link.ref or "", []) if link else []
    number = record.get(match[1]) if match else None
    if match and parents and isinstance(number, int) and parents[number - 1].get(match[2]) is not None:
        return parents[number - 1][match[2]]
    price = _price_of_linked(record, place, rows) if PRICES & set(field.name.split("_")) else None
    own_price = place.example.price if place.example else None
    if price is not None and own_price is None and field.type is FieldType.MONEY:
        return price
    return value(field, place)


def _price_of_linked(record: Record, place: Place, rows: Rows) -> int | None:
    """The price of the thing that the record points at, in cents."""
    for link in place.entity.fields:
        number, parents = record.get(link.name), rows.get(link.ref or "", [])
        if parents and isinstance(number, int):
            names = [str(text) for text in parents[number - 1].values()]
            price = next((usual_prices()[name] for name in names if name in usual_prices()), None)
            if price is not None:
                return int(price * 100) * place.units
    return None


def _linked_number(field: FieldSpec, place: Place, rows: Rows, turn: int) -> int | None:
    """The number of a linked record; pairs of links differ as long as there are pairs left."""
    count = len(rows.get(field.ref or "", ()))
    if not count:
        return None
    # Each round goes on by one more, so that a pair of links comes again only when all were there.
    return (place.row + turn * (place.row // count + 1) * (turn + 2)) % count + 1
