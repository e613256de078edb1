"""Every step of a record from state to state: taken by those whose it is, refused to others and out of turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from app.acceptance.actors import Actor, Actors, can_join, owner_of, people_of, signs_in
from app.acceptance.evidence import OWN_TESTS, Findings
from app.acceptance.http_session import Answer, HttpSession
from app.acceptance.kept import excerpt_of
from app.acceptance.known_records import KnownRecords, read_again, read_field, read_records
from app.acceptance.people import People
from app.acceptance.stage import UNARRANGED, Stage
from app.blueprint.expressions.evaluator import Plain
from app.blueprint.generate.expressions import written_entity
from app.blueprint.generate.item_scenes import move_scenes, person_of
from app.blueprint.generate.scenes import Scene
from app.blueprint.spec import OWNER, VISITOR, AppSpec, EntitySpec, FieldType, MoveSpec
from app.domain.failure import BuildFailed, FailureCode

MOST_TRIED: Final = 3
"""Records on which a move is tried until one is found that no other rule stands against."""

_REFUSED: Final = "refused while its condition fails"


@dataclass(frozen=True)
class Turn:
    """A record that a move can be taken for, what the move asks for, and who takes it."""

    number: int
    asks: dict[str, str]
    actor: Actor


@dataclass(frozen=True)
class Taken:
    """The answers to what a move asks, and the number of the person who takes it; 0 for staff."""

    asks: dict[str, str]
    person: int


@dataclass(frozen=True)
class Step:
    """A move of a kind of record; `at` is its number there."""

    entity: EntitySpec
    at: int
    move: MoveSpec

    def path(self, number: int) -> str:
        """The path that the move of a record is posted to."""
        return f"/{self.entity.table}/{number}/moves/{self.at}"

    def wrong(self, why: str, log: str) -> BuildFailed:
        """The failure that names this move."""
        return BuildFailed(
            FailureCode.MOVE_WRONG,
            f"“{self.move.label}” of {self.entity.plural.lower()} {why}: {self.move.about} Look at this step in "
            "the plan: from which state it leads where, who takes it and when. Then build again.",
            log=log,
        )


def steps_of(spec: AppSpec) -> list[Step]:
    """Every move of the app."""
    return [Step(entity, at, move) for entity in spec.entities for at, move in enumerate(entity.moves)]


class MoveChecks:
    """Takes the moves of one app."""

    def __init__(self, people: People, actors: Actors) -> None:
        self._people = people
        self._actors = actors
        self._driver = people.driver
        self._spec = people.spec
        self._known: KnownRecords

    async def run(self) -> Findings:
        """Try every move, one after the other. BuildFailed names the first that is not as the plan says."""
        self._known = await read_records(self._driver)
        saw = [await self._try_step(step) for step in steps_of(self._spec)]
        return Findings(f"{len(saw)} steps go as the plan says, for nobody else and not out of turn", tuple(saw))

    async def _try_step(self, step: Step) -> str:
        if step.move.is_automatic:
            return f"{step.move.label}: {step.move.about} ({await self._wait_for_automatic(step)})"
        taken = await self._take_step(step, await self._refresh_records(step))
        if taken is None:
            return f"{step.move.label}, tried {OWN_TESTS}: {step.move.about}"
        refused = await self._try_failing_condition(step)
        notes = [taken, *([refused] if refused else [])]
        return f"{step.move.label}: {step.move.about} ({', '.join(notes)})"

    async def _refresh_records(self, step: Step) -> KnownRecords:
        """The records, with those of the step's kind read anew."""
        self._known = await read_again(self._driver, self._known, step.entity)
        return self._known

    async def _wait_for_automatic(self, step: Step) -> str:
        """The app takes the move by itself: no record whose condition holds is left in a state it starts from."""
        scene = move_scenes(self._spec, step.entity, step.move).goes_at_once
        number = await self._put_on_scene(scene, step) if scene else None
        self._known = records = await read_records(self._driver)
        state = step.entity.state or ""
        evaluator = records.evaluator()
        for any_number, texts in records.of(step.entity).items():
            is_due = evaluator.holds(step.move.only_if or "no", step.entity.name, any_number)
            if texts[state] in step.move.sources and is_due:
                raise step.wrong(
                    "is not taken by the app", f"{step.entity.name} {any_number} is still {texts[state]!r}"
                )
        if number is None:
            return "nothing was left that it is due for"
        state_now = records.of(step.entity)[number][state]
        if state_now != step.move.target:
            raise step.wrong("is not taken by the app", f"{step.entity.name} {number} is {state_now!r}")
        return "taken by the app when it was due"

    async def _take_step(self, step: Step, records: KnownRecords) -> str | None:
        """Take the move as the first role that may: refused to all others before, and to everybody after it."""
        role = self._role_for(step)
        refusals: list[Answer] = []
        async for turn in self._find_turns(step, role, records):
            shut_out = await self._turn_others_away(step, turn, records)
            answer = await self._send_move(step, turn)
            if answer.status == 303:
                await self._must_have_moved(step, turn)
                return f"by {turn.actor.role.lower()}{shut_out}"
            # Another rule may stand against it for this record, and says so; then the next one is tried.
            if not any(rule.about in answer.page.text for rule in self._spec.rules if rule.entity):
                raise step.wrong("cannot be taken", f"POST {answer.path} {turn.asks!r}: {excerpt_of(answer)}")
            refusals.append(answer)
        if refusals:
            raise step.wrong("cannot be taken", f"POST {refusals[0].path}: {excerpt_of(refusals[0])}")
        return None

    def _role_for(self, step: Step) -> str:
        """The role that takes it: the first that may, staff before people with records of their own."""
        by = [role for role in step.move.by if signs_in(self._spec, role)]
        staff = [role for role in by if not person_of(self._spec, role)]
        if VISITOR in step.move.by and not by:
            return VISITOR
        return next(iter([*staff, *by]), OWNER)

    async def _find_turns(self, step: Step, role: str, records: KnownRecords) -> AsyncIterator[Turn]:
        """Records that the move can be taken for, as they are, and at last one of a scene put on for it."""
        person = person_of(self._spec, role)
        numbers = sorted(records.of(step.entity), reverse=True)
        able = [
            (number, taken)
            for number in numbers
            if (taken := self._turn_for(step, number, records, person=person, role=role)) is not None
        ]
        # Which records there are depends on the day: of many orders that are too small to place, one may not be.
        able.sort(key=lambda turn: self._is_ruled_out(step, turn[0], turn[1], records, person=person, role=role))
        for number, taken in able[:MOST_TRIED]:
            yield Turn(number, taken.asks, await self._actor_of(role, records, taken.person))
        scene = move_scenes(self._spec, step.entity, step.move).goes_at_once
        staged = await self._put_on_scene(scene, step) if scene else None
        if staged is not None:
            self._known = records = await read_records(self._driver)
            taken = self._turn_for(step, staged, records, person=person, role=role)
            whose = taken.person if taken is not None else owner_of(records, step.entity, staged, person)
            actor = await self._actor_of(role, records, whose)
            yield Turn(staged, self._answers_for(step, records.of(step.entity)[staged]), actor)

    def _turn_for(
        self, step: Step, number: int, records: KnownRecords, *, person: str, role: str, wanted: bool = True
    ) -> Taken | None:
        """Who can take the move for a record, and the answers to what it asks.

        With `wanted` false, somebody for whom its condition alone fails.
        """
        texts = records.of(step.entity)[number]
        if texts[step.entity.state or ""] not in step.move.sources:
            return None
        kind = self._spec.entity(person)
        able = {*self._actors.joined(kind), *can_join(kind, records)} if kind is not None else {0}
        asks = self._answers_for(step, texts)
        for owner in people_of(records, step.entity, number, person) if kind is not None else [0]:
            me = {person: owner} if person else {}
            evaluator = records.evaluator(role=role, me=me, changed=(step.entity, number, asks))
            held = evaluator.holds(step.move.only_if or "yes", step.entity.name, number)
            if owner in able and held is wanted:
                return Taken(asks, owner)
        return None

    def _is_ruled_out(
        self, step: Step, number: int, taken: Taken, records: KnownRecords, *, person: str, role: str
    ) -> bool:
        """True if a rule of the record alone would not hold once the move is taken."""
        after = {**taken.asks, step.entity.state or "": step.move.target}
        me = {person: taken.person} if person else {}
        evaluator = records.evaluator(role=role, me=me, changed=(step.entity, number, after))
        return any(
            evaluator.holds(rule.when or "yes", step.entity.name, number)
            and not evaluator.holds(rule.condition, step.entity.name, number)
            for rule in self._spec.rules
            if rule.entity == step.entity.name and rule.condition
        )

    def _answers_for(self, step: Step, texts: Mapping[str, str]) -> dict[str, str]:
        samples = self._driver.samples.values(step.entity)
        answers = {}
        for name in step.move.asks:
            field = step.entity.field(name)
            answers[name] = texts.get(name) or samples.get(name, "")
            if field is not None and field.ref and not answers[name]:
                answers[name] = "1"
            if field is not None and field.type is FieldType.BOOL:
                answers[name] = "1"
        return answers

    async def _actor_of(self, role: str, records: KnownRecords, owner: int) -> Actor:
        if role in (OWNER, VISITOR):
            return Actor(self._driver.visitor, role)
        return await self._actors.of(role, records, owner)

    async def _send_move(self, step: Step, turn: Turn) -> Answer:
        """Take the move where its page or button is."""
        if turn.actor.role == VISITOR:
            return await self._take_by_link(step, turn)
        session, path = turn.actor.session, step.path(turn.number)
        page = await session.get(path if step.move.asks else f"/{step.entity.table}/{turn.number}")
        form = next((form for form in page.page.forms if form.action == path), None)
        if form is None:
            raise step.wrong("is not offered to those whose it is", f"GET {page.path}: {excerpt_of(page)}")
        return await session.submit(page, form, turn.asks)

    async def _take_by_link(self, step: Step, turn: Turn) -> Answer:
        """Somebody without an account takes it on the page of their own link."""
        page = await self._driver.visitor.get(f"/{step.entity.table}/{turn.number}")
        link = next((link for link in page.page.links if link.startswith("/by-link/")), "")
        visitor = self._people.anybody()
        own_page = await visitor.get(link) if link else page
        form = next((form for form in own_page.page.forms if form.action == f"{link}/moves/{step.at}"), None)
        if form is None:
            raise step.wrong(
                "is not offered by the link of a record", f"GET {own_page.path}: {excerpt_of(own_page)}"
            )
        return await visitor.submit(own_page, form, turn.asks)

    async def _turn_others_away(self, step: Step, turn: Turn, records: KnownRecords) -> str:
        """People of every other role, and somebody who has not signed in, are turned away."""
        names = [role.name for role in self._spec.roles]
        allowed = step.move.by or [name for name in names if not person_of(self._spec, name)]
        shut_out = [name for name in names if signs_in(self._spec, name) and name not in allowed]
        for role in shut_out:
            # Somebody must exist to be turned away.
            if self._nobody_can_be(role, records):
                continue
            await self._must_turn_away(step, turn, (await self._actors.of(role, records)).session, role)
        await self._must_turn_away(step, turn, self._people.anybody(), "somebody who has not signed in")
        return f", refused to {', '.join(role.lower() for role in shut_out)}" if shut_out else ""

    def _nobody_can_be(self, role: str, records: KnownRecords) -> bool:
        person = self._spec.entity(person_of(self._spec, role))
        return person is not None and not self._actors.joined(person) and not any(can_join(person, records))

    async def _must_turn_away(self, step: Step, turn: Turn, session: HttpSession, who: str) -> None:
        answer = await self._actors.post(session, step.path(turn.number), turn.asks)
        # Whoever has not signed in is sent to do so, and not told that there is such a record.
        leads_in = answer.status == 303 and answer.location.startswith(("/sign-in", "/setup"))
        if not leads_in and answer.status not in (403, 404):
            raise step.wrong(f"can be taken by {who}", f"POST {answer.path}: {excerpt_of(answer)}")

    async def _must_have_moved(self, step: Step, turn: Turn) -> None:
        """The record is in its new state with what the move writes, and does not take the move again."""
        before = self._known
        if any(assignment.link for assignment in step.move.sets):
            # What it writes elsewhere may be what other records are called by.
            self._known = records = await read_records(self._driver)
        else:
            records = await self._refresh_records(step)
        texts = records.of(step.entity)[turn.number]
        if texts[step.entity.state or ""] != step.move.target:
            raise step.wrong("does not lead on", f"{step.entity.name} {turn.number}: {texts!r}")
        lost = [name for name, text in turn.asks.items() if text and not texts[name]]
        wrong = [name for name in self._wrongly_written(step, turn, records) if name not in turn.asks]
        wrong += self._wrongly_written_elsewhere(step, turn, before, records)
        if lost or wrong:
            raise step.wrong("does not write what it should", f"{lost + wrong!r}: {texts!r}")
        # A move that leads back to where it begins may be taken again and again.
        if step.move.target not in step.move.sources:
            again = await self._actors.post(self._driver.visitor, step.path(turn.number), turn.asks)
            if not again.is_refusal:
                raise step.wrong("can be taken out of turn", f"POST {again.path}: {excerpt_of(again)}")

    def _wrongly_written(self, step: Step, turn: Turn, records: KnownRecords) -> Iterator[str]:
        """The fields in which the move did not write what the second evaluator works out."""
        changes = {step.entity.state or "": step.move.sources[0], **turn.asks}
        actor = turn.actor
        before = records.evaluator(role=actor.role, me=actor.me, changed=(step.entity, turn.number, changes))
        overwritten = [assignment.name for assignment in step.move.sets]
        for assignment in step.move.sets:
            field = step.entity.field(assignment.name) if not assignment.link else None
            if field is None or _uses_overwritten(assignment.value, overwritten):
                continue
            expected = before.value(assignment.value, step.entity.name, turn.number)
            text = records.of(step.entity)[turn.number][field.name]
            if not _is_same(read_field(field, text), expected):
                yield field.name

    def _wrongly_written_elsewhere(
        self, step: Step, turn: Turn, before: KnownRecords, after: KnownRecords
    ) -> Iterator[str]:
        """The fields of linked records that do not hold what the move was to write into them."""
        actor = turn.actor
        evaluator = before.evaluator(role=actor.role, me=actor.me, changed=(step.entity, turn.number, turn.asks))
        for assignment in step.move.sets:
            linked = evaluator.value(assignment.link, step.entity.name, turn.number) if assignment.link else None
            target = written_entity(self._spec, step.entity, assignment)
            field = target.field(assignment.name)
            if field is None or not isinstance(linked, Fraction):
                continue
            expected = evaluator.value(assignment.value, step.entity.name, turn.number)
            text = after.of(target)[int(linked)][field.name]
            if not _is_same(read_field(field, text), expected):
                yield assignment.field

    async def _try_failing_condition(self, step: Step) -> str:
        """While its condition fails, the move is refused with what the plan says of it."""
        if not step.move.only_if or VISITOR in step.move.by:
            return ""
        records = await self._refresh_records(step)
        role = self._role_for(step)
        person = person_of(self._spec, role)
        for number in sorted(records.of(step.entity), reverse=True):
            taken = self._turn_for(step, number, records, person=person, role=role, wanted=False)
            if taken is not None:
                actor = await self._actor_of(role, records, taken.person)
                return await self._must_refuse(step, Turn(number, taken.asks, actor))
        scene = move_scenes(self._spec, step.entity, step.move).refused_at_once
        staged = await self._put_on_scene(scene, step) if scene else None
        if staged is None:
            return ""
        self._known = records = await read_records(self._driver)
        actor = await self._actor_of(role, records, owner_of(records, step.entity, staged, person))
        return await self._must_refuse(
            step, Turn(staged, self._answers_for(step, records.of(step.entity)[staged]), actor)
        )

    async def _must_refuse(self, step: Step, turn: Turn) -> str:
        answer = await self._actors.post(turn.actor.session, step.path(turn.number), turn.asks)
        if not answer.is_refusal or step.move.about not in answer.page.text:
            raise step.wrong(
                "can be taken although its condition fails", f"POST {answer.path}: {excerpt_of(answer)}"
            )
        return _REFUSED

    async def _put_on_scene(self, scene: Scene, step: Step) -> int | None:
        """The record of a scene that is put on, or None where forms cannot put it on."""
        stage = Stage(self._driver, scene, speaks_of=step.move.only_if or "")
        try:
            await stage.add_all()
        except BuildFailed as error:
            if error.failure not in {*UNARRANGED, FailureCode.NOT_KEPT}:
                raise
            return None
        return stage.kept[scene.subject].id


def _uses_overwritten(value: str, fields: list[str]) -> bool:
    """True if the value is computed from a field that the move itself overwrites."""
    return any(name in value for name in fields)


def _is_same(shown: Plain, expected: Plain) -> bool:
    if isinstance(shown, datetime) and isinstance(expected, datetime):
        # The minute may turn between the app's clock and ours.
        return abs(shown - expected) <= timedelta(minutes=2)
    return shown == expected
