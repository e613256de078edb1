"""What an app is called and what it says about itself, in the founder's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.blueprint.language.archetypes import key_of
from app.blueprint.language.drafts import Draft
from app.blueprint.language.findings import Findings
from app.blueprint.language.grammar import SHUNNED
from app.blueprint.language.lexicon import NounKind, plural, singular
from app.blueprint.language.word_lists import word_list
from app.blueprint.look_words import manner_words
from app.blueprint.usual_examples import usual_examples

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
    "Timeslot": "Time Slot",
}  # fmt: skip
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
_FUNCTION: Final = word_list("determiners") | word_list("function")
_PLAIN: Final = word_list("plain_adjectives")
_CLASS_WORDS: Final = frozenset("class course lesson workshop session event".split())
CURRENCIES: Final = (("£", "£ gbp pound pounds quid sterling"), ("€", "€ eur euro euros"), ("¥", "¥ yen jpy"),
                     ("₹", "₹ rupee rupees inr"), ("CHF", "chf francs"))  # fmt: skip


_NAME: Final = r"[A-Z][\w&'-]*(?: [A-Z0-9][\w&'-]*){0,4}"
_QUOTED: Final = r"[\"\u201c\u2018'](?P<quoted>[^\"\u201d\u2019\n]{2,40})[\"\u201d\u2019']"
_GIVEN: Final = re.compile(rf"\b(?:called|named|name it|call it|the name is)\s+(?:{_QUOTED}|(?P<plain>{_NAME}))")


def title(found: Findings, drafts: Sequence[Draft], words: Sequence[str], *, goal: str) -> str:
    """A short name: where it is for or what it does, such as "Tennis Club" or "Invoice Tracker"."""
    if given := _given_name(goal):
        return _fit(given, _MOST_TITLE)
    said, looks = _title_words(found, drafts, words), manner_words(goal)
    name = (
        _title_case(" ".join([word for word in said if word not in looks] or said))
        .removesuffix("'s")
        .replace("s's ", "s' ")
    )
    for joined, spoken in _JOINED.items():
        name = name.replace(joined, spoken)
    return _fit(" ".join(_as_written(word, goal) for word in name.split(" ")), _MOST_TITLE)


def _given_name(goal: str) -> str:
    """The name that the founder gives the app: behind "called" or "named", with or without quotes."""
    match = _GIVEN.search(goal)
    return " ".join((match["quoted"] or match["plain"] or "").split()).strip(" .,;:") if match else ""


def _title_words(found: Findings, drafts: Sequence[Draft], words: Sequence[str]) -> list[str]:
    said = _said(words)
    if said and (all(one.added for one in drafts) or len(said) == len(words)):
        return said
    purpose, mains = _purpose(words), _mains(drafts)
    context = [word for word in found.context.split(" ") if word and word not in _PLAIN]
    if not context and not purpose and (occasion := _occasion(found)):
        return occasion
    if len(context) > 1 and not purpose:
        return context
    if context and not purpose:
        first = _first(drafts)
        sold = context[0] in _SHOPS and not any(one.is_person and one.label == first for one in drafts)
        return [first.lower(), *context] if sold else [*context, *plural(first).lower().split(" ")]
    if not context and len(purpose or mains) < 4:
        context = [word for word in found.subjects[:1] if word not in " ".join(purpose or mains)]
    return [*context, *(word for word in purpose or mains if word not in context or word == "and")]


def _occasion(found: Findings) -> list[str]:
    """What all of it is for, said in two words of which no record is kept: "our street festival"."""
    said = [
        one for one in found.spare if one.kind in _OCCASIONS and " " in one.label and one.key not in found.roles
    ]
    return said[0].label.lower().split(" ") if said else []


def _first(drafts: Sequence[Draft]) -> str:
    """What the app is most about: the first thing that the goal names, or else the first people."""
    own = [one for one in drafts if not one.added] or list(drafts)
    return next((one.label for one in own if not one.is_person and not one.is_action), own[0].label)


def _as_written(word: str, goal: str) -> str:
    """The word with the capitals the founder gives it, as in GP, SaaS or DJ."""
    found = re.search(rf"\b{re.escape(word)}\b", goal, re.IGNORECASE)
    return found[0] if found and found[0][1:] != found[0][1:].lower() and not goal.isupper() else word


def _said(words: Sequence[str]) -> list[str]:
    """The founder's own few words: "wine cellar", "bakery"."""
    plain = [word for word in words if word[0].isalpha() and word not in _FUNCTION and word not in _PLAIN]
    return plain if len(plain) <= 3 else []


def _purpose(words: Sequence[str]) -> list[str]:
    """The words up to the one that says what kind of app it is: "invoice tracker", "booking" of "booking app"."""
    for at, word in enumerate(words[:14]):
        if SHUNNED & set(words[max(0, at - 2) : at]):
            continue
        verb = at > 0 and (singular(words[at - 1]) != words[at - 1]) and word not in _SOFTWARE_NAMES
        if not verb and (word in _PURPOSE or word in _SOFTWARE_NAMES):
            before = _words_before(words, at) or [one for one in words[max(0, at - 1) : at] if one in _TRADES]
            if before:
                return before + ([word] if word in _PURPOSE else [])
    return []


