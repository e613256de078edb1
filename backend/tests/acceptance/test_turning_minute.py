"""A value that counts up to now is right, also where the minute turns between the export and the page."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.acceptance import known_records
from app.acceptance.figure_checks import MINUTES_TO_PASS, try_figures
from app.acceptance.http_session import Answer
from app.acceptance.page_checks import try_totals
from app.blueprint.spec import AppSpec, EntitySpec, ViewSpec
from app.domain.failure import BuildFailed

LINE_STOPS = Path(__file__).parents[1] / "specs" / "designer" / "line_stops.toml"
BEGUN = datetime(2026, 11, 30, 9)


class Clockwork:
    """An app with one stop that still runs, whose minute turns before each of the first pages that it answers."""

    def __init__(self, turns: int) -> None:
        whole = AppSpec.model_validate(tomllib.loads(LINE_STOPS.read_text(encoding="utf-8")))
        (stops,) = (entity for entity in whole.entities if entity.name == "Stop")
        others = [entity.model_copy(update={"computed": ()}) for entity in whole.entities if entity is not stops]
        self.spec = whole.model_copy(update={"entities": (*others, stops)})
        self.stops = stops
        self.turns = turns
        self.now = BEGUN + timedelta(minutes=40)
        self.visitor = self

    async def rows(self, entity: EntitySpec) -> list[dict[str, str]]:
        """The export."""
        if entity.name != "Stop":
            return []
        cells = {
            "Stopped": BEGUN.isoformat(timespec="minutes"),
            "Status": "Stopped",
            "Minutes lost": self._minutes,
        }
        return [{"ID": "1", "Machine": "", "Reason": "", "Running again": "", **cells}]

    async def offered(self, _: EntitySpec) -> dict[str, dict[str, str]]:
        """What a form offers for each link."""
        return {}

    async def listed(self, _: EntitySpec) -> dict[str, str]:
        """The records of a kind by their names; those that the stop links to play no part here."""
        return {}

    async def get(self, path: str) -> Answer:
        """The page of the stop, or of the totals."""
        if self.turns:
            self.turns -= 1
            self.now += timedelta(minutes=1)
        return Answer(
            path, 200, "text/html", f"<p>Minutes lost {self._minutes}</p><p>Stopped 1 {self._minutes}</p>".encode()
        )

    @property
    def _minutes(self) -> str:
        return str(int((self.now - BEGUN).total_seconds() // 60))


@pytest.fixture
def clockwork(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Clockwork:
    app = Clockwork(request.param)
    monkeypatch.setattr(known_records, "_app_time", lambda _: app.now)
    return app


async def _try(check: str, app: Clockwork) -> None:
    people: Any = SimpleNamespace(driver=app, spec=app.spec)
    if check == "figure":
        await try_figures(people)
    else:
        await try_totals(people, app.stops, ViewSpec(kind="totals", entity="Stop", field="minutes"))


@pytest.mark.parametrize("check", ["figure", "totals"])
@pytest.mark.parametrize("clockwork", [0, 1, MINUTES_TO_PASS], indirect=True)
async def test_a_minute_that_turns_before_the_page_is_no_fault(check: str, clockwork: Clockwork) -> None:
    await _try(check, clockwork)
    assert clockwork.turns == 0


@pytest.mark.parametrize("check", ["figure", "totals"])
@pytest.mark.parametrize("clockwork", [100], indirect=True)
async def test_a_page_that_never_agrees_is_one(check: str, clockwork: Clockwork) -> None:
    with pytest.raises(BuildFailed):
        await _try(check, clockwork)
