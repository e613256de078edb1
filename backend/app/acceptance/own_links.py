"""The sender of a public form comes back to their entry by a link of their own, and to nothing else."""

from __future__ import annotations

import re
from typing import Final

from app.acceptance.figure_checks import expected_value, is_shown
from app.acceptance.http_session import Answer
from app.acceptance.kept import excerpt_of
from app.acceptance.known_records import read_records
from app.acceptance.people import People
from app.blueprint.spec import FormSpec
from app.domain.failure import BuildFailed, FailureCode

_TOTALS: Final = frozenset({"total", "price", "cost"})
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
    await _must_tell_total(people, form, done, int(link_match[1]))
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


async def _must_tell_total(people: People, form: FormSpec, done: Answer, number: int) -> None:
    """Whoever sent the form is told what it comes to, worked out without the app. BuildFailed."""
    entity = people.spec.entity(form.entity)
    totals = [figure for figure in entity.computed if figure.name in _TOTALS] if entity is not None else []
    if entity is None or not totals:
        return
    records = await read_records(people.driver)
    for figure in totals:
        value = expected_value(records, entity, figure, number)
        if value and not is_shown(done.page.text, figure.label, value, unit=figure.unit or ""):
            raise BuildFailed(
                FailureCode.WRONG_FIGURE,
                f"Whoever sends the form {form.action!r} is not told what it comes to.",
                log=f"{figure.label}: {value!r}, GET {done.path}: {excerpt_of(done)}",
            )
