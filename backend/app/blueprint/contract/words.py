"""A sentence for each kind of view, message and section; a test holds that none is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.blueprint.spec import MessageKind, ViewKind
from app.blueprint.spec_site import SectionKind

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
    MessageKind.BEFORE: "`hours` before `date`, also a worked-out one, such as the day before; follows its record",
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
