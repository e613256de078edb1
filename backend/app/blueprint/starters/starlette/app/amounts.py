"""How numbers and amounts of money are written: each in exactly one way, or not at all."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .text import clean, digits, fold


class Refused(ValueError):
    """A value that the field does not take; the message is for the person who typed it."""


class Unnamed(Refused):
    """A line of a file that does not name all columns that are needed; `found` is how many it names."""

    def __init__(self, why: str, found: int) -> None:
        super().__init__(why)
        self.found = found


class Foreign(Refused):
    """An amount in another currency than the app's."""


@dataclass(frozen=True)
class Currency:
    """A kind of money: its code, the other ways to write it, and how many decimals it has."""

    code: str
    writings: str
    decimals: int = 2


CURRENCIES = (
    Currency("USD", "$ us$ usd$ dollar dollars"), Currency("EUR", "€ euro euros"),
    Currency("GBP", "£ pound pounds"), Currency("JPY", "¥ jp¥ 円 yen", 0), Currency("CNY", "cn¥ 元 rmb yuan"),
    Currency("INR", "₹ rs rs. rupee rupees"), Currency("KRW", "₩ 원 won", 0), Currency("VND", "₫ đ dong", 0),
    Currency("CHF", "fr fr. sfr francs"), Currency("AUD", "a$ au$"), Currency("CAD", "c$ ca$"), Currency("NZD", "nz$"),
    Currency("SGD", "s$"), Currency("HKD", "hk$"), Currency("TWD", "nt$"), Currency("MXN", "mx$"), Currency("BRL", "r$"),
    Currency("SEK", "kr kr."), Currency("NOK", "kr kr."), Currency("DKK", "kr kr."), Currency("ISK", "kr kr.", 0),
    Currency("PLN", "zł"), Currency("CZK", "kč"), Currency("HUF", "ft", 0), Currency("RON", "lei"),
    Currency("RUB", "₽"), Currency("UAH", "₴"), Currency("TRY", "₺ tl"), Currency("ILS", "₪"), Currency("THB", "฿"),
    Currency("PHP", "₱"), Currency("NGN", "₦"), Currency("GHS", "₵"), Currency("KZT", "₸"), Currency("CRC", "₡"),
    Currency("ZAR", "r"), Currency("KES", "ksh"), Currency("AED", "dh"), Currency("IDR", "rp", 0),
    Currency("CLP", "clp$", 0), Currency("COP", "cop$"), Currency("PYG", "₲", 0), Currency("UGX", "ush", 0),
    Currency("XAF", "fcfa", 0), Currency("XOF", "cfa", 0), Currency("XPF", "cfp", 0), Currency("RWF", "frw", 0),
)  # fmt: skip
LONGEST = 40
LARGEST = 1_000_000_000
SIGNED = re.compile(r"(?P<open>\()?(?P<minus>[-+])? ?(?P<before>[^0-9.,'()+ -]*|[^0-9,'()+ -]+) ?(?P<within>\()?(?P<inner>-)? ?(?P<number>[0-9.,' ]*[0-9][.,]?) ?(?P<after>[^0-9,'() -]*) ?(?P<last>-)?(?:(?P<close>\)) ?(?P<behind>[^0-9,.'() -]*))?")
NOTHING = re.compile(r"(?P<word>[^0-9,'() -]+) ?-")
"""How spreadsheets write nought as an amount."""
PLAIN_SIGN = re.compile(r"\((?P<within>[^()+-]+)\)|(?P<before>[-+]?) ?(?P<number>[^()+-]+?) ?(?P<after>-?)")
MARKED = re.compile(r"(?P<whole>.*?)(?:(?P<mark>[.,])(?P<part>[0-9]*))?")
GROUPED = re.compile(r"[0-9]*|[1-9][0-9]{0,2}([.,' ])[0-9]{3}(?:\1[0-9]{3})*")
INDIAN = re.compile(r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}")
QUOTED = re.compile(r'"([^"]*)"')
SCIENTIFIC = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?e[+-]?[0-9]+", re.IGNORECASE)
ALIKE = {
    **str.maketrans("\u2212\u2013\u2012\u2019\u2018\u02bc\u066b\u066c", "---'''.'"),
    **{ord(mark) + 0xFEE0: mark for mark in "(),-.%$"},
}
"""Signs of numbers as keyboards and scripts write them; those of full width too."""
COMMA, POINTED = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}"), re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
SUCH_AS = "Enter an amount such as 12.50."
UNCLEAR = "This amount can be read in two ways. Write it without marks between thousands, such as 1234.50 or 1234,50."
TWO_WAYS = "This number can be read in two ways. Write it without marks between thousands, such as 1234."
SHORTENED = "A spreadsheet has shortened this number. Show the column as plain numbers, and save the file again."


