"""Messages of a specification: every fault with its place, in the plan in words, and followed through changes."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from app.blueprint.contract.words import MESSAGE_KINDS
from app.blueprint.generate import generate
from app.blueprint.plan import plan_of
from app.blueprint.plan_text import plan_lines
from app.blueprint.renaming import Renames, rename
from app.blueprint.spec import AppSpec, MessageKind
from app.services.plan_pruning import prune
from tests.support.specs import SPECS

CLASSES = next(path for path in SPECS if path.stem == "evening_classes")


@pytest.fixture
def raw() -> dict[str, Any]:
    return tomllib.loads(CLASSES.read_text(encoding="utf-8"))


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown kind of record": ({"entity": "Lesson"}, "there is no kind of record 'Lesson'"),
    "no field": ({"to": "person.mail"}, "to: 'person.mail' leads to no field; name one of the type email"),
    "no address": ({"to": "person.name"}, "is of the type text, and must be of the type email"),
    "no such place": ({"subject": "For {course.title}"}, r"\{course.title\}: Course has no field 'title'"),
    "no field in braces": ({"text": "You owe {1 + 1}."}, "must be a field"),
    "a brace alone": ({"text": "Dear {person.name"}, "a brace stands alone"),
    "a state without its kind": ({"state": "Booked"}, "a state belongs to the kind state"),
    "a kind without its state": ({"kind": "state"}, "a state belongs to the kind state"),
    "no such state": (
        {"kind": "state", "state": "Lost"},
        r"'Lost' is not one of its states \(Booked, Cancelled\)",
    ),
    "a kind without its date": ({"kind": "before"}, "a date belongs to the kind before"),
    "no date": ({"kind": "before", "date": "course.name"}, "'course.name' is text, and must be a date"),
    "no condition": ({"only_if": "course.name"}, "only_if"),
    "a name that is taken": ({"name": "reminder"}, "messages must differ"),
    "nothing said": ({"text": " "}, "says nothing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_place(raw: dict[str, Any], fault: str) -> None:
    change, said = FAULTS[fault]
    raw["messages"][0] |= change
    with pytest.raises(ValidationError, match=said):
        AppSpec.model_validate(raw)


def test_every_kind_has_its_sentence() -> None:
    assert set(MESSAGE_KINDS) == set(MessageKind)


def test_the_plan_says_what_is_sent_to_whom_and_when(raw: dict[str, Any]) -> None:
    plan = plan_of(AppSpec.model_validate(raw))
    assert [(sent.to, sent.when) for sent in plan.sends] == [
        ("the person", "when a booking is added"),
        ("the person", "1 day before “Starts at” of a booking"),
        ("the owner", "when a booking is Cancelled"),
    ]
    assert any("Your place in {course.name}" in line for line in plan_lines(plan))


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("last_day", "“Last day”"),
        ("course.ends_at", "“Ends at”"),
        ("course.starts_at - 3", "“course.starts_at - 3”"),
    ],
    ids=["figure", "figure of a link", "worked out"],
)
def test_a_reminder_comes_before_a_date_that_is_worked_out(raw: dict[str, Any], date: str, told: str) -> None:
    course, booking = (
        next(one for one in raw["entities"] if one["name"] == name) for name in ("Course", "Booking")
    )
    course["computed"] = [{"name": "ends_at", "expression": "add_minutes(starts_at, 90)", "about": "It lasts 90."}]
    booking["computed"] = [
        {"name": "last_day", "expression": "day(course.starts_at) - 14", "about": "To call off."}
    ]
    raw["messages"][1] |= {"date": date}

    assert plan_of(AppSpec.model_validate(raw)).sends[1].when == f"1 day before {told} of a booking"


def test_the_same_specification_is_written_the_same_twice(raw: dict[str, Any]) -> None:
    spec = AppSpec.model_validate(raw)
    assert generate(spec) == generate(spec)


def test_what_is_renamed_is_followed_into_messages(raw: dict[str, Any]) -> None:
    base = AppSpec.model_validate(raw).model_dump(mode="json")
    fields = {"Course": {"name": "title", "starts_at": "begins_at"}, "Person": {"email": "mail"}}
    renames = Renames(fields=fields, choices={("Booking", "status"): {"Cancelled": "Called off"}})
    edit = copy.deepcopy(base)
    rename(edit, base, renames)
    confirmation, reminder, cancelled = AppSpec.model_validate(edit).messages
    assert confirmation.subject == "Your place in {course.title}"
    assert (reminder.to, reminder.date) == ("person.mail", "course.begins_at")
    assert (cancelled.to, cancelled.state) == ("owner", "Called off")


def test_what_a_message_names_takes_it_along_when_it_goes(raw: dict[str, Any]) -> None:
    whole = AppSpec.model_validate(raw).model_dump(mode="json")
    whole["entities"][0]["fields"] = [one for one in whole["entities"][0]["fields"] if one["name"] != "room"]
    prune(whole)
    assert [message.name for message in AppSpec.model_validate(whole).messages] == ["reminder", "cancelled"]
