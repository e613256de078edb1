"""Example records that look real: names, dates around today, amounts, and links that hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from app.blueprint.generate import seed_words as stock
from app.blueprint.generate.words import CALLED_OFF, PAST_DATES, finished, in_order, status_field, title_fields
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType

Value = str | int | None
Record = dict[str, Value]

PARENT_ROWS = 8
CHILD_ROWS = 10
LINK_ROWS = 18
_CODES = ("number", "reference", "sku", "code", "plate", "invoice_number", "serial_number")
_TIMES = ("09:00", "18:30", "10:30", "17:00", "12:00", "19:15", "08:00", "14:30")
_PAST = (
    *PAST_DATES,
    "paid",
    "played",
    "spent",
    "read",
    "taken",
    "given",
    "sold",
    "started",
    "planted",
    "submitted",
)
_ENDS = ("ends", "to_", "until", "return", "due", "closes", "expires", "close")


@dataclass(frozen=True)
class _Place:
    """Where a value stands: which row, and a number that differs between apps and entities."""

    entity: EntitySpec
    row: int
    shift: int

    @property
    def day(self) -> int:
        """The row's day, counted from today: some are past, most are to come, no two the same."""
        return (self.row * 12 + self.shift) % 31 - 10


def seed_json(spec: AppSpec) -> str:
    """The text of `seed.json`: rows by table, parents before what belongs to them."""
    rows: dict[str, list[Record]] = {}
    ids: dict[str, int] = {}
    for entity in in_order(spec):
        rows[entity.table] = _records(spec, entity, ids)
        ids[entity.name] = len(rows[entity.table])
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _records(spec: AppSpec, entity: EntitySpec, ids: dict[str, int]) -> list[Record]:
    count = _row_count(spec, entity, ids)
    shift = crc32(f"{spec.title}/{entity.name}".encode()) % 97
    return [_record(_Place(entity, row, shift), ids) for row in range(count)]


def _row_count(spec: AppSpec, entity: EntitySpec, ids: dict[str, int]) -> int:
    """More of what belongs to something than of what is belonged to; no more than there are names for."""
    pointed_at = any(field.ref == entity.name for one in spec.entities for field in one.fields)
    belongs = any(field.ref in ids for field in entity.fields)
    count = LINK_ROWS if belongs and not pointed_at else CHILD_ROWS if belongs else PARENT_ROWS
    named = entity.seed and title_fields(entity)[0] not in _CODES and not _is_person(entity)
    refs = title_fields(entity)[0] in {field.name for field in entity.fields if field.ref}
    return max(4, min(count, len(entity.seed))) if named and not refs else count


def _record(place: _Place, ids: dict[str, int]) -> Record:
    record: Record = {}
    turn = 0
    for field in place.entity.fields:
        if field.type is FieldType.REF:
            record[field.name] = _ref(field, place, ids, turn)
            turn += 1
        else:
            record[field.name] = _value(field, place)
    return record


