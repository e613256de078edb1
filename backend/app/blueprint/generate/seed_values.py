"""One value of an example record: a name, a day, an amount, a line of prose that fits its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.blueprint.field_types import DATES
from app.blueprint.generate import seed_words as stock
from app.blueprint.generate.example_files import example_file
from app.blueprint.generate.expressions import in_smallest_unit
from app.blueprint.generate.seed_names import is_person
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType
from app.blueprint.spec_queries import PAST_DATES
from app.blueprint.usual_examples import Example

Value = str | int | None
Record = dict[str, Value]

CODES: Final = ("number", "reference", "sku", "code", "plate", "invoice_number", "serial_number")
_TIMES: Final = ("09:00", "18:30", "10:30", "17:00", "12:00", "19:15", "08:00", "14:30")
_PAST: Final = (
    *PAST_DATES, "paid", "played", "spent", "read", "taken", "given", "sold", "started", "planted", "submitted",
    "caught", "seen", "trained", "won", "handed", "recorded", "requested", "received", "since", "decided",
)  # fmt: skip
_ENDS: Final = ("ends", "to_", "until", "return", "due", "closes", "expires", "close")
_RARE: Final = frozenset(
    {"hidden", "archived", "removed", "blocked", "cancelled", "deleted", "urgent", "wheelchair", "top", "sold"}
)
_USUAL: Final = frozenset(
    {"active", "allowed", "available", "enabled", "menu", "public", "published", "sale", "use"}
)
_AT_ENTRY: Final = frozenset({"today", "now"})
_TAKEN: Final = frozenset({"quantity", "seats", "places", "spots", "guests", "people", "tickets"})
_LONG_AGO: Final = ("joined", "hired", "since", "bought")
_STARTS: Final = ("starts", "from")
_RATES: Final = frozenset({"discount", "tax", "vat"})
_TELLING: Final = 10
"""A first value from this number on says how many there usually are; below, it is only where counting begins."""
_LARGEST_AMOUNT: Final = 99_900_000_000
"""In hundredths: below what an app takes."""
PRICES: Final = frozenset({"price", "fee", "fare", "cost"})


@dataclass(frozen=True)
class Place:
    """The place of a value: its row of so many, a number that differs by app and entity, the names of rows."""

    entity: EntitySpec
    row: int
    shift: int
    names: tuple[Example, ...] = ()
    rows: int = 0
    units: int = 1
    """How many of the app's currency buy about what one dollar does."""

    @property
    def later(self) -> int:
        """The number of rows that come after this one, which are newer."""
        return max(0, self.rows - 1 - self.row)

    @property
    def example(self) -> Example | None:
        """The example that this row is."""
        return self.names[self.row % len(self.names)] if self.names else None

    @property
    def day(self) -> int:
        """The row's day, counted from today: some are past, most are to come, no two the same."""
        return (self.row * 12 + self.shift) % 31 - 10

    def pick(self, values: Sequence[str]) -> str:
        """One of the values, another for each row."""
        return values[(self.row + self.shift) % len(values)]


