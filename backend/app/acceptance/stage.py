"""Puts a scene on in the running app: its records are added through forms and moved to their states."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from app.acceptance.http_session import Answer
from app.acceptance.kept import Kept, excerpt_of
from app.acceptance.samples import dated
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import paths
from app.blueprint.field_types import TYPED
from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.scenes import Key, Scene, Texts
from app.blueprint.generate.stated import measured_fields
from app.blueprint.spec import EntitySpec, FieldType, MoveSpec, RuleKind
from app.blueprint.spec_queries import first_state, one_of, states_of
from app.domain.failure import BuildFailed, FailureCode

if TYPE_CHECKING:
    from app.acceptance.form_driver import FormDriver

UNARRANGED: Final = frozenset({FailureCode.UNREACHABLE_STATE, FailureCode.MOVE_REFUSED})
"""What is wrong with a scene that the owner cannot put on by forms alone; the app's own tests put it on."""
_UNLIKE: Final = TYPED
"""Types whose values are made anew, so that records of several scenes do not stand in each other's way."""


class Stage:
    """One scene in the app; what belongs together has been added by one person, the owner."""

    def __init__(self, driver: FormDriver, scene: Scene, *, speaks_of: str = "") -> None:
        """`speaks_of` is an expression about the subject that must stay as it is in the scene."""
        self.driver = driver
        self.scene = driver.samples.once_only.scene(scene, speaks_of)
        self.kept: dict[Key, Kept] = {}
        self._states: dict[Key, str] = {}
        self._waiting: dict[Key, str] = {}
        self._alike: dict[tuple[str, str, str], str] = {}

    def values(self, key: Key, texts: Texts | None = None, *, anew: bool = False) -> dict[str, str]:
        """The values to type into the form of a record; links lead to the records of this scene.

        Texts that a rule compares are alike where they are in the scene, unless they are made `anew`.
        """
        entity = self._entity(key)
        texts_said = self.scene.records[key] if texts is None else texts
        typed = {}
        measured = measured_fields(self.driver.spec, entity)
        for field in entity.fields:
            text = texts_said.get(field.name, "")
            if field.ref:
                linked = self.kept.get((field.ref, int(text))) if text else None
                typed[field.name] = str(linked.id) if linked is not None else ""
            elif field.type not in _UNLIKE or not text or field.name in measured:
                typed[field.name] = dated(text)
        # A box that the app ticks by itself is left as the form shows it.
        left_out = {field.name for field in entity.fields if field.type is FieldType.BOOL and field.starts_as}
        samples = self.driver.samples.values(entity)
        for name in () if anew else self._compared_fields(entity):
            samples[name] = self._alike.setdefault((entity.name, name, texts_said.get(name, "")), samples[name])
        values = {**samples, **typed}
        return {name: text for name, text in values.items() if text or name not in left_out}

    def _compared_fields(self, entity: EntitySpec) -> Iterator[str]:
        for rule in self.driver.spec.rules:
            if rule.entity == entity.name and rule.kind is RuleKind.UNIQUE:
                fields = [field for field in map(entity.field, rule.fields) if field is not None]
                yield from (field.name for field in fields if field.type in _UNLIKE)

    async def add(self, key: Key, texts: Texts | None = None) -> Kept:
        """Add a record through its form, and move it to its state."""
        entity, values = self._entity(key), self.values(key, texts)
        # A new record begins with the first state, whatever its form says; moves lead on.
        state = values.pop(entity.state or "", "") if entity.moves else ""
        detour = self._find_detour(key, texts)
        if detour is not None:
            await self._move_to(*detour)
        try:
            self.kept[key] = await self.driver.keep(entity, values)
        except BuildFailed as refused:
            if detour is None and entity.moves and not self._keeps_as_new(key, texts):
                # Its rules let it stand in the state of the scene, but not begin in the first one.
                raise BuildFailed(FailureCode.UNREACHABLE_STATE, log=refused.log) from refused
            raise
        self._states[key] = first_state(entity)
        await self._fill_in_later(key, values)
        if state:
            await self._bring_on(key, state, values)
        if detour is not None:
            await self._move_to(
                detour[0], self.scene.records[detour[0]].get(self._entity(detour[0]).state or "", "")
            )
        return self.kept[key]

    async def _fill_in_later(self, key: Key, values: Mapping[str, str]) -> None:
        """Fill in by a change the fields that the form of a new record does not ask for. BuildFailed."""
        record, asked = self.kept[key], await self.driver.asked(self._entity(key))
        filled = (name for name, text in self.scene.records[key].items() if text and name != record.entity.state)
        later = {name: values[name] for name in filled if name not in asked and values.get(name)}
        if later and later.keys() & await self.driver.changed_fields(record):
            answer = await self.driver.change(record, later)
            if answer.status != 303:
                raise BuildFailed(FailureCode.UNREACHABLE_STATE, log=f"POST {answer.path}: {excerpt_of(answer)}")

    async def _bring_on(self, key: Key, state: str, values: Mapping[str, str]) -> None:
        """Move a new record to its state; later, where it waits for its lines or other records of the scene."""
        try:
            await self._move_to(key, state)
        except BuildFailed as refused:
            if refused.failure not in UNARRANGED or not self._is_awaited(key):
                raise
            self._waiting[key] = state
        else:
            await self._fill_in_again(key, _written_on_the_way(self._entity(key), state), values)

    def _is_awaited(self, key: Key) -> bool:
        """True if records that belong to this one are still to come."""
        return any(
            field.ref == key[0] and texts.get(field.name) == str(key[1])
            for later, texts in self.scene.records.items()
            if later not in self.kept and later != self.scene.subject
            for field in self._entity(later).fields
        )

    async def _move_waiting(self) -> None:
        """Move what waited for others to its state."""
        while self._waiting:
            key, state = self._waiting.popitem()
            await self._move_to(key, state)

    async def _fill_in_again(self, key: Key, written: Collection[str], values: Mapping[str, str]) -> None:
        """Put back by a change what the moves to the state of a record have written over; as far as it can be."""
        texts = self.scene.records[key]
        asked = {name for move in self._entity(key).moves for name in move.asks}
        may_be_empty = {
            field.name for field in self._entity(key).fields if field.name in asked and not field.required
        }
        answers = {name: values.get(name, "") if texts.get(name) else "" for name in written}
        again = {name: text for name, text in answers.items() if text or name in may_be_empty}
        if again.keys() & (await self.driver.changed_fields(self.kept[key]) if again else set()):
            await self.driver.change(self.kept[key], again)

    async def _move_to(self, key: Key, state: str) -> None:
        for _, move in moves_to(self._entity(key), state, since=self._states[key]):
            await bring_to(self.driver, self.kept[key], move.target, since=self._states[key])
            self._states[key] = move.target

    def _find_detour(self, key: Key, texts: Texts | None) -> tuple[Key, str] | None:
        """The parent of the record, and the state that it must be in for a moment so that the record can be added.

        A flat is offered while it is free, though it is let by the time that the scene is about.
        """
        entity, new = self._entity(key), self._new_texts(key, texts)
        texts_now = {kept: self._texts_now(kept) for kept in self.kept}
        if self._keeps_as_new(key, texts):
            return None
        for field in (field for field in entity.fields if field.ref):
            parent = (field.ref or "", int(new.get(field.name) or 0))
            if parent in self.kept and self.kept[parent].entity.moves:
                target = self.kept[parent].entity
                for state in states_of(target):
                    moved = {**texts_now, parent: {**texts_now[parent], target.state or "": state}}
                    if self._keeps_its_rules(Scene(key, {**moved, key: new})):
                        return parent, state
        return None

    def _new_texts(self, key: Key, texts: Texts | None) -> Texts:
        """The values of a record as it begins, in the first of its states."""
        entity, new = self._entity(key), dict(self.scene.records[key] if texts is None else texts)
        return {**new, entity.state or "": first_state(entity)} if entity.moves else new

    def _keeps_as_new(self, key: Key, texts: Texts | None) -> bool:
        texts_now = {kept: self._texts_now(kept) for kept in self.kept}
        return self._keeps_its_rules(Scene(key, {**texts_now, key: self._new_texts(key, texts)}))

    def _texts_now(self, key: Key) -> Texts:
        entity, texts = self._entity(key), self.scene.records[key]
        return {**texts, entity.state or "": self._states[key]} if entity.moves else texts

    def _keeps_its_rules(self, scene: Scene) -> bool:
        judge = examples_of(self.driver.spec).judge
        return all(judge.keeps(scene, scene.subject, stated) for stated in judge.stated[scene.subject[0]])

    async def add_all(self, *, before: Key | None = None) -> None:
        """Add every record that is not there yet, or those that come before one."""
        for key in self.scene.records:
            if key == self.scene.subject or key == before:
                await self._move_waiting()
            if key == before:
                return
            if key not in self.kept:
                await self.add(key)
        await self._move_waiting()
        await self._link_back()

    async def _link_back(self) -> None:
        """Fill in the links to what came later, where two records lead to each other. BuildFailed."""
        keys = list(self.kept)
        for key, record in self.kept.items():
            texts = self.scene.records.get(key, {})
            refs = [field for field in record.entity.fields if field.ref]
            links = {field.name: (field.ref or "", int(texts.get(field.name) or 0)) for field in refs}
            later = {name: self.kept[of] for name, of in links.items() if of in keys[keys.index(key) + 1 :]}
            if later:
                answer = await self.driver.change(record, {name: str(target.id) for name, target in later.items()})
                if answer.status != 303:
                    raise BuildFailed(
                        FailureCode.UNREACHABLE_STATE, log=f"POST {answer.path}: {excerpt_of(answer)}"
                    )

    def _entity(self, key: Key) -> EntitySpec:
        return next(entity for entity in self.driver.spec.entities if entity.name == key[0])