def _ref(field: FieldSpec, place: _Place, ids: dict[str, int], turn: int) -> int | None:
    """Every pair of links is different as long as there are pairs left."""
    many = ids.get(field.ref or "", 0)
    if not many:
        return None
    return (place.row + turn * (place.row // many + 1) * (turn + 2)) % many + 1


def _value(field: FieldSpec, place: _Place) -> Value:
    match field.type:
        case FieldType.DATE | FieldType.DATETIME:
            return _date(field, place)
        case FieldType.INT:
            return _scaled(field, place, stock.NUMBER_SCALES, (3, 8, 5, 12, 2, 9))
        case FieldType.MONEY:
            return _scaled(field, place, stock.MONEY_SCALES, (25, 40, 60, 95, 130, 210), times=100)
        case FieldType.BOOL:
            return int((place.row + place.shift) % 3 != 0)
        case FieldType.CHOICE:
            return _choice(field, place)
        case _:
            return _words(field, place)


def _words(field: FieldSpec, place: _Place) -> str | None:
    match field.type:
        case FieldType.EMAIL:
            return f"{_person(place).lower().replace(' ', '.')}@example.com"
        case FieldType.PHONE:
            return f"+44 20 7946 {(place.shift * 37 + place.row * 61) % 1000:04d}"
        case FieldType.URL:
            return f"https://example.com/{place.entity.table.replace('_', '-')}/{place.row + 1}"
        case FieldType.LONGTEXT:
            return _pick(_prose(field), place) or None
        case _:
            return _text(field, place)


def _prose(field: FieldSpec) -> Sequence[str]:
    if any(word in field.name for word in ("description", "about", "bio", "story", "details")):
        return stock.DESCRIPTIONS
    if any(word in field.name for word in ("comment", "review", "feedback", "quote")):
        return stock.OPINIONS
    return stock.NOTES


def _text(field: FieldSpec, place: _Place) -> str | None:
    is_title = field is next((one for one in place.entity.fields if one.type is FieldType.TEXT), None)
    if field.name in stock.PERSON_FIELDS or (is_title and _is_person(place.entity) and not place.entity.seed):
        return _person(place)
    if field.name in stock.PLACE_FIELDS:
        return _pick(stock.PLACES, place)
    if "address" in field.name:
        return _pick(stock.STREETS, place)
    if field.name in _CODES:
        return f"{place.entity.label[:3].upper()}-{1040 + place.row}".replace(" ", "")
    if field.name in ("company", "organisation", "organization", "department"):
        return _pick(stock.COMPANIES, place)
    if field.name in ("city", "town", "country"):
        return _pick(stock.CITIES, place)
    return _title(place) if is_title else (_title(place) if field.required else None)


def _title(place: _Place) -> str:
    names = place.entity.seed
    if not names:
        return f"{place.entity.label} {place.row + 1}"
    again = place.row // len(names)
    return names[place.row % len(names)] + (f" {again + 1}" if again else "")


def _is_person(entity: EntitySpec) -> bool:
    kinds = {field.type for field in entity.fields}
    return entity.fields[0].name in ("name", "full_name") and bool(kinds & {FieldType.EMAIL, FieldType.PHONE})


def _person(place: _Place) -> str:
    at = place.row + place.shift
    first = stock.FIRST_NAMES[at % len(stock.FIRST_NAMES)]
    return f"{first} {stock.LAST_NAMES[(at * 5 + place.shift) % len(stock.LAST_NAMES)]}"


def _date(field: FieldSpec, place: _Place) -> str:
    day = _day(field, place)
    if field.type is FieldType.DATE:
        return f"@{day}"
    return f"@{day} {_TIMES[(place.row + place.shift) % len(_TIMES)]}"


def _day(field: FieldSpec, place: _Place) -> int:
    if field.name.startswith(("born", "birth")):
        oldest = 50 if _is_person(place.entity) else 9
        return -365 * (2 + (place.row * 7 + place.shift) % oldest) - place.row * 11
    if field.name.startswith(_PAST):
        ends = any(other.name.startswith(_ENDS) for other in place.entity.fields)
        return min(-1, place.day - 14) if ends else -2 - place.row * 3
    starts = any(other.name.startswith(("starts", "from")) for other in place.entity.fields)
    return place.day + (4 if field.name.startswith(_ENDS) and starts else 0)


def _choice(field: FieldSpec, place: _Place) -> str:
    status = status_field(place.entity)
    if status is None or field.name != status.name:
        return field.choices[(place.row * 3 + place.row // 4 + place.shift) % len(field.choices)]
    called_off = finished(field, CALLED_OFF)
    ended = [one for one in finished(field) if one not in called_off]
    still_open = [one for one in field.choices if one not in ended and one not in called_off]
    if place.row % 7 == 6 and called_off:
        return called_off[0]
    if ((place.day < 0 and place.row) or not still_open) and ended:
        return ended[-1]
    return still_open[(place.row + place.shift) % len(still_open)] if still_open else field.choices[0]


def _scaled(
    field: FieldSpec,
    place: _Place,
    scales: Sequence[tuple[Sequence[str], Sequence[float]]],
    other: Sequence[float],
    times: int = 1,
) -> int:
    parts = set(field.name.split("_")) | {field.name}
    values = next((found for names, found in scales if parts & set(names)), other)
    return int(values[(place.row + place.shift) % len(values)] * times)


def _pick(values: Sequence[str], place: _Place) -> str:
    return values[(place.row + place.shift) % len(values)]
