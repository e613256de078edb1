"""What the rules say in words: why the database refused a record, what room is left, and what is late."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from . import database, triggers
from .clock import now, today
from .fields import Value
from .model import Capacity, Ensure, Entity, InOrder, NoOverlap, Overdue, Rule, Stock, Unique

GONE = "That one is gone; choose another."
FEW = "Enter a number from 1."
Problems = dict[str, str]
Room = dict[int, int]


class Broken(Exception):
    """A rule stands against keeping a record; `problems` says why, by field.

    `record` is the table and number of the record that was written, where several are written together.
    """

    def __init__(self, problems: Problems, record: tuple[str, int] | None = None) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems
        self.record = record


def explain(error: sqlite3.IntegrityError) -> Broken | None:
    """What a refusal of the database means, or None when it is no rule of the schema."""
    kind, _, rest = str(error).partition(" ")
    table, _, number = rest.partition(" ")
    entity = database.BY_TABLE.get(table)
    if kind not in (triggers.REFUSAL, triggers.LIMIT, triggers.NOTHING) or entity is None:
        return None
    rule = entity.rules[int(number)]
    if kind == triggers.NOTHING and isinstance(rule, (Capacity, Stock)):
        return Broken({triggers.amount_of(rule): FEW})
    if kind == triggers.LIMIT and isinstance(rule, Capacity):
        return Broken({rule.limit: f"More {entity.many} than that are there already."})
    return Broken({_field(rule): rule.about})


def refusal(
    db: sqlite3.Connection, entity: Entity, error: sqlite3.IntegrityError, values: Mapping[str, Value], record_id: int = 0
) -> Exception:
    """What to raise when the database refuses these values; it says how much room is left where there is some."""
    for number, rule in enumerate(entity.rules):
        if isinstance(rule, Capacity) and str(error) == f"{triggers.REFUSAL} {entity.table} {number}":
            target, others = entity.field(rule.ref).ref, f"o.id <> {record_id}"
            left = _left(entity, rule, others)
            row = db.execute(f'SELECT {left} FROM "{target}" p WHERE p.id = ?', [values[rule.ref]]).fetchone()
            if row[0] > 0:
                places = "1 place is" if row[0] == 1 else f"{row[0]} places are"
                return Broken({rule.takes: f"Only {places} left; take fewer or choose another."})
    return explain(error) or error


def _field(rule: Rule) -> str:
    """The field beside which the refusal stands."""
    match rule:
        case Unique():
            return rule.fields[0]
        case NoOverlap():
            return rule.start
        case InOrder():
            return rule.later
        case Stock():
            return rule.quantity or rule.ref
        case Capacity():
            return rule.ref
        case Ensure():
            return rule.fields[0] if rule.fields else ""
    return ""


def missing_links(db: sqlite3.Connection, entity: Entity, values: Mapping[str, Value]) -> Problems:
    """The links of these values that lead to nothing."""
    found: Problems = {}
    for field in entity.of_type("ref"):
        value = values.get(field.name)
        if value is not None and database.get(db, database.BY_TABLE[field.ref], int(value)) is None:
            found[field.name] = GONE
    return found


def counted_tables() -> set[str]:
    """The kinds of record that have a stock from which others take."""
    stocks = [(entity, rule) for entity in database.BY_TABLE.values() for rule in entity.rules if isinstance(rule, Stock)]
    return {entity.field(rule.ref).ref for entity, rule in stocks}


def counts(entity: Entity, name: str) -> bool:
    """Whether a rule counts what the field `name` points at."""
    return any(_counted(rule, name) for rule in entity.rules)


def _counted(rule: Rule, name: str) -> bool:
    is_one = isinstance(rule, (Capacity, Stock)) or (isinstance(rule, Ensure) and bool(rule.left))
    return is_one and isinstance(rule, (Capacity, Stock, Ensure)) and rule.ref == name


def room(db: sqlite3.Connection, entity: Entity, name: str, ids: Iterable[int]) -> Room | None:
    """How much is left of those records that the field `name` points at; None when no rule counts it."""
    for rule in entity.rules:
        if _counted(rule, name):
            target = database.BY_TABLE[entity.field(name).ref]
            # The SQL of a condition is about the row r, that of the other rules about p.
            both, these = f'"{target.table}" r JOIN "{target.table}" p USING (id)', ", ".join(map(str, ids))
            rows = db.execute(f"SELECT r.id, {_left_of(entity, rule)} FROM {both} WHERE r.id IN ({these})")
            return {int(row[0]): max(0, int(row[1])) for row in rows if row[1] is not None}
    return None


def _left_of(entity: Entity, rule: Rule) -> str:
    match rule:
        case Stock():
            return f'p."{rule.counted}"'
        case Capacity():
            return _left(entity, rule)
        case Ensure():
            return rule.left
    return "NULL"


def _left(entity: Entity, rule: Capacity, others: str = "1") -> str:
    return f'p."{rule.limit}" - {triggers.taken(entity, rule, "p.id", others)}'


def overdue(entity: Entity) -> tuple[str, list[Value]]:
    """The condition that finds overdue records of this kind, or one that finds none."""
    for rule in entity.rules:
        if isinstance(rule, Overdue):
            unfinished, done = still_open(entity)
            return f'"{rule.date}" < ? AND {unfinished}', [_now(entity.field(rule.date).type), *done]
    return "0", []


def still_open(entity: Entity) -> tuple[str, list[Value]]:
    """The condition that finds the records of this kind that are not finished, late or not."""
    for rule in entity.rules:
        if isinstance(rule, Overdue) and rule.status:
            marks = ",".join("?" for _ in rule.done)
            return f'("{rule.status}" IS NULL OR "{rule.status}" NOT IN ({marks}))', list(rule.done)
    return "1", []


def is_overdue(entity: Entity, row: database.Row) -> bool:
    """Whether this record is overdue."""
    for rule in entity.rules:
        if isinstance(rule, Overdue):
            when = row[rule.date]
            late = when is not None and str(when) < _now(entity.field(rule.date).type)
            return late and not (rule.status and row[rule.status] in rule.done)
    return False


def _now(field_type: str) -> str:
    if field_type == "datetime":
        return now().isoformat(timespec="minutes")
    return today().isoformat()
