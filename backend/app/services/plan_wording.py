"""The sentences of a plan: those that name a kind of record name it anew when it is renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.blueprint.spec_queries import lower_first, with_article
from app.services.plan_values import Raw

_SENTENCES: Final = ("about", "action", "thanks", "subject", "text", "title", "button")
"""The words of a part that people read; what calls parts by their names stands under other keys."""
_PARTS: Final = ("rules", "forms", "messages", "roles")
_NAMES_INSIDE: Final = re.compile(r"(\{[^{}]*\})")


def rename_label(raw: Raw, entity: Raw, label: str, plural: str) -> None:
    """Call a kind of record otherwise, also in every sentence, button and detail that names it."""
    old_label, old_plural = entity["label"], entity["plural"]
    entity["label"], entity["plural"] = label, plural
    if old_label != label:
        # A detail that was called as what it leads to goes on being so.
        for referrer in raw["entities"]:
            for field in referrer["fields"]:
                if field["ref"] == entity["name"] and field["label"].casefold() == old_label.casefold():
                    field["label"] = label
    words = {old_plural.casefold(): plural, old_label.casefold(): label}
    pattern = re.compile(
        rf"\b(?:(?P<article>an?) )?(?P<old>{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})\b",
        re.IGNORECASE,
    )

    def new_words(found: re.Match[str]) -> str:
        new = words[found["old"].casefold()]
        new = new if found["old"][:1].isupper() else lower_first(new)
        if found["article"] is None:
            return new
        text = with_article(new)
        return text[:1].upper() + text[1:] if found["article"][:1].isupper() else text

    for part in _told_parts(raw):
        for key in _SENTENCES:
            if isinstance(part.get(key), str):
                # What stands in braces is the name of a detail, not a word.
                pieces = _NAMES_INSIDE.split(part[key])
                part[key] = "".join(
                    piece if place % 2 else pattern.sub(new_words, piece) for place, piece in enumerate(pieces)
                )


def _told_parts(raw: Raw) -> Iterator[Raw]:
    for name in _PARTS:
        yield from raw.get(name) or ()
    for entity in raw["entities"]:
        yield entity
        yield from entity.get("computed") or ()
        yield from entity.get("moves") or ()
    for section in (raw.get("site") or {"sections": ()})["sections"]:
        yield section
        yield from section.get("items") or ()
