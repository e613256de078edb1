"""Answers to a founder's questions from the state of the project, found by the words of the question."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.domain.job import JobStatus
from app.web.room_view import Room


@dataclass(frozen=True)
class Offer:
    """Something that can be done; with `asks` it is done only after that question was answered by yes."""

    label: str
    address: str
    asks: str = ""
    field: tuple[str, str] | None = None
    """What the form sends, besides the answer."""


@dataclass(frozen=True)
class Answer:
    """The answer in words, and the offers beside it."""

    text: str
    offers: tuple[Offer, ...] = ()


EXAMPLES: Final = (
    "What blocks my launch?",
    "What was left out?",
    "How do I change it?",
    "Can I go back?",
    "How do I show it to somebody?",
    "Where are my records?",
    "What does it cost?",
    "What happens next?",
)


def answer(question: str, room: Room) -> Answer:
    """The answer of the first intent whose words are in the question; else what can be asked."""
    # The first one wins, so questions about what is in the way come before those that use the same words in
    # passing.
    for words, tell in _INTENTS:
        if re.search(words, question, re.I):
            return tell(room)
    return Answer(
        "I did not understand that. I answer questions about this project by rules, without an AI model. "
        "Ask me one of these:"
    )


def _path_in(room: Room, path: str = "") -> str:
    return f"/p/{room.project.id}{path}"


def _tell_next(room: Room) -> Answer:
    gate, newest = room.waiting_gate, room.newest_ready
    if room.project.status == "parked":
        return Answer("The project is parked.", (_offer_unpark(room),))
    if room.running is not None:
        text = f"Version {room.running.number} is being built: {room.running.status.label}"
        stop = Offer(
            "Stop the build", _path_in(room, "/stop"), asks=f"Stop building version {room.running.number}?"
        )
        return Answer(text, (Offer("Watch it", _path_in(room)), stop))
    if gate is not None:
        decide = Offer("Decide", _path_in(room, f"/decide/{gate.id}"))
        return Answer("You have seen your version; now you decide what is next.", (decide,))
    if newest is None:
        return Answer("Build the plan; it takes about half a minute.", (_offer_build(room),))
    if not room.was_seen(newest):
        return Answer(f"Version {newest.number} is ready. Look at it.", (Offer("Open the room", _path_in(room)),))
    return Answer(
        "Say what should be different, or put it online.",
        (Offer("Change it", _path_in(room, "#change")), Offer("Go online", _path_in(room, "/launch"))),
    )


def _offer_unpark(room: Room) -> Offer:
    return Offer(
        "Take it up again", _path_in(room, "/settings"), asks="Take the project up again?", field=("do", "unpark")
    )


def _offer_build(room: Room) -> Offer:
    return Offer("Build it", _path_in(room, "/build"), asks="Build the plan as it stands?")


def _tell_blockers(room: Room) -> Answer:
    if room.newest_ready is None:
        return Answer("No version is ready, so nothing can go online yet.", _tell_next(room).offers)
    wishes = room.wishes["left_out"]
    are = "is" if len(wishes) == 1 else "are"
    left_out = f" {len(wishes)} of your wishes {are} left out." if wishes else ""
    text = f"Version {room.newest_ready.number} passed its checks.{left_out} The list says what stands in the way."
    return Answer(text, (Offer("What stands in the way", _path_in(room, "/launch")),))


def _tell_left_out(room: Room) -> Answer:
    left_out, partly = room.wishes["left_out"], room.wishes["partly"]
    if not left_out and not partly:
        return Answer("Nothing that was asked for is left out.")
    wishes = [
        f"“{wish['text']}”" + (f" ({wish['why']})" if wish.get("why") else "") for wish in (*left_out, *partly)
    ]
    return Answer(
        f"Left out, or only partly in it: {'; '.join(wishes)}.",
        (Offer("Correct the plan", _path_in(room, "/plan")),),
    )


def _tell_changing(room: Room) -> Answer:
    text = (
        "Say it in a sentence in the room, or click on what is wrong in the plan. You see what changes before "
        "anything is built, and the version you have stays."
    )
    return Answer(
        text, (Offer("Say it", _path_in(room, "#change")), Offer("Open the plan", _path_in(room, "/plan")))
    )


def _tell_going_back(room: Room) -> Answer:
    older = room.ready_builds[1:4]
    if not older:
        return Answer("There is no earlier version yet. When there is, going back makes a new version out of it.")
    offers = tuple(
        Offer(
            f"Go back to version {job.number}",
            _path_in(room, f"/v/{job.number}/back"),
            asks=f"Build a new version out of version {job.number}?",
        )
        for job in older
    )
    return Answer("Going back makes a new version out of an earlier one. Nothing is deleted.", offers)


def _tell_sharing(room: Room) -> Answer:
    return Answer(
        "Make a link. Whoever has it sees the app as a visitor, until it ends or you close it.",
        (Offer("Make a link", _path_in(room, "/share")),),
    )


def _tell_records(room: Room) -> Answer:
    if room.newest_ready is None:
        return Answer("There are no records before there is a version.")
    return Answer(
        "On this computer, one file for each version. A new version takes them along.",
        (Offer("Save or restore them", _path_in(room, f"/v/{room.newest_ready.number}/records")),),
    )


def _tell_cost(_: Room) -> Answer:
    text = (
        "What is built from a blueprint costs nothing. What a model cost, where one was asked, is in the settings."
    )
    return Answer(text, (Offer("Usage", "/settings#usage"),))


def _tell_failure(room: Room) -> Answer:
    # What the founder has stopped did not go wrong.
    failed = next((job for job in room.builds if job.status is JobStatus.FAILED and not job.is_cancelled), None)
    if failed is None:
        return Answer("No build of this project has failed.")
    retry = Offer("Try again", _path_in(room, "/build"), asks="Build it once more?", field=("again", "1"))
    # Trying again builds the newest goal, which would be another one for an older failure.
    is_newest = room.builds[0].id == failed.id
    return Answer(f"Version {failed.number}: {failed.error_message}", (retry,) if is_newest else ())


def _tell_parking(room: Room) -> Answer:
    if room.project.status == "parked":
        return Answer("It is parked.", (_offer_unpark(room),))
    park = Offer("Park it", _path_in(room, "/settings"), asks="Put the project aside?", field=("do", "park"))
    return Answer("Parking deletes nothing; no new version is built until you take it up again.", (park,))


_INTENTS: Final[tuple[tuple[str, Callable[[Room], Answer]], ...]] = (
    (r"block|launch|online|deploy|publish|go live|ready for|domain|server", _tell_blockers),
    (r"left out|missing|forgot|not in it|wish|kept", _tell_left_out),
    (r"fail|error|wrong|stuck|broke|did not work|didn't work", _tell_failure),
    (r"back|undo|earlier|older|revert|previous", _tell_going_back),
    (r"share|show|customer|partner|link|phone|qr", _tell_sharing),
    (r"record|data|backup|back up|restore|save|import|csv", _tell_records),
    (r"cost|price|pay|money|free|usage|limit", _tell_cost),
    (r"park|pause|aside|stop working on", _tell_parking),
    (r"change|different|add|remove|rename|edit|improve|better", _tell_changing),
    (r"next|now what|what should i|status|where|how long|wait|build", _tell_next),
)
