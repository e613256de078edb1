"""Chooses the model that designs and makes its runner; the libraries for it are loaded when it is first asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol, cast
from uuid import uuid4

from app.adapters.runners.blueprint import RunnerBlueprint
from app.adapters.runners.in_order import RunnersInOrder
from app.blueprint.spec import AppSpec
from app.core.errors import ConfigurationError
from app.core.ids import FounderId, JobId
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
from app.designer.request import Request
from app.domain.job import SpecifiedJob
from app.domain.model_spending import Asking
from app.ports.model_calls import Abilities, AnswerForm, CallJournal, ProviderDown
from app.ports.runner import Runner, Say
from app.services.build_pipeline import ModelRunnerOf
from app.services.model_ledger import Cap, Caps, JobJournal
from app.services.model_service import GOOD_FOR_S, ModelService


@dataclass(frozen=True)
class Ledger:
    """The record of what models cost, and on whose account one is asked."""

    database: Database
    founder_id: FounderId


_ADAPTER: Final = "app.adapters.runners.model"


class _Adapter(Protocol):
    """The functions of the adapter's module; importing it takes seconds, so it is not done at the top."""

    async def probe(self, choice: ModelChoice, journal: CallJournal) -> Abilities:
        """Ask the model for next to nothing; what it showed it can do, which is kept."""
        ...

    def describe_price(self, choice: ModelChoice) -> str:
        """The price of a model, in words."""
        ...

    def RunnerReal(  # noqa: N802 - a class there
        self, choice: ModelChoice, journal: CallJournal, *, rules: Runner, say: Say, asked: Request
    ) -> Runner:
        """The runner with a model."""
        ...


def choices_of(settings: Settings) -> tuple[ModelChoice, ...]:
    """The models of these settings in the order in which they are asked; none where none is set.

    Address and key of the settings belong to the provider of the first. ConfigurationError.
    """
    if settings.model is None:
        return ()
    fallbacks = (text for text in (settings.model_fallbacks or "").split(",") if text.strip())
    pairs = [_parse(text) for text in (settings.model, *fallbacks)]
    # A key must not be sent to the server of another company.
    primary = pairs[0][0]
    return tuple(_make_choice(settings, provider, name, is_own=provider == primary) for provider, name in pairs)


def _parse(text: str) -> tuple[str, str]:
    try:
        return parse_choice(text)
    except ChoiceRefused as error:
        raise ConfigurationError(str(error), remedy="COFOUNDER_MODEL=anthropic:claude-sonnet-4-5") from error


def _make_choice(settings: Settings, provider: str, name: str, *, is_own: bool) -> ModelChoice:
    url = (settings.model_url if is_own else None) or (OLLAMA_URL if provider == "ollama" else None)
    if provider == "compatible" and url is None:
        raise ConfigurationError(
            "The provider 'compatible' needs an address.", remedy="COFOUNDER_MODEL_URL=http://127.0.0.1:8080/v1"
        )
    return ModelChoice(
        provider=provider,
        name=name,
        secret=_key_of(settings, provider, name, is_own=is_own),
        url=url,
        is_streaming=settings.model_streaming,
        silence_s=settings.model_silence_s,
        call_s=settings.model_call_s,
        most_output=settings.model_output_tokens,
        context=settings.model_context,
    )


def _key_of(settings: Settings, provider: str, name: str, *, is_own: bool) -> str | None:
    if is_own and settings.model_key is not None:
        return settings.model_key.get_secret_value()
    variable = KEY_VARIABLES.get(provider)
    key = process_environment().get(variable) if variable else None
    # A server at an address of the founder's own may want no key.
    if key or provider in NEEDS_NO_KEY or (is_own and settings.model_url is not None):
        return key or None
    own_setting = "COFOUNDER_MODEL_KEY, or " if is_own else ""
    raise ConfigurationError(f"The model '{provider}:{name}' needs a key.", remedy=f"Set {own_setting}{variable}.")


def caps_of(settings: Settings) -> Caps:
    """The budgets of these settings."""
    return Caps(
        build=Cap(settings.model_build_tokens, settings.model_build_usd),
        founder=Cap(settings.model_founder_tokens, settings.model_founder_usd),
        day=Cap(settings.model_day_tokens, settings.model_day_usd),
    )


