"""A worker that the others have given up ends itself, so that nothing goes on which they may repeat."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from app.worker.standing import FENCED
from tests.support.fleet import Fleet
from tests.support.fleet_invariants import assert_invariants


def test_a_worker_that_was_given_up_ends_itself(make_fleet: Callable[..., Fleet]) -> None:
    fleet = make_fleet(lease_s=5.0)  # long enough for the other worker on a busy machine
    fleet.start()
    given_up, other = fleet.workers

    with psycopg.connect(fleet.database_url) as connection:
        connection.execute("DELETE FROM workers WHERE id LIKE %s", (f"%-{given_up.pid}-%",))

    assert given_up.wait() == FENCED
    assert other.alive
    assert fleet.await_end(fleet.started()) == ["ready"]
    assert_invariants(fleet)
