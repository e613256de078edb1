"""The part a noun plays in a goal: a place, an action, an operator of the app, a record to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.blueprint.language.archetypes import action_fields, key_of, known_entities
from app.blueprint.language.grammar import Part, Phrase, Token
from app.blueprint.language.lexicon import NounKind, Word, word
from app.blueprint.language.uploading import PICTURES
from app.blueprint.language.word_lists import word_list, word_pairs

SOFTWARE: Final = word_list("software")
_KEPT: Final = word_list("kept_records")
ALWAYS_DETAILS: Final = word_list("always_details")
_NOT_ACTIONS: Final = word_list("not_actions")
_PLACES: Final = word_list("places")
_WARES: Final = word_pairs("wares")
_SPELLINGS: Final = word_pairs("spellings")
TOPICS: Final = word_list("topics")
_OPERATORS: Final = word_list("operators")
_CONTAINERS: Final = word_list("containers")
_ANY_OTHER: Final = frozenset("other new different same real right certain local".split())
_ANYBODY: Final = frozenset({"user", "person", "people"})
_ARTICLES: Final = frozenset({"a", "an", "my", "our", "the", "his", "her"})
_FOUNDERS: Final = frozenset({"i'm", "am", "we're", "i", "are"})
THINGS: Final = frozenset(
    {NounKind.ANIMAL, NounKind.ARTEFACT, NounKind.FOOD, NounKind.PLANT, NounKind.PERSON, NounKind.OBJECT,
     NounKind.LOCATION, NounKind.BODY}
)  # fmt: skip
VAGUE: Final = frozenset(
    {NounKind.ATTRIBUTE, NounKind.COGNITION, NounKind.FEELING, NounKind.MOTIVE, NounKind.PROCESS,
     NounKind.RELATION, NounKind.STATE, NounKind.TIME, NounKind.SHAPE, NounKind.QUANTITY, NounKind.PHENOMENON,
     NounKind.TOP, NounKind.LOCATION, NounKind.GROUP}
)  # fmt: skip
_FOR: Final = frozenset({"ask", "apply", "pay", "register", "wait", "look", "search", "charge", "bill"})
_BUILDS: Final = frozenset("build make create need want manage organise organize help design develop give".split())
_RUNS: Final = frozenset({"run", "own", "have", "open", "start", "organise", "organize", "host"})
_ABOUT: Final = frozenset(
    {"by", "for", "at", "of", "in", "from", "on", "around", "near", "within", "inside", "as"}
)
_ACTION_ENDINGS: Final = ("ing", "tion", "sion", "al", "ment", "ance", "ence", "age")


def is_kept_record(phrase: Phrase, modifiers: Sequence[Token]) -> bool:
    """True if a word such as "record" or "question" is meant as a thing: "vinyl records", "quiz questions"."""
    head = phrase.head
    # "Older people" are somebody to keep; "people" alone may be anybody.
    if head.text == "people":
        return any(
            adjective.part is Part.ADJECTIVE and adjective.text not in _ANY_OTHER for adjective in phrase.modifiers
        )
    if head.is_plural and word(head.basic).kind is NounKind.PERSON and head.basic not in _ANYBODY | _OPERATORS:
        return True
    # "Photos of the walk" give walks a photo.
    if head.basic in PICTURES and phrase.after == "of":
        return False
    if head.basic not in _KEPT or (head.basic in ALWAYS_DETAILS and phrase.before == "with"):
        return False
    # A "customer record" is the customer, and a bare "form" part of any app; a "vinyl record" is a thing.
    if head.basic in ("record", "form", "account", "profile", "file"):
        kinds = {word(token.basic).kind for token in modifiers}
        return bool(kinds - {NounKind.PERSON, NounKind.ANIMAL, NounKind.GROUP})
    return head.is_plural


def is_done_to(token: Token, before: Token | None, phrase: Phrase) -> bool:
    """True if the word is something done again and again: "feeding times", "plant watering reminder"."""
    if (
        word(token.basic).kind is not NounKind.ACT
        or not token.basic.endswith("ing")
        or token.basic in _NOT_ACTIONS
        or token.basic in TOPICS
    ):
        return False
    return phrase.head.is_plural or (before is not None and word(before.basic).kind in THINGS)


def only_says_what_about(token: Token, later: Sequence[Token]) -> bool:
    """True if a word before "app" or "list" is no record but the subject: "yoga studio app"."""
    lexical = word(token.basic)
    if later and not is_pair(token, later[0]):
        return True
    is_activity = (lexical.kind is NounKind.ACT and token.basic.endswith("ing")) or token.basic in TOPICS
    return is_place(token.basic) or ((lexical.kind in VAGUE or is_activity) and not is_recordable(token.basic))


def is_pair(first_token: Token, second_token: Token) -> bool:
    """True if two nouns beside each other are two records: "pet adoption", "volunteer shifts"."""
    first, second = word(first_token.basic), word(second_token.basic)
    if (
        first_token.is_owner
        or first_token.basic in TOPICS
        or (is_trade(first_token.basic) and not is_recordable(first_token.basic))
    ):
        return False
    # "Volunteer shifts" are volunteers and shifts, "customer complaints" customers and their complaints.
    if first.kind is NounKind.PERSON:
        return second.kind is not NounKind.PERSON
    compound = key_of(first_token.basic + second_token.basic) in known_entities()
    is_known = first.kind in THINGS or (is_recordable(first_token.basic) and not compound)
    return is_known and is_action_noun(second_token.basic, second)


def is_trade(basic: str) -> bool:
    """True if people of this name do something for a living, as the founder may."""
    return "w" in word(basic).flags and word(basic).kind is NounKind.PERSON


def is_action_noun(text: str, lexical: Word) -> bool:
    """True if the noun is something people do: "adoption", "booking"."""
    if key_of(text) in action_fields():
        return True
    is_act = lexical.kind in (NounKind.ACT, NounKind.EVENT)
    return is_act and text.endswith(_ACTION_ENDINGS) and text not in _NOT_ACTIONS


def is_place(basic: str) -> bool:
    """True if the word names where something happens: "studio", "school"."""
    lexical = word(basic)
    return (
        basic in _PLACES
        or "b" in lexical.flags
        or ("o" in lexical.flags and lexical.kind in (NounKind.GROUP, NounKind.ARTEFACT))
    )


def is_subject(basic: str) -> bool:
    """True if the word only says what it is about or where: "chess club", "farm shop"."""
    return basic in TOPICS or is_place(basic)


def is_context(phrase: Phrase, lexical: Word) -> bool:
    """True if the phrase only says where or for whom: "for a yoga studio", "our school"."""
    head = phrase.head
    is_at_place = is_place(head.basic)
    if _is_the_app(phrase):
        return True
    if is_operator(phrase) or (is_at_place and phrase.at == 0 and not phrase.is_subject and not head.is_plural):
        return True
    if _is_dealt_with(phrase, lexical):
        return False
    # "We run a developer conference": the app is for it and keeps no conferences.
    is_run = is_at_place or lexical.kind is NounKind.GROUP
    if (
        is_run
        and phrase.is_object
        and phrase.verb in _RUNS
        and phrase.determiner in _ARTICLES
        and not head.is_plural
    ):
        return True
    # "Our hall is rented by clubs", "lockers for travellers": where several are named, they are kept.
    if head.is_plural:
        return is_at_place and phrase.before == "for" and not is_recordable(head.basic)
    # "Book a room for your meeting" keeps no meetings; "apply for a plot" says what is asked for.
    if is_recordable(head.basic) and not is_at_place:
        is_asked_for = phrase.before == "for" and phrase.verb in _FOR
        return phrase.before in ("for", "in", "at") and phrase.determiner in _ARTICLES and not is_asked_for
    if is_at_place or lexical.kind in (NounKind.GROUP, NounKind.LOCATION):
        return phrase.before in _ABOUT or phrase.determiner in _ARTICLES or bool(phrase.modifiers)
    return phrase.before in ("for", "at", "in") and phrase.determiner in _ARTICLES


def _is_the_app(phrase: Phrase) -> bool:
    """True if it is what the founder asks for, or asks it for: "choir: singers", "a gallery where artists"."""
    if phrase.at <= 1 and phrase.after == ":" and not phrase.head.is_plural:
        return True
    is_app = phrase.at <= 3 and phrase.after == "where" and phrase.determiner in ("a", "an")
    return is_app and (is_place(phrase.head.basic) or not is_recordable(phrase.head.basic))


def _is_dealt_with(phrase: Phrase, lexical: Word) -> bool:
    """True if somebody does something to it or comes for it: "choose a room", "couples come for a tasting"."""
    if not phrase.verb or phrase.verb in _RUNS | _BUILDS or phrase.determiner not in _ARTICLES:
        return False
    if phrase.is_object:
        return is_recordable(phrase.head.basic)
    is_done = is_action_noun(phrase.head.basic, lexical) or phrase.head.basic.endswith("ing")
    return phrase.before == "for" and is_done and not is_place(phrase.head.basic)


def is_operator(phrase: Phrase) -> bool:
    """True if the phrase names those who run the app: "I'm a plumber", "the landlord follows up"."""
    head = phrase.head
    if head.basic in _OPERATORS and not head.is_plural:
        return True
    if word(head.basic).kind is not NounKind.PERSON or head.is_plural:
        return False
    if phrase.determiner == "my" and phrase.after == "and" and phrase.at <= 3 and not is_recordable(head.basic):
        return True
    if phrase.determiner in ("a", "an") and phrase.before in _FOUNDERS:
        return True
    if phrase.at <= 1 and phrase.after == "with" and is_trade(head.basic):
        return True
    if phrase.determiner in ("a", "an") and phrase.at <= 2 and phrase.after == "who":
        return True
    if is_recordable(head.basic):
        return False
    return phrase.is_subject and (phrase.determiner in ("the", "my", "our") or phrase.at <= 2)


def is_container(head: Token, modifiers: Sequence[Token]) -> bool:
    """True if the word only says that there are many of the thing before it: "recipe box"."""
    whole = key_of("".join(token.basic for token in [*modifiers[-1:], head]))
    return (
        head.basic in _CONTAINERS
        and not head.is_plural
        and bool(modifiers)
        and is_recordable(modifiers[-1].basic)
        and whole not in known_entities()
    )


def is_recordable(basic: str) -> bool:
    """True if records of this name are known, whatever its kind of noun."""
    key = key_of(_SPELLINGS.get(basic, basic))
    return key in known_entities() or key in action_fields()
