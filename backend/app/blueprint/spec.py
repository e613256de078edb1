"""The specification of an app, the same for every engine: what is kept, how it is shown, which rules hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from app.blueprint import spec_defaults
from app.blueprint.field_types import FIELD_TYPES, NUMBERS, UPLOADED
from app.blueprint.rule_kinds import STATED
from app.blueprint.spec_expressions import check_expressions
from app.blueprint.spec_files import check_files
from app.blueprint.spec_kinds import (
    AUTOMATIC,
    EVERYWHERE,
    MAX_ENTITIES,
    MAX_FIELDS,
    OWNER,
    RESERVED_FIELDS,
    RESERVED_TABLES,
    SPEC_VERSION,
    VISITOR,
    CheckKind,
    Design,
    FieldType,
    MessageKind,
    OnDelete,
    Publicity,
    Reach,
    RoleScope,
    RuleKind,
    Scheme,
    Tone,
    ViewKind,
    WishState,
)
from app.blueprint.spec_lines import check_lines
from app.blueprint.spec_messages import MessageSpec, check_messages
from app.blueprint.spec_parts import (
    AssignmentSpec,
    CheckSpec,
    ComputedSpec,
    EntitySpec,
    FieldSpec,
    FormSpec,
    MoveSpec,
    PageSpec,
    RightSpec,
    RoleSpec,
    RuleSpec,
    ThemeSpec,
    ToolSpec,
    ViewSpec,
    WishSpec,
)
from app.blueprint.spec_site import SiteSpec, check_site
from app.blueprint.spec_tools import check_tools
from app.blueprint.spec_types import WISHES_MAX, GoalText, Label, Part, Sentence, no_twins, one_line

# Others name the whole specification by this module, whatever file a part of it stands in.
__all__ = [
    "AUTOMATIC",
    "EVERYWHERE",
    "MAX_ENTITIES",
    "MAX_FIELDS",
    "NUMBERS",
    "OWNER",
    "RESERVED_FIELDS",
    "RESERVED_TABLES",
    "SPEC_VERSION",
    "STATED",
    "UPLOADED",
    "VISITOR",
    "AppSpec",
    "AssignmentSpec",
    "CheckKind",
    "CheckSpec",
    "ComputedSpec",
    "Design",
    "EntitySpec",
    "FieldSpec",
    "FieldType",
    "FormSpec",
    "MessageKind",
    "MessageSpec",
    "MoveSpec",
    "OnDelete",
    "PageSpec",
    "Publicity",
    "Reach",
    "RightSpec",
    "RoleScope",
    "RoleSpec",
    "RuleKind",
    "RuleSpec",
    "Scheme",
    "ThemeSpec",
    "Tone",
    "ToolSpec",
    "ViewKind",
    "ViewSpec",
    "WishSpec",
    "WishState",
    "check_people",
    "check_writes",
    "raise_version",
]


def _check_zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write one such as Europe/Berlin")
    return name


class AppSpec(Part):
    """The specification of an app: made by an engine, shown to the founder, rendered by the generator."""

    version: int = Field(default=SPEC_VERSION, ge=SPEC_VERSION, le=SPEC_VERSION, strict=True)
    title: Label
    tagline: Sentence
    goal: GoalText
    engine: Label
    confidence: float = Field(ge=0, le=1)
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    theme: ThemeSpec
    currency: Annotated[str, Field(min_length=1, max_length=4), AfterValidator(one_line)] = "$"
    timezone: Annotated[str, AfterValidator(_check_zone)] = ""
    """Whose clock says today and now, such as Europe/Berlin; else that of the machine that builds."""
    roles: tuple[RoleSpec, ...] = Field(default=(), max_length=6)
    entities: tuple[EntitySpec, ...] = Field(default=(), max_length=MAX_ENTITIES)
    views: tuple[ViewSpec, ...] = Field(default=(), max_length=40)
    forms: tuple[FormSpec, ...] = Field(default=(), max_length=6)
    site: SiteSpec | None = None
    tools: tuple[ToolSpec, ...] = Field(default=(), max_length=6)
    pages: tuple[PageSpec, ...] = Field(default=(), max_length=60)
    rules: tuple[RuleSpec, ...] = Field(default=(), max_length=40)
    messages: tuple[MessageSpec, ...] = Field(default=(), max_length=12)
    acceptance: tuple[CheckSpec, ...] = Field(default=(), max_length=12)
    assumptions: tuple[Sentence, ...] = Field(default=(), max_length=12)
    not_understood: tuple[Label, ...] = Field(default=(), max_length=20)
    wishes: tuple[WishSpec, ...] = Field(default=(), max_length=WISHES_MAX)

    @model_validator(mode="before")
    @classmethod
    def _raise_raw_version(cls, raw: Any) -> Any:  # Any: what JSON can hold
        return spec_defaults.app(raise_version(raw))

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if not (self.entities or self.tools or self.site):
            raise ValueError("an app keeps records, works something out or shows a site: it needs one of these")
        no_twins("tools", (tool.name for tool in self.tools))
        no_twins("entities", (entity.name.casefold() for entity in self.entities))
        # Tables are also the addresses of pages, and plurals their titles in one menu.
        no_twins("tables", (entity.table for entity in self.entities))
        no_twins("plurals", (entity.plural.casefold() for entity in self.entities))
        self._refs_lead_somewhere()
        for view in self.views:
            self._view_exists(view)
        for rule in self.rules:
            self._names_exist(rule.entity, rule.fields)
            self._minutes_count_from_a_time(rule)
        for form in self.forms:
            self._names_exist(form.entity, (*form.fields, *filter(None, [form.person, form.invited_by])))
        for kind in (*(role.entity for role in self.roles), *(check.entity for check in self.acceptance)):
            if kind is not None:
                self._names_exist(kind, ())
        for check in self.acceptance:
            if check.rule is not None and check.rule >= len(self.rules):
                raise ValueError(f"an acceptance check names rule {check.rule}, which does not exist")
        # What comes later follows links and names that the checks above have found to exist.
        check_people(self)
        check_writes(self)
        check_lines(self)
        check_site(self)
        check_tools(self)
        check_expressions(self)
        check_files(self)
        check_messages(self)
        return self

    @property
    def has_public_side(self) -> bool:
        """True if the app is for others than its staff: visitors, or people with records of their own."""
        is_shown = any(entity.public is not Publicity.NONE for entity in self.entities)
        return bool(self.forms or self.site or self.tools or is_shown) or any(
            role.scope is RoleScope.OWN for role in self.roles
        )

    def entity(self, name: str) -> EntitySpec | None:
        """The entity of that name."""
        return next((entity for entity in self.entities if entity.name == name), None)

    def _refs_lead_somewhere(self) -> None:
        for entity in self.entities:
            for field in entity.fields:
                if field.ref is not None and self.entity(field.ref) is None:
                    raise ValueError(f"{entity.name}.{field.name} points at {field.ref!r}, which does not exist")
        self._required_refs_have_an_order()

    def _required_refs_have_an_order(self) -> None:
        waiting = {
            entity.name: {field.ref for field in entity.fields if field.required and field.ref}
            for entity in self.entities
        }
        # Take out all whose required links lead to what is out
        # already; whatever stays waits for each other in a ring.
        while ready := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
            for name in ready:
                del waiting[name]
        if waiting:
            raise ValueError(f"{', '.join(sorted(waiting))} require each other, so none can be made first")

    def _minutes_count_from_a_time(self, rule: RuleSpec) -> None:
        entity = self.entity(rule.entity)
        if rule.kind is not RuleKind.NO_OVERLAP or entity is None:
            return
        types = [field.type for field in map(entity.field, rule.fields) if field is not None]
        if FieldType.INT in types and types != [FieldType.DATETIME, FieldType.INT, FieldType.REF]:
            raise ValueError(
                f"the rule {rule.about!r} counts minutes, so its fields are a date and time, the minutes and a ref"
            )

    def _view_exists(self, view: ViewSpec) -> None:
        entity = self.entity(view.entity)
        if entity is None or view.field is None or entity.figure(view.field) is None:
            self._names_exist(view.entity, () if view.field is None else (view.field,))

    def _names_exist(self, entity_name: str, fields: Iterable[str]) -> None:
        entity = self.entity(entity_name)
        if entity is None:
            raise ValueError(f"{entity_name!r} is not an entity of this app")
        for name in fields:
            if entity.field(name) is None:
                raise ValueError(f"{entity_name}.{name} does not exist")


def raise_version(raw: Any) -> Any:  # Any: what JSON can hold
    """A document of version 1 as one of version 2, which says everything in the same words and can say more."""
    if isinstance(raw, dict) and raw.get("version") == 1:
        return {**raw, "version": SPEC_VERSION}
    return raw


def check_people(spec: AppSpec) -> None:
    """ValueError when a move or a right names a role that the app does not have."""
    roles = {role.name for role in spec.roles} | set(EVERYWHERE)
    for entity in spec.entities:
        roles_named = [name for move in entity.moves for name in move.by] + [right.role for right in entity.rights]
        for name in roles_named:
            if name not in roles:
                raise ValueError(f"{entity.name} names the role {name!r}; there are: {', '.join(sorted(roles))}")
        _check_hidden(spec, entity)


def _check_hidden(spec: AppSpec, entity: EntitySpec) -> None:
    shown = {name for form in spec.forms if form.entity == entity.name for name in form.shows}
    for name in (name for right in entity.rights for name in right.hides):
        if entity.field(name) is None and entity.figure(name) is None:
            raise ValueError(f"{entity.name} hides {name!r} from visitors, and has no such field or figure")
        if name == entity.state:
            raise ValueError(f"{entity.name}.{name} says how far a record is, which its visitors are always told")
        if name in shown:
            raise ValueError(f"{entity.name}.{name} is hidden from visitors, and a form shows it")


def check_writes(spec: AppSpec) -> None:
    """ValueError when a move writes what a linked record does not have, or what is not its to change."""
    for entity in spec.entities:
        for move in entity.moves:
            for assignment in move.sets:
                problem = _problem_of_write(spec, entity, move, assignment) if assignment.link else ""
                if problem:
                    raise ValueError(f"move {move.label!r} of {entity.name}, sets {assignment.field}: {problem}")


def _problem_of_write(spec: AppSpec, entity: EntitySpec, move: MoveSpec, assignment: AssignmentSpec) -> str:
    link = entity.field(assignment.link)
    target = spec.entity(link.ref) if link is not None and link.ref else None
    if target is None:
        return f"{assignment.link!r} is no link to a record"
    field = target.field(assignment.name)
    if field is None:
        return f"{target.name} has no field {assignment.name!r} that can be written"
    if field.type in UPLOADED or FIELD_TYPES[field.type].is_made_up:
        return f"{assignment.name!r} is not written by anybody"
    if target.moves and assignment.name == target.state:
        return (
            f"{target.name} changes its state by its own moves alone. Give {target.name} such a move, by "
            f"automatic, whose only_if asks for this one, such as: exists({entity.name} where "
            f'{entity.state or "status"} = "{move.target}")'
        )
    return ""
