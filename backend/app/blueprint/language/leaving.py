"""The parts of a goal that an app leaves out: wishes beyond any blueprint, unused clauses, limits."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache
from importlib.resources import files
from typing import Final

from app.blueprint.language.archetypes import (
    Archetype,
    actions,
    archetypes,
    key_of,
    known_entities,
    lesser_actions,
)
from app.blueprint.language.findings import Findings
from app.blueprint.language.grammar import SHUNNED, Token
from app.blueprint.language.lexicon import is_known, plural, singular, verb_stem
from app.blueprint.language.word_lists import word_list, word_pairs
from app.blueprint.look_words import look_words
from app.blueprint.rule_kinds import COUNTING
from app.blueprint.spec import EntitySpec, FormSpec, RoleSpec, RuleSpec

_MOST_LINES: Final = 8
_LENGTH: Final = 80
# A mark within a number ends nothing: "9.50", "1,000", "9:30".
CLAUSE = re.compile(
    r"(?:[;!?\n()]|[.:](?!\d)|(?<!\d)[.:])+|,(?!\d)|(?<!\d),|\s[-\u2013\u2014]+\s|\band\b|\bbut\b", re.IGNORECASE
)
WORD = re.compile(r"[a-z]+(?:-[a-z]+)*", re.IGNORECASE)
LIMIT = re.compile(
    r"\b(at most|at least|up to|no more than|not more than|max(imum)?( of)?|min(imum)?( of)?|only|per|for|from|"
    r"over|under|above|below|within)\b"
    r"[^,.;]{0,20}\d|\d+\s*(%|percent|euros?|dollars?|pounds?|kg|hours?|minutes?|days?|weeks?|months?|\u20ac|\$|\u00a3)"
    r"|\d\s*(to|-|\u2013)\s*\d|\b(deposit|price|fee|fine)s?( of)? \d|[\u20ac$\u00a3]\s?\d"
    r"|\bno (mon|tues|wednes|thurs|fri|satur|sun)days?\b|\d\s*(per|an?|each|apiece)\b"
    r"|\d+ (?:seats?|places?|spots?|tickets?|chairs)\b|\b(?:choose|pick|select|choice of) \d"
    r"|\b(?:pay|cost|charge|owe|earn|need|win|lose)s?\b[^,.;]{0,12}\d"
    # "Small hall 15": a number behind what it is said of, unless it is a year.
    r"|^\W*(([a-z]+ ){1,4}(?!(19|20)\d\d\b)\d+([.,:]\d+)?( \d+([.,]\d+)?)*\W*)+$|\bof \d+ [a-z]+s\b",
    re.IGNORECASE,
)
_ADDITION = re.compile(r"^\s*(with|including|plus|along with|together with)\b", re.IGNORECASE)
_NEGATION = re.compile(r"^\s*(no|never|not|without)\b", re.IGNORECASE)
PLAIN_WORDS: Final = (
    word_list("function") | word_list("determiners") | word_list("pronouns") | word_list("software")
    | word_list("plain_adjectives") | word_list("verbs") | word_list("no_deeds") | word_list("english")
    | frozenset("thing way time day week month year moment place side end lot bit kind spreadsheet paper".split())
)  # fmt: skip
_DATA: Final = frozenset(word_pairs("attributes"))
_INSTEAD: Final = ";"


def left_out(
    goal: str,
    findings: Findings,
    *,
    archetype: Archetype | None,
    entities: Sequence[EntitySpec],
    forms: Sequence[FormSpec],
    roles: Sequence[RoleSpec],
    rules: Sequence[RuleSpec],
    does: Set[str] = frozenset(),
    said: Sequence[str] = (),
) -> tuple[str, ...]:
    """The lost parts, in the founder's own words or as what no such app does; never more than a handful."""
    words_of_app = vocabulary(findings, archetype, entities, forms, roles) | look_words(goal)
    counts = any(rule.kind in COUNTING for rule in rules)
    unknown = [_tell_unknown(word, words_of_app) for word in findings.unknown if not any(beyond(word))]
    lines = [*beyond(goal, does), *_lost_clauses(goal, words_of_app, counts=counts, said=said), *unknown]
    return tuple(dict.fromkeys(shorten(line) for line in lines))[:_MOST_LINES]


def _tell_unknown(text: str, known: frozenset[str]) -> str:
    return f"What “{text}” means; it is kept by that name alone" if word_forms(text) & known else f"“{text}”"


def beyond(goal: str, does: Set[str] = frozenset()) -> Iterator[str]:
    """The things in a text that an app does not do, as the founder is told; `does` are abilities that it has."""
    for ability, pattern, line in _limits_of_apps():
        if ability not in does and pattern.search(goal):
            yield line


