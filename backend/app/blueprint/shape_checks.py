"""The acceptance checks that follow from a specification, in the founder's words, for a machine to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final, assert_never

from app.blueprint.spec import CheckKind, CheckSpec, EntitySpec, FormSpec, RoleScope, RoleSpec, RuleKind, RuleSpec
from app.blueprint.spec_queries import is_private, lower_first, with_article

MOST_CHECKS: Final = 12


def checks_of(
    entities: Sequence[EntitySpec],
    rules: Sequence[RuleSpec] = (),
    *,
    forms: Sequence[FormSpec] = (),
    roles: Sequence[RoleSpec] = (),
) -> tuple[CheckSpec, ...]:
    """Checks that a founder could try by hand: first those of visitors, then of keeping, refusing and privacy."""
    by_name = {entity.name: entity for entity in entities}
    most_linked = sorted(entities, key=lambda entity: -sum(field.ref is not None for field in entity.fields))
    # Twelve are run at most, so the first of every sort go before the second of any.
    checks = chain(
        islice((_check_form(by_name[form.entity], form) for form in forms), 2),
        islice(_check_privacy(entities, roles), 1),
        (_check_keeping(entity) for entity in most_linked[:3]),
        islice(_check_rules(by_name, rules), 4),
        (_check_refusing(entity) for entity in most_linked[:2]),
        (_check_keeping(entity) for entity in most_linked[3:]),
        (_check_staying(entity) for entity in most_linked[:1]),
    )
    return tuple(islice(checks, MOST_CHECKS))


def _check_keeping(entity: EntitySpec) -> CheckSpec:
    what = lower_first(entity.label)
    return CheckSpec(
        given=f"the list of {lower_first(entity.plural)}",
        do=f"add {with_article(what)} and open the list again",
        expect=f"the new {what} is in the list and can be opened",
        kind=CheckKind.KEEPS, entity=entity.name,
    )  # fmt: skip


def _check_staying(entity: EntitySpec) -> CheckSpec:
    what = lower_first(entity.label)
    return CheckSpec(
        given=f"{with_article(what)} that was added",
        do="leave the app and come back to it another time",
        expect=f"the {what} is still there, as it was",
        kind=CheckKind.KEEPS, entity=entity.name,
    )  # fmt: skip


def _check_refusing(entity: EntitySpec) -> CheckSpec:
    # Every kind of record has a required field: the specification holds that.
    needed = next(field for field in entity.fields if field.required)
    return CheckSpec(
        given=f"the form for a new {lower_first(entity.label)}",
        do=f"leave out the {lower_first(needed.label)}",
        expect="the form says what is missing and nothing is saved",
        kind=CheckKind.REFUSES, entity=entity.name,
    )  # fmt: skip


def _check_form(entity: EntitySpec, form: FormSpec) -> CheckSpec:
    what = lower_first(entity.label)
    return CheckSpec(
        given=f"the public page “{form.action}”",
        do="fill it in as a visitor who has not signed in",
        expect=f"the visitor is thanked, and the new {what} is in the list",
        kind=CheckKind.FORM, entity=entity.name,
    )  # fmt: skip


def _check_privacy(entities: Sequence[EntitySpec], roles: Sequence[RoleSpec]) -> Iterator[CheckSpec]:
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


def _check_rules(by_name: dict[str, EntitySpec], rules: Sequence[RuleSpec]) -> Iterator[CheckSpec]:
    for number, rule in enumerate(rules):
        attempt = _attempt_against(by_name[rule.entity], rule)
        if attempt is not None:
            start, do = attempt
            expect = f"it is refused: “{rule.about}”"
            yield CheckSpec(
                given=start, do=do, expect=expect, kind=CheckKind.RULE, entity=rule.entity, rule=number
            )


def _attempt_against(entity: EntitySpec, rule: RuleSpec) -> tuple[str, str] | None:
    """An attempt against a rule that refuses; None for a rule that only works something out."""
    what = lower_first(entity.label)
    labels = [lower_first(field.label) for field in map(entity.field, rule.fields) if field is not None]
    if rule.kind is RuleKind.LOCKED:
        return f"{with_article(what)} that is settled", "change it, and delete it"
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
        case RuleKind.OVERDUE | RuleKind.SUM | RuleKind.ENSURE | RuleKind.ONE_OPEN | RuleKind.LOCKED:
            return None
        case _:
            assert_never(rule.kind)
