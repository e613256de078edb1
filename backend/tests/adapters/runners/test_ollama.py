"""Ollama as it speaks: its own fingerprints, its chunks, its counts in the last of them, and its errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.adapters.runners.local_servers import find_local_servers
from app.adapters.runners.providers import open_provider
from app.designer import prompts
from app.ports.runner import RunnerUnavailable
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.scripted_model import Say, ScriptedModel

from .bench import Start

HEAD = {"id": "chatcmpl-417", "created": 1764400000, "model": "qwen3:8b", "system_fingerprint": "fp_ollama"}
USAGE = {"prompt_tokens": 4711, "completion_tokens": 1208, "total_tokens": 5919}
MISSING = {
    "error": {
        "message": 'model "scripted" not found, try pulling it first',
        "type": "not_found_error",
        "param": None,
        "code": None,
    }
}


def recorded(text: str, *, is_streaming: bool) -> Say:
    """A reply with a text in the shape of Ollama's: every chunk names the role, counts come with no choice."""
    if not is_streaming:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        whole = {**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}
        return Say(raw=json.dumps(whole).encode())
    pieces = [text[start : start + 300] for start in range(0, len(text), 300)]
    choices: list[list[dict[str, Any]]] = [
        [{"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}] for piece in pieces
    ]
    choices.append([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "stop"}])
    chunks = [{**HEAD, "object": "chat.completion.chunk", "choices": one} for one in choices]
    chunks.append({**HEAD, "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return Say(raw="".join([*lines, "data: [DONE]\n\n"]).encode(), headers={"content-type": "text/event-stream"})


@pytest.mark.parametrize("is_streaming", [True, False], ids=["streaming", "whole"])
async def test_a_design_of_ollama_is_read_and_counted_by_its_own_figures(start: Start, is_streaming: bool) -> None:
    bench = start(
        [recorded(as_text(pool()), is_streaming=is_streaming)], provider="ollama", is_streaming=is_streaming
    )

    spec = (await bench.runner.scaffold(POOL_GOAL)).spec

    assert (spec.title, spec.engine) == ("Splash Pool", "ollama:scripted")
    (reply,) = bench.notebook.kept.values()
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (4711, 1208)
    (asked,) = bench.provider.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.body["response_format"]["json_schema"]["schema"]["required"][0] == "spec"
    assert asked.body.get("stream", False) is is_streaming


async def test_a_model_that_ollama_has_not_pulled_is_named(start: Start) -> None:
    bench = start([Say(status=404, error=MISSING)], provider="ollama")

    with pytest.raises(RunnerUnavailable, match="Ollama has no model 'scripted'"):
        await bench.runner.scaffold(POOL_GOAL)


@pytest.mark.parametrize(
    ("running", "is_brief"),
    [({"context_length": 4096}, True), ({"context_length": 65_536}, False), ({}, True), (None, False)],
    ids=["by default", "larger", "not told", "no Ollama"],
)
async def test_it_is_told_what_fits_into_the_context_that_it_gives_the_model(
    start: Start, running: dict[str, int] | None, is_brief: bool
) -> None:
    """Ollama cuts off a longer question without a word."""
    bench = start([recorded(as_text(pool()), is_streaming=True)], provider="ollama")
    bench.provider.running = running

    assert (await bench.runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"

    system = bench.provider.asked[0].body["messages"][0]["content"]
    assert system == prompts.system_prompt(is_brief=is_brief)
    async with open_provider(bench.choice) as provider:
        assert provider.sees is (True if running else None)


def test_its_models_are_offered_by_the_names_that_it_lists() -> None:
    with ScriptedModel([""]) as served:
        (found,) = find_local_servers([("Ollama", "ollama", served.url)])

    assert found.settings == "COFOUNDER_MODEL=ollama:scripted"
