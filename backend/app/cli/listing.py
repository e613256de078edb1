"""The result of every command that lists something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cli.client import JsonObject
from app.cli.context import Common, Context
from app.cli.errors import Exit


def list_items(
    items: Sequence[JsonObject], lines: Iterable[str], *, empty: str, common: Common, context: Context
) -> int:
    """Print the lines of a list, or its items as one JSON object; `empty` is said where there are none."""
    if common.json:
        context.result_json({"items": items})
        return Exit.OK
    for line in lines:
        context.result(line)
    if not items:
        context.say(empty)
    return Exit.OK
