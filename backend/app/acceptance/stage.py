"""Puts a scene on in the running app: its records are added through forms and moved to their states."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

from app.acceptance.form_driver import FormDriver, Kept, told
from app.acceptance.http_session import Answer
from app.acceptance.samples import dated
from app.blueprint.expressions.parser import parse
from app.blueprint.expressions.walk import paths
from app.blueprint.generate.scenes import Key, Scene, Texts
from app.blueprint.spec import EntitySpec, FieldType, MoveSpec
from app.domain.failure import BuildFailed, FailureCode

UNARRANGED: Final = frozenset({FailureCode.UNREACHABLE_STATE, FailureCode.MOVE_REFUSED})
"""What is wrong with a scene that the owner cannot put on by forms alone; the app's own tests put it on."""
_UNLIKE: Final = frozenset({FieldType.TEXT, FieldType.LONGTEXT, FieldType.EMAIL, FieldType.PHONE, FieldType.URL})
"""Types whose values are made anew, so that records of several scenes do not stand in each other's way."""


class Stage:
    """One scene in the app; what belongs together has been added by one person, the owner."""

    def __init__(self, driver: FormDriver, scene: Scene) -> None:
        self.driver = driver
        self.scene = scene
        self.kept: dict[Key, Kept] = {}

    def values(self, key: Key, texts: Texts | None = None) -> dict[str, str]:
        """What is typed into the form of a record; links lead to the records of this scene."""
        entity = self._entity(key)
        said = self.scene.records[key] if texts is None else texts
        typed = {}
        for field in entity.fields:
            text = said.get(field.name, "")
            if field.ref:
                typed[field.name] = str(self.kept[field.ref, int(text)].id) if text else ""
            elif field.type not in _UNLIKE or not text:
                typed[field.name] = dated(text)
        return {**self.driver.samples.values(entity), **typed}

    async def add(self, key: Key, texts: Texts | None = None) -> Kept:
        """Add a record through its form, and move it to its state."""
        entity, values = self._entity(key), self.values(key, texts)
        # A new record begins with the first state, whatever its form says; moves lead on.
        state = values.pop(entity.state or "", "") if entity.moves else ""
        self.kept[key] = self.driver.kept(entity, values, await self.driver.send(entity, values))
        if state:
            await bring_to(self.driver, self.kept[key], state)
        return self.kept[key]

    async def add_all(self, *, before: Key | None = None) -> None:
        """Add every record that is not there yet, or those that come before one."""
        for key in self.scene.records:
            if key == before:
                return
            if key not in self.kept:
                await self.add(key)

    def _entity(self, key: Key) -> EntitySpec:
        return next(entity for entity in self.driver.spec.entities if entity.name == key[0])


async def bring_to(driver: FormDriver, kept: Kept, state: str) -> None:
    """Take the moves that lead a new record to a state; BuildFailed when they do not."""
    for number, move in way_to(kept.entity, state):
        answer = await take_move(driver, kept, number, move)
        if answer.status != 303:
            raise BuildFailed(
                FailureCode.MOVE_REFUSED,
                f"“{move.label}” cannot be taken for a {kept.entity.label.lower()} that is ready for it.",
                log=f"POST {answer.path}: {told(answer)}",
            )


async def take_move(driver: FormDriver, kept: Kept, number: int, move: MoveSpec) -> Answer:
    """What the app answers to a move of a record, with everything filled in that it asks for."""
    path = f"{kept.path}/moves/{number}"
    page = await driver.visitor.get(path)
    form = next((one for one in page.page.forms if one.action.endswith(path)), None)
    if form is None:
        return page
    values = {**driver.samples.values(kept.entity), **filled_in(kept.values)}
    return await driver.visitor.submit(page, form, {name: values.get(name, "") for name in move.asks})


def filled_in(values: Mapping[str, str]) -> dict[str, str]:
    """The values that are not empty."""
    return {name: value for name, value in values.items() if value}


def _asks_who(move: MoveSpec) -> bool:
    """Whether only the person whose record it is may take the move."""
    return any(path.steps[0] == "me" for path in paths(parse(move.only_if or "yes")))


def way_to(entity: EntitySpec, state: str) -> list[tuple[int, MoveSpec]]:
    """The fewest moves from where a record begins to a state, with their numbers; BuildFailed without any."""
    field = entity.field(entity.state or "")
    first = field.choices[0] if field else ""
    waiting: deque[tuple[str, list[tuple[int, MoveSpec]]]] = deque([(first, [])])
    seen = {first}
    while waiting:
        here, path = waiting.popleft()
        if here == state:
            return path
        for number, move in enumerate(entity.moves):
            is_owners = not move.is_automatic and not _asks_who(move)
            if here in move.sources and move.target not in seen and is_owners:
                seen.add(move.target)
                waiting.append((move.target, [*path, (number, move)]))
    raise BuildFailed(
        FailureCode.UNREACHABLE_STATE,
        f"No move leads a {entity.label.lower()} to {state!r}, so what happens there cannot be tried.",
        log=f"{entity.name}: from {first!r}",
    )
