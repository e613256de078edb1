"""Founders choose who designs, for all projects or one; keys are kept sealed, and go to their provider alone."""

from __future__ import annotations

import asyncio
import copy
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.bench.noop import no_checks
from app.core.errors import ConfigurationError
from app.core.ids import JobId
from app.core.seal import Seal, SealBroken
from app.repositories import model_choices
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.house import AUTH, OTHER_AUTH, TOKEN, House, open_house
from tests.support.scripted_model import HEARD, Asked, Say, ScriptedModel

KEY = "sk-canary-5b1c9d7e3f"
OTHER_KEY = "sk-canary-0a2b4c6d8e"


def good(asked: Asked, _: int) -> Say:
    return HEARD if len(str(asked.body)) < 1_000 else Say(as_text(pool()))


@pytest.fixture
def house(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[House]:
    """A house in whose settings there is no model."""
    with open_house(database_url, valkey_url, tmp_path, acceptance=no_checks) as opened:
        yield opened


@pytest.fixture
def provider() -> Iterator[ScriptedModel]:
    with ScriptedModel(good) as served:
        yield served


def choose(house: House, model: str, *, auth: dict[str, str] = AUTH, **more: str) -> Any:
    return house.client.post("/api/models", json={"model": model, **more}, headers=auth)


def keep(house: House, provider: str, key: str = KEY, *, auth: dict[str, str] = AUTH, **more: str) -> Any:
    return house.client.post("/api/models/keys", json={"provider": provider, "key": key, **more}, headers=auth)


def build(house: House, project: str) -> Any:
    started = house.start(project, POOL_GOAL)
    assert started.status_code == 201, started.text
    job_id = JobId(UUID(started.json()["job_id"]))
    house.build(job_id)
    return house.status(job_id)


def whole_record(house: House) -> str:
    """Every row of every table, as text."""

    async def read() -> str:
        async with house.services.database.autocommit() as tx:
            names = await tx.rows(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", {}
            )
            rows = [await tx.rows(f"SELECT to_jsonb(one) FROM {name} AS one", {}) for (name,) in names]
        return str(rows)

    return str(house.call(read))


def test_a_project_has_its_own_model_with_a_kept_key_and_others_stay_as_they_are(
    house: House, provider: ScriptedModel, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mine, other = house.project("Mine"), house.project("Other")
    assert keep(house, "compatible", url=provider.url).status_code == 200
    chosen = choose(house, "compatible:scripted", url=provider.url, project_id=mine)
    assert (chosen.json()["of"], chosen.json()["engine"]) == ("project", "model")

    assert build(house, mine)["engine"] == "compatible:scripted"
    assert {asked.headers["authorization"] for asked in provider.asked} == {f"Bearer {KEY}"}
    asked = len(provider.asked)
    assert build(house, other)["engine"] != "compatible:scripted"
    assert len(provider.asked) == asked

    told = house.client.get("/api/models", headers=AUTH).json()
    assert (told["model"], told["engine"]) == (None, "blueprint")
    assert [(kept["provider"], kept["hint"]) for kept in told["keys"]] == [("compatible", KEY[-4:])]
    project = house.client.get(f"/api/projects/{mine}", headers=AUTH).json()
    assert (project["model"], project["engine"]) == ("compatible:scripted", "model")

    # Neither the record nor a file nor the log knows the key.
    assert KEY not in whole_record(house)
    assert stat.S_IMODE((tmp_path / "seal").stat().st_mode) == 0o600
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert KEY not in "".join(capfd.readouterr())


def test_a_choice_for_all_projects_is_for_new_ones_too_and_can_be_forgotten(
    house: House, provider: ScriptedModel
) -> None:
    assert choose(house, "compatible:scripted", url=provider.url).json()["of"] == "founder"
    assert build(house, house.project())["engine"] == "compatible:scripted"
    assert house.client.get("/api/usage", headers=AUTH).json()["model"] == "compatible:scripted"
    # Another founder of this instance has chosen nothing.
    assert house.client.get("/api/models", headers=OTHER_AUTH).json()["model"] is None

    assert house.client.delete("/api/models", headers=AUTH).status_code == 204
    assert build(house, house.project())["engine"] != "compatible:scripted"


def test_of_several_models_the_next_is_asked_and_it_is_said(house: House) -> None:
    def script(asked: Asked, number: int) -> Say:
        down = Say(status=503, error={"error": {"message": "overloaded"}})
        return down if asked.body["model"] == "first" else good(asked, number)

    with ScriptedModel(script) as provider:
        choose(house, "compatible:first, compatible:second", url=provider.url)
        status = build(house, house.project())
    assert status["engine"] == "compatible:second"


def test_a_model_without_a_key_is_told_before_a_job_is_made(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    project = house.project()
    choose(house, "anthropic:claude-sonnet-4-5", project_id=project)

    refused = house.start(project, POOL_GOAL)

    assert (refused.status_code, refused.json()["code"]) == (409, "engine_unavailable")
    assert refused.json()["remedy"] == "cofounder model key anthropic"
    assert house.client.get(f"/api/projects/{project}/builds", headers=AUTH).json()["items"] == []


def test_a_key_goes_to_no_other_address_and_no_other_founder(
    house: House, provider: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OTHER_KEY)
    keep(house, "openai")
    keep(house, "compatible", url="http://127.0.0.1:1/v1")
    for model in ("openai-chat:scripted", "compatible:scripted"):
        project = house.project()
        choose(house, model, url=provider.url, project_id=project)
        assert build(house, project)["engine"] == model
    choose(house, "compatible:scripted", url=provider.url, auth=OTHER_AUTH)
    assert provider.asked
    sent = str([asked.headers for asked in provider.asked])
    assert KEY not in sent
    assert OTHER_KEY not in sent

    assert house.client.get("/api/models", headers=OTHER_AUTH).json()["keys"] == []
    assert house.client.delete("/api/models/keys/openai", headers=OTHER_AUTH).status_code == 404
    foreign = house.client.post(
        "/api/models", json={"model": "ollama:a", "project_id": house.project()}, headers=OTHER_AUTH
    )
    assert foreign.status_code == 404


def test_a_key_that_is_moved_in_the_record_does_not_open(house: House, provider: ScriptedModel) -> None:
    keep(house, "anthropic")
    choose(house, "anthropic:claude", url=provider.anthropic_url)

    async def move() -> None:
        async with house.services.database.transaction() as tx:
            await tx.execute("UPDATE provider_keys SET url = %(url)s", {"url": provider.anthropic_url})

    house.call(move)
    refused = house.start(house.project(), POOL_GOAL)

    assert (refused.status_code, refused.json()["code"]) == (409, "engine_unavailable")
    assert "cannot be opened" in refused.json()["detail"]
    assert provider.asked == []


def test_keys_are_replaced_sealed_anew_and_removed(house: House, tmp_path: Path) -> None:
    keep(house, "openai")
    keep(house, "google", OTHER_KEY)
    keep(house, "openai", "sk-canary-newer-one-2")
    seal_before, rows_before = (tmp_path / "seal").read_text(), sealed(house)

    answer = house.client.post("/api/models/keys/rotation", headers=AUTH)

    assert answer.json() == {"keys": 2}
    assert (tmp_path / "seal").read_text().split() != seal_before.split()
    assert len((tmp_path / "seal").read_text().split()) == 1
    assert not set(sealed(house)) & set(rows_before)
    assert opened(house, "openai") == "sk-canary-newer-one-2"
    assert opened(house, "google") == OTHER_KEY
    assert house.client.delete("/api/models/keys/openai-chat", headers=AUTH).status_code == 204
    assert opened(house, "openai") is None
    assert house.client.delete("/api/models/keys/openai", headers=AUTH).status_code == 404


def test_a_rotation_that_was_killed_halfway_loses_no_key(house: House, tmp_path: Path) -> None:
    keep(house, "openai")
    Seal(tmp_path / "seal").begin_anew()
    keep(house, "google", OTHER_KEY)
    assert (opened(house, "openai"), opened(house, "google")) == (KEY, OTHER_KEY)
    house.client.post("/api/models/keys/rotation", headers=AUTH)
    assert (opened(house, "openai"), opened(house, "google")) == (KEY, OTHER_KEY)
    assert len((tmp_path / "seal").read_text().split()) == 1


def test_keys_are_kept_and_sealed_anew_at_once(house: House) -> None:
    async def at_once() -> None:
        founder = (await house.services.founders.caller(TOKEN)).id
        choices, database = house.services.choices, house.services.database

        async def keep_one(provider: str) -> None:
            async with database.transaction() as tx:
                await choices.keep_key(tx, founder, provider=provider, url=None, key=f"{KEY}-{provider}")

        providers = ("openai", "google", "anthropic", "openrouter")
        work = [*(keep_one(name) for name in providers), *(choices.rotate(database) for _ in range(3))]
        await asyncio.gather(*work)

    house.call(at_once)
    for name in ("openai", "google", "anthropic", "openrouter"):
        assert opened(house, name) == f"{KEY}-{name}"


@pytest.mark.parametrize(
    "body",
    [
        {"provider": "openai", "key": f"{KEY} with spaces"},
        {"provider": "openai", "key": "x"},
        {"provider": "openai", "key": f"{KEY}\u00e4"},
        {"provider": "openai", "key": KEY * 60},
        {"provider": "nobody", "key": KEY},
        {"provider": "openai", "key": KEY, "url": "ftp://x"},
        {"provider": "openai", "key": KEY, "url": f"http://user:{KEY}@x"},
        {"provider": "openai", "key": KEY, "more": KEY},
        {"provider": "openai", "key": [KEY]},
    ],
)
def test_a_key_that_cannot_be_kept_is_not_said_back(house: House, body: dict[str, Any]) -> None:
    answer = house.client.post("/api/models/keys", json=body, headers=AUTH)
    assert answer.status_code == 422, answer.text
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"model": ""},
        {"model": "claude"},
        {"model": "compatible:x"},
        {"model": "anthropic:a,b"},
        {"model": "ollama:a,ollama:b,ollama:c,ollama:d,ollama:e"},
        {"model": "ollama:a\u0007"},
        {"model": "ollama:a", "url": "http://name:word@127.0.0.1"},
        {"model": "ollama:a", "url": "file:///etc/passwd"},
    ],
)
def test_a_choice_that_cannot_be_asked_is_refused(house: House, body: dict[str, Any]) -> None:
    assert choose(house, **body).status_code == 422
    assert house.client.get("/api/models", headers=AUTH).json()["model"] is None


