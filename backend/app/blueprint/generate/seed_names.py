"""The names and prices of a kind's example records: those of its trade, or else the usual ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from app.blueprint.field_types import CONTACTS, WRITTEN
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType
from app.blueprint.spec_queries import status_field, title_fields
from app.blueprint.usual_examples import Example, trades, usual_examples, usual_prices

_NAMES: Final = frozenset({"name", "title", "subject", "label", "what", "description"})
# Words that mean something else in every trade.
_AMBIGUOUS: Final = frozenset(
    "agenda call card case commission counter grade issue job level mark move part piece position post record "
    "report request set spot stop study work".split()
)
_PEOPLE: Final = frozenset(
    "apprentice applicant artist attendee baker beekeeper borrower buyer caretaker chef child client coach "
    "contact contractor cook customer dancer doctor donor driver employee father friend gardener guest guide "
    "host instructor juror learner leader lender lodger manager mechanic member mentor mother musician neighbor "
    "neighbour nurse officer organiser organizer owner parent participant passenger patient person player pupil "
    "renter resident rider runner sailor seller singer sitter staff steward student subscriber teacher tenant "
    "therapist trainer translator traveller tutor visitor volunteer walker winner worker".split()
)
_FIRMS: Final = frozenset(
    "agency business cafe café charity club company dealer firm hotel organisation organization partner "
    "restaurant school shop sponsor store supplier vendor".split()
)


def is_person(entity: EntitySpec) -> bool:
    """True if the records are people, or carry the name of one."""
    kinds = {field.type for field in entity.fields}
    has_name = any(field.name in ("name", "full_name") for field in entity.fields[:2])
    last_word = _words_in(entity.label)[-1:]
    is_reachable = kinds & CONTACTS or _PEOPLE.intersection(last_word)
    return has_name and bool(is_reachable) and not _FIRMS.intersection(last_word)


def named_examples(spec: AppSpec, entity: EntitySpec) -> tuple[Example, ...]:
    """The examples of a kind of record that has a name of its own; none for people and for what is numbered."""
    # Names of the designer's own go before any that are usual.
    if entity.seed and entity.seed not in usual_examples().values():
        return tuple(_with_price(name) for name in entity.seed)
    first_field, title = entity.fields[0], entity.field(title_fields(entity)[0])
    title = first_field if first_field.type is FieldType.LONGTEXT and first_field.name in _NAMES else title
    if title is None or title.type not in WRITTEN or title.name not in _NAMES or is_person(entity):
        return tuple(_with_price(name) for name in entity.seed)
    by_trade = _examples_of_trade(spec, entity)
    # With fewer, every name would come again at once.
    if len(by_trade) >= 3:
        return by_trade
    return tuple(_with_price(name) for name in entity.seed or _usual_names(entity))


def _with_price(name: str) -> Example:
    return Example(name, usual_prices().get(name))


def _examples_of_trade(spec: AppSpec, entity: EntitySpec) -> tuple[Example, ...]:
    """The examples of the app's trade, as far as the choices of the kind have them."""
    about = _words_about(spec)
    last_word = _words_in(entity.label)[-1:]
    keys = {"".join(_words_in(entity.label)), *last_word}
    fitting = [trade for trade in trades() if trade.kinds & keys and trade.words & about]
    best = max(fitting, key=lambda trade: len(trade.words & about), default=None)
    if best is None:
        return ()
    choices = sort_field(entity, best.examples)
    return tuple(example for example in best.examples if choices is None or choice_for(choices, example))


@cache
def _words_about(spec: AppSpec) -> frozenset[str]:
    texts = " ".join([spec.title, spec.tagline, spec.goal, *(entity.label for entity in spec.entities)])
    return frozenset(_words_in(texts))


def _words_in(text: str) -> list[str]:
    return re.findall(r"[a-zé']+", text.lower())


def _usual_names(entity: EntitySpec) -> tuple[str, ...]:
    words = _words_in(entity.label)
    for key in ("".join(words), *words[-1:]):
        if key in usual_examples() and key not in _AMBIGUOUS:
            return usual_examples()[key]
    return usual_examples()["company"] if _FIRMS.intersection(words[-1:]) else ()


def sort_field(entity: EntitySpec, examples: Sequence[Example]) -> FieldSpec | None:
    """The choice that says what sort of thing each example is."""
    status = status_field(entity)
    choices = [field for field in entity.fields if field.type is FieldType.CHOICE and field is not status]
    return next((field for field in choices if any(choice_for(field, example) for example in examples)), None)


def choice_for(field: FieldSpec, example: Example) -> str | None:
    """The choice that goes with the example: cakes for a cake."""
    return next(
        (choice for choice in field.choices if example.sort and choice.casefold().startswith(example.sort)), None
    )
