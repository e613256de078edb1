"""Opaque places in lists."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from app.core.errors import InvalidInput


def pack(place: list[Any]) -> str:
    """A place as a word for the wire."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def unpack(cursor: str, *, parts: int) -> list[Any]:
    """The place a cursor names; InvalidInput when it is not one of ours."""
    refusal = InvalidInput("The cursor is not valid.", remedy="Use the next_cursor of an earlier answer.")
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(
            "The cursor is not valid.", remedy="Use the next_cursor of an earlier answer."
        ) from error
    if not isinstance(place, list) or len(place) != parts:
        raise refusal
    return place
