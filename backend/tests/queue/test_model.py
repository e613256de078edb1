"""Random histories of the queue keep the invariants, and the real SQL does step by step what the model does.

The short run repeats the same histories every time. `--chaos-long` takes new ones and prints their seed, which
`--hypothesis-seed` repeats.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.domain.job import BUILD_STAGES, JobStatus, can_move
from app.domain.tier import Tier
from tests.queue.model import AGE_STEP_S, DAY_S, Lost, Model
from tests.queue.record import Record, install_clock

LEASE_S = 10
CAP = 8
TIERS = {"ada": Tier.BOOTSTRAPPER, "bob": Tier.PARTNER, "eve": Tier.CTO_SCALE}
LAST = "the last worker"

numbers = st.integers(0, 40)
crew = st.sampled_from(["w1", "w2", "w3"])
people = st.sampled_from(list(TIERS))
pauses = st.sampled_from([1, 4, LEASE_S, LEASE_S + 1, AGE_STEP_S + 1, DAY_S])
wishes = st.sampled_from([*BUILD_STAGES, JobStatus.READY, JobStatus.FAILED])


class QueueRules(RuleBasedStateMachine):
    """Founders, workers that come, stop, crash and act on, and reapers that look and act later."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(lease_s=LEASE_S, cap=CAP, tiers=dict(TIERS))
        self.beliefs: list[tuple[str, int, int]] = []
        """Who believes to own which job under which attempt; nobody is told when it is no longer so."""
        self.sightings: list[Lost] = []
        self.seen: dict[int, int] = {}

    def do(self, operation: str, *arguments: Any) -> Any:
        return getattr(self.model, operation)(*arguments)

    @initialize()
    def a_worker_is_there(self) -> None:
        self.do("join", "w1", 2)

    @rule(founder=people)
    def accept(self, founder: str) -> None:
        self.do("accept", founder)
        self.do("pass_time", 1)  # no two jobs of one moment: only chance would say whose turn it is

    @rule(worker=crew, slots=st.integers(1, 3))
    def join(self, worker: str, slots: int) -> None:
        if worker not in self.model.workers:
            self.do("join", worker, slots)

    @rule(worker=crew)
    def leave(self, worker: str) -> None:
        self.do("leave", worker)

    @rule(worker=crew)
    def beat(self, worker: str) -> None:
        self.do("beat", worker)

    @rule(seconds=pauses)
    def pass_time(self, seconds: int) -> None:
        self.do("pass_time", seconds)

    @rule()
    def admit(self) -> None:
        room = self.model.counts().free
        admitted = self.do("admit")
        assert len(admitted) <= max(room, 0)

    @precondition(lambda self: self.model.jobs)
    @rule(which=numbers, worker=crew)
    def claim(self, which: int, worker: str) -> None:
        number = which % len(self.model.jobs)
        attempt = self.do("claim", number, worker)
        if attempt is not None:
            self.beliefs.append((worker, number, attempt))

    @precondition(lambda self: any(job.is_running for job in self.model.jobs))
    @rule(which=numbers, worker=crew)
    def claim_what_is_admitted(self, which: int, worker: str) -> None:
        running = [job.number for job in self.model.jobs if job.is_running]
        self.claim(running[which % len(running)], worker)

    @precondition(lambda self: self.beliefs)
    @rule(which=numbers, to=wishes)
    def act(self, which: int, to: JobStatus) -> None:
        _, number, attempt = self.beliefs[which % len(self.beliefs)]
        is_stale = self.model.jobs[number].attempt != attempt
        moved = self.do("move", number, to, attempt)
        assert not (is_stale and moved is not None)

    @precondition(lambda self: self.beliefs)
    @rule(which=numbers)
    def go_on(self, which: int) -> None:
        _, number, attempt = self.beliefs[which % len(self.beliefs)]
        ahead = [stage for stage in JobStatus if can_move(self.model.jobs[number].status, stage)]
        if ahead:
            self.do("move", number, ahead[0], attempt)

    @precondition(lambda self: self.beliefs)
    @rule(which=numbers)
    def say(self, which: int) -> None:
        _, number, attempt = self.beliefs[which % len(self.beliefs)]
        self.do("say", number, attempt)

    @precondition(lambda self: self.beliefs)
    @rule(which=numbers)
    def note_sandbox(self, which: int) -> None:
        _, number, attempt = self.beliefs[which % len(self.beliefs)]
        self.do("note_sandbox", number, attempt)

    @precondition(lambda self: self.beliefs)
    @rule(which=numbers)
    def give_back(self, which: int) -> None:
        worker, number, _ = self.beliefs[which % len(self.beliefs)]
        self.do("give_back", number, worker)

    @rule()
    def look(self) -> None:
        self.sightings += self.do("look")

    @precondition(lambda self: self.sightings)
    @rule(which=numbers)
    def take_over_what_was_seen(self, which: int) -> None:
        self.do("take_over", self.sightings[which % len(self.sightings)])

    @rule()
    def reap(self) -> None:
        self.do("reap")

    @precondition(lambda self: self.model.jobs)
    @rule(which=numbers)
    def cancel(self, which: int) -> None:
        self.do("cancel", which % len(self.model.jobs))

    @rule()
    def release(self) -> None:
        self.do("release")

    @rule()
    def count(self) -> None:
        self.do("counts")

    @invariant()
    def states_move_along_the_table_and_never_out_of_an_end(self) -> None:
        for job in self.model.jobs:
            steps = zip(job.history, job.history[1:], strict=False)
            assert all(can_move(here, there) for here, there in steps)
            assert not any(status.is_terminal for status in job.history[:-1])

    @invariant()
    def at_most_one_worker_acts_for_a_job(self) -> None:
        for job in self.model.jobs:
            acting = {
                worker
                for worker, number, attempt in self.beliefs
                if (number, attempt) == (job.number, job.attempt)
            }
            assert len(acting) <= 1
            assert job.has_ended or acting <= {job.owner}

    @invariant()
    def attempts_and_event_numbers_only_rise(self) -> None:
        for job in self.model.jobs:
            assert job.seq >= self.seen.get(job.number, 0)
            self.seen[job.number] = job.seq

    @invariant()
    def nobody_runs_more_than_the_tier_allows(self) -> None:
        for founder, (running, _) in self.model.counts().founders.items():
            assert running <= TIERS[founder].limits.concurrent_jobs

    def teardown(self) -> None:
        """However it went: with one honest worker, every accepted job comes to exactly one end."""
        self.do("join", LAST, 1)
        for _ in range(3 * (len(self.model.jobs) + 2)):
            if all(job.has_ended for job in self.model.jobs):
                break
            self._work_honestly()
        ends = [[status for status in job.history if status.is_terminal] for job in self.model.jobs]
        assert all(len(one) == 1 for one in ends), self.model.rows()
        self._only_the_honest_are_left()
        assert self.do("counts").free == 1, "a slot has leaked"

    def _only_the_honest_are_left(self) -> None:
        self.do("pass_time", LEASE_S + 1)
        self.do("beat", LAST)
        self.do("reap")

    def _work_honestly(self) -> None:
        self._only_the_honest_are_left()
        self.do("pass_time", DAY_S)
        self.do("beat", LAST)
        self.do("release")
        self.do("admit")
        for job in self.model.jobs:
            self.claim_as_last(job.number)
            while job.owner == LAST and not job.has_ended:
                ahead = [stage for stage in JobStatus if can_move(job.status, stage)]
                assert self.do("move", job.number, ahead[-2], job.attempt) is not None

    def claim_as_last(self, number: int) -> None:
        attempt = self.do("claim", number, LAST)
        if attempt is not None:
            self.beliefs.append((LAST, number, attempt))


