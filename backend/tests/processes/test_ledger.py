"""Commands beside an instance enter their calls to models in its record, also while it does not run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from app.processes.doctor import doctor
from app.processes.ledger import open_ledger
from app.processes.planning import plan_by_model
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.scripted_model import HEARD, Asked, Say, ScriptedModel


def answer(asked: Asked, _: int) -> Say:
    return HEARD if len(str(asked.body)) < 1_000 else Say(as_text(pool()))


async def read_calls(settings: Settings) -> list[tuple[Any, ...]]:
    """Step, status and tokens of each call, the oldest first."""
    async with open_ledger(settings) as ledger, ledger.database.autocommit() as tx:
        statement = "SELECT step, status, input_tokens, output_tokens FROM model_calls ORDER BY begun_at"
        return list(await tx.rows(statement))


def test_the_calls_of_doctor_and_plan_are_entered_and_a_plan_is_paid_once(tmp_path: Path) -> None:
    with ScriptedModel(answer) as provider:
        settings = Settings(
            data_dir=tmp_path / "data", model="openai-chat:gpt-4o", model_url=provider.url, model_key="sk-secret"
        )
        (found,) = [finding for finding in doctor(settings) if finding.name == "model"]
        told: list[str] = []
        first = plan_by_model(settings, POOL_GOAL, say=told.append)
        assert plan_by_model(settings, POOL_GOAL, say=told.append) == first

        calls = asyncio.run(read_calls(settings))

    assert found.detail.startswith("openai-chat:gpt-4o answers (")
    assert "its answers are held to a form, it reads 128,000 tokens at a time" in found.detail
    assert "a million tokens cost $2.50 to read and $10.00 to write" in found.detail
    assert [call[:2] for call in calls] == [("probe", "answered"), ("design", "answered"), ("design", "reused")]
    assert len(provider.asked) == 2
    assert sum(call[2] for call in calls) == provider.input_tokens
    assert sum(call[3] for call in calls) == provider.output_tokens
    assert told[-1].startswith("Took 0 tokens")
