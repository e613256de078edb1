"""The engine with a model: it designs the specification, and the same generator as everybody's builds it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

import structlog
from pydantic_core import from_json

from app.adapters.runners.asking import AnswerUnusable, Asker
from app.adapters.runners.conversation import Conversation
from app.adapters.runners.providers import estimate_line, open_provider, price_line
from app.blueprint import language
from app.blueprint.operations import Operation
from app.blueprint.plan import plan_of
from app.blueprint.spec import AppSpec
from app.blueprint.spec_changes import difference
from app.designer import parts, patches, prompts
from app.designer.brief import brief_of
from app.designer.choice import ModelChoice
from app.designer.clauses import clauses_of, kept_share, unmentioned, wishes_of
from app.designer.drafts import Draft, Fault, add_views, complete, read_draft
from app.designer.patches import change_schema
from app.designer.printable import clean_line
from app.designer.request import Request
from app.designer.schema import OURS, accounts_schema, answer_schema, brief_answer_schema, rest_schema
from app.ports.model_calls import Abilities, BudgetReached, CallJournal, Share
from app.ports.runner import GoalNotUnderstood, Runner, RunResult, Say, Scaffold

log = structlog.get_logger(__name__)

REPAIRS: Final = 2
_LONGEST_READING: Final = 4_000
# The catalogue tells of the time zone, so a change may ask for another, and must see which one there is.
_NOT_TO_CHANGE: Final = set(OURS) - {"timezone"}


_DECODER: Final = json.JSONDecoder()
_MOST_BRACES: Final = 20


class RunnerReal:
    """A Runner for one job, whose designs a model makes; what it cannot design is left to `rules`."""

    def __init__(
        self, choice: ModelChoice, journal: CallJournal, *, rules: Runner, say: Say, asked: Request
    ) -> None:
        self._choice = choice
        self._journal = journal
        self._rules = rules
        self._say = say
        self._change = asked.change
        self._answers = asked.answers

    @property
    def engine(self) -> str:
        """The model's name."""
        return self._choice.label

    async def scaffold(self, goal: str, *, spec: AppSpec | None = None) -> Scaffold:
        """Have the model design or change, or build the `spec` given. GoalNotUnderstood, RunnerUnavailable."""
        if spec is not None and self._change is None:
            return await self._rules.scaffold(goal, spec=spec)
        try:
            if spec is not None and self._change is not None:
                designed, account = await self._design_change(spec, self._change)
            else:
                designed, account = await self._design(goal)
        except AnswerUnusable as error:
            if self._change is not None:
                await self._journal.waste()
                raise GoalNotUnderstood(f"{error} Nothing was changed; say it in other words.") from error
            return await self._plan_by_rules(goal, str(error))
        return replace(await self._rules.scaffold(goal, spec=designed), design=account)

    async def run(self, goal: str, spec: AppSpec, *, say: Say) -> RunResult:
        """Write the whole app of `spec`."""
        return await self._rules.run(goal, spec, say=say)

    async def _design_change(self, spec: AppSpec, words: str) -> tuple[AppSpec, dict[str, Any]]:
        """The specification as the founder wants it now, and what that changes, in words."""
        await self._say(f"{self._choice.label} is planning the change")
        async with open_provider(self._choice) as provider:
            conversation = Conversation(prompts.change_system_prompt(is_brief=provider.reads_little))
            spec_text = spec.model_dump_json(exclude=_NOT_TO_CHANGE, exclude_defaults=True)
            conversation.ask(prompts.request_prompt(words, spec_text))
            asker = Asker(self._choice, provider, self._journal, prompt=prompts.prompt_version())
            await asker.recall_form()
            for repair in range(REPAIRS + 1):
                step, share = ("change", Share.USEFUL) if not repair else (f"mend {repair}", Share.REPAIR)
                answer, is_cut = await self._ask_in_parts(
                    asker, conversation, step=step, share=share, schema=change_schema()
                )
                if is_cut:
                    raise AnswerUnusable("The change is more than the model can say in its answers.")
                try:
                    operations = patches.read_operations(answer.get("operations"))
                    changed = await asyncio.to_thread(patches.apply_patch, spec, operations)
                except patches.PatchRefused as error:
                    if not asker.has_time:
                        break
                    faults = [str(fault) for fault in error.faults]
                    conversation.ask(prompts.operations_repair_prompt(faults))
                    continue
                return await self._report_change(spec, changed, operations, _read_texts(answer.get("left_out")))
        raise AnswerUnusable("The model's change was not valid, and it could not mend it.")

    async def _report_change(
        self, spec: AppSpec, changed: AppSpec, operations: Sequence[Operation], left_out: list[str]
    ) -> tuple[AppSpec, dict[str, Any]]:
        if not operations:
            why = " ".join(left_out) or "The model found nothing to change."
            raise GoalNotUnderstood(f"{why} Nothing was changed.")
        changes = difference(spec, changed)
        for line in changes:
            await self._say(line[:200])
        return changed, {"changes": changes, "left_out": left_out}

    async def _design(self, goal: str) -> tuple[AppSpec, dict[str, Any]]:
        clauses = clauses_of(goal)
        await self._say(f"{self._choice.label} is designing the app ({estimate_line(self._choice)})")
        async with open_provider(self._choice) as provider:
            is_brief = provider.reads_little
            reading = "" if is_brief else await asyncio.to_thread(_reading_by_rules, goal)
            schema = brief_answer_schema(len(clauses)) if is_brief else answer_schema()
            conversation = Conversation(prompts.system_prompt(is_brief=is_brief))
            conversation.ask(prompts.goal_prompt(goal, clauses, reading, answers=self._answers))
            asker = Asker(self._choice, provider, self._journal, prompt=prompts.prompt_version())
            await asker.recall_form()
            answer, draft = await self._best_answer(asker, conversation, goal, schema=schema)
            if draft.spec is None:
                raise AnswerUnusable("The model's design was not valid, and it could not mend it.")
            accounts = await self._complete_accounts(asker, conversation, clauses, answer)
        designed = add_views(draft.spec) if is_brief else draft.spec
        wishes = wishes_of(clauses, accounts, designed)
        unmet_places = [fault.place for fault in draft.faults]
        spec = complete(designed, wishes=wishes, confidence=kept_share(wishes), left=unmet_places)
        await self._say(_design_line(spec))
        return spec, brief_of(answer)

    async def _best_answer(
        self, asker: Asker, conversation: Conversation, goal: str, *, schema: dict[str, Any]
    ) -> tuple[dict[str, Any], Draft]:
        """The last answer that something could be made of; faults go back to the model at most twice."""
        best: tuple[dict[str, Any], Draft] = {}, Draft(None, ())
        for repair in range(REPAIRS + 1):
            step, share = ("design", Share.USEFUL) if not repair else (f"repair {repair}", Share.REPAIR)
            try:
                answer, is_cut = await self._ask_in_parts(
                    asker, conversation, step=step, share=share, schema=schema
                )
            except (BudgetReached, AnswerUnusable):
                if best[1].spec is None:
                    raise
                break
            draft = await asyncio.to_thread(read_draft, answer.get("spec"), goal=goal, engine=self._choice.label)
            if draft.spec is not None and draft.spec.title == prompts.brief_example_title():
                draft = Draft(None, (Fault("spec", "it is the example; design the app for this goal"),))
            if is_cut:
                cut = Fault("the answer", "it was cut off at the limit of its length; say the same in less")
                draft = Draft(draft.spec, (*draft.faults, cut))
            # Of two that are equally faulty the later, which was written with the faults in view.
            if draft.spec is not None and (best[1].spec is None or len(draft.faults) <= len(best[1].faults)):
                best = answer, draft
            if draft.is_whole or not asker.has_time:
                break
            if repair < REPAIRS:
                await self._say(f"The design has {len(draft.faults)} faults, so the model mends it")
                conversation.ask(prompts.repair_prompt([str(fault) for fault in draft.faults]))
        return best

    async def _ask_in_parts(
        self, asker: Asker, conversation: Conversation, *, step: str, share: Share, schema: dict[str, Any]
    ) -> tuple[dict[str, Any], bool]:
        """An answer, put together where its provider cuts it off, and whether some of it never came."""
        reply = await asker.ask(conversation, step=step, share=share, schema=schema)
        if not reply.is_cut or not asker.may_go_on:
            return _read_object(reply.text), reply.is_cut
        answer = parts.read_part(reply.text)
        for number in range(2, parts.MOST_PARTS + 1):
            if not answer or not asker.has_time:
                break
            await self._say("It is longer than one answer of the model may be, so the model goes on with it")
            conversation.ask(prompts.rest_prompt(parts.outline_of(answer)))
            try:
                reply = await asker.ask(
                    conversation, step=f"{step}, part {number}", share=share, schema=rest_schema(schema)
                )
            except (BudgetReached, AnswerUnusable) as error:
                log.info("answer_not_finished", model=self._choice.label, reason=str(error))
                break
            more = parts.read_part(reply.text) if reply.is_cut else _read_object(reply.text)
            joined = parts.join(answer, more)
            if not reply.is_cut:
                return joined, False
            if joined == answer:
                break
            answer = joined
        return answer, True

    async def _complete_accounts(
        self, asker: Asker, conversation: Conversation, clauses: tuple[str, ...], answer: dict[str, Any]
    ) -> list[Mapping[str, Any]]:
        """The model's account of each clause; it is asked once more for those that it does not mention."""
        accounts = _accounts_in(answer)
        missing = unmentioned(clauses, accounts)
        if not missing or not asker.has_time:
            return accounts
        conversation.ask(prompts.clauses_prompt({number: clauses[number - 1] for number in missing}))
        try:
            reply = await asker.ask(conversation, step="clauses", share=Share.REPAIR, schema=accounts_schema())
        except (BudgetReached, AnswerUnusable):
            return accounts
        return [*accounts, *_accounts_in(_read_object(reply.text))]

    async def _plan_by_rules(self, goal: str, reason: str) -> Scaffold:
        """The plan of the rules where it keeps enough, named as what it is. GoalNotUnderstood."""
        await self._journal.waste()
        try:
            scaffold = await self._rules.scaffold(goal)
        except GoalNotUnderstood as error:
            raise GoalNotUnderstood(f"{reason} The rules cannot plan it either: {error}") from error
        if not plan_of(scaffold.spec).keeps_enough:
            raise GoalNotUnderstood(
                f"{reason} The rules alone would keep less than half of what you asked for, so nothing was built. "
                "Try again, or with another model."
            )
        await self._say(f"{reason} The app is planned by rules instead")
        explanation = f"{reason} This app was planned by rules, without a model."
        spec = scaffold.spec.model_copy(update={"assumptions": (explanation, *scaffold.spec.assumptions)[:12]})
        return await self._rules.scaffold(goal, spec=spec)


