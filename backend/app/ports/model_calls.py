"""The port to the journal of paid calls to models, which keeps replies and guards the budgets.

RunnerUnavailable
├── BudgetReached   a cap leaves no room for the call
└── ProviderDown    the provider is busy, hurt or out of reach; another one may answer
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from app.ports.runner import RunnerUnavailable

CallId = NewType("CallId", UUID)


class BudgetReached(RunnerUnavailable):
    """A cap of the build, the day or the founder leaves no room for another call."""


class ProviderDown(RunnerUnavailable):
    """The provider has trouble that nobody here can mend; another model may be asked instead."""


class Share(StrEnum):
    """The use that was made of a call."""

    USEFUL = "useful"
    REPAIR = "repair"
    WASTED = "wasted"


class AnswerForm(StrEnum):
    """The way in which a model is brought to answer in a given form."""

    SCHEMA = "schema"
    """Its server holds the answer to a JSON schema."""
    TOOL = "tool"
    """The answer is the input of a tool."""
    TEXT = "text"
    """It is only asked to, and what it writes is searched for the answer."""


@dataclass(frozen=True)
class Abilities:
    """The abilities of a model, as it showed and its server says."""

    form: AnswerForm
    context: int | None = None
    """Tokens that it can read and write together; None where nobody says."""
    sees: bool | None = None
    """Whether it can look at pictures; None where nobody says."""


@dataclass(frozen=True)
class Usage:
    """The cost of a call as its provider counts it; `usd` is None for a model without a price."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Those of the input that came from the provider's cache."""
    usd: Decimal | None = None

    @property
    def tokens(self) -> int:
        """Tokens in and out."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class Reply:
    """The answer of a model, as text that can be kept."""

    text: str
    usage: Usage


@dataclass(frozen=True)
class Call:
    """A call that is about to be made. `most` is what it can take at the most."""

    step: str
    """Its place in the work on a job, such as `design`."""
    digest: str
    """Equal for equal questions to the same model."""
    model: str
    prompt: str
    """The version of the texts that it is told."""
    share: Share
    most: Usage


@dataclass(frozen=True)
class Allowance:
    """The tokens and dollars that the budgets leave; None is without a limit."""

    tokens: int | None
    usd: Decimal | None


class CallJournal(Protocol):
    """The journal of one job. What it has kept is never asked, nor paid, again."""

    async def abilities(self, choice: str, *, within_s: float | None = None) -> Abilities | None:
        """The abilities that the model of a choice (by its digest) showed within the last seconds, or ever."""
        ...

    async def keep_abilities(self, choice: str, model: str, abilities: Abilities) -> None:
        """Note what a model showed it can do, for all processes of the instance."""
        ...

    async def recall(self, call: Call) -> Reply | None:
        """The kept reply to the same question; None when it has to be asked."""
        ...

    async def allowance(self) -> Allowance:
        """The tokens and dollars that the budgets leave for the next call."""
        ...

    # A worker may die between the question and its answer, and the provider asks for its money either way.
    async def begin(self, call: Call) -> CallId:
        """Write down that the call is made, before it is. BudgetReached."""
        ...

    async def answered(self, call_id: CallId, reply: Reply) -> None:
        """Keep the reply, before anything is made of it."""
        ...

    async def failed(self, call_id: CallId, reason: str, usage: Usage | None) -> None:
        """Write down that no reply came; `usage` is None when nobody knows what it took."""
        ...

    async def waste(self) -> None:
        """Write down that nothing the model said on this job is used."""
        ...