def _words_before(words: Sequence[str], at: int) -> list[str]:
    before: list[str] = []
    while at > 0 and words[at - 1][0].isalpha() and words[at - 1] not in _FUNCTION and len(before) < 3:
        at -= 1
        before.insert(0, words[at])
    return [one for one in before if one not in _PLAIN and (one in _PURPOSE or one not in _SOFTWARE)]


def _mains(drafts: Sequence[Draft]) -> list[str]:
    own = [one for one in drafts if not one.added] or list(drafts)
    for deed in own[:2]:
        thing = next((one for one in drafts if deed.is_action and _is_about(deed, one)), None)
        if thing is not None:
            said = () if thing.label.lower() in deed.label.lower() else (thing.label,)
            return " ".join((*said, plural(deed.label))).lower().split(" ")
    return " and ".join(_lower(plural(one.label)) for one in own[:2]).split(" ")


def _is_about(deed: Draft, one: Draft) -> bool:
    return not (one.is_person or one.is_action) and any(link.target == one.key for link in deed.links)


def tagline(text: str) -> str:
    """The goal as one sentence."""
    whole = _SPACE.sub(" ", text).strip()
    line = _OPENING.sub("", whole)
    line = whole if _SOMEBODY_DOES.match(line) else line
    first = re.split(r"(?<=[.!?])\s", line, maxsplit=1)[0].strip(" ,;:") or whole
    short = _fit(first, _MOST_TAGLINE)
    ending = "" if short[-1] in ".!?…" else "."
    return short[0].upper() + short[1:] + ending


def about(one: Draft, targets: Sequence[str], context: str) -> str:
    """One sentence on what these records are."""
    where = f" of the {context}" if context else ""
    many = plural(one.label)
    if one.is_person:
        return f"The {_lower(many)}{where}, and how to reach them."
    if targets:
        belongs = " and ".join(_with_article(_lower(target)) for target in targets[:3])
        return f"Each {_lower(one.label)} belongs to {belongs}."
    if one.kind in (NounKind.EVENT, NounKind.ACT):
        return f"The {_lower(many)}{where}: what happens, when, and how far it is."
    return f"All {_lower(many)}{where} in one place."


def with_domain(label: str, found: Findings) -> str:
    """The label with what the app is all about in front, where that reads well: "Yoga class"."""
    if label.lower() not in _CLASS_WORDS or not found.domain:
        return label
    domain = next((one for one in found.domain if one not in label.lower() and one.isascii()), "")
    return f"{domain} {label.lower()}".strip().capitalize() if len(domain) < 16 else label


def examples(one: Draft, found: Findings) -> tuple[str, ...]:
    """Names for the first records: usual ones, kinds of a plant or food, or plainly numbered."""
    if one.is_person or not one.fields or one.fields[0].name not in _NAMES:
        return ()
    label = with_domain(one.label, found)
    last = key_of(one.label.split(" ")[-1])
    for key in (one.setting + one.key, one.setting + last, key_of(label), one.key, last):
        if key in usual_examples():
            return usual_examples()[key]
    if label.split(" ")[-1].lower() in _CLASS_WORDS:
        return tuple(f"{word} {label.lower()}" for word in _CLASSES)
    if len(one.examples) >= 5 and one.kind in (NounKind.FOOD, NounKind.PLANT):
        return tuple(_upper(name) for name in one.examples)
    words = _VARIANTS.get(one.kind, ())
    return tuple(f"{word} {label.lower()}" for word in words) or tuple(f"{label} {n}" for n in range(1, 7))


_NAMES: Final = frozenset("name title subject description".split())
_CLASSES: Final = ("Morning", "Evening", "Weekend", "Beginners'", "Advanced", "Monday", "Lunchtime", "Saturday")
_VARIANTS: Final = {
    NounKind.ACT: ("First", "Second", "Regular", "Follow-up", "Spring", "Extra"),
    NounKind.EVENT: ("Spring", "Opening", "Friday", "Summer", "Open-air", "Autumn"),
    NounKind.COMMUNICATION: ("First", "Short", "Revised", "Updated", "Summer", "Final"),
    NounKind.COGNITION: ("First", "Simple", "Shared", "Bold", "Long-term", "Quick"),
    NounKind.LOCATION: ("North", "Riverside", "Upper", "Harbour", "Garden", "South"),
}


def currency(text: str) -> str:
    """The sign of the money that the goal speaks of."""
    words = set(re.findall(r"[a-z]+|[£€¥₹]", text.lower()))
    return next((sign for sign, names in CURRENCIES if words & set(names.split())), "$")


def _fit(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    clause, comma, _ = cut.rpartition(", ")
    if comma and len(clause) > most // 3:
        return clause
    return cut.rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"


def _title_case(text: str) -> str:
    words = text.split()
    return " ".join(word if word in _SMALL and at else word[0].upper() + word[1:] for at, word in enumerate(words))


def _with_article(text: str) -> str:
    return ("an " if text[0].lower() in "aeiou" else "a ") + text


def _lower(text: str) -> str:
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
