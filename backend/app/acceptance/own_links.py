"""The sender of a public form comes back to their entry by a link of their own, and to nothing else."""

from __future__ import annotations

import re
from typing import Final

from app.acceptance.http_session import Answer
from app.acceptance.kept import excerpt_of
from app.acceptance.people import People
from app.blueprint.spec import FormSpec
from app.domain.failure import BuildFailed, FailureCode

_LINK: Final = re.compile(r"^/by-link/[a-z0-9_]+/(\d+)/([0-9A-Za-z]+)$")


async def try_own_link(people: People, form: FormSpec, done: Answer) -> None:
    """The page of thanks gives a link; it opens in any browser, and only as it was given. BuildFailed."""
    link_match = next((match for link in done.page.links if (match := _LINK.match(link))), None)
    if link_match is None:
        raise BuildFailed(
            FailureCode.NO_OWN_LINK,
            f"Whoever sends the form {form.action!r} gets no link to come back to what they sent.",
            log=f"GET {done.path}: {excerpt_of(done)}",
        )
    own_page = await people.anybody().get(link_match[0])
    if own_page.status != 200:
        raise BuildFailed(
            FailureCode.NO_OWN_LINK,
            f"The link that whoever sends the form {form.action!r} gets does not open.",
            log=f"GET {own_page.path}: {excerpt_of(own_page)}",
        )
    start, number, sign = link_match[0].rsplit("/", 2)[0], int(link_match[1]), link_match[2]
    # The neighbour's number with this sign, and this number with another sign.
    for address in (f"{start}/{number + 1}/{sign}", f"{start}/{number}/{'0' * len(sign)}"):
        answer = await people.anybody().get(address)
        if not answer.is_refusal:
            raise BuildFailed(FailureCode.OPEN_LINKS, log=f"GET {address}: {excerpt_of(answer)}")
