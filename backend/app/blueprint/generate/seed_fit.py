"""Fits example records to the rules of their app: no clash, no full place, no empty stock, dates in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.blueprint.generate.seed_values import Record
from app.blueprint.generate.stated import is_condition
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind, RuleSpec
from app.blueprint.spec_queries import CALLED_OFF, finished, space_limit, status_field

Rows = dict[str, list[Record]]
"""The records of each entity, by its name."""

_DATE: Final = re.compile(r"^@(-?\d+)(?: (\d\d:\d\d))?$")
_DATES: Final = (FieldType.DATE, FieldType.DATETIME)
_STARTS: Final = ("starts", "from", "at", "leaves", "on_date", "out", "played")
_ENDS: Final = ("ends", "to_", "due", "until", "closes", "close_on", "best_before", "renew")
_SETTLED_LATER: Final = ("published", "paid_on", "sent_on", "decided", "answered", "signed", "won", "closed_on")
# What was lent and came back is over, though nobody gave it up.
_GIVEN_UP: Final = CALLED_OFF - {"returned"}
_SET_ASIDE: Final = frozenset({"hidden", "blocked", "archived", "removed", "suspended", "banned", "spam"})
_STEPS: Final = 60
_ROUNDS: Final = 8


def fit(spec: AppSpec, entity: EntitySpec, records: Sequence[Record], rows: Rows) -> list[Record]:
    """The records with what stands against a rule moved elsewhere, or left out where there is no room."""
    rules = [rule for rule in spec.rules if rule.entity == entity.name and not is_condition(rule)]
    kept: list[Record] = []
    for record in records:
        for rule in rules:
            if rule.kind is RuleKind.IN_ORDER:
                _put_in_order(record, rule)
        if _fits_all(rules, record, kept, rows=rows, spec=spec):
            kept.append(record)
    status = status_field(entity)
    for row, record in enumerate(kept):
        if status is not None:
            days = _days(spec, entity, record, rows)
            is_due = any("due" in name for name in _by_time(entity))
            record[status.name] = _status(status, days, row, is_due=is_due)
            _leave_open(entity, status, record)
    return kept


def _fits_all(
    rules: Sequence[RuleSpec], record: Record, kept: Sequence[Record], *, rows: Rows, spec: AppSpec
) -> bool:
    """Moves the record until no rule moves it any more: what makes room for one rule may break another."""
    for _ in range(_ROUNDS):
        moved = False
        for rule in rules:
            before = dict(record)
            if not _find_room(rule, record, kept, rows=rows, spec=spec):
                return False
            moved = moved or record != before
        if not moved:
            return True
    return False


def _find_room(rule: RuleSpec, record: Record, kept: Sequence[Record], *, rows: Rows, spec: AppSpec) -> bool:
    match rule.kind:
        case RuleKind.NO_OVERLAP:
            return _moved_from_clash(rule, record, kept, rows=rows, spec=spec)
        case RuleKind.CAPACITY:
            return _moved_where_places_are(rule, record, kept, rows=rows, spec=spec)
        case RuleKind.UNIQUE:
            return _made_different(rule, record, kept, rows=rows, spec=spec)
        case _:
            return True


def _put_in_order(record: Record, rule: RuleSpec) -> None:
    first, last = rule.fields[0], rule.fields[1]
    start, end = _moment(record[first]), _moment(record[last])
    if start is not None and end is not None and end <= start:
        record[last] = _shifted(record[first], days=3 if " " not in str(record[first]) else 0, hours=1)


def _moment(value: object) -> tuple[int, str] | None:
    match = _DATE.match(str(value))
    return (int(match[1]), match[2] or "") if match else None


def _shifted(value: object, *, days: int, hours: int = 0) -> str:
    day, time = _moment(value) or (0, "")
    if not time:
        return f"@{day + days}"
    hour, _, minute = time.partition(":")
    return f"@{day + days} {min(23, int(hour) + hours):02d}:{minute}"


def _moved_from_clash(
    rule: RuleSpec, record: Record, kept: Sequence[Record], *, rows: Rows, spec: AppSpec
) -> bool:
    """Another one of what is taken, then another day, as long as it clashes."""
    *times, ref = rule.fields
    if record[ref] is None or _moment(record[times[0]]) is None:
        return True
    many = _count_of(rule.entity, ref, rows, spec)
    step = 1 if (_moment(record[times[0]]) or (0, ""))[0] >= 0 else -1
    for turn in range(_STEPS):
        if not any(_clash(times, ref, record, other) for other in kept):
            return True
        record[ref] = int(record[ref] or 0) % many + 1
        if turn % many == many - 1:
            for name in times:
                record[name] = _shifted(record[name], days=step) if _moment(record[name]) else record[name]
    return False


def _clash(times: Sequence[str], ref: str, one: Record, other: Record) -> bool:
    start, end = _span(times, one)
    other_start, other_end = _span(times, other)
    return one[ref] == other[ref] and start <= other_end and end >= other_start


def _span(times: Sequence[str], record: Record) -> tuple[tuple[int, str], tuple[int, str]]:
    start, last = _moment(record[times[0]]) or (0, ""), record[times[-1]]
    return start, (_after(start, last) if isinstance(last, int) else _moment(last) or start)


def _after(start: tuple[int, str], minutes: int) -> tuple[int, str]:
    """The moment so many minutes later."""
    hour, _, minute = start[1].partition(":")
    days, rest = divmod(int(hour or 0) * 60 + int(minute or 0) + minutes, 24 * 60)
    return start[0] + days, f"{rest // 60:02d}:{rest % 60:02d}"


def _moved_where_places_are(
    rule: RuleSpec, record: Record, kept: Sequence[Record], *, rows: Rows, spec: AppSpec
) -> bool:
    ref, many = rule.fields[0], _count_of(rule.entity, rule.fields[0], rows, spec)
    taking = rule.fields[1] if len(rule.fields) > 1 else ""
    for _ in range(many if record[ref] is not None else 0):
        taken = sum(_taken(other, taking) for other in kept if other[ref] == record[ref])
        if taken + _taken(record, taking) <= _places(rule, record, rows, spec):
            return True
        record[ref] = int(record[ref] or 0) % many + 1
    return record[ref] is None


def _taken(record: Record, taking: str) -> int:
    return int(record[taking] or 1) if taking else 1


def _places(rule: RuleSpec, record: Record, rows: Rows, spec: AppSpec) -> int:
    target = _target(rule.entity, rule.fields[0], spec)
    limit = space_limit(target) if target is not None else None
    room = rows[target.name][int(record[rule.fields[0]] or 1) - 1].get(limit) if target and limit else None
    return int(room) if room is not None else 10_000


def _made_different(rule: RuleSpec, record: Record, kept: Sequence[Record], *, rows: Rows, spec: AppSpec) -> bool:
    refs = [name for name in rule.fields if _target(rule.entity, name, spec) is not None]
    for turn in range(_STEPS):
        given = [record[name] for name in rule.fields]
        if None in given or all([other[name] for name in rule.fields] != given for other in kept):
            return True
        if not refs:
            return False
        name = refs[turn % len(refs)]
        record[name] = int(record[name] or 0) % _count_of(rule.entity, name, rows, spec) + 1
    return False


def _target(entity: str, field: str, spec: AppSpec) -> EntitySpec | None:
    owner = spec.entity(entity)
    ref = owner.field(field) if owner is not None else None
    return spec.entity(ref.ref) if ref is not None and ref.ref is not None else None


def _count_of(entity: str, ref: str, rows: Rows, spec: AppSpec) -> int:
    target = _target(entity, ref, spec)
    return max(1, len(rows.get(target.name, ()))) if target is not None else 1


def _days(spec: AppSpec, entity: EntitySpec, record: Record, rows: Rows) -> list[int]:
    """When the record is due or happens, by its own dates or else by what it belongs to."""
    own = [when[0] for when in (_moment(record[name]) for name in _by_time(entity)) if when is not None]
    if own:
        return own
    for field in entity.fields:
        target = spec.entity(field.ref) if field.ref else None
        if target is not None and record[field.name] is not None:
            parent = rows[target.name][int(record[field.name] or 1) - 1]
            moments = [_moment(parent[name]) for name in _by_time(target)]
            if any(moments):
                return [when[0] for when in moments if when is not None]
    return []


def _status(status: FieldSpec, days: Sequence[int], row: int, *, is_due: bool) -> str:
    """How far a record is by its dates: the past is finished but for one, the future is open.

    What begins in the future has not begun; what `is_due` then may have.
    """
    called_off = finished(status, _GIVEN_UP)
    ended = [one for one in finished(status) if one not in called_off]
    still_open = [one for one in status.choices if one not in ended and one not in called_off]
    # What was taken out of sight is the exception, and no example of how the app is used.
    still_open = [one for one in still_open if one.casefold() not in _SET_ASIDE] or still_open
    if row % 7 == 6 and called_off:
        return called_off[0]
    if ended and (not still_open or (days and max(days) < 0 and row)):
        return ended[-1]
    if not days and ended and row % 3 == 2:
        return ended[row // 3 % len(ended)]
    later = bool(days) and min(days) > 1 and not is_due
    if not still_open:
        return status.choices[0]
    return still_open[0] if later and len(still_open) < 3 else still_open[row % len(still_open)]


def _by_time(entity: EntitySpec) -> list[str]:
    """The dates that say whether something is over: its end before its start."""
    names = [field.name for field in entity.fields if field.type in _DATES]
    ends = [name for name in names if name.startswith(_ENDS) or "due" in name]
    return ends or [name for name in names if name.startswith(_STARTS)]


def _leave_open(entity: EntitySpec, status: FieldSpec, record: Record) -> None:
    """What has not happened yet has no date: an unpaid bill is not paid on any day."""
    for field in entity.fields:
        if field.name.startswith(_SETTLED_LATER) and not field.required:
            record[field.name] = record[field.name] if record[status.name] in finished(status) else None
        reached = {move.target for move in entity.moves if field.name in {one.field for one in move.sets}}
        if reached and not field.required and record[status.name] not in reached:
            record[field.name] = None


def _plain(spec: AppSpec) -> list[RuleSpec]:
    """The rules whose fields say all."""
    return [rule for rule in spec.rules if not is_condition(rule)]


def add_up(spec: AppSpec, rows: Rows) -> None:
    """Lines add up to the total of their invoice."""
    for rule in _plain(spec):
        target = _target(rule.entity, rule.fields[-1], spec) if rule.fields else None
        if rule.kind is RuleKind.SUM and target is not None and target.field("total") is not None:
            amount, ref = rule.fields
            for number, record in enumerate(rows[target.name], start=1):
                lines = [line for line in rows[rule.entity] if line[ref] == number]
                record["total"] = sum(int(line[amount] or 0) for line in lines)
            _pay(spec, rows, target)


def _pay(spec: AppSpec, rows: Rows, target: EntitySpec) -> None:
    """What is finished was paid once and whole, two that are open in part; a draft was not."""
    parts = _paid_parts(target, rows[target.name])
    for entity in spec.entities:
        ref = next((field.name for field in entity.fields if field.ref == target.name), None)
        if ref is not None and parts and entity.name.endswith("Payment") and entity.field("amount") is not None:
            del rows[entity.name][len(parts) :]
            for record, (number, share) in zip(rows[entity.name], parts, strict=False):
                whole = int(rows[target.name][number - 1]["total"] or 0)
                record.update({ref: number, "amount": whole // share or record["amount"]})


def _paid_parts(target: EntitySpec, records: Sequence[Record]) -> list[tuple[int, int]]:
    """The numbers of the records that were paid, and which part of them: 1 the whole, 2 half."""
    status = status_field(target)
    if status is None:
        return [(number, 1) for number in range(1, len(records) + 1)]
    off = finished(status, CALLED_OFF)
    done = set(finished(status)) - set(off)
    waiting = set(status.choices[1:]) - done - set(off)
    numbered = [(number, record[status.name]) for number, record in enumerate(records, start=1)]
    half = [(number, 2) for number, at in numbered if at in waiting]
    return sorted([(number, 1) for number, at in numbered if at in done] + half[:2])


def settle(spec: AppSpec, rows: Rows) -> None:
    """There is at least as much in stock as the examples take."""
    for rule in _plain(spec):
        target = _target(rule.entity, rule.fields[0], spec) if rule.fields else None
        if rule.kind is not RuleKind.STOCK or target is None or target.field("stock") is None:
            continue
        ref, quantity = rule.fields
        for number, record in enumerate(rows[target.name], start=1):
            taken = sum(int(one[quantity] or 0) for one in rows[rule.entity] if one[ref] == number)
            record["stock"] = int(record["stock"] or 0) + taken
