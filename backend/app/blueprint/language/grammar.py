"""A small phrase grammar: which words are nouns, verbs and adjectives, and which stand together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from app.blueprint.language.archetypes import actions
from app.blueprint.language.lexicon import UNKNOWN_WORD, NounKind, Word, singular, verb_stem, word
from app.blueprint.language.word_lists import word_list

_DETERMINERS: Final = word_list("determiners")
_FUNCTION: Final = word_list("function") | _DETERMINERS
_PRONOUNS: Final = word_list("pronouns")
_OWNERS: Final = frozenset({"their", "his", "her", "its"})
_BEFORE_VERB: Final = frozenset(
    {"to", "can", "will", "should", "could", "would", "may", "must", "let", "lets", "help"}
)
_AFTER_NOUN_VERB: Final = frozenset({"from", "to"})
_PLURAL_MODIFIERS: Final = word_list("plural_modifiers")
_HOUSES: Final = word_list("houses")
_OBJECTS: Final = frozenset({"them", "it", "him"})
_MARKS: Final = frozenset(".,;:!?()\n")
_LIKELY_VERBS: Final = word_list("verbs")
_CLAUSE: Final = frozenset({"that", "who", "which", "where"})


class Part(Enum):
    """What a word does in its sentence."""

    NOUN = "noun"
    VERB = "verb"
    ADJECTIVE = "adjective"
    ADVERB = "adverb"
    FUNCTION = "function"
    MARK = "mark"


@dataclass(frozen=True)
class Token:
    """A word with its part of speech and its basic form; an owner stands in the genitive: "customer's"."""

    text: str
    part: Part
    basic: str
    is_owner: bool = False

    @property
    def is_plural(self) -> bool:
        """Whether the noun is written in the plural."""
        return self.part is Part.NOUN and self.text != self.basic and not self.is_owner


@dataclass(frozen=True)
class Phrase:
    """A noun with the words before it that belong to it.

    `before` is the function word or mark in front, `after` the word or mark behind, `determiner` the article in
    front, `is_subject` whether a verb follows, and `verb` the verb that comes last before it.
    """

    modifiers: tuple[Token, ...]
    head: Token
    before: str
    determiner: str
    verb: str
    at: int
    after: str = ""
    is_subject: bool = False

    @property
    def is_owned(self) -> bool:
        """Whether it belongs to what was named before: "their dogs"."""
        return self.determiner in _OWNERS

    @property
    def nouns(self) -> tuple[Token, ...]:
        """The nouns of the phrase, the head last."""
        return (*(token for token in self.modifiers if token.part is Part.NOUN), self.head)


def tag(words: Sequence[str]) -> list[Token]:
    """Give each word its part of speech, from left to right."""
    tokens: list[Token] = []
    for at, text in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        tokens.append(_tagged(text, tokens[-1] if tokens else None, following))
    return tokens


def _tagged(text: str, before: Token | None, following: str) -> Token:
    if text in _MARKS:
        return Token(text, Part.MARK, text)
    if text in _FUNCTION or text in _PRONOUNS - {"people", "users", "customers"}:
        return Token(text, Part.FUNCTION, text)
    if text.endswith("'s"):
        return Token(text, Part.NOUN, singular(text[:-2]), is_owner=True)
    noun, stem = singular(text), verb_stem(text) or (text if text in actions() else None)
    part = _part(text, noun, stem, before, following)
    basic = {Part.NOUN: noun, Part.VERB: stem or text}.get(part, text)
    return Token(text, part, basic)


def _part(text: str, noun: str, stem: str | None, before: Token | None, following: str) -> Part:
    as_noun, as_verb, itself = word(noun), word(stem) if stem else UNKNOWN_WORD, word(text)
    if as_noun == UNKNOWN_WORD and as_verb == UNKNOWN_WORD and not stem:
        return Part.ADVERB if text.endswith("ly") else Part.NOUN
    if stem and _reads_as_verb(text, noun, as_noun, as_verb, before, following):
        return Part.VERB
    if (text.endswith("ly") and itself.adverb) or itself.adverb > max(as_noun.noun, itself.adjective):
        return Part.ADVERB
    return _noun_or_adjective(text, noun, as_noun, as_verb, itself, following)


def _noun_or_adjective(text: str, noun: str, as_noun: Word, as_verb: Word, itself: Word, following: str) -> Part:
    if text != noun:
        return Part.NOUN
    if itself.adjective and itself.adjective > as_noun.noun and following and _can_be_noun(following):
        return Part.ADJECTIVE
    if not as_noun.noun:
        past = text.endswith("ed") and following and _can_be_noun(following)
        return Part.ADJECTIVE if past or itself.adjective else Part.VERB if as_verb.verb else Part.NOUN
    return Part.NOUN


def _reads_as_verb(
    text: str, noun: str, as_noun: Word, as_verb: Word, before: Token | None, following: str
) -> bool:
    plural_noun = text != noun
    determined = following in _DETERMINERS | _PRONOUNS
    stem_likely = text in _LIKELY_VERBS or verb_stem(text) in _LIKELY_VERBS
    likely = stem_likely and _can_be_noun(following)
    takes_object = determined or _is_plural(following) or likely
    if before is None or (before.part is Part.MARK and before.text != ","):
        return takes_object and not plural_noun
    if before.text == ",":
        return not plural_noun and determined
    if before.text in _CLAUSE:
        stronger = as_verb.verb > as_noun.noun
        if before.text in ("which", "where"):
            return stronger and not plural_noun
        return stronger or takes_object or plural_noun
    if before.text in _DETERMINERS or before.part is Part.ADJECTIVE:
        return False
    if before.text in _BEFORE_VERB or before.text in _PRONOUNS:
        return not plural_noun or as_verb.verb > as_noun.noun
    if before.text in ("and", "or", "then", "also") and stem_likely and following in _FUNCTION:
        return not plural_noun
    if before.text in ("and", "or", "then", "also"):
        return not plural_noun and not text.endswith("ing") and (determined or likely or as_noun.noun == 0)
    if before.part is Part.NOUN:
        return _follows_its_subject(text, as_noun, as_verb, before, following, plural_noun=plural_noun)
    return as_noun.noun == 0 and not text.endswith("ed")


def _follows_its_subject(
    text: str, as_noun: Word, as_verb: Word, before: Token, following: str, *, plural_noun: bool
) -> bool:
    """Whether the word is the verb of the noun before it: "members share recipes", "our church wants ..."."""
    stronger = as_verb.verb > as_noun.noun
    if plural_noun:
        if following in _OBJECTS:
            return not before.is_plural
        takes_object = following in _DETERMINERS | _PRONOUNS | {"to"} or _is_plural(following)
        return stronger and takes_object and not before.is_plural
    if before.is_plural and word(before.basic).kind is NounKind.PERSON and text in _LIKELY_VERBS:
        return True
    if before.is_plural:
        return following in _DETERMINERS | _PRONOUNS | _AFTER_NOUN_VERB or stronger or _is_plural(following)
    return text in _LIKELY_VERBS and _is_plural(following)


def _is_plural(text: str) -> bool:
    return text not in _FUNCTION and singular(text) != text and word(singular(text)).noun > 0


def _can_be_noun(text: str) -> bool:
    return text not in _FUNCTION and text not in _MARKS and (word(singular(text)).noun > 0 or not verb_stem(text))


def phrases(tokens: Sequence[Token]) -> Iterator[Phrase]:
    """The noun phrases, in order."""
    start = 0
    verb = ""
    while start < len(tokens):
        token = tokens[start]
        if token.part is Part.VERB:
            verb = token.basic
        if token.part is Part.MARK and token.text not in ",()":
            verb = ""
        if token.part not in (Part.NOUN, Part.ADJECTIVE):
            start += 1
            continue
        end = start
        while end + 1 < len(tokens) and _continues(tokens[end], tokens[end + 1]):
            end += 1
        run = tokens[start : end + 1]
        nouns = [index for index, one in enumerate(run) if one.part is Part.NOUN]
        if nouns:
            before = [one.text for one in tokens[max(0, start - 2) : start]]
            yield _phrase(run[: nouns[-1] + 1], before, verb, start, tokens[end + 1 : end + 2])
        start = end + 1


def _continues(one: Token, following: Token) -> bool:
    """Whether a phrase goes on: after a plural noun another begins, as in "the tools neighbours borrow"."""
    if one.is_plural and one.text not in _PLURAL_MODIFIERS and following.basic not in _HOUSES:
        return False
    return following.part in (Part.NOUN, Part.ADJECTIVE)


def _does_something(rest: Sequence[Token]) -> bool:
    """Whether what stands before these words is who does something."""
    return bool(rest) and (rest[0].part is Part.VERB or rest[0].text in ("who", "can", "will", "should", "could"))


def _phrase(run: Sequence[Token], before: list[str], verb: str, at: int, rest: Sequence[Token]) -> Phrase:
    determiner = before[-1] if before and before[-1] in _DETERMINERS else ""
    front = before[:-1] if determiner else before
    return Phrase(
        modifiers=tuple(run[:-1]),
        head=run[-1],
        before=front[-1] if front else "",
        determiner=determiner,
        verb=verb,
        at=at,
        after=rest[0].text if rest else "",
        is_subject=_does_something(rest),
    )
