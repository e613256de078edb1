"""The title and the texts of an app, in the founder's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.blueprint.language.archetypes import key_of
from app.blueprint.language.drafts import Draft
from app.blueprint.language.findings import Findings
from app.blueprint.language.grammar import SHUNNED, phrases, tag
from app.blueprint.language.lexicon import NounKind, plural, singular
from app.blueprint.language.nouns import is_place, is_trade
from app.blueprint.language.word_lists import word_list
from app.blueprint.look_words import manner_words
from app.blueprint.spec_queries import lower_first, with_article
from app.blueprint.usual_examples import usual_examples

_VENUES: Final = frozenset(
    {"barn", "basement", "field", "garage", "garden", "hall", "park", "room", "shed", "tent"}
)
_MOST_TITLE: Final = 48
_MOST_TAGLINE: Final = 160
_SPACE = re.compile(r"\s+")
_OPENING = re.compile(
    r"^(please |hi,? |hello,? )*((i|we)( would|'d)? (want|need|like)( you)?( to)?( have| build| make| create)?|"
    r"(can|could) you (please )?(build|make|create)( me| us)?|(build|make|create|develop|design|give)( me| us)?|"
    r"i am looking for|looking for)\s+",
    re.IGNORECASE,
)
_OCCASIONS: Final = frozenset({NounKind.EVENT, NounKind.TIME, NounKind.GROUP})
_SOMEBODY_DOES = re.compile(r"(?!an? )(my |our |the )?\w+( \w+)? to [a-z]", re.IGNORECASE)
"""Behind "I want": "people to book" is no sentence without it."""
_JOINED: Final = {
    "Bloodpressure": "Blood Pressure", "Foodtruck": "Food Truck", "Carwash": "Car Wash", "Foodbank": "Food Bank",
    "Icecream": "Ice Cream", "Lostproperty": "Lost Property", "Waitinglist": "Waiting List",
    "Packinglist": "Packing List", "Shoppinglist": "Shopping List", "Spareparts": "Spare Parts",
    "Timeslot": "Time Slot", "Sheetmusic": "Sheet Music",
}  # fmt: skip
_OPENING_WORDS: Final = 12
_MOST_NAMING: Final = 4
_RUNS: Final = frozenset({"run", "own", "operate", "manage"})
_ONE_BUSINESS: Final = frozenset({"a", "an", "the", "our", "my"})
_SHOPS: Final = frozenset("shop store studio library museum collection".split())
_SMALL: Final = frozenset("a an the of for and or to in on at with by from".split())
_PURPOSE: Final = frozenset(
    "tracker manager planner organiser organizer register log diary directory marketplace catalogue catalog "
    "inventory journal leaderboard newsletter calendar board forum wiki crm portal booking bookings rental "
    "exchange archive scheduler dashboard list".split()
)
_TRADES: Final = frozenset({"job", "event", "service", "form"})
"""Words that are often about software and here are not: "job board"."""
_SOFTWARE_NAMES: Final = frozenset("app application system platform tool site website portal software".split())
_SOFTWARE: Final = word_list("software")
_FUNCTION: Final = (
    word_list("determiners") | word_list("function") | frozenset({"me", "us", "build", "make", "create"})
)
_PLAIN: Final = word_list("plain_adjectives")
_CLASS_WORDS: Final = frozenset("class course lesson workshop session event".split())


_NAME: Final = r"[A-Z][\w&'-]*(?: [A-Z0-9][\w&'-]*){0,4}"
_QUOTED: Final = r"[\"\u201c\u2018'](?P<quoted>[^\"\u201d\u2019\n]{2,40})[\"\u201d\u2019']"
_GIVEN: Final = re.compile(rf"\b(?:called|named|name it|call it|the name is)\s+(?:{_QUOTED}|(?P<plain>{_NAME}))")


def title(findings: Findings, drafts: Sequence[Draft], words: Sequence[str], *, goal: str) -> str:
    """A short name, such as "Tennis Club" or "Invoice Tracker": the place it is for, or its purpose."""
    if name_given := _given_name(goal):
        return _shorten(name_given, _MOST_TITLE)
    looks = manner_words(goal)
    # "Classes in a church hall" are held there; the hall is not whose app it is.
    is_venue = findings.context.rpartition(" ")[2] in _VENUES
    is_where = is_venue and re.search(
        rf"\b(?:in|at) an? (?:[a-z]+ )?{re.escape(findings.context)}\b", goal, re.IGNORECASE
    )
    context = "" if is_where else findings.context
    words_said = _title_words(replace(findings, context=context), drafts, words, looks)
    name = (
        _title_case(" ".join([word for word in words_said if word not in looks] or words_said))
        .removesuffix("'s")
        .replace("List Entries", "List")
        .replace("s's ", "s' ")
    )
    # The reading joins such words so that each is one noun.
    for joined, spaced in _JOINED.items():
        name = name.replace(joined, spaced)
    return _shorten(" ".join(_as_written(word, goal) for word in name.split(" ")), _MOST_TITLE)


def _given_name(goal: str) -> str:
    """The name that the founder gives the app: behind "called" or "named", with or without quotes."""
    match = _GIVEN.search(goal)
    return " ".join((match["quoted"] or match["plain"] or "").split()).strip(" .,;:") if match else ""


def _title_words(
    findings: Findings, drafts: Sequence[Draft], words: Sequence[str], looks: frozenset[str]
) -> list[str]:
    if business := _business_words(words):
        return business
    few = _few_words(words)
    if few and (all(draft.added for draft in drafts) or len(few) == len(words)):
        # "An app for my church" is the church's.
        return few[1:] if len(few) > 1 and few[0] in _SOFTWARE_NAMES else few
    purpose, mains = _purpose_words(words), _main_words(drafts)
    if not findings.context and set(purpose) <= _PURPOSE | looks:
        purpose = []
    context = [word for word in findings.context.split(" ") if word and word not in _PLAIN]
    if not context and not purpose and (occasion := _occasion_words(findings)):
        return occasion
    if len(context) > 1 and not purpose:
        return context
    if context and not purpose:
        subject = _first_subject(drafts)
        is_sold_there = context[0] in _SHOPS and not any(
            draft.is_person and draft.label == subject for draft in drafts
        )
        return [subject.lower(), *context] if is_sold_there else [*context, *plural(subject).lower().split(" ")]
    if not context and len(purpose or mains) < 4:
        context = [word for word in findings.subjects[:1] if word not in " ".join(purpose or mains)]
    return [*context, *(word for word in purpose or mains if word not in context or word == "and")]


def _business_words(words: Sequence[str]) -> list[str]:
    """The business that a goal opens with, in two words or more: "tutoring agency", "we run the parish hall"."""
    tokens = tag(words[:_OPENING_WORDS])
    phrase = next(phrases(tokens), None)
    if phrase is None or phrase.head.is_plural:
        return []
    is_business = is_place(phrase.head.basic) or is_trade(phrase.head.basic)
    is_run = phrase.is_object and phrase.verb in _RUNS and phrase.determiner in _ONE_BUSINESS
    # "The parish hall" that somebody runs is one of its kind; "a ferry" may be any.
    if not (is_business or (is_run and phrase.determiner not in ("a", "an"))):
        return []
    is_opening = phrase.at <= 1 and not phrase.is_object
    # "Tutoring" of "tutoring agency" looks like a verb.
    front = list(words[: phrase.at]) if phrase.at == 1 and words[0].endswith("ing") else []
    name = [*front, *(token.text for token in phrase.modifiers), phrase.head.text]
    name = [part for part in name if part not in _PLAIN and part not in _SOFTWARE]
    return name if (is_run or is_opening or front) and 1 < len(name) <= _MOST_NAMING else []


def _occasion_words(findings: Findings) -> list[str]:
    """The occasion of the whole app, in two words of which no record is kept: "our street festival"."""
    occasions = [
        candidate
        for candidate in findings.spare
        if candidate.kind in _OCCASIONS and " " in candidate.label and candidate.key not in findings.roles
    ]
    return occasions[0].label.lower().split(" ") if occasions else []


def _first_subject(drafts: Sequence[Draft]) -> str:
    """The main subject of the app: the first thing that the goal names, or else the first people."""
    asked_for = [draft for draft in drafts if not draft.added] or list(drafts)
    things = (draft.label for draft in asked_for if not draft.is_person and not draft.is_action)
    return next(things, asked_for[0].label)


def _as_written(word: str, goal: str) -> str:
    """The word with the capitals the founder gives it, as in GP, SaaS or DJ."""
    written = re.search(rf"\b{re.escape(word)}\b", goal, re.IGNORECASE)
    # In a goal that is shouted, capitals say nothing.
    return written[0] if written and written[0][1:] != written[0][1:].lower() and not goal.isupper() else word


def _few_words(words: Sequence[str]) -> list[str]:
    """The founder's own few words: "wine cellar", "bakery"."""
    plain = [word for word in words if word[0].isalpha() and word not in _FUNCTION and word not in _PLAIN]
    return plain if len(plain) <= 3 else []


