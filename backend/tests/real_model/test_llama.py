"""A weak model on the real wire, held by a grammar: its poor plans are validated, accounted for, and told of."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.runners.asking import AnswerUnusable, Asker
from app.adapters.runners.conversation import Conversation
from app.adapters.runners.local_servers import find_local_servers
from app.adapters.runners.model import probe
from app.adapters.runners.providers import open_provider
from app.designer.choice import ModelChoice
from app.designer.schema import accounts_schema
from app.ports.model_calls import Share
from app.ports.runner import RunnerUnavailable
from tests.adapters.runners.bench import Notebook
from tests.support.instance import Instance

from .conftest import LOADED_S, SLOW_S, Counted

GOAL = "A booking app for a yoga studio"
"""Short, and one that the rules can plan as well."""


def test_the_server_is_found_with_its_model(llama_url: str) -> None:
    (found,) = find_local_servers([("llama.cpp", "compatible", llama_url)])

    assert found.models == ("smollm2",)
    assert found.settings == f"COFOUNDER_MODEL_URL={llama_url} COFOUNDER_MODEL=compatible:smollm2"


async def test_the_probe_is_heard_and_counted_to_the_token(llama: ModelChoice, answered: Counted) -> None:
    notebook = Notebook()

    await probe(llama, notebook)

    (reply,) = notebook.kept.values()
    assert notebook.ends == ["answered"]
    assert reply.usage.output_tokens == answered.written > 0
    assert reply.usage.usd is None


@pytest.mark.parametrize("is_streaming", [True, False], ids=["streaming", "whole"])
async def test_whatever_it_writes_is_held_by_the_grammar(
    llama: ModelChoice, answered: Counted, is_streaming: bool
) -> None:
    notebook = Notebook()
    choice = replace(llama, is_streaming=is_streaming)
    asked = Conversation("Say for each clause of a goal whether it is kept.")
    asked.ask("1. members book classes\n2. nobody books twice")
    async with open_provider(choice) as provider:
        asker = Asker(choice, provider, notebook, prompt="test")
        answer = await asker.ask(asked, step="clauses", share=Share.USEFUL, schema=accounts_schema())

    (reply,) = notebook.kept.values()
    assert reply.usage.output_tokens == answered.written
    assert answer.text.lstrip().startswith("{")
    if answer.is_cut:
        assert reply.usage.output_tokens == choice.most_output
        return
    told = json.loads(answer.text)
    assert list(told) == ["clauses"]
    assert all(set(one) == {"number", "state", "served_by", "why"} for one in told["clauses"])
    assert {one["state"] for one in told["clauses"]} <= {"kept", "partly", "left_out"}


async def test_more_than_it_can_read_is_told_before_it_is_read(llama: ModelChoice, answered: Counted) -> None:
    asked = Conversation("Answer.")
    asked.ask("many words " * 5_000)
    async with open_provider(llama) as provider:
        asker = Asker(llama, provider, Notebook(), prompt="test")
        with pytest.raises(RunnerUnavailable, match="'smollm2' can read"):
            await asker.ask(asked, step="design", share=Share.USEFUL, schema=accounts_schema())

    assert answered.written == 0


async def test_a_conversation_that_becomes_too_long_ends_with_what_there_is(llama: ModelChoice) -> None:
    asked = Conversation("Answer.")
    async with open_provider(llama) as provider:
        asker = Asker(replace(llama, most_output=8), provider, Notebook(), prompt="test")
        asked.ask("One clause.")
        await asker.ask(asked, step="design", share=Share.USEFUL, schema=accounts_schema())
        asked.ask("many words " * 5_000)
        with pytest.raises(AnswerUnusable, match="more than the model can read"):
            await asker.ask(asked, step="repair 1", share=Share.REPAIR, schema=accounts_schema())


@pytest.mark.timeout(4 * SLOW_S)
def test_a_goal_ends_in_an_app_that_names_its_planner_or_in_a_refusal(
    tmp_path: Path, llama_url: str, answered: Counted
) -> None:
    settings = {
        "model": "compatible:smollm2",
        "model_url": llama_url,
        "model_call_s": str(SLOW_S),
        "model_output_tokens": "600",
    }
    with Instance(tmp_path / "data", **settings) as instance:
        instance.client.timeout = LOADED_S
        began = time.monotonic()
        job_id = instance.started(GOAL)
        ended = instance.await_end(job_id, within_s=3 * SLOW_S)
        usage = instance.client.get("/api/usage", params={"job_id": job_id}).json()
        build = instance.client.get(f"/api/builds/{job_id}").json()
        calls = [call for call in usage["calls"] if call["status"] == "answered"]
        print(f"\n{ended['status']} after {time.monotonic() - began:.0f} s by {build['engine']}")
        for call in reversed(calls):
            print(f"{call['step']}: {call['input_tokens']} tokens in, {call['output_tokens']} out")

        assert calls, ended["error_message"]
        # The probe before the job wrote some as well.
        assert 0 < sum(call["output_tokens"] for call in calls) <= answered.written
        if ended["status"] == "failed":
            assert "model" in ended["error_message"]
            return
        plan = instance.client.get(f"/api/projects/{build['project_id']}/plan").json()
        told = " ".join(plan["assumptions"])
        if build["engine"] == "blueprint":
            assert "planned by rules, without a model" in told
            assert {call["share"] for call in calls} == {"wasted"}
        else:
            assert build["engine"] == "compatible:smollm2"
            states = {wish["state"] for wish in build["evidence"]["wishes"]}
            assert states <= {"kept", "partly", "left_out"}
