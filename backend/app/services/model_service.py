"""The model of an instance, as the API sees it: whether it can be asked, and what was spent on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.core.errors import EngineUnavailable
from app.core.ids import FounderId, JobId
from app.db.engine import Connection, Database
from app.domain.model_spending import Asking, LedgerRow
from app.ports.model_calls import Share
from app.ports.runner import RunnerUnavailable
from app.repositories import model_calls
from app.services.model_ledger import Caps

GOOD_FOR_S: Final = 600.0
"""A model that answered is not tried again before the builds of this time."""

LEDGER_MOST: Final = 200

Probe = Callable[[Asking], Awaitable[None]]
"""Asks the model for next to nothing, unless it answered of late. RunnerUnavailable says why it does not."""


@dataclass(frozen=True)
class Budget:
    """One budget: what is used of it, and its caps, where None is without a limit."""

    name: str
    tokens: int
    usd: Decimal
    tokens_cap: int | None
    usd_cap: Decimal | None


@dataclass(frozen=True)
class ShareSum:
    """The sum of the calls of one share, by the provider's own count; `usd` leaves out models without a price."""

    share: Share
    calls: int
    input_tokens: int
    output_tokens: int
    usd: Decimal


@dataclass(frozen=True)
class UsageView:
    """A founder's spending on models."""

    budgets: Sequence[Budget]
    shares: Sequence[ShareSum]
    calls: Sequence[LedgerRow]


class ModelService:
    """Answers for the model that is set, or for there being none."""

    def __init__(self, database: Database, caps: Caps, *, label: str | None, probe: Probe | None) -> None:
        self._database = database
        self._caps = caps
        self.label = label
        """The model's name, None where none is set."""
        self._probe = probe

    async def require_answering(self, founder_id: FounderId) -> None:
        """EngineUnavailable unless the model can be asked."""
        if self._probe is None:
            raise EngineUnavailable(
                "No model is set on this instance, so none can be asked.",
                remedy="Set COFOUNDER_MODEL and its key, or build with the engine 'blueprint'.",
            )
        try:
            # On the founder's account, without a job: there is none yet, and the question costs a little too.
            await self._probe(Asking(founder_id))
        except RunnerUnavailable as error:
            raise EngineUnavailable(
                str(error), remedy="Nothing was started. Or build with the engine 'blueprint'."
            ) from error

    async def usage(self, tx: Connection, founder_id: FounderId, *, job_id: JobId | None = None) -> UsageView:
        """The founder's calls with their sums, of one build or of all, beside the budgets."""
        spent = await model_calls.spent(tx, Asking(founder_id, job_id=job_id))
        caps = self._caps
        named_caps = [("founder", caps.founder, spent.founder), ("day", caps.day, spent.day)]
        if job_id is not None:
            # A budget of a build means something beside a build only.
            named_caps.insert(0, ("build", caps.build, spent.build))
        budgets = [Budget(name, used.tokens, used.usd, cap.tokens, cap.usd) for name, cap, used in named_caps]
        sums = [ShareSum(Share(row[0]), *row[1:]) for row in await model_calls.sums(tx, founder_id, job_id=job_id)]
        calls = await model_calls.ledger(tx, founder_id, job_id=job_id, limit=LEDGER_MOST)
        return UsageView(budgets, sums, calls)
