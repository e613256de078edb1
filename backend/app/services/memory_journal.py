"""A journal of calls to models beside any instance: it lasts as long as the command that asks."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from app.ports.model_calls import Allowance, BudgetReached, Call, CallId, Reply, Usage
from app.services.model_ledger import Cap


class MemoryJournal:
    """A CallJournal within one cap."""

    def __init__(self, cap: Cap) -> None:
        self._cap = cap
        self._counted: dict[CallId, Usage] = {}
        self.calls = 0
        self.tokens_in = 0
        self.tokens_out = 0

    @property
    def usd(self) -> Decimal | None:
        """Dollars so far; None while a call has no price."""
        prices = [usage.usd for usage in self._counted.values() if usage.usd is not None]
        return sum(prices, Decimal(0)) if len(prices) == len(self._counted) else None

    async def recall(self, call: Call) -> Reply | None:  # noqa: ARG002 - nothing is kept
        """Nothing was asked before."""
        return None

    async def allowance(self) -> Allowance:
        """The tokens and dollars that the cap leaves."""
        tokens = sum(usage.tokens for usage in self._counted.values())
        usd = sum((usage.usd or Decimal(0) for usage in self._counted.values()), Decimal(0))
        return Allowance(
            None if self._cap.tokens is None else self._cap.tokens - tokens,
            None if self._cap.usd is None else self._cap.usd - usd,
        )

    async def begin(self, call: Call) -> CallId:
        """Count the most that the call can take. BudgetReached."""
        allowance = await self.allowance()
        if allowance.tokens is not None and call.most.tokens > allowance.tokens:
            raise BudgetReached(
                f"The next call may take {call.most.tokens:,} tokens; {allowance.tokens:,} are left."
            )
        if allowance.usd is not None and call.most.usd is not None and call.most.usd > allowance.usd:
            raise BudgetReached(f"The next call may cost ${call.most.usd:.4f}; ${allowance.usd:.4f} are left.")
        call_id = CallId(uuid4())
        self._counted[call_id] = call.most
        self.calls += 1
        return call_id

    async def answered(self, call_id: CallId, reply: Reply) -> None:
        """Count what the call took."""
        self._counted[call_id] = reply.usage
        self.tokens_in += reply.usage.input_tokens
        self.tokens_out += reply.usage.output_tokens

    async def failed(self, call_id: CallId, reason: str, usage: Usage | None) -> None:  # noqa: ARG002 - told by the error
        """Count what is known of it, else the most."""
        if usage is not None:
            self._counted[call_id] = usage

    async def waste(self) -> None:
        """Nobody asks for the shares here."""
