"""The invariants of the product, recounted from the database, the event log and the ledger of a fleet."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

from app.domain.failure import FailureCode
from app.domain.job import JobStatus, can_move
from tests.support.fleet import Fleet
from tests.support.instance import eventually

TERMINAL = ("ready", "failed")


def assert_invariants(fleet: Fleet) -> None:
    """Check I1 to I10 (but for what needs a model) and I12 once every accepted job has ended."""
    jobs = fleet.rows("SELECT * FROM jobs ORDER BY created_at, number")
    events = _events(fleet)
    accepted_once(fleet, jobs, events)
    versions_unique_and_rising(fleet, jobs)
    cancelled_stays_cancelled(fleet, jobs)
    numbers_without_gaps(jobs, events)
    moves_along_the_table(events)
    previews_answered_first(fleet, jobs)
    recorded_steps_are_not_repeated(fleet)
    one_worker_an_attempt(fleet)
    one_gate_a_build(fleet)
    nothing_leaks(fleet)
    sandboxes_are_gone(fleet, jobs)


def _events(fleet: Fleet) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in fleet.rows("SELECT * FROM job_events ORDER BY job_id, seq"):
        grouped[str(row["job_id"])].append(row)
    return grouped


def _states(events: list[dict[str, Any]]) -> list[str]:
    return [event["payload"]["status"] for event in events if event["type"] == "status"]


def accepted_once(fleet: Fleet, jobs: list[dict[str, Any]], events: dict[str, list[dict[str, Any]]]) -> None:
    """I1: every accepted job has one row and one end; a key has at most one job."""
    ends = {str(job["id"]): job["status"] for job in jobs}
    for job in fleet.accepted:
        assert ends.get(job) in TERMINAL, f"I1: {job} was accepted and is {ends.get(job)!r}"
        assert sum(state in TERMINAL for state in _states(events[job])) == 1, f"I1: {job} has not one end"
    keyed = Counter(row["job"] for row in fleet.rows("SELECT answer ->> 'job_id' AS job FROM idempotency_keys"))
    assert None not in keyed, "I1: a key was kept without its answer"
    assert all(job in ends for job in keyed), "I1: a key answers with a job that is not there"


def versions_unique_and_rising(fleet: Fleet, jobs: list[dict[str, Any]]) -> None:
    """I2: numbers rise by one in the order of acceptance; a ready version is sealed as the tree it says."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for job in jobs:
        numbers[job["project_id"]].append(job["number"])
        if job["status"] == "ready":
            sealed = fleet.folder / "versions" / f"{job['project_id']}.build_v0_{job['number']}"
            assert sealed.read_text() == job["digest"], f"I2: {job['id']} is sealed as another tree"
    for project, found in numbers.items():
        assert found == list(range(1, len(found) + 1)), f"I2: {project} has the numbers {found}"


def cancelled_stays_cancelled(fleet: Fleet, jobs: list[dict[str, Any]]) -> None:
    """I4: 200 on cancel means failed and the reason, and nothing else does."""
    for job in jobs:
        is_cancelled = job["error_code"] == FailureCode.CANCELLED
        assert not (is_cancelled and job["status"] == "ready"), f"I4: {job['id']} is ready and cancelled"
        if str(job["id"]) in fleet.cancelled:
            assert (job["status"], is_cancelled) == ("failed", True), f"I4: {job['id']} is {job['status']}"


def numbers_without_gaps(jobs: list[dict[str, Any]], events: dict[str, list[dict[str, Any]]]) -> None:
    """I7: 1, 2, 3... up to what the job says, and the last state told is the job's."""
    for job in jobs:
        own = events[str(job["id"])]
        numbers = [event["seq"] for event in own]
        assert numbers == list(range(1, job["last_seq"] + 1)), f"I7: {job['id']} has the events {numbers}"
        assert _states(own)[-1] == job["status"], f"I7: {job['id']} is {job['status']}, told {_states(own)}"
        if job["status"] in TERMINAL:
            assert own[-1]["payload"].get("status") == job["status"], f"I7: {job['id']} went on after its end"


def moves_along_the_table(events: dict[str, list[dict[str, Any]]]) -> None:
    """I8: each state that was told leads to the next one."""
    for job, own in events.items():
        states = [JobStatus(state) for state in _states(own)]
        for before, after in pairwise(states):
            assert can_move(before, after), f"I8: {job} went from {before} to {after}"


def previews_answered_first(fleet: Fleet, jobs: list[dict[str, Any]]) -> None:
    """I3: a ready build's preview answered our own probe before the build was ready."""
    answered: dict[str | None, float] = {}
    for entry in fleet.ledger.entries("preview"):
        answered.setdefault(entry.job, entry.at)
    for job in jobs:
        if job["status"] == "ready":
            first = answered.get(str(job["id"]))
            assert first is not None, f"I3: nobody asked the preview of {job['id']}"
            assert first < job["finished_at"].timestamp(), f"I3: {job['id']} was ready before its preview"


def recorded_steps_are_not_repeated(fleet: Fleet) -> None:
    """I5: a step whose result is recorded is never begun again."""
    recorded = set()
    for entry in fleet.ledger.entries():
        if entry.what == "recorded":
            recorded.add((entry.job, entry.name))
        elif entry.what == "began":
            assert (entry.job, entry.name) not in recorded, f"I5: {entry} after it was recorded"


def one_worker_an_attempt(fleet: Fleet) -> None:
    """I9: no two processes ever acted under the same attempt of a job."""
    actors: dict[tuple[str | None, int | None], set[int]] = defaultdict(set)
    for entry in fleet.ledger.entries():
        if entry.attempt is not None:
            actors[entry.job, entry.attempt].add(entry.pid)
    shared = {key: pids for key, pids in actors.items() if len(pids) > 1}
    assert not shared, f"I9: {shared}"


def one_gate_a_build(fleet: Fleet) -> None:
    """I10: at most one gate a build, at most one pending of a type a project."""
    gates = fleet.rows("SELECT project_id, job_id, gate_type, status FROM gates")
    builds = Counter(gate["job_id"] for gate in gates if gate["job_id"] is not None)
    pending = Counter((gate["project_id"], gate["gate_type"]) for gate in gates if gate["status"] == "pending")
    assert all(count == 1 for count in (*builds.values(), *pending.values())), f"I10: {gates}"


def nothing_leaks(fleet: Fleet) -> None:
    """I12: once all have ended, no job holds a slot, and the workers that are counted are those that live."""

    def agrees() -> bool:
        names = [row["id"] for row in fleet.rows("SELECT id FROM workers")]
        return sorted(int(name.split("-")[-2]) for name in names) == sorted(one.pid for one in fleet.living)

    held = fleet.rows("SELECT id FROM jobs WHERE admitted_at IS NOT NULL AND status NOT IN ('ready', 'failed')")
    assert not held, f"I12: {held} hold slots"
    eventually(agrees, within_s=fleet.lease_s + 20)


def sandboxes_are_gone(fleet: Fleet, jobs: list[dict[str, Any]]) -> None:
    """I6: a failed or cancelled job has no sandbox 10 s after its end (and some for a busy machine)."""
    failed = {str(job["id"]) for job in jobs if job["status"] == "failed"}

    def left() -> list[str]:
        found = [place for place in (fleet.folder / "sandboxes").glob("*/job") if place.exists()]
        return [place.parent.name for place in found if place.read_text() in failed]

    eventually(lambda: not left(), within_s=20)
