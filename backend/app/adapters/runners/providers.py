"""The providers of models: how each is reached, and what its errors mean to a founder."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from math import ceil, isfinite
from typing import Any, Final, Protocol, cast

import httpx2
from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from genai_prices.types import PriceCalculation
from pydantic_ai import exceptions as failures
from pydantic_ai.models import Model

from app.adapters.runners.local_servers import ask_server
from app.adapters.runners.public_transport import PublicTransport
from app.adapters.runners.replies import ReplyIsPage, judge_reply
from app.core.addresses import Resolver
from app.designer.choice import ModelChoice, only_operator_may_name
from app.ports.model_calls import AnswerForm, ProviderDown, Usage
from app.ports.runner import RunnerUnavailable

_CONNECT_S: Final = 10.0
_SILENCE_S: Final = 90.0
LEAST_FOR_ALL: Final = 16_000
ANTHROPIC: Final = "anthropic"
USUAL_INPUT: Final = 13_000
USUAL_OUTPUT: Final = 3_000
"""Tokens of a design that needs no repair: what is told with the schema, and plans of a designer on average."""

_WITHOUT_PROXY: Final = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
"""A proxy of the environment leads away from this machine, where its servers are not."""

_A_FEW_MINUTES_S: Final = 300
_IN_HOURS_FROM_S: Final = 2 * 3600

_NUMBER: Final = re.compile(r"\d[\d,]*\d")
_LEAST_LIMIT: Final = 256

_PRICED: Final = {"anthropic": "anthropic", "openai": "openai", "openai-chat": "openai", "google": "google"}


@dataclass(frozen=True)
class Provider:
    """A model that can be asked."""

    model: Model
    form: AnswerForm
    """How an answer is brought into its form, unless the model showed otherwise."""
    context: int | None = None
    """Tokens that it can read and write together, as far as that is known."""
    sees: bool | None = None
    """Whether it can look at pictures, as far as that is known."""

    @property
    def reads_little(self) -> bool:
        """True when the whole catalogue, a design and its repair do not fit into its context."""
        return self.context is not None and self.context < LEAST_FOR_ALL


@asynccontextmanager
async def open_provider(choice: ModelChoice) -> AsyncIterator[Provider]:
    """The model of a choice, while the block lasts; leaving it closes every connection."""
    # A server of one's own reads the whole question first, which takes minutes without a graphics card.
    silence_s = choice.silence_s or (choice.call_s if choice.is_own_server else _SILENCE_S)
    async with await _open_client(choice, httpx2.Timeout(silence_s, connect=_CONNECT_S)) as client:
        # In a thread: loading a provider's library takes seconds, and this process must prove that it lives.
        model = await asyncio.to_thread(_make_model, choice, client)
        server = await ask_server(choice, client)
        context = choice.context or server.context or _known_context(choice)
        form = AnswerForm.TOOL if choice.provider == ANTHROPIC else AnswerForm.SCHEMA
        yield Provider(model, form, context=context, sees=server.sees)


async def _open_client(choice: ModelChoice, limits: httpx2.Timeout) -> httpx2.AsyncClient:
    hooks: Any = {"response": [judge_reply]}  # Any: the client types its hooks as it runs them
    if not choice.is_public_only or choice.url is None:
        return httpx2.AsyncClient(timeout=limits, event_hooks=hooks, mounts=_WITHOUT_PROXY)
    resolver = Resolver()
    with suppress(OSError, UnicodeError):
        # A host that is not known is told of by whoever connects.
        if not await resolver.resolve(httpx2.URL(choice.url).host, private=False):
            raise RunnerUnavailable(only_operator_may_name(choice.url))
    return httpx2.AsyncClient(
        timeout=limits, event_hooks=hooks, transport=PublicTransport(resolver), trust_env=False
    )


class _Maker(Protocol):
    """A module that makes the models of a family of providers; only the one that is needed is loaded."""

    def make_model(self, choice: ModelChoice, client: httpx2.AsyncClient) -> Model:
        """The model of a choice."""
        ...


def _make_model(choice: ModelChoice, client: httpx2.AsyncClient) -> Model:
    family = "anthropic_models" if choice.provider == ANTHROPIC else "openai_models"
    maker = cast("_Maker", import_module(f"app.adapters.runners.{family}"))
    return maker.make_model(choice, client)


def price(choice: ModelChoice, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> Decimal | None:
    """The cost of so many tokens in dollars, None for a model without a known price."""
    usage = PricedUsage(input_tokens=input_tokens, output_tokens=output_tokens, cache_read_tokens=cached_tokens)
    calculated = _calculate_price(choice, usage)
    return None if calculated is None else calculated.total_price


def estimate_line(choice: ModelChoice) -> str:
    """The usual tokens of a design, in words."""
    usd = price(choice, input_tokens=USUAL_INPUT, output_tokens=USUAL_OUTPUT)
    return f"about {USUAL_INPUT + USUAL_OUTPUT:,} tokens{'' if usd is None else f', ${usd:.2f}'}"


def price_line(choice: ModelChoice) -> str:
    """The price of a model, in words."""
    million = 1_000_000
    read, written = (
        price(choice, input_tokens=million, output_tokens=0),
        price(choice, input_tokens=0, output_tokens=million),
    )
    if read is None or written is None:
        return f"a design takes {estimate_line(choice)}, and its budgets in tokens hold"
    return (
        f"a million tokens cost ${read:.2f} to read and ${written:.2f} to write, "
        f"and a design takes {estimate_line(choice)}"
    )


def _known_context(choice: ModelChoice) -> int | None:
    calculated = _calculate_price(choice, PricedUsage())
    return None if calculated is None else calculated.model.context_window


def _calculate_price(choice: ModelChoice, usage: PricedUsage) -> PriceCalculation | None:
    provider = _PRICED.get(choice.provider)
    if provider is None:
        return None
    try:
        return calc_price(usage, choice.name, provider_id=provider)
    except (LookupError, ValueError):
        return None


def usage_of(choice: ModelChoice, *, input_tokens: int, output_tokens: int, cached_tokens: int) -> Usage:
    """A usage with its price."""
    usd = price(choice, input_tokens=input_tokens, output_tokens=output_tokens, cached_tokens=cached_tokens)
    return Usage(input_tokens, output_tokens, cached_tokens, usd)


MAY_PASS: Final = (
    failures.ModelRateLimitError,
    failures.ModelUnavailableError,
    failures.ModelServerError,
    failures.ModelConnectionError,
)
"""Worth another try: the provider is busy, hurt or out of reach."""

# Silence has used up the time for another try, and may well be this provider's alone.
_DOWN: Final = (*MAY_PASS, failures.ModelRequestTimeout)

# Nothing but a change of the settings or of the network helps.
_LASTING: Final = (ReplyIsPage, ssl.SSLCertVerificationError)

UNPAID: Final = (
    failures.ModelRateLimitError,
    failures.ModelUnavailableError,
    failures.ModelQuotaExceededError,
    failures.ModelRequestRejectedError,
)
"""The provider refused before it worked, so nothing was paid."""


def will_last(error: failures.ModelAPIError) -> bool:
    """True when the same call will fail again however often it is made."""
    return _cause_of(error, _LASTING) is not None


def _cause_of(
    error: BaseException | None, kinds: type[BaseException] | tuple[type[BaseException], ...]
) -> BaseException | None:
    # The provider's library and the one below it each wrap what failed on the wire.
    while error is not None and not isinstance(error, kinds):
        error = error.__cause__ or error.__context__
    return error


def is_unpaid(error: failures.ModelAPIError) -> bool:
    """True when a call that failed so can have cost nothing."""
    if will_last(error):
        return True
    if isinstance(error, failures.ModelConnectionError):
        return error.phase in ("pool", "connect")
    if isinstance(error, failures.ModelServerError | failures.ModelRequestTimeout):
        return isinstance(error, failures.ModelServerError) and not error.in_stream
    return isinstance(error, UNPAID) and not error.in_stream


def is_too_long(error: failures.ModelAPIError) -> bool:
    """True when a question was more than the model can read; llama.cpp says so in words of its own."""
    if isinstance(error, failures.ModelContextWindowExceededError):
        return True
    body = error.body
    return isinstance(body, dict) and body.get("type") == "exceed_context_size_error"


def is_about_form(error: failures.ModelAPIError, form: AnswerForm) -> bool:
    """True when a provider refuses to bring an answer into a form in this way."""
    # There is no code for it: each provider and server says it in a sentence of its own.
    words = {
        AnswerForm.SCHEMA: ("response_format", "json_schema", "grammar", "text.format"),
        AnswerForm.TOOL: ("tool", "function"),
        AnswerForm.TEXT: (),
    }
    return any(word in _reason_of(error) for word in words[form])


def output_limit(error: failures.ModelAPIError, *, asked: int) -> int | None:
    """The longest answer that a provider gives, where it refuses a call since a longer one was asked for."""
    reason = _reason_of(error)
    if "max_tokens" not in reason and "max_completion_tokens" not in reason and "max_output_tokens" not in reason:
        return None
    # A sentence may name other numbers too, such as what was asked for or the room for both together.
    limits = [int(number.replace(",", "")) for number in _NUMBER.findall(reason)]
    return max((number for number in limits if _LEAST_LIMIT <= number < asked), default=None)


def unavailable(choice: ModelChoice, error: failures.ModelAPIError) -> RunnerUnavailable:
    """A sentence for the founder: what is wrong with the provider, and what to do."""
    kind = ProviderDown if isinstance(error, _DOWN) and not will_last(error) else RunnerUnavailable
    return kind(_sentence_for_lasting(choice, error) or _sentence_for(choice, error))


def too_long(choice: ModelChoice) -> str:
    """A sentence for the founder: the model cannot read what it has to know."""
    return (
        f"The goal and the rules of designing are more than {choice.name!r} can read. Say it shorter, "
        "start its server with a larger context, or choose another model."
    )


def _sentence_for_lasting(choice: ModelChoice, error: failures.ModelAPIError) -> str | None:
    who, where = choice.provider_label, choice.url or "its address"
    match _cause_of(error, _LASTING):
        case ReplyIsPage():
            return (
                f"In the place of {who} a web page answers at {where}. Look at that address, and whether the "
                "network wants you to sign in."
            )
        case ssl.SSLCertVerificationError():
            return f"{who} shows a certificate at {where} that is not trusted. Look at that address and the clock."
    return None


def _sentence_for(choice: ModelChoice, error: failures.ModelAPIError) -> str:
    who = choice.provider_label
    match error:
        case failures.ModelAuthenticationError():
            return f"{who} refuses the key. Give the right one in the settings, or set COFOUNDER_MODEL_KEY."
        case failures.ModelQuotaExceededError():
            return f"The account at {who} has no credit left. Top it up, or choose another model."
        case failures.ModelNotFoundError():
            return f"{who} has no model {choice.name!r} for this key. Correct its name where it was chosen."
        case _ if is_too_long(error):
            return too_long(choice)
        case failures.ModelRequestRejectedError():
            return f"{who} refuses what was sent to {choice.name!r}: {hide_key(choice, _reason_of(error))}"
        case failures.ModelRateLimitError():
            return f"{who} answers too many requests at the moment. {_try_again(error)}"
        case failures.ModelTimeoutError() | failures.ModelRequestTimeout():
            return f"{who} did not answer in time. Try again, or choose a faster model."
        case failures.ModelConnectionError(phase="connect" | "pool"):
            where = choice.url or "its address"
            return f"{who} cannot be reached at {where}. Look at the connection and at that address."
        case failures.ModelConnectionError():
            return f"The answer of {who} broke off. Try again."
        case _:
            return f"{who} has trouble of its own at the moment. {_try_again(error)}"


def _try_again(error: failures.ModelAPIError) -> str:
    seconds = error.retry_after
    if seconds is None or not isfinite(seconds) or seconds <= _A_FEW_MINUTES_S:
        return "Try again in a few minutes."
    unit, size = ("minutes", 60) if seconds < _IN_HOURS_FROM_S else ("hours", 3600)
    return f"It asks to be left alone for {ceil(seconds / size)} {unit}. Try again then, or choose another model."


def hide_key(choice: ModelChoice, text: str) -> str:
    """The text without the key, which some providers say back."""
    return text.replace(choice.secret, "***") if choice.secret else text


def _reason_of(error: failures.ModelAPIError) -> str:
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else None
    text = inner.get("message") if isinstance(inner, dict) else None
    return " ".join(str(text or "no reason was given").split())[:200]
