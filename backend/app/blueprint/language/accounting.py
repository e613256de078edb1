"""The wishes of a goal: each is kept, partly kept or left out, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final

from app.blueprint.language.archetypes import actions
from app.blueprint.language.leaving import CLAUSE, LIMIT, PLAIN_WORDS, WORD, beyond, shorten, word_forms
from app.blueprint.language.lexicon import is_known, word
from app.blueprint.language.sending import SENT_SOMEHOW, asks_to_send
from app.blueprint.language.word_lists import word_pairs
from app.blueprint.rule_kinds import kinds_that
from app.blueprint.spec import AppSpec, RuleKind, WishSpec, WishState

_MOST_WISHES: Final = 40
_SHARE_KEPT: Final = 0.6
"""The share of its words that the app has a place for, from which on a wish counts as kept."""

MESSAGES, FILES = "messages", "files"
"""Abilities that only some apps have, as `beyond.toml` calls them."""

_NOT_BUILT: Final = "apps that are built here do not do this"
NO_PLACE: Final = "nothing in the app speaks of it"
_NO_LIMIT: Final = "this is not watched over"
_NOT_KNOWN: Final = "not known here: "
_NOT_TAKEN_UP: Final = "not taken up: "
_NO_ORDER: Final = "nothing is put in this order"
_IN_ORDER: Final = re.compile(
    r"\b(?:ranked|rankings?|leaderboards?|league tables?|standings|in (?:the )?order of|sorted by|ordered by)\b"
    r"|\b(?:most|highest|best|biggest|oldest|cheapest)\b[^.;]{0,24}\b(?:first|on top|at the top)\b",
    re.IGNORECASE,
)
_NO_STEPS: Final = "the steps are not taken up"
_STEPS: Final = re.compile(r"->|=>|\u2192|[a-z] > [a-z]", re.IGNORECASE)
_NO_CASE: Final = "nothing in the app goes by whether that is so"
# "When each was watered" is a date, and no case.
_CASE: Final = re.compile(
    r"^\W*(?:when|whenever|if)\b(?! (?:i|we|they|you) (?:want|need|like)\b)(?![^,.;]*\b(?:was|were)\b)",
    re.IGNORECASE,
)
_NO_CONDITION: Final = "no rule of the app asks for this first"
_CONDITION: Final = re.compile(
    r"\bbefore (?:they|he|she|it|you|any(?:one|body)) (?:can|may|is|are)\b|\bunless\b"
    r"|\bafter (?:closing|voting|the (?:deadline|vote|close|end))\b"
    r"|\bonly (?:after|if|when|once)\b|\bnot (?:until|before)\b|\bonly (?:the |an? )?[a-z]+ (?:can|may)\b",
    re.IGNORECASE,
)
_NO_END: Final = "nothing is refused by this time"
_UNTIL: Final = re.compile(
    r"\b(?:until|till|by|before|latest|no later than)\b (?:the )?(?:\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"noon|midnight|(?:day|evening|night|week) before|(?:january|february|march|april|may|june|july|august|"
    r"september|october|november|december)\b)",
    re.IGNORECASE,
)
_ONE_BY_ONE: Final = re.compile(
    r"\bone (?:\w+ )?at a time\b|\bonly one\b|\bone \w+ (?:per|each|a) \w+", re.IGNORECASE
)
_NO_SPAN: Final = "this is not counted by the time that you name"
_IN_A_SPAN: Final = re.compile(
    r"(?:\b(?:at most|at least|up to|no more than|max(?:imum)?|min(?:imum)?|only|one|once|twice|three times)\b|\d)"
    r"[^,.;]{0,40}?\b(?:an?|per|each|every) (?:day|evening|night|week|weekend|month|year|season|term)\b",
    re.IGNORECASE,
)
_NO_REST: Final = "nothing works out what is left"
_REST: Final = re.compile(
    r"\b(?:what|how (?:much|many)|who|[a-z]+s) (?:[a-z]+ )?(?:is |are |they )?"
    r"(?:left|remaining|outstanding|owed?|owes)\b"
    r"|\b(?:left|remaining|outstanding) (?:per|for each|of each)\b|\btotal (?:owed|outstanding)\b",
    re.IGNORECASE,
)
_RESTS: Final = frozenset({"balance", "left", "outstanding", "owed", "remaining"})
_REFUSES_MORE: Final = kinds_that(lambda described: described.compares) | {RuleKind.CAPACITY}
_CHOOSING: Final = frozenset({"choose", "pick", "select"})
_OWN_LIMIT: Final = "the app counts, and you enter the number yourself"
_OWNER_ALONE: Final = "you sign in as the owner; nobody else needs an account"
_SEES_ALL: Final = "whoever signs in here sees everything"
_ONLY_OWN: Final = re.compile(
    r"\bonly\b[^,.;]{0,24}\b(their|his|her|its|your) own\b|\bsees? (only )?(their|his|her) own\b"
    r"|\bnobody else sees\b|\bnot each other",
    re.IGNORECASE,
)
_DETAILS: Final = frozenset(word_pairs("attributes"))
_ACTS: Final = frozenset(actions())
_DEEDS: Final = frozenset({"approve", "confirm", "print"}) | _ACTS
_NO_ACCOUNT: Final = re.compile(
    r"\b(?:no|without)(?: an?| any)? (?:accounts?|log-?in|logins|passwords?|sign-?(?:in|up)|registration)\b",
    re.IGNORECASE,
)
_PICK_UP: Final = re.compile(r"\bpick(?:s|ed|ing)? up\b")
_NOT: Final = re.compile(r"\b(?:nobody|no one|no-one|none|cannot|can(?:no|')t|never|not)\b", re.IGNORECASE)
_REFUSED: Final = (
    (re.compile(r"\b(?:out|back)\b", re.IGNORECASE), {RuleKind.ONE_OPEN, RuleKind.NO_OVERLAP, RuleKind.STOCK}),
    (re.compile(r"\b(?:there|left|more than)\b", re.IGNORECASE), {RuleKind.STOCK, RuleKind.CAPACITY}),
    (
        re.compile(r"\b(?:twice|again|same|taken|two)\b", re.IGNORECASE),
        {RuleKind.UNIQUE, RuleKind.NO_OVERLAP, RuleKind.ONE_OPEN},
    ),
    (re.compile(r"\b(?:full|over)\b", re.IGNORECASE), {RuleKind.CAPACITY, RuleKind.STOCK}),
    (re.compile(r"\b(?:changed?|edit(?:ed)?|altered)\b", re.IGNORECASE), {RuleKind.LOCKED}),
)
"""What is refused, as it is said without naming a thing ("nobody gets one that is out"), and what refuses it."""
_SEES: Final = re.compile(r"(?:can |may |only )*(?:sees?|views?|looks? at|finds?)\b", re.IGNORECASE)
NUMBERS: Final = {
    word: str(number)
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split(),
        start=1,
    )
} | {"dozen": "12", "thirty": "30", "forty": "40", "fifty": "50", "hundred": "100", "once": "1", "twice": "2"}
_NUMBER_WORD: Final = re.compile(rf"\b({'|'.join(NUMBERS)})\b", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\d+")
_WORKED_OUT: Final = re.compile(
    r"\b(average|balance|calculat|comput|convert|discount|interest|percent|rank|rate per|score|streak|sum|total|"
    r"works? (it |that )?out)\w*",
    re.IGNORECASE,
)


def wishes_of(
    goal: str,
    known: Set[str],
    *,
    counts: bool,
    adds_up: bool,
    numbers: Set[str] = frozenset(),
    does: Set[str] = frozenset(),
    own: Set[str] = frozenset(),
    refuses: Set[RuleKind] = frozenset(),
    is_open: bool = False,
    has_accounts: bool = False,
    said: Sequence[str] = (),
) -> tuple[WishSpec, ...]:
    """The clauses of a goal, each with its state in the app, whose words are `known`.

    `counts` says that the app watches over a number that its people enter, `numbers` are those that it knows of
    itself, `adds_up` says that it works out amounts, `does` are abilities that only some apps have, `own` are
    the words for people who see their own records and nothing else, `refuses` are the kinds of its rules,
    `is_open` says that there are pages without an account, `has_accounts` that others than its staff have some,
    `said` are the words that a part of the app came from.
    """
    abilities = _Abilities(known, counts, adds_up, numbers, does, own, refuses, is_open, has_accounts, tuple(said))
    return tuple(_wishes(goal, abilities))[:_MOST_WISHES]


@dataclass(frozen=True)
class _Abilities:
    """The abilities of an app, as `wishes_of` describes them."""

    known: Set[str]
    counts: bool
    adds_up: bool
    numbers: Set[str]
    does: Set[str]
    own: Set[str]
    refuses: Set[RuleKind] = frozenset()
    is_open: bool = False
    has_accounts: bool = False
    said: Sequence[str] = ()

    def took_up(self, text: str) -> str:
        """The words of a wish that a part of the app came from; a rule may be said in two clauses."""
        return " ".join(words for words in self.said if words in text or text in words)

    def rest(self, text: str) -> str:
        """The words of a wish that no part of the app came from."""
        if any(text in words for words in self.said):
            return ""
        for words in self.said:
            text = text.replace(words, " ")
        return text


def _wishes(goal: str, abilities: _Abilities) -> Iterator[WishSpec]:
    before = ""
    for clause in CLAUSE.split(goal):
        text = shorten((clause or "").strip(" \t-\u2013\u2014*\"'"))
        words = _words_of(text)
        if not words and not _is_sent(text, abilities):
            plain = _judge_plain(text, abilities)
            if plain is not None:
                yield plain
            continue
        # "Members sign in and see their own bookings" speaks of members in both of its clauses.
        is_carried_on = _SEES.match(text) is not None
        yield _judge(text, words, abilities, about=f"{before} {text}" if is_carried_on else text)
        before = before if is_carried_on else text


def _judge_plain(text: str, abilities: _Abilities) -> WishSpec | None:
    """A wish in plain words alone: a detail, a refusal, a limit, no account; None for any other words."""
    if _NO_ACCOUNT.search(text):
        if abilities.has_accounts:
            return WishSpec(text=text, state=WishState.LEFT_OUT, why=NO_PLACE)
        if abilities.is_open:
            return WishSpec(text=text, state=WishState.KEPT)
        return WishSpec(text=text, state=WishState.PARTLY, why=_OWNER_ALONE)
    kinds = [kinds for wording, kinds in _REFUSED if wording.search(text)] if _NOT.search(text) else []
    if kinds:
        is_kept = any(refused & abilities.refuses for refused in kinds)
        return WishSpec(text=text, state=WishState.KEPT) if is_kept else _left_out(text, _NO_LIMIT)
    if LIMIT.search(text):
        unwatched = _unwatched_numbers(text, abilities)
        return _left_out(text, unwatched) if unwatched else WishSpec(text=text, state=WishState.KEPT)
    words = [word for word in WORD.findall(text.lower()) if word_forms(word) & (_DETAILS | _DEEDS)]
    missing = [word for word in words if not word_forms(word) & abilities.known]
    if not words:
        return None
    if len(missing) == len(words):
        return _left_out(text, NO_PLACE)
    why = f"{_NOT_TAKEN_UP}{', '.join(missing[:4])}" if missing else ""
    return WishSpec(text=text, state=WishState.PARTLY if why else WishState.KEPT, why=why)


def _left_out(text: str, why: str) -> WishSpec:
    return WishSpec(text=text, state=WishState.LEFT_OUT, why=why)


def _words_of(text: str) -> list[str]:
    spoken = WORD.findall(_PICK_UP.sub("pickup", text.lower()))
    return [part for part in spoken if len(part) > 2 and part not in PLAIN_WORDS and not _is_adverb(part)]


def _is_adverb(text: str) -> bool:
    """True of a word that only says how or when: "order ahead", "pay monthly"."""
    entry = word(text)
    return entry.adverb > entry.noun + entry.verb + entry.adjective


def _judge(text: str, words: list[str], abilities: _Abilities, *, about: str) -> WishSpec:
    if _is_sent(text, abilities):
        return WishSpec(text=text, state=WishState.PARTLY, why=SENT_SOMEHOW)
    # A number is no word of the app: what it limits is judged by `_unwatched_numbers`.
    words = [word for word in words if word not in NUMBERS] or words
    taken_up = abilities.took_up(text)
    placed = set(WORD.findall(taken_up.lower()))
    missing = [word for word in words if word not in placed and not word_forms(word) & abilities.known]
    share = 1 - len(missing) / len(words)
    # Before the words are counted: an app may know every word of what it cannot do.
    if any(beyond(text, abilities.does)):
        return WishSpec(text=text, state=WishState.LEFT_OUT, why=_NOT_BUILT)
    if share == 0 and _has_deed(text, abilities):
        return WishSpec(text=text, state=WishState.PARTLY, why=f"{_NOT_TAKEN_UP}{', '.join(missing[:4])}")
    if share == 0:
        return WishSpec(text=text, state=WishState.LEFT_OUT, why=_unknown_or(missing))
    # A number that a rule came from is watched over, the others of the clause are not.
    unwatched = (
        _unwatched_numbers(abilities.rest(text), abilities)
        or _open_to_all(text, abilities, about=about)
        or _without_part(abilities.rest(text), abilities)
    )
    if unwatched:
        return WishSpec(text=text, state=WishState.PARTLY, why=unwatched)
    # What is done is what a wish is about, however many of its things are there.
    if share < _SHARE_KEPT or any(_is_done(word, text, abilities) for word in missing):
        return WishSpec(text=text, state=WishState.PARTLY, why=f"{_NOT_TAKEN_UP}{', '.join(missing[:4])}")
    return WishSpec(text=text, state=WishState.KEPT)


def _is_done(verb: str, text: str, abilities: _Abilities) -> bool:
    """True if somebody does what the word says: "members choose", "we move them", but not a bake sale."""
    entry = word(verb)
    is_verb = entry.verb > 2 * (entry.noun + entry.adjective + entry.adverb)
    # Whoever fills in a public form chooses there.
    is_meant = is_verb and not (verb in _CHOOSING and abilities.is_open)
    return (
        is_meant and re.search(rf"\b(?:can|may|to|we|i|people|[a-z]+s) {verb}\b", text, re.IGNORECASE) is not None
    )


def _without_part(text: str, abilities: _Abilities) -> str:
    """The reason why words that no part of the app came from are not kept, though their things are; mostly empty.

    An order, steps and conditions are made by a part of the app of their own: the words of its records make none.
    """
    parts = (
        (_IN_ORDER, _NO_ORDER),
        (_STEPS, _NO_STEPS),
        (_CONDITION, _NO_CONDITION),
        (_UNTIL, _NO_END),
        (_IN_A_SPAN, _NO_SPAN),
        (_CASE, _NO_CASE),
    )
    for wording, why in parts:
        if wording.search(text):
            return why
    if _REST.search(text) and not abilities.counts and not abilities.known & _RESTS:
        return _NO_REST
    if _ONE_BY_ONE.search(text) and not abilities.refuses & _REFUSES_MORE:
        return _NO_LIMIT
    return "nothing is worked out" if _WORKED_OUT.search(text) and not abilities.adds_up else ""


def _has_deed(text: str, abilities: _Abilities) -> bool:
    """True if the app has what is done, though not to this: orders, where "customers order groceries"."""
    forms = (word_forms(spoken) for spoken in WORD.findall(text.lower()))
    return any(ways & _ACTS and ways & abilities.known for ways in forms)


def _is_sent(text: str, abilities: _Abilities) -> bool:
    """True if a wish is for a message that the app writes, and for nothing that it does not do."""
    return MESSAGES in abilities.does and asks_to_send(text) and not any(beyond(text, abilities.does))


def _unwatched_numbers(text: str, abilities: _Abilities) -> str:
    """The reason why the numbers of a wish are not watched over; empty if they are, or there are none."""
    # "Eight people" and "8 people" are one limit.
    counted = _NUMBER_WORD.sub(lambda word: NUMBERS[word[0].lower()], text)
    numbers = set(_DIGITS.findall(counted))
    if not LIMIT.search(counted) or numbers & abilities.numbers:
        return ""
    return _OWN_LIMIT if numbers and abilities.counts else _NO_LIMIT


def _open_to_all(text: str, abilities: _Abilities, *, about: str) -> str:
    """The reason why a wish to see only one's own is not kept; empty if it is, or there is no such wish."""
    if not _ONLY_OWN.search(text):
        return ""
    people = {form for word in WORD.findall(about.lower()) for form in word_forms(word)}
    return "" if people & abilities.own else _SEES_ALL


