"""Two people edit one record: each keeps what they changed, and nobody undoes the other unseen."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from . import database, rules
from .fields import Refused, Value, read, show, typed
from .model import Entity, Field
from .schema import ABOUT

BEFORE = "before_"


class Clash(rules.Broken):
    """Somebody else has changed the same fields meanwhile."""


def shown(entity: Entity, row: database.Row, given: Mapping[str, str], seen: Collection[str] = ()) -> dict[str, str]:
    """What the form shows of a record, which it sends along.

    A form that is shown again has shown what it did the first time, but for the fields `seen` as they are now.
    """
    now = {BEFORE + field.name: typed(field, row[field.name]) for field in entity.fields}
    return {name: text if name.removeprefix(BEFORE) in seen else given.get(name, text) for name, text in now.items()}


def own_changes(
    entity: Entity, row: database.Row, values: Mapping[str, Value], form: Mapping[str, str]
) -> dict[str, Value]:
    """The values that this person changed; `Clash` where somebody else changed the same field meanwhile.

    A form that does not say what it showed changes all that it holds.
    """
    changed: dict[str, Value] = {}
    clashes: dict[str, str] = {}
    for name, value in values.items():
        field, before = entity.field(name), _before(entity.field(name), form)
        if before is not None and before[0] == value:
            continue
        changed[name] = value
        if before is not None and row[name] not in (before[0], value):
            clashes[name] = f"Somebody has changed this to {_said(field, row[name])} meanwhile. Look at both, and save what is right."
    if clashes:
        raise Clash(clashes)
    return changed


def _before(field: Field, form: Mapping[str, str]) -> tuple[Value] | None:
    """The value that the form showed, where it says so."""
    text = form.get(BEFORE + field.name)
    if text is None:
        return None
    if not text and field.type != "bool":
        return (None,)
    try:
        return (read(field, text),)
    except Refused:
        return None


def _said(field: Field, value: Value) -> str:
    if field.ref:
        return "another one"
    text = show(field, value, currency=ABOUT.currency)
    return f"“{text}”" if text else "nothing"
