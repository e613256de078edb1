"""A change in the founder's words, made a change of the plan: by patterns, else by reading it with the goal."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from app.blueprint.language import GoalUnreadable, understand
from app.blueprint.language.accounting import NO_PLACE
from app.blueprint.spec import (
    AppSpec,
    EntitySpec,
    FieldSpec,
    FormSpec,
    RoleSpec,
    RuleSpec,
    WishSpec,
    WishState,
)
from app.blueprint.spec_queries import lower_first
from app.blueprint.spec_types import SENTENCE_MAX, WISHES_MAX
from app.core.errors import InvalidInput
from app.domain.job import GOAL_MAX
from app.services.change_offers import sentences_near
from app.services.change_patterns import make_change, make_likely_change, record_named, refusal_of, says_no_record
from app.services.change_words import ChangeText
from app.services.plan_values import Raw

_NOT_UNDERSTOOD: Final = "nothing of it was understood as a change"


@dataclass(frozen=True)
class Proposal:
    """A changed specification in its raw form, what was not made anything of, and the account of wishes by now."""

    raw: Raw
    done: tuple[str, ...]
    open: tuple[str, ...]
    wishes: tuple[WishSpec, ...] = ()


@dataclass(frozen=True)
class LostPart:
    """A part of a change that nothing is made of, why, and sentences near it that are understood."""

    text: str
    why: str
    offers: tuple[str, ...]


class ChangeNotUnderstood(InvalidInput):
    """Nothing of a change in words was understood; `lost` says why, with near sentences that would be."""

    code, title = "change_not_understood", "The change was not understood"


async def propose(spec: AppSpec, text: str, *, instead_of: str = "") -> Proposal:
    """Apply a change in words to a plan, `instead_of` a wish that was lost. ChangeNotUnderstood."""
    raw, clauses = spec.model_dump(mode="json"), _split_clauses(text)
    wishes: list[WishSpec] = []
    clauses_done: list[str] = []
    for clause in clauses:
        raw, met = await asyncio.to_thread(_apply_clause, spec, raw, clause)
        wishes += met
        clauses_done += [clause] if any(wish.state is not WishState.LEFT_OUT for wish in met) else []
    done = tuple(wish.text for wish in wishes if wish.state is not WishState.LEFT_OUT)
    if not done:
        raise _not_understood(spec, wishes)
    # The next change is read with the goal, so the goal has to know of this one; and of nothing that was not
    # understood, which would be found in that next change.
    words_done = text.strip() if clauses_done == clauses else ". ".join(clauses_done)
    raw["goal"] = f"{spec.goal}\n{words_done}"[:GOAL_MAX]
    left_out = tuple(wish.text for wish in wishes if wish.state is WishState.LEFT_OUT)
    before = [wish for wish in spec.wishes if wish.text != instead_of]
    return Proposal(raw, done, left_out, _merged_wishes(before, wishes))


def _not_understood(spec: AppSpec, wishes: Sequence[WishSpec]) -> ChangeNotUnderstood:
    lost = lost_parts(spec, wishes)
    reasons = sorted({part.why for part in lost} - {_NOT_UNDERSTOOD})
    because = "".join(f" {reason[:1].upper()}{reason[1:]}." for reason in reasons)
    is_all_told = all(part.why != _NOT_UNDERSTOOD for part in lost)
    detail = "Nothing of this changes the plan." if is_all_told else "Nothing of this was understood as a change."
    return ChangeNotUnderstood(
        f"{detail}{because}",
        remedy=f"Say one change in a sentence, such as “{change_example(spec)}”, or correct the plan.",
        lost=[asdict(part) for part in lost],
        offers=[offer for part in lost for offer in part.offers],
    )


def added_wishes(spec: AppSpec, built: AppSpec | None) -> list[WishSpec]:
    """The wishes of a plan beyond those of the version that it changes."""
    known_texts = {wish.text for wish in built.wishes} if built is not None else set()
    return [wish for wish in spec.wishes if wish.text not in known_texts]


def lost_parts(spec: AppSpec, wishes: Sequence[WishSpec]) -> list[LostPart]:
    """The wishes that the next version would not have."""
    lost = [wish for wish in wishes if wish.state is WishState.LEFT_OUT]
    return [LostPart(wish.text, wish.why, sentences_near(spec, wish.text)) for wish in lost]


def change_example(spec: AppSpec) -> str:
    """A sentence that is understood as a change of this plan."""
    entity = spec.entities[0]
    labels = {field.label.casefold() for field in entity.fields}
    new = next(
        (detail for detail in ("photo", "phone number", "colour", "note") if detail not in labels), "remark"
    )
    return f"add a {new} to {lower_first(entity.plural)}"


def _apply_clause(spec: AppSpec, raw: Raw, clause: str) -> tuple[Raw, list[WishSpec]]:
    """Make one clause a change of the plan: the plan then, and the wishes that it is with how far each is met."""
    kept_wish = WishSpec(text=clause[:SENTENCE_MAX], state=WishState.KEPT)
    if make_change(raw, clause):
        return raw, [kept_wish]
    # Read on a copy: what comes of it is dropped when every wish in it was refused.
    read = copy.deepcopy(raw)
    is_read, wishes = (False, []) if says_no_record(clause) else _by_reading(spec, read, clause)
    if is_read and not (wishes and all(_is_refused(wish) for wish in wishes)):
        return read, [_as_read(wish) for wish in wishes] or [kept_wish]
    if make_likely_change(raw, clause):
        return raw, [kept_wish]
    lost = [wish for wish in wishes if _is_refused(wish)]
    why = refusal_of(raw, clause) or _NOT_UNDERSTOOD
    return raw, lost or [kept_wish.model_copy(update={"state": WishState.LEFT_OUT, "why": why})]


def _is_refused(wish: WishSpec) -> bool:
    return wish.state is WishState.LEFT_OUT and wish.why != NO_PLACE


def _as_read(wish: WishSpec) -> WishSpec:
    """A wish that something was made of, though the account finds no word of it in the app."""
    if wish.state is WishState.LEFT_OUT and not _is_refused(wish):
        return wish.model_copy(update={"state": WishState.PARTLY, "why": "only a part of it was understood"})
    return wish


def _merged_wishes(before: Sequence[WishSpec], asked: Sequence[WishSpec]) -> tuple[WishSpec, ...]:
    """The wishes of before and those of a change; what is asked for again counts as it is met now."""
    return tuple({wish.text: wish for wish in (*before, *asked)}.values())[-WISHES_MAX:]


def _split_clauses(text: str) -> list[str]:
    parts = re.split(
        r"[.;\n]+|,? and (?=(?:rename|remove|delete|add|drop|call|at most|take out)\b)", text, flags=re.I
    )
    return [" ".join(part.split()) for part in parts if part.strip()]


def _by_reading(spec: AppSpec, raw: Raw, text: str) -> tuple[bool, list[WishSpec]]:
    """Add what the goal and the change ask for beyond the goal alone; whether it is any, and the wishes of it."""
    try:
        before, after = understand(spec.goal), understand(f"{spec.goal}. {text}")
    except GoalUnreadable:
        return False, []
    change = ChangeText.of(text)
    added = [
        *_new_records(before, after, raw, change),
        *_new_details(before, after, raw, change),
        *_new_lines(before, after, raw),
    ]
    texts_before = {wish.text for wish in before.wishes}
    return bool(added), [wish for wish in after.wishes if wish.text not in texts_before]


def _new_records(before: AppSpec, after: AppSpec, raw: Raw, change: ChangeText) -> Iterator[str]:
    known_names = {entity["name"] for entity in raw["entities"]} | {entity.name for entity in before.entities}
    new = [entity for entity in after.entities if entity.name not in known_names]
    spoken = {entity.name for entity in new if change.speaks_of_record(entity)}
    for entity in new:
        refs = {field.ref for field in entity.fields}
        is_needed = any(other.name in spoken and any(f.ref == entity.name for f in other.fields) for other in new)
        if entity.name in spoken or refs & spoken or is_needed:
            raw["entities"].append(entity.model_dump(mode="json"))
            raw["views"] += [view.model_dump(mode="json") for view in after.views if view.entity == entity.name]
            yield entity.name


def _new_details(before: AppSpec, after: AppSpec, raw: Raw, change: ChangeText) -> Iterator[str]:
    names = {entity["name"] for entity in raw["entities"]}
    for entity in after.entities:
        old, mine = before.entity(entity.name), record_named(raw, entity.name)
        if old is None or mine is None:
            continue
        for field in _added_fields(old, entity, {existing["name"] for existing in mine["fields"]}):
            is_link_to_new = field.ref in names and before.entity(field.ref or "") is None
            if is_link_to_new or change.speaks_of_detail(entity, field):
                mine["fields"].append(field.model_dump(mode="json"))
                yield field.name


def _added_fields(old: EntitySpec, new: EntitySpec, mine: set[str]) -> list[FieldSpec]:
    return [field for field in new.fields if old.field(field.name) is None and field.name not in mine]


def _new_lines(before: AppSpec, after: AppSpec, raw: Raw) -> Iterator[str]:
    """Rules, pages for visitors and kinds of people that the change brings."""
    # What the founder has taken out of the plan stays out: only what the change itself brought is added.
    for part, key in (("rules", "about"), ("forms", "action"), ("roles", "name")):
        known_keys = {getattr(line, key) for line in getattr(before, part)} | {line[key] for line in raw[part]}
        for line in getattr(after, part):
            if getattr(line, key) not in known_keys and _is_about(line, raw):
                raw[part].append(line.model_dump(mode="json"))
                yield getattr(line, key)


def _is_about(line: RuleSpec | FormSpec | RoleSpec, raw: Raw) -> bool:
    """True when the record and the details that a line names are in the plan."""
    record = record_named(raw, line.entity) if line.entity else None
    if record is None:
        return line.entity is None
    names = {part["name"] for part in (*record["fields"], *record["computed"])}
    return isinstance(line, RoleSpec) or names.issuperset(line.fields)
