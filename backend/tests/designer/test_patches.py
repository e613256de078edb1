"""Changes of a specification: the difference is what was asked, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from app.blueprint.spec import AppSpec
from app.designer.drafts import completed
from app.designer.patches import PatchRefused, apply, change_schema, read_operations
from tests.support.designs import BY_NAME

Json = dict[str, Any]


def spec_of(name: str) -> AppSpec:
    """The specification of that name as a model's design has it."""
    return completed(AppSpec.model_validate(BY_NAME[name]), wishes=(), confidence=1.0)


def difference(before: Any, after: Any, path: str = "") -> set[str]:
    """The places at which two documents differ; parts of a list are known by their names."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = before.keys() | after.keys()
        return {place for key in keys for place in difference(before.get(key), after.get(key), f"{path}.{key}")}
    if isinstance(before, list) and isinstance(after, list):
        named = [{name_of(one): one for one in items} for items in (before, after)]
        return difference(*named, path)
    return set() if before == after else {path.removeprefix(".")}


def name_of(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    keys = ("name", "label", "about", "role", "action", "kind", "field")
    return str(next(part[key] for key in keys if part.get(key)))


PHONE = {"name": "phone", "type": "phone"}
TEN = {
    "kind": "capacity",
    "entity": "Enrolment",
    "fields": ["course"],
    "limit": 10,
    "about": "A course takes ten people.",
}
EIGHT = "A course takes eight people."
TEACHER = {"name": "Teacher", "about": "Gives courses."}
LEVELS = {"name": "level", "type": "choice", "choices": ["Beginner", "Advanced"]}
LATE = {"name": "days_out", "expression": "days(out_on, today())", "about": "How long a float is out."}
CANCEL = {
    "label": "Withdraw",
    "sources": ["Draft"],
    "target": "Rejected",
    "by": ["Employee"],
    "about": "Asked no more.",
}

CHANGES: dict[str, tuple[str, list[Json], set[str], str]] = {
    "a new field": (
        "lanes_and_courses",
        [{"op": "put_field", "record": "Customer", "field": PHONE}],
        {"entities.Customer.fields.phone"},
        "Customers have Phone now. Records that are there have none yet.",
    ),
    "a new limit": (
        "lanes_and_courses",
        [{"op": "put_rule", "rule": TEN, "replaces": EIGHT}],
        {f"rules.{EIGHT}", "rules.A course takes ten people."},
        "A rule holds: A course takes ten people. Before: A course takes eight people.",
    ),
    "another name for a record": (
        "lanes_and_courses",
        [{"op": "rename_record", "name": "Customer", "to": "Member", "label": "Member", "plural": "Members"}],
        {
            "entities.Customer",
            "entities.Member",
            "entities.LaneBooking.fields.customer.ref",
            "entities.Enrolment.fields.customer.ref",
            "entities.FloatLoan.fields.customer.ref",
        },
        "Customers are called Members now. Their records live on.",
    ),
    "a choice": (
        "lanes_and_courses",
        [{"op": "put_field", "record": "Course", "field": LEVELS}],
        {"entities.Course.fields.level"},
        "Courses have Level now. Records that are there have none yet.",
    ),
    "a figure": (
        "lanes_and_courses",
        [{"op": "put_figure", "record": "FloatLoan", "figure": LATE}],
        {"entities.FloatLoan.computed.days_out"},
        "Float loans show Days out: How long a float is out.",
    ),
    "a field less": (
        "purchase_requests",
        [{"op": "remove_field", "record": "Employee", "name": "email"}],
        {"entities.Employee.fields.email"},
        "Employees have no E-mail any more; earlier versions keep it.",
    ),
    "a new move": (
        "purchase_requests",
        [{"op": "put_move", "record": "PurchaseRequest", "state": "status", "move": CANCEL}],
        {"entities.PurchaseRequest.moves.Withdraw"},
        "Purchase requests can be moved to Rejected by 'Withdraw'.",
    ),
    "another name for a field": (
        "purchase_requests",
        [{"op": "rename_field", "record": "PurchaseRequest", "name": "what", "to": "item", "label": "Item"}],
        {
            "entities.PurchaseRequest.fields.what",
            "entities.PurchaseRequest.fields.item",
            "entities.PurchaseRequest.rights.Employee.fields.what",
            "entities.PurchaseRequest.rights.Employee.fields.item",
        },
        "What is called Item now. What was filled in lives on.",
    ),
    "a view less": (
        "purchase_requests",
        [{"op": "remove_view", "record": "PurchaseRequest", "kind": "board"}],
        {"views.board"},
        "Purchase requests are not shown as a board any more.",
    ),
    "other words": (
        "window_quotes",
        [{"op": "set_words", "title": "Clean Windows"}],
        {"title"},
        "The app has other words: Clean Windows.",
    ),
    "a new kind of person": (
        "window_quotes",
        [{"op": "put_role", "role": TEACHER}],
        {"roles.Teacher"},
        "Teacher use the app: Gives courses.",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_changes_what_was_asked_and_nothing_else(name: str) -> None:
    app, raw, places, words = CHANGES[name]
    before = spec_of(app)
    operations = read_operations(raw)

    after = apply(before, operations)

    documents = [spec.model_dump(mode="json", exclude={"pages", "acceptance"}) for spec in (before, after)]
    assert difference(*documents) == places
    assert [operation.in_words(before) for operation in operations] == [words]


def test_another_name_is_followed_into_expressions() -> None:
    raw = [
        {"op": "rename_record", "name": "Enrolment", "to": "Booking", "label": "Booking", "plural": "Bookings"},
        {"op": "rename_field", "record": "Booking", "name": "status", "to": "state", "label": "State"},
    ]

    after = apply(spec_of("lanes_and_courses"), read_operations(raw))

    course = after.entity("Course")
    assert course is not None
    assert course.computed[0].expression == 'count(Booking where state = "Enrolled")'


REFUSED: dict[str, tuple[list[Json] | str, str]] = {
    "no list": ("change it", "is a list"),
    "no operation": ([{"op": "drop_database"}], "put_field"),
    "a record that is not there": ([{"op": "put_field", "record": "Pool", "field": PHONE}], "'Pool'"),
    "a field that is not there": ([{"op": "remove_field", "record": "Lane", "name": "depth"}], "depth"),
    "a rule that is not there": ([{"op": "remove_rule", "about": "Nobody swims."}], "Nobody swims."),
    "a record that others need": ([{"op": "remove_record", "name": "Customer"}], "Customer"),
    "an expression that cannot be": (
        [{"op": "put_figure", "record": "Lane", "figure": {**LATE, "name": "x"}}],
        "out_on",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_made_is_refused_with_its_place(name: str) -> None:
    raw, why = REFUSED[name]
    with pytest.raises(PatchRefused, match=why):
        apply(spec_of("lanes_and_courses"), read_operations(raw))


def test_the_schema_has_every_operation() -> None:
    mapping = change_schema()["properties"]["operations"]["items"]["discriminator"]["mapping"]
    assert {raw[0]["op"] for _, raw, _, _ in CHANGES.values()} <= mapping.keys()
    assert len(mapping) == 19
