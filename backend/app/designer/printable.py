"""Text that a model wrote, as it may be kept and shown."""

from __future__ import annotations


def clean_line(text: object, *, longest: int) -> str:
    """The text on one line of visible characters; a record keeps no other, and a terminal must not obey one."""
    printable = "".join(character if character.isprintable() else " " for character in str(text or ""))
    return " ".join(printable.split())[:longest].rstrip()
