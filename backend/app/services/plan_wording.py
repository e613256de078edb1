"""Renames a kind of record in every sentence of a plan that names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.blueprint.spec_queries import lower_first, with_article
from app.services.plan_values import Raw

_SENTENCES: Final = ("about", "action", "thanks", "subject", "text", "title", "button")
"""The keys of a part under which text for people stands; the other keys hold names and values."""
_PARTS: Final = ("rules", "forms", "messages", "roles")
_NAMES_INSIDE: Final = re.compile(r"(\{[^{}]*\})")


def rename_label(raw: Raw, entity: Raw, label: str, plural: str) -> None:
    """Give a kind of record another name, also in every sentence, button and field that names it."""
    old_label, old_plural = entity["label"], entity["plural"]
    entity["label"], entity["plural"] = label, plural
    if old_label != label:
        # A field that was named after the kind it refers to keeps doing so.
        for referrer in raw["entities"]:
            for field in referrer["fields"]:
                if field["ref"] == entity["name"] and field["label"].casefold() == old_label.casefold():
                    field["label"] = label
    words = {old_plural.casefold(): plural, old_label.casefold(): label}
    pattern = re.compile(
        rf"\b(?:(?P<article>an?) )?(?P<old>{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})\b",
        re.IGNORECASE,
    )

    def replacement(match: re.Match[str]) -> str:
        new_label = words[match["old"].casefold()]
        new_label = new_label if match["old"][:1].isupper() else lower_first(new_label)
        if match["article"] is None:
            return new_label
        # "a Dog" becomes "an Owl".
        phrase = with_article(new_label)
        return phrase[:1].upper() + phrase[1:] if match["article"][:1].isupper() else phrase

    for part in _parts_with_sentences(raw):
        for key in _SENTENCES:
            if isinstance(part.get(key), str):
                # Every second piece stands in braces: it is the name of a field, not a word.
                pieces = _NAMES_INSIDE.split(part[key])
                part[key] = "".join(
                    piece if place % 2 else pattern.sub(replacement, piece) for place, piece in enumerate(pieces)
                )


def _parts_with_sentences(raw: Raw) -> Iterator[Raw]:
    for name in _PARTS:
        yield from raw.get(name) or ()
    for entity in raw["entities"]:
        yield entity
        yield from entity.get("computed") or ()
        yield from entity.get("moves") or ()
    for section in (raw.get("site") or {"sections": ()})["sections"]:
        yield section
        yield from section.get("items") or ()
