"""Whatever goes wrong on the wire ends in a clear sentence, or in the plan of the rules named as such."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from app.adapters.runners.model import probe
from app.designer import prompts
from app.ports.model_calls import AnswerForm, BudgetReached
from app.ports.runner import GoalNotUnderstood, RunnerUnavailable
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.instance import eventually
from tests.support.scripted_model import HEARD, Asked, Say

from .bench import Notebook, Start

GOOD = as_text(pool())
YOGA = "A booking app for a yoga studio"
"""A goal that the rules can plan as well."""

KEY = {"error": {"message": "Incorrect API key", "type": "invalid_request_error", "code": "invalid_api_key"}}
BALANCE = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
MODEL = {"error": {"message": "The model `scripted` does not exist", "code": "model_not_found"}}
CONTEXT = {"error": {"message": "maximum context length", "code": "context_length_exceeded", "param": "messages"}}
LLAMA_CONTEXT = {
    "error": {
        "code": 400,
        "message": "request (10036 tokens) exceeds the available context size (8192 tokens), try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 10036,
        "n_ctx": 8192,
    }
}
"""As the server of llama.cpp says it."""

BUSY = {"error": {"message": "Rate limit", "code": "rate_limit_exceeded"}}
ODD = {"error": {"message": "Unsupported parameter: 'max_tokens'", "code": "unsupported_parameter"}}

REFUSED = {
    "wrong key": (Say(status=401, error=KEY), "OpenAI refuses the key", 1),
    "empty balance": (Say(status=429, error=BALANCE), "has no credit left", 1),
    "missing model": (Say(status=404, error=MODEL), "has no model 'scripted'", 1),
    "context overflow": (Say(status=400, error=CONTEXT), "more than 'scripted' can read", 1),
    "context overflow of llama.cpp": (
        Say(status=400, error=LLAMA_CONTEXT),
        "more than 'scripted' can read",
        1,
    ),
    "refused request": (Say(status=400, error=ODD), "Unsupported parameter", 1),
    "always busy": (Say(status=429, error=BUSY), "too many requests", 3),
    "busy for long": (Say(status=429, error=BUSY, headers={"retry-after": "3600"}), "too many requests", 1),
    "always down": (Say(status=500, error={"error": {"message": "boom"}}), "has trouble of its own", 3),
    "overloaded": (Say(status=503, error={"error": {"message": "overloaded"}}), "has trouble of its own", 3),
}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between tries are as they are told; those that are our own choice are short here."""
    monkeypatch.setattr("app.adapters.runners.asking._PAUSES_S", (0.01, 0.01))


@pytest.mark.parametrize("fault", REFUSED)
@pytest.mark.parametrize("is_streaming", [True, False], ids=["streaming", "whole"])
async def test_a_provider_that_refuses_is_told_of_in_a_sentence(
    start: Start, fault: str, is_streaming: bool
) -> None:
    said, sentence, calls = REFUSED[fault]
    bench = start([said], is_streaming=is_streaming)

    with pytest.raises(RunnerUnavailable, match=sentence):
        await bench.runner.scaffold(POOL_GOAL)

    assert len(bench.provider.asked) == calls == len(bench.notebook.begun)
    assert bench.notebook.unknown == 0
    assert not bench.notebook.open


