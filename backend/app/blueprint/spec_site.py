"""The public site of an app: ordered sections with the founder's words, and what visitors see of the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from pydantic import Field, model_validator

from app.blueprint.field_types import CONTACTS, COUNTED, FIELD_TYPES, PRIVATE
from app.blueprint.spec_kinds import Publicity
from app.blueprint.spec_types import Label, Part, Pascal, Snake, Words

if TYPE_CHECKING:
    from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FormSpec


class SectionKind(StrEnum):
    """The purpose of a section of the site."""

    HERO = "hero"
    ABOUT = "about"
    STEPS = "steps"
    CATALOGUE = "catalogue"
    PRICING = "pricing"
    HOURS = "hours"
    FAQ = "faq"
    CONTACT = "contact"
    SIGNUP = "signup"
    CALCULATOR = "calculator"
    RESULTS = "results"


OF_ITEMS: Final = frozenset(
    {SectionKind.STEPS, SectionKind.PRICING, SectionKind.HOURS, SectionKind.FAQ, SectionKind.CONTACT}
)
OF_RECORDS: Final = frozenset({SectionKind.CATALOGUE, SectionKind.SIGNUP, SectionKind.RESULTS})


class ItemSpec(Part):
    """One point of a section: a step, a question, a price, a day with its hours, a way to get in touch."""

    label: Label
    text: Words = ""


class SectionSpec(Part):
    """A section of the first page, in the founder's own words.

    `items` belong to steps, pricing, hours, faq and contact. `entity` is the public kind of record that a
    catalogue lists, the kind whose public form a signup holds, or the kind whose answers results count. `tool`
    names the calculator. `button` is what the button says that leads to the first form: "Book a table".
    """

    kind: SectionKind
    title: Label
    text: Words = ""
    items: tuple[ItemSpec, ...] = Field(default=(), max_length=20)
    entity: Pascal | None = None
    tool: Snake | None = None
    button: Label | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        where = f"the section {self.title!r}"
        if (self.kind in OF_ITEMS) != bool(self.items):
            raise ValueError(f"{where}: items belong to {', '.join(sorted(OF_ITEMS))}, and each of these has some")
        if (self.kind in OF_RECORDS) != (self.entity is not None):
            raise ValueError(f"{where}: an entity belongs to {', '.join(sorted(OF_RECORDS))}, and each names one")
        if (self.kind is SectionKind.CALCULATOR) != (self.tool is not None):
            raise ValueError(f"{where}: a tool belongs to a calculator, which names one")
        return self


class SiteSpec(Part):
    """The texts that visitors read, from top to bottom."""

    sections: tuple[SectionSpec, ...] = Field(min_length=1, max_length=16)


def check_site(spec: AppSpec) -> None:
    """ValueError when a section names what the app does not have, or a public field does not exist."""
    for entity in spec.entities:
        for name in entity.public_fields:
            if entity.field(name) is None and entity.figure(name) is None:
                raise ValueError(f"{entity.name}.{name} is shown to visitors, and does not exist")
        if (entity.public_fields or entity.public_if) and entity.public is Publicity.NONE:
            raise ValueError(
                f'{entity.name} says what visitors see of it, so it must say public = "list" or "detail"'
            )
    for form in spec.forms:
        _check_form(spec, form)
    for section in spec.site.sections if spec.site else ():
        _check_section(spec, section)


def _check_form(spec: AppSpec, form: FormSpec) -> None:
    entity = spec.entity(form.entity)
    if entity is None:
        return
    for name in form.shows:
        if entity.field(name) is None and entity.figure(name) is None:
            raise ValueError(f"the form {form.action!r} shows {entity.name}.{name}, which does not exist")
    for offer in form.offers:
        field = entity.field(offer.field)
        if field is None or not field.ref or offer.field not in form.fields or offer.field == form.person:
            raise ValueError(f"the form {form.action!r} offers {offer.field!r}, which is no link that it asks for")
    if form.invited_by is not None and code_behind(spec, entity, form.invited_by) is None:
        raise ValueError(
            f"the form {form.action!r} finds {form.invited_by!r} by a code, "
            "so that must be a ref to an entity with a field of the type code"
        )


def code_behind(spec: AppSpec, entity: EntitySpec, name: str) -> FieldSpec | None:
    """The code by which the record is found that a ref points at, if it has one."""
    field = entity.field(name)
    target = spec.entity(field.ref) if field is not None and field.ref else None
    fields = target.fields if target is not None else ()
    return next((candidate for candidate in fields if FIELD_TYPES[candidate.type].is_made_up), None)


def _check_section(spec: AppSpec, section: SectionSpec) -> None:
    where = f"the section {section.title!r}"
    entity = spec.entity(section.entity) if section.entity else None
    if section.entity and entity is None:
        raise ValueError(f"{where}: {section.entity!r} is not an entity of this app")
    if section.kind is SectionKind.CATALOGUE and entity is not None and entity.public is Publicity.NONE:
        raise ValueError(f'{where} lists {entity.name}, so that must say public = "list" or "detail"')
    if section.kind is SectionKind.SIGNUP and all(form.entity != section.entity for form in spec.forms):
        raise ValueError(f"{where} holds the form of {section.entity}, and there is no such form")
    if section.kind is SectionKind.RESULTS and entity is not None and not counted_fields(entity):
        raise ValueError(f"{where} counts the answers of {entity.name}, which has no choice and no yes or no")
    if section.tool and all(tool.name != section.tool for tool in spec.tools):
        raise ValueError(f"{where}: {section.tool!r} is not a tool of this app")


def counted_fields(entity: EntitySpec) -> tuple[FieldSpec, ...]:
    """The fields whose answers are counted: choices, and yes or no."""
    return tuple(field for field in entity.fields if field.type in COUNTED)


def public_fields(spec: AppSpec, entity: EntitySpec) -> tuple[str, ...]:
    """The fields of a record that visitors see: those it names, or else all that tell nothing about a person."""
    if entity.public_fields:
        return entity.public_fields
    people = {role.entity for role in spec.roles if role.entity} | set(_kinds_of_people(spec.entities))
    # A code counts for whoever passes it on, so a list of codes would let anybody speak for the others.
    return tuple(field.name for field in entity.fields if field.type not in PRIVATE and field.ref not in people)


def _kinds_of_people(entities: Sequence[EntitySpec]) -> list[str]:
    return [entity.name for entity in entities if any(field.type in CONTACTS for field in entity.fields)]


def sections_of(spec: AppSpec) -> tuple[SectionSpec, ...]:
    """The sections of the site, or those that follow from what visitors can do where it names none."""
    if spec.site is not None:
        return spec.site.sections
    if not spec.has_public_side:
        return ()
    return tuple(_implied_sections(spec))


def _implied_sections(spec: AppSpec) -> Iterator[SectionSpec]:
    yield SectionSpec(kind=SectionKind.HERO, title=spec.title, text=spec.tagline)
    for tool in spec.tools:
        yield SectionSpec(kind=SectionKind.CALCULATOR, title=tool.title, text=tool.about, tool=tool.name)
    for form in spec.forms:
        yield SectionSpec(kind=SectionKind.SIGNUP, title=form.action, text=form.about, entity=form.entity)
    for entity in spec.entities:
        # A reply stands on the page of what it answers, and nowhere else.
        if not _is_public(entity) or _is_part(spec, entity):
            continue
        yield SectionSpec(kind=SectionKind.CATALOGUE, title=entity.plural, entity=entity.name)


def _is_part(spec: AppSpec, entity: EntitySpec) -> bool:
    leads_to = (spec.entity(field.ref) for field in entity.fields if field.ref and field.required)
    return any(target is not None and target.public is Publicity.DETAIL for target in leads_to)


def _is_public(entity: EntitySpec) -> bool:
    return entity.public is not Publicity.NONE