def _purpose_words(words: Sequence[str]) -> list[str]:
    """The words up to the one that says what kind of app it is: "invoice tracker", "booking" of "booking app"."""
    for at, word in enumerate(words[:14]):
        if SHUNNED & set(words[max(0, at - 2) : at]):
            continue
        is_verb = at > 0 and (singular(words[at - 1]) != words[at - 1]) and word not in _SOFTWARE_NAMES
        if not is_verb and (word in _PURPOSE or word in _SOFTWARE_NAMES):
            before = _words_before(words, at) or [
                trade for trade in words[max(0, at - 1) : at] if trade in _TRADES
            ]
            if before:
                return before + ([word] if word in _PURPOSE else [])
    return []


def _words_before(words: Sequence[str], at: int) -> list[str]:
    before: list[str] = []
    while at > 0 and words[at - 1][0].isalpha() and words[at - 1] not in _FUNCTION and len(before) < 3:
        at -= 1
        before.insert(0, words[at])
    return [word for word in before if word not in _PLAIN and (word in _PURPOSE or word not in _SOFTWARE)]


def _main_words(drafts: Sequence[Draft]) -> list[str]:
    asked_for = [draft for draft in drafts if not draft.added] or list(drafts)
    for deed in asked_for[:2]:
        thing = next((draft for draft in drafts if deed.is_action and _is_about(deed, draft)), None)
        if thing is not None:
            prefix = () if thing.label.lower() in deed.label.lower() else (thing.label,)
            return " ".join((*prefix, plural(deed.label))).lower().split(" ")
    return " and ".join(lower_first(plural(draft.label)) for draft in asked_for[:2]).split(" ")


