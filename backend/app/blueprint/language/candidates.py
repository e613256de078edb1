"""Which nouns of a goal are records to keep, which are details of them, and which only say what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from app.blueprint.language.acting import Act, acts
from app.blueprint.language.archetypes import action_fields, actions, key_of, known_entities, spoken
from app.blueprint.language.grammar import Part, Phrase, Token, phrases, tag
from app.blueprint.language.lexicon import NounKind, Word, word
from app.blueprint.language.word_lists import word_list, word_pairs

_SOFTWARE: Final = word_list("software")
_KEPT: Final = word_list("kept_records")
_EMPTY: Final = _SOFTWARE - _KEPT
_ALWAYS_DETAILS: Final = word_list("always_details")
_NOT_ACTIONS: Final = word_list("not_actions")
_ARTICLES: Final = frozenset({"a", "an", "my", "our", "the", "his", "her"})
_ATTRIBUTES: Final = word_pairs("attributes")
_THINGS: Final = frozenset(
    {NounKind.ANIMAL, NounKind.ARTEFACT, NounKind.FOOD, NounKind.PLANT, NounKind.PERSON, NounKind.OBJECT,
     NounKind.LOCATION, NounKind.BODY}
)  # fmt: skip
_VAGUE: Final = frozenset(
    {NounKind.ATTRIBUTE, NounKind.COGNITION, NounKind.FEELING, NounKind.MOTIVE, NounKind.PROCESS,
     NounKind.RELATION,
     NounKind.STATE, NounKind.TIME, NounKind.SHAPE, NounKind.QUANTITY, NounKind.PHENOMENON, NounKind.TOP,
     NounKind.LOCATION, NounKind.GROUP}
)  # fmt: skip
_ABOUT: Final = frozenset({"for", "at", "of", "in", "from", "on", "around", "near", "within", "inside", "as"})
_DIARIES: Final = frozenset({"diary", "journal", "log", "logbook"})
_COLLECTIVE: Final = frozenset(
    "club society community collection market marketplace shop store exchange swap".split()
)
_ACTION_ENDINGS: Final = ("ing", "tion", "sion", "al", "ment", "ance", "ence", "age")


@dataclass(frozen=True)
class Candidate:
    """A record that the goal speaks of. `key` compares names, `about` names what it belongs to."""

    label: str
    kind: NounKind
    at: int
    flags: str = ""
    about: str = ""
    weak: bool = False
    is_action: bool = False
    examples: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name as names are compared."""
        return key_of(self.label)

    @property
    def is_person(self) -> bool:
        """Whether it is a kind of person."""
        return self.kind is NounKind.PERSON


@dataclass
class Findings:
    """What a goal speaks of."""

    candidates: list[Candidate] = field(default_factory=list)
    details: dict[str, dict[str, str]] = field(default_factory=dict)
    domain: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    context: str = ""
    roles: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)
    spare: list[Candidate] = field(default_factory=list)
    acts: tuple[Act, ...] = ()

    def add(self, candidate: Candidate) -> None:
        """Keep a candidate, unless it or a fuller name for it is there already."""
        for at, other in enumerate(self.candidates):
            if other.key == candidate.key:
                if other.weak and not candidate.weak:
                    self.candidates[at] = candidate
                return
        self.candidates.append(candidate)


def find(words: Sequence[str]) -> Findings:
    """Read the phrases of a goal one after the other."""
    tokens = tag(words)
    found = Findings(acts=acts(tokens))
    _weigh(tokens, found)
    for phrase in phrases(tokens):
        _read_phrase(phrase, found)
    for at, token in enumerate(tokens):
        if token.part is Part.VERB and token.basic in actions():
            _add_action(actions()[token.basic], at, found)
    found.candidates = _without_shadows(found.candidates)
    return found


