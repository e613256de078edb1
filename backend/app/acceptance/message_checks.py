"""The outbox: what the app should say is there after what it is about, to whom it should go."""

from __future__ import annotations

import html
import re
from datetime import date as day
from typing import Final

from app.acceptance.kept import Kept, excerpt_of
from app.acceptance.known_records import read_records
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
    results = [await _try_message(people, entity, message) for message in messages_of(people.spec, entity)]
    return (
        f"{entity.plural}: {sum(results)} of {len(results)} messages were in the outbox after what they are about"
    )


async def _try_message(people: People, entity: EntitySpec, message: MessageSpec) -> bool:
    """True if it could be tried: a condition, or a rule against the state, may stand in the way."""
    record = await people.driver.add(entity)
    if message.kind is MessageKind.STATE and not await _bring_to_state(people, record, message):
        return False
    letters = [
        letter
        for letter in await _read_outbox(people)
        # With the quotes around the link: /orders/1 begins /orders/12 as well.
        if f'"{record.path}"' in letter and _is_letter_of(message, letter)
    ]
    if letters:
        return True
    if (
        message.only_if is not None
        or not _has_address(record, message)
        or not await _is_ahead(people, record, message)
    ):
        return False
    raise BuildFailed(
        FailureCode.MESSAGE_MISSING,
        f"The message {message.subject!r} is not in the outbox.",
        log=f"{message.name} about {record.path}: {excerpt_of(await people.driver.visitor.get(OUTBOX))}",
    )


async def _bring_to_state(people: People, record: Kept, message: MessageSpec) -> bool:
    try:
        await bring_to(people.driver, record, message.state or "")
    except BuildFailed as failed:
        if failed.failure in UNARRANGED:
            return False
        raise
    return True


async def _read_outbox(people: People) -> list[str]:
    answer = await people.driver.visitor.get(OUTBOX)
    return [html.unescape(letter) for letter in _LETTER.findall(answer.text)]


def _is_letter_of(message: MessageSpec, letter: str) -> bool:
    """True if the letter has all fixed parts of the subject, and no placeholder left unfilled."""
    parts = [part.strip() for part in _PLACE.split(message.subject)]
    return all(part in letter for part in parts) and not any(f"{{{place}}}" in letter for place in message.places)


def _has_address(record: Kept, message: MessageSpec) -> bool:
    """True if the record leads to somebody to write to; a link on the way may be empty."""
    link = message.to.partition(".")[0]
    return message.to == TO_OWNER or bool(record.values.get(link))


async def _is_ahead(people: People, record: Kept, message: MessageSpec) -> bool:
    """True if the date that the message comes before is still to come, worked out without the app."""
    if message.date is None:
        return True
    records = await read_records(people.driver)
    date = records.evaluator().value(message.date, record.entity.name, record.id)
    # Of today, or nearly over, is as good as past while the check goes on.
    return isinstance(date, day) and f"{date:%Y-%m-%d}" > f"{records.now:%Y-%m-%d}"
