"""The promises of the version before this one, which this one must still keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.acceptance.file_checks import uploaded_fields
from app.acceptance.message_checks import messages_of
from app.acceptance.promises import Promise, owner_field, promises_of
from app.blueprint.spec import AppSpec, CheckKind, EntitySpec, RuleSpec


@dataclass(frozen=True)
class ParentVersion:
    """The version that this one grew from."""

    version: str
    spec: AppSpec


@dataclass(frozen=True)
class ParentPromises:
    """The promises of the version before that still apply, and those that the specification has given up."""

    version: str = ""
    kept: tuple[Promise, ...] = ()
    given_up: tuple[str, ...] = ()


NOTHING: Final = ParentPromises()


def parent_promises(parent: ParentVersion | None, spec: AppSpec) -> ParentPromises:
    """Each promise of the version before, as it reads in this specification."""
    if parent is None:
        return NOTHING
    still_kept, given_up = [], []
    for promise in promises_of(parent.spec):
        promise_now = _as_it_reads_now(promise, spec)
        if promise_now is None:
            given_up.append(promise.words)
        else:
            still_kept.append(promise_now)
    return ParentPromises(parent.version, tuple(still_kept), tuple(given_up))


def _as_it_reads_now(promise: Promise, spec: AppSpec) -> Promise | None:
    entity = _successor(promise.entity, spec)
    if entity is None:
        return None
    match promise.kind:
        case CheckKind.KEEPS | CheckKind.REFUSES:
            return Promise(promise.kind, entity)
        case CheckKind.LINES:
            return Promise(promise.kind, entity) if entity.lines else None
        case CheckKind.FILES:
            return Promise(promise.kind, entity) if uploaded_fields(entity) else None
        case CheckKind.MESSAGES:
            return Promise(promise.kind, entity) if messages_of(spec, entity) else None
        case CheckKind.FORM:
            return (
                Promise(promise.kind, entity) if any(form.entity == entity.name for form in spec.forms) else None
            )
        case CheckKind.PRIVATE:
            return Promise(promise.kind, entity) if owner_field(spec, entity) is not None else None
        case CheckKind.RULE:
            rule = _same_rule(promise.rule, entity, spec)
            return Promise(promise.kind, entity, rule) if rule is not None else None


def _successor(entity: EntitySpec, spec: AppSpec) -> EntitySpec | None:
    renamed_entity = next((candidate for candidate in spec.entities if candidate.was == entity.name), None)
    return renamed_entity or spec.entity(entity.name)


def _same_rule(rule: RuleSpec | None, entity: EntitySpec, spec: AppSpec) -> RuleSpec | None:
    if rule is None:
        return None
    for candidate in spec.rules:
        if (
            candidate.kind is rule.kind
            and candidate.entity == entity.name
            and _names_before(candidate, entity) == rule.fields
        ):
            return candidate
    return None


def _names_before(rule: RuleSpec, entity: EntitySpec) -> tuple[str, ...]:
    """The fields of a rule by the names they had in the version before."""
    fields = (entity.field(name) for name in rule.fields)
    return tuple(field.was or field.name for field in fields if field is not None)


def plain_version(version: str) -> str:
    """`build_v0_2` as a founder says it: 0.2."""
    return version.removeprefix("build_v").replace("_", ".")
