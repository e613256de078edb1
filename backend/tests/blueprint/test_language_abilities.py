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
        ("A theatre's costume store. Each costume has a size and a photo", ("Costume", FieldType.IMAGE)),
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


@pytest.mark.parametrize(
    ("goal", "label", "box"),
    [
        ("A bike rental shop: bikes, customers, rentals with deposit paid yes or no", "Rental", "deposit_paid"),
        (
            "a camp app with children and bookings, allergy form received (yes/no)",
            "Booking",
            "allergy_form_received",
        ),
        (
            "A gym where members sign in and see their own bookings; staff check whether the waiver is signed "
            "(yes or no)",
            "Member",
            "waiver_signed",
        ),
    ],
)
def test_a_question_of_yes_or_no_is_a_box_of_what_it_is_about(goal: str, label: str, box: str) -> None:
    entity = next(one for one in understand(goal).entities if one.label == label)
    assert [field.type for field in entity.fields if field.name == box] == [FieldType.BOOL]


def test_members_who_see_their_own_are_members_beside_a_staff_too() -> None:
    spec = understand(
        "A member site for a gym where members sign in and see their own bookings; staff add classes"
    )
    assert ("Member", "own") in [(role.name, role.scope) for role in spec.roles]
    booking = next(entity for entity in spec.entities if entity.name == "Booking")
    assert "Member" in [field.ref for field in booking.fields]
    assert {wish.text: wish.state for wish in spec.wishes}["see their own bookings"] is WishState.KEPT


@pytest.mark.parametrize(
    ("goal", "tax"),
    [
        ("An invoicing app for a freelance designer: clients, invoices with lines, tax", "Tax"),
        ("quotes and invoices with VAT for a plumber", "VAT"),
        ("Track invoices and payments for my design studio", None),
        ("invoices for a club, without tax", None),
    ],
)
def test_an_invoice_comes_to_what_its_lines_and_its_tax_come_to(goal: str, tax: str | None) -> None:
    invoice = next(entity for entity in understand(goal).entities if entity.name == "Invoice")
    line = next(entity for entity in understand(goal).entities if entity.name == invoice.lines)
    assert {field.name: field.type for field in line.fields} | {
        "quantity": FieldType.DECIMAL,
        "unit_price": FieldType.MONEY,
    } == {field.name: field.type for field in line.fields}
    assert [figure.expression for figure in line.computed] == ["quantity * unit_price"]
    assert [field.label for field in invoice.fields if field.name == "tax"] == ([tax] if tax else [])
    total = invoice.figure("total")
    assert total is not None
    assert total.expression == ("subtotal + tax_amount" if tax else f"sum(amount of {line.name})")


def test_tax_is_kept_only_where_the_app_has_a_place_for_it() -> None:
    goal = "freelancer billing: clients, projects, tasks, expenses, payments, invoices with lines and tax"
    spec = understand(goal)

    assert not [field for entity in spec.entities for field in entity.fields if "tax" in field.label.lower()]
    assert {wish.text: wish.state for wish in spec.wishes}["tax"] is WishState.LEFT_OUT


def test_goods_come_in_and_go_out_and_never_fall_below_nought() -> None:
    spec = understand("A stock app for a hardware shop: products, suppliers, stock movements")
    product, movement = (
        next(one for one in spec.entities if one.name == name) for name in ("Product", "StockMovement")
    )
    assert [field.choices for field in movement.fields if field.name == "direction"] == [("In", "Out")]
    assert [figure.name for figure in product.computed] == ["stock", "low"]
    assert [rule.condition for rule in spec.rules if rule.entity == movement.name] == ["product.stock >= 0"]