def places_left_out(tokens: Sequence[Token]) -> frozenset[int]:
    """The places of words that speak of what no app does, and that nothing stands in for: "a text message".

    They name no record: what is told as left out is not kept beside.
    """
    starts, length = [], 0
    for token in tokens:
        starts.append(length)
        length += len(token.text) + 1
    text = " ".join(token.text for token in tokens)
    spans = [
        match.span()
        for ability, pattern, line in _limits_of_apps()
        # Behind the mark stands what an app has in its place, such as amounts that are noted.
        if not ability and _INSTEAD not in line
        for match in pattern.finditer(text)
    ]
    return frozenset(
        place for place, start in enumerate(starts) if any(begins <= start < ends for begins, ends in spans)
    )


@cache
def _limits_of_apps() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """The patterns of things that no app does, or only one with the ability that stands first."""
    table = tomllib.loads((files(__package__) / "data" / "beyond.toml").read_text(encoding="utf-8"))
    lines = [("", pattern, line) for pattern, line in table.items() if isinstance(line, str)]
    lines += [
        (ability, pattern, line)
        for ability, patterns in table.items()
        if isinstance(patterns, dict)
        for pattern, line in patterns.items()
    ]
    return tuple(
        (ability, re.compile(rf"\b({pattern})\b", re.IGNORECASE), line) for ability, pattern, line in lines
    )


def _lost_clauses(goal: str, known: frozenset[str], *, counts: bool, said: Sequence[str]) -> Iterator[str]:
    for clause in CLAUSE.split(goal):
        text = (clause or "").strip()
        if any(words in text or text in words for words in said):
            continue  # a part of the app came from it; the account of the wishes says how much of it is kept
        words = WORD.findall(text.lower())
        if SHUNNED & set(words):
            continue  # what the founder is to be spared
        # Only words that are known: a name or a slip of the pen is told as unknown, not as lost.
        telling = [word for word in words if len(word) > 2 and word not in PLAIN_WORDS and is_known(word)]
        unplaced = [word for word in telling if not word_forms(word) & known]
        is_limit = LIMIT.search(text) is not None
        is_unplaced = bool(telling) and len(unplaced) == len(telling)
        is_told = is_limit or _NEGATION.match(text) or _ADDITION.match(text)
        # One word alone may be a name or a way of speaking; two words without a place are a wish.
        is_lost = is_unplaced and (len(unplaced) > 1 or is_told)
        if is_lost or (is_limit and not counts):
            yield _ADDITION.sub("", text).strip()


def vocabulary(
    findings: Findings,
    archetype: Archetype | None,
    entities: Sequence[EntitySpec],
    forms: Sequence[FormSpec],
    roles: Sequence[RoleSpec],
    title: str = "",
) -> frozenset[str]:
    """Every word of the app, and those that led to one of its records."""
    # For the account of wishes, which has a title, a word of the goal is no proof that the app has a place for it.
    spoken_of = [title] if title else [findings.context, *findings.domain, *findings.subjects]
    texts = [*spoken_of, *findings.roles, *(role.name for role in roles)]
    for entity in entities:
        texts += [entity.label, entity.plural, *(field.label for field in entity.fields)]
        texts += [figure.label for figure in entity.computed]
        texts += [choice for field in entity.fields for choice in field.choices]
    # Whoever fills in a form is a visitor, whatever the goal calls them.
    texts += [f"fill in {form.action} visitor public" for form in forms]
    names = {key_of(entity.label) for entity in entities}
    leading = [verb for verb, name in actions().items() if key_of(name) in names]
    leading += [verb for verb, names_left in lesser_actions().items() if names & set(map(key_of, names_left))]
    # That a kind of app usually speaks of tax is no proof that this one has a field for it; its subject is.
    telling = (
        [word for word in archetype.words if not title or word not in _DATA | _usual_fields()] if archetype else []
    )
    aliases = [
        name
        for entity in (archetype.entities if archetype else ())
        if not title or names & set(map(key_of, entity.names))
        for name in entity.names
    ]
    return frozenset(_word_stems(_words_in([*texts, *leading, *telling, *aliases])))


@cache
def _usual_fields() -> frozenset[str]:
    """The words by which records of any kind of app have a field: photo, colour, due."""
    fields = [field for app in archetypes() for entity in app.entities for field in entity.fields if not field.ref]
    names = frozenset(word for field in fields for word in field.name.split("_"))
    kinds = frozenset(map(str.lower, known_entities()))
    return frozenset(form for word in names - kinds for form in (word, plural(word)))


def _words_in(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from WORD.findall(text.lower())


def _word_stems(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield from word_forms(word)


def word_forms(text: str) -> frozenset[str]:
    """The ways in which a word may stand elsewhere: "graded" and "grades" for "grade"."""
    stem = verb_stem(text)
    return frozenset({text, singular(text), *({stem} if stem else ())})


def shorten(text: str) -> str:
    """The text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LENGTH else line[: _LENGTH - 1].rsplit(" ", 1)[0] + "…"
