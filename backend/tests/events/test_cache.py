"""The copy of a job's status on a real Valkey that is restarted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL
from uuid import uuid4

import pytest

from app.adapters.embedded.valkey import EmbeddedValkey
from app.core.ids import FounderId, JobId, ProjectId
from app.domain.job import JobStatus
from app.domain.status import StatusView
from app.events.cache import StatusCache, connect
from app.supervision.process import wait_until


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path / "valkey", log=tmp_path / "valkey.log")
    server.start()
    yield server
    server.stop()


def a_view() -> StatusView:
    return StatusView(
        job_id=JobId(uuid4()),
        project_id=ProjectId(uuid4()),
        founder_id=FounderId(uuid4()),
        status=JobStatus.CHECKS,
        build_version="build/v0.1",
        error_code=None,
        error_message=None,
        debug_id=None,
        engine=None,
        cost_usd="0",
        seq=5,
        is_admitted=True,
    )


async def test_no_old_copy_is_believed_of_an_event_that_passed_while_valkey_was_away(
    valkey: EmbeddedValkey,
) -> None:
    """A slow reader of the record copies the state before the event into a Valkey that has come back empty."""
    cache = StatusCache(connect(valkey.url))
    old = a_view()
    await cache.expect(old.job_id, seq=5)
    await cache.put(old)
    assert await cache.get(old.job_id) == old
    assert valkey.pid is not None
    os.kill(valkey.pid, SIGKILL)
    assert wait_until(lambda: not valkey.alive, seconds=10)
    await cache.expect(old.job_id, seq=6)
    valkey.start()

    await cache.put(old)

    assert await cache.get(old.job_id) is None
    await cache.expect(old.job_id, seq=7)
    await cache.put(replace(old, seq=7))
    assert await cache.get(old.job_id) == replace(old, seq=7)
    await cache.close()


async def test_of_a_build_that_has_ended_a_copy_is_always_current(valkey: EmbeddedValkey) -> None:
    """No event follows the end, so that nothing can have been missed where the floor is gone."""
    cache = StatusCache(connect(valkey.url))
    ended = replace(a_view(), status=JobStatus.READY)

    await cache.put(ended)

    assert await cache.get(ended.job_id) == ended
    await cache.close()


async def test_the_floor_of_a_build_that_is_asked_for_lasts_as_long_as_its_copies(valkey: EmbeddedValkey) -> None:
    cache, client, view = StatusCache(connect(valkey.url)), connect(valkey.url), a_view()
    await cache.expect(view.job_id, seq=view.seq)
    await client.expire(f"job:{view.job_id}:floor", 1)

    await cache.put(view)

    assert await client.ttl(f"job:{view.job_id}:floor") > 30
    await cache.close()
    await client.aclose()
