"""The lines of totals that spreadsheets write within and below a table, told from records by their words."""

from __future__ import annotations

import re

from .text import fold

TOTALS = frozenset(map(fold, "total totals sum summe gesamt gesamtsumme insgesamt somme totaal totale suma razem итого всего celkem yhteensä toplam 合計 合计 합계".split())) | {"grand total", "total general", "total général"}
# What stands with such a word below a table when more than one line does: "Grand total (2 items)", "Closing balance".
BELOW = TOTALS | frozenset("subtotal saldo solde".split())
BELOW_WITH_OTHERS = BELOW | frozenset("balance average mean count".split())
BESIDE_TOTALS = BELOW_WITH_OTHERS | frozenset("grand sub general amount net gross vat tax due opening closing final of all in for the items lines rows entries records".split())
IN_BRACKETS = re.compile(r"\([^()]*\)")


def first_filled(texts: list[str]) -> list[str]:
    """The first cell that holds something."""
    return [text for text in texts if text.strip()][:1]


def is_total(text: str, is_below: bool) -> bool:
    """Whether a line begins with the word of totals, or, below the table, with nothing but words of such lines."""
    cell = fold(text).strip(" :=.")
    words = re.findall(r"\w+", IN_BRACKETS.sub("", cell))
    heads = BELOW_WITH_OTHERS if len(words) > 1 else BELOW
    return cell in TOTALS or is_below and bool(heads.intersection(words)) and BESIDE_TOTALS.issuperset(words)
