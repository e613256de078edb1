"""P4 and P5: what it costs, and how long it takes, until somebody works on a build, and to conduct one."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import psycopg

from app.bench.meter import Spent, percentile
from app.bench.readings import Reading
from app.bench.requests import start_all
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage, wait_until
from app.bench.walk import WARM_UP, WORKER
from app.core.errors import ConfigurationError

BATCH: Final = 50
WAIT_S: Final = 120.0
_Line = tuple[str, Any]


def await_ends(house: House, job_ids: list[str], *, within_s: float = WAIT_S) -> None:
    """Return when all the builds are ready."""
    ask = "SELECT count(*) FROM jobs WHERE id = ANY(CAST(%s AS uuid[])) AND status NOT IN ('ready', 'failed')"
    wait_until(lambda: house.number(ask, job_ids) == 0, "builds end", within_s=within_s, every_s=0.05)
    failed = house.rows(
        "SELECT error_code FROM jobs WHERE id = ANY(CAST(%s AS uuid[])) AND status = 'failed'", job_ids
    )
    if failed:
        raise ConfigurationError(f"A no-op build failed: {failed[0][0]}.")


def build_all(house: House, count: int) -> list[str]:
    """Start that many builds and wait until they are ready, within the day's limit."""
    started: list[str] = []
    while len(started) < count:
        batch = start_all(house, house.new_projects(min(BATCH, count - len(started))))
        started += [answer["job_id"] for answer in batch]
        await_ends(house, started[-len(batch) :])
        house.forget_today()
    return started


def measure_hand_offs(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P4: the way from a start to a worker, and an idle worker."""
    house = stage.house()
    with house.api():
        with house.worker() as worker:
            # The first builds fill caches and pools, which an idle worker no longer pays for.
            build_all(house, 2)
            time.sleep(sizes.settle_s)
            spent = Spent(worker=worker.pid, **stage.server_pids)
            time.sleep(sizes.idle_s)
            idle = {name: cpu / sizes.idle_s * 100 for name, cpu in spent.stop().items()}
            with_bell = _time_hand_offs(house, sizes.hand_offs)
        with house.worker("--deaf", name="deaf") as worker:
            without_bell = _time_hand_offs(house, sizes.deaf_hand_offs)
    ping = pings_ms(house.url, sizes.hand_offs)
    note = f"p99 {percentile(with_bell, 0.99):.0f} ms; of {len(with_bell)} hand-offs one after the other"
    return [
        Reading("P4 bell", percentile(with_bell, 0.5), percentile(ping, 0.5), note=note),
        Reading("P4 deaf", percentile(without_bell, 0.99), note=f"p50 {percentile(without_bell, 0.5):.0f} ms"),
        Reading("P4 idle", idle["worker"], note=f"and {idle['postgres']:.2f} % of a core in Postgres for it"),
    ]


def _time_hand_offs(house: House, count: int) -> list[float]:
    """Milliseconds from a job's first event to the start of its build, both by the clock of Postgres."""
    waits_ms = []
    for project in house.new_projects(count):
        [answer] = start_all(house, [project], clients=1)
        await_ends(house, [answer["job_id"]])
        ask = (
            "SELECT extract(epoch FROM j.started_at - e.at) * 1000 FROM jobs j "
            "JOIN job_events e ON e.job_id = j.id AND e.seq = 1 WHERE j.id = %s"
        )
        waits_ms.append(house.number(ask, answer["job_id"]))
    return waits_ms


def pings_ms(url: str, count: int) -> list[float]:
    """Milliseconds from a NOTIFY to a listener that waits for it."""
    waits_ms = []
    with psycopg.connect(url, autocommit=True) as listener, psycopg.connect(url, autocommit=True) as ringer:
        listener.execute("LISTEN bench")
        for _ in range(count):
            began = time.monotonic()
            ringer.execute("NOTIFY bench")
            next(listener.notifies(timeout=5, stop_after=1))
            waits_ms.append((time.monotonic() - began) * 1000)
    return waits_ms


def measure_conducting(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P5: builds with the engine, without it, and the SQL of the latter by hand."""
    with_engine, servers = _build_with_engine(stage, sizes)
    without, script, house = _build_without_engine(stage, sizes)
    by_hand = _replay_by_hand(house, script, sizes.builds)
    statements = sum(1 for text, _ in script["lines"] if text not in ("BEGIN", "COMMIT"))
    commits = sum(1 for text, _ in script["lines"] if text == "COMMIT")
    beside = f"Postgres {servers['postgres']:.1f} ms and Valkey {servers['valkey']:.1f} ms beside it"
    walked = f"the same services walked without the engine: {statements} statements, {commits} transactions"
    return [
        Reading("P5 all", with_engine, by_hand, note=beside),
        Reading("P5 ours", without, by_hand, note=walked),
    ]


def _build_with_engine(stage: Stage, sizes: Sizes) -> tuple[float, dict[str, float]]:
    house = stage.house()
    with house.api(), house.worker() as worker:
        build_all(house, WARM_UP)
        spent = Spent(worker=worker.pid, **stage.server_pids)
        build_all(house, sizes.builds)
        per_build_ms = {name: cpu / sizes.builds * 1000 for name, cpu in spent.stop().items()}
    return per_build_ms.pop("worker"), per_build_ms


def _build_without_engine(stage: Stage, sizes: Sizes) -> tuple[float, Any, House]:
    house, out = stage.house(), "walk.json"
    with house.api():
        # For the walk, and once more for the same by hand.
        start_all(house, house.new_projects(2 * sizes.builds + WARM_UP + 1), clients=1)
    house.run("walk", "--count", str(sizes.builds), "--out", out)
    script = json.loads((house.data.root / out).read_text())
    return script["cpu_s"] * 1000, script, house


def _replay_by_hand(house: House, script: Any, count: int) -> float:
    """CPU milliseconds of this process to send the SQL of one build, with nothing around it."""
    jobs = house.rows("SELECT id FROM jobs WHERE status = 'queued' ORDER BY created_at LIMIT %s", count)
    with psycopg.connect(house.url, autocommit=True) as connection:
        connection.execute("INSERT INTO workers (id, slots) VALUES (%s, 1)", [WORKER])
        began = time.process_time()
        for job in jobs:
            _replay(connection, script["lines"], {script["job_id"]: str(job[0])})
        spent = (time.process_time() - began) / count
    ready = house.number("SELECT count(*) FROM jobs WHERE status = 'ready'")
    if ready < count:
        raise ConfigurationError(f"By hand only {ready:.0f} builds became ready.")
    return spent * 1000


def _replay(connection: psycopg.Connection[Any], lines: list[_Line], names: dict[str, str]) -> None:
    for text, values in lines:
        if values is None:
            connection.execute(text.encode(), prepare=False)  # it may be several statements
            continue
        bound = {
            key: names.get(value, value) if isinstance(value, str) else value for key, value in values.items()
        }
        cursor = connection.execute(text.encode(), bound)
        if cursor.description:
            cursor.fetchall()
