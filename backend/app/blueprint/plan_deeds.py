"""The actions of people in an app, as its plan tells them."""

from __future__ import annotations

from collections.abc import Iterator

from app.blueprint.plan_parts import STAFF, VISITOR, Deed
from app.blueprint.spec import VISITOR as SPEC_VISITOR
from app.blueprint.spec import AppSpec, EntitySpec, FormSpec, Publicity, Reach, RightSpec, RoleScope
from app.blueprint.spec_lines import line_kind
from app.blueprint.spec_queries import (
    cancelling,
    changed_by_link,
    has_link,
    hidden_by_link,
    lower_first,
    may_add,
    person_of,
    staff_roles,
)
from app.blueprint.spec_site import public_fields


def deeds_of(spec: AppSpec) -> Iterator[Deed]:
    """The actions of visitors, of the staff and of each role."""
    yield from _deeds_of_visitors(spec)
    staff = _staff_name(spec)
    yield from _deeds_of_members(spec)
    for entity in spec.entities:
        plural_label = lower_first(entity.plural)
        yield Deed(who=staff, verb="keep", entity=entity.name, label=f"Add and change {plural_label}")
        yield from _line_deeds(spec, entity, staff)
        yield from _link_deeds(spec, entity)
        for right in entity.rights:
            if right.adds:
                label = right.label or f"Add {plural_label}"
                verb = label.split(" ")[0].lower()
                yield Deed(who=right.role, verb=verb, entity=entity.name, label=label)
            elif right.role == SPEC_VISITOR:
                yield from _change_deed(entity, right)
            elif right.sees is not Reach.NONE:
                yield Deed(who=right.role, verb="see", entity=entity.name, label=f"See {plural_label}")
        for move in entity.moves:
            for by in move.by or (staff,):
                yield Deed(who=by, verb=move.label.split(" ")[0].lower(), entity=entity.name, label=move.label)


def _deeds_of_members(spec: AppSpec) -> Iterator[Deed]:
    """What those who see only their own add by themselves, where no right says it."""
    for role in spec.roles:
        person = person_of(spec, role) if role.scope is RoleScope.OWN else None
        for entity in spec.entities if person is not None else ():
            is_said = any(right.role == role.name for right in entity.rights)
            if person is not None and not is_said and may_add(spec, entity, role, person):
                label = f"Add {lower_first(entity.plural)} of their own"
                yield Deed(who=role.name, verb="add", entity=entity.name, label=label)


def _deeds_of_visitors(spec: AppSpec) -> Iterator[Deed]:
    for form in spec.forms:
        yield _form_deed(form)
        if form.invited_by:
            label = "Pass on a link of their own, by which whoever comes is counted"
            yield Deed(who=VISITOR, verb="invite", entity=form.entity, label=label)
    for role in spec.roles:
        if role.scope is RoleScope.OWN and role.entity:
            label = f"Sign up as {lower_first(role.name)}"
            yield Deed(who=VISITOR, verb="register", entity=role.entity, label=label)
    for tool in spec.tools:
        yield Deed(who=VISITOR, verb="calculate", entity=tool.title, label=tool.title)
    for entity in spec.entities:
        if entity.public is not Publicity.NONE:
            yield Deed(who=VISITOR, verb="see", entity=entity.name, label=_seen_label(spec, entity))


def _seen_label(spec: AppSpec, entity: EntitySpec) -> str:
    """The fields of a kind of record that visitors see, by their labels."""
    parts = (entity.field(name) or entity.figure(name) for name in public_fields(spec, entity))
    labels = ", ".join(lower_first(part.label) for part in parts if part is not None)
    return f"See {lower_first(entity.plural)}: {labels}"


def _line_deeds(spec: AppSpec, entity: EntitySpec, staff: str) -> Iterator[Deed]:
    """Lines are entered on the form of what they belong to, by visitors too where a public form asks."""
    lines = line_kind(spec, entity)
    if lines is None:
        return
    plural_label = lower_first(lines[0].plural)
    asked = any(form.entity == entity.name and form.lines for form in spec.forms)
    for who in (staff, *((VISITOR,) if asked else ())):
        label = f"Enter {plural_label} on the form of the {lower_first(entity.label)}"
        yield Deed(who=who, verb="enter", entity=lines[0].name, label=label)


def _link_deeds(spec: AppSpec, entity: EntitySpec) -> Iterator[Deed]:
    """Visitors come back by a link to what they have sent, and call it off while nobody is at it."""
    if not has_link(spec, entity):
        return
    label = lower_first(entity.label)
    yield Deed(who=VISITOR, verb="follow", entity=entity.name, label=f"Follow their own {label} by its link")
    if any(form.entity == entity.name for form in spec.forms) and cancelling(entity):
        yield Deed(who=VISITOR, verb="cancel", entity=entity.name, label=f"Cancel their own {label} by its link")


def _change_deed(entity: EntitySpec, right: RightSpec) -> Iterator[Deed]:
    """What whoever has the link of a record may change there, and what they are not told."""
    labels = ", ".join(lower_first(field.label) for field in changed_by_link(entity))
    label = right.label or f"Change their own {lower_first(entity.label)} by its link: {labels}"
    if labels:
        yield Deed(who=VISITOR, verb=label.split(" ")[0].lower(), entity=entity.name, label=label)
    if hidden_by_link(entity):
        hidden = " and ".join(lower_first(part.label) for part in hidden_by_link(entity))
        seen = f"See their own {lower_first(entity.plural)} by a link, without {hidden}"
        yield Deed(who=VISITOR, verb="follow", entity=entity.name, label=seen)


# Labels begin with their verb: "Book a class".
def _form_deed(form: FormSpec) -> Deed:
    return Deed(who=VISITOR, verb=form.action.split(" ")[0].lower(), entity=form.entity, label=form.action)


def _staff_name(spec: AppSpec) -> str:
    return next((role.name for role in staff_roles(spec)), STAFF)
