"""Whoever sent a public form comes back to what they sent by a link of their own, and to nothing else."""

from __future__ import annotations

import re
from typing import Final

from app.acceptance.http_session import Answer
from app.acceptance.kept import told
from app.acceptance.people import People
from app.blueprint.spec import FormSpec
from app.domain.failure import BuildFailed, FailureCode

_LINK: Final = re.compile(r"^/by-link/[a-z0-9_]+/(\d+)/([0-9A-Za-z]+)$")


async def try_own_link(people: People, form: FormSpec, done: Answer) -> None:
    """The page of thanks gives a link; it opens in any browser, and only as it was given. BuildFailed."""
    found = next((match for link in done.page.links if (match := _LINK.match(link))), None)
    if found is None:
        raise BuildFailed(
            FailureCode.NO_OWN_LINK,
            f"Whoever sends the form {form.action!r} gets no link to come back to what they sent.",
            log=f"GET {done.path}: {told(done)}",
        )
    own = await people.anybody().get(found[0])
    if own.status != 200:
        raise BuildFailed(
            FailureCode.NO_OWN_LINK,
            f"The link that whoever sends the form {form.action!r} gets does not open.",
            log=f"GET {own.path}: {told(own)}",
        )
    start, number, sign = found[0].rsplit("/", 2)[0], int(found[1]), found[2]
    for address in (f"{start}/{number + 1}/{sign}", f"{start}/{number}/{'0' * len(sign)}"):
        other = await people.anybody().get(address)
        if not other.is_refusal:
            raise BuildFailed(FailureCode.OPEN_LINKS, log=f"GET {address}: {told(other)}")
