"""One question to a model: journalled before it is sent, kept before it is used, repeated where that may help."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from pydantic import ValidationError
from pydantic_ai import exceptions as failures
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
)
from pydantic_ai.models import StreamedResponse
from pydantic_ai.settings import ModelSettings

from app.adapters.runners.conversation import (
    PROBE,
    PROBE_INPUT,
    PROBE_SCHEMA,
    PROBE_SYSTEM,
    PROBE_TOKENS,
    Conversation,
    is_probe_answer,
    is_whole,
    request_parameters,
    text_of,
)
from app.adapters.runners.local_servers import LOADING_S
from app.adapters.runners.providers import (
    MAY_PASS,
    Provider,
    is_about_form,
    is_too_long,
    is_unpaid,
    output_limit,
    price,
    too_long,
    unavailable,
    usage_of,
    will_last,
)
from app.adapters.runners.replies import ReplyIsPage, ReplyTooLarge
from app.designer.choice import ModelChoice
from app.ports.model_calls import (
    AnswerForm,
    BudgetReached,
    Call,
    CallId,
    CallJournal,
    ProviderDown,
    Reply,
    Share,
    Usage,
)
from app.ports.runner import RunnerUnavailable

log = structlog.get_logger(__name__)

TRIES: Final = 3
_PAUSES_S: Final = (1.0, 4.0)
_LONGEST_PAUSE_S: Final = 30.0
_LEAST_OUTPUT: Final = 1_500
"""Tokens below which no design fits, so that asking for one would be wasted."""

_BYTES_PER_TOKEN: Final = 2
"""A low guess, so that a question is never taken for cheaper than it is."""

_READ_BYTES_PER_TOKEN: Final = 3
"""What a question takes of a model's context: closer to what is, and still on the side of caution."""

SMALL_ANSWER: Final = 1_500
"""Tokens of the answer of a model with a small context: a small app, and minutes on a machine without graphics."""

_LEAST_ROOM: Final = 256
"""Tokens of a context that have to be left for an answer."""

_NEXT_FORM: Final = {AnswerForm.SCHEMA: AnswerForm.TOOL, AnswerForm.TOOL: AnswerForm.TEXT}

_PROBE_S: Final = 20.0


_UNREADABLE: Final = (failures.AgentRunError, ReplyTooLarge, ValidationError, ValueError, RecursionError)

_MOST_BELIEVED: Final = 10_000_000
"""Tokens of a call beyond which its provider cannot have counted them."""


class AnswerUnusable(Exception):
    """The model answered, but with nothing that can be used; the message is for the founder."""


class OutOfTime(AnswerUnusable):
    """The time for designing is over before anything came that could be used."""


@dataclass(frozen=True)
class Answer:
    """The text of an answer, and whether it was cut off at the limit of its length or time."""

    text: str
    is_cut: bool


@dataclass(frozen=True)
class _Heard:
    """The answer that a provider sent; `is_late` when the time was over before it had said all."""

    response: ModelResponse
    is_late: bool = False


