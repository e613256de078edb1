"""The details that a goal lists behind a record are kept with it, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand
from app.blueprint.spec import FieldType


def details(goal: str, label: str) -> dict[str, FieldType]:
    entity = next(entity for entity in understand(goal).entities if entity.label == label)
    return {field.label: field.type for field in entity.fields}


@pytest.mark.parametrize(
    ("goal", "label", "detail", "kind"),
    [
        ("Volunteers with DBS number and expiry date, visits with a photo", "Volunteer", "DBS number",
         FieldType.TEXT),
        ("Volunteers with DBS number and expiry date, visits", "Volunteer", "Expiry date", FieldType.DATE),
        ("Cows and milkings. Milkings with milk litres and fat percentage.", "Milking", "Milk litres",
         FieldType.DECIMAL),
        ("Donors w home address and postcode", "Donor", "Home address", FieldType.TEXT),
        ("Directory of fishing ponds. name, town, opening hours", "Fishing pond", "Opening hours",
         FieldType.TEXT),
        ("Directory of fishing ponds. name, town, dog friendly y/n", "Fishing pond", "Dog friendly",
         FieldType.BOOL),
        ("Care home\nmedicines per resident: dose, times of day, from/until", "Medicine", "Start date",
         FieldType.DATE),
        ("Gift vouchers for our shop\nvoucher no., amount, sold when, sold where", "Voucher", "Sold",
         FieldType.DATE),
    ],
)  # fmt: skip
def test_a_detail_that_is_listed_is_kept(goal: str, label: str, detail: str, kind: FieldType) -> None:
    assert details(goal, label)[detail] is kind


@pytest.mark.parametrize(
    ("goal", "label", "left_out"),
    [
        ("Guitars: track guitars with a price, without serial numbers", "Guitar", "Serial numbers"),
        ("Customers with two photos and members can book rooms", "Customer", "Members can book rooms"),
        ("We rent dresses with care. Each fitting takes one hour", "Dress", "Care"),
    ],
)
def test_what_is_denied_worked_out_or_said_in_a_sentence_is_no_detail(
    goal: str, label: str, left_out: str
) -> None:
    entities = {entity.label: entity for entity in understand(goal).entities}
    assert all(field.label != left_out for field in entities[label].fields) if label in entities else entities


def test_a_list_belongs_to_what_stands_right_before_it() -> None:
    goal = "OKRs: objectives and key results. Each objective has at most four key results, with a target number."
    entities = {entity.label: [field.label for field in entity.fields] for entity in understand(goal).entities}
    assert "Target number" not in entities["Objective"]


def test_a_record_has_one_picture_and_no_detail_twice() -> None:
    labels = list(details("Dogs with photos, breed and age, adopters with email", "Dog"))
    assert [label for label in labels if label in ("Photo", "Photos", "Picture")] == ["Photo"]
    assert labels.count("Breed") == 1
