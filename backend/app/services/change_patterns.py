"""Plain changes of a plan in the founder's words, each by a pattern and made as the correction that it says."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from app.blueprint.look_words import mood_words, read_theme
from app.blueprint.spec_queries import lower_first
from app.services.plan_editing import correct
from app.services.plan_values import CorrectionRefused, Raw

DETAIL_WORDS: Final = (
    ("datetime", r"date and time|date & time"),
    ("date", r"date|day|birthday"),
    ("bool", r"yes or no|checkbox|tick box|tickbox"),
    ("money", r"price|cost|amount|fee|money"),
    ("longtext", r"long text|notes?|description|comments?|allerg\w+|injur\w+"),
    ("int", r"number|count"),
    ("decimal", r"weight|height|length"),
    ("email", r"e-?mail"),
    ("phone", r"phone|telephone"),
    ("image", r"photo|picture|image"),
    ("file", r"file|document|attachment"),
    ("url", r"link|website|web address"),
)
"""Words by which the kind of a new detail is known, the surest first."""

_PLEASE: Final = r"^(?:please |can you |could you |i want to |i would like to |we need to )?"
_FIELD: Final = r"(?:new )?(?:field|detail|column)"
_NO_DETAIL: Final = (
    "way|possibility|option|chance|account|login|password|waiting list|waitlist|reviews?|ratings?|calendar|"
    "invoices?|payments?|history|link"
)
"""What a record may have that is more than a detail of it."""
_EACH: Final = r"(?:(?:an?|the|each|every|all) )?"
_TO: Final = r"(?:to|for|of|on|in) (?:an? |the |each |every |all )?"


def _named(group: str) -> str:
    return rf"[“\"']?(?P<{group}>[\w][\w &/'’-]*?)[”\"']?"


def _listed(group: str) -> str:
    return _named(group).replace("&/", "&/,")


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(f"{_PLEASE}{text}$", re.I)


NamedGroups = Mapping[str, Any]
Change = Callable[[Raw, NamedGroups], bool]


def make_change(raw: Raw, clause: str) -> bool:
    """True when the clause says one of the plain changes, and it was made."""
    return _change_look(raw, clause) or _make_first_match(raw, clause, _SURE)


def make_likely_change(raw: Raw, clause: str) -> bool:
    """True when the clause seems to say a plain change that other words say as well, and it was made."""
    return _make_first_match(raw, clause, _LIKELY)


def _make_first_match(raw: Raw, clause: str, changes: tuple[tuple[re.Pattern[str], Change], ...]) -> bool:
    for pattern, change in changes:
        match = pattern.match(clause.strip())
        if match is None:
            continue
        # On a copy, since a correction may be refused when a part of it is made already.
        changed = copy.deepcopy(raw)
        try:
            if change(changed, match.groupdict()):
                raw.update(changed)
                return True
        except CorrectionRefused:
            continue
    return False


def refusal_of(raw: Raw, clause: str) -> str:
    """The reason why a plain change that the clause says cannot be made; empty when it says none."""
    for pattern, change in (*_SURE, *_LIKELY):
        match = pattern.match(clause.strip())
        if match is None:
            continue
        try:
            change(copy.deepcopy(raw), match.groupdict())
        except CorrectionRefused as error:
            return lower_first(error.detail.rstrip("."))
    return ""


def says_no_record(clause: str) -> bool:
    """True for a new detail without a word about what it belongs to."""
    return _LOST_DETAIL.match(clause.strip()) is not None


_LOST_DETAIL: Final = _pattern(rf"add (?:an? |the )?{_FIELD} (?:for|called|named) [\w -]+")


def _change_look(raw: Raw, clause: str) -> bool:
    """Take the colours, the mood, or the light or dark that the clause asks for."""
    theme = read_theme(_PAINT.sub("in ", clause)).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    # A brand's own colours would win over the colour that is asked for.
    if theme.get("hue") is not None:
        raw["theme"] |= {"colors": [], "second_hue": None}
    words = re.findall(r"[a-z]+", clause.lower())
    mood = next((mood_words()[word] for word in words if word in mood_words()), None)
    # A mood alone may be about anything, such as a calm class.
    if mood is not None and _OF_LOOKS.intersection(words):
        theme["design"] = mood.value
    raw["theme"] |= theme
    return bool(theme)


_PAINT: Final = re.compile(
    r"^(?:please )?(?:make|paint|turn|colou?r) (?:it|everything|the (?:app|page|site|website)) (?:all )?", re.I
)
_OF_LOOKS: Final = frozenset({"look", "looks", "style", "design", "feel", "feels", "mood"})


def is_same_text(one: str, other: str) -> bool:
    """True for the same words, one of them or many."""

    return _singular_of(one) == _singular_of(other)


def _singular_of(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    for ending, replacement in ((r"ies$", "y"), (r"(?<=s|x|z)es$", ""), (r"(?<=ch|sh)es$", ""), (r"(?<!s)s$", "")):
        if re.search(ending, plain):
            return re.sub(ending, replacement, plain)
    return plain


def record_named(raw: Raw, name: str | None) -> Raw | None:
    """The kind of record that is called so, or the only one whose last word it is."""
    if not name:
        return None
    entities: list[Raw] = raw["entities"]
    # By its whole name first: "class" means the yoga class only where nothing is called a class.
    for is_meant in (_is_called, _ends_with):
        matches = [entity for entity in entities if is_meant(entity, name)]
        if len(matches) == 1 or (matches and is_meant is _is_called):
            return matches[0]
    return None


def _is_called(entity: Raw, name: str) -> bool:
    return any(is_same_text(name, entity[key]) for key in ("name", "label", "plural"))


def _ends_with(entity: Raw, name: str) -> bool:
    return is_same_text(name, entity["label"].split()[-1])


def details_named(raw: Raw, name: str, record: str | None = None) -> list[tuple[Raw, Raw]]:
    """Every detail that is called so, with its kind of record."""
    only = record_named(raw, record)
    entities = [only] if only else raw["entities"] if record is None else []
    return [
        (entity, field) for entity in entities for field in entity["fields"] if is_same_text(name, field["label"])
    ]


def _find_detail(raw: Raw, name: str, record: str | None) -> tuple[Raw, Raw] | None:
    """The one detail that is meant; None for one of several, which the founder is asked about."""
    matches = details_named(raw, name, record)
    return matches[0] if len(matches) == 1 else None


def _steps_named(raw: Raw, name: str) -> Iterator[tuple[Raw, str]]:
    for entity in raw["entities"]:
        for field in entity["fields"]:
            is_steps = field["name"] in (entity.get("state"), "status")
            yield from (
                (entity, step) for step in field.get("choices") or () if is_steps and is_same_text(name, step)
            )


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _rename_part(raw: Raw, groups: NamedGroups) -> bool:
    old, new = groups["old"], _capitalise(groups["new"])
    entity = record_named(raw, old)
    if entity is not None:
        is_many = old.lower() == entity["plural"].lower() and new.endswith("s")
        correct(raw, "rename_record", {"record": entity["name"], "label": new[:-1] if is_many else new})
        return True
    match = _find_detail(raw, old, None)
    if match is not None:
        match[1]["label"] = new
        return True
    steps = list(_steps_named(raw, old))
    if len(steps) == 1:
        correct(raw, "rename_step", {"record": steps[0][0]["name"], "step": steps[0][1], "label": new})
    return len(steps) == 1


def _call_part(raw: Raw, groups: NamedGroups) -> bool:
    """Rename without a word between the old name and the new one: the longest old name that there is."""
    words = groups["words"].split()
    return any(
        _rename_part(raw, {"old": " ".join(words[:place]), "new": " ".join(words[place:])})
        for place in range(len(words) - 1, 0, -1)
    )


def _remove_part(raw: Raw, groups: NamedGroups) -> bool:
    entity = record_named(raw, groups["old"]) if groups["record"] is None else None
    if entity is not None:
        correct(raw, "remove_record", {"record": entity["name"]})
        return True
    match = _find_detail(raw, groups["old"], groups["record"])
    if match is not None:
        correct(raw, "remove_detail", {"record": match[0]["name"], "detail": match[1]["name"]})
    return match is not None


def _add_field(raw: Raw, groups: NamedGroups) -> bool:
    new, record = groups["new"], groups["record"]
    # The first "of" or "for" may only say whose it is, such as "the phone number of the caretaker to each piano".
    owned = _OWNED.fullmatch(record) if record_named(raw, record) is None else None
    if owned is not None:
        new, record = f"{owned['owner']}'s {new}", owned["record"]
    entity = record_named(raw, record)
    labels = [label for label in _ENUMERATED.split(new) if label]
    if entity is None or any(len(label.split()) > _LABEL_WORDS for label in labels):
        return False
    changed = copy.deepcopy(raw)
    for label in labels:
        _add_detail(changed, entity, label)
    raw.update(changed)
    return True


def _add_detail(raw: Raw, entity: Raw, label: str) -> None:
    target = record_named(raw, label)
    if target is not None and target["name"] != entity["name"]:
        kind = f"ref:{target['name']}"
    else:
        kind = next((kind for kind, words in DETAIL_WORDS if re.search(rf"\b(?:{words})\b", label, re.I)), "text")
    correct(raw, "add_detail", {"record": entity["name"], "label": _capitalise(label), "kind": kind})


_ENUMERATED: Final = re.compile(
    r"\s*,\s*(?:and )?(?:an? |the |their |its )?"
    r"|(?<!\bdate) and (?:an? |the |their |its )?|(?<=\bdate) and (?!time\b)(?:an? |the |their |its )?",
    re.I,
)
_LABEL_WORDS: Final = 4
_OWNED: Final = re.compile(rf"(?P<owner>[\w -]+?) {_TO}(?P<record>[\w &/'’-]+)", re.I)


def _add_choice(raw: Raw, groups: NamedGroups) -> bool:
    """A detail with what can be chosen, such as "a kind: school or theatre"."""
    entity = record_named(raw, groups["record"])
    choices = [
        _capitalise(text)
        for text in re.split(r"\s*[,/]\s*(?:or |and )?|\s+or\s+", groups["choices"].strip())
        if text
    ]
    if entity is None or len(choices) < 2 or len(groups["new"].split()) > _LABEL_WORDS:
        return False
    detail = {"record": entity["name"], "label": _capitalise(groups["new"]), "kind": "choice"}
    correct(raw, "add_detail", {**detail, "choices": "\n".join(choices)})
    return True


def _require_field(raw: Raw, groups: NamedGroups) -> bool:
    match = _find_detail(raw, groups["old"], groups.get("record"))
    if match is None:
        return False
    field = match[1]
    field["required"] = "optional" not in (groups.get("how") or "").lower()
    if field["type"] == "ref":
        field["on_delete"] = "restrict" if field["required"] else "set_null"
    return True


def _limit_field(raw: Raw, groups: NamedGroups) -> bool:
    of = record_named(raw, groups["of"])
    entity = record_named(raw, groups["record"]) or _find_participants(raw, groups["record"], of)
    if entity is None or of is None:
        return False
    refs = [field["name"] for field in entity["fields"] if field["ref"] == of["name"]]
    if refs:
        correct(raw, "add_limit", {"record": entity["name"], "detail": refs[0], "most": groups["most"]})
    return bool(refs)


def _find_participants(raw: Raw, word: str, of: Raw | None) -> Raw | None:
    """The only kind of record that is made for another one, where people or places are counted."""
    if of is None or word.lower() not in _TAKING_PART:
        return None
    participants = [
        entity
        for entity in raw["entities"]
        if any(field["ref"] == of["name"] and field["required"] for field in entity["fields"])
    ]
    return participants[0] if len(participants) == 1 else None


_TAKING_PART: Final = frozenset("people persons participants guests places spots seats attendees".split())


def _show_as(raw: Raw, groups: NamedGroups) -> bool:
    entity = record_named(raw, groups["record"])
    if entity is not None:
        correct(raw, "add_view", {"record": entity["name"], "kind": groups["kind"].lower()})
    return entity is not None


def _add_step(raw: Raw, groups: NamedGroups) -> bool:
    entity = record_named(raw, groups["record"])
    if entity is not None:
        correct(raw, "add_step", {"record": entity["name"], "label": _capitalise(groups["new"])})
    return entity is not None


_SURE: Final[tuple[tuple[re.Pattern[str], Change], ...]] = (
    (
        _pattern(rf"(?:rename|call) (?:the )?{_named('old')} (?:to|as|into) (?:the )?{_named('new')}"),
        _rename_part,
    ),
    (_pattern(r"(?:rename|call) (?:the )?(?P<words>[\w’' -]+)"), _call_part),
    (
        _pattern(
            r"(?:at most|no more than|up to|(?:a )?max(?:imum)?(?: of)?|only) (?P<most>\d+) "
            rf"{_named('record')} (?:per|for each|for every|in each|for one|a|at each|on each) {_named('of')}"
        ),
        _limit_field,
    ),
    (
        _pattern(
            rf"(?:each|every|an?|one) {_named('of')} (?:may|can|must|should)? ?(?:only )?"
            r"(?:have|book|make|take|hold) "
            rf"(?:at most|no more than|up to|only|max(?:imum)?) (?P<most>\d+) {_named('record')}"
        ),
        _limit_field,
    ),
    (
        _pattern(rf"add (?:an? |the )?(?:new )?step {_named('new')} {_TO}{_named('record')}"),
        _add_step,
    ),
    (
        _pattern(
            rf"add (?:an? |the )?{_FIELD} (?:for |called |named )?(?:the )?{_listed('new')} "
            rf"{_TO}{_named('record')}"
        ),
        _add_field,
    ),
    (
        _pattern(rf"add (?:an? |the )?{_listed('new')}(?: {_FIELD})? {_TO}{_named('record')}"),
        _add_field,
    ),
    (
        _pattern(
            rf"{_EACH}{_named('record')} (?:also |should |must )?(?:needs?|ha(?:s|ve)|gets?) "
            r"(?:an? |the |their |its )?(?P<new>[\w -]+?) ?(?:\(|:|, (?=one of|either|which is)) ?"
            r"(?:one of |either |which is )?"
            r"(?P<choices>\w[\w ,/&’'-]+)\)?"
        ),
        _add_choice,
    ),
    (
        _pattern(
            r"add (?:an? |the )?(?P<new>[\w -]+?) ?\((?:one of |either )?(?P<choices>\w[\w ,/&’'-]+)\) "
            rf"{_TO}{_named('record')}"
        ),
        _add_choice,
    ),
    (
        _pattern(
            rf"(?:show|put|see|have) (?:the |all )?{_named('record')} (?:on|in|as) an? "
            r"(?P<kind>calendar|board|gallery|chart)"
        ),
        _show_as,
    ),
    (
        _pattern(
            rf"(?:the )?{_named('old')}(?: of {_EACH}{_named('record')})? "
            r"(?:must|has to|needs to|should) be (?:filled in|given|required|entered|said)"
        ),
        _require_field,
    ),
    (
        _pattern(
            rf"make (?:the )?{_named('old')}(?: (?:of|in|for) {_EACH}{_named('record')})? "
            r"(?P<how>required|mandatory|compulsory|optional)"
        ),
        _require_field,
    ),
    (
        _pattern(
            rf"(?:remove|delete|drop|take out|no more|without|no) (?:the )?{_named('old')}"
            rf"(?: (?:from|of|in|for) {_EACH}{_named('record')})?"
        ),
        _remove_part,
    ),
    (
        _pattern(
            rf"{_EACH}{_named('record')} (?:also |should |must )?(?:needs?|ha(?:s|ve)|gets?) "
            rf"(?:an? |the |their |its )(?:{_FIELD} for )?(?!(?:{_NO_DETAIL})\b)(?P<new>[\w -]+)"
        ),
        _add_field,
    ),
)
"""What says nothing else."""

_LIKELY: Final[tuple[tuple[re.Pattern[str], Change], ...]] = (
    (
        _pattern(
            rf"{_EACH}{_named('record')} (?:must|have to|has to|need to|should) (?:always )?"
            rf"(?:give|enter|say|fill in|leave|tell) (?:an?|the|their|its) {_named('old')}"
        ),
        _require_field,
    ),
    (
        _pattern(
            rf"(?:the )?{_named('old')}(?: of {_EACH}{_named('record')})? (?:is|are|should be) "
            r"(?P<how>required|mandatory|compulsory|optional)"
        ),
        _require_field,
    ),
)
"""What may mean something more, so it is read with the goal first."""
