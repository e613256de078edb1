"""Chooses the model that designs and makes its runner; the libraries for it are loaded when it is first asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Final, Protocol, cast
from uuid import uuid4

from app.adapters.runners.blueprint import RunnerBlueprint
from app.adapters.runners.in_order import RunnersInOrder
from app.blueprint.spec import AppSpec
from app.core.errors import ConfigurationError
from app.core.ids import FounderId, JobId, ProjectId
from app.core.seal import Seal
from app.core.settings import Settings, process_environment
from app.db.engine import Database
from app.designer.choice import (
    KEY_VARIABLES,
    NEEDS_NO_KEY,
    ChoiceRefused,
    ModelChoice,
    address_of,
    parse_choice,
)
from app.designer.request import Request
from app.domain.job import SpecifiedJob
from app.domain.model_choice import Chosen
from app.domain.model_spending import Asking
from app.ports.model_calls import Abilities, AnswerForm, CallJournal, ProviderDown
from app.ports.runner import Runner, RunnerUnavailable, Say
from app.services.build_pipeline import NO_MODEL, ModelRunnerOf
from app.services.model_addresses import ANY, ModelAddresses
from app.services.model_choices import ModelChoices
from app.services.model_ledger import Cap, Caps, JobJournal
from app.services.model_service import GOOD_FOR_S, ModelService, ServerHere


@dataclass(frozen=True)
class Ledger:
    """The record of what models cost, and on whose account one is asked."""

    database: Database
    founder_id: FounderId


LOCAL_IDENTITY: Final = "local"
"""The identity of an instance with one founder."""

_ADAPTER: Final = "app.adapters.runners.model"
_LOCAL_SERVERS: Final = "app.adapters.runners.local_servers"


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
    return tuple(_choice_of_settings(settings, *pair, is_own=pair[0] == primary) for pair in pairs)


def kept_choices(settings: Settings) -> ModelChoices:
    """The choices of founders and projects before these settings, with what seals their keys."""
    key = settings.seal_key.get_secret_value() if settings.seal_key is not None else None
    instance = None
    if settings.model is not None:
        names = ", ".join(text for text in (settings.model, settings.model_fallbacks) if text)
        instance = Chosen(names, settings.model_url, of="instance")
    return ModelChoices(
        Seal(settings.data.seal, setting=key),
        instance=instance,
        engine=settings.engine,
        addresses=addresses_of(settings),
    )


def addresses_of(settings: Settings) -> ModelAddresses:
    """The addresses at which founders may have a model asked. ConfigurationError."""
    text = settings.model_servers
    # A single founder holds the token of the data directory, and is the operator.
    if (text or "").strip() == ANY or (text is None and settings.identity == LOCAL_IDENTITY):
        return ModelAddresses(None)
    instance = [choice.url for choice in choices_of(settings) if choice.url is not None]
    return ModelAddresses([*instance, *(url for url in (text or "").split(",") if url.strip())])


async def choices_for(
    settings: Settings, database: Database, founder_id: FounderId, project_id: ProjectId | None = None
) -> tuple[ModelChoice, ...]:
    """The models that are asked for a project, or for a new one; none where none is chosen. ConfigurationError."""
    keeper = kept_choices(settings)
    async with database.autocommit() as tx:
        choice = await keeper.find(tx, founder_id, project_id)
        if choice is None or choice.of == "instance":
            return choices_of(settings)
        pairs = [_parse(text) for text in choice.model.split(",")]
        urls = [choice.url if provider == pairs[0][0] else None for provider, _ in pairs]
        secrets = [
            await keeper.key_of(tx, founder_id, provider, url)
            for (provider, _), url in zip(pairs, urls, strict=True)
        ]
    addresses = addresses_of(settings)
    choices = (
        _make_choice(settings, *pair, url=url, secret=secret or _key_elsewhere(settings, *pair, url=url))
        for pair, url, secret in zip(pairs, urls, secrets, strict=True)
    )
    return tuple(
        replace(choice, is_public_only=choice.url is not None and addresses.must_be_public(choice.url))
        for choice in choices
    )


def _key_elsewhere(settings: Settings, provider: str, name: str, *, url: str | None) -> str | None:
    """The key for a model that a founder chose and keeps no key for. ConfigurationError.

    A key of the settings or the environment goes to no other address than the one that it was set for.
    """
    if settings.model is not None and settings.model_key is not None:
        primary, _ = _parse(settings.model)
        if (primary, settings.model_url) == (provider, url):
            return settings.model_key.get_secret_value()
    variable = KEY_VARIABLES.get(provider)
    key = process_environment().get(variable) if variable and url is None else None
    if key or provider in NEEDS_NO_KEY or url is not None:
        return key or None
    raise ConfigurationError(
        f"The model '{provider}:{name}' needs a key.", remedy=f"cofounder model key {provider}"
    )


def _parse(text: str) -> tuple[str, str]:
    try:
        return parse_choice(text)
    except ChoiceRefused as error:
        raise ConfigurationError(str(error), remedy="COFOUNDER_MODEL=anthropic:claude-sonnet-4-5") from error


def _choice_of_settings(settings: Settings, provider: str, name: str, *, is_own: bool) -> ModelChoice:
    url = settings.model_url if is_own else None
    return _make_choice(settings, provider, name, url=url, secret=_key_of(settings, provider, name, is_own=is_own))


def _make_choice(
    settings: Settings, provider: str, name: str, *, url: str | None, secret: str | None
) -> ModelChoice:
    url = address_of(provider, url)
    if provider == "compatible" and url is None:
        raise ConfigurationError(
            "The provider 'compatible' needs an address.", remedy="COFOUNDER_MODEL_URL=http://127.0.0.1:8080/v1"
        )
    return ModelChoice(
        provider=provider,
        name=name,
        secret=secret,
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


def model_runner_of(settings: Settings, database: Database, rules: Runner) -> ModelRunnerOf:
    """Makes the runner with the model of a job's project. What is wrong with the settings is told at once."""
    choices_of(settings)
    caps = caps_of(settings)

    async def runner_of(job: SpecifiedJob, say: Say) -> Runner:
        try:
            choices = await choices_for(settings, database, job.founder_id, job.project_id)
        except ConfigurationError as error:
            raise RunnerUnavailable(f"{error.detail} {error.remedy or ''}".strip()) from error
        if not choices:
            raise RunnerUnavailable(NO_MODEL)
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
    caps = caps_of(settings)
    choices_of(settings)

    async def probe(asking: Asking) -> bool:
        choices = await choices_for(settings, database, asking.founder_id, asking.project_id)
        journal = JobJournal(database, caps, asking)
        # Any of them that answered of late is enough: a build would come to it.
        for choice in choices:
            if await journal.abilities(choice.digest, within_s=GOOD_FOR_S):
                return True
        if choices:
            await _probe_in_order(choices, journal)
        return bool(choices)

    addresses = addresses_of(settings)

    def servers_here() -> list[ServerHere]:
        local_servers = import_module(_LOCAL_SERVERS)
        offers = local_servers.offers(lambda url: not addresses.must_be_public(url))
        return [ServerHere(*offer) for offer in offers]

    return ModelService(database, caps, probe=probe, look_around=servers_here, only_named=addresses.are_named)


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
    choices = await _require_choices(settings, ledger)
    answered, abilities = await _probe_in_order(choices, journal)
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
        await _require_choices(settings, ledger), journal, rules=RunnerBlueprint(), say=say, asked=Request()
    )
    return (await runner.scaffold(goal)).spec, describe_cost(journal)


def describe_cost(journal: JobJournal) -> str:
    """The tokens and dollars of a journal, for people."""
    usage = journal.took
    price = "no price is known for it" if usage.usd is None else f"${usage.usd:.6f}"
    return f"{usage.tokens:,} tokens, {price}"


async def _require_choices(settings: Settings, ledger: Ledger) -> tuple[ModelChoice, ...]:
    choices = await choices_for(settings, ledger.database, ledger.founder_id)
    if not choices:
        raise ConfigurationError("No model is set.", remedy="cofounder model use anthropic:claude-sonnet-4-5")
    return choices


async def _load_adapter() -> _Adapter:
    """The adapter, loaded in a thread: this process goes on proving that it lives meanwhile."""
    return cast("_Adapter", await asyncio.to_thread(import_module, _ADAPTER))