def test_a_seal_that_others_can_read_is_refused(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "seal")
    secret = seal.seal(KEY, place="here")
    assert seal.open(secret, place="here") == KEY
    with pytest.raises(SealBroken):
        seal.open(secret, place="there")
    (tmp_path / "seal").chmod(0o644)
    with pytest.raises(ConfigurationError, match="Others than you"):
        seal.open(secret, place="here")


def test_a_seal_by_a_setting_opens_what_its_older_keys_sealed(tmp_path: Path) -> None:
    old, new = "o" * 32, "n" * 32
    secret = Seal(tmp_path / "seal", setting=old).seal(KEY, place="here")
    both = Seal(tmp_path / "seal", setting=f"{new},{old}")
    assert both.open(secret, place="here") == KEY
    assert not both.is_current(secret)
    assert both.is_current(both.seal(KEY, place="here"))
    with pytest.raises(SealBroken):
        Seal(tmp_path / "seal", setting=new).open(secret, place="here")
    with pytest.raises(ConfigurationError, match="shorter than 32"):
        Seal(tmp_path / "seal", setting="short").seal(KEY, place="here")
    assert not (tmp_path / "seal").exists()


def sealed(house: House) -> list[bytes]:
    async def read() -> list[bytes]:
        async with house.services.database.autocommit() as tx:
            return [row[3] for row in await model_choices.every_sealed_key(tx)]

    return list(house.call(read))