def counted_again(spec: AppSpec, before: AppSpec, *, is_taking_out: bool = False) -> tuple[WishSpec, ...]:
    """The wishes after a change of the plan by hand, of which only the words that it brought or took are counted.

    A wish for a number is kept once a rule has that number, one for a thing once a part of the plan is called so.
    """
    words, words_before = _words_of_plan(spec), _words_of_plan(before)
    gone = words_before - words if is_taking_out else frozenset()
    numbers = frozenset(str(rule.limit) for rule in spec.rules if rule.limit is not None)
    abilities = _Abilities(words - words_before, False, False, numbers, frozenset(), frozenset())
    return tuple(_count_again(wish, abilities, gone) for wish in spec.wishes)


def _count_again(wish: WishSpec, brought: _Abilities, gone: Set[str]) -> WishSpec:
    words = _words_of(wish.text)
    lost = [word for word in words if word_forms(word) & gone]
    if lost and wish.state is not WishState.LEFT_OUT:
        is_lost = len(lost) == len(words)
        why = "you took it out" if is_lost else f"you took out: {', '.join(lost[:4])}"
        return WishSpec(text=wish.text, state=WishState.LEFT_OUT if is_lost else WishState.PARTLY, why=why)
    unwatched = _unwatched_numbers(wish.text, brought)
    if wish.why in (_NO_LIMIT, _OWN_LIMIT):
        return wish if unwatched else WishSpec(text=wish.text, state=WishState.KEPT)
    missing = _missing_words(wish, words)
    still = [word for word in missing if not word_forms(word) & brought.known]
    if len(still) == len(missing):
        return wish
    if unwatched:
        return WishSpec(text=wish.text, state=WishState.PARTLY, why=unwatched)
    if 1 - len(still) / len(words) < _SHARE_KEPT:
        return WishSpec(text=wish.text, state=WishState.PARTLY, why=f"{_NOT_TAKEN_UP}{', '.join(still[:4])}")
    return WishSpec(text=wish.text, state=WishState.KEPT)


def _missing_words(wish: WishSpec, words: list[str]) -> list[str]:
    """The words of a wish that the account found no place for."""
    if wish.why.startswith(_NOT_TAKEN_UP):
        return wish.why.removeprefix(_NOT_TAKEN_UP).split(", ")
    return words if wish.why == NO_PLACE or wish.why.startswith(_NOT_KNOWN) else []


def _words_of_plan(spec: AppSpec) -> frozenset[str]:
    """The words by which the parts of a plan are called."""
    texts = [*(form.action for form in spec.forms), *(role.name for role in spec.roles)]
    for entity in spec.entities:
        texts += [entity.label, entity.plural, *(field.label for field in entity.fields)]
        texts += [*(figure.label for figure in entity.computed), *(move.label for move in entity.moves)]
        texts += [choice for field in entity.fields for choice in field.choices]
    return frozenset(form for text in texts for word in WORD.findall(text.lower()) for form in word_forms(word))


def _unknown_or(missing: list[str]) -> str:
    strange = [word for word in missing if not is_known(word)]
    return f"{_NOT_KNOWN}{', '.join(strange[:4])}" if strange else NO_PLACE
