"""What something costs, as visitors are told it: by the names that its amounts have."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Field

COSTS = frozenset("amount charge cost costs fare fee hire price rate rent tariff ticket".split())
INWARD = frozenset(
    "balance bonus budget commission earnings income insured margin owed owes paid pay profit purchase replacement revenue salary "
    "spent takings turnover value wage wages worth".split()
)
"""What the business pays, earns or owns is nothing that a visitor is told."""


OF_THEIRS = frozenset("balance owed owes paid pay value".split())
"""What somebody is told of their own record all the same: what they owe, and what they have paid."""


def concerns_staff(field: Field) -> bool:
    """Whether it tells what the business makes of something, which nobody reads on the page of their own."""
    return bool(_words(field) & (INWARD - OF_THEIRS))


def told_amount(fields: Iterable[Field]) -> Field | None:
    """The amount that visitors are told: what is called a price, else the first that does not concern the staff alone."""
    told = [field for field in fields if field.type == "money" and not _words(field) & INWARD]
    return next(filter(is_price, told), next(iter(told), None))


def priced(field: Field, text: str) -> str:
    """The amount with what it is for: "$45.00 per day" where it is called the fee per day, "Deposit $50.00" where it is none."""
    name, per, unit = field.label.partition(" per ")
    said = f"{text}{per}{unit}"
    return said if is_price(field) else f"{name} {said}"


def label_of(field: Field) -> str:
    """What an amount is called where it stands behind its name."""
    return "Price" if is_price(field) else field.label


def is_price(field: Field) -> bool:
    """Whether an amount is called what people pay for something."""
    return bool(_words(field) & COSTS)


def _words(field: Field) -> frozenset[str]:
    return frozenset(f"{field.name.replace('_', ' ')} {field.label}".lower().split())
