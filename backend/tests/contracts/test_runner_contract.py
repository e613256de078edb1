"""What every runner promises, asked of each one that works without a network."""

from __future__ import annotations

import json

import pytest

from app.adapters.runners.blueprint import RunnerBlueprint
from app.adapters.runners.fake import RunnerFake
from app.blueprint.language import understand
from app.blueprint.spec import AppSpec
from app.domain.workspace import MANIFEST, START_SCRIPT, Manifest, check_paths, missing_files
from app.ports.runner import Runner, RunResult

GOAL = 'A booking app for a yoga studio, with {{ braces }}, "quotes" and <b>HTML</b>'


@pytest.fixture(params=[RunnerBlueprint, RunnerFake], ids=["blueprint", "fake"])
def runner(request: pytest.FixtureRequest) -> Runner:
    made: Runner = request.param()
    return made


class Talk:
    """Keeps what the founder was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def __call__(self, line: str) -> None:
        self.lines.append(line)


async def run(runner: Runner) -> tuple[RunResult, list[str]]:
    scaffold = await runner.scaffold(GOAL)
    talk = Talk()
    return await runner.run(GOAL, scaffold.spec, say=talk), talk.lines


async def test_the_engine_is_named_in_the_spec(runner: Runner) -> None:
    scaffold = await runner.scaffold(GOAL)
    assert runner.engine
    assert scaffold.spec.engine == runner.engine
    assert scaffold.spec.goal == GOAL


async def test_the_scaffold_holds_the_required_files(runner: Runner) -> None:
    scaffold = await runner.scaffold(GOAL)
    assert missing_files(scaffold.working_files) == []
    check_paths(scaffold.working_files)


async def test_the_result_is_the_whole_workspace(runner: Runner) -> None:
    scaffold = await runner.scaffold(GOAL)
    result, _ = await run(runner)
    assert missing_files(result.working_files) == []
    check_paths(result.working_files)
    assert scaffold.working_files.items() <= result.working_files.items()


async def test_the_manifest_can_be_read_and_starts_the_start_script(runner: Runner) -> None:
    result, _ = await run(runner)
    manifest = Manifest.parse(result.working_files[MANIFEST])
    assert manifest.start == (f"./{START_SCRIPT}",)
    assert result.working_files[START_SCRIPT].startswith("#!/bin/sh\n")
    assert "/" in manifest.pages
    assert manifest.check


async def test_both_calls_give_the_same_again(runner: Runner) -> None:
    assert await runner.scaffold(GOAL) == await runner.scaffold(GOAL)
    assert await run(runner) == await run(runner)


async def test_a_given_spec_is_built_as_it_is(runner: Runner) -> None:
    spec = understand("track experiments and samples in a biology lab")
    scaffold = await runner.scaffold(GOAL, spec=spec)
    assert scaffold.spec == spec


async def test_every_feature_is_told_as_it_is_done(runner: Runner) -> None:
    result, lines = await run(runner)
    assert result.features
    assert tuple(lines) == result.features
    assert all("\n" not in line and len(line) < 200 for line in lines)


async def test_the_spec_survives_being_stored(runner: Runner) -> None:
    spec = (await runner.scaffold(GOAL)).spec
    assert AppSpec.model_validate(json.loads(spec.model_dump_json())) == spec
