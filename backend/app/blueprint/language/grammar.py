"""A small phrase grammar: the part of speech of each word, and the phrases that nouns form."""

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
PLURAL_MODIFIERS: Final = word_list("plural_modifiers")
_BODIES: Final = frozenset({"group", "charity", "collective", "cooperative", "network"})
_CREWS: Final = frozenset({"staff", "team", "crew", "family", "jury"})
SHUNNED: Final = frozenset({"hate", "dislike", "avoid", "prevent"})
"""What comes behind these is just what the founder does not want."""
_GOES_ON: Final = frozenset({"keep", "start", "stop", "love", "like", "enjoy"})
_POLITE: Final = frozenset({"please", "just", "also", "kindly"})
_DEEDS: Final = word_list("deeds")
_SURELY: Final = frozenset({"share", "swap", "track"}) | _DEEDS
_HOUSES: Final = word_list("houses")
_OBJECTS: Final = frozenset({"them", "it", "him"})
_MARKS: Final = frozenset(".,;:!?()\n")
_LIKELY_VERBS: Final = word_list("verbs") | _DEEDS
_ASKED: Final = frozenset({"which", "what", "who", "how", "whether"})
_WHEN: Final = frozenset({"next", "now", "today", "tonight", "tomorrow"})
_PARTICLES: Final = frozenset({"off", "out", "up", "down"})
_SINGLE: Final = frozenset({"a", "an", "each", "every"})
_CLAUSE: Final = frozenset({"that", "who", "which", "where"})


class Part(Enum):
    """The part of speech of a word in its sentence."""

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
        """True if the noun is written in the plural."""
        return self.part is Part.NOUN and self.text != self.basic and not self.is_owner


@dataclass(frozen=True)
class Phrase:
    """A noun with the words before it that belong to it.

    `before` is the function word or mark in front, `after` the word or mark behind, `determiner` the article in
    front, `is_subject` whether a verb follows, `is_object` whether one is right in front, and `verb` the verb that
    comes last before it.
    """

    modifiers: tuple[Token, ...]
    head: Token
    before: str
    determiner: str
    verb: str
    at: int
    after: str = ""
    is_subject: bool = False
    is_object: bool = False

    @property
    def head_at(self) -> int:
        """The place of the head."""
        return self.at + len(self.modifiers)

    @property
    def is_owned(self) -> bool:
        """True if it belongs to what was named before: "their dogs"."""
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
        tokens.append(_tag_word(text, tokens[-1] if tokens else None, following, one_before=_is_single(tokens)))
    return tokens


def _is_single(tokens: Sequence[Token]) -> bool:
    """True if the last word is a noun that stands for a single one, so that no plural follows: "each dog"."""
    at = len(tokens) - 1
    if at > 0 and tokens[at].text == "one":
        return tokens[at - 1].text in _SINGLE
    if at < 1 or tokens[at].part is not Part.NOUN or tokens[at].is_plural or tokens[at].is_owner:
        return False
    while at > 1 and tokens[at - 1].part is Part.ADJECTIVE:
        at -= 1
    return tokens[at - 1].text in _SINGLE


def _tag_word(text: str, before: Token | None, following: str, *, one_before: bool) -> Token:
    if text in _MARKS:
        return Token(text, Part.MARK, text)
    if text in _FUNCTION or text in _PRONOUNS - {"people", "users", "customers"}:
        return Token(text, Part.FUNCTION, text)
    if text.endswith("'s"):
        return Token(text, Part.NOUN, singular(text[:-2]), is_owner=True)
    noun, stem = singular(text), verb_stem(text) or (text if text in actions() else None)
    part = _part_of_speech(text, noun, stem, before, following)
    if one_before and text != noun and _is_verb_of_one(noun, stem, before, following):
        part = Part.VERB
    basic = {Part.NOUN: noun, Part.VERB: stem or text}.get(part, text)
    return Token(text, part, basic)


def _part_of_speech(text: str, noun: str, stem: str | None, before: Token | None, following: str) -> Part:
    as_noun, as_verb, itself = word(noun), word(stem) if stem else UNKNOWN_WORD, word(text)
    if as_noun == UNKNOWN_WORD and as_verb == UNKNOWN_WORD and not stem:
        joined = "-" in text and text.endswith(("ed", "friendly", "based", "free"))
        return Part.ADVERB if text.endswith("ly") else Part.ADJECTIVE if joined else Part.NOUN
    # "Per visit": no verb stands there.
    if before is not None and before.text == "per" and as_noun.noun:
        return Part.NOUN
    if stem and _reads_as_verb(_Doubt(text, as_noun, as_verb, following, plural_noun=text != noun), before):
        return Part.VERB
    if (text.endswith("ly") and itself.adverb) or itself.adverb > max(as_noun.noun, itself.adjective):
        return Part.ADVERB
    return _noun_or_adjective(text, noun, as_noun, as_verb, itself, following)


