"""The operations that a change of a specification is made of, each with the words for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.blueprint.spec import (
    AppSpec,
    ComputedSpec,
    FieldSpec,
    FormSpec,
    MoveSpec,
    RightSpec,
    RoleSpec,
    RuleSpec,
    ViewKind,
    ViewSpec,
)
from app.blueprint.spec_types import Label, Pascal, Sentence, Snake


def _plural(before: AppSpec, name: str) -> str:
    entity = before.entity(name)
    return name if entity is None else entity.plural


def _label(before: AppSpec, record: str, name: str) -> str:
    entity = before.entity(record)
    field = None if entity is None else entity.field(name)
    return name if field is None else field.label


class _Operation(BaseModel):
    """`in_words` says in a sentence or two what it does, and what happens to the records that are there."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AddRecord(_Operation):
    """A new kind of record with its fields; figures, moves and rights are put into it by other operations."""

    op: Literal["add_record"]
    name: Pascal
    label: Label
    plural: Label
    about: Sentence
    fields: tuple[FieldSpec, ...] = Field(min_length=1, max_length=16)

    def in_words(self, before: AppSpec) -> str:  # noqa: ARG002 - what others need
        return f"{self.plural} are kept now."


class RenameRecord(_Operation):
    """Another name for a kind of record, whose records live on."""

    op: Literal["rename_record"]
    name: Pascal
    to: Pascal
    label: Label
    plural: Label

    def in_words(self, before: AppSpec) -> str:
        return f"{_plural(before, self.name)} are called {self.plural} now. Their records live on."


class RemoveRecord(_Operation):
    """A kind of record and all its records go."""

    op: Literal["remove_record"]
    name: Pascal

    def in_words(self, before: AppSpec) -> str:
        return f"{_plural(before, self.name)} are gone, with their records; earlier versions keep them."


class PutField(_Operation):
    """A new field, or one that is there with other properties: type, choices, limits, whether it is required."""

    op: Literal["put_field"]
    record: Pascal
    field: FieldSpec

    def in_words(self, before: AppSpec) -> str:
        plural, label = _plural(before, self.record), self.field.label
        entity = before.entity(self.record)
        if entity is None or entity.field(self.field.name) is None:
            return f"{plural} have {label} now. Records that are there have none yet."
        return f"{label} of {plural} has changed. Values that fit are kept."


class RenameField(_Operation):
    """Another name for a field, whose values live on."""

    op: Literal["rename_field"]
    record: Pascal
    name: Snake
    to: Snake
    label: Label

    def in_words(self, before: AppSpec) -> str:
        was = _label(before, self.record, self.name)
        return f"{was} is called {self.label} now. What was filled in lives on."


class RemoveField(_Operation):
    """A field, with its values, goes."""

    op: Literal["remove_field"]
    record: Pascal
    name: Snake

    def in_words(self, before: AppSpec) -> str:
        label = _label(before, self.record, self.name)
        return f"{_plural(before, self.record)} have no {label} any more; earlier versions keep it."


class PutFigure(_Operation):
    """A figure that is worked out, new or in place of the one of its name."""

    op: Literal["put_figure"]
    record: Pascal
    figure: ComputedSpec

    def in_words(self, before: AppSpec) -> str:
        return f"{_plural(before, self.record)} show {self.figure.label}: {self.figure.about}"


class PutMove(_Operation):
    """A move, new or in place of the one of its label; `state` names the choice that holds the states."""

    op: Literal["put_move"]
    record: Pascal
    state: Snake
    move: MoveSpec

    def in_words(self, before: AppSpec) -> str:
        return f"{_plural(before, self.record)} can be moved to {self.move.target} by {self.move.label!r}."


class PutRight(_Operation):
    """What a role may do with a kind of record, new or in place of what it might."""

    op: Literal["put_right"]
    record: Pascal
    right: RightSpec

    def in_words(self, before: AppSpec) -> str:
        return f"What {self.right.role} may do with {_plural(before, self.record)} has changed."


class RemovePart(_Operation):
    """A figure (by name), a move (by label) or a right (by role) of a kind of record goes."""

    op: Literal["remove_part"]
    record: Pascal
    part: Literal["figure", "move", "right"]
    name: Label

    def in_words(self, before: AppSpec) -> str:
        return f"{_plural(before, self.record)} have the {self.part} {self.name!r} no more."


class PutRule(_Operation):
    """A rule, new or in place of the one whose `about` is `replaces`."""

    op: Literal["put_rule"]
    rule: RuleSpec
    replaces: Sentence | None = None

    def in_words(self, before: AppSpec) -> str:  # noqa: ARG002 - what others need
        instead = f" Before: {self.replaces}" if self.replaces else ""
        return f"A rule holds: {self.rule.about}{instead}"


class RemoveRule(_Operation):
    """The rule with this `about` goes."""

    op: Literal["remove_rule"]
    about: Sentence

    def in_words(self, before: AppSpec) -> str:  # noqa: ARG002 - what others need
        return f"A rule holds no more: {self.about}"


class PutRole(_Operation):
    """A kind of person, new or in place of the one of its name."""

    op: Literal["put_role"]
    role: RoleSpec

    def in_words(self, before: AppSpec) -> str:  # noqa: ARG002 - what others need
        return f"{self.role.name} use the app: {self.role.about}"


class RemoveRole(_Operation):
    """A kind of person goes."""

    op: Literal["remove_role"]
    name: Label

    def in_words(self, before: AppSpec) -> str:  # noqa: ARG002 - what others need
        return f"{self.name} use the app no more."


class PutView(_Operation):
    """A view of a kind of record, new or in place of the one of its kind."""

    op: Literal["put_view"]
    view: ViewSpec

    def in_words(self, before: AppSpec) -> str:
        return f"{_plural(before, self.view.entity)} are shown as a {self.view.kind.value}."


class RemoveView(_Operation):
    """A view goes."""

    op: Literal["remove_view"]
    record: Pascal
    kind: ViewKind

    def in_words(self, before: AppSpec) -> str:
        return f"{_plural(before, self.record)} are not shown as a {self.kind.value} any more."


class PutForm(_Operation):
    """The public form of a kind of record, new or in place of the one it has."""

    op: Literal["put_form"]
    form: FormSpec

    def in_words(self, before: AppSpec) -> str:  # noqa: ARG002 - what others need
        return f"Visitors can fill in a form: {self.form.action}."


class RemoveForm(_Operation):
    """The public form of a kind of record goes."""

    op: Literal["remove_form"]
    record: Pascal

    def in_words(self, before: AppSpec) -> str:
        return f"Visitors have no form for {_plural(before, self.record)} any more."


class SetWords(_Operation):
    """Other words for the app: its title or its line below."""

    op: Literal["set_words"]
    title: Label | None = None
    tagline: Sentence | None = None

    def in_words(self, before: AppSpec) -> str:  # noqa: ARG002 - what others need
        return "The app has other words: " + ", ".join(filter(None, (self.title, self.tagline))) + "."


Operation = Annotated[
    AddRecord | RenameRecord | RemoveRecord | PutField | RenameField | RemoveField | PutFigure | PutMove | PutRight
    | RemovePart | PutRule | RemoveRule | PutRole | RemoveRole | PutView | RemoveView | PutForm | RemoveForm
    | SetWords,
    Field(discriminator="op"),
]  # fmt: skip
