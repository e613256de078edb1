"""The parts that a plan is made of."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from app.blueprint.spec import WishState

VISITOR: Final = "Visitor"
STAFF: Final = "Staff"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Clause(_Part):
    """A wish of the goal in the founder's own words, and why it is not wholly met."""

    text: str
    state: WishState
    why: str = ""


class Person(_Part):
    """A kind of person who uses the app; `record` names the record that describes them."""

    name: str
    sees: str
    record: str | None = None


class PlanField(_Part):
    """A field of a record; `of` names the record that a ref points at."""

    name: str
    label: str
    type: str
    required: bool = False
    choices: tuple[str, ...] = ()
    of: str | None = None
    default: str | None = None
    limits: str | None = None


class Move(_Part):
    """A step from one state to the next, and who may take it."""

    from_: str = Field(alias="from")
    to: str
    by: str


class Kept(_Part):
    """A kind of record; `public` says how visitors see it: none, list or detail."""

    name: str
    plural: str
    public: str
    fields: tuple[PlanField, ...]
    states: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()


class Deed(_Part):
    """Something that a kind of person does in the app."""

    who: str
    verb: str
    entity: str
    label: str


class PlanRule(_Part):
    """Something that the app refuses or flags."""

    kind: str
    entity: str
    by: str | None
    fields: tuple[str, ...]
    value: str | None
    about: str


class Computed(_Part):
    """A figure that the app works out: `of` names record and field, `per` what it is grouped by."""

    entity: str
    label: str
    op: str
    of: str
    per: str | None
    about: str


class Shown(_Part):
    """A view of a kind of record, other than its list."""

    kind: str
    entity: str
    by: str | None


class PlanPage(_Part):
    """A page or section that is no view of records."""

    kind: str
    title: str


class LeftOut(_Part):
    """A wish that the app does not meet, and why."""

    asked: str
    why: str


class Sent(_Part):
    """A message that the app writes into its outbox; `when` says in words what it is written for."""

    name: str
    entity: str
    to: str
    when: str
    subject: str


class Plan(_Part):
    """The app that will be built, as the founder sees it."""

    title: str
    tagline: str
    engine: str
    confidence: float
    people: tuple[Person, ...]
    keeps: tuple[Kept, ...]
    does: tuple[Deed, ...]
    rules: tuple[PlanRule, ...]
    computes: tuple[Computed, ...]
    shows: tuple[Shown, ...]
    pages: tuple[PlanPage, ...]
    sends: tuple[Sent, ...] = ()
    assumptions: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    not_understood: tuple[str, ...]
    clauses: tuple[Clause, ...] = ()

    @property
    def keeps_enough(self) -> bool:
        """True when more than half of the wishes is met, a wish that is partly met counting half.

        A goal of a single wish needs no more than that some of it is met.
        """
        # Two points a wish, so that half of all that can be had is as many as there are wishes.
        points = {WishState.KEPT: 2, WishState.PARTLY: 1, WishState.LEFT_OUT: 0}
        met = sum(points[clause.state] for clause in self.clauses)
        return met > len(self.clauses) or (len(self.clauses) == 1 and met > 0) or not self.clauses
