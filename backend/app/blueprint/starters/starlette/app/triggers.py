"""The rules of `schema.py` as triggers, so that the database itself refuses what breaks them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from .model import Capacity, Entity, InOrder, NoOverlap, Stock, Sum, Unique
from .schema import ENTITIES

BY_TABLE = {entity.table: entity for entity in ENTITIES}
REFUSAL = "rule"
LIMIT = "limit"
NOTHING = "nothing"
STATUSES = ("status", "stage", "state", "progress")


def drop(db: sqlite3.Connection) -> None:
    """Take every rule off the database."""
    names = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rule!_%' ESCAPE '!'")
    for row in names.fetchall():
        db.execute(f'DROP TRIGGER "{row[0]}"')


def install(db: sqlite3.Connection) -> None:
    """Put the rules of the schema on the database, as they are now."""
    drop(db)
    for entity in ENTITIES:
        for number, rule in enumerate(entity.rules):
            for at, body in enumerate(_bodies(entity, rule, f"{entity.table} {number}")):
                db.execute(f'CREATE TRIGGER "rule_{entity.table}_{number}_{at}" {body}')


def _bodies(entity: Entity, rule: object, mark: str) -> Iterator[str]:
    match rule:
        case Unique():
            yield from _unique(entity, rule, mark)
        case NoOverlap():
            yield from _no_overlap(entity, rule, mark)
        case Capacity():
            yield from _capacity(entity, rule, mark)
        case InOrder():
            yield from _in_order(entity, rule, mark)
        case Sum() if rule.into:
            yield from _sum(entity, rule)
        case Stock():
            yield from _stock(entity, rule, mark)


def _status(entity: Entity, ignore: tuple[str, ...]) -> str:
    """The choice that has the words which call a record off."""
    names = [field.name for field in entity.of_type("choice") if set(ignore) & set(field.choices)]
    return next((name for name in names if name in STATUSES), next(iter(names), ""))


def live(entity: Entity, record: str, ignore: tuple[str, ...]) -> str:
    """The condition that a record is not called off; `record` is NEW, OLD or the name it has in a query."""
    name = _status(entity, ignore)
    if not name:
        return "1"
    words = ", ".join("'" + word.replace("'", "''") + "'" for word in ignore)
    return f"coalesce({record}.\"{name}\", '') NOT IN ({words})"


def _when(event: str, table: str, condition: str, body: str) -> str:
    return f'{event} ON "{table}" WHEN {condition} BEGIN {body}; END'


def _update_of(entity: Entity, names: Sequence[str], ignore: tuple[str, ...] = ()) -> str:
    """The event of a change to one of these fields; what broke a rule already can still be changed elsewhere."""
    watched = dict.fromkeys(name for name in (*names, _status(entity, ignore)) if name)
    return "BEFORE UPDATE OF " + ", ".join(f'"{name}"' for name in watched)


def _refuse(entity: Entity, change: str, mark: str, broken: Callable[[str], str]) -> Iterator[str]:
    """Refuses values that break a rule; `broken` is given the condition that leaves the record itself out."""
    stop = f"SELECT RAISE(ABORT, '{REFUSAL} {mark}')"
    yield _when("BEFORE INSERT", entity.table, broken("1"), stop)
    yield _when(change, entity.table, broken("o.id <> OLD.id"), stop)


def _unique(entity: Entity, rule: Unique, mark: str) -> Iterator[str]:
    same = " AND ".join(f'o."{name}" = NEW."{name}" COLLATE NOCASE' for name in rule.fields)
    both = f"{live(entity, 'NEW', rule.ignore)} AND {live(entity, 'o', rule.ignore)}"
    found = f'EXISTS (SELECT 1 FROM "{entity.table}" o WHERE {same} AND {both} AND '
    return _refuse(entity, _update_of(entity, rule.fields, rule.ignore), mark, lambda others: f"{found}{others})")


def _no_overlap(entity: Entity, rule: NoOverlap, mark: str) -> Iterator[str]:
    mine, theirs = _over(rule, "NEW"), _over(rule, "o")
    # What ends at ten makes room for what begins at ten; a day is taken as a whole.
    under = "<" if entity.field(rule.end or rule.start).type == "datetime" else "<="
    meets = (
        f'(o."{rule.start}" {under} {mine} AND NEW."{rule.start}" {under} {theirs} '
        f'OR o."{rule.start}" = NEW."{rule.start}")'
    )
    both = f"{live(entity, 'NEW', rule.ignore)} AND {live(entity, 'o', rule.ignore)}"
    same = f'o."{rule.ref}" = NEW."{rule.ref}" AND {meets} AND {both}'
    found = f'EXISTS (SELECT 1 FROM "{entity.table}" o WHERE {same} AND '
    change = _update_of(entity, (rule.start, rule.end, rule.lasts, rule.ref), rule.ignore)
    return _refuse(entity, change, mark, lambda others: f"{found}{others})")


def _over(rule: NoOverlap, record: str) -> str:
    """When a record is over; one without an end or minutes is a moment."""
    start = f'{record}."{rule.start}"'
    if rule.lasts:
        later = f"""strftime('%Y-%m-%dT%H:%M', {start}, coalesce({record}."{rule.lasts}", 0) || ' minutes')"""
        # SQLite knows no day after the year 9999.
        return f"coalesce({later}, '9999-12-31T23:59')"
    return f'coalesce({record}."{rule.end}", {start})' if rule.end else start


def weight(record: str, name: str) -> str:
    """How many a record counts for: what its field says, or one."""
    return f'coalesce({record}."{name}", 1)' if name else "1"


def taken(entity: Entity, rule: Capacity, parent: str, others: str = "1") -> str:
    """How much of the room of the record with the id `parent` is taken by the records `o`."""
    which = f'o."{rule.ref}" = {parent} AND {live(entity, "o", rule.ignore)} AND {others}'
    return f'(SELECT coalesce(sum({weight("o", rule.takes)}), 0) FROM "{entity.table}" o WHERE {which})'


def _capacity(entity: Entity, rule: Capacity, mark: str) -> Iterator[str]:
    parent, link = entity.field(rule.ref).ref, f'NEW."{rule.ref}"'
    limit = f'(SELECT p."{rule.limit}" FROM "{parent}" p WHERE p.id = {link})'
    wanted = f"{live(entity, 'NEW', rule.ignore)} AND {weight('NEW', rule.takes)}"

    def full(others: str) -> str:
        return f"{wanted} + {taken(entity, rule, link, others)} > {limit}"

    yield from _refuse(entity, _update_of(entity, (rule.ref, rule.takes), rule.ignore), mark, full)
    yield from _refuse_nothing(entity, rule, mark)
    fewer = f'NEW."{rule.limit}" < {taken(entity, rule, "NEW.id")}'
    yield _when(f'BEFORE UPDATE OF "{rule.limit}"', parent, fewer, f"SELECT RAISE(ABORT, '{LIMIT} {mark}')")


def amount_of(rule: Capacity | Stock) -> str:
    """The field that says how much a record takes; without one it is always one."""
    return rule.takes if isinstance(rule, Capacity) else rule.quantity


def _refuse_nothing(entity: Entity, rule: Capacity | Stock, mark: str) -> Iterator[str]:
    """Who takes none would be there although all is taken."""
    name = amount_of(rule)
    if name:
        stop = f"SELECT RAISE(ABORT, '{NOTHING} {mark}')"
        none = f'NEW."{name}" < 1 AND {live(entity, "NEW", rule.ignore)}'
        yield _when("BEFORE INSERT", entity.table, none, stop)
        yield _when(_update_of(entity, (name,), rule.ignore), entity.table, none, stop)


def _in_order(entity: Entity, rule: InOrder, mark: str) -> Iterator[str]:
    earlier, later = f'NEW."{rule.earlier}"', f'NEW."{rule.later}"'
    if entity.field(rule.earlier).type != entity.field(rule.later).type:
        earlier, later = f"substr({earlier}, 1, 10)", f"substr({later}, 1, 10)"
    change = _update_of(entity, (rule.earlier, rule.later))
    under = "<=" if rule.takes else "<"
    return _refuse(entity, change, mark, lambda _: f"{later} {under} {earlier}")


def amount(record: str, rule: Sum) -> str:
    """What one line adds."""
    price = f'coalesce({record}."{rule.money}", 0)'
    return f'{price} * coalesce({record}."{rule.times}", 1)' if rule.times else price


def _sum(entity: Entity, rule: Sum) -> Iterator[str]:
    parent = entity.field(rule.ref).ref
    lines = f'SELECT coalesce(sum({amount("o", rule)}), 0) FROM "{entity.table}" o WHERE o."{rule.ref}"'

    def add_up(record: str) -> str:
        link = f'{record}."{rule.ref}"'
        return f'UPDATE "{parent}" SET "{rule.into}" = ({lines} = {link}) WHERE id = {link}'

    yield _when("AFTER INSERT", entity.table, "1", add_up("NEW"))
    yield _when("AFTER UPDATE", entity.table, "1", f"{add_up('OLD')}; {add_up('NEW')}")
    yield _when("AFTER DELETE", entity.table, "1", add_up("OLD"))
    own = f'UPDATE "{parent}" SET "{rule.into}" = ({lines} = NEW.id) WHERE id = NEW.id'
    wrong = f'NEW."{rule.into}" IS NOT ({lines} = NEW.id)'
    yield _when("AFTER INSERT", parent, wrong, own)
    yield _when("AFTER UPDATE", parent, wrong, own)


def _stock(entity: Entity, rule: Stock, mark: str) -> Iterator[str]:
    product = entity.field(rule.ref).ref

    def counts(record: str) -> str:
        off = f" AND NOT {_called_off(entity, rule, record)}" if rule.through else ""
        return f"{live(entity, record, rule.ignore)}{off}"

    def move(sign: str, record: str) -> str:
        change = f'"{rule.counted}" = "{rule.counted}" {sign} {weight(record, rule.quantity)}'
        return f'UPDATE "{product}" SET {change} WHERE id = {record}."{rule.ref}" AND {counts(record)}'

    left = f'(SELECT p."{rule.counted}" FROM "{product}" p WHERE p.id = NEW."{rule.ref}")'
    back = f'(OLD."{rule.ref}" IS NEW."{rule.ref}" AND {counts("OLD")}) * {weight("OLD", rule.quantity)}'
    stop = f"SELECT RAISE(ABORT, '{REFUSAL} {mark}')"
    wanted = f"{counts('NEW')} AND {weight('NEW', rule.quantity)} > {left}"
    yield _when("BEFORE INSERT", entity.table, wanted, stop)
    change = _update_of(entity, (rule.ref, rule.quantity, rule.through), rule.ignore)
    yield _when(change, entity.table, f"{wanted} + {back}", stop)
    yield from _refuse_nothing(entity, rule, mark)
    yield _when("AFTER INSERT", entity.table, "1", move("-", "NEW"))
    yield _when("AFTER UPDATE", entity.table, "1", f"{move('+', 'OLD')}; {move('-', 'NEW')}")
    yield _when("AFTER DELETE", entity.table, "1", move("+", "OLD"))
    if rule.through:
        yield from _stock_through(entity, rule, product, stop)


def _called_off(entity: Entity, rule: Stock, record: str) -> str:
    order = BY_TABLE[entity.field(rule.through).ref]
    return (
        f'EXISTS (SELECT 1 FROM "{order.table}" w WHERE w.id = {record}."{rule.through}" '
        f"AND NOT {live(order, 'w', rule.ignore)})"
    )


def _stock_through(entity: Entity, rule: Stock, product: str, stop: str) -> Iterator[str]:
    """An order that is called off puts everything of its lines back, and takes it again when it is taken up."""
    order = BY_TABLE[entity.field(rule.through).ref]
    was, now = live(order, "OLD", rule.ignore), live(order, "NEW", rule.ignore)
    lines = (
        f'FROM "{entity.table}" l WHERE l."{rule.through}" = NEW.id AND l."{rule.ref}" = "{product}".id '
        f"AND {live(entity, 'l', rule.ignore)}"
    )
    total = f"(SELECT coalesce(sum({weight('l', rule.quantity)}), 0) {lines})"

    def move(sign: str) -> str:
        change = f'"{rule.counted}" = "{rule.counted}" {sign} {total}'
        return f'UPDATE "{product}" SET {change} WHERE EXISTS (SELECT 1 {lines})'

    short = f'EXISTS (SELECT 1 FROM "{product}" WHERE "{rule.counted}" < {total})'
    yield _when("AFTER UPDATE", order.table, f"{was} AND NOT {now}", move("+"))
    yield _when("BEFORE UPDATE", order.table, f"{now} AND NOT {was} AND {short}", stop)
    yield _when("AFTER UPDATE", order.table, f"{now} AND NOT {was}", move("-"))
    if entity.field(rule.through).on_delete == "cascade":
        # The lines go while the order can still be asked whether it was called off.
        gone = f'DELETE FROM "{entity.table}" WHERE "{rule.through}" = OLD.id'
        yield _when("BEFORE DELETE", order.table, "1", gone)