def value(field: FieldSpec, place: Place) -> Value:
    """The value of the field in this row; refs are not decided here."""
    match field.type:
        case FieldType.DATE | FieldType.DATETIME:
            return _date_text(field, place)
        case FieldType.INT:
            return _move_within(field, _example_number(field, place), place.row)
        case FieldType.DECIMAL:
            # Every second one has a half, so that decimals are seen to be kept.
            half = 0 if _RATES & set(field.name.split("_")) else 5 * (place.row % 2)
            tenths = _example_number(field, place) * 10 + half
            return _move_within(field, tenths * 10**field.digits // 10, place.row)
        case FieldType.MONEY:
            return _move_within(field, _example_amount(field, place), place.row)
        case FieldType.BOOL:
            # What is out of the way is the exception.
            parts = set(field.name.split("_"))
            is_rare = bool(parts & _RARE) or _hides(place.entity, field)
            if is_rare or parts & _USUAL:
                return int((place.row % 5 == 3) == is_rare)
            return int((place.row + place.shift) % 3 != 0)
        case FieldType.CHOICE:
            return _choice_of(field, place)
        case _:
            return _text_value(field, place)


def _hides(entity: EntitySpec, field: FieldSpec) -> bool:
    """True for a tick that takes a record from the eyes of visitors, such as a retired tool."""
    condition = entity.public_if or ""
    return f"{field.name} = no" in condition or f"not {field.name}" in condition


def _choice_of(field: FieldSpec, place: Place) -> str:
    """One of the choices; two choices of a record do not go hand in hand through the rows."""
    count = len(field.choices)
    step = 1 + place.entity.fields.index(field) % max(1, count - 1)
    return field.choices[(place.row * step + place.row // count + place.shift) % count]


def _move_within(field: FieldSpec, number: int | None, row: int) -> int | None:
    """The number moved between the limits of its field, in the unit that it is kept in."""
    if number is None:
        return None
    lowest = number if field.lowest is None else in_smallest_unit(field, field.lowest)
    if field.highest is None:
        # Without an end to be spread up to, what would lie below the lowest begins there.
        return number if number >= lowest else lowest + row % 4 * (lowest // 4)
    highest = in_smallest_unit(field, field.highest)
    if field.type is FieldType.INT and number > highest:
        # Not all of them at the limit.
        return highest - row % ((highest - lowest) // 2 + 1)
    return min(max(number, lowest), highest)


def _text_value(field: FieldSpec, place: Place) -> str | None:
    match field.type:
        case FieldType.EMAIL:
            # A domain that is kept free for examples, so that nobody is written to.
            return f"{_person_name(place).lower().replace(' ', '.')}@example.com"
        case FieldType.CODE:
            return f"demo{place.row + 2:04}{chr(97 + place.shift % 26)}"
        case FieldType.PHONE:
            # Kept free in London for numbers that are made up.
            return f"+44 20 7946 {(place.shift * 37 + place.row * 61) % 1000:04d}"
        case FieldType.URL:
            return _example_url(field, place)
        case FieldType.LONGTEXT:
            return _example_prose(field, place)
        case FieldType.IMAGE | FieldType.FILE:
            return example_file(field, place.entity, place.row + 1)
        case _:
            return _example_line(field, place)


def _example_url(field: FieldSpec, place: Place) -> str | None:
    """A page of the example domain; no picture, since nobody has taken one."""
    if field.name in ("photo", "picture", "image", "cover"):
        return None
    return f"https://example.com/{place.entity.table.replace('_', '-')}/{place.row + 1}"


def _example_prose(field: FieldSpec, place: Place) -> str | None:
    if place.example and field is place.entity.fields[0]:
        return _example_title(place)
    texts_named = next((texts for name, texts in stock.PROSE.items() if name in field.name), stock.NOTES)
    if "address" in field.name:
        texts_named = stock.STREETS
    return place.pick(texts_named) or (texts_named[0] if field.required else None)


def _example_line(field: FieldSpec, place: Place) -> str | None:
    first_text = next((candidate for candidate in place.entity.fields if candidate.type is FieldType.TEXT), None)
    is_title = field is first_text and (field.required or field.name in ("name", "title"))
    if field.name in stock.PERSON_FIELDS or (is_title and is_person(place.entity) and not place.names):
        return _person_name(place)
    if field.name in CODES and not (is_title and field.name == "number" and place.names):
        return f"{place.entity.label[:3].upper()}-{1040 + place.row}".replace(" ", "")
    usual = stock.TEXTS.get(field.name) or stock.TEXTS.get(field.name.rpartition("_")[2], ())
    usual = stock.STREETS if "address" in field.name else usual
    if usual and not (is_title and place.names):
        return place.pick(usual)
    if field.required and field.name.endswith("_name") and not place.names:
        return _person_name(place)
    if is_title:
        return _example_title(place)
    return f"{field.label} {place.row + 1}" if field.required else None


def _example_title(place: Place) -> str:
    example = place.example
    if example is None:
        return f"{place.entity.label} {place.row + 1}"
    round_number = place.row // len(place.names)
    return example.name + (f" {round_number + 1}" if round_number else "")


def _person_name(place: Place) -> str:
    at = place.row + place.shift
    first_name = stock.FIRST_NAMES[at % len(stock.FIRST_NAMES)]
    return f"{first_name} {stock.LAST_NAMES[(at * 5 + place.shift) % len(stock.LAST_NAMES)]}"


def _date_text(field: FieldSpec, place: Place) -> str:
    day = _day_offset(field, place)
    if field.type is FieldType.DATE:
        return f"@{day}"
    ends = field.name.startswith(_ENDS) and any(
        sibling.name.startswith(_STARTS) for sibling in place.entity.fields
    )
    return f"@{day} {_an_hour_later(place) if ends else place.pick(_TIMES)}"


def _an_hour_later(place: Place) -> str:
    hour, _, minute = place.pick(_TIMES).partition(":")
    return f"{int(hour) + 1:02d}:{minute}"


def _day_offset(field: FieldSpec, place: Place) -> int:
    # The app writes the day of entry, so what comes later in the list was entered later.
    if field.starts_as in _AT_ENTRY:
        return -place.later * 2
    if field.name.startswith(("born", "birth")):
        oldest = 50 if is_person(place.entity) else 9
        return -365 * (2 + (place.row * 7 + place.shift) % oldest) - place.row * 11
    if field.name.startswith(_LONG_AGO):
        return -20 - place.row * 47 - place.shift
    if field.name.startswith(_PAST):
        # Something past with an end still to come, such as a loan, began within reach of it.
        ends = any(sibling.name.startswith(_ENDS) for sibling in place.entity.fields)
        return min(-1, place.day - 14) if ends else -2 - place.later * 3
    if field.name == "on_date" and not any(sibling.type is FieldType.CHOICE for sibling in place.entity.fields):
        return -1 - place.later * 3
    starts = any(sibling.name.startswith(_STARTS) for sibling in place.entity.fields)
    same_day = field.type is FieldType.DATETIME
    return place.day + (4 if field.name.startswith(_ENDS) and starts and not same_day else 0)


def _example_number(field: FieldSpec, place: Place) -> int:
    if field.name == "year" and (
        field.required or any(sibling.type is FieldType.MONEY for sibling in place.entity.fields)
    ):
        return int(stock.RECENT_YEARS[place.row % len(stock.RECENT_YEARS)])
    if field.name == "capacity" and place.entity.field("venue") is not None:
        return (60, 80, 120, 40, 150, 90)[(place.row + place.shift) % 6]
    if (field.starts_as or "").isdigit() and int(field.starts_as or 0) >= _TELLING:
        return int(field.starts_as or 0)
    if _TAKEN & set(field.name.split("_")) and _takes_part(place.entity):
        return (1, 2, 1, 3, 2, 1)[(place.row + place.shift) % 6]
    return _from_scale(field, place, stock.NUMBER_SCALES, (3, 8, 5, 12, 2, 9))


def _takes_part(entity: EntitySpec) -> bool:
    """True if its records are a share in something else, which has the day and the places."""
    kinds = [field.type for field in entity.fields]
    has_name = any(field.name in ("name", "title") for field in entity.fields)
    return FieldType.REF in kinds and not has_name and not DATES.intersection(kinds)


def _example_amount(field: FieldSpec, place: Place) -> int:
    if (field.starts_as or "").isdigit() and int(field.starts_as or 0):
        return int(field.starts_as or 0) * 100
    return min(_dollar_cents(field, place) * place.units, _LARGEST_AMOUNT)


_OF_HOMES: Final = ("rent", "bedrooms", "address")
"""What is kept of a home, whose deposit is as high as its rent."""


def _dollar_cents(field: FieldSpec, place: Place) -> int:
    price = place.example.price if place.example else None
    if price is not None and PRICES & set(field.name.split("_")):
        return int(price * 100)
    if place.entity.field("bedrooms") is not None and field.name == "price":
        return _from_scale(field, place, (), (245_000, 318_000, 189_500, 420_000, 275_000, 365_000), times=100)
    if "deposit" in field.name.split("_") and not any(place.entity.field(name) for name in _OF_HOMES):
        return _from_scale(field, place, (), (20, 30, 50, 25, 100, 40), times=100)
    if "per day" in field.label.lower():
        return _from_scale(field, place, (), stock.PER_DAY, times=100)
    return _from_scale(field, place, stock.MONEY_SCALES, (25, 40, 60, 95, 130, 210), times=100)


def _from_scale(
    field: FieldSpec,
    place: Place,
    scales: Sequence[tuple[Sequence[str], Sequence[float]]],
    fallback: Sequence[float],
    times: int = 1,
) -> int:
    parts = set(field.name.split("_")) | {field.name}
    values = next((scale for names, scale in scales if parts & set(names)), fallback)
    return int(values[(place.row + place.shift) % len(values)] * times)
