"""Lines that are entered inside the form of the record they belong to, such as those of an order."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from . import conditions, database, edits, locks, records, rules
from .access import Visitor
from .entering import read_all
from .fields import Value, typed
from .model import Entity, Field
from .schema import ENTITIES

BLANK = 3
MOST = 60
MORE = "more_lines"
ID, REMOVE = "-id", "-remove"
NAME = re.compile(r"line-([0-9]{1,4})-(-?[a-z][a-z0-9_]*)")
GONE = "Somebody has removed this line meanwhile."
HELD = "This line cannot be removed while something else belongs to it."
TOO_MANY = f"At most {MOST} lines can be entered at once."


@dataclass(frozen=True)
class Kind:
    """The lines of a kind of record: what they are, the field that links them, and the fields that are asked for."""

    entity: Entity
    link: Field
    fields: tuple[Field, ...]
    may_change: bool = True
    may_remove: bool = True


@dataclass(frozen=True)
class Line:
    """One line of a form with what was typed into it, by field."""

    number: int
    typed: Mapping[str, str]

    @property
    def record_id(self) -> int | None:
        """The record that the line shows, unless it is a new one."""
        text = self.typed.get(ID, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    @property
    def is_removed(self) -> bool:
        """Whether its box for removing it is ticked."""
        return REMOVE in self.typed

    def name(self, field: str) -> str:
        """What a field of the line is called in the form."""
        return f"line-{self.number}-{field}"

    @property
    def whole(self) -> str:
        """The name under which stands what is wrong with the line as such."""
        return f"line-{self.number}"


@dataclass(frozen=True)
class Writer:
    """How lines are written: by whom, with what they begin, and what is refused before that."""

    who: str
    start: Callable[[Mapping[str, Value]], dict[str, Value]]
    check: Callable[[Mapping[str, Value]], None]


def children_in(entity: Entity) -> tuple[Entity, Field] | None:
    """The kind of record that is entered inside the form of this one, with the field that links it."""
    for child in ENTITIES:
        if child.line_of and child.field(child.line_of).ref == entity.table:
            return child, child.field(child.line_of)
    return None


def of_staff(visitor: Visitor, entity: Entity) -> Kind | None:
    """The lines that whoever fills in the form of this kind enters; whoever may add the whole may add its parts."""
    found = children_in(entity)
    if found is None:
        return None
    child, link = found
    right = child.right(visitor.role.name)
    if not (right.adds if right else visitor.may_add(entity)):
        return None
    fields = tuple(field for field in visitor.fields(child) if field.name != link.name)
    return Kind(child, link, fields, may_change=not right or right.changes != "none", may_remove=not right or right.deletes)


def of_form(entity: Entity, names: tuple[str, ...]) -> Kind | None:
    """The lines that a visitor enters, with the fields that the form asks for."""
    found = children_in(entity) if names else None
    if found is None:
        return None
    child, link = found
    return Kind(child, link, tuple(child.field(name) for name in names))


def blank(after: Sequence[Line], many: int = BLANK) -> list[Line]:
    """Lines with nothing in them, to go on with."""
    first = 1 + max((line.number for line in after), default=-1)
    return [Line(number, {}) for number in range(first, min(first + many, MOST))]


def kept(db: sqlite3.Connection, kind: Kind, record_id: int, visitor: Visitor) -> list[Line]:
    """The lines of a record as its form shows them."""
    if not kind.may_change:
        return []
    where, values = visitor.sees(kind.entity)
    own = f'"{kind.link.name}" = ? AND {where}'
    rows = database.select(db, kind.entity, own, [record_id, *values], order="id", limit=MOST)
    # What is settled line by line is seen on the page of the record, and not offered for a change.
    free = [row for row in rows if not locks.lock_on(db, kind.entity, int(row["id"] or 0))]
    return [Line(number, _typed(kind, row)) for number, row in enumerate(free)]


def count(db: sqlite3.Connection, kind: Kind, record_id: int, visitor: Visitor) -> int:
    """How many lines a record has."""
    where, values = visitor.sees(kind.entity)
    return database.count(db, kind.entity, f'"{kind.link.name}" = ? AND {where}', [record_id, *values])


def _typed(kind: Kind, row: database.Row) -> dict[str, str]:
    texts = {field.name: typed(field, row[field.name]) for field in kind.fields}
    return {ID: str(row["id"]), **texts, **{edits.BEFORE + name: text for name, text in texts.items()}}


def posted(form: Mapping[str, str]) -> list[Line]:
    """The lines of a form that was sent."""
    found: dict[int, dict[str, str]] = {}
    for name, text in form.items():
        match = NAME.fullmatch(name)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = text
    return [Line(number, given) for number, given in sorted(found.items())]


def filled(kind: Kind, lines: Sequence[Line]) -> list[Line]:
    """The lines that say something: one that nobody typed into is none."""
    return [line for line in lines if line.record_id is not None or _is_typed(kind, line)]


def _is_typed(kind: Kind, line: Line) -> bool:
    return not line.is_removed and any(line.typed.get(field.name, "").strip() for field in kind.fields)


def wrong_in(kind: Kind, lines: Sequence[Line]) -> dict[str, str]:
    """What is wrong with the lines, by the names of their fields in the form."""
    found = {"": TOO_MANY} if len(lines) > MOST else {}
    for line in lines:
        if not line.is_removed:
            problems = read_all(kind.fields, line.typed)[1]
            found |= {line.name(name): why for name, why in problems.items()}
    return found


def keep_with(
    db: sqlite3.Connection, kind: Kind | None, lines: Sequence[Line], parent: Callable[[], int], write: Writer
) -> int:
    """Keep a record and its lines, judged together; the record's number. `rules.Broken` names the line."""
    if kind is None:
        return parent()
    written: dict[int, Line] = {}
    try:
        with locks.as_before(), conditions.together(db):
            record_id = parent()
            for line in sorted(lines, key=lambda line: not line.is_removed):
                with _placed(kind, line):
                    written[_write(db, kind, record_id, line, write)] = line
    except rules.Broken as broken:
        table, number = broken.record or ("", 0)
        if table == kind.entity.table and number in written:
            raise rules.Broken(_at(kind, written[number], broken.problems)) from None
        raise
    return record_id


