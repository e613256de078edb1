"""The defaults of a specification: labels, plurals, tables and sentences that follow from a name."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

_ENDINGS: Final = ((re.compile(r"[^aeiou]y$"), "ies", 1), (re.compile(r"(s|x|z|ch|sh)$"), "es", 0))
_SPELLED: Final = {"email": "E-mail", "url": "Web address", "id_number": "ID number"}


def field(raw: Any) -> Any:  # Any: what JSON can hold
    """A field with the label that its name says: `starts_at` is "Starts at".

    A record that cannot be without another is deleted with it, unless the specification says otherwise.
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        return raw
    name = raw["name"]
    label = raw.get("label") or _SPELLED.get(name, name.replace("_", " ").capitalize())
    # A required link cannot be emptied, so of the other two the one that never stands in a deletion's way.
    cascades = raw.get("ref") and raw.get("required") is True and "on_delete" not in raw
    return {**raw, "label": label, **({"on_delete": "cascade"} if cascades else {})}


def entity(raw: Any) -> Any:  # Any: what JSON can hold
    """A kind of record with label, plural, table and sentence: `YogaClass` is a "Yoga class" in `yoga_classes`."""
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        return raw
    label = raw.get("label") or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", raw["name"]).lower().capitalize()
    plural_label = raw.get("plural") or plural(str(label))
    # "Cafés" lie in `cafes`: tables are ASCII, and so are the addresses made of them.
    plain = unicodedata.normalize("NFKD", str(plural_label)).encode("ascii", "ignore").decode()
    table = raw.get("table") or re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    about = raw.get("about") or f"All {str(plural_label).lower()} in one place."
    return {**raw, "label": label, "plural": plural_label, "table": table, "about": about}


def plural(label: str) -> str:
    """The plural of a label, as English mostly makes it."""
    for pattern, ending, cut in _ENDINGS:
        if pattern.search(label):
            return label[: len(label) - cut] + ending
    return label + "s"


def app(raw: Any) -> Any:  # Any: what JSON can hold
    """An app that says at least its title: the goal is its tagline, and whoever wrote it is its engine."""
    if not isinstance(raw, dict):
        return raw
    tagline = raw.get("tagline") or raw.get("title") or "App"
    return {
        # Whoever writes a specification by hand means what it says, so nothing of it is a guess.
        "goal": tagline, "engine": "specification", "confidence": 1.0, "theme": {}, **raw, "tagline": tagline
    }  # fmt: skip
