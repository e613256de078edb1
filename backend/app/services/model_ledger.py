"""The journal and the ledger of calls to models, on the record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from app.core.retry import retry_while_unavailable
from app.db.engine import Connection, Database
from app.domain.model_spending import Asking, SpentNow
from app.ports.model_calls import Abilities, Allowance, BudgetReached, Call, CallId, Reply, Usage
from app.repositories import model_calls

T = TypeVar("T")


@dataclass(frozen=True)
class Cap:
    """The most that may be spent within one budget; None is without a limit."""

    tokens: int | None
    usd: Decimal | None


@dataclass(frozen=True)
class Caps:
    """The budgets: of one build, of one founder a day, and of everybody a day."""

    build: Cap
    founder: Cap
    day: Cap

    def left(self, spent: SpentNow) -> Allowance:
        """The tokens and dollars that the tightest cap leaves."""
        pairs = ((self.build, spent.build), (self.founder, spent.founder), (self.day, spent.day))
        tokens = [cap.tokens - used.tokens for cap, used in pairs if cap.tokens is not None]
        usd = [cap.usd - used.usd for cap, used in pairs if cap.usd is not None]
        return Allowance(min(tokens, default=None), min(usd, default=None))

    def refuse(self, spent: SpentNow, most: Usage) -> None:
        """BudgetReached, with the budget and its figures, when a call could go over one."""
        budgets = (
            ("this build", "BUILD", self.build, spent.build),
            ("you today", "FOUNDER", self.founder, spent.founder),
            ("everybody today", "DAY", self.day, spent.day),
        )
        for whom, setting, cap, used in budgets:
            if cap.usd is not None and most.usd is None and 0 < cap.usd <= used.usd:
                # What it costs nobody knows, and there is nothing left to pay it with.
                raise BudgetReached(
                    f"The model's budget for {whom} is ${cap.usd:.2f} and used up, and the next call has no known "
                    f"price. Raise it with COFOUNDER_MODEL_{setting}_USD."
                )
            if cap.usd is not None and most.usd is not None and used.usd + most.usd > cap.usd:
                raise BudgetReached(
                    f"The model's budget for {whom} is ${cap.usd:.2f}, ${used.usd:.4f} of it is used and the next "
                    f"call may cost ${most.usd:.4f}. Raise it with COFOUNDER_MODEL_{setting}_USD."
                )
            if cap.tokens is not None and used.tokens + most.tokens > cap.tokens:
                raise BudgetReached(
                    f"The model's budget for {whom} is {cap.tokens:,} tokens, {used.tokens:,} of them are used "
                    f"and the next call may take {most.tokens:,}. Raise it with COFOUNDER_MODEL_{setting}_TOKENS."
                )


class JobJournal:
    """A CallJournal for one job, or for a founder's question beside any."""

    def __init__(self, database: Database, caps: Caps, asking: Asking) -> None:
        self._database = database
        self._caps = caps
        self._asking = asking
        self._taken: list[Usage] = []

    @property
    def took(self) -> Usage:
        """The cost of the calls that were made through this journal; `usd` is None where one has no price."""
        prices = [usage.usd for usage in self._taken]
        usd = None if None in prices else sum((price for price in prices if price is not None), Decimal(0))
        return Usage(
            sum(usage.input_tokens for usage in self._taken),
            sum(usage.output_tokens for usage in self._taken),
            sum(usage.cached_tokens for usage in self._taken),
            usd,
        )

    async def abilities(self, choice: str, *, within_s: float | None = None) -> Abilities | None:
        """The abilities that the model of a choice showed within the last seconds, or ever."""
        return await self._in_transaction(lambda tx: model_calls.abilities(tx, choice, within_s=within_s))

    async def keep_abilities(self, choice: str, model: str, abilities: Abilities) -> None:
        """Note what a model showed it can do."""
        await self._in_transaction(lambda tx: model_calls.keep_abilities(tx, choice, model, abilities))

    async def recall(self, call: Call) -> Reply | None:
        """The kept reply; one that an earlier job got is noted as used again."""

        async def work(tx: Connection) -> Reply | None:
            kept_reply = await model_calls.recall(tx, self._asking, call.digest)
            if kept_reply is None:
                return None
            text, usage, is_own = kept_reply
            if not is_own:
                await model_calls.reused(tx, self._asking, call)
            return Reply(text, usage)

        return await self._in_transaction(work)

    async def allowance(self) -> Allowance:
        """The tokens and dollars that the budgets leave."""

        async def work(tx: Connection) -> Allowance:
            # The worker that began them is gone, or this one would not be asking: they count at their most.
            if self._asking.job_id is not None:
                await model_calls.lose_begun(tx, self._asking.job_id)
            return self._caps.left(await model_calls.spent(tx, self._asking))

        return await self._in_transaction(work)

    async def begin(self, call: Call) -> CallId:
        """Weigh the call against the budgets and write it down. BudgetReached.

        Not tried again when the database fails: a call that may have been written down twice would count twice.
        """
        async with self._database.transaction() as tx:
            await model_calls.hold_budgets(tx)
            self._caps.refuse(await model_calls.spent(tx, self._asking), call.most)
            return await model_calls.begin(tx, self._asking, call)

    async def answered(self, call_id: CallId, reply: Reply) -> None:
        """Keep the reply; the database is waited for, since the reply is paid."""

        async def work(tx: Connection) -> None:
            await model_calls.answered(tx, call_id, reply.text, reply.usage)
            await self._sum_up(tx)

        await self._in_transaction(work)
        self._taken.append(reply.usage)

    async def failed(self, call_id: CallId, reason: str, usage: Usage | None) -> None:
        """Write down that no reply came."""

        async def work(tx: Connection) -> None:
            await model_calls.failed(tx, call_id, reason, usage)
            await self._sum_up(tx)

        await self._in_transaction(work)

    async def waste(self) -> None:
        """Write down that nothing the model said on this job is used."""
        job_id = self._asking.job_id
        if job_id is not None:
            await self._in_transaction(lambda tx: model_calls.waste(tx, job_id))

    async def _sum_up(self, tx: Connection) -> None:
        if self._asking.job_id is not None:
            await model_calls.sum_up_cost(tx, self._asking.job_id)

    async def _in_transaction(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._database.transaction() as tx:
                return await work(tx)

        return await retry_while_unavailable(once)
