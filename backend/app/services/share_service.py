"""Sharing an app with somebody who has no account: by a link that ends, and can be closed before."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.core.errors import AppError, Forbidden, InvalidInput, NotFound
from app.core.ids import FounderId, ProjectId
from app.db.engine import Connection
from app.domain.job import Job
from app.domain.share_link import ShareLink
from app.repositories import jobs, share_links
from app.services.project_service import owned

MAX_DAYS: Final = 90
FREE_TRIES: Final = 3
LONGEST_WAIT_S: Final = 900.0
_DAY_S: Final = 24 * 3600.0
_CODE_DIGITS: Final = 6


class LinkClosed(NotFound):
    """A link that was closed, has ended, or never was."""

    code, title = "link_closed", "This link is closed"


class CodeNeeded(Forbidden):
    """A shared link that asks for a code, and none was given."""

    code, title = "code_needed", "This link asks for a code"


class CodeWrong(Forbidden):
    code, title = "code_wrong", "The code is another one"


class TooManyTries(AppError):
    """So many wrong codes were tried at a link that the next try has to wait."""

    status, code, title = 429, "too_many_tries", "Too many tries"


@dataclass(frozen=True)
class NewLink:
    """A link, its secret and its code, which are shown this once."""

    link: ShareLink
    secret: str
    code: str | None


class ShareService:
    """Makes links to a project's newest version, opens them, and closes them. Only digests are kept."""

    async def create(
        self,
        tx: Connection,
        founder_id: FounderId,
        project_id: ProjectId,
        *,
        label: str,
        days: int,
        with_code: bool = False,
    ) -> NewLink:
        """A link for somebody. InvalidInput, NotFound."""
        await owned(tx, founder_id, project_id)
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"A link is good for 1 to {MAX_DAYS} days.")
        # Made here and not by the database: the digest of the code is salted with the id.
        link_id, secret = uuid.uuid4(), secrets.token_urlsafe(18)
        code = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}}" if with_code else None
        link = await share_links.add(
            tx,
            project_id,
            _digest_of(secret),
            link_id=link_id,
            label=" ".join(label.split())[:80] or "Somebody",
            seconds=days * _DAY_S,
            code_digest=None if code is None else await _code_digest(link_id, code),
        )
        return NewLink(link, secret, code)

    async def list(self, tx: Connection, founder_id: FounderId, project_id: ProjectId) -> Sequence[ShareLink]:
        """The links that are good."""
        await owned(tx, founder_id, project_id)
        return await share_links.of_project(tx, project_id)

    async def close(self, tx: Connection, founder_id: FounderId, project_id: ProjectId, link_id: UUID) -> None:
        """Close a link: it opens nothing, and whoever came by it is out, from the commit on. NotFound."""
        await owned(tx, founder_id, project_id)
        if not await share_links.close(tx, project_id, link_id):
            raise NotFound("This link is gone already.")

    async def find(self, tx: Connection, secret: str) -> ShareLink:
        """The link of a secret. LinkClosed."""
        link = await share_links.find(tx, _digest_of(secret))
        if link is None:
            raise LinkClosed("Whoever sent it has closed it, or its time is over.", remedy="Ask for a new one.")
        return link

    async def try_code(self, tx: Connection, link: ShareLink, code: str) -> bool:
        """True when this is the code of the link. TooManyTries, which is raised before anything is compared.

        The try is counted first, so `tx` must keep it whatever the answer is.
        """
        expected = await share_links.begin_try(tx, link.id, free=FREE_TRIES, most_seconds=LONGEST_WAIT_S)
        # Nothing is compared while it has to be waited, so that guesses in that time cost the guesser a wait each.
        if expected is None:
            seconds = math.ceil(await share_links.seconds_to_wait(tx, link.id))
            error = TooManyTries(f"Too many codes were wrong. The next one can be tried in {seconds} s.")
            error.retry_after = max(1, seconds)
            raise error
        # People write six digits as two groups of three.
        plain = "".join(code.split())
        return hmac.compare_digest(expected, await _code_digest(link.id, plain[:80]))

    async def open(self, tx: Connection, link: ShareLink) -> Job:
        """The version that whoever has the link sees: the project's newest. LinkClosed."""
        # The newest and not the one of the day it was made: who has the link sees what is improved.
        job = await jobs.newest_ready(tx, link.project_id)
        if job is None:
            raise LinkClosed("There is nothing to see at this link any more.", remedy="Ask whoever sent it.")
        await share_links.note_opened(tx, link.id)
        return job


def _digest_of(secret: str) -> bytes:
    # A fast digest will do: the secret is random and long.
    return hashlib.sha256(secret.encode(errors="replace")).digest()


async def _code_digest(link_id: UUID, code: str) -> bytes:
    """A slow digest: a code has so few digits that a fast one would be as good as the code."""
    text = code.encode(errors="replace")
    return await asyncio.to_thread(hashlib.scrypt, text, salt=link_id.bytes, n=1 << 14, r=8, p=1, dklen=32)
