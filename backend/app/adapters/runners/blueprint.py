"""The keyless engine: rules read the goal, the generator writes the app, no AI model is asked."""

from __future__ import annotations

import asyncio

from app.blueprint import language
from app.blueprint.generate import features, generate, skeleton
from app.blueprint.spec import AppSpec
from app.ports.runner import GoalNotUnderstood, RunResult, Say, Scaffold, SpecNotWritable


class RunnerBlueprint:
    """A Runner that needs no key, no network and no state."""

    engine = language.ENGINE

    async def scaffold(self, goal: str, *, spec: AppSpec | None = None) -> Scaffold:
        """Decide what to build; reading the goal is quick but loads the lexicon, so it runs in a thread."""
        chosen = spec if spec is not None else await asyncio.to_thread(_understand, goal)
        return Scaffold(chosen, await asyncio.to_thread(skeleton, chosen))

    async def run(
        self,
        goal: str,  # noqa: ARG002 - the spec carries it
        spec: AppSpec,
        *,
        say: Say,
    ) -> RunResult:
        """Write every file of the app."""
        try:
            files = await asyncio.to_thread(generate, spec)
        except ValueError as error:
            raise SpecNotWritable(f"The app cannot be written from its specification: {error}.") from error
        done = tuple(features(spec))
        for feature in done:
            await say(feature)
        return RunResult(files, features=done, left_out=spec.not_understood)


def _understand(goal: str) -> AppSpec:
    try:
        return language.understand(goal)
    except language.GoalUnreadable as error:
        raise GoalNotUnderstood(str(error)) from error
