"""P9: many open event streams, at rest and when something happens, beside the rawest hub there can be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.bench.http import get, post, send_all
from app.bench.meter import cpu_s, memory_bytes
from app.bench.readings import Reading
from app.bench.requests import start_all
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage, raise_descriptor_limit

SPARE_DESCRIPTORS: Final = 200
OPEN_AT_ONCE: Final = 50
# The first ones pay for pools and imports, which the others share.
WARM_STREAMS: Final = 20
DELIVER_S: Final = 60.0
MARK: Final = b"Bench event"

# Straight into the record: only what comes after that is to be measured.
_TELL: Final = """
    WITH moved AS (
        UPDATE jobs SET last_seq = last_seq + 1 WHERE id = %s RETURNING id, last_seq, status
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, payload)
        SELECT id, last_seq, 'say', CAST(%s AS jsonb) FROM moved
    )
    SELECT pg_notify('cofounder_jobs', id || ' ' || last_seq || ' ' || status) FROM moved
"""


@dataclass(frozen=True)
class StreamCost:
    """The cost of its streams to one server."""

    bytes_each: float
    idle_share: float
    event_s: float
    delivered: int
    broken: int


class _Tally:
    """The events that all listeners together received, and the moment when these are enough."""

    def __init__(self) -> None:
        self._heard = 0
        self._enough = asyncio.Event()
        self._awaited = 0

    def add(self, count: int) -> None:
        """Some events were heard."""
        self._heard += count
        if self._heard >= self._awaited:
            self._enough.set()

    def give_up(self) -> None:
        """It will never be enough."""
        self._enough.set()

    async def reaches(self, count: int) -> None:
        """Return when so many were heard, when that cannot be any more, or when it takes too long."""
        self._awaited = count
        self._enough.clear()
        self.add(0)
        with suppress(TimeoutError):
            async with asyncio.timeout(DELIVER_S):
                await self._enough.wait()


class _Listener(asyncio.Protocol):
    """Counts events and keeps nothing."""

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self.is_open = asyncio.Event()
        self.heard = 0
        self.is_broken = False

    def data_received(self, data: bytes) -> None:
        """Some of the stream."""
        self.is_open.set()
        count = data.count(MARK)
        if count:
            self.heard += count
            self._tally.add(count)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The server has hung up."""
        self.is_broken = True
        self.is_open.set()
        self._tally.give_up()


async def _measure_server(
    pid: int,
    port: int,
    request: bytes,
    tell: Callable[[], None],
    *,
    streams: int,
    events: int,
    idle_s: float,
) -> StreamCost:
    listeners: list[_Listener] = []
    tally = _Tally()
    transports = await _open_streams(port, request, WARM_STREAMS, listeners, tally)
    before = memory_bytes(pid)
    transports += await _open_streams(port, request, streams - WARM_STREAMS, listeners, tally)
    bytes_each = (memory_bytes(pid) - before) / (streams - WARM_STREAMS)
    await asyncio.sleep(1)
    began = cpu_s(pid)
    await asyncio.sleep(idle_s)
    idle = (cpu_s(pid) - began) / idle_s
    began = cpu_s(pid)
    for number in range(1, events + 1):
        await asyncio.to_thread(tell)
        await tally.reaches(number * streams)
        if any(listener.is_broken for listener in listeners):
            break
    spent = cpu_s(pid) - began
    delivered = sum(listener.heard for listener in listeners)
    broken = sum(listener.is_broken for listener in listeners)
    for transport in transports:
        transport.close()
    return StreamCost(bytes_each, idle, spent / max(1, delivered), delivered, broken)


async def _open_streams(
    port: int, request: bytes, count: int, listeners: list[_Listener], tally: _Tally
) -> list[asyncio.Transport]:
    loop = asyncio.get_running_loop()
    transports: list[asyncio.Transport] = []
    while len(transports) < count:
        fresh = []
        for _ in range(min(OPEN_AT_ONCE, count - len(transports))):
            transport, listener = await loop.create_connection(lambda: _Listener(tally), "127.0.0.1", port)
            transport.write(request)
            transports.append(transport)
            fresh.append(listener)
        async with asyncio.timeout(DELIVER_S):
            for listener in fresh:
                await listener.is_open.wait()
        listeners += fresh
    return transports


def measure_streams(stage: Stage, sizes: Sizes) -> list[Reading]:
    """Measure P9."""
    count = min(sizes.streams, raise_descriptor_limit() - SPARE_DESCRIPTORS)
    house = stage.house()
    ours, hub = _measure_product(house, sizes, count), _measure_hub(house, sizes, count)
    scaled = "" if count == sizes.streams else f" (no more descriptors are allowed than for {count})"
    lost = count * sizes.events - ours.delivered
    return [
        Reading("P9 memory", ours.bytes_each / 1000, hub.bytes_each / 1000, note=f"{count:,} streams{scaled}"),
        Reading("P9 idle", ours.idle_share * 100, hub.idle_share * 100, note=f"over {sizes.idle_s:g} s"),
        Reading(
            "P9 event",
            ours.event_s * 1e6,
            hub.event_s * 1e6,
            note=f"{sizes.events} events to each; {lost} deliveries missing, {ours.broken} streams cut",
        ),
    ]


def _measure_product(house: House, sizes: Sizes, count: int) -> StreamCost:
    with house.api() as api:
        [job] = start_all(house, house.new_projects(1), clients=1)
        request = get(f"/api/generation/{job['job_id']}/events", house.token)
        payload = json.dumps({"text": MARK.decode()})

        def tell() -> None:
            house.rows(_TELL, job["job_id"], payload)

        return asyncio.run(
            _measure_server(
                api, house.port, request, tell, streams=count, events=sizes.events, idle_s=sizes.idle_s
            )
        )


def _measure_hub(house: House, sizes: Sizes, count: int) -> StreamCost:
    event = {"seq": 2, "type": "say", "at": "2026-01-01T00:00:00+00:00", "text": MARK.decode()}
    with house.ceiling("hub") as (hub, port):

        def tell() -> None:
            send_all(port, [post("/tell", "", event)], clients=1)

        request = get("/events", "")
        return asyncio.run(
            _measure_server(hub, port, request, tell, streams=count, events=sizes.events, idle_s=sizes.idle_s)
        )
