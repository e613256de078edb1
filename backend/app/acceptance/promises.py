"""The acceptance checks of a specification, tried over HTTP as a person would by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.acceptance.file_checks import try_files, uploaded_fields
from app.acceptance.kept import Kept, excerpt_of
from app.acceptance.line_checks import LINE, line_values, try_lines
from app.acceptance.message_checks import messages_of, try_messages
from app.acceptance.own_links import try_own_link
from app.acceptance.pages import WebForm
from app.acceptance.people import People
from app.acceptance.rule_violations import VIOLATIONS, break_rule
from app.blueprint.field_types import FIELD_TYPES
from app.blueprint.spec import (
    AppSpec,
    CheckKind,
    EntitySpec,
    FieldSpec,
    FieldType,
    FormSpec,
    RoleScope,
    RuleSpec,
)
from app.blueprint.spec_queries import has_record_pages, is_private, one_of
from app.domain.failure import BuildFailed, FailureCode

MAX_BAD: Final = 5
Try = Callable[[People, "Promise"], Awaitable[str]]


@dataclass(frozen=True)
class Promise:
    """One thing an app must do: keep records of an entity, refuse bad ones, hold a rule, take a public form."""

    kind: CheckKind
    entity: EntitySpec
    rule: RuleSpec | None = None

    @property
    def words(self) -> str:
        """The promise as a predicate, such that "no longer" can stand before it."""
        plural = self.entity.plural.lower()
        match self.kind:
            case CheckKind.KEEPS:
                return f"keeps {plural}"
            case CheckKind.REFUSES:
                return f"refuses wrong input for {plural}"
            case CheckKind.RULE:
                return f"holds the rule {self.rule.about!r}" if self.rule else f"holds the rules of {plural}"
            case CheckKind.FORM:
                return f"takes {plural} from its public form"
            case CheckKind.LINES:
                return f"takes the lines of {plural} on their form"
            case CheckKind.PRIVATE:
                return f"keeps {plural} private"
            case CheckKind.FILES:
                return f"keeps the files of {plural}"
            case CheckKind.MESSAGES:
                return f"writes the messages about {plural}"


def promises_of(spec: AppSpec) -> list[Promise]:
    """The promises of a specification: those its own checks name, or all that it implies if they name none."""
    listed = [
        Promise(check.kind, entity, spec.rules[check.rule] if check.rule is not None else None)
        for check in spec.acceptance
        if check.kind is not None and (entity := spec.entity(check.entity or "")) is not None
    ]
    return list(dict.fromkeys([*listed, *_implied_promises(spec)])) if listed or has_record_pages(spec) else []


def _implied_promises(spec: AppSpec) -> Iterable[Promise]:
    for entity in spec.entities:
        yield Promise(CheckKind.KEEPS, entity)
        yield Promise(CheckKind.REFUSES, entity)
    for rule in spec.rules:
        if rule.kind in VIOLATIONS and (ruled := spec.entity(rule.entity)) is not None:
            yield Promise(CheckKind.RULE, ruled, rule)
    yield from (Promise(CheckKind.LINES, entity) for entity in spec.entities if entity.lines)
    for form in spec.forms:
        if (asked := spec.entity(form.entity)) is not None:
            yield Promise(CheckKind.FORM, asked)
    yield from (Promise(CheckKind.FILES, entity) for entity in spec.entities if uploaded_fields(entity))
    yield from (Promise(CheckKind.MESSAGES, entity) for entity in spec.entities if messages_of(spec, entity))
    for entity in spec.entities:
        if owner_field(spec, entity) is not None and is_private(entity, spec.roles):
            yield Promise(CheckKind.PRIVATE, entity)


def owner_field(spec: AppSpec, entity: EntitySpec) -> FieldSpec | None:
    """The field that names the owner of a record, in an app where people see only their own."""
    owners = {role.entity for role in spec.roles if role.scope is RoleScope.OWN}
    return next((field for field in entity.fields if field.ref is not None and field.ref in owners), None)


async def try_promise(people: People, promise: Promise) -> str:
    """Try it; what was seen. BuildFailed when the app does not do it."""
    return await _TRIES[promise.kind](people, promise)


async def _try_keeping(people: People, promise: Promise) -> str:
    record = await people.driver.spare(promise.entity)
    await read_back(people, record)
    return f"{promise.entity.plural}: one was added and read back by somebody else"


async def read_back(people: People, record: Kept) -> None:
    """Somebody who has just come sees the record on its page."""
    answer = await (await people.second_owner()).get(record.path)
    lost = [words for words in record.words if " ".join(words.split()) not in answer.page.text]
    if answer.status != 200 or lost:
        raise BuildFailed(
            FailureCode.LOST_RECORD,
            f"A new {record.entity.label.lower()} is not there when it is looked for.",
            log=f"GET {record.path}: {excerpt_of(answer)}\nmissing: {lost!r}",
        )


async def _try_wrong_input(people: People, promise: Promise) -> str:
    driver, entity = people.driver, promise.entity
    good = await driver.filled(entity)
    before = len(await driver.rows(entity))
    wrong = list(_wrong_values(entity, await driver.asked(entity)))
    for name, value in wrong:
        answer = await driver.send(entity, {**good, name: value})
        # Without the form in the answer there is nothing to mend, and everything is to be typed again.
        if not answer.is_refusal or not answer.page.forms:
            raise BuildFailed(
                FailureCode.BAD_INPUT_KEPT,
                f"The app takes {one_of(entity)} that is not filled in rightly.",
                log=f"{name} = {value!r}: {excerpt_of(answer)}",
            )
    if len(await driver.rows(entity)) != before:
        raise BuildFailed(
            FailureCode.BAD_INPUT_KEPT, f"The app refuses {one_of(entity)} and keeps it all the same."
        )
    return f"{entity.plural}: {len(wrong)} wrong forms were refused and nothing was kept"


def _wrong_values(entity: EntitySpec, asked: frozenset[str]) -> Iterable[tuple[str, str]]:
    fields = [field for field in entity.fields if field.name in asked]
    # What the app fills in where it is left empty is not missing, nor is a box without a tick.
    needed = (
        field for field in fields if field.required and not field.starts_as and field.type is not FieldType.BOOL
    )
    yield from [(field.name, "") for field in needed][:1]
    wrong = [(field.name, FIELD_TYPES[field.type].wrong) for field in fields]
    yield from [(name, text) for name, text in wrong if text][:MAX_BAD]


async def _try_rule(people: People, promise: Promise) -> str:
    rule = promise.rule
    if rule is None or rule.kind not in VIOLATIONS:
        return f"{promise.entity.plural}: nothing to break"
    outcome = await break_rule(people, promise.entity, rule)
    return f"{promise.entity.plural}: {outcome}"


async def _try_form(people: People, promise: Promise) -> str:
    form = next((form for form in people.spec.forms if form.entity == promise.entity.name), None)
    if form is None:
        return f"{promise.entity.plural}: no public form"
    # What the answers belong to is added first: it may need records of this kind.
    answers = await people.driver.filled(promise.entity) | await line_values(people, promise.entity, 0)
    before = len(await people.driver.rows(promise.entity))
    await _fill_in(people, promise.entity, form, answers)
    after = await people.driver.rows(promise.entity)
    if len(after) != before + 1:
        raise BuildFailed(
            FailureCode.FORM_LOST,
            f"What a visitor sends with the form {form.action!r} does not reach the staff.",
            log=f"{before} records before, {len(after)} after",
        )
    return f"{form.action}: a visitor filled it in, came back by their own link, and the staff have it"


async def _fill_in(people: People, entity: EntitySpec, form: FormSpec, values: dict[str, str]) -> None:
    visitor = people.anybody()
    path = f"/forms/{entity.table}"
    page = await visitor.get(path)
    posting = (web for web in page.page.forms if web.method == "post")
    web = next((web for web in posting if web.names & set(form.fields)), None)
    if page.status != 200 or web is None:
        raise BuildFailed(
            FailureCode.NO_PUBLIC_FORM,
            f"Visitors cannot open the form {form.action!r}.",
            log=f"GET {path}: {excerpt_of(page)}",
        )
    sent = {name: values[name] for name in form.fields if values.get(name)} | _on_offer(web, values)
    sent |= {name: text for name, text in values.items() if name.startswith(LINE)}
    if form.person is not None:
        sent |= {"person_name": "Vera Visitor", "person_email": "vera@example.com"}
    answer = await visitor.submit(page, web, {name: value for name, value in sent.items() if name in web.names})
    done = await visitor.follow(answer)
    if answer.status != 303 or done.status != 200:
        raise BuildFailed(
            FailureCode.PUBLIC_FORM_FAILS,
            f"The form {form.action!r} cannot be sent.",
            log=f"POST {path} {sent!r}: {excerpt_of(answer)}\nthen {done.path}: HTTP {done.status}",
        )
    await try_own_link(people, form, done)


def _on_offer(web: WebForm, values: Mapping[str, str]) -> dict[str, str]:
    """The offered choices in place of records that visitors do not see: they comment on no draft."""
    offers: dict[str, list[str]] = {}
    for control in web.controls:
        offered = control.options if control.kind == "select" else [control.value] * (control.kind == "radio")
        offers.setdefault(control.name, []).extend(option for option in offered if option)
    replaced = {name: texts for name, texts in offers.items() if texts and values.get(name)}
    return {name: texts[0] for name, texts in replaced.items() if values[name] not in texts}


async def _try_privacy(people: People, promise: Promise) -> str:
    entity, spec = promise.entity, people.spec
    ref = owner_field(spec, entity)
    person = spec.entity(ref.ref or "") if ref is not None else entity
    if person is None:
        return f"{entity.plural}: everybody works with all of them"
    record, owner = await _record_and_owner(people, entity, ref, person)
    mail = next((owner.values[field.name] for field in person.fields if field.type is FieldType.EMAIL), "")
    mine = await (await people.invited(owner.path, mail)).get(record.path)
    # Somebody with an account: that a passer-by is kept out says nothing about other members.
    stranger = await (await people.newcomer(f"else.{mail}")).get(record.path)
    nobody = await people.anybody().get(record.path)
    if mine.status != 200 or stranger.status not in (403, 404) or nobody.status == 200:
        raise BuildFailed(
            FailureCode.NOT_PRIVATE,
            f"Somebody could see another person's {entity.label.lower()}.",
            log=f"GET {record.path}: {mine.status} its owner, {stranger.status} another, {nobody.status} nobody",
        )
    return f"{entity.plural}: shown to whom they belong, {stranger.status} to somebody else"


async def _record_and_owner(
    people: People, entity: EntitySpec, ref: FieldSpec | None, person: EntitySpec
) -> tuple[Kept, Kept]:
    """A record, and the record of the person it belongs to."""
    driver = people.driver
    record = await driver.add(entity)
    number = record.values.get(ref.name, "") if ref is not None else str(record.id)
    owner = next((record for record in driver.made if record.entity == person and str(record.id) == number), None)
    if owner is None and ref is not None:
        owner = await driver.add(person)
        record = await driver.add(entity, **{ref.name: str(owner.id)})
    return record, owner or record


_TRIES: Final[dict[CheckKind, Try]] = {
    CheckKind.KEEPS: _try_keeping,
    CheckKind.REFUSES: _try_wrong_input,
    CheckKind.RULE: _try_rule,
    CheckKind.FORM: _try_form,
    CheckKind.LINES: lambda people, promise: try_lines(people, promise.entity),
    CheckKind.PRIVATE: _try_privacy,
    CheckKind.MESSAGES: lambda people, promise: try_messages(people, promise.entity),
    CheckKind.FILES: lambda people, promise: try_files(people, promise.entity),
}
