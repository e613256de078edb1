"""The messages that an app writes into its outbox: to whom, when, and in which words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Self

from pydantic import Field, model_validator

from app.blueprint.expressions.faults import Fault
from app.blueprint.expressions.nodes import Path
from app.blueprint.expressions.parser import parse
from app.blueprint.spec_kinds import FieldType, MessageKind
from app.blueprint.spec_types import Expression, Label, Part, Pascal, Sentence, Snake, Words, no_twins

if TYPE_CHECKING:
    from app.blueprint.spec import AppSpec
    from app.blueprint.spec_parts import ComputedSpec, EntitySpec, FieldSpec

TO_OWNER: Final = "owner"
LINK: Final = "link"
APP: Final = "app"
PLACE: Final = re.compile(r"\{([^{}]*)\}")
"""A placeholder in the words of a message."""

_BRACE: Final = re.compile(r"[{}]")
_MOST_HOURS: Final = 24 * 365


class MessageSpec(Part):
    """A message about a record: when one is `added`, when it comes to the `state`, or `hours` `before` a date.

    `to` is an e-mail field of the record, also through links (`customer.email`), or `owner`. `date` is a date of
    it, also through links (`course.starts_at`), a figure, or worked out (`lent_on + 14`). `subject` and `text` may
    name fields and figures in braces: `{course.name}`; `{link}` is the address of the record for whoever gets it,
    `{app}` the name of the business.
    """

    name: Snake
    entity: Pascal
    kind: MessageKind
    to: Expression
    subject: Sentence
    text: Words
    state: Label | None = None
    date: Expression | None = None
    hours: int = Field(default=24, ge=1, le=_MOST_HOURS)
    only_if: Expression | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if (self.kind is MessageKind.STATE) != (self.state is not None):
            raise ValueError(f"message {self.name!r}: a state belongs to the kind state, and to no other")
        if (self.kind is MessageKind.BEFORE) != (self.date is not None):
            raise ValueError(f"message {self.name!r}: a date belongs to the kind before, and to no other")
        if not self.text.strip():
            raise ValueError(f"message {self.name!r} says nothing: it needs a text")
        for text in (self.subject, self.text):
            # A brace that is left over is a slip, and would be sent as it stands.
            if _BRACE.search(PLACE.sub("", text)):
                raise ValueError(f"message {self.name!r}: a brace stands alone; write fields as {{name}}")
        return self

    @property
    def places(self) -> tuple[str, ...]:
        """The placeholders of the subject and the text, each once."""
        names = (*PLACE.findall(self.subject), *PLACE.findall(self.text))
        return tuple(dict.fromkeys(place.strip() for place in names))


def check_messages(spec: AppSpec) -> None:
    """ValueError when a message is about, goes to or names what the app does not have."""
    no_twins("messages", (message.name for message in spec.messages))
    for message in spec.messages:
        entity = spec.entity(message.entity)
        if entity is None:
            raise ValueError(f"message {message.name!r}: {message.entity!r} is not an entity of this app")
        for fault in _faults_of(spec, message, entity):
            raise ValueError(f"message {message.name!r} of {entity.name!r}, {fault}")


def _faults_of(spec: AppSpec, message: MessageSpec, entity: EntitySpec) -> Iterator[str]:
    if message.to != TO_OWNER:
        yield from _check_type(spec, entity, "to", message.to, (FieldType.EMAIL,))
    if message.state is not None and message.state not in states_of(entity):
        states = ", ".join(states_of(entity)) or "none: it has no choice named status"
        yield f"state: {message.state!r} is not one of its states ({states})"
    for place in message.places:
        if place not in (LINK, APP) and not is_path(place):
            yield f"text: {{{place}}} must be a field, or a field of what it is linked to, such as {{course.name}}"


def states_of(entity: EntitySpec) -> tuple[str, ...]:
    """The states that a record can come to."""
    name = state_name(entity)
    field = entity.field(name) if name else None
    return field.choices if field is not None else ()


def state_name(entity: EntitySpec) -> str | None:
    """The choice that says how far a record is."""
    if entity.state:
        return entity.state
    return named_state([field.name for field in entity.fields if field.type is FieldType.CHOICE])


def named_state(choices: Sequence[str]) -> str | None:
    """The first of these choices whose name is that of a state."""
    return next((name for name in choices if name in ("status", "stage", "state")), None)


def is_path(text: str) -> bool:
    """True if a text names a field, of the record or of what it is linked to."""
    try:
        node = parse(text)
    except Fault:
        return False
    return isinstance(node, Path) and node.steps[0] not in ("me", "this", "today", "now")


def _check_type(
    spec: AppSpec, entity: EntitySpec, key: str, path: str, types: tuple[FieldType, ...]
) -> Iterator[str]:
    field = field_at(spec, entity, path)
    types_named = " or ".join(kind.value for kind in types)
    if field is None:
        yield f"{key}: {path!r} leads to no field; name one of the type {types_named}, also through a link"
    elif field.type not in types:
        yield f"{key}: {path!r} is of the type {field.type.value}, and must be of the type {types_named}"


def part_at(spec: AppSpec, entity: EntitySpec, path: str) -> FieldSpec | ComputedSpec | None:
    """The field or figure that a path leads to, through links; None for one that leads nowhere."""
    links, _, name = path.rpartition(".")
    link = field_at(spec, entity, links) if links else None
    holder = entity if not links else spec.entity(link.ref) if link is not None and link.ref else None
    return (holder.field(name) or holder.figure(name)) if holder is not None else None


def field_at(spec: AppSpec, entity: EntitySpec, path: str) -> FieldSpec | None:
    """The field that a path leads to, through links; None for one that leads nowhere."""
    here: EntitySpec | None = entity
    field: FieldSpec | None = None
    for step in path.split("."):
        field = here.field(step) if here is not None else None
        if field is None:
            return None
        here = spec.entity(field.ref) if field.ref else None
    return field
