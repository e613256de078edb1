"""Every right of a role: the records that its people see, add, change and delete, and no others."""

from __future__ import annotations

import csv
import io
from typing import Final

from app.acceptance.actors import Actor, Actors, can_join, owners_of, signs_in
from app.acceptance.evidence import Findings
from app.acceptance.form_driver import NUMBER
from app.acceptance.http_session import Answer
from app.acceptance.kept import excerpt_of
from app.acceptance.known_records import KnownRecords, read_again, read_records
from app.acceptance.pages import WebForm
from app.acceptance.people import People
from app.acceptance.right_by_link import try_right_by_link
from app.blueprint.generate.item_scenes import person_of
from app.blueprint.generate.locks import lock_condition
from app.blueprint.spec import VISITOR, AppSpec, EntitySpec, Reach, RightSpec, RuleKind
from app.blueprint.spec_lines import lines_of
from app.domain.failure import BuildFailed, FailureCode

_OPENS: Final = 200
_CLOSED: Final = (403, 404)
_SEES: Final = {Reach.ALL: "sees all", Reach.OWN: "sees their own", Reach.NONE: "sees none"}
_CHANGES: Final = {Reach.ALL: "changes all", Reach.OWN: "changes their own", Reach.NONE: "changes none"}

Right = tuple[EntitySpec, RightSpec]


def rights_of(spec: AppSpec) -> list[Right]:
    """Every right, with the kind of record that it is about."""
    return [(entity, right) for entity in spec.entities for right in entity.rights]


def has_rights(spec: AppSpec) -> bool:
    """True if an app has roles, or something that whoever has the link of a record may change."""
    return bool(spec.roles or rights_of(spec))


