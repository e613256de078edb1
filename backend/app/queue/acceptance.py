"""Starts that come at the same time are accepted together: one statement and one commit for all of them."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg

from app.db.engine import Database
from app.repositories import jobs
from app.repositories.jobs import Wanted

MOST: Final = 32
"""In one transaction: a founder waits for at most so many others."""

_Waiting = tuple[Wanted, asyncio.Future[Mapping[str, Any]]]


class Acceptance:
    """One queue: what comes while a transaction runs shares the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._accepting: asyncio.Task[None] | None = None

    async def accept(self, wanted: Wanted) -> Mapping[str, Any]:
        """What the record answers; Unavailable when it does not."""
        answered: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, answered))
        if self._accepting is None or self._accepting.done():
            self._accepting = asyncio.create_task(self._accept_all(), name="accept")
        answer = await answered
        if answer.get("refused") == "locked":
            # Somebody holds its project. It waits for that alone, so that nobody else does.
            return (await self._accept_in_one([wanted], waits=True))[0]
        return answer

    async def _accept_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                await self._accept_batch(batch)
            except Exception as error:  # noqa: BLE001 - whoever waits must be answered, whatever it is
                for _, answered in batch:
                    if not answered.done():
                        answered.set_exception(copy.copy(error))

    async def _accept_batch(self, batch: Sequence[_Waiting]) -> None:
        # Two processes that accept for the same projects lock them in one order.
        batch = sorted(batch, key=lambda one: str(one[0].job.project_id))
        try:
            answers = await self._accept_in_one([build for build, _ in batch], waits=False)
        except psycopg.Error:
            # Nothing was accepted, and one of them is the reason: each learns by itself whether it is that one.
            for build, answered in batch:
                await self._accept_alone(build, answered)
            return
        for (_, answered), answer in zip(batch, answers, strict=True):
            if not answered.done():  # whoever asked may have gone
                answered.set_result(answer)

    async def _accept_alone(self, build: Wanted, answered: asyncio.Future[Mapping[str, Any]]) -> None:
        try:
            [answer] = await self._accept_in_one([build], waits=False)
        except psycopg.Error as error:
            if not answered.done():
                answered.set_exception(error)
        else:
            if not answered.done():
                answered.set_result(answer)

    async def _accept_in_one(self, wanted: Sequence[Wanted], *, waits: bool) -> Sequence[Mapping[str, Any]]:
        async with self._database.autocommit() as tx:
            return await jobs.accept(tx, wanted, waits=waits)
