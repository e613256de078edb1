"""The details that a goal lists behind a record: "lambs with tag, sex and weight", "vouchers: amount, sold on"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.blueprint.language.accounting import NUMBERS
from app.blueprint.language.bounds import find_entity
from app.blueprint.language.lexicon import singular, verb_stem, word
from app.blueprint.language.word_lists import word_list, word_pairs
from app.blueprint.spec import UPLOADED, EntitySpec, FieldSpec, FieldType

_SUMS: Final = frozenset({"tax", "vat", "total", "balance", "discount"})
"""What follows from other figures, and is entered by nobody."""
_TYPES: Final = {
    word: kind for word, kind in (word_pairs("attributes") | word_pairs("details")).items() if word not in _SUMS
}
_MEASURES: Final = word_list("measuring_units")
_NAMED_BY: Final = frozenset({"number", "no", "code", "reference", "ref", "id"})
"""What stands behind what it tells apart: a voucher number is no amount."""
_DATED_BY: Final = frozenset({"date", "on", "at", "until", "till", "by", "since"})
_BY_AN_ANSWER: Final = re.compile(r" ?(?:\(?y/n\)?|\(?yes/no\)?|\(?yes or no\)?)$", re.IGNORECASE)
_VERBS: Final = word_list("verbs") | {"get", "put", "type", "choose", "pick"}
_HOURS_OF_PLACES: Final = frozenset({"opening", "office", "visiting", "working"})
_SAYS_MORE: Final = frozenset({"now", "today", "each", "only", "first", "too"})
_SPAN: Final = re.compile(r"\bfrom ?/ ?(?:until|to|till)\b|\bfrom (?:and|-) (?:until|to)\b", re.IGNORECASE)
_SMALL: Final = frozenset(
    "a an the its their his her our my your some any each every new so many how much what which where when who of "
    "it they we i in maybe also".split()
)
_ENDS: Final = frozenset({"no", "when", "where"})
"""What may end a detail, as "voucher no" and "sold when", though it begins a sentence elsewhere."""
_ARTICLES: Final = frozenset({"a", "an", "the", "of", "when"})
_NO_DETAIL: Final = frozenset(
    "can will would should must may is are was were has have who that which to they we he she i you it if so "
    "without because but when while until unless not no never then please".split()
)
_BEHIND: Final = re.compile(
    r"(?P<owner>\b[a-z]+(?: [a-z]+)?)(?: \([^()\n]{0,80}\))?,?(?: each| all)?"
    r"(?: (?:with|w|ha(?:s|ve)|having|includ(?:es?|ing)|containing)\b:?| ?:| [-\u2013\u2014]| \()[ \n]"
    r"?(?=(?P<list>(?:(?!,? (?:each )?(?:with|w|has|have) )[^.;:\n()]){3,240}))",
    re.IGNORECASE,
)
_ABBREVIATED: Final = re.compile(r"\b(no|nr|conc|vol|tel|ref|max|min|approx)\.", re.IGNORECASE)
_LINE: Final = re.compile(
    r"(?:^[ \t*-]*|(?<=[.;] ))(?P<list>[^;:\n,.]{2,60},[^.;:\n]{3,240})(?=[.;]|$)", re.MULTILINE
)
_PART: Final = re.compile(r" ?, ?(?:and |or )?| and | & | \+ | w | with | plus ", re.IGNORECASE)
_OF_EACH: Final = re.compile(
    r" (?:per|for each|for every|of each|of every) [a-z]+(?= ?(?::| [-\u2013\u2014]))", re.IGNORECASE
)
"""The words behind which a list is not of what stands last: "medicines per resident: dose, times of day"."""
_SENTENCE: Final = re.compile(r"[.;!?\n]")
_BRACKETS: Final = re.compile(r" ?\([^()]{0,120}\)?")
_WORD: Final = re.compile(r"[a-z][a-z'-]*", re.IGNORECASE)
_LONGEST_LABEL: Final = 40
_MOST_WORDS: Final = 4
_LEAST_OF_LINE: Final = 3
_MOST_FIELDS: Final = 14
"""As many as a form can hold and still be filled in."""
_MOST_OF_TOPIC: Final = 8


@dataclass(frozen=True)
class _List:
    owner: str
    parts: tuple[str, ...]
    is_open: bool
    """True if it stands for nothing but details, so that what has no type known is one as well."""


def with_details(goal: str, entities: Sequence[EntitySpec]) -> tuple[tuple[EntitySpec, ...], tuple[str, ...]]:
    """The records with the details that the goal lists for them, and the words that they came from."""
    detailed, clauses = list(entities), list[str]()
    for listed in _read_lists(goal, detailed):
        at = next((at for at, entity in enumerate(detailed) if entity.name == listed.owner), None)
        for part in listed.parts if at is not None else ():
            field = _field_of(part, detailed, is_open=listed.is_open)
            if field is None or at is None or not _fits(detailed[at], field):
                continue
            detailed[at] = _with_field(detailed[at], field)
            clauses.append(part)
    return tuple(detailed), tuple(clauses)


def _read_lists(goal: str, entities: Sequence[EntitySpec]) -> Iterator[_List]:
    text = _ABBREVIATED.sub(r"\1", _OF_EACH.sub("", goal))
    for match in _BEHIND.finditer(text):
        parts = tuple(_parts(match["list"]))
        typed = sum(bool(_type_of(part)) for part in parts)
        owner = find_entity(match["owner"].split(" ")[-1].lower(), entities)
        is_said = re.search(r"[:(\u2013\u2014-]", match[0][: match.start("list") - match.start()]) is None
        if owner is not None and typed and (is_said or 2 * typed >= len(parts) > 1):
            yield _List(owner.name, parts, not is_said and typed >= _LEAST_OF_LINE - 1)
    yield from _lists_of_topic(text, entities)


def _lists_of_topic(text: str, entities: Sequence[EntitySpec]) -> Iterator[_List]:
    """The lines of details right behind the first sentence, which says of what: "chemical inventory"."""
    first_end = _SENTENCE.search(text)
    topic = _topic(text[: first_end.start()], entities) if first_end is not None else None
    if topic is None or first_end is None:
        return
    goes_on = first_end.end()
    for match in _LINE.finditer(text, first_end.start()):
        if text[goes_on : match.start()].strip(" \t\n*-.;"):
            return
        parts = tuple(_parts(match["list"]))
        typed = sum(bool(_type_of(part)) for part in parts)
        has_head = re.match(r"[^,]* (?:[-\u2013\u2014]|with|w|has|have) ", match["list"]) is not None
        if has_head or typed < _LEAST_OF_LINE - 1 or 2 * typed < len(parts):
            return
        yield _List(topic.name, parts, is_open=True)
        goes_on = match.end()


def _topic(sentence: str, entities: Sequence[EntitySpec]) -> EntitySpec | None:
    """The kind of record that a goal opens with; a longer sentence tells something and heads no list."""
    words = [spoken.lower() for spoken in _WORD.findall(sentence)]
    if not words or len(words) > _MOST_OF_TOPIC:
        return None
    kinds = (find_entity(word, entities) for word in words)
    return next((entity for entity in kinds if entity is not None), None)


def _parts(text: str) -> Iterator[str]:
    """The parts of a list, up to the first that goes on as a sentence."""
    for part in _PART.split(_BRACKETS.sub("", _SPAN.sub("start date, end date", text))):
        words = part.lower().split()
        while words and words[0] in _SMALL | {"with", "of"}:
            words = words[1:]
        if not words:
            continue
        if len(words) > _MOST_WORDS + 2 or set(words[: -1 if words[-1] in _ENDS else None]) & _NO_DETAIL:
            return
        is_counted = bool(set(words) & NUMBERS.keys()) or any(word[0].isdigit() for word in words)
        if len(words) <= _MOST_WORDS and not is_counted and not _is_done(words):
            yield " ".join(words)


def _is_done(words: Sequence[str]) -> bool:
    """True of a part that says what somebody does: "give a name", "get a number"."""
    return len(words) > 1 and words[0] in _VERBS and words[0] not in _TYPES


def _type_of(part: str) -> str:
    """The type of a detail by its words; empty for what may be anything."""
    plain = _BY_AN_ANSWER.sub("", part)
    if plain != part:
        return "bool"
    words = _without_rest(_WORD.findall(plain.lower()))
    if not words:
        return ""
    last_word = singular(words[-1])
    if len(words) > 1 and last_word in _NAMED_BY:
        return "int" if words[0] == "number" else "text"
    if (words[-1] in _DATED_BY and len(words) > 1) or words[1:] == ["when"]:
        return "date"
    if words[0] in _HOURS_OF_PLACES or words[1:] == ["where"]:
        return "text"
    if {words[-1], last_word} & _MEASURES:
        return "decimal"
    if words[0] in ("number", "count") and len(words) > 1:
        return "int"
    if words[-1] != last_word and _TYPES.get(last_word) == "choice":
        return ""
    return _TYPES.get(words[-1]) or _TYPES.get(last_word) or ("date" if _is_dated(words) else "")


def _without_rest(words: Sequence[str]) -> Sequence[str]:
    """The words up to what only says more: "times" of "times of day", "worth" of "worth now"."""
    if "of" in words[1:] and words[0] not in ("number", "date"):
        return words[: words.index("of")]
    return words[:-1] if len(words) > 1 and words[-1] in _SAYS_MORE else words


def _is_dated(words: Sequence[str]) -> bool:
    """True of "date signed"."""
    return words[0] == "date" and len(words) > 1


def _field_of(part: str, entities: Sequence[EntitySpec], *, is_open: bool) -> FieldSpec | None:
    kind = _type_of(part)
    plain = _BY_AN_ANSWER.sub("", part).strip()
    words = [spoken for spoken in _WORD.findall(plain) if spoken not in _ARTICLES]
    if not words or find_entity(" ".join(words[-2:]), entities) or (not kind and not is_open):
        return None
    if not kind and not _is_plain_noun(words):
        return None
    last_word = words[-1]
    if kind in ("image", "file", "date", "money"):
        # A record has one picture, however many the goal speaks of.
        last_word = singular(last_word)
    label = " ".join([*words[:-1], last_word])[:_LONGEST_LABEL].strip()
    name = "_".join(_WORD.findall(label.replace("-", "_").replace("'", "")))[: _LONGEST_LABEL - 2].strip("_")
    kind = "text" if kind == "choice" else kind or "text"
    try:
        return FieldSpec(name=name, label=label[0].upper() + label[1:], type=FieldType(kind))
    except ValueError:
        return None


def _is_plain_noun(words: Sequence[str]) -> bool:
    """True of a word or two that name something, such as "speciality", and are nothing that is done."""
    lexical = word(singular(words[-1]))
    return len(words) <= 2 and lexical.noun > lexical.verb and verb_stem(words[0]) is None


def _fits(entity: EntitySpec, field: FieldSpec) -> bool:
    """True if the record has room for the detail and none that means the same."""
    if len(entity.fields) >= _MOST_FIELDS:
        return False
    if field.type in UPLOADED and any(part.type is field.type for part in entity.fields):
        return False
    words = set(field.name.split("_"))
    parts = [(part.name, part.label) for part in entity.fields]
    for name, label in (*parts, *((figure.name, figure.label) for figure in entity.computed)):
        theirs = set(re.findall(r"[a-z]+", f"{name} {label}".lower())) | {name}
        if words <= theirs or theirs - {"on", "at"} <= words:
            return False
    return True


def _with_field(entity: EntitySpec, field: FieldSpec) -> EntitySpec:
    # The notes, with which a form ends, stay last.
    at = len(entity.fields) - (entity.fields[-1].type is FieldType.LONGTEXT and len(entity.fields) > 1)
    return EntitySpec.model_validate({**dict(entity), "fields": (*entity.fields[:at], field, *entity.fields[at:])})