@pytest.mark.parametrize("design", ["faulty", "cut off"])
async def test_a_repair_that_no_longer_fits_keeps_what_was_designed(start: Start, design: str) -> None:
    """A small model reads the goal and one answer; the faults of that are more than it can read as well."""
    faulty = pool()
    faulty["spec"]["rules"][0]["fields"] = ["starts_at", "ends_at", "pool"]
    first = Say(as_text(faulty)) if design == "faulty" else Say(GOOD[: len(GOOD) // 2], finish="length")
    bench = start([first, Say(status=400, error=CONTEXT if design == "faulty" else LLAMA_CONTEXT)])

    spec = (await bench.runner.scaffold(POOL_GOAL)).spec

    assert spec.engine == "openai-chat:scripted"
    assert spec.title == "Splash Pool"
    assert bench.notebook.ends[0] == "answered"
    assert len(bench.provider.asked) >= 2


async def test_a_server_that_knows_no_schemas_is_asked_by_a_tool(start: Start) -> None:
    def script(asked: Asked, _: int) -> Say:
        message = "'response_format.type' must be 'text'"
        return (
            Say(status=400, error={"error": {"message": message}})
            if "response_format" in asked.body
            else Say(GOOD)
        )

    bench = start(script, provider="compatible")

    assert (await bench.runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"

    first, second = bench.provider.asked
    assert "tools" not in first.body
    assert second.body["tools"][0]["function"]["name"] == "answer"
    assert bench.notebook.ends == ["ModelRequestRejectedError", "answered"]
    assert bench.notebook.unknown == 0


def hold_to_schema(asked: Asked) -> bool:
    return "response_format" in asked.body


def hold_to_tool(asked: Asked) -> bool:
    return "tools" in asked.body


def refuse(word: str) -> Say:
    return Say(status=400, error={"error": {"message": f"{word} is not supported"}})


PROSE = Say("Yes, I can hear you!")
SERVERS: dict[str, tuple[Callable[[Asked], Say], AnswerForm]] = {
    "knows schemas": (lambda asked: HEARD, AnswerForm.SCHEMA),
    "ignores schemas": (lambda asked: HEARD if hold_to_tool(asked) else PROSE, AnswerForm.TOOL),
    "refuses schemas": (
        lambda asked: refuse("response_format") if hold_to_schema(asked) else HEARD,
        AnswerForm.TOOL,
    ),
    "knows neither": (lambda asked: PROSE, AnswerForm.TEXT),
    "refuses both": (
        lambda asked: (
            refuse("response_format")
            if hold_to_schema(asked)
            else refuse("tools")
            if hold_to_tool(asked)
            else PROSE
        ),
        AnswerForm.TEXT,
    ),
    "thinks first": (lambda asked: Say("Well, the user", finish="length"), AnswerForm.SCHEMA),
}


@pytest.mark.parametrize("server", SERVERS)
async def test_the_probe_shows_how_a_model_is_brought_to_answer_and_the_design_follows(
    start: Start, server: str
) -> None:
    says, form = SERVERS[server]
    bench = start(
        lambda asked, _: (
            Say(f"Here it is:\n```json\n{GOOD}\n```")
            if POOL_GOAL in str(asked.body) and form is AnswerForm.TEXT
            else Say(GOOD)
            if POOL_GOAL in str(asked.body)
            else says(asked)
        ),
        provider="compatible",
    )

    shown = await probe(bench.choice, bench.notebook)
    probes = len(bench.provider.asked)
    assert (await bench.runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"

    assert (shown.form, bench.notebook.shown) == (form, shown)
    (design,) = bench.provider.asked[probes:]
    assert (hold_to_schema(design), hold_to_tool(design)) == (form is AnswerForm.SCHEMA, form is AnswerForm.TOOL)


@pytest.mark.parametrize(
    ("listed", "is_brief"),
    [
        ({"meta": {"n_ctx": 8192}}, True),
        ({"max_model_len": 131_072}, False),
        ({"context_length": 4096}, True),
        ({"meta": {"n_ctx": "much"}}, False),
        ({}, False),
    ],
)
async def test_a_model_that_reads_little_is_told_less(
    start: Start, listed: dict[str, object], is_brief: bool
) -> None:
    bench = start([GOOD], provider="compatible")
    bench.provider.listed = listed

    assert (await bench.runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"

    (asked,) = bench.provider.asked
    assert asked.body["messages"][0]["content"] == prompts.system_prompt(is_brief=is_brief)
    spec = asked.body["response_format"]["json_schema"]["schema"]["properties"]["spec"]["properties"]
    assert ("site" in spec) is not is_brief


@pytest.mark.parametrize("context", [4096, 8192])
async def test_answer_and_repair_fit_into_a_small_context(start: Start, context: int) -> None:
    faulty = pool()
    faulty["spec"]["rules"][0]["fields"] = ["starts_at", "ends_at", "pool"]
    bench = start([as_text(faulty), GOOD], provider="compatible")
    bench.provider.listed = {"max_model_len": context}

    await bench.runner.scaffold(POOL_GOAL)

    for asked in bench.provider.asked:
        told = len("".join(message["content"] for message in asked.body["messages"]).encode())
        assert 0 < asked.body["max_tokens"] <= context - told // 3
    first = bench.provider.asked[0].body
    told = len("".join(message["content"] for message in first["messages"]).encode())
    assert first["max_tokens"] <= (context - told // 3) // 2


async def test_a_weak_model_that_copies_the_example_has_not_designed_anything(start: Start) -> None:
    bench = start([prompts.brief_example()], provider="compatible")
    bench.provider.listed = {"max_model_len": 8192}

    spec = (await bench.runner.scaffold(YOGA)).spec

    assert spec.engine == "blueprint"
    assert "it is the example" in str(bench.provider.asked[1].body["messages"][-1])


async def test_a_goal_that_cannot_be_read_is_not_sent(start: Start) -> None:
    bench = start([GOOD], provider="compatible")
    bench.provider.listed = {"max_model_len": 2048}
    with pytest.raises(RunnerUnavailable, match="more than 'scripted' can read"):
        await bench.runner.scaffold(POOL_GOAL * 20)
    assert bench.provider.asked == []


@pytest.mark.parametrize(
    ("provider", "limit", "message"),
    [
        (
            "openai-chat",
            16384,
            "max_tokens is too large: {}. This model supports at most 16384 completion tokens.",
        ),
        ("anthropic", 8192, "max_tokens: {} > 8192, which is the maximum allowed number of output tokens for it"),
    ],
)
async def test_no_longer_answer_is_asked_for_than_a_model_gives(
    start: Start, provider: str, limit: int, message: str
) -> None:
    def script(asked: Asked, _: int) -> Say:
        most = asked.body.get("max_tokens") or asked.body["max_completion_tokens"]
        error = {"type": "invalid_request_error", "message": message.format(most)}
        return Say(GOOD) if most <= limit else Say(status=400, error={"type": "error", "error": error})

    bench = start(script, provider=provider)

    assert (await bench.runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"

    assert len(bench.provider.asked) == 2
    assert bench.notebook.unknown == 0


@pytest.mark.parametrize("provider", ["openai-chat", "openai", "anthropic", "ollama"])
async def test_of_a_model_that_is_too_slow_what_came_in_time_is_built(start: Start, provider: str) -> None:
    half = GOOD.index('"rules"')
    bench = start([Say(GOOD, stall_after=half)], provider=provider, call_s=4)

    spec = (await bench.runner.scaffold(POOL_GOAL)).spec

    assert spec.engine == f"{provider}:scripted"
    assert [entity.name for entity in spec.entities][:2] == ["Lane", "Customer"]
    assert bench.notebook.ends[0] == "answered"
    # Nobody knows what such an answer took, so the most that it can have been counts.
    (first, *_) = bench.notebook.kept.values()
    assert first.usage == bench.notebook.begun[0].most


@pytest.mark.parametrize("is_streaming", [True, False], ids=["streaming", "whole"])
async def test_a_model_that_says_nothing_in_time_leaves_the_plan_to_the_rules(
    start: Start, is_streaming: bool
) -> None:
    bench = start([Say(GOOD, hang_s=60)], provider="ollama", is_streaming=is_streaming, call_s=0.5)

    spec = (await bench.runner.scaffold(YOGA)).spec

    assert spec.engine == "blueprint"
    assert spec.assumptions[0].startswith("The model did not finish its answer in time.")
    assert (len(bench.provider.asked), bench.notebook.ends) == (1, ["out of time"])


async def test_a_provider_that_was_busy_is_asked_again_when_it_said(start: Start) -> None:
    bench = start([Say(status=429, error=BUSY, headers={"retry-after": "1"}), GOOD])

    assert (await bench.runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"

    first, second = bench.provider.asked
    assert second.at - first.at >= 1
    assert bench.notebook.ends == ["ModelRateLimitError", "answered"]


@pytest.mark.parametrize("is_streaming", [True, False], ids=["streaming", "whole"])
@pytest.mark.parametrize("provider", ["openai-chat", "openai", "anthropic"])
async def test_an_answer_that_breaks_off_is_asked_for_again(
    start: Start, provider: str, is_streaming: bool
) -> None:
    bench = start([Say(GOOD, cut_after=900), GOOD], provider=provider, is_streaming=is_streaming)

    assert (await bench.runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"

    assert bench.notebook.ends[-1] == "answered"
    assert len(bench.provider.asked) == 2
    assert bench.notebook.unknown == 1


async def test_a_provider_that_hangs_is_given_up(start: Start) -> None:
    bench = start([Say(GOOD, hang_s=30)], silence_s=0.3)

    with pytest.raises(RunnerUnavailable, match="did not answer in time"):
        await bench.runner.scaffold(POOL_GOAL)

    assert len(bench.provider.asked) == 3
    assert bench.notebook.unknown == 3


async def test_nobody_there_is_told_at_once(start: Start) -> None:
    bench = start([GOOD], url="http://127.0.0.1:9/v1")
    with pytest.raises(RunnerUnavailable, match=r"cannot be reached at http://127\.0\.0\.1:9/v1"):
        await bench.runner.scaffold(POOL_GOAL)
    assert bench.notebook.unknown == 0


UNUSABLE = {
    "words": Say("I would love to help you design a lovely app!"),
    "malformed": Say('{"spec": {"title": "A", entities: ['),
    "wrong schema": Say(json.dumps({"app": {"screens": ["home"]}})),
    "nothing": Say(""),
    "no records": Say(json.dumps({"spec": {"title": "A", "tagline": "B", "entities": []}})),
    "refusal": Say(refusal="I cannot help with that."),
    "filtered": Say("", finish="content_filter"),
    "half a character": Say("\ud800"),
    "too large": Say(raw=b'{"choices": "' + b"x" * 10_000_000 + b'"}'),
}


@pytest.mark.parametrize("fault", UNUSABLE)
@pytest.mark.parametrize("is_streaming", [True, False], ids=["streaming", "whole"])
async def test_a_useless_answer_ends_in_the_plan_of_the_rules(
    start: Start, fault: str, is_streaming: bool
) -> None:
    bench = start([UNUSABLE[fault]], is_streaming=is_streaming)

    spec = (await bench.runner.scaffold(YOGA)).spec

    assert spec.engine == "blueprint"
    assert spec.assumptions[0].endswith("This app was planned by rules, without a model.")
    assert bench.notebook.is_wasted
    assert len(bench.provider.asked) <= 3


async def test_where_the_rules_keep_too_little_nothing_is_built(start: Start) -> None:
    bench = start([UNUSABLE["words"]])
    with pytest.raises(GoalNotUnderstood, match="rules"):
        await bench.runner.scaffold("Eine App, mit der unser Chor seine Noten verleiht und Proben plant")


@pytest.mark.parametrize("provider", ["openai-chat", "openai", "anthropic"])
async def test_an_answer_that_is_cut_at_its_limit_keeps_what_came(start: Start, provider: str) -> None:
    half = GOOD[: GOOD.index('"rules"')]
    bench = start([Say(half, finish="length")], provider=provider)

    spec = (await bench.runner.scaffold(POOL_GOAL)).spec

    assert spec.engine == f"{provider}:scripted"
    assert [entity.name for entity in spec.entities][:2] == ["Lane", "Customer"]
    assert any("the answer" in text for text in spec.not_understood)


async def test_a_cancelled_build_closes_the_connection_within_a_second(start: Start) -> None:
    bench = start([Say(GOOD, hang_s=30)])
    work = asyncio.create_task(bench.runner.scaffold(POOL_GOAL))
    await asyncio.to_thread(eventually, lambda: bench.provider.asked, within_s=20)

    cancelled = time.monotonic()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    (asked,) = bench.provider.asked
    await asyncio.to_thread(eventually, lambda: asked.was_dropped_after_s, within_s=5)
    assert asked.was_dropped_after_s is not None
    assert asked.at + asked.was_dropped_after_s - cancelled < 1
    assert bench.notebook.ends == ["cancelled"]


async def test_a_cap_on_tokens_is_never_passed(start: Start) -> None:
    wrong = pool()
    wrong["spec"]["rules"][0]["fields"] = ["pool"]
    bench = start([as_text(wrong)], notebook=Notebook(cap=35_000))
    spec = (await bench.runner.scaffold(POOL_GOAL)).spec
    assert "A lane is booked once at a time." in spec.not_understood[0]
    assert bench.provider.input_tokens + bench.provider.output_tokens <= 35_000
    assert len(bench.provider.asked) == 1


async def test_without_a_budget_nobody_is_asked(start: Start) -> None:
    bench = start([GOOD], notebook=Notebook(cap=1_000))
    with pytest.raises(BudgetReached, match="budget for models is used up"):
        await bench.runner.scaffold(POOL_GOAL)
    assert bench.provider.asked == []
