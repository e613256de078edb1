"""Scenes: small sets of records that belong to each other, on which a rule, a move or a figure is tried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from app.blueprint.expressions.evaluator import Plain
from app.blueprint.field_types import DATES, FIELD_TYPES
from app.blueprint.generate.stated import DIFFERING
from app.blueprint.spans import orders_of
from app.blueprint.spec import NUMBERS, AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind
from app.blueprint.spec_queries import in_order

# The first is the usual one; the last are for conditions that speak of a year, or of ten.
OFFSETS: Final = (7, 1, 0, 30, -1, -7, -30, 400, -400, 4_000, -4_000)
_CLOCKS: Final = ("10:30", "11:00", "10:00", "09:00", "12:00", "18:30")
_WEEKDAYS: Final = (2, 3, 4, 5, 6, 7, 1)

MEASURED: Final = (FieldType.TEXT, FieldType.LONGTEXT)
"""The types whose values a condition may want to be so long."""
_OLDEST: Final = 120
_YEAR: Final = Decimal("365.25")

Key = tuple[str, int]
"""A record of a scene: its kind and its number."""

Slot = tuple[Key, str]
"""A field of a record."""

Texts = dict[str, str]
"""Values as they are typed: "@7 10:30" is a time seven days from today, "@7~2" the first Tuesday from then on; a
link is the number of a record."""

Changes = Mapping[Slot, str]


@dataclass(frozen=True)
class Scene:
    """Records that are there together, what others belong to first; `subject` is the one that it is about."""

    subject: Key
    records: Mapping[Key, Texts]

    @property
    def beside(self) -> list[Key]:
        """The records that are there before the subject comes."""
        return [key for key in self.records if key != self.subject and not self.leans_on_subject(key)]

    def leans_on_subject(self, key: Key) -> bool:
        """True if the record comes after the subject, since it belongs to it."""
        keys = list(self.records)
        return keys.index(key) > keys.index(self.subject)


@dataclass
class Cast:
    """The example records of an app, from which scenes are put together.

    `texts` are those of the first of each kind; another one differs by `others` and where a rule wants it to.
    """

    spec: AppSpec
    texts: dict[str, Texts] = field(default_factory=dict)
    others: dict[Key, Texts] = field(default_factory=dict)
    needs: dict[str, tuple[Key, ...]] = field(default_factory=dict)
    """What must be there beside the example of a kind, so that it keeps its rules."""

    def __post_init__(self) -> None:
        for entity in self.spec.entities:
            self.texts[entity.name] = {spec_field.name: usual(spec_field) for spec_field in entity.fields}
        for entity in self.spec.entities:
            texts = self.texts[entity.name]
            for _, end in self.spans_of(entity):
                # A record's end comes after its start from the beginning.
                is_time = " " in texts[end]
                texts[end] = texts[end] and ("@7 12:00" if is_time else "@30")

    def spans_of(self, entity: EntitySpec) -> Iterator[tuple[str, str]]:
        """The starts and ends of a kind of record, both days or both times."""
        ordering = (RuleKind.IN_ORDER, RuleKind.NO_OVERLAP)
        rules = [rule for rule in self.spec.rules if rule.entity == entity.name and rule.kind in ordering]
        for rule in (*rules, *orders_of(self.spec, entity)):
            types = [
                spec_field.type for spec_field in map(entity.field, rule.fields[:2]) if spec_field is not None
            ]
            if types in ([FieldType.DATETIME] * 2, [FieldType.DATE] * 2):
                yield rule.fields[0], rule.fields[1]

    def record(self, key: Key, subject: str = "") -> Texts:
        """The values of an example record."""
        name, number = key
        texts = dict(self.texts[name])
        if number == 1:
            return texts
        entity = self.entity(name)
        for spec_field in entity.fields:
            if spec_field.ref == name:
                texts[spec_field.name] = ""
        return {**texts, **self._differing_texts(entity, number, subject), **self.others.get(key, {})}

    def _differing_texts(self, entity: EntitySpec, number: int, subject: str) -> Texts:
        """The values that differ from the first record, where no two may be the same."""
        texts: Texts = {}
        for rule in self.spec.rules:
            fields = [spec_field for spec_field in map(entity.field, rule.fields) if spec_field is not None]
            if rule.entity != entity.name or rule.kind not in (RuleKind.UNIQUE, RuleKind.ONE_OPEN):
                continue
            if any(spec_field.type in DIFFERING or spec_field.name in texts for spec_field in fields):
                texts |= {
                    spec_field.name: _different_value(spec_field, number)
                    for spec_field in fields
                    if spec_field.type in DIFFERING
                }
                continue
            links = [
                spec_field for spec_field in fields if spec_field.ref and self.texts[entity.name][spec_field.name]
            ]
            chosen = [spec_field for spec_field in links if spec_field.ref != subject] or links
            if chosen:
                texts[chosen[-1].name] = str(number)
            elif fields and not fields[0].ref:
                texts[fields[0].name] = self._other_value(entity, fields[0], number)
        return texts

    def _other_value(self, entity: EntitySpec, spec_field: FieldSpec, number: int) -> str:
        first = self.texts[entity.name][spec_field.name]
        if "~" in first:
            return day_later(first, number - 1)
        options = list(values_of(spec_field, []))
        return options[(number - 1) % len(options)]

    def entity(self, name: str) -> EntitySpec:
        """The kind of record of that name, which is one of the specification."""
        return next(entity for entity in self.spec.entities if entity.name == name)

    def scene(
        self, subject: Key, changes: Changes | None = None, beside: Sequence[Key] = (), *, bare: bool = False
    ) -> Scene:
        """The subject with all that it belongs to, and what is beside it; `bare` leaves out what it needs."""
        changed, records = changes or {}, dict[Key, Texts]()

        def put(key: Key) -> None:
            if key in records:
                return
            records[key] = texts = self.record(key, subject[0])
            texts |= {name: text for (of, name), text in changed.items() if of == key}
            for link in self.entity(key[0]).fields:
                if link.ref and texts[link.name]:
                    put((link.ref, int(texts[link.name])))
            if not bare and key[1] == 1:
                for needed in self.needs.get(key[0], ()):
                    put(needed)

        for key in (subject, *beside):
            put(key)
        return Scene(subject, self._in_order(records, subject))

    def _in_order(self, records: Mapping[Key, Texts], subject: Key) -> dict[Key, Texts]:
        """The records, each after those it belongs to, and the subject as late as may be."""
        places = {entity.name: place for place, entity in enumerate(in_order(self.spec))}
        waiting = sorted(records, key=lambda key: (key == subject, places[key[0]], key[1]))
        ordered: dict[Key, Texts] = {}
        while waiting:
            ready = [key for key in waiting if not self._links_of(records[key], key[0]) & set(waiting) - {key}]
            chosen = (ready or waiting)[0]
            ordered[chosen] = records[chosen]
            waiting.remove(chosen)
        return ordered

    def _links_of(self, texts: Texts, name: str) -> set[Key]:
        fields = self.entity(name).fields
        return {
            (spec_field.ref, int(texts[spec_field.name]))
            for spec_field in fields
            if spec_field.ref and texts[spec_field.name]
        }


def _different_value(spec_field: FieldSpec, number: int) -> str:
    """A value that the records before it do not have."""
    if spec_field.type is FieldType.INT:
        return str(int(usual(spec_field) or 1) + number - 1)
    if spec_field.type is FieldType.EMAIL:
        return f"zoe{number}@example.com"
    return usual(spec_field) + (
        str(number) if spec_field.type in (FieldType.URL, FieldType.PHONE) else f" {number}"
    )


def usual(spec_field: FieldSpec) -> str:
    """The value that a field of the example record begins with; empty where the app fills it in, or may be."""
    if spec_field.ref:
        return "1" if spec_field.required else ""
    if spec_field.starts_as:
        return ""
    return next(values_of(spec_field, []), "")


def values_of(spec_field: FieldSpec, numbers: Sequence[Decimal], clocks: Sequence[str] = ()) -> Iterator[str]:
    """Values to try in a field, those beside the numbers of a condition and the `clocks` of the app included."""
    match spec_field.type:
        case FieldType.BOOL:
            yield from ("1", "")
        case FieldType.CHOICE:
            yield from spec_field.choices
        case FieldType.DATE:
            yield from (f"@{offset}" for offset in OFFSETS)
        case FieldType.DATETIME:
            # With fewer days, since each comes with every time.
            yield from (f"@{offset} {clock}" for clock in _CLOCKS for offset in OFFSETS[:6])
            yield from (f"@{offset} {clock}" for clock in clocks for offset in OFFSETS[:2])
        case FieldType.REF:
            yield from ("1", "2")
        case _ if spec_field.type in NUMBERS:
            yield from _amounts_within(spec_field, numbers)
        case _:
            yield FIELD_TYPES[spec_field.type].example


def weekdays_of(spec_field: FieldSpec, clocks: Sequence[str] = ()) -> Iterator[str]:
    """Days to try where a condition goes by the day of the week: each of them in a week, today and in a month.

    With the `clocks` that the app names each of them comes once, in a week.
    """
    usual_clocks = [f" {clock}" for clock in _CLOCKS[:4]] if spec_field.type is FieldType.DATETIME else [""]
    if spec_field.type in DATES:
        for offset in (7, 0, 30):
            yield from (f"@{offset}~{weekday}{clock}" for clock in usual_clocks for weekday in _WEEKDAYS)
    if spec_field.type is FieldType.DATETIME:
        yield from (f"@7~{weekday} {clock}" for clock in clocks for weekday in _WEEKDAYS)


def clocks_beside(named: str) -> Iterator[str]:
    """A time of day that a condition names, such as 07:00, and those half an hour before and after it."""
    hours, minutes = map(int, named.split(":"))
    for step in (0, -30, 30):
        minute = hours * 60 + minutes + step
        if 0 <= minute < 24 * 60:
            yield f"{minute // 60:02}:{minute % 60:02}"


def texts_of_length(spec_field: FieldSpec, numbers: Sequence[Decimal]) -> Iterator[str]:
    """Texts as long as the numbers of a condition say, a letter more and a letter less."""
    most = 200 if spec_field.type is FieldType.TEXT else 5_000
    for length in dict.fromkeys(int(number) + step for number in numbers for step in (0, 1, -1)):
        if spec_field.type in MEASURED and 0 < length <= most:
            yield ("zebra" * (length // 5 + 1))[:length].capitalize()


def births_of(spec_field: FieldSpec, numbers: Sequence[Decimal]) -> Iterator[str]:
    """Days as many years ago as the numbers of a condition say: half a year before that, and after."""
    if spec_field.type is FieldType.DATE:
        for number in numbers:
            if 0 < number <= _OLDEST:
                yield from (f"@{-int(number * _YEAR) + step}" for step in (-183, 183))


def _amounts_within(spec_field: FieldSpec, numbers: Sequence[Decimal]) -> Iterator[str]:
    """Numbers within the limits of the field."""
    beside = [number + step for number in numbers for step in (0, 1, -1)]
    tried = [Decimal(3), Decimal(1), *beside, *map(Decimal, (0, 2, 5, 10, 100, 1000, 100_000))]
    # The first lies between the limits even where no usual number does.
    if _is_tight(spec_field):
        tried = [bound for bound in (spec_field.lowest, spec_field.highest) if bound is not None] + tried
    for number in dict.fromkeys(tried):
        is_low = number < (0 if spec_field.lowest is None else spec_field.lowest)
        is_whole = number == int(number)
        if is_low or (spec_field.highest is not None and number > spec_field.highest):
            continue
        if is_whole or spec_field.type is not FieldType.INT:
            yield str(int(number)) if is_whole else str(number)


def _is_tight(spec_field: FieldSpec) -> bool:
    return not (spec_field.lowest or 0) <= 3 <= (spec_field.highest if spec_field.highest is not None else 3)


def plain(spec_field: FieldSpec, text: str, today: date) -> Plain:
    """A typed text as the value that expressions know; None for nothing."""
    if spec_field.type is FieldType.BOOL:
        return bool(text)
    if not text:
        return None
    if spec_field.type in NUMBERS or spec_field.type is FieldType.REF:
        return Fraction(text)
    if text.startswith("@"):
        when, clock = relative_day(text, today)
        return datetime.fromisoformat(f"{when.isoformat()}T{clock}") if clock else when
    return text


def day_later(text: str, number: int) -> str:
    """So many days later; so many weeks where the day of the week is told, which stays the same."""
    days, space, clock = text[1:].partition(" ")
    offset, tilde, weekday = days.partition("~")
    return f"@{int(offset) + number * (7 if tilde else 1)}{tilde}{weekday}{space}{clock}"


def soon_after(start: str) -> str:
    """An end for such a start: half an hour later on that day, or the next day."""
    day, _, clock = start.partition(" ")
    if not clock:
        return day_later(day, 1)
    return minutes_later(start, 30)


def minutes_later(text: str, minutes: int) -> str:
    """So many minutes later on the same day, at its last minute at the latest."""
    day, _, clock = text.partition(" ")
    hour, minute = map(int, clock.split(":"))
    total = min(hour * 60 + minute + minutes, 24 * 60 - 1)
    return f"{day} {total // 60:02}:{total % 60:02}"


def relative_day(text: str, today: date) -> tuple[date, str]:
    """The day and the time for "@7 10:30", and for "@7~2 10:30" the first Tuesday from seven days on."""
    days, _, clock = text[1:].partition(" ")
    offset, _, weekday = days.partition("~")
    when = today + timedelta(days=int(offset))
    ahead = (int(weekday) - when.isoweekday()) % 7 if weekday else 0
    return when + timedelta(days=ahead), clock
