"""The decisions that only a founder can take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.core.ids import FounderId, GateId, JobId, ProjectId


class GateType(StrEnum):
    """Which decision a gate asks for."""

    DIRECTION = "direction"
    SOLIDIFICATION = "solidification"

    @property
    def options(self) -> tuple[GateOption, ...]:
        """The ways in which it can be decided."""
        return GATE_OPTIONS[self]

    def option(self, decision: str) -> GateOption | None:
        """The option of that value, None when it does not belong to this gate."""
        return next((option for option in self.options if option.value == decision), None)


class GateStatus(StrEnum):
    """The state of a decision."""

    PENDING = "pending"
    DECIDED = "decided"


@dataclass(frozen=True)
class GateOption:
    """One way to decide, in the founder's words."""

    value: str
    title: str
    description: str
    what_happens_next: str
    pros: tuple[str, ...]
    cons: tuple[str, ...]
    needs_text: bool = False
    parks_project: bool = False


_PARK = GateOption(
    value="park",
    title="Park it",
    description="Put the project aside for now.",
    what_happens_next="Nothing is deleted. The project rests until you unpark it.",
    pros=("Costs nothing", "Everything is kept"),
    cons=("No new build starts while it is parked",),
    parks_project=True,
)

GATE_TITLES: Final[dict[GateType, str]] = {
    GateType.DIRECTION: "Is this the right direction?",
    GateType.SOLIDIFICATION: "You've seen your MVP. Ready to decide what's next?",
}

GATE_OPTIONS: Final[dict[GateType, tuple[GateOption, ...]]] = {
    GateType.DIRECTION: (
        GateOption(
            value="proceed",
            title="Go ahead",
            description="Build it as it is described.",
            what_happens_next="The next build starts from this goal.",
            pros=("Fastest way to something you can click",),
            cons=("Open questions are answered by assumptions",),
        ),
        GateOption(
            value="narrow",
            title="Make it smaller",
            description="Keep the idea and leave things out for now.",
            what_happens_next="Your words are kept. Start the next build with the smaller goal.",
            pros=("Quicker to a sharp first version",),
            cons=("Some wishes wait",),
            needs_text=True,
        ),
        GateOption(
            value="pivot",
            title="Change direction",
            description="Go for something different.",
            what_happens_next="Your words are kept. Start the next build with the new goal.",
            pros=("No time spent on the wrong thing",),
            cons=("Earlier versions stay as they are and are not continued",),
            needs_text=True,
        ),
        _PARK,
    ),
    GateType.SOLIDIFICATION: (
        GateOption(
            value="iterate",
            title="Improve it",
            description="Make another version with changes.",
            what_happens_next="You can start the next build; this version stays as it is.",
            pros=("Gets closer to what you want", "Nothing you have is lost"),
            cons=("Takes another build",),
        ),
        GateOption(
            value="ship",
            title="Ship it",
            description="This version is good enough for real people.",
            what_happens_next="Export this version and put it online.",
            pros=("Real people teach you the most",),
            cons=("Wishes that are still open wait for the next round",),
        ),
        _PARK,
    ),
}


_SMALL_WORDS: Final = frozenset(
    "about also app application apps could each every from have into just like make need needs site some that "
    "their them then they this those tool track want wants website what when where which while will with would "
    "your".split()
)


def alignment_score(goal: str, built: str) -> int:
    """The share of the goal's words that the build knows, 0 to 100; a low score hints at scope creep."""
    # Shorter words are mostly grammar, and would be found in any app.
    words = {word for word in re.findall(r"[^\W\d_]{4,}", goal.casefold()) if word not in _SMALL_WORDS}
    if not words:
        # A goal without a word that counts cannot have been missed.
        return 100
    built_text = built.casefold()
    # Without its last two letters a word also counts in another form, such as "bookings" in "booking".
    hits = sum(word[: max(4, len(word) - 2)] in built_text for word in words)
    return round(100 * hits / len(words))


def wishes_score(kept: int, partly: int, left_out: int) -> int | None:
    """The share of the wishes that are met, 0 to 100; a partly met wish counts half. None without a wish."""
    asked = kept + partly + left_out
    return round(100 * (kept + partly / 2) / asked) if asked else None


def alignment_colour(score: int) -> str:
    """The traffic light of a score."""
    # The bars are the contract's: below 60 is told as scope creep, and no score holds anything up.
    return "green" if score >= 80 else "yellow" if score >= 60 else "red"


@dataclass(frozen=True)
class Gate:
    """One decision, waiting or taken."""

    id: GateId
    project_id: ProjectId
    job_id: JobId | None
    gate_type: GateType
    status: GateStatus
    alignment: int | None
    decision: str | None
    text: str | None
    decided_by: FounderId | None
    created_at: datetime
    decided_at: datetime | None
