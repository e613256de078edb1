"""Each kind of rule, said once: what a designer reads of it, what it needs, and what it does to records.

Whoever asks what a kind is like asks here. What a kind does is code that names it, and ends in `assert_never`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.blueprint.spec_kinds import RuleKind


@dataclass(frozen=True)
class KindOfRule:
    """One kind of rule.

    `sentence` is for designers, `plan` its word in a plan where it differs. It reads `most_fields`, all that are
    named where there is no such number. `needs` is the member of a specification that it is nothing without.
    """

    sentence: str
    plan: str = ""
    most_fields: int | None = None
    needs: str = ""
    is_stated: bool = False
    """It may be said as a condition, where its fields do not say enough."""
    refuses: bool = True
    """It refuses records; the others flag or add up."""
    gives_away: bool = False
    """What is booked, lent or sold is refused to the next one."""
    is_counted: bool = False
    """It counts how many are taken of how many there are."""
    compares: bool = False
    """It looks whether there is another record like this one."""


RULE_KINDS: Final[Mapping[RuleKind, KindOfRule]] = {
    RuleKind.NO_OVERLAP: KindOfRule(
        sentence=(
            "[start, end, ref] or [start, minutes, ref]: the same ref is not taken twice at overlapping times. "
            "Start and end are both date or both datetime; minutes is an int"
        ),
        most_fields=3,
        is_stated=True,
        gives_away=True,
        compares=True,
    ),
    RuleKind.CAPACITY: KindOfRule(
        sentence=(
            "[ref] or [ref, how_many]: no more than `limit` records (or their how_many added up) for one ref. "
            "Without `limit` the linked entity has an int field capacity, seats, places, spots or max_people"
        ),
        most_fields=2,
        needs="limit",
        is_stated=True,
        gives_away=True,
        is_counted=True,
    ),
    RuleKind.UNIQUE: KindOfRule(
        sentence="[one or more fields]: no two records have all of them the same", is_stated=True, compares=True
    ),
    RuleKind.OVERDUE: KindOfRule(
        sentence=(
            "[date] or [date, status]: flags, and does not refuse, what is past its date and not yet in a "
            "finished state such as Done, Paid or Returned"
        ),
        plan="due",
        most_fields=2,
        refuses=False,
    ),
    RuleKind.SUM: KindOfRule(
        sentence="[money, ref]: adds the amounts up in the money field `total` of the linked record",
        most_fields=2,
        refuses=False,
    ),
    RuleKind.IN_ORDER: KindOfRule(
        sentence=(
            "[earlier, later]: the second is not before the first, and after it where they are the times of a "
            "booking; two dates, or two numbers of one type"
        ),
        most_fields=2,
        is_stated=True,
    ),
    RuleKind.STOCK: KindOfRule(
        sentence="[ref, quantity]: takes it from the int field `stock` of the linked record, never below 0",
        most_fields=2,
        is_stated=True,
        gives_away=True,
        is_counted=True,
    ),
    RuleKind.ONE_OPEN: KindOfRule(
        sentence=(
            "[ref]: what is out or taken cannot be taken again until that record is finished; say by `when` which "
            'are open, such as "returned_on is empty"'
        ),
        most_fields=1,
        needs="when",
        is_stated=True,
        gives_away=True,
        compares=True,
    ),
    RuleKind.ENSURE: KindOfRule(
        sentence=(
            "refuses a record for which `condition` is false; `fields` are those that the refusal stands beside. "
            "A condition may look at other records"
        ),
        plan="range",
        needs="condition",
        is_stated=True,
    ),
    RuleKind.LOCKED: KindOfRule(
        sentence=(
            'while `condition` holds for a record, such as `status = "Accepted"`, nobody changes or deletes it, '
            "nor adds, changes or deletes its lines; moves go on. What else belongs to it needs its own rule, "
            'such as `quote.status = "Accepted"`. No fields'
        ),
        needs="condition",
    ),
}


def kinds_that(are: Callable[[KindOfRule], bool]) -> frozenset[RuleKind]:
    """The kinds whose description is so."""
    return frozenset(name for name, described in RULE_KINDS.items() if are(described))


STATED: Final = kinds_that(lambda described: described.is_stated)
"""The kinds that may be said as a condition, where their fields do not say enough."""
GIVING_AWAY: Final = kinds_that(lambda described: described.gives_away)
ONE_AT_A_TIME: Final = kinds_that(lambda described: described.gives_away and described.compares)
"""The kinds by which a thing is booked or out once at a time."""
COUNTING: Final = kinds_that(lambda described: described.is_counted)
FLAGGING: Final = kinds_that(lambda described: not described.refuses)
WITH_CONDITION: Final = kinds_that(lambda described: described.needs == "condition")
"""The kinds that are nothing but their condition."""
