"""What a goal says plainly of photos, files and messages is in the app, and what it does not say is not."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand
from app.blueprint.spec import AppSpec, FieldType, MessageKind, WishState

YOGA = "Yoga class bookings: students book a class, get an email confirmation and a reminder two days before"


def uploaded(spec: AppSpec) -> set[tuple[str, FieldType]]:
    types = (FieldType.IMAGE, FieldType.FILE)
    return {
        (entity.label, field.type) for entity in spec.entities for field in entity.fields if field.type in types
    }


@pytest.mark.parametrize(
    ("goal", "what"),
    [
        ("A dog shelter with a photo of each dog and its breed", ("Dog", FieldType.IMAGE)),
        ("a list of our guitars with photos and prices", ("Guitar", FieldType.IMAGE)),
        ("Members upload receipts with amount and date", ("Receipt", FieldType.FILE)),
    ],
)
def test_a_photo_or_file_of_something_is_a_field_of_it(goal: str, what: tuple[str, FieldType]) -> None:
    assert what in uploaded(understand(goal))


@pytest.mark.parametrize("goal", ["track guitars with a price, without photos", "a booking app for a yoga studio"])
def test_nothing_is_uploaded_that_the_goal_does_not_speak_of(goal: str) -> None:
    assert uploaded(understand(goal)) == set()


def test_a_confirmation_and_a_reminder_are_messages_and_said_to_wait() -> None:
    spec = understand(YOGA)
    assert [(one.kind, one.hours) for one in spec.messages] == [(MessageKind.ADDED, 24), (MessageKind.BEFORE, 48)]
    sent = [wish for wish in spec.wishes if "outbox" in wish.why]
    assert {wish.state for wish in sent} == {WishState.PARTLY}
    assert len(sent) == 2
    assert not any("Reminders" in line for line in spec.not_understood)


@pytest.mark.parametrize(
    "goal", ["a booking app for a yoga studio, no reminders", "a booking app for a yoga studio"]
)
def test_nothing_is_sent_that_the_goal_does_not_ask_for(goal: str) -> None:
    assert understand(goal).messages == ()


def test_a_reminder_without_anybody_to_send_it_to_is_left_out() -> None:
    spec = understand("track recipes with ingredients and remind me by email to cook")
    assert spec.messages == ()
    assert any("Reminders" in line for line in spec.not_understood)
