"""The model of an instance, as the API sees it: whether it can be asked, and what was spent on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.core.errors import ConfigurationError, EngineUnavailable
from app.core.ids import FounderId, JobId, ProjectId
from app.db.engine import Connection, Database
from app.domain.model_spending import Asking, LedgerRow
from app.ports.model_calls import Share
from app.ports.runner import RunnerUnavailable
from app.repositories import model_calls
from app.services.model_ledger import Caps

GOOD_FOR_S: Final = 600.0
"""A model that answered is not tried again before the builds of this time."""

LEDGER_MOST: Final = 200

Probe = Callable[[Asking], Awaitable[bool]]
"""Asks the model for next to nothing, unless it answered of late; false where none is chosen.

RunnerUnavailable and ConfigurationError say why it does not answer.
"""


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


@dataclass(frozen=True)
class ServerHere:
    """A model server that runs on this machine, as it can be chosen."""

    name: str
    model: str
    url: str | None


class ModelService:
    """Answers for the model that is chosen, or for there being none."""

    def __init__(
        self,
        database: Database,
        caps: Caps,
        *,
        probe: Probe,
        look_around: Callable[[], Sequence[ServerHere]],
        only_named: bool = False,
    ) -> None:
        self._database = database
        self._caps = caps
        self._probe = probe
        self._look_around = look_around
        self.only_named = only_named
        """True where founders may use only those servers inside the network that the operator named."""

    async def require_answering(self, founder_id: FounderId, project_id: ProjectId | None = None) -> None:
        """EngineUnavailable unless the model of a project, or of a new one, can be asked."""
        try:
            # On the founder's account, without a job: there is none yet, and the question costs a little too.
            is_chosen = await self._probe(Asking(founder_id, project_id))
        except RunnerUnavailable as error:
            raise EngineUnavailable(
                str(error), remedy="Nothing was started. Or build with the engine 'blueprint'."
            ) from error
        except ConfigurationError as error:
            raise EngineUnavailable(error.detail, remedy=error.remedy) from error
        if not is_chosen:
            raise EngineUnavailable(
                "No model is set on this instance, so none can be asked.",
                remedy="Choose one (cofounder model use) or set COFOUNDER_MODEL and its key, or build with the "
                "engine 'blueprint'.",
            )

    async def servers_here(self) -> Sequence[ServerHere]:
        """The model servers that answer on this machine, and that founders may use."""
        return await asyncio.to_thread(self._look_around)

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
