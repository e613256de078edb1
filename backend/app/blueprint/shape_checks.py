"""The acceptance checks that follow from a specification, in the founder's words, for a machine to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

from app.blueprint.shape_rules import with_article
from app.blueprint.spec import CheckKind, CheckSpec, EntitySpec, FormSpec, RoleScope, RoleSpec, RuleKind, RuleSpec
from app.blueprint.spec_queries import is_private, lower_first

MOST_CHECKS: Final = 12


def checks_of(
    entities: Sequence[EntitySpec],
    rules: Sequence[RuleSpec] = (),
    *,
    forms: Sequence[FormSpec] = (),
    roles: Sequence[RoleSpec] = (),
) -> tuple[CheckSpec, ...]:
    """What a founder could try by hand: what visitors do first, then what is kept, refused and private."""
    by_name = {entity.name: entity for entity in entities}
    main = sorted(entities, key=lambda one: -sum(field.ref is not None for field in one.fields))
    checks = chain(
        islice((_form(by_name[form.entity], form) for form in forms), 2),
        islice(_private(entities, roles), 1),
        (_keeps(entity) for entity in main[:3]),
        islice(_broken_rules(by_name, rules), 4),
        (_refuses(entity) for entity in main[:2]),
        (_keeps(entity) for entity in main[3:]),
        (_stays(entity) for entity in main[:1]),
    )
    return tuple(islice(checks, MOST_CHECKS))


def _keeps(entity: EntitySpec) -> CheckSpec:
    what = lower_first(entity.label)
    return CheckSpec(
        given=f"the list of {lower_first(entity.plural)}",
        do=f"add {with_article(what)} and open the list again",
        expect=f"the new {what} is in the list and can be opened",
        kind=CheckKind.KEEPS, entity=entity.name,
    )  # fmt: skip


def _stays(entity: EntitySpec) -> CheckSpec:
    what = lower_first(entity.label)
    return CheckSpec(
        given=f"{with_article(what)} that was added",
        do="leave the app and come back to it another time",
        expect=f"the {what} is still there, as it was",
        kind=CheckKind.KEEPS, entity=entity.name,
    )  # fmt: skip


def _refuses(entity: EntitySpec) -> CheckSpec:
    needed = next(field for field in entity.fields if field.required)
    return CheckSpec(
        given=f"the form for a new {lower_first(entity.label)}",
        do=f"leave out the {lower_first(needed.label)}",
        expect="the form says what is missing and nothing is saved",
        kind=CheckKind.REFUSES, entity=entity.name,
    )  # fmt: skip


def _form(entity: EntitySpec, form: FormSpec) -> CheckSpec:
    what = lower_first(entity.label)
    return CheckSpec(
        given=f"the public page “{form.action}”",
        do="fill it in as a visitor who has not signed in",
        expect=f"the visitor is thanked, and the new {what} is in the list",
        kind=CheckKind.FORM, entity=entity.name,
    )  # fmt: skip


def _private(entities: Sequence[EntitySpec], roles: Sequence[RoleSpec]) -> Iterator[CheckSpec]:
    for role in roles:
        if role.scope is not RoleScope.OWN or role.entity is None:
            continue
        for entity in entities:
            belongs = any(field.ref == role.entity for field in entity.fields)
            if belongs and is_private(entity, roles):
                who, what = with_article(lower_first(role.name)), lower_first(entity.label)
                yield CheckSpec(
                    given=f"{with_article(what)} that belongs to one {lower_first(role.name)}",
                    do=f"open it as {who} whom it does not belong to",
                    expect="the app answers that there is no such page",
                    kind=CheckKind.PRIVATE, entity=entity.name,
                )  # fmt: skip


def _broken_rules(by_name: dict[str, EntitySpec], rules: Sequence[RuleSpec]) -> Iterator[CheckSpec]:
    for number, rule in enumerate(rules):
        told = _attempt(by_name[rule.entity], rule)
        if told is not None:
            given, do = told
            expect = f"it is refused: “{rule.about}”"
            yield CheckSpec(
                given=given, do=do, expect=expect, kind=CheckKind.RULE, entity=rule.entity, rule=number
            )


def _attempt(entity: EntitySpec, rule: RuleSpec) -> tuple[str, str] | None:
    """What to try against a rule that refuses; nothing for one that only works something out."""
    what = lower_first(entity.label)
    labels = [lower_first(field.label) for field in map(entity.field, rule.fields) if field is not None]
    if rule.condition is not None:
        return None  # its fields do not say what it is about
    match rule.kind:
        case RuleKind.NO_OVERLAP:
            thing = labels[-1]
            return f"{with_article(what)} for one {thing}", f"add another {what} for the same {thing} at that time"
        case RuleKind.CAPACITY:
            return f"{with_article(labels[0])} with no place left", f"add one more {what} for it"
        case RuleKind.UNIQUE:
            return (
                f"{with_article(what)} that is kept already",
                f"add another with the same {' and '.join(labels)}",
            )
        case RuleKind.IN_ORDER:
            return f"the form for a new {what}", f"set “{labels[1]}” before “{labels[0]}”"
        case RuleKind.STOCK:
            return (
                f"{with_article(labels[0])} of which few are left",
                f"add {with_article(what)} for more than there are",
            )
        case RuleKind.OVERDUE | RuleKind.SUM | RuleKind.ENSURE | RuleKind.ONE_OPEN:
            return None
