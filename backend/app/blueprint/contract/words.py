"""A sentence for each type of field, kind of rule and view; a test holds that none is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.blueprint.spec import FieldType, MessageKind, RuleKind, ViewKind
from app.blueprint.spec_site import SectionKind

FIELD_TYPES: Final[Mapping[FieldType, str]] = {
    FieldType.TEXT: "one line; the default. A record is called by its first text field",
    FieldType.LONGTEXT: "several lines",
    FieldType.INT: "a whole number; may have `lowest`, `highest`, `unit`",
    FieldType.DECIMAL: "a number with `digits` after the point (1 to 4, 2 by default); may have limits and a unit",
    FieldType.MONEY: "an amount in the app's `currency`; exact",
    FieldType.DATE: "a day",
    FieldType.DATETIME: "a day and a time",
    FieldType.BOOL: "yes or no",
    FieldType.CHOICE: "one of its `choices`; a new record of an entity with moves begins with the first",
    FieldType.EMAIL: "an e-mail address",
    FieldType.PHONE: "a phone number",
    FieldType.URL: "a web address",
    FieldType.CODE: "eight letters that the app makes up for each record, such as a referral code; never typed in",
    FieldType.IMAGE: "a picture that is uploaded",
    FieldType.FILE: "a file that is uploaded",
    FieldType.REF: (
        "a link to a record of the entity named by `ref`. `on_delete`: cascade (is deleted with it; so it is "
        "for a required ref), restrict (keeps it from being deleted), set_null (is emptied; never if required)"
    ),
}

RULE_KINDS: Final[Mapping[RuleKind, str]] = {
    RuleKind.NO_OVERLAP: (
        "[start, end, ref] or [start, minutes, ref]: the same ref is not taken twice at overlapping times. Start "
        "and end are both date or both datetime; minutes is an int"
    ),
    RuleKind.CAPACITY: (
        "[ref] or [ref, how_many]: no more than `limit` records (or their how_many added up) for one ref. Without "
        "`limit` the linked entity has an int field capacity, seats, places, spots or max_people"
    ),
    RuleKind.UNIQUE: "[one or more fields]: no two records have all of them the same",
    RuleKind.OVERDUE: (
        "[date] or [date, status]: flags, and does not refuse, what is past its date and not yet in a finished "
        "state such as Done, Paid or Returned"
    ),
    RuleKind.SUM: "[money, ref]: adds the amounts up in the money field `total` of the linked record",
    RuleKind.IN_ORDER: (
        "[earlier, later]: the second is not before the first, and after it where they are the times of a "
        "booking; two dates, or two numbers of one type"
    ),
    RuleKind.STOCK: "[ref, quantity]: takes it from the int field `stock` of the linked record, never below 0",
    RuleKind.ONE_OPEN: (
        "[ref]: what is out or taken cannot be taken again until that record is finished; say by `when` which are "
        'open, such as "returned_on is empty"'
    ),
    RuleKind.ENSURE: (
        "refuses a record for which `condition` is false; `fields` are those that the refusal stands beside. A "
        "condition may look at other records"
    ),
    RuleKind.LOCKED: (
        'while `condition` holds for a record, such as `status = "Accepted"`, nobody changes or deletes it, nor '
        "adds, changes or deletes its lines; moves go on. What else belongs to it needs its own rule, such as "
        '`quote.status = "Accepted"`. No fields'
    ),
}

VIEW_KINDS: Final[Mapping[ViewKind, str]] = {
    ViewKind.LIST: "is always there; need not be said",
    ViewKind.CALENDAR: "by a date or datetime",
    ViewKind.BOARD: "columns by a choice, such as the status",
    ViewKind.TOTALS: "an amount added up by each choice, ref and month",
    ViewKind.CHART: "a number over time, or how many by a choice, ref or month",
    ViewKind.GALLERY: "cards with a picture, by an image or any other field",
    ViewKind.DOCUMENT: "a page to print and hand out, such as an invoice with its lines",
    ViewKind.RANKING: "places by a number or computed figure, the highest first",
    ViewKind.REVIEW: "one by one what is due by a date; moves put it off, such as flashcards",
    ViewKind.RESULTS: "how often each choice was taken, such as a survey; no field",
}

MESSAGE_KINDS: Final[Mapping[MessageKind, str]] = {
    MessageKind.ADDED: "when a record is added, such as a confirmation",
    MessageKind.STATE: "when its status comes to `state`, such as a refusal",
    MessageKind.BEFORE: "`hours` before `date`, such as a reminder the day before; follows its record",
}

SECTION_KINDS: Final[Mapping[SectionKind, str]] = {
    SectionKind.HERO: "the first words and `button`",
    SectionKind.ABOUT: "a text",
    SectionKind.STEPS: "how it works: items",
    SectionKind.CATALOGUE: "a public `entity`",
    SectionKind.PRICING: "items with prices as their text",
    SectionKind.HOURS: "items, such as Monday with its hours",
    SectionKind.FAQ: "items: questions and answers",
    SectionKind.CONTACT: "items: address, phone, e-mail",
    SectionKind.SIGNUP: "the form of `entity`",
    SectionKind.CALCULATOR: "a `tool`",
    SectionKind.RESULTS: "the answers of `entity`, counted for all to see",
}