def currency_of(sign: str) -> Currency:
    """The currency that the app's sign stands for; an unknown one has two decimals."""
    word = fold(sign)
    known = (one for one in CURRENCIES if word in (fold(one.code), *map(fold, one.writings.split())))
    return next(known, Currency(sign, sign))


def currency_in(code: str) -> str:
    """The currency that the format of a cell writes, by its sign or in quotes by its code; a unit such as ft is none."""
    sign = next((mark for mark in code if unicodedata.category(mark) == "Sc"), "")
    quoted = QUOTED.findall(code)
    return sign or next((word.strip() for word in quoted if word.strip() in {one.code for one in CURRENCIES}), "")


def whole_number(text: str, *, negative: bool = False) -> int:
    """A whole number; Refused says how to write it."""
    number, is_negative = _without_sign(_plain(text), "Enter a whole number.")
    if POINTED.fullmatch(number):
        raise Refused(TWO_WAYS)
    whole, part = _parts(number, thousands=",", otherwise="Enter a whole number.")
    if part.strip("0"):
        raise Refused("Enter a whole number.")
    return _in_range(-whole if is_negative else whole, LARGEST, negative, "a number")


def decimal(text: str, places: int, *, negative: bool = False) -> int:
    """A number with decimals, as a whole number of its last place; Refused says how to write it."""
    example = f"Enter a number such as {7.5:.{places}f}."
    number, is_negative = _without_sign(_plain(text), example)
    if COMMA.fullmatch(number):
        raise Refused(f"This number can be read in two ways. Write it with a point, such as {7.5:.{places}f}.")
    whole, part = _parts(number, thousands="", otherwise=example)
    if len(part.rstrip("0")) > places:
        raise Refused(f"Enter at most {places} digits after the point.")
    value = whole * 10**places + int(part[:places].ljust(places, "0") or 0)
    return _in_range(-value if is_negative else value, LARGEST * 10**places, negative, "a number")


def amount(text: str, sign: str, *, negative: bool = False) -> int:
    """An amount in hundredths of the app's currency; Refused for another one, and for what can be read in two ways."""
    plain = _plain(text)
    _refuse_shortened(plain)
    own = currency_of(sign)
    found = SIGNED.fullmatch(plain) if len(plain) <= LONGEST else None
    if found is None:
        return _nothing(plain, sign, own)
    for word in (found["before"], found["after"], found["behind"] or ""):
        _refuse_foreign(word.strip(), sign, own)
    opened, marks = bool(found["open"] or found["within"]), [bool(found[part]) for part in ("minus", "inner", "last")]
    if opened != bool(found["close"]) or sum(marks) + bool(found["open"]) + bool(found["within"]) > 1:
        raise Refused(SUCH_AS)
    number = found["number"].strip()
    if own.decimals and (COMMA.fullmatch(number) or POINTED.fullmatch(number)):
        raise Refused(UNCLEAR)
    whole, part = _parts(number, thousands="" if own.decimals else ".,", otherwise=UNCLEAR)
    if part[own.decimals :].strip("0"):
        raise Refused("Enter at most two digits after the point." if own.decimals else f"{sign} has no smaller coins; enter a whole amount.")
    hundredths = whole * 100 + int(part[:2].ljust(2, "0"))
    is_negative = opened or found["minus"] == "-" or any(marks[1:])
    return _in_range(-hundredths if is_negative else hundredths, LARGEST * 100, negative, "an amount")