class Asker:
    """Asks one model on behalf of one job."""

    def __init__(self, choice: ModelChoice, provider: Provider, journal: CallJournal, *, prompt: str) -> None:
        self._choice = choice
        self._provider = provider
        self._journal = journal
        self._prompt = prompt
        self._form = provider.form
        self._most_output = choice.most_output
        self._ends_at = time.monotonic() + choice.design_s

    async def recall_form(self) -> None:
        """Go on in the way in which the model showed that it answers."""
        abilities = await self._journal.abilities(self._choice.digest)
        self._form = self._form if abilities is None else abilities.form

    @property
    def has_time(self) -> bool:
        """True while another answer may be waited for."""
        return time.monotonic() < self._ends_at

    @property
    def may_go_on(self) -> bool:
        """True when an answer that was cut off may be finished by others: a small context has no room for them."""
        return self.has_time and not self._provider.reads_little

    async def ask(self, conversation: Conversation, *, step: str, share: Share, schema: dict[str, Any]) -> Answer:
        """The answer to the last question, kept or new. RunnerUnavailable, BudgetReached, AnswerUnusable."""
        size = len(json.dumps([conversation.system, conversation.turns, schema]).encode())
        tokens_in = size // _BYTES_PER_TOKEN
        most = usage_of(self._choice, input_tokens=tokens_in, output_tokens=self._most_output, cached_tokens=0)
        call = Call(
            step=step,
            digest=self._digest_of(conversation, schema),
            model=self._choice.label,
            prompt=self._prompt,
            share=share,
            most=most,
        )
        reply = await self._journal.recall(call)
        if reply is None:
            call, settings = await self._within_budget(call, room=self._answer_tokens(conversation))
            reply = await self._ask_patiently(call, conversation, settings, schema)
        return self._take_answer(conversation, reply)

    async def probe(self) -> AnswerForm:
        """Ask for next to nothing; the way in which the model answers in a form. RunnerUnavailable."""
        while True:
            try:
                heard = await self._probe_form()
            except failures.ModelRequestRejectedError as error:
                if not is_about_form(error, self._form):
                    raise unavailable(self._choice, error) from error
                heard = False
            except failures.ModelAPIError as error:
                raise unavailable(self._choice, error) from error
            except OutOfTime as error:
                raise ProviderDown(
                    f"{self._choice.provider_label} did not answer in time. Try again, or choose a faster model."
                ) from error
            except AnswerUnusable:
                return self._form  # it answers, and that is all that is asked
            if heard or self._form is AnswerForm.TEXT:
                return self._form
            self._form = _NEXT_FORM[self._form]

    async def _probe_form(self) -> bool:
        """True when a question is answered in the form that is tried, or when nobody can say."""
        conversation = Conversation(PROBE_SYSTEM)
        conversation.ask(PROBE)
        most = usage_of(self._choice, input_tokens=PROBE_INPUT, output_tokens=PROBE_TOKENS, cached_tokens=0)
        call = Call("probe", "", self._choice.label, self._prompt, Share.USEFUL, most)
        patience_s = LOADING_S if self._choice.is_own_server else _PROBE_S
        settings = ModelSettings(max_tokens=PROBE_TOKENS, max_retries=0, request_timeout=patience_s)
        reply = await self._ask_once(call, conversation, settings, PROBE_SCHEMA)
        answer = self._take_answer(conversation, reply)
        # A model that thinks first may be cut off before it has said anything, which shows nothing.
        return answer.is_cut or is_probe_answer(answer.text)

    def _digest_of(self, conversation: Conversation, schema: dict[str, Any]) -> str:
        parts = [
            self._choice.label,
            self._choice.url,
            self._prompt,
            conversation.system,
            *conversation.turns,
            schema,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode(errors="replace")).hexdigest()

    def _answer_tokens(self, conversation: Conversation) -> int:
        """The tokens that an answer may have; of a small context the first one leaves as much for its repair."""
        if self._provider.context is None:
            return self._most_output
        read = len("".join([conversation.system, *conversation.turns]).encode()) // _READ_BYTES_PER_TOKEN
        remaining = self._provider.context - read
        if remaining < _LEAST_ROOM:
            raise self._too_long(conversation)
        most = min(self._most_output, SMALL_ANSWER) if self._provider.reads_little else self._most_output
        return min(most, remaining // 2 if len(conversation.turns) == 1 else remaining)

    def _too_long(self, conversation: Conversation) -> Exception:
        if len(conversation.turns) > 1:
            # The goal was read; only what was said about its faults since is too much.
            return AnswerUnusable("Mending it takes more than the model can read.")
        return RunnerUnavailable(too_long(self._choice))

    async def _within_budget(self, call: Call, *, room: int) -> tuple[Call, ModelSettings]:
        """The call with an answer no longer than the budgets allow. BudgetReached."""
        allowance = await self._journal.allowance()
        least = min(_LEAST_OUTPUT, room)
        tokens_in = call.most.input_tokens
        if allowance.tokens is not None:
            room = min(room, allowance.tokens - tokens_in)
        if allowance.usd is not None and (
            price_of_million := price(self._choice, input_tokens=0, output_tokens=1_000_000)
        ):
            cost_in = price(self._choice, input_tokens=tokens_in, output_tokens=0) or 0
            room = min(room, int((allowance.usd - cost_in) / price_of_million * 1_000_000))
        if room < least:
            raise BudgetReached(
                "The budget for models is used up, so the model was not asked. It can be raised in the settings "
                "that begin with COFOUNDER_MODEL_, and what was spent is shown by `cofounder usage`."
            )
        most = usage_of(self._choice, input_tokens=tokens_in, output_tokens=room, cached_tokens=0)
        # No tries of the library's own, since the journal would not know of them.
        settings = ModelSettings(max_tokens=room, max_retries=0, request_timeout=self._choice.call_s, cache=True)
        return Call(call.step, call.digest, call.model, call.prompt, call.share, most), settings

    async def _ask_patiently(
        self, call: Call, conversation: Conversation, settings: ModelSettings, schema: dict[str, Any]
    ) -> Reply:
        attempt = 0
        while True:
            try:
                return await self._ask_once(call, conversation, settings, schema)
            except MAY_PASS as error:
                pause = None if will_last(error) else _pause_before_retry(error, attempt)
                if pause is None:
                    raise unavailable(self._choice, error) from error
                attempt += 1
                log.info("model_asked_again", model=call.model, reason=type(error).__name__, pause_s=pause)
                await asyncio.sleep(pause)
            except failures.ModelRequestRejectedError as error:
                if is_about_form(error, self._form):
                    # Some servers know tools and no schema for the text of an answer.
                    self._form = _NEXT_FORM[self._form]
                elif limit := output_limit(error, asked=settings.get("max_tokens", 0)):
                    self._most_output = limit
                    settings = {**settings, "max_tokens": limit}
                else:
                    raise self._refusal_of(error, conversation) from error
            except failures.ModelAPIError as error:
                raise self._refusal_of(error, conversation) from error

    def _refusal_of(self, error: failures.ModelAPIError, conversation: Conversation) -> Exception:
        return self._too_long(conversation) if is_too_long(error) else unavailable(self._choice, error)

    async def _ask_once(
        self, call: Call, conversation: Conversation, settings: ModelSettings, schema: dict[str, Any] | None
    ) -> Reply:
        # Written down before it is sent: after a crash a call that may have been paid is counted as one.
        call_id = await self._journal.begin(call)
        try:
            with self._reading_by_library():
                heard = await self._send(conversation.messages, settings, schema)
            reply = self._reply_of(heard, call)
        except failures.ModelAPIError as error:
            await self._journal.failed(call_id, type(error).__name__, Usage() if is_unpaid(error) else None)
            raise
        except _UNREADABLE as error:
            await self._journal.failed(call_id, type(error).__name__, None)
            raise AnswerUnusable(_why_unusable(error)) from error
        except TimeoutError as error:
            await self._journal.failed(call_id, "out of time", None)
            raise OutOfTime("The model did not finish its answer in time.") from error
        except asyncio.CancelledError:
            await self._close_cancelled(call_id)
            raise
        await self._journal.answered(call_id, reply)
        return reply

    @contextmanager
    def _reading_by_library(self) -> Iterator[None]:
        """Make failures of the library's own of what it lets through."""
        try:
            yield
        except ReplyIsPage as error:
            raise failures.ModelConnectionError(self._choice.name, "a web page answered", phase="read") from error
        # It trusts that whatever is JSON has the members of a reply.
        except (AttributeError, TypeError, LookupError) as error:
            raise failures.UnexpectedModelBehavior("What came is JSON, and no reply.") from error

    async def _close_cancelled(self, call_id: CallId) -> None:
        """Write down that the call was cut off, also while this task is being cancelled."""
        await asyncio.shield(self._journal.failed(call_id, "cancelled", None))

    async def _send(
        self, messages: Sequence[ModelMessage], settings: ModelSettings, schema: dict[str, Any] | None
    ) -> _Heard:
        """Send the question and receive the answer until the time is over.

        TimeoutError where nothing came by then.
        """
        model = self._provider.model
        parameters = request_parameters(schema, form=self._form)
        prepared = model.prepare_messages(list(messages), parameters)
        # Over all: the library's own limits are of silence, and a server may say a little for ever.
        seconds = min(settings["request_timeout"], max(0.0, self._ends_at - time.monotonic()))
        if not self._choice.is_streaming:
            async with asyncio.timeout(seconds):
                return _Heard(await model.request(prepared, settings, parameters))
        stream: StreamedResponse | None = None
        try:
            async with (
                asyncio.timeout(seconds),
                model.request_stream(prepared, settings, parameters) as stream,
            ):
                async for _ in stream:
                    pass
        except TimeoutError:
            # What a slow model wrote until now is worth what it is, as where its length is over.
            if stream is None or not text_of(stream.get()).strip():
                raise
            return _Heard(replace(stream.get(), finish_reason="length"), is_late=True)
        response = stream.get()
        # The library takes a stream without an end for one that stopped; what the provider said is in the details.
        told_why = (response.provider_details or {}).get(
            "finish_reason"
        ) or response.finish_reason == "content_filter"
        if schema is not None and not told_why and not is_whole(text_of(response)):
            raise failures.ModelConnectionError(self._choice.name, "broke off", phase="read", in_stream=True)
        return _Heard(response)

    def _reply_of(self, heard: _Heard, call: Call) -> Reply:
        text = ModelMessagesTypeAdapter.dump_json([heard.response]).decode()
        if heard.is_late:
            # Providers count at the end of an answer, so nobody knows; the most it can be is counted.
            return Reply(text, call.most)
        usage = heard.response.usage
        counts = (usage.input_tokens, usage.output_tokens)
        if min(counts) <= 0 or max(counts) > _MOST_BELIEVED:
            # Of a server that does not count, or not in earnest, nobody knows either.
            return Reply(text, call.most)
        counted = usage_of(
            self._choice,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cache_read_tokens,
        )
        return Reply(text, counted)

    def _take_answer(self, conversation: Conversation, reply: Reply) -> Answer:
        response = ModelMessagesTypeAdapter.validate_json(reply.text)[0]
        if not isinstance(response, ModelResponse):
            raise RunnerUnavailable("What was kept of the model's answer cannot be read. Start the build again.")
        text = text_of(response)
        conversation.hear(response, text)
        if response.finish_reason == "content_filter":
            raise AnswerUnusable("The model refused to design this.")
        return Answer(text, is_cut=response.finish_reason == "length")


def _pause_before_retry(error: failures.ModelAPIError, attempt: int) -> float | None:
    """Seconds until the next try; None when there is none, or it would be too long to wait."""
    if attempt + 1 >= TRIES:
        return None
    asked = error.retry_after
    if asked is not None and asked > _LONGEST_PAUSE_S:
        return None
    return max(asked or 0.0, _PAUSES_S[attempt])


def _why_unusable(error: Exception) -> str:
    if isinstance(error, ReplyTooLarge):
        return "The model's answer was far larger than any design, so it was cut off."
    if isinstance(error, failures.ContentFilterError):
        return "The model refused to design this."
    return "The model's answer could not be read."