def _weigh(tokens: Sequence[Token], found: Findings) -> None:
    """How much each word says about the kind of app: once is enough, the early words a little more."""
    for at, token in enumerate(tokens):
        if token.part not in (Part.MARK, Part.FUNCTION):
            weight = 1.0 if at < 40 else 0.5
            for form in {token.text, token.basic, token.text.replace("-", "")}:
                found.weights[form] = max(found.weights.get(form, 0.0), weight)


def _read_phrase(phrase: Phrase, found: Findings) -> None:
    head, know = phrase.head.basic, word(phrase.head.basic)
    modifiers = [token for token in phrase.modifiers if token.part is Part.NOUN]
    if head in _SOFTWARE or phrase.head.text in _SOFTWARE:
        if not _is_kept_record(phrase, modifiers):
            _read_modifiers(modifiers, found, phrase)
            return
    elif _is_context(phrase, know):
        _read_context(phrase, modifiers, know, found)
        return
    elif _is_detail(phrase, found):
        _add_detail(phrase, found)
        return
    _read_record(phrase, modifiers, know, found)


def _is_kept_record(phrase: Phrase, modifiers: Sequence[Token]) -> bool:
    """Whether a word such as "record" or "question" is meant as a thing: "vinyl records", "quiz questions"."""
    head = phrase.head
    if head.basic not in _KEPT or (head.basic in _ALWAYS_DETAILS and phrase.before == "with"):
        return False
    if head.basic in ("record", "form", "account", "profile", "file"):
        kinds = {word(token.basic).kind for token in modifiers}
        return bool(kinds - {NounKind.PERSON, NounKind.ANIMAL, NounKind.GROUP})
    return head.is_plural


def _read_modifiers(modifiers: Sequence[Token], found: Findings, phrase: Phrase) -> None:
    """The words before "app", "tracker" or "list" are what it is about: "invoice tracker"."""
    nouns = [token for token in modifiers if token.basic not in _EMPTY]
    for at, token in enumerate(nouns):
        before = nouns[at - 1] if at else None
        if _is_done_to(token, before, phrase):
            label = Candidate(token.basic.capitalize(), NounKind.ACT, phrase.at + at, is_action=True)
            _add(label, found)
        elif _only_says_what_about(token, nouns[at + 1 :]):
            _add_domain(token.text, found)
            found.subjects.append(token.text)
            _spare(token, found, phrase.at + at)
        else:
            _add(_candidate([token], phrase.at + at, about=before.basic if before else ""), found)
        _unknown(token, found)
    if phrase.head.basic in _DIARIES and nouns and not any(one.at >= phrase.at for one in found.candidates):
        _add(Candidate(f"{nouns[-1].basic.capitalize()} entry", NounKind.STATE, phrase.at, weak=True), found)


def _is_done_to(token: Token, before: Token | None, phrase: Phrase) -> bool:
    """Whether the word is something done again and again: "feeding times", "plant watering reminder"."""
    if (
        word(token.basic).kind is not NounKind.ACT
        or not token.basic.endswith("ing")
        or token.basic in _NOT_ACTIONS
    ):
        return False
    return phrase.head.is_plural or (before is not None and word(before.basic).kind in _THINGS)


def _only_says_what_about(token: Token, rest: Sequence[Token]) -> bool:
    know = word(token.basic)
    if rest and not _is_pair(token, rest[0]):
        return True
    activity = know.kind is NounKind.ACT and token.basic.endswith("ing")
    return _is_place(know) or ((know.kind in _VAGUE or activity) and not _is_recordable(token.basic))


def _is_pair(one: Token, other: Token) -> bool:
    """Whether two nouns beside each other are two records: "pet adoption", "volunteer shifts"."""
    first, second = word(one.basic), word(other.basic)
    if first.kind is NounKind.PERSON:
        return second.kind is not NounKind.PERSON
    return first.kind in _THINGS and _is_action_noun(other.basic, second)


def _is_action_noun(text: str, know: Word) -> bool:
    if key_of(text) in action_fields():
        return True
    acts = know.kind in (NounKind.ACT, NounKind.EVENT)
    return acts and text.endswith(_ACTION_ENDINGS) and text not in _NOT_ACTIONS


