"""How each type of field is read from a form, checked, and shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from .amounts import SCIENTIFIC, SHORTENED, Refused, amount, decimal, plainly, whole_number, written
from .dates import read_date, read_datetime
from .kinds import PICTURES
from .model import FILES, Field
from .schema import ABOUT
from .text import clean, digits, fold, is_blank

Value = str | int | None

MAX_TEXT = 200
MAX_LONGTEXT = 5_000
# Without the marks that make a list, a comment or coded words of an address, or more than an address of a link.
_MARK = r"[^@\s<>()\[\]\\,;:\"?]"
EMAIL = re.compile(rf"{_MARK}+@(?:(?!\.){_MARK})+(?:\.(?:(?!\.){_MARK})+)+\Z")
PHONE = re.compile(r"[0-9+()./ -]{3,40}(?: ?(?:,|;|#|x|ext\.?|extension) ?[0-9]{1,8})?", re.IGNORECASE)
FEWEST_DIGITS = 3
CALLED = re.compile(r"^(?:tel|phone|mobile|fax)[.:]+ ?", re.IGNORECASE)
EMPTY = {"choice": "Choose one.", "ref": "Choose one.", "image": "Choose a picture.", "file": "Choose a file."}
HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-") | {"\uff0b": "+"})
# Spreadsheets write yes and no in the language of their country.
YES = frozenset(map(fold, "yes y true t v s 1 1.0 on x ✓ ✔ ☑ ✅ ja j wahr oui vrai si sim verdadero verdadeiro vero tak prawda waar sant sand sann tosi kylla igen igaz evet dogru ano da ναι αληθησ да истина так правда はい 是 真 예 نعم כן".split()))
NO = frozenset(map(fold, "no n false f 0 0.0 off ☐ ✗ ✘ ❌ nein falsch non faux nao falso nie falsz onwaar nee nej falskt falsk epatosi ei nem hamis hayir yanlis ne nu οχι ψευδησ нет ложь ні хибність いいえ 否 假 아니요 لا לא".split()))
URL = re.compile(r"^https?://[^\s<>\"']+$")
DONE = frozenset(
    "accepted active adopted answered approved attended available closed coming collected completed confirmed "
    "delivered done finished fixed good hired paid passed present published received returned sent served "
    "solved used won".split()
)
CALLED_OFF = frozenset(
    "absent cancelled declined ended left lost paused rejected retired withdrawn unsubscribed".split()
)
PRESSING = frozenset("behind due empty exceeded expired late low missing over overdue short unpaid urgent".split())
FILE = re.compile(r"[0-9a-f]{32}\.([a-z0-9]{2,4})/([^/\n]{1,120})")
"""How a record keeps a file: its key, the ending that says what it is, and the name that it was sent with."""
REFUSED_FILE = "refused: "
NO_FILE = "A file cannot come from here. Choose it on the form of the record itself."
NO_PICTURE = "Choose a picture: JPEG, PNG, GIF or WebP."
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def read(field: Field, raw: str, *, order: str = "") -> Value:
    """The value to keep for what was typed; Refused says what is wrong with it.

    `order` says whether the day or the month comes first in a column of dates.
    """
    text = "" if is_blank(raw) else clean(raw.replace("\r\n", "\n")).strip()
    if field.type == "bool":
        return _bool(text)
    if not text:
        if field.required and not field.starts_as:
            raise Refused(EMPTY.get(field.type, "Please fill this in."))
        return None
    if CONTROL.search(text):
        raise Refused("This holds characters that cannot be kept.")
    return _bounded(field, _read(field, text, order))


def _read(field: Field, text: str, order: str) -> Value:
    if field.type == "date":
        return read_date(text, order).isoformat()
    if field.type == "datetime":
        return read_datetime(text, order).isoformat(timespec="minutes")
    return READERS[field.type](field, text)


def _bounded(field: Field, value: Value) -> Value:
    """The number, unless it lies outside the limits of the field."""
    if field.lowest is not None and isinstance(value, int) and value < field.lowest:
        raise Refused(f"Enter {_plain(field, field.lowest)} or more.")
    if field.highest is not None and isinstance(value, int) and value > field.highest:
        raise Refused(f"Enter {_plain(field, field.highest)} or less.")
    return value


def _plain(field: Field, value: int) -> str:
    return show(field, value, currency=ABOUT.currency)


def _bool(text: str) -> Value:
    """Yes or no; an empty cell, like a box without its tick, is no."""
    word = fold(text)
    if word and word not in YES | NO:
        raise Refused("Write Yes or No.")
    return int(word in YES)


def _text(field: Field, text: str) -> Value:
    if len(text) > MAX_TEXT:
        raise Refused(f"Keep it under {MAX_TEXT} characters.")
    return " ".join(text.split())


def _longtext(field: Field, text: str) -> Value:
    if len(text) > MAX_LONGTEXT:
        raise Refused(f"Keep it under {MAX_LONGTEXT} characters.")
    return text


def _int(field: Field, text: str) -> Value:
    return whole_number(_without_unit(field, text), negative=field.negative)


def _decimal(field: Field, text: str) -> Value:
    return decimal(_without_unit(field, text), field.digits, negative=field.negative)


def _without_unit(field: Field, text: str) -> str:
    """The number alone, where somebody wrote its unit behind it as the pages do."""
    number, unit = text[: -len(field.unit)].rstrip() if field.unit else text, fold(field.unit)
    is_followed = unit and fold(text).endswith(unit) and number[-1:].isdigit()
    return number if is_followed else text


def _money(field: Field, text: str) -> Value:
    return amount(text, ABOUT.currency, negative=field.negative)


def _choice(field: Field, text: str) -> Value:
    if text in field.choices:
        return text
    meant = [choice for choice in field.choices if fold(choice) == fold(text)]
    if len(meant) != 1:
        raise Refused("Choose one of the list.")
    return meant[0]


def _phone(field: Field, text: str) -> Value:
    """A phone number without unseen marks, with plain hyphens."""
    number = CALLED.sub("", " ".join(digits(text).translate(HYPHENS).split()))
    if SCIENTIFIC.fullmatch(number):
        raise Refused(SHORTENED)
    if not PHONE.fullmatch(number) or len(re.findall("[0-9]", number)) < FEWEST_DIGITS:
        raise Refused("Enter a phone number, such as +44 20 7946 0000.")
    return number


def _email(field: Field, text: str) -> Value:
    return _matching(EMAIL, re.sub("^mailto:", "", _narrow(text), flags=re.IGNORECASE), "Enter an e-mail address such as ana@example.com.")


def _url(field: Field, text: str) -> Value:
    """A web address; one that begins as most do needs no scheme."""
    address = re.sub("^https?:", lambda found: found[0].lower(), _narrow(text), flags=re.IGNORECASE)
    address = f"https://{address}" if re.match(r"www\.[^\s.]", address, re.IGNORECASE) else address
    return _matching(URL, address, "Enter a web address that starts with https://.")


def _narrow(text: str) -> str:
    """The text with the letters and signs that East Asian keyboards write wide as any other writes them."""
    return "".join(chr(ord(mark) - 0xFEE0) if "\uff01" <= mark <= "\uff5e" else mark for mark in text)


def _matching(pattern: re.Pattern[str], text: str, hint: str) -> Value:
    if len(text) > MAX_TEXT or not pattern.match(text):
        raise Refused(hint)
    return text


def _file(field: Field, text: str) -> Value:
    """A file that waits for its record, or that the record has already."""
    if text.startswith(REFUSED_FILE):
        raise Refused(text.removeprefix(REFUSED_FILE))
    found = FILE.fullmatch(text)
    if found is None:
        raise Refused(NO_FILE)
    if field.type == "image" and found[1] not in PICTURES:
        raise Refused(NO_PICTURE)
    return text


def file_name(value: Value) -> str:
    """The name that a file was sent with; nothing where no file is."""
    found = FILE.fullmatch(str(value or ""))
    return found[2] if found else ""


def _ref(field: Field, text: str) -> Value:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Refused("Choose one of the list.")
    return int(text)


READERS: dict[str, Callable[[Field, str], Value]] = {
    "text": _text,
    "code": _text,
    "longtext": _longtext,
    "int": _int,
    "decimal": _decimal,
    "money": _money,
    "choice": _choice,
    "email": _email,
    "phone": _phone,
    "url": _url,
    "image": _file,
    "file": _file,
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


def is_pressing(field: Field, value: Value) -> bool:
    """Whether it is a figure that says that somebody has to do something, such as “Low” or “Expired”."""
    return bool(value and field.sql and field.type == "bool" and set(field.label.lower().split()) & PRESSING)


def show(field: Field, value: Value, *, currency: str = "") -> str:
    """The value as a person reads it."""
    if value is None:
        return ""
    if field.type == "money":
        return money(int(value), currency)
    if field.type == "bool":
        return "Yes" if value else "No"
    if field.type in FILES:
        return file_name(value)
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
    return written(cents, currency)


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
        return plainly(int(value), ABOUT.currency)
    if field.type == "decimal":
        return str(Decimal(int(value)).scaleb(-field.digits))
    return str(value)
