"""Gives the deposit that somebody pays to what they book, whomever or whatever the goal named last before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.blueprint.language.drafts import Draft
from app.blueprint.language.findings import Findings
from app.blueprint.spec import FieldType

_DEPOSIT: Final = "deposit"


def move_deposits(drafts: Sequence[Draft], findings: Findings) -> None:
    """Move the deposit of "book an artist and pay a deposit" from the artist to the booking.

    The deposit of a tool that is lent stays with the tool: each has its own.
    """
    for owner in drafts:
        details = findings.details.get(owner.key, {})
        booking = _booking_of(owner, drafts)
        if booking is None or not (owner.is_person or owner.key in findings.paid):
            continue
        for label in [label for label in details if label.lower().endswith(_DEPOSIT)]:
            findings.details.setdefault(booking.key, {})[label] = details.pop(label)


def _booking_of(owner: Draft, drafts: Sequence[Draft]) -> Draft | None:
    """The record by which somebody books the owner, or books at all where the owner is a person."""
    bookings = [draft for draft in drafts if draft is not owner and _is_booking(draft)]
    linked = [draft for draft in bookings if any(link.target == owner.key for link in draft.links)]
    return next(iter(linked or (bookings if owner.is_person else [])), None)


def _is_booking(draft: Draft) -> bool:
    """True of a deed with a time or a status; a payment has an amount of its own."""
    is_payment = any(part.type is FieldType.MONEY for part in draft.fields)
    return draft.is_action and bool(draft.links) and not is_payment
