"""The engine with a model, against a scripted provider that really speaks the formats of the providers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import pytest

from app.adapters.runners.blueprint import RunnerBlueprint
from app.adapters.runners.model import RunnerReal
from app.designer.choice import ModelChoice
from app.ports.model_calls import Allowance, BudgetReached, Call, CallId, Reply, Usage
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.scripted_model import Say, Script, ScriptedModel


@dataclass
class Notebook:
    """A journal in memory, with a cap on tokens."""

    cap: int = 10_000_000
    begun: list[Call] = field(default_factory=list)
    kept: dict[str, Reply] = field(default_factory=dict)
    ends: list[str] = field(default_factory=list)
    open: dict[CallId, Call] = field(default_factory=dict)
    is_wasted: bool = False

    async def recall(self, call: Call) -> Reply | None:
        return self.kept.get(call.digest)

    async def allowance(self) -> Allowance:
        return Allowance(self.cap - sum(reply.usage.tokens for reply in self.kept.values()), None)

    async def begin(self, call: Call) -> CallId:
        if call.most.tokens > (await self.allowance()).tokens:
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


Start = Callable[..., Bench]
WIRES = ["openai-chat", "openai", "anthropic", "compatible", "ollama", "google", "openrouter"]


@pytest.fixture
def start() -> Any:
    running: list[ScriptedModel] = []

    def begin(script: Script | list[Say | str], *, provider: str = "openai-chat", **more: Any) -> Bench:
        served = ScriptedModel(script).__enter__()
        running.append(served)
        url = served.anthropic_url if provider == "anthropic" else served.url
        choice = ModelChoice(provider=provider, name="scripted", secret="sk-secret", url=url)
        notebook, told = more.pop("notebook", None) or Notebook(), []

        async def say(line: str) -> None:
            told.append(line)

        runner = RunnerReal(replace(choice, **more), notebook, rules=RunnerBlueprint(), say=say)
        return Bench(runner, served, notebook, told)

    yield begin
    for served in running:
        served.__exit__()


@pytest.mark.parametrize("is_streaming", [True, False], ids=["streaming", "whole"])
@pytest.mark.parametrize("provider", WIRES)
async def test_a_design_comes_over_the_wire_of_each_provider(
    start: Start, provider: str, is_streaming: bool
) -> None:
    bench = start([as_text(pool())], provider=provider, is_streaming=is_streaming)

    spec = (await bench.runner.scaffold(POOL_GOAL)).spec

    assert spec.engine == f"{provider}:scripted"
    assert [entity.name for entity in spec.entities][:3] == ["Lane", "Customer", "LaneBooking"]
    assert {wish.state.value for wish in spec.wishes} == {"kept"}
    assert spec.confidence == 1.0
    assert len(bench.provider.asked) == 1
    (call,) = bench.notebook.kept.values()
    assert (call.usage.input_tokens, call.usage.output_tokens) == (
        bench.provider.input_tokens,
        bench.provider.output_tokens,
    )
    assert bench.told[-1].startswith("Designed: lanes, customers")