def _is_about(deed: Draft, thing: Draft) -> bool:
    return not (thing.is_person or thing.is_action) and any(link.target == thing.key for link in deed.links)


def tagline(text: str) -> str:
    """The goal as one sentence."""
    one_line = _SPACE.sub(" ", text).strip()
    line = _OPENING.sub("", one_line)
    line = one_line if _SOMEBODY_DOES.match(line) else line
    sentence = re.split(r"(?<=[.!?])\s", line, maxsplit=1)[0].strip(" ,;:") or one_line
    short = _shorten(sentence, _MOST_TAGLINE)
    ending = "" if short[-1] in ".!?…" else "."
    return short[0].upper() + short[1:] + ending


def about(draft: Draft, targets: Sequence[str], context: str) -> str:
    """One sentence on what these records are."""
    where = f" of the {context}" if context else ""
    plural_label = plural(draft.label)
    if draft.is_person:
        return f"The {lower_first(plural_label)}{where}, and how to reach them."
    if targets:
        belongs = " and ".join(with_article(lower_first(target)) for target in targets[:3])
        return f"Each {lower_first(draft.label)} belongs to {belongs}."
    if draft.kind in (NounKind.EVENT, NounKind.ACT):
        return f"The {lower_first(plural_label)}{where}: what happens, when, and how far it is."
    return f"All {lower_first(plural_label)}{where} in one place."


def with_domain(label: str, findings: Findings) -> str:
    """The label with what the app is all about in front, where that reads well: "Yoga class"."""
    if label.lower() not in _CLASS_WORDS or not findings.domain:
        return label
    domain = next(
        (
            domain_word
            for domain_word in findings.domain
            if domain_word not in label.lower() and domain_word.isascii()
        ),
        "",
    )
    return f"{domain} {label.lower()}".strip().capitalize() if len(domain) < 16 else label


def examples(draft: Draft, findings: Findings) -> tuple[str, ...]:
    """Names for the first records: usual ones, kinds of a plant or food, or plainly numbered."""
    if draft.is_person or not draft.fields or draft.fields[0].name not in _NAMES:
        return ()
    label = with_domain(draft.label, findings)
    last_word = key_of(draft.label.split(" ")[-1])
    for key in (draft.setting + draft.key, draft.setting + last_word, key_of(label), draft.key, last_word):
        if key in usual_examples():
            return usual_examples()[key]
    if label.split(" ")[-1].lower() in _CLASS_WORDS:
        return tuple(f"{word} {label.lower()}" for word in _CLASSES)
    if len(draft.examples) >= 5 and draft.kind in (NounKind.FOOD, NounKind.PLANT):
        return tuple(_upper_first(name) for name in draft.examples)
    words = _VARIANTS.get(draft.kind, ())
    return tuple(f"{word} {label.lower()}" for word in words) or tuple(f"{label} {n}" for n in range(1, 7))


_NAMES: Final = frozenset("name title subject description".split())
_CLASSES: Final = ("Morning", "Evening", "Weekend", "Beginners'", "Advanced", "Monday", "Lunchtime", "Saturday")
_VARIANTS: Final = {
    NounKind.ACT: ("First", "Second", "Regular", "Follow-up", "Spring", "Extra"),
    NounKind.EVENT: ("Spring", "Opening", "Friday", "Summer", "Open-air", "Autumn"),
    NounKind.COMMUNICATION: ("First", "Short", "Revised", "Updated", "Summer", "Final"),
    NounKind.COGNITION: ("First", "Simple", "Shared", "New", "Long-term", "Quick"),
    NounKind.LOCATION: ("North", "Riverside", "Upper", "Harbour", "Garden", "South"),
}


def _shorten(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    # A cut at a comma leaves a whole thought, where that is not too little of it.
    clause, comma, _ = cut.rpartition(", ")
    if comma and len(clause) > most // 3:
        return clause
    return cut.rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"


def _title_case(text: str) -> str:
    words = text.split()
    return " ".join(word if word in _SMALL and at else word[0].upper() + word[1:] for at, word in enumerate(words))


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
