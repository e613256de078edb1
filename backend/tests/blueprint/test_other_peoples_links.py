"""Records with several links to people who sign in: one is filled in with whoever adds them, others are chosen."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of
from app.blueprint.spec_queries import own_link

from .loaded_app import LoadedApp
from .test_tried_limits import NAME, app, ensure, kind, link, told

EMAIL = {"name": "email", "type": "email", "required": True}
ROLE = {"name": "Player", "about": "Plays.", "scope": "own", "entity": "Player"}


def club(*fields: str, taker: bool = False) -> dict[str, Any]:  # Any: as in JSON
    right: dict[str, Any] = {"role": "Player", "sees": "all", "adds": True, "fields": list(fields)}
    seconds = {"name": "second", "type": "ref", "ref": "Player"}
    return app(
        kind("Player", NAME, EMAIL, rights=[{"role": "Player", "sees": "all"}]),
        kind("Game", link("white", "Player"), link("black", "Player"), {"name": "note"}, *([seconds] * taker),
             rights=[right]),
        rules=[],
        roles=[ROLE],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "mine", "chosen"),
    [
        (("black", "note"), "white", ["black"]),
        (("white", "note"), "black", ["white"]),
        (("white", "black", "note"), "second", ["white", "black"]),
        (("note",), "white", []),
        ((), "white", ["black"]),
    ],
    ids=["opponent", "other_side", "both", "neither", "all_fields"],
)
def test_one_link_is_filled_in_and_the_named_ones_are_chosen(
    tmp_path: Path, fields: tuple[str, ...], mine: str, chosen: list[str]
) -> None:
    spec = AppSpec.model_validate(club(*fields, taker=True))
    loaded = LoadedApp(spec, tmp_path)
    access, schema = loaded.module("access"), loaded.module("schema")
    game = next(entity for entity in schema.ENTITIES if entity.table == "games")
    visitor = access.Visitor("Ada", schema.ROLES[0], 7)
    assert visitor.forced(game) == {mine: 7}
    assert [field.name for field in visitor.fields(game) if field.ref] == chosen
    # What the app fills in and what its examples are looked for with is the same link.
    found = own_link(spec.entities[1], "Player", fields)
    assert found is not None
    assert found.name == mine


def test_a_rule_about_the_link_that_is_filled_in_is_refused_with_the_reason() -> None:
    raw = copy.deepcopy(club("black", "note"))
    raw["rules"] = [ensure("Game", "White reports.", "white = me", when='me.role = "Player"')]
    assert "nobody can break it" in told(raw)
    raw["rules"] = [ensure("Game", "Not oneself.", "white != black")]
    assert faults_of(raw)[1] == []
