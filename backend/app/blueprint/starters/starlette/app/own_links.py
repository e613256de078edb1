"""The links by which somebody without an account comes back to a record of theirs: signed, one for each record."""

from __future__ import annotations

import hmac

from .model import Entity, Field, Form, Move
from .schema import ENTITIES, FORMS
from .security import receipt

VISITOR = "visitor"
"""Names, in the rights and moves of a kind of record, whoever comes by the link of one."""
_FORMS = {form.table: form for form in FORMS}


def form_of(entity: Entity) -> Form | None:
    """The form by which visitors make such records."""
    return _FORMS.get(entity.table)


def moves_of(entity: Entity) -> list[tuple[int, Move]]:
    """The moves that whoever has the link may take, each with its number."""
    return [(number, move) for number, move in enumerate(entity.moves) if VISITOR in move.by and not move.automatic]


def changed_by_link(entity: Entity) -> list[Field]:
    """The fields that whoever has the link may change."""
    right = entity.right(VISITOR)
    if right is None or right.changes == "none":
        return []
    return [field for field in entity.fields if field.name in right.fields and not field.ref and field.name != entity.state]


def has_link(entity: Entity) -> bool:
    """Whether its records have a link: visitors make them, or may do something with them."""
    right = entity.right(VISITOR)
    return form_of(entity) is not None or bool(moves_of(entity)) or (right is not None and right.changes != "none")


def is_hidden(entity: Entity, field: Field) -> bool:
    """Whether whoever has the link of a record is not told this of it, or of its lines."""
    right = entity.right(VISITOR)
    return right is not None and field.name in right.hides


LINKED = {entity.table: entity for entity in ENTITIES if has_link(entity)}


def address(key: bytes, table: str, record_id: int) -> str:
    """The page of one record, for whoever it is about."""
    return f"/by-link/{table}/{record_id}/{receipt(key, table, record_id)}"


def is_good(key: bytes, table: str, record_id: int, sign: str) -> bool:
    """Whether the app made this link for that record."""
    return hmac.compare_digest(receipt(key, table, record_id).encode(), sign.encode())
