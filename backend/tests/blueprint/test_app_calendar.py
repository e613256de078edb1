"""What lasts for days stands on each of them in the calendar, whether or not a rule speaks of its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.blueprint.spec import AppSpec
from tests.blueprint.loaded_app import LoadedApp


def days_of(folder: Path, start: str, end: str, kind: str, begins: str, ends: str, month: str) -> list[str]:
    """The days of a month on which one camp stands."""
    fields: list[dict[str, Any]] = [{"name": "name", "required": True}]
    fields += [{"name": start, "type": kind, "required": True}, {"name": end, "type": kind}]
    spec = AppSpec.model_validate(
        {
            "title": "Camps",
            "tagline": "When and where",
            "entities": [{"name": "Camp", "fields": fields}],
            "views": [{"kind": "calendar", "entity": "Camp", "field": start}],
        }
    )
    loaded = LoadedApp(spec, folder)
    database, views, access = (loaded.module(name) for name in ("database", "views", "access"))
    database.migrate()
    camp = database.BY_TABLE["camps"]
    with database.session() as db:
        database.insert(db, camp, {"name": "Lake", start: begins, end: ends or None})
        found = views.month(db, camp, month, access.Visitor())
    return [day[8:] for day, _, events in found["agenda"] if events]


@pytest.mark.parametrize(
    ("start", "end", "kind", "begins", "ends", "month", "days"),
    [
        ("starts_on", "ends_on", "date", "2031-01-30", "2031-02-02", "2031-01", ["30", "31"]),
        ("starts_on", "ends_on", "date", "2031-01-30", "2031-02-02", "2031-02", ["01", "02"]),
        ("from_on", "until", "date", "2031-01-30", "", "2031-01", ["30"]),
        ("starts_at", "ends_at", "datetime", "2031-03-29T22:00", "2031-03-30T06:00", "2031-03", ["29", "30"]),
        ("starts_at", "ends_at", "datetime", "2031-03-29T22:00", "2031-03-30T00:00", "2031-03", ["29"]),
        ("issued_on", "due_on", "date", "2031-01-30", "2031-02-02", "2031-01", ["30"]),
    ],
)
def test_a_camp_stands_on_each_of_its_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str, end: str, kind: str, begins: str, ends: str,
    month: str, days: list[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    assert days_of(tmp_path, start, end, kind, begins, ends, month) == days
