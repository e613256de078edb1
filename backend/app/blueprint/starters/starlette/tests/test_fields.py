"""What is typed is read as it was meant, or refused with how to write it; it is never guessed."""

from __future__ import annotations

import pytest

from app.fields import Refused, money, read, typed
from app.model import Field
from app.schema import ABOUT

PRICE, COUNT, PAID, DAY = (Field(kind, kind, kind) for kind in ("money", "int", "bool", "date"))


@pytest.mark.parametrize("text", ["7", f"{ABOUT.currency}7", f"7 {ABOUT.currency}", "7.00"])
def test_an_amount_is_read_and_written_again(text: str) -> None:
    assert read(PRICE, text) == read(PRICE, typed(PRICE, 700)) == read(PRICE, money(700, ABOUT.currency)) == 700


@pytest.mark.parametrize("text", ["a lot", "-5", "12 apples", "5k", ".", "1e3", "nan", "1,234,56,7", "25 50", "5 XYZ"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read(PRICE, text)


@pytest.mark.parametrize(("field", "text"), [(COUNT, "1.5"), (PAID, "maybe"), (DAY, "05/06/2030"), (DAY, "2030-02-30")])
def test_what_can_be_read_in_two_ways_or_none_is_refused(field: Field, text: str) -> None:
    with pytest.raises(Refused):
        read(field, text)


def test_a_whole_number_has_thousands_and_no_decimals() -> None:
    assert read(COUNT, "1,234") == 1234