async def bring_to(driver: FormDriver, record: Kept, state: str, *, since: str = "") -> None:
    """Take the moves that lead a record to a state from the first or another; BuildFailed when they do not."""
    for number, move in moves_to(record.entity, state, since=since):
        answer = await take_move(driver, record, number, move)
        if answer.status != 303:
            raise BuildFailed(
                FailureCode.MOVE_REFUSED,
                f"“{move.label}” cannot be taken for {one_of(record.entity)} that is ready for it.",
                log=f"POST {answer.path}: {excerpt_of(answer)}",
            )


async def take_move(driver: FormDriver, record: Kept, number: int, move: MoveSpec) -> Answer:
    """Take a move of a record with everything filled in that it asks for; the app's answer."""
    path = f"{record.path}/moves/{number}"
    page = await driver.visitor.get(path)
    form = next((form for form in page.page.forms if form.action.endswith(path)), None)
    if form is None:
        return page
    values = {**driver.samples.values(record.entity), **filled_in(record.values)}
    return await driver.visitor.submit(page, form, {name: values.get(name, "") for name in move.asks})


def filled_in(values: Mapping[str, str]) -> dict[str, str]:
    """The values that are not empty."""
    return {name: value for name, value in values.items() if value}


def _asks_for_person(move: MoveSpec) -> bool:
    """True if the condition of the move is about the person who takes it."""
    return any(path.steps[0] == "me" for path in paths(parse(move.only_if or "yes")))


