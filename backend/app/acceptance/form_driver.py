"""Keeps records in an app as a person does: opens the form, fills it in, sends it, looks at what became of it."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping
from typing import Final

from app.acceptance.http_session import Answer, HttpSession
from app.acceptance.kept import Kept, excerpt_of
from app.acceptance.once_only import once_only
from app.acceptance.pages import WebForm
from app.acceptance.samples import Samples
from app.acceptance.stage import Stage
from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.stated import conditions_of
from app.blueprint.rule_kinds import COUNTING
from app.blueprint.spec import AppSpec, EntitySpec, FieldSpec, FieldType, RuleKind
from app.blueprint.spec_queries import one_of
from app.domain.failure import BuildFailed, FailureCode

NUMBER: Final = "ID"
"""The column of an export that says the number of a record."""
MOST_PAGES: Final = 50
"""Of a list, so that a page that never ends does not hold up a check."""
_NUMBER: Final = re.compile(r"/(\d+)(?:[/?#]|$)")
_COUNTING: Final = COUNTING | {RuleKind.UNIQUE, RuleKind.NO_OVERLAP}


class FormDriver:
    """Works in one app for one visitor, who may do everything."""

    def __init__(self, visitor: HttpSession, spec: AppSpec, samples: Samples) -> None:
        self.visitor = visitor
        self.spec = spec
        self.samples = samples
        self.made: list[Kept] = []
        """The records that the app has taken."""
        self._asked: dict[str, frozenset[str]] = {}
        self._spare: dict[str, Kept] = {}

    async def add(self, entity: EntitySpec, /, **given: str) -> Kept:
        """A new record; BuildFailed when the app does not keep it."""
        return await self.keep(entity, await self.filled(entity, **given))

    async def keep(self, entity: EntitySpec, values: Mapping[str, str]) -> Kept:
        """Keep a record with these values; if there is room for no more, change the one in their place."""
        answer = await self.send(entity, values)
        existing = await self._find_twin(entity, values) if answer.is_refusal else None
        if existing is None:
            return self.read_kept(entity, values, answer)
        # An empty text would take away what the record has and the form asks for.
        answer = await self.change(existing, {name: text for name, text in values.items() if text})
        return self.read_kept(entity, values, answer)

    async def _find_twin(self, entity: EntitySpec, values: Mapping[str, str]) -> Kept | None:
        """The record with the same value in a field that must be unique, such as the only price of its kind."""
        fields = once_only(self.spec, entity)
        for row in await self.rows(entity) if fields else ():
            if any(row[field.label] == values.get(field.name) for field in fields):
                return Kept(entity, int(row[NUMBER]), values)
        return None

    async def spare(self, entity: EntitySpec) -> Kept:
        """Some record of that kind that a check has made, or a new one."""
        if entity.name not in self._spare:
            self._spare[entity.name] = await self.add(entity)
        return self._spare[entity.name]

    async def filled(self, entity: EntitySpec, /, **given: str) -> dict[str, str]:
        """Good values for every field; what the record has to belong to is added first."""
        values = {**self.samples.values(entity), **given}
        if conditions_of(self.spec, entity):
            values |= await self._add_relatives(entity, given)
        for field in entity.fields:
            if field.type is FieldType.REF and field.name not in values:
                values[field.name] = await self._parent_number(entity, field)
        return values

    async def _add_relatives(self, entity: EntitySpec, given: Mapping[str, str]) -> dict[str, str]:
        """Links to records that belong together as the conditions of this kind want it."""
        stage = Stage(self, examples_of(self.spec).good(entity))
        await stage.add_all(before=stage.scene.subject)
        links = stage.values(stage.scene.subject)
        return {field.name: links[field.name] for field in entity.fields if field.ref and field.name not in given}

    async def _parent_number(self, entity: EntitySpec, field: FieldSpec) -> str:
        target = self.spec.entity(field.ref or "")
        if target is None or target.name == entity.name or not self._is_wanted(entity, field):
            return ""
        parent = await (self.add(target) if self._must_be_new(entity, field) else self.spare(target))
        return str(parent.id)

    def _is_wanted(self, entity: EntitySpec, field: FieldSpec) -> bool:
        return field.required or any(
            rule.entity == entity.name and field.name in rule.fields and rule.kind is not RuleKind.SUM
            for rule in self.spec.rules
        )

    def _must_be_new(self, entity: EntitySpec, field: FieldSpec) -> bool:
        rules = [rule for rule in self.spec.rules if rule.entity == entity.name]
        is_counted = any(rule.kind in _COUNTING and field.name in rule.fields for rule in rules)
        # A condition may count whatever belongs to the same record, also what other checks have added.
        return is_counted or any(rule.kind in (RuleKind.ENSURE, RuleKind.ONE_OPEN) for rule in rules)

    async def asked(self, entity: EntitySpec) -> frozenset[str]:
        """The fields that the form for a new record asks for; the app works the others out."""
        if entity.table not in self._asked:
            self._asked[entity.table] = (await self._open_form(entity))[1].names
        return self._asked[entity.table]

    async def offered(self, entity: EntitySpec) -> dict[str, dict[str, str]]:
        """The options of the form for a new record, by field: the words a person reads, by their values."""
        _, form = await self._open_form(entity)
        return {control.name: control.labels for control in form.controls if control.kind == "select"}

    async def listed(self, entity: EntitySpec) -> dict[str, str]:
        """The numbers of the records that the list of a kind shows, by what they are called there."""
        found: dict[str, str] = {}
        for page in range(1, MOST_PAGES + 1):
            answer = await self.visitor.get(f"/{entity.table}?page={page}")
            shown = re.findall(rf'href="/{entity.table}/(\d+)" aria-label="Open ([^"]*)"', answer.text)
            names = {html.unescape(name): number for number, name in shown}
            # Behind the last page comes the last one again.
            if names.keys() <= found.keys():
                break
            found |= names
        return found

    async def send(self, entity: EntitySpec, values: Mapping[str, str]) -> Answer:
        """Send the form for a new record, opened anew, since one page view makes one record; the app's answer."""
        page, form = await self._open_form(entity)
        self._asked[entity.table] = form.names
        return await self.visitor.submit(page, form, {name: values[name] for name in values if name in form.names})

    async def changed_fields(self, kept: Kept) -> frozenset[str]:
        """The fields that the form which changes a record asks for."""
        page = await self.visitor.get(f"{kept.path}/edit")
        names = {field.name for field in kept.entity.fields}
        return frozenset(name for form in page.page.forms for name in form.names & names)

    async def change(self, kept: Kept, values: Mapping[str, str]) -> Answer:
        """Send the form that changes a record; the app's answer."""
        page, form = await self._open_form(kept.entity, f"{kept.path}/edit")
        return await self.visitor.submit(page, form, {name: values[name] for name in values if name in form.names})

    async def _open_form(self, entity: EntitySpec, path: str = "") -> tuple[Answer, WebForm]:
        page = await self.visitor.get(path or f"/{entity.table}/new")
        field_names = {field.name for field in entity.fields}
        forms = [form for form in page.page.forms if form.method == "post" and form.names & field_names]
        if page.status != 200 or not forms:
            raise BuildFailed(
                FailureCode.NO_FORM,
                f"The app has no form to add {one_of(entity)}.",
                log=f"GET {page.path}: HTTP {page.status}",
            )
        # A page may have a form for something else, such as the search; that of the record shares most names.
        return page, max(forms, key=lambda form: len(form.names & field_names))

    def read_kept(self, entity: EntitySpec, values: Mapping[str, str], answer: Answer) -> Kept:
        """The record that an answer tells of; BuildFailed when it was not kept."""
        match = _NUMBER.search(answer.location)
        if answer.status != 303 or match is None:
            raise BuildFailed(
                FailureCode.NOT_KEPT,
                f"The app does not keep a new {entity.label.lower()}.",
                log=f"POST {answer.path} {dict(values)!r}: {excerpt_of(answer)}",
            )
        record = Kept(entity, int(match[1]), values)
        self.made.append(record)
        return record

    async def rows(self, entity: EntitySpec) -> list[dict[str, str]]:
        """Every record of that kind as the app exports it."""
        answer = await self.visitor.get(f"/{entity.table}/export.csv")
        if answer.status != 200:
            raise BuildFailed(
                FailureCode.NO_EXPORT,
                f"The list of {entity.plural.lower()} cannot be exported.",
                log=f"GET {answer.path}: HTTP {answer.status}",
            )
        # The export begins with a byte order mark, without which spreadsheets misread accents.
        return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
