"""A design that is longer than its provider lets an answer be comes in parts, and nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from app.designer import parts
from app.designer.schema import answer_schema, rest_schema
from tests.adapters.runners.bench import Start, starting
from tests.designer.test_patches import POOL, spec_of
from tests.support.designs import BY_NAME, POOL_GOAL, as_text, pool
from tests.support.scripted_model import Asked, Say

Json = dict[str, Any]
NAMES = ("number", "name", "label", "action", "about", "question")


@pytest.fixture
def start() -> Iterator[Start]:
    with starting() as begin:
        yield begin


def missing(whole: Any, kept: Any) -> Any:
    """What a good model answers when it is told what is kept; None where nothing is missing."""
    if isinstance(whole, dict):
        rest = {key: missing(value, kept[key]) if key in kept else value for key, value in whole.items()}
        rest = {key: value for key, value in rest.items() if key not in kept or value is not None}
        names = {key: whole[key] for key in NAMES if key in whole and rest}
        return {**names, **rest} or None
    if isinstance(whole, list):
        known = {name_of(part): part for part in kept}
        rests = [missing(part, known[name_of(part)]) if name_of(part) in known else part for part in whole]
        return [rest for rest in rests if rest is not None] or None
    return None


def name_of(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    names = [part[key] for key in NAMES if part.get(key)]
    return (part.get("kind"), part.get("entity"), names[0]) if names else json.dumps(part, sort_keys=True)


class LimitedModel:
    """Knows one answer, and is cut off after so many characters of what it says."""

    def __init__(self, whole: Json, *, limit: int) -> None:
        self.whole, self.limit = whole, limit
        self.kept: Json = {}
        self.said: list[str] = []

    def __call__(self, asked: Asked, number: int) -> Say:
        if number > 1:
            assert "is kept" in str(asked.body)
        text = as_text(missing(self.whole, self.kept))
        cut = text[: self.limit]
        self.said.append(cut)
        if len(cut) == len(text):
            return Say(text)
        self.kept = parts.join(self.kept, parts.read_part(cut))
        return Say(cut, finish="length")


@pytest.mark.parametrize("provider", ["openai-chat", "openai", "anthropic", "compatible"])
async def test_a_large_design_comes_whole_through_a_small_limit(start: Start, provider: str) -> None:
    whole = await start([as_text(pool())], provider=provider).runner.scaffold(POOL_GOAL)
    model = LimitedModel(pool(), limit=1_200)
    bench = start(model, provider=provider)

    scaffold = await bench.runner.scaffold(POOL_GOAL)

    assert scaffold.spec == whole.spec
    assert scaffold.design == whole.design
    assert len(model.said) >= 3
    steps = [call.step for call in bench.notebook.begun]
    assert steps == ["design", *(f"design, part {number}" for number in range(2, len(steps) + 1))]
    assert {call.share.value for call in bench.notebook.begun} == {"useful"}
    counted = sum(reply.usage.output_tokens for reply in bench.notebook.kept.values())
    assert counted == bench.provider.output_tokens


async def test_a_limit_that_the_provider_names_is_kept_and_the_rest_comes(start: Start) -> None:
    model = LimitedModel(pool(), limit=1_200)
    told: list[int] = []

    def script(asked: Asked, _: int) -> Say:
        most = asked.body["max_completion_tokens"]
        told.append(most)
        if most > 4_096:
            message = f"max_tokens is too large: {most}. This model supports at most 4096 completion tokens."
            return Say(status=400, error={"error": {"type": "invalid_request_error", "message": message}})
        return model(asked, len(model.said) + 1)

    scaffold = await start(script).runner.scaffold(POOL_GOAL)

    assert not scaffold.spec.not_understood
    assert told[0] == 32_000
    assert set(told[1:]) == {4_096}


async def test_a_model_that_never_comes_to_an_end_is_left_after_some_parts(start: Start) -> None:
    numbers = iter(range(1, 1_000))

    def script(_: Asked, __: int) -> Say:
        rule = {"kind": "unique", "entity": "Customer", "fields": ["name"], "about": f"Rule {next(numbers)}."}
        return Say(as_text({**pool(), "spec": {**pool()["spec"], "rules": [rule, rule]}})[:-40], finish="length")

    bench = start(script)

    spec = (await bench.runner.scaffold(POOL_GOAL)).spec

    assert len(bench.provider.asked) <= 3 * parts.MOST_PARTS
    assert any("the answer" in text for text in spec.not_understood)


async def test_half_a_change_is_never_made(start: Start) -> None:
    """Of a list of operations the first alone would be another change than what was asked for."""
    operations = [
        {"op": "change", "at": "entities/Customer", "value": {"plural": "Guests"}},
        {"op": "change", "at": "title", "value": "Pool House"},
    ]
    text = as_text({"operations": operations, "left_out": []})
    cut = text[: text.index(', {"op": "change", "at": "title"')]
    before = spec_of(POOL)

    # The operation before the cut may be whole or not, so a good model says it again.
    for said in ({"operations": operations, "left_out": []}, {"operations": operations}):
        bench = start([Say(cut, finish="length"), Say(as_text(said))], change="X")
        changed = (await bench.runner.scaffold(before.goal, spec=before)).spec
        assert changed.title == "Pool House"
        assert next(one.plural for one in changed.entities if one.name == "Customer") == "Guests"
    with pytest.raises(Exception, match="Nothing was changed"):
        await start([Say(cut, finish="length")], change="X").runner.scaffold(before.goal, spec=before)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_wherever_an_answer_is_cut_its_rest_makes_it_whole(name: str) -> None:
    whole = {**pool(), "spec": BY_NAME[name]}
    text = as_text(whole)
    for cut in range(1, len(text), 211):
        kept = parts.read_part(text[:cut])
        assert parts.join(kept, missing(whole, kept) or {}) == whole, text[cut - 60 : cut]


@pytest.mark.parametrize("text", ["", "no", "{", '{"spec', '{"spec": {"title": "A', "[1, 2", '{"spec": [[', "{]"])
def test_what_is_no_answer_is_none(text: str) -> None:
    assert parts.read_part(text) in ({}, {"spec": {}}, {"spec": []})


def test_the_form_of_the_rest_asks_for_nothing_again() -> None:
    jsonschema.validate({"spec": {"entities": [{"name": "Lane"}]}}, rest_schema(answer_schema()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"spec": {"entities": [{}]}}, rest_schema(answer_schema()))
    assert answer_schema()["required"]
