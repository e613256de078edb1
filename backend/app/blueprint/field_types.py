"""Each type of field, said once: what a designer reads of it, what its values are, and what is tried with it.

Whoever needs to know what a type is like asks here; a new type is a line of this table, and the code for what no
other type does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.blueprint.expressions.catalogue import Kind
from app.blueprint.spec_kinds import FieldType, ViewKind

DISGUISED: Final = "disguised"
"""Begins the name of an example file that is no such thing as its ending says."""


@dataclass(frozen=True)
class TypeOfField:
    """One type of field.

    `sentence` is for designers, `plan` its word in a plan where it differs. `sample` is a pattern of good values,
    which the checks number; `wrong` no app takes; `example` is what the own tests of apps type; `past` lies long
    ago. `steps` are the first number that a calculator is tried with, and what is added from case to case.
    """

    sentence: str
    value: Kind = Kind.TEXT
    plan: str = ""
    sample: str = ""
    wrong: str = ""
    example: str = ""
    past: str = ""
    steps: tuple[str, str] | None = None
    views: tuple[ViewKind, ...] = ()
    """What its values can be put in, beside lists and cards."""
    is_typed: bool = False
    """People type texts of their own, no two of which need be alike."""
    is_long: bool = False
    is_contact: bool = False
    """It reaches somebody, so it is shown to nobody who has not signed in."""
    is_made_up: bool = False
    """The app makes it up; nobody types it."""
    is_counted: bool = False
    """Answers that are counted: so many said yes."""
    is_uploaded: bool = False


_OVER_TIME: Final = (ViewKind.CALENDAR, ViewKind.REVIEW, ViewKind.CHART)
_MEASURED: Final = (ViewKind.RANKING, ViewKind.CHART)

FIELD_TYPES: Final[Mapping[FieldType, TypeOfField]] = {
    FieldType.TEXT: TypeOfField(
        sentence="one line; the default. A record is called by its first text field",
        sample="Zephyr {number}{letter}",
        example="Zebra crossing",
        is_typed=True,
    ),
    FieldType.LONGTEXT: TypeOfField(
        sentence="several lines",
        sample="First line {number}.\nSecond line {number}.",
        example="First line",
        is_typed=True,
        is_long=True,
    ),
    FieldType.INT: TypeOfField(
        sentence="a whole number; may have `lowest`, `highest`, `unit`",
        value=Kind.NUMBER,
        plan="number",
        wrong="many",
        steps=("3", "4"),
        views=_MEASURED,
    ),
    FieldType.DECIMAL: TypeOfField(
        sentence="a number with `digits` after the point (1 to 4, 2 by default); may have limits and a unit",
        value=Kind.NUMBER,
        plan="number",
        sample="1.5",
        wrong="a bit",
        steps=("2.5", "1.25"),
        views=_MEASURED,
    ),
    FieldType.MONEY: TypeOfField(
        sentence="an amount in the app's `currency`; exact",
        value=Kind.MONEY,
        sample="{amount}.50",
        wrong="a lot",
        steps=("12.5", "10.1"),
        views=(*_MEASURED, ViewKind.TOTALS),
    ),
    FieldType.DATE: TypeOfField(
        sentence="a day",
        value=Kind.DATE,
        sample="{day}",
        # Looks like a day and is none: a pattern alone would let it pass.
        wrong="2031-02-30",
        past="2001-02-03",
        views=_OVER_TIME,
    ),
    FieldType.DATETIME: TypeOfField(
        sentence="a day and a time",
        value=Kind.DATETIME,
        sample="{day}T{hour:02}:30",
        wrong="soon",
        past="2001-02-03T04:05",
        views=_OVER_TIME,
    ),
    FieldType.BOOL: TypeOfField(sentence="yes or no", value=Kind.BOOL, sample="1", is_counted=True),
    FieldType.CHOICE: TypeOfField(
        sentence="one of its `choices`; a new record of an entity with moves begins with the first",
        wrong="None of these at all",
        views=(ViewKind.BOARD, ViewKind.CHART),
        is_counted=True,
    ),
    FieldType.EMAIL: TypeOfField(
        sentence="an e-mail address",
        sample="zephyr{number}{letter}@example.com",
        wrong="not an address",
        example="zoe@example.com",
        is_typed=True,
        is_contact=True,
    ),
    FieldType.PHONE: TypeOfField(
        sentence="a phone number",
        sample="+44 20 7946 {number:04}",
        example="+44 20 7946 0000",
        is_typed=True,
        is_contact=True,
    ),
    FieldType.URL: TypeOfField(
        sentence="a web address",
        sample="https://example.com/{number}{letter}",
        # An address that a browser would run on a click.
        wrong="javascript:alert(1)",
        example="https://example.com/a",
        is_typed=True,
    ),
    FieldType.CODE: TypeOfField(
        sentence="eight letters that the app makes up for each record, such as a referral code; never typed in",
        plan="text",
        sample="demo{number:04}{letter}",
        example="demo2345",
        is_made_up=True,
    ),
    FieldType.IMAGE: TypeOfField(
        sentence="a picture that is uploaded",
        sample="zephyr-{number}{letter}.png",
        wrong=f"{DISGUISED}.png",
        example="zebra.png",
        is_uploaded=True,
    ),
    FieldType.FILE: TypeOfField(
        sentence="a file that is uploaded",
        sample="zephyr-{number}{letter}.pdf",
        wrong=f"{DISGUISED}.pdf",
        example="zebra.pdf",
        is_uploaded=True,
    ),
    FieldType.REF: TypeOfField(
        sentence=(
            "a link to a record of the entity named by `ref`. `on_delete`: cascade (is deleted with it; so it is "
            "for a required ref), restrict (keeps it from being deleted), set_null (is emptied; never if required)"
        ),
        value=Kind.LINK,
        wrong="987654321",
        views=(ViewKind.CHART,),
    ),
}


def types_that(are: Callable[[TypeOfField], bool]) -> frozenset[FieldType]:
    """The types whose description is so."""
    return frozenset(name for name, described in FIELD_TYPES.items() if are(described))


NUMBERS: Final = types_that(lambda described: described.steps is not None)
DATES: Final = types_that(lambda described: described.value in (Kind.DATE, Kind.DATETIME))
UPLOADED: Final = types_that(lambda described: described.is_uploaded)
"""Types whose values are files."""
CONTACTS: Final = types_that(lambda described: described.is_contact)
PRIVATE: Final = types_that(lambda described: described.is_contact or described.is_made_up)
"""Types whose values no visitor sees: whoever reads the code of another speaks for them."""
TYPED: Final = types_that(lambda described: described.is_typed)
"""Types whose values are texts of one's own."""
ONE_LINE: Final = types_that(lambda described: described.is_typed and not described.is_long)
"""Types by whose values a record can be called."""
WRITTEN: Final = types_that(
    lambda described: described.is_typed and not described.wrong and not described.is_contact
)
"""Types that take any text."""
COUNTED: Final = types_that(lambda described: described.is_counted)