@contextmanager
def _placed(kind: Kind, line: Line) -> Iterator[None]:
    try:
        yield
    except rules.Broken as broken:
        raise rules.Broken(_at(kind, line, broken.problems)) from None


def _at(kind: Kind, line: Line, problems: Mapping[str, str]) -> dict[str, str]:
    """The problems of a line under the names that its fields have in the form."""
    asked = {field.name for field in kind.fields}
    return {line.name(name) if name in asked else line.whole: why for name, why in problems.items()}


def _write(db: sqlite3.Connection, kind: Kind, parent_id: int, line: Line, write: Writer) -> int:
    """Add, change or remove one line; its number."""
    entity, link = kind.entity, kind.link
    if line.record_id is None:
        values = read_all(kind.fields, line.typed)[0]
        write.check(values)
        return records.add(db, entity, {**write.start(values), link.name: parent_id}, who=write.who)
    row = database.get(db, entity, line.record_id)
    if row is None or row[link.name] != parent_id or not kind.may_change:
        raise rules.Broken({"": GONE})
    if line.is_removed:
        _remove(db, kind, row, write.who)
    else:
        changed = edits.own_changes(entity, row, read_all(kind.fields, line.typed)[0], line.typed)
        write.check(changed)
        records.change(db, entity, row, changed, who=write.who)
    return line.record_id


def _remove(db: sqlite3.Connection, kind: Kind, row: database.Row, who: str) -> None:
    if not kind.may_remove:
        raise rules.Broken({"": "This line is looked after by the staff."})
    try:
        records.remove(db, kind.entity, row, who=who)
    except sqlite3.IntegrityError:
        raise rules.Broken({"": HELD}) from None
