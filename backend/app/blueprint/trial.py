"""The trial of a specification before it is built: parts of it that its app would not do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.blueprint.contract.words import VIEW_KINDS
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import paths
from app.blueprint.generate.example_records import examples_of, violation_of
from app.blueprint.generate.examples import Examples
from app.blueprint.generate.locks import lock_condition, lock_parts, locked_scene
from app.blueprint.generate.rules import rules_of
from app.blueprint.generate.scenes import Scene
from app.blueprint.generate.schema import schema_py, shows_view
from app.blueprint.generate.stated import Statement, is_tangled, judged_rules, statement
from app.blueprint.generate.tree import is_built_type
from app.blueprint.language.forms import people_shown
from app.blueprint.plan_items import TRIED, items_of
from app.blueprint.rule_kinds import RULE_KINDS
from app.blueprint.spec import (
    VISITOR,
    AppSpec,
    EntitySpec,
    FieldType,
    FormSpec,
    Publicity,
    RoleScope,
    RoleSpec,
    RuleKind,
    RuleSpec,
    ViewSpec,
)
from app.blueprint.spec_lines import lines_of
from app.blueprint.spec_queries import changed_by_link, has_link, lower_first, own_link


@dataclass(frozen=True)
class Idle:
    """A part that is said and would not work: where it stands, why, and what would be right."""

    place: str
    problem: str


def idle_parts(spec: AppSpec) -> list[Idle]:
    """Everything of a valid specification that its app would not do."""
    parts = [
        *_idle_fields(spec),
        *_idle_rules(spec),
        *_unkept_rules(spec),
        *_unmade_examples(spec),
        *_idle_views(spec),
        *_idle_forms(spec),
        *exposed_people(spec),
        *_idle_roles(spec),
        *_idle_publicity(spec),
    ]
    return [*parts, *_idle_rights(spec), *_untried_items(spec)]


def _untried_items(spec: AppSpec) -> Iterator[Idle]:
    """Items that no check tries: they would be ready without ever having worked."""
    for item in items_of(spec):
        if item.kind not in TRIED:
            yield Idle(
                item.place, f"nothing tries a {item.kind} on the finished app, so it cannot be promised yet"
            )


def _idle_rights(spec: AppSpec) -> Iterator[Idle]:
    """Rights of somebody who is no role: the owner may do all, and visitors change only what has their link."""
    roles = {role.name for role in spec.roles}
    for entity in spec.entities:
        for right in entity.rights:
            place = f"entities {entity.name!r}, rights of {right.role!r}"
            hides = bool(right.hides) and _has_page_by_link(spec, entity)
            if right.role == VISITOR and not (changed_by_link(entity) or hides):
                yield Idle(
                    place,
                    "does nothing: a visitor changes their own record by its link, so it must say changes: own "
                    "and name the fields that are theirs: no ref, and no state that moves lead on from. What it "
                    "hides is told by links alone, which come of a form or a move of the visitor",
                )
            elif right.role not in {*roles, VISITOR}:
                yield Idle(place, "does nothing: the owner may do everything. Name a role, or leave it out")


def _has_page_by_link(spec: AppSpec, entity: EntitySpec) -> bool:
    """True if visitors come to a record by a link, or to the record that it is a line of."""
    link = lines_of(spec, entity)
    holder = spec.entity(link.ref) if link is not None and link.ref else None
    return has_link(spec, entity) or (holder is not None and has_link(spec, holder))


def _idle_fields(spec: AppSpec) -> Iterator[Idle]:
    for entity in spec.entities:
        for field in entity.fields:
            if not is_built_type(field.type):
                yield Idle(
                    f"entities {entity.name!r}, fields {field.name!r}, type",
                    f"apps cannot keep a field of type {field.type.value} yet. Keep its address as a url, or "
                    "leave it out, and tell it in wishes",
                )


def _idle_rules(spec: AppSpec) -> Iterator[Idle]:
    for number, rule in enumerate(spec.rules, 1):
        entity = spec.entity(rule.entity)
        if entity is None:
            continue
        place = f"rules number {number} ({rule.kind.value} of {rule.entity})"
        if not _is_built(spec, entity, rule):
            yield Idle(
                place,
                f"these fields do not fit its kind, so it would do nothing. {RULE_KINDS[rule.kind].sentence}",
            )
        elif len(rule.fields) > (RULE_KINDS[rule.kind].most_fields or len(rule.fields)):
            yield Idle(
                place,
                f"not all of these fields would be looked at. {RULE_KINDS[rule.kind].sentence}{_instead_of(rule)}",
            )
        elif rule.kind is RuleKind.LOCKED and locked_scene(spec, entity, rule) is None:
            yield Idle(
                place,
                "no example record was found that it keeps as it is, so it cannot be tried. Say a condition that "
                "a record can really come to, and leave out rules that refuse every such record: a locked one "
                "already refuses additions to what is closed",
            )
        elif rule.kind is RuleKind.LOCKED and _lets_nothing_in(spec, entity, rule):
            yield Idle(
                place,
                "its condition follows a link and holds whatever that leads to, so no record could ever be added. "
                'Say a condition that some records do not meet, or "yes" to keep each as it was added',
            )
        elif _is_untried(spec, entity, rule):
            yield Idle(place, _why_untried(spec, entity, rule))


def _lets_nothing_in(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> bool:
    """True if the rule keeps a new record from belonging to anything."""
    follows_links = bool(lock_parts(spec, entity, rule)["links"])
    return follows_links and examples_of(spec).scene_where(entity, lock_condition(rule), False) is None


def _unkept_rules(spec: AppSpec) -> Iterator[Idle]:
    """Rules that no example record keeps, so that no record could be added to try anything with."""
    examples = examples_of(spec)
    for number, rule in enumerate(spec.rules, 1):
        entity = spec.entity(rule.entity)
        stated = statement(spec, entity, rule) if entity is not None else None
        if entity is None or stated not in examples.judge.stated[entity.name]:
            continue
        place = f"rules number {number} ({rule.kind.value} of {rule.entity})"
        scene = examples.good(entity)
        if not examples.judge.keeps(scene, scene.subject, stated):
            yield Idle(
                place,
                f"no example {lower_first(entity.label)} was found that keeps it together with what else the "
                "specification asks of it, so the app could not be tried. Say it in a simpler way, with limits "
                "that a new record can keep, or by when for those alone that it is meant for",
            )
        elif _needs_what_comes_later(examples, scene, stated):
            yield Idle(
                place,
                f"a new {lower_first(entity.label)} has nothing yet that belongs to it, so it would always be "
                "refused. Say by when that it is meant for a later state, or say it in only_if of the move that "
                "leads on",
            )


def _unmade_examples(spec: AppSpec) -> Iterator[Idle]:
    """Kinds of record whose example leans on another one that could not be added."""
    examples = examples_of(spec)
    for entity in spec.entities:
        scene = examples.good(entity)
        stopped = examples.judge.first_refused(scene)
        if stopped is None or stopped[0][0] == entity.name or scene.leans_on_subject(stopped[0]):
            continue
        other = next(kind for kind in spec.entities if kind.name == stopped[0][0])
        rules = [rule for rule in spec.rules if rule.entity == other.name]
        about = next((rule.about for rule in rules if statement(spec, other, rule) == stopped[1]), other.label)
        yield Idle(
            f"entities {entity.name!r}",
            f"no example {lower_first(entity.label)} was found, since “{about}” refuses each "
            f"{lower_first(other.label)} that it would need. Say one of their rules in a simpler way",
        )


def _needs_what_comes_later(examples: Examples, scene: Scene, stated: Statement) -> bool:
    """True if only what is added after the record makes it keep the statement."""
    so_far = {key: texts for key, texts in scene.records.items() if not scene.leans_on_subject(key)}
    alone = Scene(scene.subject, so_far)
    return not examples.judge.keeps(alone, scene.subject, stated)


def _is_built(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> bool:
    return any(built.about == rule.about for built in rules_of(spec, entity))


def _instead_of(rule: RuleSpec) -> str:
    is_open_once = rule.kind is RuleKind.ONE_OPEN
    return ". What is out once by several fields together is unique, with when" if is_open_once else ""


def _is_about_own_link(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> bool:
    """True if a rule wants a link to lead to whoever adds the record, which it does by itself."""
    steps = {path.steps for path in paths(parse(rule.condition or "yes"))}
    rights = {right.role: right.fields for right in entity.rights}
    own_links = [own_link(entity, role.entity, rights.get(role.name, ())) for role in spec.roles if role.entity]
    return ("me",) in steps and any(link is not None and (link.name,) in steps for link in own_links)


def _why_untried(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> str:
    if _is_about_own_link(spec, entity, rule):
        return (
            "nobody can break it: of the links to people who sign in, the first that is not among the fields of "
            "their right is filled in with whoever adds the record. Leave the rule out"
        )
    other = examples_of(spec).broken_along(entity, rule)
    if other is not None:
        return (
            f"every example record that was found to break it breaks “{other.about}” ({other.kind.value}) as "
            "well, so it cannot be tried alone. Leave it out if the other says the same, or narrow one of the two "
            "by when"
        )
    return (
        "no example record was found that breaks it, so it cannot be tried. Say it in a simpler way: "
        "fewer fields, limits that a record can really pass, or a rule kind that says the same"
    )


def _is_untried(spec: AppSpec, entity: EntitySpec, rule: RuleSpec) -> bool:
    is_tried_by_scene = is_tangled(spec, entity) and rule in judged_rules(spec, entity)
    return is_tried_by_scene and violation_of(spec, entity, rule) is None


def _idle_views(spec: AppSpec) -> Iterator[Idle]:
    for number, view in enumerate(spec.views, 1):
        entity = spec.entity(view.entity)
        if entity is not None and not shows_view(entity, view.kind, view.field):
            yield Idle(_view_place(number, view), f"shows nothing with this field. {VIEW_KINDS[view.kind]}")


def _view_place(number: int, view: ViewSpec) -> str:
    return f"views number {number} ({view.kind.value} of {view.entity})"


def _idle_forms(spec: AppSpec) -> Iterator[Idle]:
    for form in spec.forms:
        entity = spec.entity(form.entity)
        missing = _unasked_fields(entity, form) if entity is not None else []
        if missing:
            yield Idle(
                f"forms, {form.action!r}",
                f"{' and '.join(missing)} of {form.entity} must be filled in, and the form does not ask for it. "
                "Add it to fields, make it the person, give it starts_as, or make it not required",
            )


def exposed_people(spec: AppSpec) -> Iterator[Idle]:
    """Forms of visitors that would show them the names of people, in a list to choose from."""
    by_name = {entity.name: entity for entity in spec.entities}
    for form in spec.forms:
        people = people_shown(by_name[form.entity], form.fields, by_name) if form.entity in by_name else None
        if people is not None:
            yield Idle(
                f"forms, {form.action!r}",
                f"visitors would choose from all {lower_first(people.plural)}, and so read everybody's name. Let "
                f"the form ask who its visitor is (person), or not ask for the {lower_first(people.label)}",
            )


def _unasked_fields(entity: EntitySpec, form: FormSpec) -> list[str]:
    # The state of a new record is the first one, whoever adds it.
    asked = {*form.fields, form.person, entity.state}
    return [
        field.name for field in entity.fields if field.required and field.name not in asked and not field.starts_as
    ]


def _idle_roles(spec: AppSpec) -> Iterator[Idle]:
    for role in spec.roles:
        if role.scope is RoleScope.OWN:
            yield from _own_role(spec, role)


def _own_role(spec: AppSpec, role: RoleSpec) -> Iterator[Idle]:
    person = spec.entity(role.entity) if role.entity else None
    if person is None:
        yield Idle(f"roles, {role.name!r}", "works with its own records, so its entity must say which describe it")
    elif not any(field.type is FieldType.EMAIL and field.required for field in person.fields):
        yield Idle(
            f"roles, {role.name!r}",
            f"signs in by e-mail, so {person.name} needs a required field of type email (and a required name)",
        )


def _idle_publicity(spec: AppSpec) -> Iterator[Idle]:
    """Public records that the generator makes nothing of."""
    for entity in spec.entities:
        if entity.public is not Publicity.NONE and _makes_no_difference(spec, entity):
            yield Idle(
                f"entities {entity.name!r}, public",
                "apps show visitors no list of these yet. Leave it out, and tell it in wishes as left_out",
            )


def _makes_no_difference(spec: AppSpec, entity: EntitySpec) -> bool:
    # What the generator writes is asked, not a list of what it can: the two would drift apart.
    private = entity.model_copy(update={"public": Publicity.NONE})
    others = tuple(private if other.name == entity.name else other for other in spec.entities)
    return _schema_of(spec) == _schema_of(spec.model_copy(update={"entities": others}))


def _schema_of(spec: AppSpec) -> str:
    return schema_py(spec, made_by="", can_do=(), look="")
