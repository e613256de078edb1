"""Bugs that somebody could really make, each with the invariant it breaks and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MODEL = "queue/test_model.py::test_the_record_does_what_the_model_does"
PROMISES = "api/test_promises.py::"
REFUSALS = "api/test_refusals.py::"
MACHINE = "queue/test_state_machine.py::"
ADMISSION = "queue/test_admission.py::"
LATE = "chaos/test_row_14.py::"
RELEASES = "chaos/test_row_18_releases.py::"


@dataclass(frozen=True)
class Bug:
    """`old` stands exactly once in `file` (below backend/); with `new` in its place one of `tests` must fail."""

    name: str
    invariant: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    """Below backend/tests/."""


BUGS: Final = (
    Bug(
        "transition-without-compare-and-set",
        "I4",
        "app/repositories/jobs.py",
        "WHERE id = %(id)s AND status = ANY(%(sources)s)\n",
        "WHERE id = %(id)s AND CAST(%(sources)s AS text[]) IS NOT NULL\n",
        (f"{MACHINE}test_cancel_racing_ready_has_one_verdict", MODEL),
    ),
    Bug(
        "no-fencing-by-attempt",
        "I9",
        "app/repositories/jobs.py",
        "AND (CAST(%(attempt)s AS int) IS NULL OR attempt = %(attempt)s)",
        "AND (CAST(%(attempt)s AS int) IS NULL OR attempt >= %(attempt)s)",
        (f"{MACHINE}test_a_stale_attempt_changes_nothing", MODEL),
    ),
    Bug(
        "takeover-keeps-the-attempt",
        "I9",
        "app/repositories/work.py",
        "UPDATE jobs SET attempt = attempt + 1, owner = NULL, sandbox_id = NULL, admitted_at = now(),",
        "UPDATE jobs SET owner = NULL, sandbox_id = NULL, admitted_at = now(),",
        (f"{MACHINE}test_a_stale_attempt_changes_nothing",),
    ),
    Bug(
        "two-owners-of-one-job",
        "I9",
        "app/repositories/work.py",
        "WHERE id = %(id)s AND owner IS NULL AND admitted_at IS NOT NULL",
        "WHERE id = %(id)s AND admitted_at IS NOT NULL",
        (f"{MACHINE}test_two_workers_that_claim_at_once_are_one_owner", MODEL),
    ),
    Bug(
        "worker-does-not-fence-itself",
        "I9",
        "app/worker/standing.py",
        'self._end_process("given up by the others")',
        'log.error("worker_fenced", worker=self.name)',
        ("chaos/test_fencing.py::test_a_worker_that_was_given_up_ends_itself",),
    ),
    Bug(
        "events-published-but-not-kept",
        "I7",
        "app/repositories/jobs.py",
        "'status', CAST(%(payload)s AS jsonb) FROM moved\n    )\n    SELECT last_seq,",
        "'status', CAST(%(payload)s AS jsonb) FROM moved LIMIT 0\n    )\n    SELECT last_seq,",
        (MODEL,),
    ),
    Bug(
        "stream-ignores-last-event-id",
        "I7",
        "app/api/routes/generation.py",
        "after=last_event_id or 0",
        "after=0",
        (f"{PROMISES}test_a_reconnect_gets_exactly_the_rest",),
    ),
    Bug(
        "status-without-the-owner-check",
        "404",
        "app/queue/state_machine.py",
        "if cached is not None and cached.founder_id == founder_id:",
        "if cached is not None:",
        (f"{REFUSALS}test_what_belongs_to_another_founder_is_404",),
    ),
    Bug(
        "cancel-without-the-owner-check",
        "404",
        "app/repositories/jobs.py",
        "id = %(id)s AND founder_id = %(founder)s",
        "id = %(id)s AND founder_id IS NOT NULL",
        (f"{REFUSALS}test_what_belongs_to_another_founder_is_404",),
    ),
    Bug(
        "cancel-leaves-the-sandbox",
        "I6",
        "app/services/generation_service.py",
        "        if job.sandbox_id:\n            await self._kill_sandbox(SandboxId(job.sandbox_id))",
        "        if job.sandbox_id:\n            log.info('cancelled', job_id=str(job_id))",
        (f"{LATE}test_cancel_ends_the_sandbox_of_a_worker_that_does_not_listen",),
    ),
    Bug(
        "failed-build-leaves-the-sandbox",
        "I6",
        "app/app_runtime/build_sandbox.py",
        "            sandbox, self._sandbox = self._sandbox, None\n            await sandbox.kill()",
        "            self._sandbox = None",
        ("chaos/test_row_16.py::test_an_install_that_does_not_work_ends_the_build_in_time[fails]",),
    ),
    Bug(
        "reaper-removes-no-orphans",
        "I6",
        "app/services/reaper_service.py",
        "            if job_id in ended:\n",
        "            if sandbox_id in ended:\n",
        (f"{LATE}test_a_sandbox_that_comes_after_the_time_out_is_ended",),
    ),
    Bug(
        "ready-without-the-preview-probe",
        "I3",
        "app/acceptance/checks.py",
        "    return [await look()]\n",
        "    return []\n",
        (f"{PROMISES}test_a_preview_that_does_not_answer_never_becomes_ready",),
    ),
    Bug(
        "any-answer-of-the-preview-is-good",
        "I3",
        "app/services/build_pipeline.py",
        "        if answer != 200:\n",
        "        if answer >= 500:\n",
        ("chaos/test_row_15.py::test_without_an_answering_preview_there_is_no_ready[redirects in a loop]",),
    ),
    Bug(
        "idempotency-key-ignored",
        "I1",
        "app/services/generation_service.py",
        "key=request.idempotency_key,",
        "key=None,",
        (f"{PROMISES}test_the_same_key_and_body_is_the_same_request",),
    ),
    Bug(
        "gate-without-its-unique-guard",
        "I10",
        "app/db/migrations/versions/0001_the_record.py",
        '        sa.UniqueConstraint("job_id", name=op.f("uq_gates_job_id")),\n',
        "",
        (f"{PROMISES}test_no_gate_is_a_dead_end",),
    ),
    Bug(
        "cache-may-go-backwards",
        "I8",
        "app/events/cache.py",
        "return view if view.seq >= int(floor) else None",
        "return view",
        (f"{MACHINE}test_status_is_never_older_than_an_event_that_was_told",),
    ),
    Bug(
        "copies-of-the-state-before-are-believed",
        "I8",
        "app/queue/state_machine.py",
        "seq=after + 1)",
        "seq=after)",
        (f"{MACHINE}test_who_knows_the_newest_event_moves_a_job_with_one_statement",),
    ),
    Bug(
        "floor-of-the-copies-may-sink",
        "I8",
        "app/events/cache.py",
        "math.max(floor, tonumber(ARGV[1]))",
        "tonumber(ARGV[1])",
        (f"{MACHINE}test_who_has_missed_events_makes_no_older_copy_good_again",),
    ),
    Bug(
        "version-counted-from-the-ready-builds",
        "I2",
        "app/db/migrations/versions/0012_accept_build.py",
        "last_number = last_number + 1, engine_asked",
        """last_number = 1 + (
        SELECT count(*) FROM jobs WHERE project_id = for_project AND status = 'ready'), engine_asked""",
        (f"{PROMISES}test_a_failed_build_keeps_its_number_for_ever",),
    ),
    Bug(
        "queue-cap-ignored",
        "I13",
        "app/db/migrations/versions/0012_accept_build.py",
        ">= CAST(asked ->> 'most_waiting' AS int) THEN",
        "< 0 THEN",
        (f"{ADMISSION}test_a_full_queue_refuses_instead_of_accepting", MODEL),
    ),
    Bug(
        "admission-ignores-the-tier",
        "I12",
        "app/repositories/work.py",
        "AND coalesce(b.running, 0) < CAST(CAST({limits} AS jsonb) ->> j.tier AS int)",
        "AND CAST({limits} AS jsonb) IS NOT NULL",
        (f"{ADMISSION}test_a_founder_runs_no_more_jobs_than_the_tier_allows", MODEL),
    ),
    Bug(
        "ready-jobs-keep-their-slots",
        "I12",
        "app/repositories/work.py",
        "- (SELECT count(*) FROM jobs WHERE admitted_at IS NOT NULL AND {not_ended})",
        "- (SELECT count(*) FROM jobs WHERE admitted_at IS NOT NULL AND status <> 'failed')",
        (f"{ADMISSION}test_a_job_that_has_ended_gives_its_slot_back", MODEL),
    ),
    Bug(
        "founders-do-not-take-turns",
        "I15",
        "app/repositories/work.py",
        "ORDER BY coalesce(b.running, 0),\n",
        "ORDER BY\n",
        (f"{ADMISSION}test_a_flood_of_one_founder_does_not_hold_up_another",),
    ),
    Bug(
        "waiting-brings-no-priority",
        "I15",
        "app/repositories/work.py",
        "floor(extract(epoch FROM now() - j.created_at) / {age_step}) DESC,",
        "0 * floor(extract(epoch FROM now() - j.created_at) / {age_step}) DESC,",
        (f"{ADMISSION}test_who_has_waited_long_goes_before_a_higher_tier",),
    ),
    Bug(
        "debug-id-not-in-the-log",
        "I11",
        "app/services/generation_service.py",
        '            "build_failed",\n            job_id=str(job_id),\n            debug_id=debug_id,\n',
        '            "build_failed",\n            job_id=str(job_id),\n',
        (f"{LATE}test_a_build_without_a_sandbox_says_so",),
    ),
    Bug(
        "engine-version-follows-the-source",
        "I1",
        "app/queue/engine.py",
        '        "application_version": APP_VERSION,\n',
        "",
        (f"{RELEASES}test_row_18_a_release_finishes_what_the_one_before_has_begun",),
    ),
)
