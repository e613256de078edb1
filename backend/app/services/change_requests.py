"""A change in the founder's words, made a change of the plan: by patterns, else by reading it with the goal."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.blueprint.language import GoalUnreadable, understand
from app.blueprint.look_words import mood_words, read_theme
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, WishSpec, WishState
from app.blueprint.spec_types import SENTENCE_MAX, WISHES_MAX
from app.core.errors import InvalidInput
from app.domain.job import GOAL_MAX
from app.services.plan_editing import correct
from app.services.plan_values import CorrectionRefused, Raw

_KINDS: Final = (
    ("datetime", r"date and time|date & time"),
    ("date", r"date|day|birthday"),
    ("bool", r"yes or no|checkbox|tick box|tickbox"),
    ("money", r"price|cost|amount|fee|money"),
    ("longtext", r"long text|notes?|description|comments?"),
    ("int", r"number|count"),
    ("email", r"e-?mail"),
    ("phone", r"phone|telephone"),
    ("image", r"photo|picture|image"),
    ("file", r"file|document|attachment"),
    ("url", r"link|website|web address"),
)
_NAME: Final = r"[“\"']?(?P<{}>[\w][\w &/-]*?)[”\"']?"
_RENAME: Final = re.compile(
    rf"^(?:please )?(?:rename|call) (?:the )?{_NAME.format('old')} (?:to|as|into) (?:the )?{_NAME.format('new')}$",
    re.I,
)
_REMOVE: Final = re.compile(
    rf"^(?:please )?(?:remove|delete|drop|take out|no more|without|no) (?:the )?{_NAME.format('old')}"
    rf"(?: (?:from|of|in) (?:the )?{_NAME.format('record')})?$",
    re.I,
)
_ADD: Final = re.compile(
    rf"^(?:please )?add (?:an? |the )?{_NAME.format('new')}(?: (?:field|detail|column))?"
    rf" (?:to|for) (?:the |each |every )?{_NAME.format('record')}$",
    re.I,
)
_MUST: Final = re.compile(
    rf"^(?:the )?{_NAME.format('old')}(?: of (?:an? |the |each |every )?{_NAME.format('record')})? "
    r"(?:must|has to|needs to) be (?:filled in|given|required)$",
    re.I,
)
_LIMIT: Final = re.compile(
    rf"^(?:at most|no more than|up to|maximum of|only) (?P<most>\d+) {_NAME.format('record')} "
    rf"(?:per|for each|for every|in each|for one|a) {_NAME.format('of')}$",
    re.I,
)


_OF_LOOKS: Final = frozenset({"look", "looks", "style", "design", "feel", "feels", "mood"})
_NOT_UNDERSTOOD: Final = "nothing of it was understood as a change"


@dataclass(frozen=True)
class Proposal:
    """A changed specification in its raw form, what was not made anything of, and the account of wishes by now."""

    raw: Raw
    done: tuple[str, ...]
    open: tuple[str, ...]
    wishes: tuple[WishSpec, ...] = ()


async def propose(spec: AppSpec, text: str) -> Proposal:
    """Apply a change in words to a plan. InvalidInput when nothing was understood of it."""
    raw = spec.model_dump(mode="json")
    done: list[str] = []
    unread: list[str] = []
    for clause in _split_clauses(text):
        (done if _by_pattern(raw, clause) else unread).append(clause)
    wishes = [WishSpec(text=clause[:SENTENCE_MAX], state=WishState.KEPT) for clause in done]
    if unread:
        read_wishes = await asyncio.to_thread(_by_reading, spec, raw, ". ".join(unread))
        done += unread if read_wishes else []
        unread = [] if read_wishes else unread
        wishes += read_wishes or [
            WishSpec(text=clause[:SENTENCE_MAX], state=WishState.LEFT_OUT, why=_NOT_UNDERSTOOD)
            for clause in unread
        ]
    if not done:
        raise InvalidInput(
            "Nothing of this was understood as a change.",
            remedy="Say one change in a sentence, such as “add a phone number to bookings”, or correct the plan.",
        )
    raw["goal"] = f"{spec.goal}\n{text.strip()}"[:GOAL_MAX]
    left_out = [wish.text for wish in wishes if wish.state is WishState.LEFT_OUT]
    return Proposal(
        raw, tuple(done), tuple(dict.fromkeys([*unread, *left_out])), _merged_wishes(spec.wishes, wishes)
    )


def _merged_wishes(before: Sequence[WishSpec], asked: Sequence[WishSpec]) -> tuple[WishSpec, ...]:
    """The wishes of before and those of a change; what is asked for again counts as it is met now."""
    return tuple({wish.text: wish for wish in (*before, *asked)}.values())[-WISHES_MAX:]


def _split_clauses(text: str) -> list[str]:
    parts = re.split(
        r"[.;\n]+|,? and (?=(?:rename|remove|delete|add|drop|call|at most|take out)\b)", text, flags=re.I
    )
    return [" ".join(part.split()) for part in parts if part.strip()]


def _by_pattern(raw: Raw, clause: str) -> bool:
    """True when the clause says one of the plain changes, and it was made."""
    if _wear(raw, clause):
        return True
    for pattern, change in (
        (_RENAME, _rename_part),
        (_LIMIT, _limit_field),
        (_ADD, _add_field),
        (_MUST, _require_field),
        (_REMOVE, _remove_part),
    ):
        match = pattern.match(clause)
        if match is None:
            continue
        try:
            if change(raw, match.groupdict()):
                return True
        except CorrectionRefused:
            continue
    return False


def _wear(raw: Raw, clause: str) -> bool:
    """Take the colours, the mood, or the light or dark that the clause asks for."""
    said = read_theme(clause).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    if said.get("hue") is not None:
        raw["theme"] |= {"colors": [], "second_hue": None}
    words = re.findall(r"[a-z]+", clause.lower())
    mood = next((mood_words()[word] for word in words if word in mood_words()), None)
    if mood is not None and _OF_LOOKS.intersection(words):
        said["design"] = mood.value
    raw["theme"] |= said
    return bool(said)


def _is_same_text(one: str, other: str) -> bool:
    def plain(text: str) -> str:
        return re.sub(r"(es|s)$", "", re.sub(r"[^a-z0-9]", "", text.lower()))

    return plain(one) == plain(other)


def _record_named(raw: Raw, name: str | None) -> Raw | None:
    matches = (
        entity
        for entity in raw["entities"]
        if name and any(_is_same_text(name, entity[key]) for key in ("name", "label", "plural"))
    )
    return next(matches, None)


def _details_named(raw: Raw, name: str, record: str | None) -> Iterator[tuple[Raw, Raw]]:
    only = _record_named(raw, record)
    for entity in [only] if only else raw["entities"] if record is None else []:
        yield from ((entity, field) for field in entity["fields"] if _is_same_text(name, field["label"]))


def _rename_part(raw: Raw, said: dict[str, Any]) -> bool:
    old, new = said["old"], said["new"]
    entity = _record_named(raw, old)
    if entity is not None:
        label = new[:1].upper() + new[1:]
        label = label[:-1] if old.lower() == entity["plural"].lower() and label.endswith("s") else label
        correct(raw, "rename_record", {"record": entity["name"], "label": label})
        return True
    for entity, field in _details_named(raw, old, None):
        field["label"] = new[:1].upper() + new[1:]
        return bool(entity)
    return False


def _remove_part(raw: Raw, said: dict[str, Any]) -> bool:
    entity = _record_named(raw, said["old"]) if said["record"] is None else None
    if entity is not None:
        correct(raw, "remove_record", {"record": entity["name"]})
        return True
    for entity, field in _details_named(raw, said["old"], said["record"]):
        correct(raw, "remove_detail", {"record": entity["name"], "detail": field["name"]})
        return True
    return False


def _add_field(raw: Raw, said: dict[str, Any]) -> bool:
    entity = _record_named(raw, said["record"])
    if entity is None:
        return False
    label = said["new"]
    target = _record_named(raw, label)
    if target is not None and target is not entity:
        kind = f"ref:{target['name']}"
    else:
        kind = next((kind for kind, words in _KINDS if re.search(rf"\b(?:{words})\b", label, re.I)), "text")
    label = label[:1].upper() + label[1:]
    correct(raw, "add_detail", {"record": entity["name"], "label": label, "kind": kind})
    return True


def _require_field(raw: Raw, said: dict[str, Any]) -> bool:
    for _, field in _details_named(raw, said["old"], said["record"]):
        field["required"] = True
        if field["type"] == "ref":
            field["on_delete"] = "restrict"
        return True
    return False


def _limit_field(raw: Raw, said: dict[str, Any]) -> bool:
    entity, of = _record_named(raw, said["record"]), _record_named(raw, said["of"])
    if entity is None or of is None:
        return False
    refs = [field["name"] for field in entity["fields"] if field["ref"] == of["name"]]
    if refs:
        correct(raw, "add_limit", {"record": entity["name"], "detail": refs[0], "most": said["most"]})
    return bool(refs)


def _by_reading(spec: AppSpec, raw: Raw, text: str) -> list[WishSpec]:
    """Add what the goal together with the change asks for beyond the goal alone, and give its wishes."""
    try:
        before, after = understand(spec.goal), understand(f"{spec.goal}. {text}")
    except GoalUnreadable:
        return []
    added = [
        *_new_records(before, after, raw),
        *_new_details(before, after, raw),
        *_new_lines(before, after, raw),
    ]
    texts_before = {wish.text for wish in before.wishes}
    return [wish for wish in after.wishes if wish.text not in texts_before] if added else []


def _new_records(before: AppSpec, after: AppSpec, raw: Raw) -> Iterator[str]:
    known_names = {entity["name"] for entity in raw["entities"]} | {entity.name for entity in before.entities}
    for entity in after.entities:
        if entity.name not in known_names:
            raw["entities"].append(entity.model_dump(mode="json"))
            raw["views"] += [view.model_dump(mode="json") for view in after.views if view.entity == entity.name]
            yield entity.name


def _new_details(before: AppSpec, after: AppSpec, raw: Raw) -> Iterator[str]:
    for entity in after.entities:
        old, mine = before.entity(entity.name), _record_named(raw, entity.name)
        if old is None or mine is None:
            continue
        for field in _added_fields(old, entity, {existing["name"] for existing in mine["fields"]}):
            mine["fields"].append(field.model_dump(mode="json"))
            yield field.name


def _added_fields(old: EntitySpec, new: EntitySpec, mine: set[str]) -> list[FieldSpec]:
    return [field for field in new.fields if old.field(field.name) is None and field.name not in mine]


def _new_lines(before: AppSpec, after: AppSpec, raw: Raw) -> Iterator[str]:
    """Rules, pages for visitors and kinds of people that the change brings."""
    for part, key in (("rules", "about"), ("forms", "action"), ("roles", "name")):
        known_keys = {getattr(line, key) for line in getattr(before, part)} | {line[key] for line in raw[part]}
        for line in getattr(after, part):
            if getattr(line, key) not in known_keys:
                raw[part].append(line.model_dump(mode="json"))
                yield getattr(line, key)
