"""What is typed is read as it was meant, or refused with how to write it; it is never guessed."""

from __future__ import annotations

import pytest

from app.fields import Refused, read
from app.model import Field
from app.schema import ABOUT

PRICE, COUNT = Field("price", "Price", "money"), Field("count", "Count", "int")


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("25", 2500), ("25.50", 2550), ("25,50", 2550), ("25,5", 2550), (",50", 50), ("0.05", 5), ("1234.5", 123450),
        ("1,234.50", 123450), ("1.234,50", 123450), ("1 234,50", 123450), ("1\u202f234,50", 123450),
        ("1'234.50", 123450), ("1,234,567", 123456700), ("1.234.567", 123456700), ("1.234.567,8", 123456780),
        ("€ 25,50", 2550), ("25,50 €", 2550), ("25.50 EUR", 2550), ("$1,234.50", 123450), (f"{ABOUT.currency}7", 700),
    ],
)  # fmt: skip
def test_money_is_read_in_both_conventions(typed: str, cents: int) -> None:
    assert read(PRICE, typed) == cents


@pytest.mark.parametrize("typed", ["1.234", "1,234", "1,2345", "12.345", "1234,567", "0.500", "1.23.45", "1.234.50"])
def test_money_that_can_be_read_in_two_ways_is_refused_with_how_to_write_it(typed: str) -> None:
    with pytest.raises(Refused, match=r"such as 1234\.50 or 1234,50"):
        read(PRICE, typed)


@pytest.mark.parametrize("typed", ["a lot", "-5", "12 apples", "5k", ".", "1e3", "nan", "€", "1,234,56,7", "25 50"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        read(PRICE, typed)


def test_a_whole_number_has_thousands_and_no_decimals() -> None:
    assert read(COUNT, "1,234") == 1234
    for typed in ("1,5", "1.5", "1,23", "12,3456"):
        with pytest.raises(Refused):
            read(COUNT, typed)
