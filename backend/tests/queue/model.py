"""The queue as it is meant, without a database: jobs, workers, leases and turns on a clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.domain.job import JobStatus, can_move
from app.domain.tier import Tier

DAY_S = 86_400
AGE_STEP_S = 120
MAX_TAKEOVERS = 3


@dataclass
class ModelJob:
    """One accepted job and every state it was in. Moments are seconds on the model's clock."""

    number: int
    founder: str
    tier: Tier
    created_at: int
    history: list[JobStatus]
    seq: int = 1
    attempt: int = 0
    takeovers: int = 0
    owner: str | None = None
    sandbox: str | None = None
    admitted_at: int | None = None

    @property
    def status(self) -> JobStatus:
        return self.history[-1]

    @property
    def has_ended(self) -> bool:
        return self.status.is_terminal

    @property
    def is_waiting(self) -> bool:
        return self.status is JobStatus.QUEUED and self.admitted_at is None

    @property
    def is_running(self) -> bool:
        return self.admitted_at is not None and not self.has_ended


@dataclass
class ModelWorker:
    """A worker's row."""

    slots: int
    seen_at: int


@dataclass(frozen=True)
class Lost:
    """A job that nobody works on, as it was when somebody looked."""

    number: int
    attempt: int
    takeovers: int
    owner: str | None


@dataclass(frozen=True)
class Row:
    """What can be seen of a job."""

    status: JobStatus
    seq: int
    attempt: int
    takeovers: int
    owner: str | None
    sandbox: str | None
    admitted_at: int | None


@dataclass(frozen=True)
class Counts:
    """What can be seen of the queue: free slots, waiting jobs, and per founder those that run and count today."""

    free: int
    waiting: int
    founders: dict[str, tuple[int, int]]


