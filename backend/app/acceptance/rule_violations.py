"""Breaking each kind of rule as a careless person would, to see that the app does not let it happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from fractions import Fraction
from typing import Final

from app.acceptance.evidence import OWN_TESTS
from app.acceptance.figure_checks import written_as
from app.acceptance.form_driver import FormDriver
from app.acceptance.http_session import Answer
from app.acceptance.kept import told
from app.acceptance.known_records import read_records
from app.acceptance.people import People
from app.acceptance.samples import before, meeting
from app.acceptance.stage import UNARRANGED, Stage, take_move
from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.rules import Rule, rules_of
from app.blueprint.generate.stated import is_condition, is_tangled, judged_rules
from app.blueprint.generate.violations import Violation
from app.blueprint.spec import AppSpec, EntitySpec, FieldType, RuleKind, RuleSpec
from app.domain.failure import BuildFailed, FailureCode

Try = Callable[[People, EntitySpec, RuleSpec], Awaitable[str]]
_FAR_TOO_MANY: Final = "1000000"


async def _again(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """A second record with the same values where they must differ, or while the first lasts."""
    driver = people.driver
    first = await driver.filled(entity)
    first |= await _refs(driver, entity, rule)
    await driver.keep(entity, first)
    meets = meeting(entity, rule, first)
    other = {**driver.samples.values(entity), **_refs_of(entity, first), **meets}
    return _refused(rule, await driver.send(entity, other), other)


async def _broken(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """A record that the condition is false for, found by working it out without the app."""
    driver = people.driver
    found = examples_of(people.spec).violation(entity, rule)
    if found is None:
        raise BuildFailed(
            FailureCode.UNTRIED_RULE,
            f"Nothing was found that the rule would refuse: {rule.about}",
            log="Say the rule in a simpler way, over fewer fields.",
        )
    if found.is_direct or found.role:
        return f"tried {OWN_TESTS}: {rule.about}"
    stage = Stage(driver, found.scene)
    if found.before is not None:
        return _refused(rule, await _changed(driver, stage, found), found.before)
    await stage.add_all(before=found.last)
    refused = stage.driver.spec.entity(found.last[0]) or entity
    # Copies are alike only where it is being alike that the rule refuses.
    differ = bool(found.copies) and rule.kind is not RuleKind.UNIQUE
    for _ in range(found.copies):
        values = stage.values(found.last, anew=differ)
        driver.kept(refused, values, await driver.send(refused, values))
    values = stage.values(found.last, anew=differ)
    return await _refused_whole(driver, refused, rule, values)


async def _refused_whole(driver: FormDriver, entity: EntitySpec, rule: RuleSpec, values: Mapping[str, str]) -> str:
    """What breaks the rule is refused when it is added, or by a change where only that form asks for it."""
    hidden = {name for name in rule.fields if values.get(name)} - await driver.asked(entity)
    if not hidden or entity.name != rule.entity:
        return _refused(rule, await driver.send(entity, values), values)
    kept = await driver.keep(entity, values)
    if not hidden & await driver.changed_fields(kept):
        return f"tried {OWN_TESTS}: {rule.about}"
    told_again = {name: text for name, text in values.items() if text}
    return _refused(rule, await driver.change(kept, told_again), told_again)


async def _changed(driver: FormDriver, stage: Stage, found: Violation) -> Answer:
    """What the app answers to the change, or the move, that breaks the rule."""
    subject = found.scene.subject
    await stage.add_all(before=subject)
    kept = await stage.add(subject, found.before)
    await stage.add_all()
    if found.move is None:
        return await driver.change(kept, stage.values(subject))
    move = next((number, move) for number, move in enumerate(kept.entity.moves) if move.label == found.move)
    return await take_move(driver, kept, *move)


async def _full(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """One more than there is room for."""
    if rule.limit is not None:
        return await _broken(people, entity, rule)
    driver = people.driver
    target = _target(people.spec, entity, rule.fields[0])
    one = {field.name: "1" for field in target.fields if field.type is FieldType.INT}
    parent = str((await driver.add(target, **one)).id)
    first = await driver.filled(entity, **{rule.fields[0]: parent})
    await driver.keep(entity, first)
    second = await driver.filled(entity, **{rule.fields[0]: parent})
    return _refused(rule, await driver.send(entity, second), second)


async def _backwards(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """The later before the earlier."""
    values = await people.driver.filled(entity)
    values[rule.fields[1]] = before(values[rule.fields[0]])
    return _refused(rule, await people.driver.send(entity, values), values)


async def _sold_out(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """More than is in stock."""
    driver = people.driver
    target = _target(people.spec, entity, rule.fields[0])
    parent = str((await driver.add(target)).id)
    values = await driver.filled(entity, **{rule.fields[0]: parent, rule.fields[1]: _FAR_TOO_MANY})
    return _refused(rule, await driver.send(entity, values), values)


async def _late(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """A record whose day has long passed."""
    late = await people.driver.add(entity, **people.samples.long_ago(entity))
    answer = await people.driver.visitor.get(late.path)
    if "overdue" not in answer.page.text.lower():
        raise BuildFailed(
            FailureCode.RULE_BROKEN,
            f"An overdue {entity.label.lower()} is not shown as overdue.",
            log=f"{rule.about}\nGET {late.path}: {told(answer)}",
        )
    return f"{rule.about} (seen)"


async def _adds_up(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """The page of what records add up in says their sum, worked out from their export."""
    made = next(one for one in rules_of(people.spec, entity) if one.about == rule.about)
    target = _target(people.spec, entity, made.text("ref"))
    known = await read_records(people.driver)
    line = entity.field(made.text("money"))
    parents = [texts[made.text("ref")] for texts in known.of(entity).values() if texts[made.text("ref")]]
    for parent in parents[-1:]:
        own = [texts for texts in known.of(entity).values() if texts[made.text("ref")] == parent]
        total = sum((_amount(made, texts) for texts in own), Fraction(0))
        page = await people.driver.visitor.get(f"/{target.table}/{parent}")
        if line is None or not any(text in page.page.text for text in written_as(total)):
            raise BuildFailed(
                FailureCode.RULE_BROKEN,
                f"{entity.plural} are not added up as the plan says: {rule.about}",
                log=f"GET {page.path}: {told(page)}\nexpected: {total}",
            )
    return f"{rule.about} (added up)"


def _amount(made: Rule, texts: Mapping[str, str]) -> Fraction:
    times = texts[made.text("times")] if made.text("times") else "1"
    return Fraction(texts[made.text("money")] or 0) * Fraction(times or 1)


def _refused(rule: RuleSpec, answer: Answer, values: Mapping[str, str]) -> str:
    if not answer.is_refusal or rule.about not in answer.page.text:
        raise BuildFailed(
            FailureCode.RULE_BROKEN,
            f"The app does not hold its rule: {rule.about}",
            log=f"POST {answer.path} {dict(values)!r}: {told(answer)}",
        )
    return f"{rule.about} (refused)"


async def _refs(driver: FormDriver, entity: EntitySpec, rule: RuleSpec) -> dict[str, str]:
    """Something to belong to, where the rule compares what records belong to."""
    found = {}
    for name in rule.fields:
        field = entity.field(name)
        if field is not None and field.ref is not None:
            found[name] = str((await driver.add(_target(driver.spec, entity, name))).id)
    return found


def _refs_of(entity: EntitySpec, values: Mapping[str, str]) -> dict[str, str]:
    return {field.name: values.get(field.name, "") for field in entity.fields if field.type is FieldType.REF}


def _target(spec: AppSpec, entity: EntitySpec, name: str) -> EntitySpec:
    field = entity.field(name)
    target = spec.entity(field.ref or "") if field is not None else None
    if target is None:
        raise BuildFailed(FailureCode.BAD_RULE, log=f"{entity.name}.{name}")
    return target


async def break_rule(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """Try to break a rule: beside conditions by a scene that keeps them, else as a careless person would."""
    is_plain_stock = rule.kind is RuleKind.STOCK and not is_condition(rule)
    is_looked_at = rule.kind in (RuleKind.OVERDUE, RuleKind.SUM)
    by_scene = not is_looked_at and not is_plain_stock and is_tangled(people.spec, entity)
    text_unique = rule.kind is RuleKind.UNIQUE and rule not in judged_rules(people.spec, entity)
    attempt = _broken if by_scene and not text_unique else VIOLATIONS[rule.kind]
    try:
        return await attempt(people, entity, rule)
    except BuildFailed as error:
        if error.failure not in UNARRANGED:
            raise
        return f"tried {OWN_TESTS}: {rule.about}"


VIOLATIONS: Final[dict[RuleKind, Try]] = {
    RuleKind.UNIQUE: _again,
    RuleKind.NO_OVERLAP: _again,
    RuleKind.CAPACITY: _full,
    RuleKind.IN_ORDER: _backwards,
    RuleKind.STOCK: _sold_out,
    RuleKind.OVERDUE: _late,
    RuleKind.SUM: _adds_up,
    RuleKind.ENSURE: _broken,
    RuleKind.ONE_OPEN: _broken,
}
