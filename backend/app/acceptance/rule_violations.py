"""Breaking each kind of rule as a careless person would, to see that the app does not let it happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from fractions import Fraction
from typing import Final

from app.acceptance.evidence import OWN_TESTS
from app.acceptance.figure_checks import written_as
from app.acceptance.form_driver import NUMBER, FormDriver
from app.acceptance.http_session import Answer
from app.acceptance.kept import excerpt_of
from app.acceptance.known_records import read_records
from app.acceptance.page_checks import try_totals
from app.acceptance.people import People
from app.acceptance.samples import before, conflicting_values
from app.acceptance.stage import UNARRANGED, Stage, take_move
from app.blueprint.generate.example_records import breaks_alone, examples_of, violation_of
from app.blueprint.generate.locks import lock_parts, locked_scene
from app.blueprint.generate.rules import Rule, rules_of
from app.blueprint.generate.stated import conditions_of, is_condition, is_tangled, judged_rules
from app.blueprint.generate.violations import Violation
from app.blueprint.rule_kinds import FLAGGING
from app.blueprint.spec import UPLOADED, AppSpec, EntitySpec, FieldType, RuleKind, RuleSpec, ViewKind
from app.domain.failure import BuildFailed, FailureCode

Try = Callable[[People, EntitySpec, RuleSpec], Awaitable[str]]
_FAR_TOO_MANY: Final = "1000000"


async def _add_conflicting(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """A second record with the same values where they must differ, or while the first lasts."""
    driver = people.driver
    earlier = await driver.filled(entity)
    earlier |= await _add_parents(driver, entity, rule)
    await driver.keep(entity, earlier)
    meets = conflicting_values(entity, rule, earlier)
    conflicting = {**driver.samples.values(entity), **_parents_of(entity, earlier), **meets}
    return _must_refuse(rule, await driver.send(entity, conflicting), conflicting)


async def _break_by_scene(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """Bring about a record that the condition is false for, found by working it out without the app."""
    driver = people.driver
    breaking = violation_of(people.spec, entity, rule)
    if breaking is None:
        raise BuildFailed(
            FailureCode.UNTRIED_RULE,
            f"Nothing was found that the rule would refuse: {rule.about}",
            log="Say the rule in a simpler way, over fewer fields.",
        )
    if breaking.is_direct or breaking.role:
        return f"tried {OWN_TESTS}: {rule.about}"
    stage = Stage(driver, breaking.scene)
    if breaking.before is not None:
        return _must_refuse(rule, await _change_to_break(driver, stage, breaking), breaking.before)
    await stage.add_all(before=breaking.last)
    refused = stage.driver.spec.entity(breaking.last[0]) or entity
    # Copies are alike only where it is being alike that the rule refuses.
    differ = bool(breaking.copies) and rule.kind is not RuleKind.UNIQUE
    for _ in range(breaking.copies):
        await _keep_whole(driver, refused, rule, stage.values(breaking.last, anew=differ))
    values = stage.values(breaking.last, anew=differ)
    seen = await _must_refuse_whole(driver, refused, rule, values)
    if rule.on_entry and breaks_alone(people.spec, entity, breaking):
        await _must_change_so(driver, entity, rule, values)
    return seen


async def _must_change_so(
    driver: FormDriver, entity: EntitySpec, rule: RuleSpec, values: Mapping[str, str]
) -> None:
    """BuildFailed when a record that is there cannot be changed to what no new one may say."""
    record = await driver.add(entity)
    said = {name: text for name, text in values.items() if text}
    answer = await driver.change(record, {**record.values, **said})
    if answer.is_refusal and rule.about in answer.page.text:
        raise BuildFailed(
            FailureCode.BAD_RULE,
            f"The rule is for new records alone, and stands against a change: {rule.about}",
            log=f"POST {answer.path} {said!r}: {excerpt_of(answer)}",
        )


async def _must_refuse_whole(
    driver: FormDriver, entity: EntitySpec, rule: RuleSpec, values: Mapping[str, str]
) -> str:
    """The violation is refused when it is added, or by a change where only that form asks for the field."""
    hidden = await _hidden_fields(driver, entity, rule, values)
    if not hidden:
        return _must_refuse(rule, await driver.send(entity, values), values)
    record = await driver.keep(entity, values)
    if not hidden & await driver.changed_fields(record):
        return f"tried {OWN_TESTS}: {rule.about}"
    filled = {name: text for name, text in values.items() if text}
    return _must_refuse(rule, await driver.change(record, filled), filled)


async def _keep_whole(driver: FormDriver, entity: EntitySpec, rule: RuleSpec, values: Mapping[str, str]) -> None:
    """Add a record, and fill in by a change what only that form asks for."""
    record = driver.read_kept(entity, values, await driver.send(entity, values))
    if await _hidden_fields(driver, entity, rule, values):
        filled = {name: text for name, text in values.items() if text}
        driver.read_kept(entity, filled, await driver.change(record, filled))


async def _hidden_fields(
    driver: FormDriver, entity: EntitySpec, rule: RuleSpec, values: Mapping[str, str]
) -> set[str]:
    """The fields of the rule that the form for a new record does not ask for."""
    if entity.name != rule.entity:
        return set()
    return {name for name in rule.fields if values.get(name)} - await driver.asked(entity)


async def _change_locked(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """Change and delete a record that the rule keeps as it is."""
    scene = locked_scene(people.spec, entity, rule)
    if scene is None:
        raise BuildFailed(
            FailureCode.UNTRIED_RULE, f"Nothing was found that the rule would keep as it is: {rule.about}"
        )
    parts, driver = lock_parts(people.spec, entity, rule), people.driver
    if parts["links"]:
        # Nothing can be added where it would be locked at once, so no form puts such a record up.
        return f"tried {OWN_TESTS}: {rule.about}"
    stage = Stage(driver, scene)
    await stage.add_all()
    record = stage.kept[scene.subject]
    page = await driver.visitor.get(f"/{entity.table}/new")
    sent_along = [form.untouched() for form in page.page.forms]
    token = next(({"csrf_token": texts["csrf_token"]} for texts in sent_along if "csrf_token" in texts), {})
    others = {name: text for name, text in _typed_anew(people, entity).items() if name not in parts["opens"]}
    if others:
        typed = {name: text for name, text in record.values.items() if text and not _is_uploaded(entity, name)}
        # What the app fills in itself is asked for by a change; without it that would be what is refused.
        typed = {**await _filled_in(people, entity, record.id), **typed}
        answer = await driver.visitor.post(f"{record.path}/edit", {**typed, **others, **token})
        _must_refuse(rule, answer, others)
    _must_refuse(rule, await driver.visitor.post(f"{record.path}/delete", token), {})
    return f"{rule.about} (refused)"


async def _filled_in(people: People, entity: EntitySpec, number: int) -> dict[str, str]:
    """The cells of a record that a form has to send again, also those that the app has filled in."""
    rows = [row for row in await people.driver.rows(entity) if row[NUMBER] == str(number)]
    fields = [field for field in entity.fields if field.required and field.type not in {*UPLOADED, FieldType.REF}]
    return {field.name: row[field.label] for row in rows for field in fields}


def _is_uploaded(entity: EntitySpec, name: str) -> bool:
    # A form sends a file as a part of its own; its name as a text is refused for itself.
    field = entity.field(name)
    return field is not None and field.type in UPLOADED


def _typed_anew(people: People, entity: EntitySpec) -> dict[str, str]:
    """Values of the kinds that are made anew for each record, so that they differ from what is kept."""
    anew = (FieldType.TEXT, FieldType.LONGTEXT, FieldType.EMAIL)
    values = people.samples.values(entity)
    return {
        field.name: values[field.name] for field in entity.fields if field.type in anew and field.name in values
    }


async def _change_to_break(driver: FormDriver, stage: Stage, violation: Violation) -> Answer:
    """Send the change, or take the move, that breaks the rule; the app's answer."""
    subject = violation.scene.subject
    await stage.add_all(before=subject)
    record = await stage.add(subject, violation.before)
    await stage.add_all()
    if violation.move is None:
        return await driver.change(record, stage.values(subject))
    move = next((number, move) for number, move in enumerate(record.entity.moves) if move.label == violation.move)
    return await take_move(driver, record, *move)


