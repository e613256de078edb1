"""Each type of field is described once, and whoever asks for a value of it gets one."""

from __future__ import annotations

import pytest

from app.blueprint.field_types import CONTACTS, DATES, FIELD_TYPES, NUMBERS, ONE_LINE, TYPED, UPLOADED, WRITTEN
from app.blueprint.spec import FieldType

OF_THE_FIELD = {FieldType.CHOICE, FieldType.INT, FieldType.REF}
"""Types whose good values depend on the field: its choices, its limits, the records that there are."""
TAKES_ANYTHING = WRITTEN | {FieldType.BOOL, FieldType.PHONE, FieldType.CODE}
"""Types that refuse no text, those that nobody types, and phones, which are told from words by their own test."""


def test_every_type_is_described() -> None:
    assert set(FIELD_TYPES) == set(FieldType)


@pytest.mark.parametrize("kind", FieldType)
def test_every_type_has_a_good_value_and_one_that_is_refused(kind: FieldType) -> None:
    described = FIELD_TYPES[kind]
    assert described.sentence
    assert bool(described.sample) == (kind not in OF_THE_FIELD)
    assert bool(described.wrong) == (kind not in TAKES_ANYTHING)
    assert bool(described.past) == (kind in DATES)


def test_what_is_asked_of_types_goes_by_their_descriptions() -> None:
    assert {FieldType.INT, FieldType.DECIMAL, FieldType.MONEY} == NUMBERS
    assert {FieldType.EMAIL, FieldType.PHONE} == CONTACTS
    assert {FieldType.IMAGE, FieldType.FILE} == UPLOADED
    assert {FieldType.LONGTEXT} == TYPED - ONE_LINE
