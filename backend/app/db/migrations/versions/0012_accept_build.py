"""Accepting builds is a function of the server, so that any number of starts is one statement.

Eleven statements with their answers in between were three quarters of what a start cost.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

# NULL when the key is new: it is the caller's until the transaction ends. A second request with the same key waits
# here until the first one has committed, and then reads its answer. A key that is past its time counts as new,
# whether or not it was dropped yet.
_RESERVE_KEY = """
CREATE FUNCTION reserve_key(for_founder uuid, of_key text, of_hash text, kept_hours int) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO idempotency_keys (founder_id, key, request_hash) VALUES (for_founder, of_key, of_hash)
    ON CONFLICT (founder_id, key) DO UPDATE
        SET request_hash = excluded.request_hash, answer = NULL, created_at = now()
        WHERE idempotency_keys.created_at < now() - make_interval(hours => kept_hours);
    IF FOUND THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT jsonb_build_object('request_hash', request_hash, 'answer', answer) FROM idempotency_keys
            WHERE founder_id = for_founder AND key = of_key);
END
$$
"""

# Each statement in here sees what was done before it began: two starts of one project wait for each other at the
# project's row, and the second one sees the build of the first. Nothing is written before everything was looked
# at, so a refusal leaves no trace.
#
# A basis names the edit and the version that a specification was made of. Without one the goal alone is built,
# which must then have no edit of its own.
_ADD_BUILD = """
CREATE FUNCTION add_build(asked jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    for_founder uuid := asked ->> 'founder';
    for_project uuid := asked ->> 'project';
    of_goal text := asked ->> 'goal';
    of_basis text := asked ->> 'basis';
    of_change text := asked ->> 'change';
    asked_engine text := asked ->> 'engine';
    project record;
    hit record;
    edit record;
    version record;
    today int;
    new_status text;
    new_number int;
    new_id uuid;
    engine_of_job text;
BEGIN
    IF CAST(asked ->> 'waits' AS boolean) THEN
        SELECT name, status, engine_asked, model INTO project FROM projects
        WHERE id = for_project AND founder_id = for_founder FOR UPDATE;
    ELSE
        SELECT name, status, engine_asked, model INTO project FROM projects
        WHERE id = for_project AND founder_id = for_founder FOR UPDATE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        PERFORM FROM projects WHERE id = for_project AND founder_id = for_founder;
        RETURN jsonb_build_object('refused', CASE WHEN FOUND THEN 'locked' ELSE 'no_project' END);
    END IF;
    IF project.status = 'parked' THEN
        RETURN jsonb_build_object('refused', 'parked', 'name', project.name);
    END IF;
    SELECT id, gate_type INTO hit FROM gates
    WHERE project_id = for_project AND status = 'pending' ORDER BY created_at LIMIT 1;
    IF FOUND THEN
        RETURN jsonb_build_object('refused', 'gate_pending', 'id', hit.id, 'type', hit.gate_type);
    END IF;
    SELECT id INTO hit FROM jobs WHERE project_id = for_project AND status NOT IN ('ready', 'failed');
    IF FOUND THEN
        RETURN jsonb_build_object('refused', 'in_progress', 'id', hit.id);
    END IF;

    SELECT revision, spec ->> 'goal' AS goal INTO edit FROM project_specs WHERE project_id = for_project;
    SELECT id, number INTO version FROM jobs
    WHERE project_id = for_project AND status = 'ready' ORDER BY number DESC LIMIT 1;
    IF of_basis IS NULL AND (of_goal IS NULL OR of_change IS NOT NULL OR edit.goal = of_goal)
       OR of_basis <> coalesce(edit.revision, 0) || '-' || coalesce(version.number, 0) THEN
        RETURN jsonb_build_object('refused', 'spec_needed');
    END IF;

    -- Starts at the same moment may pass the cap by as many as they are: it bounds a flood, and need not be exact.
    IF (SELECT count(*) FROM jobs WHERE status = 'queued' AND admitted_at IS NULL)
       >= CAST(asked ->> 'most_waiting' AS int) THEN
        RETURN jsonb_build_object('refused', 'queue_full');
    END IF;
    -- Only the project's row is locked: who starts in two projects at once may pass the limit by one, which is
    -- cheaper than making all starts of a founder wait for each other.
    SELECT count(*) INTO today FROM jobs
    WHERE founder_id = for_founder AND status <> 'failed' AND created_at >= date_trunc('day', now(), 'UTC');
    -- Scheduled rather than refused: the founder has said the goal, and need not come back tomorrow.
    new_status := CASE WHEN today < CAST(asked ->> 'daily' AS int) THEN 'queued' ELSE 'scheduled' END;
    engine_of_job := coalesce(
        CASE WHEN of_change IS NULL THEN coalesce(asked_engine, project.engine_asked) END, asked ->> 'usual_engine'
    );
    IF engine_of_job IS NULL THEN
        engine_of_job := CASE
            WHEN project.model IS NOT NULL OR (SELECT model FROM founders WHERE id = for_founder) IS NOT NULL
            THEN asked ->> 'engine_of_chosen' ELSE asked ->> 'engine_of_none' END;
    END IF;

    IF engine_of_job = asked ->> 'engine_of_chosen' AND asked -> 'spec' IS NULL
       AND NOT CAST(asked ->> 'model_was_asked' AS boolean) THEN
        RETURN jsonb_build_object('refused', 'model_to_ask');
    END IF;

    -- Only now, since a number is never used again and a refused start should take none.
    UPDATE projects SET last_number = last_number + 1, engine_asked = coalesce(asked_engine, engine_asked)
    WHERE id = for_project RETURNING last_number INTO new_number;
    INSERT INTO jobs (project_id, founder_id, number, status, goal, tier, priority, spec, engine_asked, change,
                      answers, last_seq, parent_id)
    VALUES (for_project, for_founder, new_number, new_status, of_goal, asked ->> 'tier',
            CAST(asked ->> 'priority' AS int), asked -> 'spec',
            engine_of_job, of_change,
            coalesce(asked -> 'answers',
                     (SELECT answers FROM jobs WHERE project_id = for_project ORDER BY number DESC LIMIT 1)),
            1, version.id)
    RETURNING id INTO new_id;
    INSERT INTO job_events (job_id, seq, type, payload)
    VALUES (new_id, 1, 'status', jsonb_build_object('status', new_status, 'label', asked -> 'labels' -> new_status,
                                                    'build_version', 'build_v0_' || new_number));
    PERFORM pg_notify(asked ->> 'channel', new_id || ' 1 ' || new_status);
    RETURN jsonb_build_object(
        'job_id', new_id, 'status', new_status, 'build_version', 'build_v0_' || new_number,
        'usage', jsonb_build_object('jobs_today', today + 1, 'daily_jobs', asked -> 'daily')
    );
END
$$
"""

_ACCEPT_BUILD = """
CREATE FUNCTION accept_build(asked jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    for_founder uuid := asked ->> 'founder';
    under_key text := asked ->> 'key';
    answer_of_build jsonb;
BEGIN
    IF under_key IS NULL THEN
        RETURN add_build(asked);
    END IF;
    answer_of_build := reserve_key(
        for_founder, under_key, asked ->> 'key_hash', CAST(asked ->> 'key_hours' AS int)
    );
    IF answer_of_build IS NOT NULL THEN
        RETURN jsonb_build_object('kept', answer_of_build);
    END IF;
    answer_of_build := add_build(asked);
    IF answer_of_build ? 'refused' THEN
        DELETE FROM idempotency_keys WHERE founder_id = for_founder AND key = under_key;
    ELSE
        UPDATE idempotency_keys SET answer = answer_of_build WHERE founder_id = for_founder AND key = under_key;
    END IF;
    RETURN answer_of_build;
END
$$
"""


def upgrade() -> None:
    for function in (_RESERVE_KEY, _ADD_BUILD, _ACCEPT_BUILD):
        op.execute(function)