@dataclass
class Model:
    """Each method is one operation of the queue; None and False are refusals."""

    lease_s: int
    cap: int
    tiers: dict[str, Tier]
    now: int = 0
    jobs: list[ModelJob] = field(default_factory=list)
    workers: dict[str, ModelWorker] = field(default_factory=dict)

    def pass_time(self, seconds: int) -> None:
        """The clock moves and nothing else."""
        self.now += seconds

    def accept(self, founder: str) -> JobStatus | None:
        """A job of a new project: queued, or scheduled over the daily limit; None when too many wait."""
        if sum(job.is_waiting for job in self.jobs) >= self.cap:
            return None
        tier = self.tiers[founder]
        is_over = self._today(founder) >= tier.limits.daily_jobs
        status = JobStatus.SCHEDULED if is_over else JobStatus.QUEUED
        self.jobs.append(ModelJob(len(self.jobs), founder, tier, self.now, [status]))
        return status

    def admit(self) -> list[int]:
        """Give the free slots to the jobs whose turn it is."""
        admitted = []
        for _ in range(self._free()):
            job = self._next()
            if job is None:
                break
            job.admitted_at, job.owner = self.now, None
            job.attempt += 1
            admitted.append(job.number)
        return admitted

    def _next(self) -> ModelJob | None:
        may = [
            job
            for job in self.jobs
            if job.is_waiting and self._running(job.founder) < job.tier.limits.concurrent_jobs
        ]
        return min(may, key=self._turn, default=None)

    def _turn(self, job: ModelJob) -> tuple[int, int, int, int]:
        aged = job.tier.limits.priority + (self.now - job.created_at) // AGE_STEP_S
        return self._running(job.founder), -aged, job.created_at, job.number

    def join(self, worker: str, slots: int) -> None:
        """A worker registers."""
        self.workers[worker] = ModelWorker(slots, self.now)

    def leave(self, worker: str) -> None:
        """A worker goes."""
        self.workers.pop(worker, None)

    def beat(self, worker: str) -> bool:
        """A worker proves that it lives."""
        if worker not in self.workers:
            return False
        self.workers[worker].seen_at = self.now
        return True

    def look(self) -> list[Lost]:
        """Give up the silent workers; the jobs that nobody works on."""
        for name in [name for name, one in self.workers.items() if one.seen_at < self.now - self.lease_s]:
            del self.workers[name]
        return [Lost(job.number, job.attempt, job.takeovers, job.owner) for job in self.jobs if self._is_lost(job)]

    def _is_lost(self, job: ModelJob) -> bool:
        if not job.is_running:
            return False
        if job.owner is not None:
            return job.owner not in self.workers
        return job.admitted_at is not None and job.admitted_at < self.now - self.lease_s

    def take_over(self, lost: Lost) -> bool:
        """Win the right to hand a job on that was seen to be lost, perhaps long ago."""
        job = self.jobs[lost.number]
        if job.has_ended or job.attempt != lost.attempt:
            return False
        job.takeovers += job.owner is not None
        self._let_go(job)
        return True

    def reap(self) -> None:
        """Take over every lost job, and end those that keep crashing."""
        for lost in self.look():
            if self.take_over(lost) and lost.owner is not None and lost.takeovers >= MAX_TAKEOVERS:
                self.move(lost.number, JobStatus.FAILED, lost.attempt + 1)

    def _let_go(self, job: ModelJob) -> None:
        job.attempt += 1
        job.owner, job.sandbox, job.admitted_at = None, None, self.now

    def claim(self, number: int, worker: str) -> int | None:
        """Become the owner of an admitted job; the attempt to act under."""
        job = self.jobs[number]
        if not job.is_running or job.owner is not None or worker not in self.workers:
            return None
        job.owner = worker
        return job.attempt

    def give_back(self, number: int, worker: str) -> int | None:
        """The owner lets go; the attempt that comes next."""
        job = self.jobs[number]
        if job.has_ended or job.owner != worker:
            return None
        self._let_go(job)
        return job.attempt

    def note_sandbox(self, number: int, attempt: int) -> bool:
        """Keep a sandbox's id under an attempt."""
        job = self.jobs[number]
        if job.has_ended or job.attempt != attempt:
            return False
        job.sandbox = f"sandbox-{attempt}"
        return True

    def move(self, number: int, to: JobStatus, attempt: int | None) -> int | None:
        """A transition; the number of its event."""
        job = self.jobs[number]
        if not can_move(job.status, to) or attempt not in (None, job.attempt):
            return None
        job.history.append(to)
        job.seq += 1
        return job.seq

    def say(self, number: int, attempt: int) -> int | None:
        """An event that changes no state."""
        job = self.jobs[number]
        if job.has_ended or job.attempt != attempt:
            return None
        job.seq += 1
        return job.seq

    def cancel(self, number: int) -> int | None:
        """The founder's decision, whoever works."""
        return self.move(number, JobStatus.FAILED, None)

    def release(self) -> None:
        """Queue what waited for a new day."""
        for job in self.jobs:
            if job.status is JobStatus.SCHEDULED and job.created_at < self._day_start():
                self.move(job.number, JobStatus.QUEUED, None)

    def counts(self) -> Counts:
        """Recounted from the jobs."""
        founders = {name: (self._running(name), self._today(name)) for name in self.tiers}
        return Counts(self._free(), sum(job.is_waiting for job in self.jobs), founders)

    def rows(self) -> list[Row]:
        """Every job as it can be seen."""
        return [
            Row(job.status, job.seq, job.attempt, job.takeovers, job.owner, job.sandbox, job.admitted_at)
            for job in self.jobs
        ]

    def crew(self) -> dict[str, ModelWorker]:
        """Every worker as it can be seen."""
        return {name: replace(one) for name, one in self.workers.items()}

    def _free(self) -> int:
        slots = sum(one.slots for one in self.workers.values() if one.seen_at > self.now - self.lease_s)
        return slots - sum(job.is_running for job in self.jobs)

    def _running(self, founder: str) -> int:
        return sum(job.is_running for job in self.jobs if job.founder == founder)

    def _today(self, founder: str) -> int:
        return sum(
            job.founder == founder and job.status is not JobStatus.FAILED and job.created_at >= self._day_start()
            for job in self.jobs
        )

    def _day_start(self) -> int:
        return self.now // DAY_S * DAY_S