def _written_on_the_way(entity: EntitySpec, state: str) -> set[str]:
    """The fields of a record that the moves from its first state to another write or ask for. BuildFailed."""
    moves = [move for _, move in moves_to(entity, state)]
    stamped = {assignment.field for move in moves for assignment in move.sets if "." not in assignment.field}
    return stamped | {name for move in moves for name in move.asks}


def moves_to(entity: EntitySpec, state: str, *, since: str = "") -> list[tuple[int, MoveSpec]]:
    """The fewest moves from a state, or the first, to another, with their numbers. BuildFailed."""
    start = since or first_state(entity)
    waiting: deque[tuple[str, list[tuple[int, MoveSpec]]]] = deque([(start, [])])
    reached = {start}
    while waiting:
        here, path = waiting.popleft()
        if here == state:
            return path
        for number, move in enumerate(entity.moves):
            is_owners = not move.is_automatic and not _asks_for_person(move)
            if here in move.sources and move.target not in reached and is_owners:
                reached.add(move.target)
                waiting.append((move.target, [*path, (number, move)]))
    raise BuildFailed(
        FailureCode.UNREACHABLE_STATE,
        f"No move leads {one_of(entity)} to {state!r}, so what happens there cannot be tried.",
        log=f"{entity.name}: from {start!r}",
    )
