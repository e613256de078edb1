"""A runner with a model beside a scripted provider, with a journal in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from app.adapters.runners.blueprint import RunnerBlueprint
from app.adapters.runners.model import RunnerReal
from app.designer.choice import ModelChoice
from app.designer.request import Request
from app.ports.model_calls import Abilities, Allowance, BudgetReached, Call, CallId, Reply, Usage
from tests.support.scripted_model import Say, Script, ScriptedModel


@dataclass
class Notebook:
    """A journal in memory, with a cap on tokens."""

    cap: int = 10_000_000
    begun: list[Call] = field(default_factory=list)
    kept: dict[str, Reply] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)
    unknown: int = 0
    open: dict[CallId, Call] = field(default_factory=dict)
    is_wasted: bool = False
    shown: Abilities | None = None

    async def abilities(self, choice: str, *, within_s: float | None = None) -> Abilities | None:
        return self.shown

    async def keep_abilities(self, choice: str, model: str, abilities: Abilities) -> None:
        self.shown = abilities

    async def recall(self, call: Call) -> Reply | None:
        return self.kept.get(call.digest)

    async def allowance(self) -> Allowance:
        return Allowance(self.cap - sum(reply.usage.tokens for reply in self.kept.values()), None)

    async def begin(self, call: Call) -> CallId:
        left = (await self.allowance()).tokens
        if left is not None and call.most.tokens > left:
            raise BudgetReached("The budget is used up.")
        call_id = CallId(uuid4())
        self.open[call_id] = call
        self.begun.append(call)
        return call_id

    async def answered(self, call_id: CallId, reply: Reply) -> None:
        self.kept[self.open.pop(call_id).digest] = reply
        self.ends.append("answered")

    async def failed(self, call_id: CallId, reason: str, usage: Usage | None) -> None:
        del self.open[call_id]
        self.unknown += usage is None
        self.ends.append(reason)

    async def waste(self) -> None:
        self.is_wasted = True


@dataclass
class Bench:
    """A runner beside the provider that it asks."""

    runner: RunnerReal
    provider: ScriptedModel
    notebook: Notebook
    told: list[str]
    choice: ModelChoice


Start = Callable[..., Bench]


@contextmanager
def starting() -> Iterator[Start]:
    """Makes benches; their providers stop when the block ends."""
    with ExitStack() as running:

        def begin(script: Script | list[Say | str], *, provider: str = "openai-chat", **more: Any) -> Bench:
            served = running.enter_context(ScriptedModel(script))
            url = served.anthropic_url if provider == "anthropic" else served.url
            notebook = more.pop("notebook", None) or Notebook()
            asked = Request(change=more.pop("change", None), answers=more.pop("answers", {}))
            told: list[str] = []

            async def say(line: str) -> None:
                told.append(line)

            named = ModelChoice(provider=provider, name="scripted", secret="sk-secret", url=url)
            choice = replace(named, **more)
            runner = RunnerReal(choice, notebook, rules=RunnerBlueprint(), say=say, asked=asked)
            return Bench(runner, served, notebook, told, choice)

        yield begin
