"""What of a goal an app leaves out: wishes beyond any blueprint, clauses of which nothing was taken up, limits."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache
from importlib.resources import files
from typing import Final

from app.blueprint.language.archetypes import Archetype, actions, key_of, lesser_actions
from app.blueprint.language.findings import Findings
from app.blueprint.language.grammar import SHUNNED
from app.blueprint.language.lexicon import is_known, singular, verb_stem
from app.blueprint.language.word_lists import word_list
from app.blueprint.look_words import look_words
from app.blueprint.spec import EntitySpec, FormSpec, RoleSpec, RuleKind, RuleSpec

_MOST: Final = 8
_LENGTH: Final = 80
CLAUSE = re.compile(r"[.;:!?\n()]+|,|\s[-\u2013\u2014]+\s|\band\b|\bbut\b", re.IGNORECASE)
WORD = re.compile(r"[a-z]+(?:-[a-z]+)*", re.IGNORECASE)
LIMIT = re.compile(
    r"\b(at most|at least|up to|no more than|not more than|max(imum)?( of)?|min(imum)?( of)?|only|per|for)\b"
    r"[^,.;]{0,20}\d|\d+\s*(%|percent|euros?|dollars?|pounds?|kg|hours?|minutes?|days?|weeks?|months?|\u20ac|\$|\u00a3)"
    r"|\d\s*(to|-|\u2013)\s*\d|\b(deposit|price|fee|fine)s?( of)? \d|[\u20ac$\u00a3]\s?\d"
    r"|\bno (mon|tues|wednes|thurs|fri|satur|sun)days?\b",
    re.IGNORECASE,
)
_ADDITION = re.compile(r"^\s*(with|including|plus|along with|together with)\b", re.IGNORECASE)
_NEGATION = re.compile(r"^\s*(no|never|not|without)\b", re.IGNORECASE)
PLAIN_WORDS: Final = (
    word_list("function") | word_list("determiners") | word_list("pronouns") | word_list("software")
    | word_list("plain_adjectives") | word_list("verbs") | word_list("no_deeds") | word_list("english")
    | frozenset("thing way time day week month year moment place side end lot bit kind spreadsheet paper".split())
)  # fmt: skip
_COUNTED: Final = (RuleKind.CAPACITY, RuleKind.STOCK)


def left_out(
    goal: str,
    found: Findings,
    *,
    archetype: Archetype | None,
    entities: Sequence[EntitySpec],
    forms: Sequence[FormSpec],
    roles: Sequence[RoleSpec],
    rules: Sequence[RuleSpec],
    does: Set[str] = frozenset(),
) -> tuple[str, ...]:
    """Each in the founder's own words, or as what no such app does; never more than a handful."""
    known = vocabulary(found, archetype, entities, forms, roles) | look_words(goal)
    counts = any(rule.kind in _COUNTED for rule in rules)
    unknown = [_unknown(one, known) for one in found.unknown if not any(beyond(one))]
    told = [*beyond(goal, does), *_clauses(goal, known, counts=counts), *unknown]
    return tuple(dict.fromkeys(short(line) for line in told))[:_MOST]


def _unknown(text: str, known: frozenset[str]) -> str:
    return f"What “{text}” means; it is kept by that name alone" if word_forms(text) & known else f"“{text}”"


def beyond(goal: str, does: Set[str] = frozenset()) -> Iterator[str]:
    """Each thing in a text that an app does not do, as it is told; `does` are abilities that it has."""
    for ability, pattern, line in _not_done():
        if ability not in does and pattern.search(goal):
            yield line


@cache
def _not_done() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """What no app does, and under the name of an ability what one does that has it."""
    table = tomllib.loads((files(__package__) / "data" / "beyond.toml").read_text(encoding="utf-8"))
    lines = [("", pattern, line) for pattern, line in table.items() if isinstance(line, str)]
    lines += [
        (ability, pattern, line)
        for ability, some in table.items()
        if isinstance(some, dict)
        for pattern, line in some.items()
    ]
    return tuple(
        (ability, re.compile(rf"\b({pattern})\b", re.IGNORECASE), line) for ability, pattern, line in lines
    )


def _clauses(goal: str, known: frozenset[str], *, counts: bool) -> Iterator[str]:
    for clause in CLAUSE.split(goal):
        text = (clause or "").strip()
        words = WORD.findall(text.lower())
        if SHUNNED & set(words):
            continue  # what the founder is to be spared
        said = [one for one in words if len(one) > 2 and one not in PLAIN_WORDS and is_known(one)]
        lost = [one for one in said if not word_forms(one) & known]
        is_limit = LIMIT.search(text) is not None
        nothing = bool(said) and len(lost) == len(said)
        is_told = is_limit or _NEGATION.match(text) or _ADDITION.match(text)
        is_lost = nothing and (len(lost) > 1 or is_told)
        if is_lost or (is_limit and not counts):
            yield _ADDITION.sub("", text).strip()


def vocabulary(
    found: Findings,
    archetype: Archetype | None,
    entities: Sequence[EntitySpec],
    forms: Sequence[FormSpec],
    roles: Sequence[RoleSpec],
    title: str = "",
) -> frozenset[str]:
    """Every word of the app, and those that led to one of its records."""
    # For the account of wishes, which has a title, a word of the goal is no proof that the app has a place for it.
    spoken_of = [title] if title else [found.context, *found.domain, *found.subjects]
    texts = [*spoken_of, *found.roles, *(role.name for role in roles)]
    for entity in entities:
        texts += [entity.label, entity.plural, *(field.label for field in entity.fields)]
        texts += [choice for field in entity.fields for choice in field.choices]
    texts += [form.action for form in forms]
    names = {key_of(entity.label) for entity in entities}
    leading = [verb for verb, name in actions().items() if key_of(name) in names]
    leading += [verb for verb, some in lesser_actions().items() if names & set(map(key_of, some))]
    telling = archetype.words if archetype else ()
    aliases = [name for one in archetype.entities for name in one.names] if archetype else []
    return frozenset(_stems(_words([*texts, *leading, *telling, *aliases])))


def _words(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from WORD.findall(text.lower())


def _stems(words: Iterable[str]) -> Iterator[str]:
    for one in words:
        yield from word_forms(one)


def word_forms(text: str) -> frozenset[str]:
    """The ways in which a word may stand elsewhere: "graded" and "grades" for "grade"."""
    stem = verb_stem(text)
    return frozenset({text, singular(text), *({stem} if stem else ())})


def short(text: str) -> str:
    """The text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LENGTH else line[: _LENGTH - 1].rsplit(" ", 1)[0] + "…"
