"""How a value changes when its field becomes another type: what fits is kept, what does not is said."""

from __future__ import annotations

from dataclasses import dataclass

from .clock import now, today
from .fields import MAX_TEXT, NO, YES, Refused, Value, read, show, typed
from .model import FILES, Field
from .text import fold


@dataclass(frozen=True)
class Fitted:
    """The value in its new type, None when it does not fit; `whole` unless some of it was lost on the way."""

    value: Value
    whole: bool


LOST = Fitted(None, False)


def fit(old: Field, new: Field, value: Value) -> Fitted:
    """The value of `old` as the field `new` keeps it; links are the caller's business."""
    if value is None:
        return Fitted(None, True)
    if old.type == new.type != "choice":
        return Fitted(value, True)
    if new.type == "choice":
        return _choice(old, new, _text(old, value))
    if new.type == "bool":
        return _truth(_text(old, value))
    text = _cut(old, new, value)
    try:
        kept = read(new, text)
    except Refused:
        return LOST
    return Fitted(kept, _says_all(old, new, value, text))


def _text(field: Field, value: Value) -> str:
    """The value as a person would type it."""
    if field.type == "bool":
        return "Yes" if value else "No"
    return show(field, value) if field.type in FILES else typed(field, value)


def _choice(old: Field, new: Field, text: str) -> Fitted:
    """The choice of that name, or else the one that it has become; or that it was, where this version goes back."""
    meant = fold(text)
    forward = [now for now, was in new.choices_were if fold(was) == meant]
    back = [was for now, was in old.choices_were if fold(now) == meant]
    names = [meant, *map(fold, [*forward, *back])]
    found = next((choice for name in names for choice in new.choices if fold(choice) == name), None)
    return LOST if found is None else Fitted(found, True)


def _truth(text: str) -> Fitted:
    word = fold(text)
    return Fitted(int(word in YES), True) if word in YES | NO else LOST


def _cut(old: Field, new: Field, value: Value) -> str:
    """What to read the new value from."""
    if old.type in FILES and new.type in FILES:
        return str(value)
    text = _text(old, value)
    if old.type == "datetime" and new.type == "date":
        return text[:10]
    if old.type == "date" and new.type == "datetime":
        return f"{text}T00:00"
    if old.type == "bool" and new.type in ("int", "money"):
        return str(int(bool(value)))
    if old.type == "money" and new.type == "int":
        return text.removesuffix(".00")
    if new.type == "text":
        return " ".join(text.split())[:MAX_TEXT]
    return text


def _says_all(old: Field, new: Field, value: Value, text: str) -> bool:
    if old.type == "datetime" and new.type == "date":
        return str(value)[11:] in ("", "00:00")
    return new.type != "text" or " ".join(_text(old, value).split()) == text


def default(field: Field) -> Value:
    """What stands in a required field that has no value yet; None where only a person can say it."""
    if field.type == "choice":
        return field.choices[0]
    if field.type in ("int", "money", "bool"):
        return 0
    if field.type == "date":
        return today().isoformat()
    if field.type == "datetime":
        return now().isoformat(timespec="minutes")
    return None
