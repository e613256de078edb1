"""People of an app's roles send forms that no page holds, each with the token of their own page."""

from __future__ import annotations

import itertools
from typing import cast

from app.acceptance.actors import Actors
from app.acceptance.http_session import Answer, HttpSession
from app.acceptance.people import People

NUMBERS = itertools.count()


class Browser:
    """A session whose page holds a token that no other session takes."""

    def __init__(self) -> None:
        self.token = f"token{next(NUMBERS)}"

    async def get(self, path: str) -> Answer:
        body = f'<form method="post"><input name="csrf_token" value="{self.token}"></form>'
        return Answer(path, 200, "text/html", body.encode())

    async def post(self, path: str, values: dict[str, str]) -> Answer:
        return Answer(path, 303 if values["csrf_token"] == self.token else 403, "text/html", b"")


async def test_nobody_sends_the_token_of_somebody_who_has_left() -> None:
    actors = Actors(cast("People", None))

    # Each browser is forgotten before the next one comes, which may then stand at the same address in memory.
    answers = [await actors.post(cast("HttpSession", Browser()), "/things/1/delete", {}) for _ in range(20)]

    assert [answer.status for answer in answers] == [303] * 20
