"""What models cost: the ledger is the provider's own count, and no cap is ever passed."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from app.bench.noop import no_checks
from app.bootstrap import build_tools
from app.core.ids import JobId
from app.domain.model_spending import Asking
from app.models import caps_of, model_service
from app.ports.model_calls import BudgetReached, Call, Share, Usage
from app.repositories import jobs
from app.services.model_ledger import JobJournal
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.house import AUTH, OTHER_AUTH, TOKEN, House, open_house
from tests.support.scripted_model import HEARD, Asked, Say, Script, ScriptedModel

GOOD = as_text(pool())
YES = HEARD


def faulty() -> str:
    wrong = copy.deepcopy(pool())
    wrong["spec"]["rules"][0]["fields"] = ["starts_at", "ends_at", "pool"]
    return as_text(wrong)


def after_probe(*said: Say | str) -> Script:
    """What is said to designs, in order, the last again and again; probes are answered with yes."""
    replies = iter(said)
    last: list[Say | str] = [""]

    def script(asked: Asked, number: int) -> Say:
        if len(str(asked.body)) < 1_000:
            return YES
        last[0] = next(replies, last[0])
        reply = last[0]
        return Say(reply) if isinstance(reply, str) else reply

    return script


Open = Callable[..., tuple[House, ScriptedModel]]


@pytest.fixture
def opened(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_with(script: Script | list[Say | str], *, model: str = "compatible:scripted", **more: Any) -> Any:
            provider = stack.enter_context(ScriptedModel(script))
            settings = {"model": model, "model_url": provider.url, **more}
            house = stack.enter_context(
                open_house(database_url, valkey_url, tmp_path, more=settings, acceptance=no_checks)
            )
            return house, provider

        yield open_with


def usage(house: House, *, auth: dict[str, str] = AUTH, **params: str) -> Any:
    answer = house.client.get("/api/usage", headers=auth, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def design(house: House, goal: str = POOL_GOAL) -> JobId:
    """Start and build; whatever becomes of it."""
    answer = house.start(house.project(), goal)
    assert answer.status_code == 201, answer.text
    job_id = JobId(UUID(answer.json()["job_id"]))
    house.build(job_id)
    return job_id


def test_the_ledger_is_the_count_of_the_provider(opened: Open) -> None:
    house, provider = opened(after_probe(faulty(), GOOD))

    job_id = design(house)

    assert house.status(job_id)["status"] == "ready", house.status(job_id)
    found = usage(house)
    assert [call["step"] for call in found["calls"]] == ["repair 1", "design", "probe"]
    assert len(found["calls"]) == len(provider.asked)
    assert sum(call["input_tokens"] for call in found["calls"]) == provider.input_tokens
    assert sum(call["output_tokens"] for call in found["calls"]) == provider.output_tokens
    assert sum(share["input_tokens"] for share in found["shares"]) == provider.input_tokens
    assert {share["share"]: share["calls"] for share in found["shares"]} == {"repair": 1, "useful": 2}
    assert [call["step"] for call in usage(house, job_id=str(job_id))["calls"]] == ["repair 1", "design"]
    others = usage(house, auth=OTHER_AUTH)
    assert (others["calls"], others["shares"]) == ([], [])


def test_the_same_question_is_not_paid_again(opened: Open) -> None:
    house, provider = opened(after_probe(GOOD))
    design(house)
    asked = len(provider.asked)

    again = design(house)

    assert house.status(again)["status"] == "ready"
    assert len(provider.asked) == asked
    (call,) = usage(house, job_id=str(again))["calls"]
    assert (call["status"], call["tokens"]) == ("reused", 0)


def test_answers_belong_to_the_question_and_are_kept_with_the_project(opened: Open) -> None:
    """The same goal with other answers is asked again; with the same answers it is not."""
    house, provider = opened(after_probe(GOOD))
    length = "How long is a booking?"

    def build(project: str, *answers: str) -> JobId:
        told = [{"question": length, "answer": answer} for answer in answers]
        body = {"project_id": project, "goal": POOL_GOAL, **({"answers": told} if answers else {})}
        started = house.client.post("/api/generation/start", json=body, headers=AUTH)
        assert started.status_code == 201, started.text
        job_id = JobId(UUID(started.json()["job_id"]))
        house.build(job_id)
        assert house.status(job_id)["status"] == "ready", house.status(job_id)
        return job_id

    project = house.project()
    build(project)
    build(project, "Two hours.")
    question = str(provider.asked[-1].body["messages"][-1])
    assert f"{length}\\nTwo hours." in question
    assert len(provider.asked) == 3  # the probe and two designs

    kept = build(project)
    (call,) = usage(house, job_id=str(kept))["calls"]
    assert call["status"] == "reused"
    build(house.project(), "Two hours.")
    assert len(provider.asked) == 3

    build(project, "One hour.")
    assert len(provider.asked) == 4


@pytest.mark.parametrize("model", ["openai-chat:gpt-4.1", "openai-chat:gpt-4.1-mini"])
def test_five_cents_are_never_passed(opened: Open, model: str) -> None:
    house, provider = opened(after_probe(faulty()), model=model, model_build_usd=Decimal("0.05"))

    job_id = design(house)

    assert Decimal(house.status(job_id)["cost_usd"]) <= Decimal("0.05")
    designs = [asked for asked in provider.asked if len(str(asked.body)) > 1_000]
    answered = [call for call in usage(house, job_id=str(job_id))["calls"] if call["tokens"]]
    assert len(designs) == len(answered)
    # The dearer of the two would pass the limit with its first answer, so it is not asked at all.
    assert bool(designs) == model.endswith("mini")


def test_ten_cents_are_never_passed(opened: Open) -> None:
    house, provider = opened(after_probe(faulty()), model="openai-chat:gpt-4.1", model_build_usd=Decimal("0.10"))

    job_id = design(house)

    cost = Decimal(house.status(job_id)["cost_usd"])
    assert Decimal(0) < cost <= Decimal("0.10")
    (build, *_) = usage(house, job_id=str(job_id))["budgets"]
    assert (build["name"], Decimal(build["usd"])) == ("build", cost)
    designs = [asked for asked in provider.asked if len(str(asked.body)) > 1_000]
    assert all(asked.body["max_completion_tokens"] < 10_000 for asked in designs)


def test_a_model_without_a_price_stops_at_its_tokens(opened: Open) -> None:
    house, _provider = opened(after_probe(faulty()), model_build_tokens=35_000)

    job_id = design(house)

    build = house.client.get(f"/api/builds/{job_id}", headers=AUTH).json()
    assert (build["status"], build["cost_usd"]) == ("ready", "0.000000")
    calls = usage(house, job_id=str(job_id))["calls"]
    assert 0 < sum(call["tokens"] for call in calls) <= 35_000


def test_of_two_calls_at_once_only_one_gets_what_is_left(opened: Open) -> None:
    house, _ = opened([HEARD], model_founder_tokens=50_000, model_build_tokens=50_000)

    async def begin_twice() -> list[object]:
        founder = (await house.services.founders.caller(TOKEN)).id
        journals = [
            JobJournal(house.services.database, caps_of(house.settings), Asking(founder, job_id=JobId(uuid4())))
            for _ in range(8)
        ]
        call = Call("design", "digest", "compatible:scripted", "1", Share.USEFUL, Usage(20_000, 10_000))
        return list(await asyncio.gather(*(one.begin(call) for one in journals), return_exceptions=True))

    ended = house.call(begin_twice)

    assert [type(one) for one in ended if isinstance(one, BaseException)] == [BudgetReached] * 7


def test_a_model_without_a_price_is_not_asked_once_the_dollars_are_spent(opened: Open) -> None:
    house, _ = opened([HEARD], model_build_usd=Decimal("0.05"))

    async def spend_and_ask() -> None:
        founder = (await house.services.founders.caller(TOKEN)).id
        asking = Asking(founder, job_id=JobId(uuid4()))
        journal = JobJournal(house.services.database, caps_of(house.settings), asking)
        unpriced = Call("design", "b", "openrouter:new", "1", Share.USEFUL, Usage(100, 100))
        await journal.failed(await journal.begin(unpriced), "boom", Usage())
        priced = Call("design", "a", "openai:gpt", "1", Share.USEFUL, Usage(100, 100, usd=Decimal("0.05")))
        await journal.failed(await journal.begin(priced), "boom", None)
        with pytest.raises(BudgetReached, match=r"\$0.05 and used up, and the next call has no known price"):
            await journal.begin(unpriced)

    house.call(spend_and_ask)


@pytest.mark.parametrize("setting", ["model_build_tokens", "model_founder_tokens", "model_day_tokens"])
def test_each_budget_of_nothing_asks_nobody(opened: Open, setting: str) -> None:
    house, provider = opened(after_probe(GOOD), **{setting: 0})

    answer = house.start(house.project(), POOL_GOAL)
    if answer.status_code == 201:  # a probe belongs to no build
        house.build(JobId(UUID(answer.json()["job_id"])))

    assert [len(str(asked.body)) < 1_000 for asked in provider.asked] in ([], [True])


KEY = {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}
BALANCE = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
MODEL = {"error": {"message": "no such model", "code": "model_not_found"}}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Say(status=401, error=KEY), "refuses the key"),
        (Say(status=429, error=BALANCE), "has no credit left"),
        (Say(status=404, error=MODEL), "has no model 'scripted'"),
    ],
    ids=["key", "balance", "model"],
)
def test_what_is_wrong_with_a_model_is_told_before_a_job_is_made(opened: Open, said: Say, why: str) -> None:
    house, _provider = opened([said, YES, GOOD])
    project = house.project()

    answer = house.start(project, POOL_GOAL)

    assert (answer.status_code, answer.json()["code"]) == (409, "engine_unavailable")
    assert why in answer.json()["detail"]
    assert house.client.get(f"/api/projects/{project}/builds", headers=AUTH).json()["items"] == []
    assert usage(house)["calls"][0]["status"] == "failed"

    again = house.start(project, POOL_GOAL)
    assert (again.status_code, again.json()["build_version"]) == (201, "build_v0_1")


def test_what_a_model_showed_is_kept_for_every_process_of_the_instance(opened: Open) -> None:
    house, provider = opened(after_probe(GOOD))

    async def ask_twice() -> None:
        founder = (await house.services.founders.caller(TOKEN)).id
        await house.services.models.require_answering(founder)
        # As another process of the instance, or this one after it was started again.
        await model_service(house.settings, house.services.database).require_answering(founder)
        other = house.settings.model_copy(update={"model_key": SecretStr("another")})
        await model_service(other, house.services.database).require_answering(founder)

    house.call(ask_twice)

    assert len(provider.asked) == 2  # another key is tried for itself


def test_without_a_model_none_is_asked(database_url: str, valkey_url: str, tmp_path: Path) -> None:
    with open_house(database_url, valkey_url, tmp_path) as house:
        body = {"project_id": house.project(), "goal": POOL_GOAL, "engine": "model"}
        answer = house.client.post("/api/generation/start", json=body, headers=AUTH)
        assert (answer.status_code, answer.json()["code"]) == (409, "engine_unavailable")
        assert "COFOUNDER_MODEL" in answer.json()["remedy"]


def test_a_project_remembers_who_plans_its_apps(opened: Open) -> None:
    house, _provider = opened(after_probe(GOOD), engine="blueprint")
    project = house.project()
    body = {"project_id": project, "goal": POOL_GOAL, "engine": "model"}
    first = house.client.post("/api/generation/start", json=body, headers=AUTH).json()["job_id"]
    house.build(JobId(UUID(first)))
    assert house.status(JobId(UUID(first)))["engine"] == "compatible:scripted"

    assert house.client.get(f"/api/projects/{project}", headers=AUTH).json()["engine"] == "model"
    second = house.start(project, f"{POOL_GOAL} And saunas.").json()["job_id"]
    house.build(JobId(UUID(second)))

    assert house.status(JobId(UUID(second)))["engine"] == "compatible:scripted"


def test_what_a_model_said_goes_with_its_project_and_what_it_cost_stays(opened: Open) -> None:
    house, _provider = opened(after_probe(GOOD))
    job_id = design(house)
    project = house.status(job_id)["project_id"]
    before = usage(house)["budgets"]

    assert house.client.delete(f"/api/projects/{project}", headers=AUTH).status_code == 204

    async def kept() -> list[Any]:
        async with house.services.database.autocommit() as tx:
            return list(await tx.rows("SELECT step FROM model_calls WHERE reply IS NOT NULL AND step <> 'probe'"))

    assert house.call(kept) == []
    assert usage(house)["budgets"] == before


CHANGE = "Courses take ten people."
EIGHT = "A course takes eight people."
TEN = {"limit": 10, "about": "A course takes ten people."}


def test_a_change_in_words_is_the_next_version(opened: Open) -> None:
    missing = {"op": "change", "at": "rules/Courses are small.", "value": TEN}
    right = {"op": "change", "at": f"rules/{EIGHT}", "value": TEN}
    answers = [{"operations": [one], "left_out": ["No sauna can be heated."]} for one in (missing, right)]
    house, provider = opened(after_probe(GOOD, *map(as_text, answers)))
    first = design(house)
    project = house.status(first)["project_id"]

    body = {"project_id": project, "change": CHANGE}
    started = house.client.post("/api/generation/start", json=body, headers=AUTH)
    assert (started.status_code, started.json()["build_version"]) == (201, "build_v0_2")
    job_id = JobId(UUID(started.json()["job_id"]))
    house.build(job_id)

    build = house.client.get(f"/api/builds/{job_id}", headers=AUTH).json()
    assert build["status"] == "ready", build["error_message"]
    changes = build["evidence"]["design"]["changes"]
    assert changes[:2] == [f"New rule: {TEN['about']}", f"No longer a rule: {EIGHT}"]
    assert build["evidence"]["design"]["left_out"] == ["No sauna can be heated."]
    rules = house.client.get(f"/api/projects/{project}/spec", headers=AUTH).json()["spec"]["rules"]
    assert [rule["limit"] for rule in rules if rule["kind"] == "capacity"] == ["10"]
    assert CHANGE in str(provider.asked[-2].body["messages"][-1])
    assert "there is no 'Courses are small.'" in str(provider.asked[-1].body["messages"][-1])
    assert [call["step"] for call in usage(house, job_id=str(job_id))["calls"]] == ["mend 1", "change"]


def test_a_goal_and_a_change_are_not_sent_together(opened: Open) -> None:
    house, _ = opened([YES])
    body = {"project_id": house.project(), "goal": POOL_GOAL, "change": CHANGE}
    answer = house.client.post("/api/generation/start", json=body, headers=AUTH)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_a_project_without_a_version_has_nothing_to_change(opened: Open) -> None:
    house, _ = opened([YES])
    body = {"project_id": house.project(), "change": CHANGE}
    answer = house.client.post("/api/generation/start", json=body, headers=AUTH)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_spec")


def test_the_questions_and_the_brief_are_kept_with_the_build(opened: Open) -> None:
    house, _ = opened(after_probe(GOOD))
    build = house.client.get(f"/api/builds/{design(house)}", headers=AUTH).json()
    said = build["evidence"]["design"]
    assert said["questions"] == [{"question": "How long is a booking?", "default": "One hour."}]
    assert said["brief"]["smallest_experiment"] == "Said."


def test_a_call_whose_worker_died_is_lost_and_repeated_once(opened: Open) -> None:
    """What a killed worker leaves behind: a call that began, and replies of the steps before it."""
    house, provider = opened(after_probe(faulty(), GOOD))
    job_id = JobId(UUID(house.start(house.project(), POOL_GOAL).json()["job_id"]))

    async def die_in_the_call() -> None:
        async with house.services.database.transaction() as tx:
            job = await jobs.find(tx, job_id)
        assert job is not None
        asking = Asking(job.founder_id, job.project_id, job.id)
        journal = JobJournal(house.services.database, caps_of(house.settings), asking)
        most = Usage(20_000, 32_000)
        await journal.begin(Call("design", "digest", "compatible:scripted", "1", Share.USEFUL, most))

    house.call(die_in_the_call)
    house.build(job_id)

    calls = usage(house, job_id=str(job_id))["calls"]
    told = [(call["step"], call["try_number"], call["status"]) for call in reversed(calls)]
    assert told == [("design", 1, "lost"), ("design", 2, "answered"), ("repair 1", 1, "answered")]
    assert calls[-1]["tokens"] == 52_000  # nobody knows what it took, so it counts as the most
    asked = len(provider.asked)

    async def resume() -> None:
        """The worker died after the replies: the same job is carried out again."""
        async with house.services.database.transaction() as tx:
            job = await jobs.find_specified(tx, job_id)
        assert job is not None
        tools = build_tools(house.adapters, house.services, house.settings)
        assert tools.model_runner_of is not None
        runner = await tools.model_runner_of(replace(job, spec=None), say_nothing)
        assert (await runner.scaffold(POOL_GOAL)).spec.title == "Splash Pool"

    house.call(resume)
    assert len(provider.asked) == asked


async def say_nothing(_: str) -> None:
    """Nobody listens."""
