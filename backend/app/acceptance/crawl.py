"""Going to every page that a visitor can reach, and sending every form once as it stands."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from app.acceptance.evidence import Findings
from app.acceptance.http_session import Answer, HttpSession, local_path
from app.acceptance.pages import WebForm
from app.domain.failure import BuildFailed, FailureCode

MAX_PAGES: Final = 120
MAX_DEPTH: Final = 5
MAX_ALIKE: Final = 2
"""Pages of one pattern, such as /bookings/3, that are opened: the others are made by the same code."""

_DIGITS: Final = re.compile(r"\d+")
_BROKEN: Final = frozenset({400, 403, 405, 415})
"""Answers to a form, sent as the app itself made it, that mean that it cannot be sent at all."""
# Whoever follows these sees nothing of the rest any more.
_LEAVES: Final = ("/sign-out", "/logout")


@dataclass
class Walk:
    """The pages a visitor has opened and the forms found on them."""

    opened: dict[str, int] = field(default_factory=dict)
    forms: list[tuple[Answer, WebForm]] = field(default_factory=list)
    sent: int = 0
    outside: set[str] = field(default_factory=set)
    alike: Counter[str] = field(default_factory=Counter)
    left_out: int = 0


async def crawl(visitors: list[HttpSession], starts: tuple[str, ...]) -> Findings:
    """Every link of every page answers, and no form breaks the app. BuildFailed names the first that does."""
    walk = Walk()
    for number, visitor in enumerate(visitors):
        await _visit_all(visitor, starts, walk)
        # By the owner, who has the most of them; forms change records, so once must do.
        if number == 0:
            await _send_all(visitor, walk)
        # The next person may see something else at addresses of the same kind.
        walk.alike.clear()
    detail = f"{len(walk.opened)} pages and files answered, {walk.sent} forms sent, no dead link"
    skipped = (f"{walk.left_out} more links to pages of the same kinds",) if walk.left_out else ()
    outside = (f"links to elsewhere, not followed: {', '.join(sorted(walk.outside)[:5])}",) if walk.outside else ()
    return Findings(detail, (*(f"{status} {path}" for path, status in walk.opened.items()), *skipped, *outside))


async def _visit_all(visitor: HttpSession, starts: tuple[str, ...], walk: Walk) -> None:
    queued = set(starts)
    waiting = deque((start, "", 0) for start in starts)
    while waiting and len(walk.opened) < MAX_PAGES:
        path, parent, depth = waiting.popleft()
        answer = await visitor.get(path)
        _must_answer(answer, parent)
        walk.opened[path] = answer.status
        if depth == MAX_DEPTH:
            continue
        for address in _leads_to(answer, walk):
            if address not in queued and _is_worth_it(address, walk):
                waiting.append((address, path, depth + 1))
            queued.add(address)
        walk.forms += [(answer, form) for form in answer.page.forms]


def _must_answer(answer: Answer, parent: str) -> None:
    """A redirect answers, and a page that asks for a sign-in does; what is not there, or breaks, does not."""
    if answer.status < 400 or answer.status == 401:
        return
    where = (
        f"GET {answer.path}: HTTP {answer.status}, linked from {parent or 'the start'}\n{answer.page.text[:600]}"
    )
    if answer.status >= 500:
        raise BuildFailed(FailureCode.PAGE_FAILS, "A page of the app breaks when it is opened.", log=where)
    raise BuildFailed(FailureCode.DEAD_LINK, log=where)


def _leads_to(answer: Answer, walk: Walk) -> list[str]:
    paths = [answer.location] if answer.location else []
    for address in (*answer.page.links, *answer.page.assets):
        bare = address.strip().partition("#")[0]
        if not bare or bare.startswith(("mailto:", "tel:", "data:")):
            continue
        path = local_path(urljoin(answer.path, bare))
        if path:
            paths.append(path)
        else:
            walk.outside.add(address[:100])
    return [path for path in paths if not path.startswith(_LEAVES)]


def _is_worth_it(path: str, walk: Walk) -> bool:
    pattern = pattern_of(path)
    walk.alike[pattern] += 1
    if walk.alike[pattern] > MAX_ALIKE:
        walk.left_out += 1
        return False
    return True


def pattern_of(path: str) -> str:
    """The pattern of an address: addresses with the same pattern are answered by the same code."""
    parts = urlsplit(path)
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{_DIGITS.sub('0', parts.path)}?{'&'.join(names)}"


async def _send_all(visitor: HttpSession, walk: Walk) -> None:
    """Each kind of form once, as it stands; those that remove something last."""
    kinds: dict[str, tuple[Answer, WebForm]] = {}
    for page, form in walk.forms:
        action = local_path(urljoin(page.path, form.action)) or page.path
        if form.method == "post" and not form.is_upload and not action.startswith((*_LEAVES, "/setup")):
            kinds.setdefault(pattern_of(action), (page, form))
    for _, (page, form) in sorted(kinds.items(), key=lambda kind: "delete" in kind[0]):
        answer = await visitor.submit(page, form, {})
        walk.sent += 1
        # A form as it stands may be refused: that is an answer, too.
        if answer.status >= 500 or answer.status in _BROKEN:
            raise BuildFailed(
                FailureCode.FORM_FAILS, log=f"POST {answer.path}: HTTP {answer.status}\n{answer.page.text[:600]}"
            )
