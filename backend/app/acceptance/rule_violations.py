"""Breaking each kind of rule as a careless person would, to see that the app does not let it happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from app.acceptance.form_driver import Clerk, told
from app.acceptance.http_session import Answer
from app.acceptance.people import People
from app.acceptance.samples import before, meeting
from app.blueprint.spec import AppSpec, EntitySpec, FieldType, RuleKind, RuleSpec
from app.core.errors import BuildFailed

Breaker = Callable[[People, EntitySpec, RuleSpec], Awaitable[str]]
_FAR_TOO_MANY: Final = "1000000"


async def _again(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """A second record with the same values where they must differ, or while the first lasts."""
    clerk = people.clerk
    first = await clerk.filled(entity)
    first |= await _refs(clerk, entity, rule)
    clerk.kept(entity, first, await clerk.send(entity, first))
    meets = meeting(entity, rule, first)
    other = {**clerk.samples.values(entity), **_refs_of(entity, first), **meets}
    return _refused(rule, await clerk.send(entity, other), other)


async def _full(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """One more than there is room for."""
    clerk = people.clerk
    target = _target(people.spec, entity, rule.fields[0])
    one = {field.name: "1" for field in target.fields if field.type is FieldType.INT}
    parent = str((await clerk.add(target, **one)).id)
    first = await clerk.filled(entity, **{rule.fields[0]: parent})
    clerk.kept(entity, first, await clerk.send(entity, first))
    second = await clerk.filled(entity, **{rule.fields[0]: parent})
    return _refused(rule, await clerk.send(entity, second), second)


async def _backwards(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """The later before the earlier."""
    values = await people.clerk.filled(entity)
    values[rule.fields[1]] = before(values[rule.fields[0]])
    return _refused(rule, await people.clerk.send(entity, values), values)


async def _sold_out(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """More than is in stock."""
    clerk = people.clerk
    target = _target(people.spec, entity, rule.fields[0])
    parent = str((await clerk.add(target)).id)
    values = await clerk.filled(entity, **{rule.fields[0]: parent, rule.fields[1]: _FAR_TOO_MANY})
    return _refused(rule, await clerk.send(entity, values), values)


async def _late(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """A record whose day has long passed."""
    late = await people.clerk.add(entity, **people.samples.long_ago(entity))
    answer = await people.clerk.visitor.get(late.path)
    if "overdue" not in answer.page.text.lower():
        raise BuildFailed(
            f"An overdue {entity.label.lower()} is not shown as overdue.",
            code="rule_broken",
            log=f"{rule.about}\nGET {late.path}: {told(answer)}",
        )
    return f"{rule.about} (seen)"


def _refused(rule: RuleSpec, answer: Answer, values: Mapping[str, str]) -> str:
    if not answer.is_refusal or rule.about not in answer.page.text:
        raise BuildFailed(
            f"The app does not hold its rule: {rule.about}",
            code="rule_broken",
            log=f"POST {answer.path} {dict(values)!r}: {told(answer)}",
        )
    return f"{rule.about} (refused)"


async def _refs(clerk: Clerk, entity: EntitySpec, rule: RuleSpec) -> dict[str, str]:
    """Something to belong to, where the rule compares what records belong to."""
    found = {}
    for name in rule.fields:
        field = entity.field(name)
        if field is not None and field.ref is not None:
            found[name] = str((await clerk.add(_target(clerk.spec, entity, name))).id)
    return found


def _refs_of(entity: EntitySpec, values: Mapping[str, str]) -> dict[str, str]:
    return {field.name: values.get(field.name, "") for field in entity.fields if field.type is FieldType.REF}


def _target(spec: AppSpec, entity: EntitySpec, name: str) -> EntitySpec:
    field = entity.field(name)
    target = spec.entity(field.ref or "") if field is not None else None
    if target is None:
        raise BuildFailed("A rule of the app points nowhere.", code="bad_rule", log=f"{entity.name}.{name}")
    return target


BREAKERS: Final[dict[RuleKind, Breaker]] = {
    RuleKind.UNIQUE: _again,
    RuleKind.NO_OVERLAP: _again,
    RuleKind.CAPACITY: _full,
    RuleKind.IN_ORDER: _backwards,
    RuleKind.STOCK: _sold_out,
    RuleKind.OVERDUE: _late,
}
