"""Fits example records to the rules of their app: no clash, no full place, no empty stock, dates in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, assert_never

from app.blueprint.currencies import currency_of
from app.blueprint.field_types import DATES
from app.blueprint.generate.seed_values import Record
from app.blueprint.generate.stated import is_condition
from app.blueprint.spans import orders_of
from app.blueprint.spec import NUMBERS, AppSpec, EntitySpec, FieldSpec, RuleKind, RuleSpec
from app.blueprint.spec_queries import CALLED_OFF, finished, space_limit, status_field

Rows = dict[str, list[Record]]
"""The records of each entity, by its name."""

_DATE: Final = re.compile(r"^@(-?\d+)(?: (\d\d:\d\d))?$")
_STARTS: Final = ("starts", "from", "at", "leaves", "on_date", "out", "played")
_ENDS: Final = ("ends", "to_", "due", "until", "closes", "close_on", "best_before", "renew")
_SETTLED_LATER: Final = ("published", "paid_on", "sent_on", "decided", "answered", "signed", "won", "closed_on")
# What was lent and came back is over, though nobody gave it up.
_GIVEN_UP: Final = CALLED_OFF - {"returned"}
_SET_ASIDE: Final = frozenset({"hidden", "blocked", "archived", "removed", "suspended", "banned", "spam"})
_STEPS: Final = 60
_ROUNDS: Final = 8


def fit_to_rules(spec: AppSpec, entity: EntitySpec, records: Sequence[Record], rows: Rows) -> list[Record]:
    """The records, moved to where no rule stands against them, or left out where there is no room."""
    of_kind = [*(rule for rule in spec.rules if rule.entity == entity.name), *orders_of(spec, entity)]
    rules = [rule for rule in of_kind if not is_condition(rule)]
    fitted: list[Record] = []
    for record in records:
        for rule in rules:
            if rule.kind is RuleKind.IN_ORDER:
                _move_end_later(record, rule)
        if _fits_all(rules, record, fitted, rows=rows, spec=spec):
            fitted.append(record)
    status = status_field(entity)
    for row, record in enumerate(fitted):
        if status is not None:
            days = _days_of(spec, entity, record, rows)
            is_due = any("due" in name for name in _deciding_dates(entity))
            record[status.name] = _choose_status(status, days, row, is_due=is_due)
            empty_open_dates(entity, status, record)
    return fitted


def _fits_all(
    rules: Sequence[RuleSpec], record: Record, earlier: Sequence[Record], *, rows: Rows, spec: AppSpec
) -> bool:
    """Move the record until no rule moves it any more: making room for one rule may break another."""
    for _ in range(_ROUNDS):
        moved = False
        for rule in rules:
            before = dict(record)
            if not _find_room(rule, record, earlier, rows=rows, spec=spec):
                return False
            moved = moved or record != before
        if not moved:
            return True
    return False


def _find_room(rule: RuleSpec, record: Record, earlier: Sequence[Record], *, rows: Rows, spec: AppSpec) -> bool:
    match rule.kind:
        case RuleKind.NO_OVERLAP:
            return _move_from_clash(rule, record, earlier, rows=rows, spec=spec)
        case RuleKind.CAPACITY:
            return _move_to_free_place(rule, record, earlier, rows=rows, spec=spec)
        case RuleKind.UNIQUE:
            return _make_different(rule, record, earlier, rows=rows, spec=spec)
        case (
            RuleKind.OVERDUE
            | RuleKind.SUM
            | RuleKind.IN_ORDER
            | RuleKind.STOCK
            | RuleKind.ONE_OPEN
            | RuleKind.ENSURE
            | RuleKind.LOCKED
        ):
            return True  # other steps see to these
        case _:
            assert_never(rule.kind)


def _move_end_later(record: Record, rule: RuleSpec) -> None:
    start_field, end_field = rule.fields[0], rule.fields[1]
    start, end = _moment(record[start_field]), _moment(record[end_field])
    if start is not None and end is not None and end <= start:
        record[end_field] = _shift_moment(
            record[start_field], days=3 if " " not in str(record[start_field]) else 0, hours=1
        )


def _moment(value: object) -> tuple[int, str] | None:
    match = _DATE.match(str(value))
    return (int(match[1]), match[2] or "") if match else None


def _shift_moment(value: object, *, days: int, hours: int = 0) -> str:
    day, time = _moment(value) or (0, "")
    if not time:
        return f"@{day + days}"
    hour, _, minute = time.partition(":")
    # Not past midnight, since the day stays what it is.
    return f"@{day + days} {min(23, int(hour) + hours):02d}:{minute}"


def _move_from_clash(
    rule: RuleSpec, record: Record, earlier: Sequence[Record], *, rows: Rows, spec: AppSpec
) -> bool:
    """Take another one of what is taken, then another day, as long as the record clashes."""
    *times, ref = rule.fields
    if record[ref] is None or _moment(record[times[0]]) is None:
        return True
    count = _count_of(rule.entity, ref, rows, spec)
    step = 1 if (_moment(record[times[0]]) or (0, ""))[0] >= 0 else -1
    for turn in range(_STEPS):
        if not any(_is_clash(times, ref, record, taken) for taken in earlier):
            return True
        record[ref] = int(record[ref] or 0) % count + 1
        if turn % count == count - 1:
            for name in times:
                record[name] = _shift_moment(record[name], days=step) if _moment(record[name]) else record[name]
    return False


def _is_clash(times: Sequence[str], ref: str, first: Record, second: Record) -> bool:
    start, end = _span(times, first)
    other_start, other_end = _span(times, second)
    return first[ref] == second[ref] and start <= other_end and end >= other_start


def _span(times: Sequence[str], record: Record) -> tuple[tuple[int, str], tuple[int, str]]:
    start, end = _moment(record[times[0]]) or (0, ""), record[times[-1]]
    return start, (_minutes_after(start, end) if isinstance(end, int) else _moment(end) or start)


def _minutes_after(start: tuple[int, str], minutes: int) -> tuple[int, str]:
    """The moment so many minutes later."""
    hour, _, minute = start[1].partition(":")
    days, minutes_of_day = divmod(int(hour or 0) * 60 + int(minute or 0) + minutes, 24 * 60)
    return start[0] + days, f"{minutes_of_day // 60:02d}:{minutes_of_day % 60:02d}"


def _move_to_free_place(
    rule: RuleSpec, record: Record, earlier: Sequence[Record], *, rows: Rows, spec: AppSpec
) -> bool:
    ref, count = rule.fields[0], _count_of(rule.entity, rule.fields[0], rows, spec)
    taking = rule.fields[1] if len(rule.fields) > 1 else ""
    for _ in range(count if record[ref] is not None else 0):
        taken = sum(_amount_taken(beside, taking) for beside in earlier if beside[ref] == record[ref])
        if taken + _amount_taken(record, taking) <= _places_of(rule, record, rows, spec):
            return True
        record[ref] = int(record[ref] or 0) % count + 1
    return record[ref] is None


def _amount_taken(record: Record, taking: str) -> int:
    return int(record[taking] or 1) if taking else 1


def _places_of(rule: RuleSpec, record: Record, rows: Rows, spec: AppSpec) -> int:
    target = _linked_entity(rule.entity, rule.fields[0], spec)
    limit = space_limit(target) if target is not None else None
    room = rows[target.name][int(record[rule.fields[0]] or 1) - 1].get(limit) if target and limit else None
    # Where nothing is said there is room for all.
    return int(room) if room is not None else 10_000


def _make_different(
    rule: RuleSpec, record: Record, earlier: Sequence[Record], *, rows: Rows, spec: AppSpec
) -> bool:
    refs = [name for name in rule.fields if _linked_entity(rule.entity, name, spec) is not None]
    for turn in range(_STEPS):
        values = [record[name] for name in rule.fields]
        if None in values or all([beside[name] for name in rule.fields] != values for beside in earlier):
            return True
        if not refs:
            return False
        name = refs[turn % len(refs)]
        record[name] = int(record[name] or 0) % _count_of(rule.entity, name, rows, spec) + 1
    return False


def _linked_entity(entity: str, field: str, spec: AppSpec) -> EntitySpec | None:
    owner = spec.entity(entity)
    ref = owner.field(field) if owner is not None else None
    return spec.entity(ref.ref) if ref is not None and ref.ref is not None else None


def _count_of(entity: str, ref: str, rows: Rows, spec: AppSpec) -> int:
    target = _linked_entity(entity, ref, spec)
    return max(1, len(rows.get(target.name, ()))) if target is not None else 1


def _days_of(spec: AppSpec, entity: EntitySpec, record: Record, rows: Rows) -> list[int]:
    """The days on which the record is due or happens, by its own dates or else by those of its parent."""
    own_days = [
        when[0] for when in (_moment(record[name]) for name in _deciding_dates(entity)) if when is not None
    ]
    if own_days:
        return own_days
    for field in entity.fields:
        target = spec.entity(field.ref) if field.ref else None
        if target is not None and record[field.name] is not None:
            parent = rows[target.name][int(record[field.name] or 1) - 1]
            moments = [_moment(parent[name]) for name in _deciding_dates(target)]
            if any(moments):
                return [when[0] for when in moments if when is not None]
    return []


def _choose_status(status: FieldSpec, days: Sequence[int], row: int, *, is_due: bool) -> str:
    """The status of a record by its dates: the past is finished but for one, the future is open.

    What begins in the future has not begun; what `is_due` then may have.
    """
    called_off = finished(status, _GIVEN_UP)
    ended = [choice for choice in finished(status) if choice not in called_off]
    open_choices = [choice for choice in status.choices if choice not in ended and choice not in called_off]
    # What was taken out of sight is the exception, and no example of how the app is used.
    open_choices = [choice for choice in open_choices if choice.casefold() not in _SET_ASIDE] or open_choices
    # One in seven is called off, so that every list shows how that looks.
    if row % 7 == 6 and called_off:
        return called_off[0]
    if ended and (not open_choices or (days and max(days) < 0 and row)):
        return ended[-1]
    if not days and ended and row % 3 == 2:
        return ended[row // 3 % len(ended)]
    later = bool(days) and min(days) > 1 and not is_due
    if not open_choices:
        return status.choices[0]
    return open_choices[0] if later and len(open_choices) < 3 else open_choices[row % len(open_choices)]


def _deciding_dates(entity: EntitySpec) -> list[str]:
    """The dates by which something is over: its end before its start."""
    names = [field.name for field in entity.fields if field.type in DATES]
    ends = [name for name in names if name.startswith(_ENDS) or "due" in name]
    return ends or [name for name in names if name.startswith(_STARTS)]


def empty_open_dates(entity: EntitySpec, status: FieldSpec, record: Record) -> None:
    """Empty the dates of what has not happened yet: an unpaid bill is not paid on any day."""
    for field in entity.fields:
        if field.name.startswith(_SETTLED_LATER) and not field.required:
            record[field.name] = record[field.name] if record[status.name] in finished(status) else None
        reached = {
            move.target
            for move in entity.moves
            if field.name in {assignment.field for assignment in move.sets if not assignment.link}
        }
        # An amount that a step works out cannot be made up: it would not be what the figures come to.
        is_worked_out = bool(reached) and field.type in NUMBERS
        if reached and not field.required and (is_worked_out or record[status.name] not in reached):
            record[field.name] = None


def _plain_rules(spec: AppSpec) -> list[RuleSpec]:
    """The rules whose fields say all."""
    return [rule for rule in spec.rules if not is_condition(rule)]


def add_up(spec: AppSpec, rows: Rows) -> None:
    """Add up the lines to the total of their invoice."""
    for rule in _plain_rules(spec):
        target = _linked_entity(rule.entity, rule.fields[-1], spec) if rule.fields else None
        if rule.kind is RuleKind.SUM and target is not None and target.field("total") is not None:
            amount, ref = rule.fields
            for number, record in enumerate(rows[target.name], start=1):
                lines = [line for line in rows[rule.entity] if line[ref] == number]
                record["total"] = sum(int(line[amount] or 0) for line in lines)
            pay_totals(spec, rows, target, [int(record["total"] or 0) for record in rows[target.name]])


def pay_totals(spec: AppSpec, rows: Rows, target: EntitySpec, totals: Sequence[int]) -> None:
    """Pay what is finished once and whole, two that are open in part, and no draft."""
    parts = _paid_parts(target, rows[target.name])
    coin = 100 if currency_of(spec.currency).is_whole else 1
    for entity in spec.entities:
        ref = next((field.name for field in entity.fields if field.ref == target.name), None)
        if ref is not None and parts and entity.name.endswith("Payment") and entity.field("amount") is not None:
            del rows[entity.name][len(parts) :]
            for record, (number, share) in zip(rows[entity.name], parts, strict=False):
                part = totals[number - 1] // share // coin * coin
                record.update({ref: number, "amount": part or record["amount"]})


def _paid_parts(target: EntitySpec, records: Sequence[Record]) -> list[tuple[int, int]]:
    """The numbers of the records that were paid, with the part that was: 1 for the whole, 2 for half."""
    status = status_field(target)
    if status is None:
        return [(number, 1) for number in range(1, len(records) + 1)]
    off = finished(status, CALLED_OFF)
    done = set(finished(status)) - set(off)
    waiting = set(status.choices[1:]) - done - set(off)
    numbered = [(number, record[status.name]) for number, record in enumerate(records, start=1)]
    half = [(number, 2) for number, at in numbered if at in waiting]
    return sorted([(number, 1) for number, at in numbered if at in done] + half[:2])


def settle_stock(spec: AppSpec, rows: Rows) -> None:
    """Keep at least as much in stock as the examples take."""
    for rule in _plain_rules(spec):
        target = _linked_entity(rule.entity, rule.fields[0], spec) if rule.fields else None
        if rule.kind is not RuleKind.STOCK or target is None or target.field("stock") is None:
            continue
        ref, quantity = rule.fields
        for number, record in enumerate(rows[target.name], start=1):
            taken = sum(int(taking[quantity] or 0) for taking in rows[rule.entity] if taking[ref] == number)
            record["stock"] = int(record["stock"] or 0) + taken