def opened(house: House, provider: str) -> str | None:
    async def read() -> str | None:
        founder = (await house.services.founders.caller(TOKEN)).id
        async with house.services.database.autocommit() as tx:
            return await house.services.choices.key_of(tx, founder, provider, None)

    found: str | None = house.call(read)
    return found


def test_questions_of_a_model_are_shown_on_the_page_and_answered_there(
    house: House, provider: ScriptedModel
) -> None:
    asking = copy.deepcopy(pool())
    asking["questions"] = [
        {"question": f"How long is booking {number} <b>?", "default": "One hour."} for number in range(7)
    ]
    with ScriptedModel(lambda asked, number: _asking(asked, asking)) as asker:
        choose(house, "compatible:scripted", url=asker.url)
        project = house.project()
        build(house, project)
        url = house.client.post("/api/page-links", headers=AUTH).json()["url"]
        house.client.get(url)
        house.client.headers["Sec-Fetch-Site"] = "same-origin"

        page = house.client.get(f"/p/{project}").text
        assert page.count("Now: One hour.") == 5
        assert "booking 0 &lt;b&gt;?" in page
        empty = house.client.post(f"/p/{project}/answers", data={"answer-1": "  "})
        assert (empty.status_code, "Answer at least one" in empty.text) == (422, True)

        sent = house.client.post(
            f"/p/{project}/answers", data={"answer-2": "Two hours", "answer-9": "x"}, follow_redirects=False
        )
        assert sent.status_code == 303
        newest = house.client.get(f"/api/projects/{project}/builds", headers=AUTH).json()["items"][0]
        assert newest["build_version"] == "build_v0_2"
        house.build(JobId(UUID(newest["job_id"])))
        question = str(asker.asked[-1].body["messages"][-1])
        assert "How long is booking 1 <b>?\\nTwo hours" in question

        # Answers stay with the project: the next ones are added to them.
        house.client.post(f"/p/{project}/answers", data={"answer-1": "Three hours"})
        newest = house.client.get(f"/api/projects/{project}/builds", headers=AUTH).json()["items"][0]
        house.build(JobId(UUID(newest["job_id"])))
        question = str(asker.asked[-1].body["messages"][-1])
        assert "Two hours" in question
        assert "Three hours" in question