def _is_place(know: Word) -> bool:
    return "b" in know.flags or ("o" in know.flags and know.kind in (NounKind.GROUP, NounKind.ARTEFACT))


def _is_context(phrase: Phrase, know: Word) -> bool:
    """Whether the phrase only says where or for whom: "for a yoga studio", "our school"."""
    head = phrase.head
    place = _is_place(know) or head.basic in ("studio", "station", "home", "centre", "center")
    if phrase.at == 0 and phrase.after == ":" and not head.is_plural:
        return True
    if head.is_plural:
        return place and phrase.before == "for"
    if phrase.verb and phrase.before == "":
        return False
    if _is_recordable(head.basic) and not place:
        return phrase.before in ("for", "in", "at") and phrase.determiner in _ARTICLES
    if place or know.kind in (NounKind.GROUP, NounKind.LOCATION):
        return phrase.before in _ABOUT or phrase.determiner in _ARTICLES or bool(phrase.modifiers)
    return phrase.before == "for" and phrase.determiner in _ARTICLES


def _read_context(phrase: Phrase, modifiers: Sequence[Token], know: Word, found: Findings) -> None:
    words = [token.text for token in phrase.modifiers[-2:]] + [phrase.head.text]
    for form in {phrase.head.text, phrase.head.basic}:
        found.weights[form] = 0.4
    if not found.context:
        found.context = " ".join(words)
    for token in modifiers:
        if token.basic not in _SOFTWARE:
            _add_domain(token.text, found)
            found.subjects.append(token.text)
            thing = word(token.basic).kind in _THINGS | {NounKind.COMMUNICATION}
            if key_of(token.basic) in action_fields() or (phrase.head.basic in _COLLECTIVE and thing):
                _add(_candidate([token], phrase.at), found)
            else:
                _spare(token, found, phrase.at)
        _unknown(token, found)
    if know.kind is NounKind.PERSON:
        _add_role(phrase.head.basic, found)
        found.spare.append(_candidate([phrase.head], phrase.at))
    elif not _is_place(know):
        found.spare.append(_candidate([phrase.head], phrase.at))
    else:
        found.spare.append(_candidate([phrase.head], phrase.at, weak=True))
    _unknown(phrase.head, found)


def _is_detail(phrase: Phrase, found: Findings) -> bool:
    """Whether the noun is a detail such as a price, of something named before."""
    head = phrase.head.basic
    if head not in _ATTRIBUTES or not found.candidates:
        return False
    nouns = [token for token in phrase.modifiers if token.part is Part.NOUN]
    if any(word(token.basic).kind is NounKind.PERSON for token in nouns):
        return True
    if phrase.head.is_plural and _is_recordable(head) and head not in _ALWAYS_DETAILS:
        return False
    return phrase.is_owned or phrase.before in ("with", ",", "and", "by", "including") or not phrase.head.is_plural


def _add_detail(phrase: Phrase, found: Findings) -> None:
    adjectives = [token.text for token in phrase.modifiers][-1:]
    label = " ".join([*adjectives, phrase.head.basic]).capitalize()
    owner = found.candidates[-1].key
    found.details.setdefault(owner, {})[label] = _ATTRIBUTES[phrase.head.basic]


def _read_record(phrase: Phrase, modifiers: Sequence[Token], know: Word, found: Findings) -> None:
    head = phrase.head
    if len(head.basic) < 3 or (head.text == head.basic and head.basic in _SOFTWARE and not modifiers):
        return
    plain = know.kind is NounKind.PERSON or _is_recordable(head.basic)
    inner = [one for one in modifiers if one.basic not in _EMPTY and not (plain and _is_place(word(one.basic)))]
    for token in modifiers:
        if token.basic not in _EMPTY and (token not in inner or token in inner[:-1]):
            _add_domain(token.text, found)
            if token not in inner:
                found.subjects.append(token.text)
    before = inner[-1] if inner else None
    if know.kind is NounKind.PERSON and before is not None:
        _add_domain(before.text, found)
        found.subjects.append(before.text)
        _add(_candidate([head], phrase.at), found)
    elif before is not None and _is_pair(before, head):
        _add(_candidate([before], phrase.at), found)
        _add(_candidate([head], phrase.at, about=before.basic), found)
    else:
        _add_named(phrase, before, know, found)
    for token in (*inner, head):
        _unknown(token, found)


