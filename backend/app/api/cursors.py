"""Opaque places in lists."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from app.core.errors import InvalidInput


def pack(place: list[Any]) -> str:
    """A place as a word for the wire."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def unpack(cursor: str, *, parts: Sequence[type]) -> list[Any]:
    """The place a cursor names, with a value of each of the types; InvalidInput when it is not one of ours."""
    try:
        # The padding is left off when a place is packed, since = would have to be escaped in an address.
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise refusal() from error
    # Not isinstance: JSON's true would pass for a whole number.
    if not isinstance(place, list) or [type(part) for part in place] != list(parts):
        raise refusal()
    return place


def refusal() -> InvalidInput:
    """The error for a cursor that no answer has given."""
    return InvalidInput("The cursor is not valid.", remedy="Use the next_cursor of an earlier answer.")