def _noun_or_adjective(text: str, noun: str, as_noun: Word, as_verb: Word, itself: Word, following: str) -> Part:
    if text != noun:
        return Part.NOUN
    # WordNet counts "local" 6 times as a noun and 103 as an adjective, so it is one; of "public", 80 and 146
    # times, only what follows tells.
    if itself.adjective > 3 * as_noun.noun and itself.adjective > 8:
        return Part.ADJECTIVE
    if itself.adjective and itself.adjective > as_noun.noun and following and _can_be_noun(following):
        return Part.ADJECTIVE
    if not as_noun.noun:
        past = text.endswith("ed") and following and _can_be_noun(following)
        return Part.ADJECTIVE if past or itself.adjective else Part.VERB if as_verb.verb else Part.NOUN
    return Part.NOUN


@dataclass(frozen=True)
class _Doubt:
    """A word that may be a verb, with what is known of it both ways and the word behind it."""

    text: str
    as_noun: Word
    as_verb: Word
    following: str
    plural_noun: bool

    @property
    def determined(self) -> bool:
        return self.following in _DETERMINERS | _PRONOUNS

    @property
    def is_usual(self) -> bool:
        return self.text in _LIKELY_VERBS or verb_stem(self.text) in _LIKELY_VERBS

    @property
    def likely(self) -> bool:
        return self.is_usual and _can_be_noun(self.following)

    @property
    def takes_object(self) -> bool:
        return self.determined or _is_plural(self.following) or self.likely

    @property
    def names_what_follows(self) -> bool:
        """True if it says what the noun behind it is about: "book club", not "book a room" or "book rooms"."""
        alone = not (self.determined or _is_plural(self.following)) and _can_be_noun(self.following)
        return alone and self.as_noun.noun > 5 * self.as_verb.verb

    @property
    def is_hardly_a_noun(self) -> bool:
        return self.as_verb.verb > 10 * self.as_noun.noun

    @property
    def stronger(self) -> bool:
        return self.as_verb.verb > self.as_noun.noun


def _reads_as_verb(doubt: _Doubt, before: Token | None) -> bool:
    if doubt.following in _OBJECTS and (before is None or before.text not in _DETERMINERS):
        return True
    wanting = doubt.text in ("wants", "needs") and (doubt.following == "to" or doubt.takes_object)
    going_on = before is not None and before.basic in _GOES_ON and doubt.text.endswith("ing")
    if wanting or going_on:
        return True
    if before is None or before.part is Part.MARK or before.text in _POLITE:
        return _opens_sentence(doubt, before)
    if before.text in _CLAUSE:
        # "Rooms which need cleaning" goes on with a verb; "which classes" asks about the noun.
        if before.text in ("which", "where"):
            return doubt.stronger and not doubt.plural_noun
        return doubt.stronger or doubt.takes_object or doubt.plural_noun
    if before.text in _DETERMINERS or before.part is Part.ADJECTIVE:
        return before.text == "each" and doubt.plural_noun and doubt.is_hardly_a_noun
    if before.text in _BEFORE_VERB or before.text in _PRONOUNS:
        return not doubt.plural_noun or doubt.stronger
    if before.text in ("and", "or", "then", "also"):
        return _is_joined(doubt)
    if before.part is Part.NOUN:
        return _follows_its_subject(doubt, before)
    return doubt.as_noun.noun == 0 and not doubt.text.endswith("ed")


def _opens_sentence(doubt: _Doubt, before: Token | None) -> bool:
    """True if a verb opens the sentence, or goes on after a comma: "plan rehearsals, share sheet music"."""
    # "Strip routes", "flag overdue fees": what follows is what it is done to.
    if doubt.text in _DEEDS and doubt.following and doubt.following not in _FUNCTION | _MARKS:
        return True
    if doubt.plural_noun or doubt.names_what_follows:
        return False
    if before is not None and before.text == ",":
        surely = doubt.likely and doubt.text in _SURELY
        return doubt.determined or surely or doubt.as_verb.verb > 3 * doubt.as_noun.noun
    strong = doubt.is_usual or doubt.determined or doubt.as_verb.verb >= doubt.as_noun.noun
    return doubt.takes_object and strong and "b" not in word(doubt.following).flags