async def probe(choice: ModelChoice, journal: CallJournal) -> Abilities:
    """Ask the model for next to nothing, and keep what it shows it can do.

    RunnerUnavailable says what is wrong with key, account, name or way.
    """
    async with open_provider(choice) as provider:
        form = await Asker(choice, provider, journal, prompt=prompts.VERSION).probe()
    abilities = Abilities(form, provider.context, provider.sees)
    await journal.keep_abilities(choice.digest, choice.label, abilities)
    return abilities


def describe_price(choice: ModelChoice) -> str:
    """The price of a choice's model, in words."""
    return price_line(choice)


def _read_object(text: str) -> dict[str, Any]:
    """The object in an answer; of one that is cut off, what came; of one that is none, nothing."""
    start = text.find("{")
    try:
        value = from_json(text[max(start, 0) :].rstrip().removesuffix("```"), allow_partial="trailing-strings")
    except ValueError:
        return _find_object(text)
    return value if isinstance(value, dict) else {}


def _find_object(text: str) -> dict[str, Any]:
    """The first object that stands whole among words, of the first braces that may open one."""
    for brace in islice(re.finditer(r"\{", text), _MOST_BRACES):
        try:
            value, _ = _DECODER.raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value:
            return value
    return {}


def _read_texts(value: Any) -> list[str]:  # Any: what a model wrote
    return [clean_line(entry, longest=400) for entry in value[:10]] if isinstance(value, list) else []


def _accounts_in(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    clauses = answer.get("clauses")
    return [clause for clause in clauses if isinstance(clause, dict)] if isinstance(clauses, list) else []


def _reading_by_rules(goal: str) -> str:
    """The plan of a goal by the rules, in short; nothing where they cannot read it."""
    try:
        plan = language.plan_goal(goal)
    except language.GoalUnreadable:
        return ""
    summary = plan.model_dump_json(include={"title", "people", "keeps", "rules", "computes"}, by_alias=True)
    return summary if len(summary) <= _LONGEST_READING else ""


def _design_line(spec: AppSpec) -> str:
    kept_wishes = sum(wish.state.value == "kept" for wish in spec.wishes)
    names = ", ".join(entity.plural.lower() for entity in spec.entities[:6])
    return f"Designed: {names}; {kept_wishes} of {len(spec.wishes)} wishes kept"
