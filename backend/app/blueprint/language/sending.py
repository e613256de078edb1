"""The messages that a goal plainly asks for: a confirmation of what was sent in, a reminder before its date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from app.blueprint.field_types import DATES
from app.blueprint.language.leaving import CLAUSE
from app.blueprint.shape_rules import of_type
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType, FormSpec, MessageKind, MessageSpec
from app.blueprint.spec_messages import state_name, states_of
from app.blueprint.spec_queries import CALLED_OFF, PAST_DATES, lower_first

SENT_SOMEHOW: Final = "the message is written into the outbox; it goes out by itself where a mail server is named"
_MAIL: Final = re.compile(r"\b(e-?mail(s|ed|ing)?|mails?|messages?)\b", re.IGNORECASE)
_CONFIRM: Final = re.compile(r"\bconfirm(s|ed|ing|ations?)?\b", re.IGNORECASE)
_REMIND: Final = re.compile(r"\bremind(s|ed|ing|ers?)?\b", re.IGNORECASE)
_BEFORE: Final = re.compile(
    r"\b(an?|one|two|three|\d{1,2}) (hour|day|week)s? (before|earlier|ahead|in advance)\b", re.IGNORECASE
)
_NOT: Final = re.compile(r"\b(no|not|never|without)\b", re.IGNORECASE)
_NUMBERS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}
_HOURS: Final = {"hour": 1, "day": 24, "week": 168}
_DAY: Final = 24


def asks_to_send(clause: str) -> bool:
    """True if a clause asks for a message that an app can write."""
    return _confirms(clause) or _reminds(clause)


def _confirms(clause: str) -> bool:
    return bool(_CONFIRM.search(clause) and _MAIL.search(clause) and not _NOT.search(clause))


def _reminds(clause: str) -> bool:
    return bool(_REMIND.search(clause) and not _NOT.search(clause))


def messages_of(goal: str, entities: Sequence[EntitySpec], forms: Sequence[FormSpec]) -> tuple[MessageSpec, ...]:
    """At most one message of each kind, about the first kind of record that leads to an address, and to a date."""
    clauses = [text for text in CLAUSE.split(goal) if text]
    return (*_confirmation(clauses, entities, forms), *_reminder(clauses, goal, entities, forms))


def _confirmation(
    clauses: Sequence[str], entities: Sequence[EntitySpec], forms: Sequence[FormSpec]
) -> Iterator[MessageSpec]:
    by_name = {entity.name: entity for entity in entities}
    for form in forms if any(map(_confirms, clauses)) else ():
        entity = by_name[form.entity]
        address = _address_path(entity, by_name)
        if address is not None:
            label = lower_first(entity.label)
            greeting = f"Hello {_name_place(address, by_name, entity)},"
            text = f"{greeting}\n\nwe have your {label}.{_subject_places(entity, by_name)}\n"
            yield MessageSpec(
                name="confirmation",
                entity=entity.name,
                kind=MessageKind.ADDED,
                to=address,
                subject=f"Your {label}",
                text=text + "See it here: {link}\n\n{app}",
            )
            return


def _reminder(
    clauses: Sequence[str], goal: str, entities: Sequence[EntitySpec], forms: Sequence[FormSpec]
) -> Iterator[MessageSpec]:
    by_name = {entity.name: entity for entity in entities}
    with_forms = [by_name[form.entity] for form in forms]
    for entity in (*with_forms, *entities) if any(map(_reminds, clauses)) else ():
        address, date = _address_path(entity, by_name), _date_path(entity, by_name)
        if address is not None and date is not None:
            label = lower_first(entity.label)
            greeting = f"Hello {_name_place(address, by_name, entity)},"
            text = f"{greeting}\n\nthis is a reminder of your {label}: {{{date}}}."
            yield MessageSpec(
                name="reminder",
                entity=entity.name,
                kind=MessageKind.BEFORE,
                to=address,
                date=date,
                hours=_hours_ahead(goal),
                subject=f"A reminder of your {label}",
                only_if=_not_called_off(entity),
                text=f"{text}{_subject_places(entity, by_name)}\n\n{{app}}",
            )
            return


def _hours_ahead(goal: str) -> int:
    """The number of hours before; a day where the goal does not say."""
    match = _BEFORE.search(goal)
    if match is None:
        return _DAY
    number = _NUMBERS.get(match[1].lower()) or int(match[1])
    return max(1, number) * _HOURS[match[2].lower()]


def _address_path(entity: EntitySpec, by_name: Mapping[str, EntitySpec]) -> str | None:
    """The path to the e-mail of the person that the record is about."""
    return next(_paths_where(entity, by_name, lambda field: field.type is FieldType.EMAIL), None)


def _date_path(entity: EntitySpec, by_name: Mapping[str, EntitySpec]) -> str | None:
    """The path to the date: a day that is still to come when the record is made."""
    return next(
        _paths_where(entity, by_name, lambda field: field.type in DATES and not field.name.startswith(PAST_DATES)),
        None,
    )


def _paths_where(
    entity: EntitySpec, by_name: Mapping[str, EntitySpec], is_meant: Callable[[FieldSpec], bool]
) -> Iterator[str]:
    """The fields of the record itself, then those of what it is linked to."""
    yield from (field.name for field in entity.fields if is_meant(field))
    for link in of_type(entity, FieldType.REF):
        yield from (f"{link.name}.{field.name}" for field in by_name[link.ref or ""].fields if is_meant(field))


def _name_place(address: str, by_name: Mapping[str, EntitySpec], entity: EntitySpec) -> str:
    """The placeholder for the name of the person who has that address, or "there"."""
    link, _, _ = address.rpartition(".")
    field = entity.field(link) if link else None
    person = by_name[field.ref] if field is not None and field.ref else entity
    name = next(
        (
            field_of_person.name
            for field_of_person in person.fields
            if field_of_person.name in ("name", "full_name")
        ),
        None,
    )
    return f"{{{link}.{name}}}" if link and name else f"{{{name}}}" if name else "there"


def _subject_places(entity: EntitySpec, by_name: Mapping[str, EntitySpec]) -> str:
    """The placeholders for the things that the record is linked to, which are nobody."""
    things = [
        field.name
        for field in of_type(entity, FieldType.REF)
        if field.required and not any(of_type(by_name[field.ref or ""], FieldType.EMAIL))
    ]
    return f" {', '.join(f'{{{name}}}' for name in things)}." if things else ""


def _not_called_off(entity: EntitySpec) -> str | None:
    """The condition that it was not called off."""
    called_off = [state for state in states_of(entity) if state.lower() in CALLED_OFF]
    return f'{state_name(entity)} != "{called_off[0]}"' if called_off else None