def _is_joined(doubt: _Doubt) -> bool:
    """True if a second verb follows "and": "sign up and pay", "enrol and watch lessons"."""
    if doubt.plural_noun:
        goes_on = doubt.determined or _is_plural(doubt.following)
        surely = doubt.is_hardly_a_noun and _can_be_noun(doubt.following)
        return surely or (goes_on and doubt.as_verb.verb > 3 * doubt.as_noun.noun)
    if doubt.is_usual and doubt.following in _FUNCTION:
        return True
    return not doubt.text.endswith("ing") and (doubt.determined or doubt.likely or doubt.as_noun.noun == 0)


def _follows_its_subject(doubt: _Doubt, before: Token) -> bool:
    """True if the word is the verb of the noun before it: "members share recipes", "our church wants ..."."""
    someone = word(before.basic).kind is NounKind.PERSON
    if doubt.plural_noun:
        if not before.is_plural and (not doubt.as_noun.noun or doubt.following in _ASKED | _WHEN):
            return True
        if doubt.following in _PARTICLES or (someone and doubt.as_verb.verb > 3 * doubt.as_noun.noun):
            return not before.is_plural
        if someone and doubt.is_usual and (doubt.following in _FUNCTION | _MARKS or not doubt.following):
            return not before.is_plural
        goes_on = doubt.following in _DETERMINERS | _PRONOUNS | {"to"} or _is_plural(doubt.following)
        return doubt.stronger and goes_on and not before.is_plural
    several = before.is_plural and (
        someone or word(before.basic).kind is NounKind.GROUP or before.basic in _BODIES
    )
    if (several or before.text in _CREWS) and doubt.text in _LIKELY_VERBS:
        return True
    if someone and _is_past(doubt.text) and doubt.following in _ASKED | _DETERMINERS:
        return True
    if before.is_plural:
        goes_on = doubt.following in _DETERMINERS | _PRONOUNS | _AFTER_NOUN_VERB
        return goes_on or doubt.stronger or _is_plural(doubt.following)
    where = word(before.basic).kind in (NounKind.GROUP, NounKind.LOCATION) or before.basic in _BODIES
    if where and doubt.text.endswith("ing") and _is_plural(doubt.following):
        return True
    goes_on = where and doubt.following in {"the", "a", "an", *_OWNERS}
    return doubt.text in _LIKELY_VERBS and (goes_on or _is_plural(doubt.following))


def _is_past(text: str) -> bool:
    stem = verb_stem(text)
    return stem is not None and stem != text and not text.endswith(("s", "ing"))


def _is_verb_of_one(noun: str, stem: str | None, before: Token | None, following: str) -> bool:
    """True if the word is the verb of a single one: "each dog sleeps in", "a client sends an idea"."""
    if stem is None or before is None or not word(stem).verb or noun in PLURAL_MODIFIERS:
        return False
    if before.text == "one":
        return True
    return word(before.basic).kind is NounKind.PERSON or not _can_be_noun(following)


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
        # A comma or bracket goes on with what the verb acts upon: "track plants, seeds (and tools)".
        if token.part is Part.MARK and token.text not in ",()":
            verb = ""
        if token.part not in (Part.NOUN, Part.ADJECTIVE):
            start += 1
            continue
        end = start
        while end + 1 < len(tokens) and _continues(tokens[end], tokens[end + 1]):
            end += 1
        run = tokens[start : end + 1]
        nouns = [index for index, part_token in enumerate(run) if part_token.part is Part.NOUN]
        if nouns:
            # Two: the article, and what stands in front of it.
            before = tokens[max(0, start - 2) : start]
            yield _make_phrase(run[: nouns[-1] + 1], before, verb, start, tokens[end + 1 : end + 2])
        start = end + 1


def _continues(token: Token, following: Token) -> bool:
    """True if a phrase goes on: after a plural noun another begins, as in "the tools neighbours borrow"."""
    if token.is_plural and token.text not in PLURAL_MODIFIERS and following.basic not in _HOUSES:
        return False
    return following.part in (Part.NOUN, Part.ADJECTIVE)


def _does_something(behind: Sequence[Token]) -> bool:
    """True if the words before these are the subject of what follows."""
    return bool(behind) and (
        behind[0].part is Part.VERB or behind[0].text in ("who", "can", "will", "should", "could")
    )


def _make_phrase(
    run: Sequence[Token], ahead: Sequence[Token], verb: str, at: int, behind: Sequence[Token]
) -> Phrase:
    before = [token.text for token in ahead]
    determiner = before[-1] if before and before[-1] in _DETERMINERS else ""
    governing = ahead[:-1] if determiner else ahead
    front = before[:-1] if determiner else before
    return Phrase(
        modifiers=tuple(run[:-1]),
        head=run[-1],
        before=front[-1] if front else "",
        determiner=determiner,
        verb=verb,
        at=at,
        after=behind[0].text if behind else "",
        is_subject=_does_something(behind),
        is_object=bool(governing) and governing[-1].part is Part.VERB,
    )
