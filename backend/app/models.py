"""Chooses the model that designs and makes its runner; the libraries for it are loaded when it is first asked."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Final, Protocol, cast

from app.adapters.runners.blueprint import RunnerBlueprint
from app.blueprint.spec import AppSpec
from app.core.errors import ConfigurationError
from app.core.settings import Settings, process_environment
from app.db.engine import Database
from app.designer.choice import (
    KEY_VARIABLES,
    NEEDS_NO_KEY,
    OLLAMA_URL,
    ChoiceRefused,
    ModelChoice,
    parse_choice,
)
from app.domain.job import SpecifiedJob
from app.domain.model_spending import Asking
from app.ports.model_calls import CallJournal
from app.ports.runner import Runner, Say
from app.services.build_pipeline import ModelRunnerOf
from app.services.memory_journal import MemoryJournal
from app.services.model_ledger import Cap, Caps, JobJournal
from app.services.model_service import ModelService

_ADAPTER: Final = "app.adapters.runners.model"


class _Adapter(Protocol):
    """What the adapter's module offers; importing it takes seconds, so it is not done at the top."""

    async def probe(self, choice: ModelChoice, journal: CallJournal) -> None:
        """Ask the model for next to nothing."""
        ...

    def RunnerReal(  # noqa: N802 - a class there
        self, choice: ModelChoice, journal: CallJournal, *, rules: Runner, say: Say, change: str | None
    ) -> Runner:
        """The runner with a model."""
        ...


def choice_of(settings: Settings) -> ModelChoice | None:
    """The model of these settings, None where none is set. ConfigurationError."""
    if settings.model is None:
        return None
    try:
        provider, name = parse_choice(settings.model)
    except ChoiceRefused as error:
        raise ConfigurationError(str(error), remedy="COFOUNDER_MODEL=anthropic:claude-sonnet-4-5") from error
    url = settings.model_url or (OLLAMA_URL if provider == "ollama" else None)
    if provider == "compatible" and url is None:
        raise ConfigurationError(
            "The provider 'compatible' needs an address.", remedy="COFOUNDER_MODEL_URL=http://127.0.0.1:8080/v1"
        )
    return ModelChoice(
        provider=provider,
        name=name,
        secret=_key_of(settings, provider),
        url=url,
        is_streaming=settings.model_streaming,
        silence_s=settings.model_silence_s,
        call_s=settings.model_call_s,
        most_output=settings.model_output_tokens,
    )


def _key_of(settings: Settings, provider: str) -> str | None:
    if settings.model_key is not None:
        return settings.model_key.get_secret_value()
    variable = KEY_VARIABLES.get(provider)
    key = process_environment().get(variable) if variable else None
    if key or provider in NEEDS_NO_KEY or settings.model_url is not None:
        return key or None
    raise ConfigurationError(
        f"The model {settings.model!r} needs a key.", remedy=f"Set COFOUNDER_MODEL_KEY, or {variable}."
    )


def caps_of(settings: Settings) -> Caps:
    """The budgets of these settings."""
    return Caps(
        build=Cap(settings.model_build_tokens, settings.model_build_usd),
        founder=Cap(settings.model_founder_tokens, settings.model_founder_usd),
        day=Cap(settings.model_day_tokens, settings.model_day_usd),
    )


def model_runner_of(settings: Settings, database: Database, rules: Runner) -> ModelRunnerOf | None:
    """Makes the runner with a model for a job; None where no model is set."""
    choice = choice_of(settings)
    if choice is None:
        return None
    caps = caps_of(settings)

    async def runner_of(job: SpecifiedJob, say: Say) -> Runner:
        adapter = await _adapter()
        journal = JobJournal(database, caps, Asking(job.founder_id, job.project_id, job.id))
        return adapter.RunnerReal(choice, journal, rules=rules, say=say, change=job.change)

    return runner_of


def model_service(settings: Settings, database: Database) -> ModelService:
    """What the API knows of the model."""
    choice, caps = choice_of(settings), caps_of(settings)
    if choice is None:
        return ModelService(database, caps, label=None, probe=None)

    async def probe(asking: Asking) -> None:
        adapter = await _adapter()
        await adapter.probe(choice, JobJournal(database, caps, asking))

    return ModelService(database, caps, label=choice.label, probe=probe)


async def try_model(settings: Settings) -> str:
    """Ask the model that is set for next to nothing; what that took. RunnerUnavailable, ConfigurationError."""
    choice = _required(settings)
    journal = MemoryJournal(Cap(None, None))
    await (await _adapter()).probe(choice, journal)
    return f"{choice.label} answers ({took(journal)})"


async def plan_with_model(settings: Settings, goal: str, say: Say) -> tuple[AppSpec, MemoryJournal]:
    """What the model makes of a goal, beside any instance. RunnerError, ConfigurationError."""
    journal = MemoryJournal(caps_of(settings).build)
    runner = (await _adapter()).RunnerReal(
        _required(settings), journal, rules=RunnerBlueprint(), say=say, change=None
    )
    return (await runner.scaffold(goal)).spec, journal


def took(journal: MemoryJournal) -> str:
    """The tokens and dollars of a journal, for people."""
    price = "no price is known for it" if journal.usd is None else f"${journal.usd:.6f}"
    return f"{journal.tokens_in + journal.tokens_out:,} tokens, {price}"


def _required(settings: Settings) -> ModelChoice:
    choice = choice_of(settings)
    if choice is None:
        raise ConfigurationError(
            "No model is set.", remedy="COFOUNDER_MODEL=anthropic:claude-sonnet-4-5 COFOUNDER_MODEL_KEY=..."
        )
    return choice


async def _adapter() -> _Adapter:
    """The adapter, loaded in a thread: this process goes on proving that it lives meanwhile."""
    return cast("_Adapter", await asyncio.to_thread(import_module, _ADAPTER))
