"""Several models for one job: the next one is asked where a provider has trouble of its own."""

from __future__ import annotations

from collections.abc import Sequence

from app.blueprint.spec import AppSpec
from app.ports.model_calls import ProviderDown
from app.ports.runner import Runner, RunResult, Say, Scaffold


class RunnersInOrder:
    """A Runner that asks the first, and each other only when the one before it cannot answer.

    A key, an account or a name that is wrong is for the owner to mend, so nobody else is asked then.
    """

    def __init__(self, runners: Sequence[Runner], *, say: Say) -> None:
        self._runners = runners
        self._say = say

    @property
    def engine(self) -> str:
        """The name of the first; a specification names the one that designed it."""
        return self._runners[0].engine

    async def scaffold(self, goal: str, *, spec: AppSpec | None = None) -> Scaffold:
        """The plan of the first that answers. GoalNotUnderstood, RunnerUnavailable."""
        *earlier, last_runner = self._runners
        for runner, following in zip(earlier, self._runners[1:], strict=True):
            try:
                return await runner.scaffold(goal, spec=spec)
            except ProviderDown as error:
                await self._say(f"{error} {following.engine} is asked instead")
        return await last_runner.scaffold(goal, spec=spec)

    async def run(self, goal: str, spec: AppSpec, *, say: Say) -> RunResult:
        """Write the whole app of `spec`, which every one of them does in the same way."""
        return await self._runners[0].run(goal, spec, say=say)