class SideBySide(QueueRules):
    """The same histories, each step on the model and on the record, which must agree."""

    def __init__(self, runner: asyncio.Runner, record: Record) -> None:
        super().__init__()
        self._runner = runner
        self._record = record
        runner.run(record.empty())

    def do(self, operation: str, *arguments: Any) -> Any:
        expected = super().do(operation, *arguments)
        assert self._runner.run(getattr(self._record, operation)(*arguments)) == expected, operation
        if operation != "pass_time":
            seen = self._runner.run(self._record.look_around())
            assert seen == (self.model.rows(), self.model.crew()), operation
        return expected


def histories(request: pytest.FixtureRequest, *, short: int, long: int) -> tuple[settings, int | None]:
    """How many histories; those of the short run are always the same."""
    is_long = bool(request.config.getoption("--chaos-long", default=False))
    chosen = settings(
        max_examples=long if is_long else short,
        stateful_step_count=60 if is_long else 40,
        derandomize=not is_long,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    if not is_long:
        return chosen, None
    number = request.config.getoption("--hypothesis-seed", default=None) or time.time_ns()
    print(f"repeat with --chaos-long --hypothesis-seed={number}")
    return chosen, int(number)


def explore(machine: Callable[[], RuleBasedStateMachine], chosen: tuple[settings, int | None]) -> None:
    """Run a state machine, or what makes one, under these settings."""
    how, number = chosen

    # A function takes the seed; a class would keep it for every test after this one.
    def made() -> RuleBasedStateMachine:
        return machine()

    factory: Any = seeded(number)(made) if number is not None else made
    run_state_machine_as_test(factory, settings=how)


def test_every_history_of_the_model_keeps_the_invariants(request: pytest.FixtureRequest) -> None:
    explore(QueueRules, histories(request, short=150, long=5_000))


@pytest.fixture
def side_by_side(database_url: str, tmp_path: Path) -> Iterator[tuple[asyncio.Runner, Record]]:
    install_clock(database_url)
    record = Record(database_url, tmp_path, lease_s=LEASE_S, cap=CAP, tiers=TIERS)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner, record
        runner.run(record.database.close())


def test_the_record_does_what_the_model_does(
    request: pytest.FixtureRequest, side_by_side: tuple[asyncio.Runner, Record]
) -> None:
    explore(lambda: SideBySide(*side_by_side), histories(request, short=25, long=1_000))


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(slots=st.integers(1, 3), length=st.integers(5, 60), rivals=st.integers(1, 5))
def test_no_flood_of_a_higher_tier_starves_a_lower_one(slots: int, length: int, rivals: int) -> None:
    """A bootstrapper among founders who pay more and start a job whenever one of theirs has ended."""
    tiers = {"poor": Tier.BOOTSTRAPPER, **{f"rich{number}": Tier.CTO_SCALE for number in range(slots + rivals)}}
    model = Model(lease_s=LEASE_S, cap=1000, tiers=tiers)
    rich = [name for name in tiers if name != "poor"]
    model.join("w", slots)
    for name in rich:
        model.accept(name)
    model.pass_time(1)
    model.accept("poor")
    [mine] = [job for job in model.jobs if job.founder == "poor"]
    ahead = len(model.jobs)
    while mine.admitted_at is None:
        model.beat("w")
        model.admit()
        model.pass_time(length)
        for job in [job for job in model.jobs if job.is_running and job is not mine]:
            model.cancel(job.number)
            model.accept(job.founder)
        waited = model.now - mine.created_at
        assert waited <= 2 * AGE_STEP_S + ahead * length
