"""Rules that are for new records alone: they refuse an entry, and stand against no later change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of
from tests.blueprint.loaded_app import LoadedApp

TOO_YOUNG: Final = "Who joins is at least eighteen."
CLUB: Final[dict[str, Any]] = {
    "title": "Club",
    "tagline": "Members",
    "entities": [
        {
            "name": "Member",
            "fields": [
                {"name": "name", "required": True},
                {"name": "age", "type": "int", "required": True},
                {"name": "note", "type": "longtext"},
            ],
        },
        {
            "name": "Fee",
            "fields": [
                {"name": "name", "required": True},
                {"name": "member", "type": "ref", "ref": "Member", "required": True, "on_delete": "cascade"},
            ],
        },
    ],
    "rules": [
        {
            "kind": "ensure",
            "entity": "Member",
            "fields": ["age"],
            "condition": 'age >= 18 or name = "Ida"',
            "about": TOO_YOUNG,
            "on_entry": True,
        }
    ],
}


@pytest.fixture
def club(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    spec = AppSpec.model_validate({"goal": "club", "engine": "test", "confidence": 1, **CLUB})
    app = LoadedApp(spec, tmp_path)
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    app.module("database").migrate()
    yield SimpleNamespace(**{name: app.module(name) for name in ("database", "records", "rules")})
    app.module("database").close_idle()


def add(club: Any, table: str, **values: Any) -> int:
    with club.records.writing() as db:
        return int(club.records.add(db, club.database.BY_TABLE[table], values, who="Olga"))


def test_a_new_record_is_refused_and_a_change_is_not(club: Any) -> None:
    member = club.database.BY_TABLE["members"]
    with pytest.raises(club.rules.Broken, match=TOO_YOUNG):
        add(club, "members", name="Kim", age=17)

    kim = add(club, "members", name="Kim", age=18)
    with club.records.writing() as db:
        club.records.change(db, member, club.database.get(db, member, kim), {"age": 17}, who="Olga")
    # Nor does what comes to belong to it, or a change of something else.
    add(club, "fees", name="2031", member=kim)
    with club.records.writing() as db:
        club.records.change(db, member, club.database.get(db, member, kim), {"note": "paid"}, who="Olga")
        assert club.database.get(db, member, kim)["age"] == 17


def test_only_a_condition_is_judged_on_entry() -> None:
    unique = {"kind": "unique", "entity": "Member", "fields": ["name"], "about": "Once.", "on_entry": True}

    _, faults = faults_of({**CLUB, "rules": [unique]})

    assert "on_entry belongs to ensure" in " ".join(fault["problem"] for fault in faults)