async def _overfill(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """Add one more than there is room for."""
    if rule.limit is not None:
        return await _break_by_scene(people, entity, rule)
    driver = people.driver
    target = _target_of(people.spec, entity, rule.fields[0])
    # With room for one, the second is one too many.
    capacity = {field.name: "1" for field in target.fields if field.type is FieldType.INT}
    parent = str((await driver.add(target, **capacity)).id)
    earlier = await driver.filled(entity, **{rule.fields[0]: parent})
    await driver.keep(entity, earlier)
    second = await driver.filled(entity, **{rule.fields[0]: parent})
    return _must_refuse(rule, await driver.send(entity, second), second)


async def _swap_order(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """Enter the later before the earlier."""
    values = await people.driver.filled(entity)
    values[rule.fields[1]] = before(values[rule.fields[0]])
    return _must_refuse(rule, await people.driver.send(entity, values), values)


async def _oversell(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """Take more than is in stock."""
    driver = people.driver
    target = _target_of(people.spec, entity, rule.fields[0])
    parent = str((await driver.add(target)).id)
    values = await driver.filled(entity, **{rule.fields[0]: parent, rule.fields[1]: _FAR_TOO_MANY})
    return _must_refuse(rule, await driver.send(entity, values), values)


def _takes_days_past(spec: AppSpec, entity: EntitySpec) -> bool:
    """False where conditions refuse a record of long ago: what is ordered for a time to come is late later."""
    past = {field.name: "@-4000" for field in entity.fields if field.type is FieldType.DATE}
    past |= {field.name: "@-4000 10:30" for field in entity.fields if field.type is FieldType.DATETIME}
    return not conditions_of(spec, entity) or examples_of(spec).fits(entity, past)


async def _add_overdue(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """Add a record whose day has long passed."""
    past = people.samples.long_ago(entity)
    if not _takes_days_past(people.spec, entity):
        return f"tried {OWN_TESTS}: {rule.about}"
    late = await people.driver.add(entity, **past)
    if rule.fields[0] not in await people.driver.asked(entity):
        # A step writes the day, so the form for a new record does not ask for it.
        await people.driver.change(late, past)
    answer = await people.driver.visitor.get(late.path)
    if "overdue" not in answer.page.text.lower():
        raise BuildFailed(
            FailureCode.RULE_BROKEN,
            f"An overdue {entity.label.lower()} is not shown as overdue.",
            log=f"{rule.about}\nGET {late.path}: {excerpt_of(answer)}",
        )
    return f"{rule.about} (seen)"


async def _check_sum(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """The page of a parent says the sum of its records, worked out from their export."""
    alike = (written for written in rules_of(people.spec, entity) if written.about == rule.about)
    stated = next(alike, None)
    if stated is None:
        return await _check_sum_of_all(people, entity, rule)
    target = _target_of(people.spec, entity, stated.text("ref"))
    records = await read_records(people.driver)
    line = entity.field(stated.text("money"))
    parents = [texts[stated.text("ref")] for texts in records.of(entity).values() if texts[stated.text("ref")]]
    for parent in parents[-1:]:
        lines = [texts for texts in records.of(entity).values() if texts[stated.text("ref")] == parent]
        total = sum((_amount_of(stated, texts) for texts in lines), Fraction(0))
        page = await people.driver.visitor.get(f"/{target.table}/{parent}")
        if line is None or not any(text in page.page.text for text in written_as(total)):
            raise BuildFailed(
                FailureCode.RULE_BROKEN,
                f"{entity.plural} are not added up as the plan says: {rule.about}",
                log=f"GET {page.path}: {excerpt_of(page)}\nexpected: {total}",
            )
    return f"{rule.about} (added up)"


async def _check_sum_of_all(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """The page of totals says the sum of all, where nothing else adds these records up."""
    totals = (view for view in people.spec.views if (view.kind, view.entity) == (ViewKind.TOTALS, entity.name))
    view = next(totals, None)
    if view is None:
        raise BuildFailed(FailureCode.RULE_BROKEN, f"No page adds up what the plan says: {rule.about}")
    await try_totals(people, entity, view)
    return f"{rule.about} (added up)"


def _amount_of(stated: Rule, texts: Mapping[str, str]) -> Fraction:
    times = texts[stated.text("times")] if stated.text("times") else "1"
    return Fraction(texts[stated.text("money")] or 0) * Fraction(times or 1)


def _must_refuse(rule: RuleSpec, answer: Answer, values: Mapping[str, str]) -> str:
    if not answer.is_refusal or rule.about not in answer.page.text:
        raise BuildFailed(
            FailureCode.RULE_BROKEN,
            f"The app does not hold its rule: {rule.about}",
            log=f"POST {answer.path} {dict(values)!r}: {excerpt_of(answer)}",
        )
    return f"{rule.about} (refused)"


async def _add_parents(driver: FormDriver, entity: EntitySpec, rule: RuleSpec) -> dict[str, str]:
    """Add the parents of a record, where the rule compares them."""
    parents = {}
    for name in rule.fields:
        field = entity.field(name)
        if field is not None and field.ref is not None:
            parents[name] = str((await driver.add(_target_of(driver.spec, entity, name))).id)
    return parents


def _parents_of(entity: EntitySpec, values: Mapping[str, str]) -> dict[str, str]:
    return {field.name: values.get(field.name, "") for field in entity.fields if field.type is FieldType.REF}


def _target_of(spec: AppSpec, entity: EntitySpec, name: str) -> EntitySpec:
    field = entity.field(name)
    target = spec.entity(field.ref or "") if field is not None else None
    if target is None:
        raise BuildFailed(FailureCode.BAD_RULE, log=f"{entity.name}.{name}")
    return target


async def break_rule(people: People, entity: EntitySpec, rule: RuleSpec) -> str:
    """Try to break a rule: beside conditions by a scene that keeps them, else as a careless person would."""
    is_plain_stock = rule.kind is RuleKind.STOCK and not is_condition(rule)
    # No new record breaks these: they flag, add up, or keep a record as it is.
    breaks_nothing = rule.kind in FLAGGING | {RuleKind.LOCKED}
    by_scene = not breaks_nothing and not is_plain_stock and is_tangled(people.spec, entity)
    text_unique = rule.kind is RuleKind.UNIQUE and rule not in judged_rules(people.spec, entity)
    attempt = _break_by_scene if by_scene and not text_unique else VIOLATIONS[rule.kind]
    try:
        return await attempt(people, entity, rule)
    except BuildFailed as error:
        if error.failure not in UNARRANGED:
            raise
        return f"tried {OWN_TESTS}: {rule.about}"


VIOLATIONS: Final[dict[RuleKind, Try]] = {
    RuleKind.UNIQUE: _add_conflicting,
    RuleKind.NO_OVERLAP: _add_conflicting,
    RuleKind.CAPACITY: _overfill,
    RuleKind.IN_ORDER: _swap_order,
    RuleKind.STOCK: _oversell,
    RuleKind.OVERDUE: _add_overdue,
    RuleKind.SUM: _check_sum,
    RuleKind.ENSURE: _break_by_scene,
    RuleKind.ONE_OPEN: _break_by_scene,
    RuleKind.LOCKED: _change_locked,
}
