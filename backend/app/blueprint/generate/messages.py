"""Writes the messages of a specification as lines of `schema.py`."""

from __future__ import annotations

from app.blueprint.generate.expressions import figure_py
from app.blueprint.spec import AppSpec, ComputedSpec, EntitySpec, MessageSpec
from app.blueprint.spec_expressions import compiler_of
from app.blueprint.spec_messages import APP, LINK, TO_OWNER, part_at, state_name


def messages_py(spec: AppSpec) -> list[str]:
    """Every message, one `Message` a line."""
    pairs = ((message, spec.entity(message.entity)) for message in spec.messages)
    return [_message_py(spec, entity, message) for message, entity in pairs if entity is not None]


def _message_py(spec: AppSpec, entity: EntitySpec, message: MessageSpec) -> str:
    to = "" if message.to == TO_OWNER else compiler_of(spec).value(message.to, entity.name).text
    parts = [message.name, entity.table, message.kind.value, to, message.subject, message.text]
    arguments = [repr(part) for part in parts]
    places = [place for place in message.places if place not in (LINK, APP)]
    if places:
        listed = ", ".join(_place_py(spec, entity, number, place) for number, place in enumerate(places))
        arguments.append(f"says=({listed},)")
    if message.state is not None:
        arguments += [f"state_field={state_name(entity)!r}", f"state={message.state!r}"]
    if message.date is not None:
        arguments += [
            f"date={compiler_of(spec).value(message.date, entity.name).text!r}",
            f"hours={message.hours}",
        ]
    if message.only_if is not None:
        arguments.append(f"only_if={compiler_of(spec).condition(message.only_if, entity.name)!r}")
    return f"Message({', '.join(arguments)})"


def _place_py(spec: AppSpec, entity: EntitySpec, number: int, place: str) -> str:
    """A placeholder in braces, as a figure that is called as it is written there."""
    named = part_at(spec, entity, place)
    # Unchecked: what stands in braces is a path, and need not be a name that a figure may have.
    figure = ComputedSpec.model_construct(
        name=f"place_{number}",
        label=place,
        expression=place,
        about="",
        digits=None,
        unit=named.unit if named else None,
    )
    return figure_py(spec, entity, figure)
