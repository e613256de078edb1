"""How each type of field is read from a form, checked, and shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from .model import Field
from .schema import ABOUT

Value = str | int | None

MAX_TEXT = 200
MAX_LONGTEXT = 5_000
MAX_NUMBER = 1_000_000_000
LONGEST_AMOUNT = 40
EMAIL = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+$")
PHONE = re.compile(r"^[0-9+()./ -]{4,30}$")
URL = re.compile(r"^https?://[^\s<>\"']+$")
DONE = frozenset(
    "accepted active adopted answered approved attended available closed coming collected completed confirmed "
    "delivered done finished fixed good hired paid passed present published received returned sent served "
    "solved used won".split()
)
CALLED_OFF = frozenset(
    "absent cancelled declined ended left lost paused rejected retired withdrawn unsubscribed".split()
)
DECIMAL_NUMBER = re.compile(r"(-)?(\d{1,9})(?:[.,](\d{1,9}))?")
WHOLE = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)")
SIGN = rf"(?:{re.escape(ABOUT.currency)}|[$¢£¤¥\u20a0-\u20cf]|[A-Z]{{3}})"
PRICED = re.compile(rf"{SIGN}? ?([0-9.,' ]*[0-9][.,]?) ?{SIGN}?")
DECIMALS = re.compile(r"(.*?)(?:([.,])([0-9]{0,2}))?")
GROUPED = re.compile(r"[0-9]*|[1-9][0-9]{0,2}([.,' ])[0-9]{3}(?:\1[0-9]{3})*")
UNCLEAR = "This amount can be read in two ways. Write it without marks between thousands, such as 1234.50 or 1234,50."
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Refused(ValueError):
    """A value that the field does not take; the message is for the person who typed it."""


def read(field: Field, raw: str) -> Value:
    """The value to keep for what was typed; Refused says what is wrong with it."""
    text = raw.replace("\r\n", "\n").strip()
    if field.type == "bool":
        return int(text in ("1", "on", "yes", "true"))
    if not text:
        if field.required:
            raise Refused("Choose one." if field.type in ("choice", "ref") else "Please fill this in.")
        return None
    if CONTROL.search(text):
        raise Refused("This holds characters that cannot be kept.")
    return _bounded(field, READERS[field.type](field, text))


def _bounded(field: Field, value: Value) -> Value:
    """The number, unless it lies outside the limits of the field."""
    if field.lowest is not None and isinstance(value, int) and value < field.lowest:
        raise Refused(f"Enter {_plain(field, field.lowest)} or more.")
    if field.highest is not None and isinstance(value, int) and value > field.highest:
        raise Refused(f"Enter {_plain(field, field.highest)} or less.")
    return value


def _plain(field: Field, value: int) -> str:
    return show(field, value, currency=ABOUT.currency)


def _text(field: Field, text: str) -> Value:
    if len(text) > MAX_TEXT:
        raise Refused(f"Keep it under {MAX_TEXT} characters.")
    return " ".join(text.split())


def _longtext(field: Field, text: str) -> Value:
    if len(text) > MAX_LONGTEXT:
        raise Refused(f"Keep it under {MAX_LONGTEXT} characters.")
    return text


def _int(field: Field, text: str) -> Value:
    if not WHOLE.fullmatch(text):
        raise Refused("Enter a whole number.")
    number = int(text.replace(",", "")) if len(text) < 20 else MAX_NUMBER
    if number < 0 and (field.lowest is None or field.lowest >= 0):
        raise Refused("Enter a number from 0 to 999,999,999.")
    if abs(number) >= MAX_NUMBER:
        raise Refused("Enter a number up to 999,999,999.")
    return number


def _decimal(field: Field, text: str) -> Value:
    match = DECIMAL_NUMBER.fullmatch(text)
    if match is None:
        raise Refused(f"Enter a number such as {7.5:.{field.digits}f}.")
    if len(match[3] or "") > field.digits:
        raise Refused(f"Enter at most {field.digits} digits after the point.")
    number = int(match[2] + (match[3] or "").ljust(field.digits, "0")) * (-1 if match[1] else 1)
    if number < 0 and (field.lowest is None or field.lowest >= 0):
        raise Refused("Enter a number of 0 or more.")
    return number


def _money(field: Field, text: str) -> Value:
    found = PRICED.fullmatch(" ".join(text.replace("’", "'").split())) if len(text) <= LONGEST_AMOUNT else None
    if found is None:
        raise Refused("Enter an amount such as 12.50.")
    cents = _cents(found[1])
    if cents >= MAX_NUMBER * 100:
        raise Refused("Enter an amount from 0 to 999,999,999.")
    return cents


def _cents(number: str) -> int:
    """An amount in either convention: a mark before one or two last digits is decimal, others part thousands."""
    decimals = DECIMALS.fullmatch(number)
    whole, mark, part = decimals.groups("") if decimals else ("", "", "")
    grouped = GROUPED.fullmatch(whole)
    between = (grouped[1] or "") if grouped else ""
    same_mark = bool(mark) and between == mark
    may_be_decimal = not mark and between in (".", ",") and whole.count(between) == 1
    if grouped is None or same_mark or may_be_decimal:
        raise Refused(UNCLEAR)
    return int("".join(re.findall("[0-9]", whole)) or 0) * 100 + int(part.ljust(2, "0"))


def _date(field: Field, text: str) -> Value:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused("Enter a date such as 2030-05-31.") from None


def _datetime(field: Field, text: str) -> Value:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("Enter a date and time such as 2030-05-31 18:30.") from None
    return when.replace(tzinfo=None, second=0, microsecond=0).isoformat(timespec="minutes")


def _choice(field: Field, text: str) -> Value:
    if text not in field.choices:
        raise Refused("Choose one of the list.")
    return text


def _like(pattern: re.Pattern[str], hint: str) -> Callable[[Field, str], Value]:
    def reader(field: Field, text: str) -> Value:
        if len(text) > MAX_TEXT or not pattern.match(text):
            raise Refused(hint)
        return text

    return reader


def _ref(field: Field, text: str) -> Value:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Refused("Choose one of the list.")
    return int(text)


READERS: dict[str, Callable[[Field, str], Value]] = {
    "text": _text,
    "longtext": _longtext,
    "int": _int,
    "decimal": _decimal,
    "money": _money,
    "date": _date,
    "datetime": _datetime,
    "choice": _choice,
    "email": _like(EMAIL, "Enter an e-mail address such as ana@example.com."),
    "phone": _like(PHONE, "Enter a phone number, such as +44 20 7946 0000."),
    "url": _like(URL, "Enter a web address that starts with https://."),
    "ref": _ref,
}


def tone(field: Field, value: Value) -> str:
    """The colour of a choice: green when all is done, grey when it came to nothing, else one of five."""
    if set(str(value).lower().split()) & CALLED_OFF:
        return "tone5"
    done = [choice for choice in field.choices if set(choice.lower().split()) & DONE]
    # What was sent is not paid yet: only the furthest that a record can come is green.
    if value in done[-1:]:
        return "good"
    return f"tone{field.choices.index(str(value)) % 5}" if value in field.choices else "tone5"


def show(field: Field, value: Value, *, currency: str = "") -> str:
    """The value as a person reads it."""
    if value is None:
        return ""
    if field.type == "money":
        return money(int(value), currency)
    if field.type == "bool":
        return "Yes" if value else "No"
    if field.type == "date":
        return day(str(value))
    if field.type == "datetime":
        return f"{day(str(value))}, {clock(str(value))}"
    if field.type == "int":
        return _with_unit(field, f"{int(value):,}" if not field.name.endswith("year") else str(value))
    if field.type == "decimal":
        return _with_unit(field, f"{Decimal(int(value)).scaleb(-field.digits):,}")
    return str(value)


def _with_unit(field: Field, number: str) -> str:
    return f"{number} {field.unit}" if field.unit else number


def money(cents: int, currency: str) -> str:
    """An amount with its currency sign."""
    return f"{currency}{cents / 100:,.2f}"


def day(iso: str) -> str:
    """A date such as "Tue 3 Mar 2026"."""
    when = date.fromisoformat(iso[:10])
    return f"{when:%a} {when.day} {when:%b %Y}"


def clock(iso: str) -> str:
    """The time of day of a date and time, or nothing for a date."""
    return iso[11:16]


def typed(field: Field, value: Value) -> str:
    """The value as a form shows it for editing."""
    if value is None:
        return ""
    if field.type == "money":
        return f"{int(value) / 100:.2f}"
    if field.type == "decimal":
        return str(Decimal(int(value)).scaleb(-field.digits))
    return str(value)