def _nothing(plain: str, sign: str, own: Currency) -> int:
    """Nought, where spreadsheets write the currency and a dash for it; Refused for anything else."""
    found = NOTHING.fullmatch(plain)
    if found is None:
        raise Refused(SUCH_AS)
    _refuse_foreign(found["word"], sign, own)
    return 0


def written(hundredths: int, sign: str) -> str:
    """An amount with its currency sign."""
    decimals = currency_of(sign).decimals
    whole, part = divmod(abs(hundredths) if decimals else _rounded(abs(hundredths)), 100)
    minus = "-" if hundredths < 0 else ""
    gap = " " if sign[-1:].isalpha() else ""
    return f"{minus}{sign}{gap}{whole:,}" + (f".{part:02d}" if decimals else "")


def plainly(hundredths: int, sign: str) -> str:
    """An amount as a form shows it for editing."""
    decimals = currency_of(sign).decimals
    whole, part = divmod(abs(hundredths) if decimals else _rounded(abs(hundredths)), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}" + (f".{part:02d}" if decimals else "")


def _rounded(hundredths: int) -> int:
    return (hundredths + 50) // 100 * 100


def _plain(text: str) -> str:
    """The text with one kind of space, minus, apostrophe and digits, and without unseen marks."""
    # A space after the decimals' mark would be folded away, so the text is not folded.
    found = digits(clean(text)).translate(ALIKE)
    return " ".join(found.split())


def _refuse_shortened(text: str) -> None:
    if SCIENTIFIC.fullmatch(text):
        raise Refused(SHORTENED)


def currency_named(text: str) -> str:
    """The code or sign of a currency, where the text is nothing else."""
    word = text.strip()
    is_sign = len(word) == 1 and unicodedata.category(word) == "Sc"
    return word if is_sign or word.upper() in {one.code for one in CURRENCIES} else ""


def refuse_foreign(word: str, sign: str) -> None:
    """Foreign where the word is of another currency than the app's."""
    _refuse_foreign(word, sign, currency_of(sign))


def _refuse_foreign(word: str, sign: str, own: Currency) -> None:
    if not word:
        return
    meant = fold(word)
    ours = {fold(own.code), fold(sign), *map(fold, own.writings.split())}
    if meant not in ours:
        known = any(meant in (fold(one.code), *map(fold, one.writings.split())) for one in CURRENCIES)
        is_money = known or len(word) <= 4
        raise Foreign(f"This is an amount in “{word}”; amounts here are in {sign}.") if is_money else Refused(SUCH_AS)


def _without_sign(plain: str, otherwise: str) -> tuple[str, bool]:
    """A number without its sign, and whether it is below nought, as in -5, 5- and (5)."""
    _refuse_shortened(plain)
    found = PLAIN_SIGN.fullmatch(plain) if len(plain) <= LONGEST else None
    if found is None or (found["before"] and found["after"]):
        raise Refused(otherwise)
    number = found["within"] or found["number"]
    return number.strip(), bool(found["within"] or found["before"] == "-" or found["after"])


def _parts(number: str, *, thousands: str, otherwise: str) -> tuple[int, str]:
    """The whole number and the digits behind its decimal mark, in either convention; Refused for any other writing.

    The last mark is the decimal one, unless it comes more than once, or is one of those that part `thousands` here
    and has three digits behind it.
    """
    found = MARKED.fullmatch(number)
    whole, mark, part = found.groups("") if found else ("", "", "")
    groups = GROUPED.fullmatch(whole)
    is_group = mark in thousands and len(part) == 3 and GROUPED.fullmatch(number)
    if mark and (mark in whole or is_group):
        whole, mark, part, groups = number, "", "", GROUPED.fullmatch(number)
    is_indian = INDIAN.fullmatch(whole) and mark != ","
    if not re.search("[0-9]", number) or not (groups or is_indian):
        raise Refused(otherwise)
    return int("".join(re.findall("[0-9]", whole)) or 0), part


def _in_range(value: int, limit: int, negative: bool, what: str) -> int:
    if value < 0 and not negative:
        raise Refused(f"Enter {what}, 0 or more.")
    if abs(value) >= limit:
        least = "-999,999,999" if negative else "0"
        raise Refused(f"Enter {what} from {least} to 999,999,999.")
    return value
