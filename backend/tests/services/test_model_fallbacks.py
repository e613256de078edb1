"""Where a provider has trouble of its own the next model is asked, and the app says which designed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest

from app.bench.noop import no_checks
from app.core.errors import ConfigurationError
from app.core.ids import JobId
from app.core.settings import Settings
from app.models import choices_of
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.house import AUTH, House, open_house
from tests.support.scripted_model import HEARD, Asked, Say, ScriptedModel

DOWN = Say(status=500, error={"error": {"message": "boom"}})
WRONG_KEY = Say(status=401, error={"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.runners.asking._PAUSES_S", (0.01, 0.01))


class First:
    """Says this for the first model, and what a good one says for every other."""

    def __init__(self, said: Say) -> None:
        self.said = said

    def __call__(self, asked: Asked, _: int) -> Say:
        if asked.body["model"] == "first":
            return self.said
        return HEARD if len(str(asked.body)) < 1_000 else Say(as_text(pool()))


@pytest.fixture
def opened(
    database_url: str, valkey_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[House, ScriptedModel]]:
    with ExitStack() as stack:
        provider = stack.enter_context(ScriptedModel(First(request.param)))
        settings = {
            "model": "compatible:first",
            "model_fallbacks": "compatible:second, compatible:third",
            "model_url": provider.url,
        }
        house = open_house(database_url, valkey_url, tmp_path, more=settings, acceptance=no_checks)
        yield stack.enter_context(house), provider


@pytest.mark.parametrize("opened", [DOWN], indirect=True)
def test_the_next_model_designs_where_the_first_is_down(opened: tuple[House, ScriptedModel]) -> None:
    house, provider = opened
    started = house.start(house.project(), POOL_GOAL)
    assert started.status_code == 201, started.text
    job_id = JobId(UUID(started.json()["job_id"]))
    house.build(job_id)

    assert house.status(job_id)["engine"] == "compatible:second"
    assert {asked.body["model"] for asked in provider.asked} == {"first", "second"}
    calls = house.client.get("/api/usage", headers=AUTH, params={"job_id": str(job_id)}).json()["calls"]
    told = [(call["model"], call["status"]) for call in reversed(calls)]
    assert told == [("compatible:first", "failed")] * 3 + [("compatible:second", "answered")]


@pytest.mark.parametrize("opened", [WRONG_KEY], indirect=True)
def test_a_wrong_key_is_told_and_nobody_else_is_asked(opened: tuple[House, ScriptedModel]) -> None:
    house, provider = opened
    refused = house.start(house.project(), POOL_GOAL)

    assert refused.status_code == 409
    assert "refuses the key" in refused.json()["detail"]
    assert {asked.body["model"] for asked in provider.asked} == {"first"}


def test_address_and_key_belong_to_the_provider_of_the_first() -> None:
    others = "ollama:b,compatible:c"
    settings = Settings(
        model="compatible:a", model_url="http://127.0.0.1:9/v1", model_key="sk-a", model_fallbacks=others
    )

    first, second, third = choices_of(settings)

    assert (first.url, first.secret) == (third.url, third.secret) == ("http://127.0.0.1:9/v1", "sk-a")
    assert (second.provider, second.url, second.secret) == ("ollama", "http://127.0.0.1:11434/v1", None)


def test_a_fallback_without_a_key_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    settings = Settings(model="ollama:a", model_fallbacks="anthropic:b")
    with pytest.raises(ConfigurationError, match="'anthropic:b' needs a key"):
        choices_of(settings)