class RightChecks:
    """Tries the rights of one app as the people who have them."""

    def __init__(self, people: People, actors: Actors) -> None:
        self._people = people
        self._actors = actors
        self._spec = people.spec

    async def run(self) -> Findings:
        """Try every right, and that every role can sign in at all. BuildFailed names the first that is not so."""
        records = await read_records(self._people.driver)
        saw = []
        for role in self._spec.roles:
            if not signs_in(self._spec, role.name):
                saw.append(f"{role.name} comes without an account: {role.about}")
                continue
            actor = await self._busiest_actor(role.name, records)
            if actor is None:
                saw.append(f"{role.name}: nobody to sign in ({role.about})")
                continue
            await self._must_be_signed_in(actor)
            saw.append(f"{role.name} signs in: {role.about}")
            for entity, right in rights_of(self._spec):
                if right.role == role.name:
                    saw.append(await self._try_right(records, actor, entity, right))
        by_link = [entity for entity, right in rights_of(self._spec) if right.role == VISITOR]
        saw += [await try_right_by_link(self._people, entity) for entity in by_link]
        return Findings(f"{len(saw)} rights of {len(self._spec.roles)} roles are what the plan says", tuple(saw))

    async def _busiest_actor(self, role: str, records: KnownRecords) -> Actor | None:
        """Somebody of the role, with the most records of their own among those who can sign up."""
        person = self._spec.entity(person_of(self._spec, role))
        if person is None:
            return await self._actors.of(role, records)
        able = {*self._actors.joined(person), *can_join(person, records)}
        entities = [entity for entity, right in rights_of(self._spec) if right.role == role] or list(
            self._spec.entities
        )
        counts = dict.fromkeys(able, 0)
        for entity in entities:
            for number in records.of(entity):
                for owner in owners_of(records, entity, number, person.name):
                    if owner in counts:
                        counts[owner] += 1
        # A person without records would see nothing, and a check of nothing cannot fail.
        best = max(counts, key=lambda number: counts[number], default=0)
        return await self._actors.of(role, records, best) if best else None

    async def _must_be_signed_in(self, actor: Actor) -> None:
        page = await actor.session.follow(await actor.session.get("/"))
        if page.status != _OPENS:
            raise BuildFailed(
                FailureCode.NO_SIGN_IN,
                f"Somebody who is {actor.role} cannot sign in.",
                log=f"GET {page.path}: {excerpt_of(page)}",
            )

    async def _try_right(self, records: KnownRecords, actor: Actor, entity: EntitySpec, right: RightSpec) -> str:
        records = await read_again(self._people.driver, records, entity)
        expected = self._expected_records(records, actor, entity, right)
        await self._try_seeing(actor, entity, right, expected, set(records.of(entity)))
        added = await self._try_adding(actor, entity, right)
        changed = await self._try_changing(actor, entity, right, records, expected)
        deleted = await self._try_deleting(actor, entity, right, expected, added)
        adds = "adds" if right.adds else "adds none"
        findings = [f"{_SEES[right.sees]} ({len(expected)} of {len(records.of(entity))})", adds, changed, deleted]
        return f"{right.role}, {entity.plural.lower()}: {', '.join(findings)}"

    def _expected_records(
        self, records: KnownRecords, actor: Actor, entity: EntitySpec, right: RightSpec
    ) -> set[int]:
        """The records that they must see, worked out without the app."""
        if right.sees is Reach.NONE:
            return set()
        person = next(iter(actor.me), "")
        evaluator = records.evaluator(role=actor.role, me=actor.me)
        numbers = {
            number
            for number in records.of(entity)
            if not right.only_if or evaluator.holds(right.only_if, entity.name, number)
        }
        if right.sees is Reach.OWN and person:
            numbers = {number for number in numbers if actor.number in owners_of(records, entity, number, person)}
        return numbers

    async def _try_seeing(
        self, actor: Actor, entity: EntitySpec, right: RightSpec, expected: set[int], existing: set[int]
    ) -> None:
        answer = await actor.session.get(f"/{entity.table}/export.csv")
        if right.sees is Reach.NONE:
            self._must_be_closed(answer, entity, right, "sees them")
        elif answer.status != _OPENS:
            raise self._wrong_right(entity, right, "cannot see them", f"GET {answer.path}: {excerpt_of(answer)}")
        else:
            visible = {int(row[NUMBER]) for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))}
            if visible != expected:
                log = f"seen {sorted(visible)}, expected {sorted(expected)}, as {actor.me}"
                raise self._wrong_right(entity, right, "sees more or fewer than those", log)
        for number in sorted(expected)[:1]:
            page = await actor.session.get(f"/{entity.table}/{number}")
            if page.status != _OPENS:
                raise self._wrong_right(entity, right, "cannot open one", f"GET {page.path}: {excerpt_of(page)}")
        for number in sorted(existing - expected)[:1]:
            page = await actor.session.get(f"/{entity.table}/{number}")
            self._must_be_closed(page, entity, right, "opens one that is not for them")

    async def _try_adding(self, actor: Actor, entity: EntitySpec, right: RightSpec) -> int:
        """Add a record; its number, or 0 where they may not add, or another rule stands against it."""
        page = await actor.session.get(f"/{entity.table}/new")
        if not right.adds or right.sees is Reach.NONE:
            if page.status == _OPENS and not right.adds:
                raise self._wrong_right(entity, right, "adds one", f"GET {page.path}: HTTP {page.status}")
            return 0
        names = {field.name for field in entity.fields}
        form = max(page.page.forms, key=lambda form: len(form.names & names), default=None)
        if page.status != _OPENS or form is None:
            raise self._wrong_right(entity, right, "cannot add one", f"GET {page.path}: {excerpt_of(page)}")
        self._must_ask_for_theirs(entity, right, form)
        values = await self._people.driver.filled(entity)
        answer = await actor.session.submit(
            page, form, {name: text for name, text in values.items() if name in form.names}
        )
        if answer.status == 303:
            number = answer.location.partition("?")[0].rsplit("/", 1)[-1]
            return int(number) if number.isdigit() else 0
        # That would be a rule about the record, which is no question of rights.
        if answer.status != 422:
            raise self._wrong_right(entity, right, "cannot add one", f"POST {answer.path}: {excerpt_of(answer)}")
        return 0

    def _must_ask_for_theirs(self, entity: EntitySpec, right: RightSpec, form: WebForm) -> None:
        """The form asks for nothing but what they fill in."""
        extra = form.names & {field.name for field in entity.fields} - set(right.fields)
        if right.fields and extra:
            raise self._wrong_right(entity, right, "fills in what is not theirs", f"{sorted(extra)!r}")

    def _is_locked(self, entity: EntitySpec, number: int, records: KnownRecords) -> bool:
        """True if a rule keeps the record as it is, whoever it belongs to, or what it is a line of."""
        kept_as_they_are = {entity.name: number}
        link = lines_of(self._spec, entity)
        holder = records.of(entity)[number].get(link.name, "") if link is not None else ""
        if link is not None and link.ref and holder.isdigit():
            kept_as_they_are[link.ref] = int(holder)
        locks = [rule for rule in self._spec.rules if rule.kind is RuleKind.LOCKED]
        evaluator = records.evaluator()
        return any(
            evaluator.holds(lock_condition(lock), lock.entity, kept_as_they_are[lock.entity])
            for lock in locks
            if lock.entity in kept_as_they_are
        )

    async def _try_changing(
        self, actor: Actor, entity: EntitySpec, right: RightSpec, records: KnownRecords, expected: set[int]
    ) -> str:
        person = next(iter(actor.me), "")
        own_records = {
            number
            for number in expected
            if not person or actor.number in owners_of(records, entity, number, person)
        }
        theirs = {Reach.ALL: expected, Reach.OWN: own_records, Reach.NONE: set[int]()}[right.changes]
        for number in sorted(number for number in theirs if not self._is_locked(entity, number, records))[:1]:
            page = await actor.session.get(f"/{entity.table}/{number}/edit")
            form = next(
                (form for form in page.page.forms if form.action.endswith("/edit") or not form.action), None
            )
            if form is not None:
                self._must_ask_for_theirs(entity, right, form)
            answer = await actor.session.submit(page, form, {}) if form is not None else page
            if page.status != _OPENS or answer.status not in (303, 422):
                raise self._wrong_right(
                    entity, right, "cannot change one", f"GET {page.path}: {excerpt_of(answer)}"
                )
        for number in sorted(set(records.of(entity)) - theirs)[:1]:
            answer = await self._actors.post(actor.session, f"/{entity.table}/{number}/edit", {})
            self._must_be_closed(answer, entity, right, "changes one that is not theirs to change")
        return _CHANGES[right.changes]

    async def _try_deleting(
        self, actor: Actor, entity: EntitySpec, right: RightSpec, expected: set[int], added: int
    ) -> str:
        """Delete the record that they added if they may; else be refused for one that they see."""
        if right.deletes and right.sees is not Reach.NONE:
            if added:
                path = f"/{entity.table}/{added}/delete"
                answer = await self._actors.post(actor.session, path, {})
                # Any other answer may be a rule, such as that something else still leads to it.
                if answer.status in _CLOSED or answer.status >= 500:
                    raise self._wrong_right(
                        entity, right, "cannot delete one", f"POST {path}: {excerpt_of(answer)}"
                    )
            return "deletes"
        for number in sorted(expected)[:1]:
            answer = await self._actors.post(actor.session, f"/{entity.table}/{number}/delete", {})
            self._must_be_closed(answer, entity, right, "deletes one")
        return "deletes none"

    def _must_be_closed(self, answer: Answer, entity: EntitySpec, right: RightSpec, does: str) -> None:
        if answer.status not in _CLOSED:
            raise self._wrong_right(entity, right, does, f"{answer.path}: {excerpt_of(answer)}")

    def _wrong_right(self, entity: EntitySpec, right: RightSpec, does: str, log: str) -> BuildFailed:
        return BuildFailed(
            FailureCode.RIGHT_WRONG,
            f"{right.role} {does}, {entity.plural.lower()}, and the plan says otherwise: {_SEES[right.sees]}, "
            f"{'adds' if right.adds else 'adds none'}, {_CHANGES[right.changes]}. Look at what {right.role} "
            "may do in the plan, and build again.",
            log=log,
        )
