"""What visitors may change by their link is tried: a link that opens too much, or keeps nothing, is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from app.acceptance.http_session import Answer
from app.acceptance.kept import Kept
from app.acceptance.pages import WebForm
from app.acceptance.people import People
from app.acceptance.right_by_link import try_right_by_link
from app.blueprint.spec import AppSpec, EntitySpec
from app.domain.failure import BuildFailed

PARTY = AppSpec.model_validate(
    {
        "title": "Party", "goal": "Guests answer.",
        "entities": [
            {
                "name": "Guest",
                "fields": [
                    {"name": "name", "required": True},
                    {"name": "meal", "type": "choice", "choices": ["Beef", "Fish"]},
                ],
                "rights": [{"role": "visitor", "sees": "own", "changes": "own", "fields": ["meal"]}],
            }
        ],
    }
)  # fmt: skip
GUEST = PARTY.entities[0]
GOOD = "/by-link/guests/3/abc0"


def html(path: str, body: str, status: int = 200) -> Answer:
    return Answer(path, status, "text/html", body.encode())


@dataclass
class Party:
    """An app with one guest; it stands for its people, its forms and its sessions at once."""

    asks: str = '<input name="meal">'
    opens_for_all: bool = False
    keeps: Mapping[str, str] | None = None
    row: dict[str, str] = field(default_factory=lambda: {"ID": "3", "Name": "Ada", "Meal": "Beef"})
    spec: AppSpec = PARTY

    @property
    def driver(self) -> Party:
        return self

    @property
    def visitor(self) -> Party:
        return self

    @property
    def samples(self) -> SimpleNamespace:
        return SimpleNamespace(values=lambda _entity: {"name": "Ada", "meal": "Beef"})

    def anybody(self) -> Party:
        return self

    async def add(self, entity: EntitySpec) -> Kept:
        return Kept(entity, 3, {})

    async def rows(self, _entity: EntitySpec) -> list[dict[str, str]]:
        return [dict(self.row)]

    async def get(self, path: str) -> Answer:
        if path == "/guests/3":
            return html(path, f'<a href="{GOOD}">Link</a>')
        if path == f"{GOOD}/change" or self.opens_for_all:
            return html(path, f'<form method="post">{self.asks}</form>')
        return html(path, "Not here", 404)

    async def submit(self, page: Answer, _form: WebForm, values: Mapping[str, str]) -> Answer:
        self.row |= {"Meal": values["meal"]} if self.keeps is None else self.keeps
        return Answer(page.path, 303, "", b"", GOOD)


async def attempt(party: Party) -> str:
    return await try_right_by_link(cast("People", party), GUEST)


async def test_a_link_that_changes_what_is_theirs_passes() -> None:
    assert "meal of guests" in await attempt(Party())


@pytest.mark.parametrize(
    ("party", "why"),
    [
        (Party(asks='<input name="meal"><input name="name">'), "exactly what is to be changed"),
        (Party(opens_for_all=True), "a link that is not theirs"),
        (Party(keeps={}), "not what their link was used to say"),
        (Party(keeps={"Meal": "Fish", "Name": "Bob"}), "not what their link was used to say"),
    ],
    ids=["asks_for_more", "any_link_opens", "keeps_nothing", "changes_more"],
)
async def test_a_link_that_does_otherwise_is_found_out(party: Party, why: str) -> None:
    with pytest.raises(BuildFailed, match=why):
        await attempt(party)