def _asking(asked: Asked, design: dict[str, Any]) -> Say:
    return HEARD if len(str(asked.body)) < 1_000 else Say(as_text(design))


def test_a_model_is_chosen_and_its_key_kept_on_the_page(house: House, provider: ScriptedModel) -> None:
    project = house.project()
    house.client.get(house.client.post("/api/page-links", headers=AUTH).json()["url"])
    house.client.headers["Sec-Fetch-Site"] = "same-origin"
    assert "Rules, on this machine" in house.client.get("/settings").text
    form = {"do": "use model", "provider": "compatible", "model": "scripted", "url": provider.url, "key": KEY}

    page = house.client.post("/settings", data=form)

    assert page.status_code == 200
    assert "compatible:scripted" in page.text
    assert f"ends in {KEY[-4:]}" in page.text
    assert KEY not in page.text
    assert "as for all projects" in house.client.get(f"/p/{project}/settings").text
    own = house.client.post(
        f"/p/{project}/settings", data={"do": "use model", "provider": "ollama", "model": "qwen3:8b"}
    )
    assert "ollama:qwen3:8b</b>, for this project" in own.text
    wrong = house.client.post("/settings", data={**form, "key": f"{KEY} x"})
    assert wrong.status_code == 422
    assert KEY not in wrong.text
    gone = house.client.post("/settings", data={"do": "remove key", "provider": "compatible", "url": provider.url})
    assert f"ends in {KEY[-4:]}" not in gone.text
    assert "Rules, on this machine" in house.client.post("/settings", data={"do": "forget model"}).text


def test_a_change_is_planned_by_the_model_on_the_page_and_a_trouble_is_told_there(house: House) -> None:
    change = {"op": "change", "at": "title", "value": "Pool House"}
    answers = iter([as_text(pool()), as_text({"operations": [change], "left_out": []})])

    def script(asked: Asked, _: int) -> Say:
        return HEARD if len(str(asked.body)) < 1_000 else Say(next(answers))

    with ScriptedModel(script) as provider:
        choose(house, "compatible:scripted", url=provider.url)
        project = house.project()
        build(house, project)
        house.client.get(house.client.post("/api/page-links", headers=AUTH).json()["url"])
        house.client.headers["Sec-Fetch-Site"] = "same-origin"
        assert "Let the model change it" in house.client.get(f"/p/{project}").text
        path = f"/p/{project}/change-by-model"
        assert house.client.post(path, data={"text": " "}).status_code == 422
        sent = house.client.post(path, data={"text": "Call it Pool House"}, follow_redirects=False)
        assert sent.status_code == 303
        newest = house.client.get(f"/api/projects/{project}/builds", headers=AUTH).json()["items"][0]
        house.build(JobId(UUID(newest["job_id"])))
        assert (
            house.client.get(f"/api/projects/{project}/spec", headers=AUTH).json()["spec"]["title"] == "Pool House"
        )

        choose(house, "anthropic:claude", url="http://127.0.0.1:9/v1", project_id=project)
        told = house.client.post(path, data={"text": "Call it Pool"})
        assert told.status_code == 409
        assert "cannot be reached" in told.text