def _add_named(phrase: Phrase, before: Token | None, know: Word, found: Findings) -> None:
    tokens = [before, phrase.head] if before is not None else [phrase.head]
    vague = know.kind in _VAGUE and not phrase.head.is_plural and not _is_recordable(phrase.head.basic)
    mass = not phrase.head.is_plural and not phrase.determiner and not _is_recordable(phrase.head.basic)
    each = phrase.determiner in ("every", "each")
    for_whom = know.kind is NounKind.PERSON and phrase.before == "for" and not each
    if for_whom:
        _add_role(phrase.head.basic, found)
    if before is not None:
        _add_domain(before.text, found)
    owner = found.candidates[-1].key if phrase.is_owned and found.candidates else ""
    about = owner or (found.candidates[-1].key if phrase.before in ("of", "per") and found.candidates else "")
    candidate = _candidate(tokens, phrase.at, about=about, weak=for_whom)
    if phrase.is_subject and phrase.head.is_plural and "h" in know.flags:
        candidate = replace(candidate, kind=NounKind.PERSON)
    listed = phrase.before in (",", "and") and bool(found.candidates)
    activity = mass and not listed and know.kind is NounKind.ACT and phrase.head.basic.endswith("ing")
    if vague or activity or (mass and (phrase.before == "for" or (know.kind not in _THINGS and not phrase.verb))):
        _add_domain(phrase.head.basic, found)
        found.spare.append(candidate)
    else:
        _add(candidate, found)


def _candidate(tokens: Sequence[Token], at: int, *, about: str = "", weak: bool = False) -> Candidate:
    """The label says the last two words; the head decides what kind of record it is."""
    head = tokens[-1].basic
    know = word(head)
    label = " ".join(token.basic for token in tokens[-2:]).replace("-", " ")
    action = key_of(head) in action_fields() or _is_action_noun(head, know)
    return Candidate(
        spoken(label.capitalize()),
        know.kind,
        at,
        know.flags,
        about,
        weak,
        action and len(tokens) == 1,
        know.examples,
    )


def _add(candidate: Candidate, found: Findings) -> None:
    if len(candidate.key) > 2:
        found.add(candidate)


def _add_action(name: str, at: int, found: Findings) -> None:
    label = spoken(name)
    found.add(Candidate(label, NounKind.ACT, at, is_action=True))


def _add_domain(text: str, found: Findings) -> None:
    plain = text.replace("-", " ")
    if plain not in found.domain and plain not in _SOFTWARE and len(plain) > 2:
        found.domain.append(plain)


def _add_role(basic: str, found: Findings) -> None:
    if basic not in found.roles:
        found.roles.append(basic)


def _spare(token: Token, found: Findings, at: int) -> None:
    found.spare.append(_candidate([token], at))


def _unknown(token: Token, found: Findings) -> None:
    known = word(token.basic).noun or word(token.basic).verb or key_of(token.basic) in known_entities()
    if not known and token.text not in found.unknown:
        found.unknown.append(token.text)


def _is_recordable(basic: str) -> bool:
    """Whether records of this name are known, whatever its kind of noun."""
    key = key_of(basic)
    return key in known_entities() or key in action_fields()


def _without_shadows(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Drop a name that is only the end of a fuller one: "Request" beside "Feature request"."""
    return list(_kept(candidates))


def _kept(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    for one in candidates:
        fuller = [
            other
            for other in candidates
            if other is not one and other.label.lower().endswith(" " + one.label.lower())
        ]
        if not fuller:
            yield one
