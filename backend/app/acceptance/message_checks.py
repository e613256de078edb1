"""The outbox: what the app should say is there after what it is about, to whom it should go."""

from __future__ import annotations

import html
import re
from typing import Final

from app.acceptance.kept import Kept, told
from app.acceptance.people import People
from app.acceptance.stage import UNARRANGED, bring_to
from app.blueprint.spec import AppSpec, EntitySpec, MessageKind, MessageSpec
from app.blueprint.spec_messages import TO_OWNER
from app.domain.failure import BuildFailed, FailureCode

OUTBOX: Final = "/staff-outbox"
_PLACE: Final = re.compile(r"\{[^{}]*\}")
_LETTER: Final = re.compile(r"<article\b.*?</article>", re.DOTALL)


def messages_of(spec: AppSpec, entity: EntitySpec) -> list[MessageSpec]:
    """The messages about a kind of record."""
    return [message for message in spec.messages if message.entity == entity.name]


async def try_messages(people: People, entity: EntitySpec) -> str:
    """Do what each message is written for and look for it; what was seen. BuildFailed."""
    seen = [await _try(people, entity, message) for message in messages_of(people.spec, entity)]
    return f"{entity.plural}: {sum(seen)} of {len(seen)} messages were in the outbox after what they are about"


async def _try(people: People, entity: EntitySpec, message: MessageSpec) -> bool:
    """Whether it could be tried; a condition, or a rule against the state, may stand against it."""
    kept = await people.driver.add(entity)
    if message.kind is MessageKind.STATE and not await _bring(people, kept, message):
        return False
    letters = [one for one in await _letters(people) if f'"{kept.path}"' in one and _is(message, one)]
    if letters:
        return True
    if message.only_if is not None or not _has_address(kept, message):
        return False
    raise BuildFailed(
        FailureCode.MESSAGE_MISSING,
        f"The message {message.subject!r} is not in the outbox.",
        log=f"{message.name} about {kept.path}: {told(await people.driver.visitor.get(OUTBOX))}",
    )


async def _bring(people: People, kept: Kept, message: MessageSpec) -> bool:
    try:
        await bring_to(people.driver, kept, message.state or "")
    except BuildFailed as failed:
        if failed.failure in UNARRANGED:
            return False
        raise
    return True


async def _letters(people: People) -> list[str]:
    answer = await people.driver.visitor.get(OUTBOX)
    return [html.unescape(letter) for letter in _LETTER.findall(answer.text)]


def _is(message: MessageSpec, letter: str) -> bool:
    """Whether it is this message: all that its subject says by itself, and no place left open."""
    parts = [part.strip() for part in _PLACE.split(message.subject)]
    return all(part in letter for part in parts) and not any(f"{{{place}}}" in letter for place in message.places)


def _has_address(kept: Kept, message: MessageSpec) -> bool:
    """Whether the record leads to somebody to write to: a link on the way may be empty."""
    first = message.to.partition(".")[0]
    is_known = message.to == TO_OWNER or bool(kept.values.get(first))
    return is_known and (message.date is None or bool(kept.values.get(message.date.partition(".")[0])))