def model_runner_of(settings: Settings, database: Database, rules: Runner) -> ModelRunnerOf | None:
    """Makes the runner with a model for a job; None where no model is set."""
    choices = choices_of(settings)
    if not choices:
        return None
    caps = caps_of(settings)

    async def runner_of(job: SpecifiedJob, say: Say) -> Runner:
        journal = JobJournal(database, caps, Asking(job.founder_id, job.project_id, job.id))
        asked = Request(change=job.change, answers=job.answers or {})
        return await _make_runner(choices, journal, rules=rules, say=say, asked=asked)

    return runner_of


async def _make_runner(
    choices: Sequence[ModelChoice], journal: CallJournal, *, rules: Runner, say: Say, asked: Request
) -> Runner:
    adapter = await _load_adapter()
    runners = [adapter.RunnerReal(choice, journal, rules=rules, say=say, asked=asked) for choice in choices]
    return RunnersInOrder(runners, say=say)


def model_service(settings: Settings, database: Database) -> ModelService:
    """The service by which the API knows the model."""
    choices, caps = choices_of(settings), caps_of(settings)
    if not choices:
        return ModelService(database, caps, label=None, probe=None)

    async def probe(asking: Asking) -> None:
        journal = JobJournal(database, caps, asking)
        # Any of them that answered of late is enough: a build would come to it.
        for choice in choices:
            if await journal.abilities(choice.digest, within_s=GOOD_FOR_S):
                return
        await _probe_in_order(choices, journal)

    return ModelService(database, caps, label=choices[0].label, probe=probe)


async def _probe_in_order(choices: Sequence[ModelChoice], journal: CallJournal) -> tuple[ModelChoice, Abilities]:
    """The first model that answers, and what it can do. RunnerUnavailable."""
    adapter = await _load_adapter()
    *fallbacks, last_choice = choices
    for choice in fallbacks:
        try:
            return choice, await adapter.probe(choice, journal)
        # Only trouble of the provider's leads on; a wrong key or a budget would be hidden by a fallback.
        except ProviderDown:
            continue
    return last_choice, await adapter.probe(last_choice, journal)


async def try_model(settings: Settings, ledger: Ledger) -> str:
    """Ask the model that is set for next to nothing; what that showed. RunnerUnavailable, ConfigurationError."""
    journal = JobJournal(ledger.database, caps_of(settings), Asking(ledger.founder_id))
    answered, abilities = await _probe_in_order(_require_choices(settings), journal)
    prices = (await _load_adapter()).describe_price(answered)
    return f"{answered.label} answers ({describe_cost(journal)}): {_describe_abilities(abilities)}; {prices}"


def _describe_abilities(abilities: Abilities) -> str:
    forms = {
        AnswerForm.SCHEMA: "its answers are held to a form",
        AnswerForm.TOOL: "its answers come by a tool",
        AnswerForm.TEXT: "nothing holds its answers to a form",
    }
    parts = [forms[abilities.form]]
    if abilities.context is not None:
        parts.append(f"it reads {abilities.context:,} tokens at a time")
    if abilities.sees is not None:
        parts.append(f"it can{'' if abilities.sees else 'not'} look at pictures")
    return ", ".join(parts)


async def plan_with_model(settings: Settings, ledger: Ledger, goal: str, say: Say) -> tuple[AppSpec, str]:
    """Plan a goal with the model, and say what that took. RunnerError, ConfigurationError."""
    # A job of its own that nobody builds, so that the plan has the budget of a build.
    asking = Asking(ledger.founder_id, job_id=JobId(uuid4()))
    journal = JobJournal(ledger.database, caps_of(settings), asking)
    runner = await _make_runner(
        _require_choices(settings), journal, rules=RunnerBlueprint(), say=say, asked=Request()
    )
    return (await runner.scaffold(goal)).spec, describe_cost(journal)


def describe_cost(journal: JobJournal) -> str:
    """The tokens and dollars of a journal, for people."""
    usage = journal.took
    price = "no price is known for it" if usage.usd is None else f"${usage.usd:.6f}"
    return f"{usage.tokens:,} tokens, {price}"


def _require_choices(settings: Settings) -> tuple[ModelChoice, ...]:
    choices = choices_of(settings)
    if not choices:
        raise ConfigurationError(
            "No model is set.", remedy="COFOUNDER_MODEL=anthropic:claude-sonnet-4-5 COFOUNDER_MODEL_KEY=..."
        )
    return choices


async def _load_adapter() -> _Adapter:
    """The adapter, loaded in a thread: this process goes on proving that it lives meanwhile."""
    return cast("_Adapter", await asyncio.to_thread(import_module, _ADAPTER))
