"""Goals as people type them: slips of the pen, things in brackets, examples, goods by the box."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand
from app.blueprint.language.spelling import slips_of
from app.blueprint.spec import FieldType, RuleKind


def labels(goal: str) -> set[str]:
    return {entity.label for entity in understand(goal).entities}


def fields(goal: str, label: str) -> dict[str, FieldType]:
    entity = next(one for one in understand(goal).entities if one.label == label)
    return {field.label: field.type for field in entity.fields}


@pytest.mark.parametrize(
    ("text", "slips"),
    [
        ("custmers bring there bike", {"custmers": "customers"}),
        ("rooms and qoutes with lenght and hight", {"qoutes": "quotes", "lenght": "length", "hight": "height"}),
        ("an adress for each famliy of dogs", {"adress": "address", "famliy": "family"}),
        # Names, doers, what is shorter, short words and words that are close to none or to several.
        ("Custmers of Mr Bakrey", {}),
        ("a baler for shorter straw", {}),
        ("txt when its redy", {}),
        ("varroa and kombucha", {}),
        # A goal of slips alone gives no proof of what was meant.
        ("bakrey", {}),
    ],
)
def test_a_slip_of_the_pen_is_the_one_word_that_is_so_close(text: str, slips: dict[str, str]) -> None:
    assert slips_of(text) == slips


def test_a_slip_is_told_and_its_wish_is_kept() -> None:
    spec = understand("bike repair shop. custmers bring there bike, we do the repairs")
    assert "Customer" in {entity.label for entity in spec.entities}
    assert "“custmers” is read as “customers”." in spec.assumptions
    assert not any("custmers" in (wish.why or "") for wish in spec.wishes)


def test_brackets_behind_a_record_list_its_details() -> None:
    goal = (
        "Beekeepers log inspections of hives (queen seen, brood frames). Members log visits (weather, temperature)"
    )
    assert fields("Members log inspections (queen seen, brood frames, varroa count)", "Inspection").items() >= {
        "Queen seen": FieldType.BOOL, "Brood frames": FieldType.TEXT, "Varroa count": FieldType.INT,
    }.items()  # fmt: skip
    assert "Temperature" in fields(goal, "Visit")


def test_examples_in_brackets_are_no_details() -> None:
    assert not {"Kitchen", "Stage"} & set(fields("Rooms (hall, kitchen, stage) are booked by members", "Room"))


@pytest.mark.parametrize(
    ("goal", "kept", "left_out"),
    [
        ("Groups hire the hall by the hour, regular groups like the scouts book every week",
         "Hall Group Booking", "Scout Rental"),
        ("A vineyard sells boxes of wine, customers order wine, minimum 6 bottles", "Wine Order", "Box Bottle"),
        ("People order bread and pick it up on Saturday", "Order Bread", "Pickup"),
        ("We lend out the honey extractor, members pay a deposit", "Honey_extractor Loan", "Hive"),
        ("makerspace with 3d printers, members book a printer", "Printer Booking", "D"),
        ("Carers note calls am/lunch/tea/bed with a note", "Call Carer", "Lunch Tea Bed"),
        ("customers book a delivery", "Customer Delivery", "Route Driver"),
    ],
)  # fmt: skip
def test_only_what_is_asked_for_is_a_record(goal: str, kept: str, left_out: str) -> None:
    found = labels(goal)
    assert {name.replace("_", " ") for name in kept.split()} <= found
    assert not set(left_out.split()) & found


def test_what_is_hired_and_booked_elsewhere_has_a_record_of_each() -> None:
    assert {"Rental", "Booking"} <= labels("We rent kayaks. Customers rent a kayak and book a guided tour")


def test_a_vote_is_for_what_was_named_before_it() -> None:
    spec = understand("a film club: members propose films, everyone votes on friday. show who brought snacks")
    vote = next(entity for entity in spec.entities if entity.label == "Vote")
    assert "Film" in {field.ref for field in vote.fields}
    assert "Snack" not in {field.ref for field in vote.fields}


def test_of_a_parent_and_a_tutor_the_tutor_cannot_be_shared() -> None:
    spec = understand("Tutoring agency. Parents book lessons with a tutor. Tutors teach maths.")
    clashes = [rule.fields[-1] for rule in spec.rules if rule.kind is RuleKind.NO_OVERLAP]
    assert clashes == ["tutor"]


@pytest.mark.parametrize(
    ("goal", "title"),
    [
        ("Tutoring agency. Tutors teach maths.", "Tutoring Agency"),
        ("running club: members log runs", "Running Club"),
        ("We run the parish hall. Groups hire the big hall or the kitchen", "Parish Hall"),
        ("an app for my church", "Church"),
    ],
)
def test_the_business_that_a_goal_opens_with_is_the_title(goal: str, title: str) -> None:
    assert understand(goal).title == title


@pytest.mark.parametrize("goal", ["a fitness app", "sports club", "my music app"])
def test_a_goal_that_names_its_subject_alone_gets_what_such_apps_keep(goal: str) -> None:
    spec = understand(goal)
    assert spec.entities
    assert "The goal says little" in spec.assumptions[0]


@pytest.mark.parametrize(
    ("goal", "label", "price", "expression"),
    [
        ("Customers order cakes from our bakery", "Order", "cake.price", "quantity * price"),
        ("kayak rental: customers rent a kayak", "Rental", "kayak.daily_price",
         "(days(starts_on, ends_on) + 1) * daily_price"),
    ],
)  # fmt: skip
def test_what_an_order_comes_to_is_worked_out_and_told(goal: str, label: str, price: str, expression: str) -> None:
    spec = understand(goal)
    order = next(entity for entity in spec.entities if entity.label == label)
    assert [figure.expression for figure in order.computed] == [expression]
    assert price in {field.starts_as for field in order.fields}
    assert [form.shows for form in spec.forms if form.entity == order.name] == [("total",)]


def test_who_orders_without_an_account_can_be_reached() -> None:
    spec = understand("A food truck with a menu, people can order ahead and pick up")
    order = next(entity for entity in spec.entities if entity.label == "Order")
    assert {field.name for field in order.fields if field.required} >= {"email", "customer_name"}


def test_owners_who_sign_in_are_told_from_the_owner_of_the_app() -> None:
    spec = understand("Dog walker: dogs, owners, walks. Owners see their own dogs")
    assert [role.name for role in spec.roles] == ["Staff", "Dog owner"]


def test_places_and_things_are_kept_as_what_they_are() -> None:
    goal = "Members keep hives at several apiaries. We lend out the honey extractor"
    assert list(fields(goal, "Apiary")) == ["Name", "Address", "Notes"]
    assert list(fields(goal, "Honey extractor")) == ["Name", "Condition", "Location", "Notes"]


def test_photos_of_something_are_its_details_and_other_photos_hold_one() -> None:
    walks = "I walk dogs and log walks, owners can see photos of the walk"
    assert fields(walks, "Walk")["Photo"] is FieldType.IMAGE
    assert "Photo" not in labels(walks)
    assert fields("wedding photographer: shoots, clients choose their favourite photos", "Photo") == {
        "Title": FieldType.TEXT, "Taken on": FieldType.DATE, "Notes": FieldType.LONGTEXT, "Photo": FieldType.IMAGE,
    }  # fmt: skip


def test_a_class_beside_a_yoga_class_keeps_its_own_name() -> None:
    assert {"Yoga class", "Class"} <= labels("yoga classes d'or class")
