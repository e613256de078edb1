"""Previews end with their builds, also when the database was away at the news."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from app.core import retry
from app.core.errors import Unavailable
from app.core.ids import JobId
from app.db.engine import Database
from app.events.notifications import Notification
from app.preview.endings import PreviewEndings
from app.preview.revocation import LinkRevocation
from app.preview.waking import PreviewService

JOB, OTHER = JobId(uuid.uuid4()), JobId(uuid.uuid4())


class DatabaseAway:
    """Is unavailable."""

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Any]:
        raise Unavailable("The database is away.")
        yield


class LivePreviews:
    """Notes which previews it was told to end; that of one build cannot be ended."""

    def __init__(self) -> None:
        self.live = (JOB, OTHER)
        self.ended: list[JobId] = []

    async def drop(self, job_id: JobId) -> None:
        if job_id == OTHER:
            raise OSError("the sandbox is gone")
        self.ended.append(job_id)


async def test_news_that_cannot_be_followed_leaves_the_other_previews_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "GIVE_UP_AFTER_S", 0.0)
    previews = LivePreviews()
    endings = PreviewEndings(
        cast("Database", DatabaseAway()), cast("LinkRevocation", None), cast("PreviewService", previews)
    )
    endings.hear(None)
    endings.hear(Notification(OTHER, 1, "failed"))
    await asyncio.wait([task for task in asyncio.all_tasks() if task.get_name() == "end previews"], timeout=5)

    endings.hear(Notification(JOB, 1, "failed"))
    await asyncio.sleep(0)
    assert previews.ended == [JOB]
    await endings.close()
