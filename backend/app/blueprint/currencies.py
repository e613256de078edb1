"""Currencies: the words by which a goal speaks of one, and those whose amounts are whole and large."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Currency:
    """A kind of money: the sign that apps write, and the other words for it."""

    sign: str
    words: str
    is_whole: bool = False
    """Whether it has no smaller coins."""
    units: int = 1
    """How many of it buy about what one dollar does, for example prices that people of the country believe."""


# Without words that mean something else as well: "won" of games, "real", "crown", "try", "cad" of drawings.
CURRENCIES: Final = (
    Currency("£", "gbp pound pounds quid sterling"),
    Currency("€", "eur euro euros"),
    Currency("¥", "jpy yen 円", is_whole=True, units=100),
    Currency("CN¥", "cny rmb yuan renminbi 元", units=10),
    Currency("₹", "inr rupee rupees", units=100),
    Currency("CHF", "francs", units=1),
    Currency("₩", "krw 원", is_whole=True, units=1000),
    Currency("₫", "vnd dong", is_whole=True, units=10_000),
    Currency("Rp", "idr rupiah", is_whole=True, units=10_000),
    Currency("Ft", "huf forint forints", is_whole=True, units=100),
    Currency("CLP", "", is_whole=True, units=1000),
    Currency("₲", "pyg guarani guaranies", is_whole=True, units=1000),
    Currency("UGX", "ush", is_whole=True, units=1000),
    Currency("RWF", "frw", is_whole=True, units=1000),
    Currency("ISK", "", is_whole=True, units=100),
    Currency("XAF", "fcfa", is_whole=True, units=100),
    Currency("XOF", "cfa", is_whole=True, units=100),
    Currency("XPF", "cfp", is_whole=True, units=100),
    Currency("zł", "pln zloty zlotys złoty złotych", units=1),
    Currency("Kč", "czk koruna", units=10),
    Currency("kr", "sek nok dkk kronor kroner krona", units=10),
    Currency("₺", "tl lira liras", units=10),
    Currency("₪", "ils shekel shekels", units=1),
    Currency("₴", "uah hryvnia", units=10),
    Currency("₽", "rub ruble rubles rouble roubles", units=100),
    Currency("฿", "thb baht", units=10),
    Currency("₱", "", units=10),
    Currency("₦", "ngn naira", units=1000),
    Currency("R$", "brl reais", units=1),
    Currency("ZAR", "rands", units=10),
    Currency("KSh", "kes ksh", units=100),
    Currency("AED", "dirham dirhams", units=1),
)
_DOLLAR: Final = Currency("$", "usd dollar dollars")
_WORDS: Final = re.compile(r"[^\W\d_]+\$?|[^\w\s]")


def currency_of(sign: str) -> Currency:
    """The currency that is written so; one that is not known has smaller coins."""
    writing = sign.strip().casefold()
    written_so = (currency for currency in CURRENCIES if writing in _writings(currency))
    return next(written_so, Currency(sign, ""))


def currency_in(text: str) -> str:
    """The sign of the money that a text speaks of; dollars where it speaks of none."""
    words = set(_WORDS.findall(text.casefold()))
    spoken_of = (currency for currency in CURRENCIES if words & _writings(currency))
    return next(spoken_of, _DOLLAR).sign


def _writings(currency: Currency) -> frozenset[str]:
    return frozenset({currency.sign.casefold(), *currency.words.split()})
