"""Corrections by clicks and changes in words, each told back in a sentence, and each still a specification."""

from __future__ import annotations

import pytest

from app.blueprint.editing import settled
from app.blueprint.generate import generate
from app.blueprint.language import understand
from app.blueprint.language.accounting import counted_again
from app.blueprint.questions import questions_of
from app.blueprint.record_effects import record_effects
from app.blueprint.spec import AppSpec
from app.blueprint.spec_changes import changes_between
from app.core.errors import InvalidInput
from app.services.change_requests import ChangeNotUnderstood, propose
from app.services.gallery import Example, examples
from app.services.plan_editing import correct
from app.services.plan_values import CorrectionRefused

SPEC = understand("A booking app for a yoga studio. Customers book a class online.")


def corrected(change: str, **values: str) -> AppSpec:
    raw = SPEC.model_dump(mode="json")
    correct(raw, change, values)
    return settled(raw, SPEC, guess=False)[0]


@pytest.mark.parametrize(
    ("change", "values", "told"),
    [
        ("name_app", {"title": "Calm", "tagline": "Breathe"}, "It is called “Calm” now"),
        ("rename_record", {"record": "Customer", "label": "Member"}, "Customers are called members now."),
        (
            "rename_record",
            {"record": "Customer", "label": "Member", "plural": "Customers"},
            "Customers are called members now.",
        ),
        (
            "rename_record",
            {"record": "Customer", "label": "Customer", "plural": "Clientele"},
            "Customers are called clientele now.",
        ),
        ("add_record", {"label": "Teacher"}, "It keeps teachers: Name."),
        ("remove_record", {"record": "Booking"}, "It no longer keeps bookings."),
        (
            "add_detail",
            {"record": "Customer", "label": "Born", "kind": "date"},
            "Customers have a new detail: Born.",
        ),
        ("remove_detail", {"record": "Customer", "detail": "notes"}, "Customers no longer have notes."),
        (
            "change_detail",
            {"record": "YogaClass", "detail": "capacity", "label": "Places", "lowest": "1", "highest": "12"},
            "“Places” of yoga classes is 1 to 12.",
        ),
        (
            "add_limit",
            {"record": "Booking", "detail": "yoga_class", "most": "12"},
            "New rule: At most 12 bookings for each yoga class.",
        ),
        (
            "add_limit",
            {"record": "Booking", "detail": "yoga_class", "most": "1"},
            "New rule: At most 1 booking for each yoga class.",
        ),
        (
            "add_unique",
            {"record": "Customer", "detail": "email"},
            "New rule: No two customers have the same e-mail.",
        ),
        ("show_public", {"record": "YogaClass", "public": "detail"}, "Visitors see a page for each of the yoga"),
        (
            "rename_step",
            {"record": "Booking", "step": "Attended", "label": "Was there"},
            "“Attended” of bookings is called “Was there” now.",
        ),
        (
            "add_step",
            {"record": "Booking", "label": "Waiting", "after": "Booked"},
            "can be: Booked, Waiting, Attended, Cancelled.",
        ),
        (
            "remove_step",
            {"record": "Booking", "step": "Attended"},
            "“Status” of bookings can be: Booked, Cancelled.",
        ),
        ("add_step", {"record": "Customer", "label": "Regular"}, "Customers have a new detail: Status."),
        ("set_currency", {"currency": "EUR"}, "Amounts are in EUR now; they were in $."),
        ("add_person", {"name": "Manager", "record": ""}, "New kind of person: Manager"),
        (
            "add_form",
            {"record": "Customer", "action": "Become a member"},
            "New page for visitors: Become a member",
        ),
    ],
)
def test_a_correction_is_told_back(change: str, values: dict[str, str], told: str) -> None:
    assert told in " ".join(changes_between(SPEC, corrected(change, **values)))


@pytest.mark.parametrize(
    ("change", "values"),
    [
        ("fly", {}),
        ("rename_record", {"record": "Nothing", "label": "x"}),
        ("rename_record", {"record": "Customer", "label": "  "}),
        ("add_record", {"label": "Customer"}),
        ("add_detail", {"record": "Customer", "label": "Way", "kind": "choice", "choices": " , "}),
        ("add_detail", {"record": "Customer", "label": "e-Mail", "kind": "text"}),
        ("change_detail", {"record": "Customer", "detail": "email", "label": "phone"}),
        ("rename_record", {"record": "Customer", "label": "Booking"}),
        ("add_record", {"label": "bookings"}),
        ("remove_detail", {"record": "Customer", "detail": "name"}),
        ("add_limit", {"record": "Booking", "detail": "yoga_class", "most": "-1"}),
        ("add_limit", {"record": "Booking", "detail": "notes", "most": "3"}),
        ("remove_rule", {"about": "no such rule"}),
        ("set_right", {"record": "Booking", "name": "Manager", "right": "fly"}),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(change: str, values: dict[str, str]) -> None:
    with pytest.raises(CorrectionRefused):
        correct(SPEC.model_dump(mode="json"), change, values)


def test_a_renamed_record_is_renamed_in_every_sentence_and_button() -> None:
    event = corrected("rename_record", record="YogaClass", label="Event")

    assert [form.action for form in event.forms] == ["Book an event"]
    assert [rule.about for rule in event.rules] == ["This event is full; choose another."]
    told = changes_between(SPEC, event)
    assert "“Book a yoga class” is called “Book an event” now." in told
    assert not [line for line in told if line.startswith(("New", "No longer"))]


def test_names_of_details_in_braces_stay_when_a_record_is_renamed() -> None:
    raw = SPEC.model_dump(mode="json")
    sent = {"to": "customer.email", "subject": "Your booking", "text": "The booking: {customer.name}"}
    raw["messages"] = [{"entity": "Booking", **sent}]
    for label, record in (("Guest", "Customer"), ("Stay", "Booking")):
        correct(raw, "rename_record", {"record": record, "label": label})

    assert (raw["messages"][0]["subject"], raw["messages"][0]["text"]) == (
        "Your stay",
        "The stay: {customer.name}",
    )


@pytest.mark.parametrize("label", ["Class", "Id", "From", "Row id"])
def test_a_detail_may_be_called_by_any_word(label: str) -> None:
    told = changes_between(SPEC, corrected("add_detail", record="Booking", label=label, kind="text"))

    assert told == [f"Bookings have a new detail: {label}."]


def test_a_record_may_be_called_as_a_page_that_every_app_has() -> None:
    assert "It keeps accounts: Name." in changes_between(SPEC, corrected("add_record", label="Account"))


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_a_record_is_taken_out_with_what_is_worked_out_from_it_or_not_at_all(example: Example) -> None:
    names = [entity.name for entity in example.spec.entities]
    for name in names:
        raw = example.spec.model_dump(mode="json")
        try:
            correct(raw, "remove_record", {"record": name})
        except CorrectionRefused:
            continue
        without = settled(raw, example.spec, guess=False)[0]
        assert {entity.name for entity in without.entities} == set(names) - {name}


def test_wishes_are_counted_again_by_what_is_added_renamed_and_taken_out() -> None:
    goal = "A costume store with costumes and loans. Each costume has a size, a nickname."
    spec = understand(goal)
    raw = spec.model_dump(mode="json")
    assert _states(spec)["a nickname"] == "left_out"
    correct(raw, "add_detail", {"record": "Costume", "label": "Nickname", "kind": "text"})
    added = settled(raw, spec, guess=False)[0]
    added = added.model_copy(update={"wishes": counted_again(added, spec)})
    assert _states(added) == _states(spec) | {"a nickname": "kept"}

    correct(raw, "rename_record", {"record": "Costume", "label": "Piece"})
    renamed = settled(raw, added, guess=False)[0]
    assert counted_again(renamed, added) == renamed.wishes

    correct(raw, "remove_detail", {"record": "Costume", "detail": "nickname"})
    without = settled(raw, added, guess=False)[0]
    taken_out = counted_again(without, added, is_taking_out=True)
    assert [wish.why for wish in taken_out if wish.text == "a nickname"] == ["you took it out"]


def _states(spec: AppSpec) -> dict[str, str]:
    return {wish.text: wish.state.value for wish in spec.wishes}


def test_figures_about_a_record_go_with_it() -> None:
    library = next(example.spec for example in examples() if example.name == "tool_library")
    raw = library.model_dump(mode="json")
    correct(raw, "remove_record", {"record": "Loan"})

    told = changes_between(library, settled(raw, library, guess=False)[0])
    assert "It no longer keeps loans." in told
    assert any(line.startswith("It no longer works out") for line in told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rename customers to members", "Customers are called members now."),
        (
            "Add a phone number of the emergency contact to customers",
            "Customers have a new detail: Emergency contact's phone number.",
        ),
        ("Please add a birthday to customers", "Customers have a new detail: Birthday."),
        (
            "Customers need a colour and a photo",
            "Customers have a new detail: Colour. Customers have a new detail: Photo.",
        ),
        (
            "Add a colour, a size and a photo to customers",
            "a new detail: Size. Customers have a new detail: Photo.",
        ),
        ("Customers have a kind: school or theatre", "Customers have a new detail: Kind."),
        ("Add a level (beginner, advanced or expert) to customers", "Customers have a new detail: Level."),
        ("Add date and time to customers", "Customers have a new detail: Date and time."),
        ("customers should leave a review with stars", "It keeps reviews:"),
        ("At most 12 bookings per yoga class", "New rule: At most 12 bookings for each yoga class."),
        ("remove notes from bookings and add a price to bookings", "Bookings no longer have notes."),
        ("the phone of a customer must be filled in", "“Phone” of customers must be filled in."),
        ("call bookings reservations", "Bookings are called reservations now."),
        ("rename attended to was there", "“Attended” of bookings is called “Was there” now."),
        ("make the phone required", "“Phone” of customers must be filled in."),
        ("customers need a parking permit", "Customers have a new detail: Parking permit."),
        ("Only 10 people per class", "New rule: At most 10 bookings for each yoga class."),
        ("each customer may book at most 3 bookings", "New rule: At most 3 bookings for each customer."),
        ("Show bookings on a chart", "Bookings are shown as a chart too."),
        ("make it blue", "Its colours or its style are different."),
    ],
)
async def test_a_change_in_words_is_understood(text: str, told: str) -> None:
    proposal = await propose(SPEC, text)

    changed, _ = settled(proposal.raw, SPEC, guess=False)
    assert told in " ".join(changes_between(SPEC, changed))
    assert changed.goal.endswith(text)


TREES = understand(
    "We run a Christmas tree farm. Families choose a tree online by size and kind and reserve it, then come on a "
    "day in December to cut it. A reservation costs 10 euros deposit, paid at the farm."
)


PIANOS = understand("I tune pianos. I write down the visits, and which piano a customer has.")


def test_a_page_for_visitors_asks_who_they_are_and_shows_nobody_else() -> None:
    raw = PIANOS.model_dump(mode="json")
    correct(raw, "add_form", {"record": "Visit", "action": "Ask for a visit"})

    changed = settled(raw, PIANOS, guess=False)[0]
    [form] = changed.forms
    assert form.person == "customer"
    assert "customer" not in form.fields
    nobody_asked = changed.model_copy(update={"forms": (form.model_copy(update={"person": None}),)})
    assert changes_between(nobody_asked, changed) == ["“Ask for a visit” asks visitors who they are now."]
    assert changes_between(changed, nobody_asked) == ["“Ask for a visit” asks visitors no longer who they are."]
    # How far a visit is, is the staff's to say.
    assert "status" not in form.fields


def test_a_page_that_would_show_everybodys_name_is_refused() -> None:
    raw = PIANOS.model_dump(mode="json")
    correct(raw, "add_detail", {"record": "Customer", "label": "House number", "kind": "int", "required": "1"})

    with pytest.raises(CorrectionRefused, match="read everybody's name"):
        correct(raw, "add_form", {"record": "Visit", "action": "Ask for a visit"})


def test_what_is_taken_only_once_needs_no_rule_against_two_at_once() -> None:
    # A rule that refuses nothing cannot be tried, and so ends the build.
    assert any(rule.kind == "no_overlap" for rule in TREES.rules)
    raw = TREES.model_dump(mode="json")
    for name in {rule.entity for rule in TREES.rules if rule.kind == "no_overlap"}:
        correct(raw, "add_limit", {"record": name, "detail": "tree", "most": "1"})

    changed = settled(raw, TREES, guess=False)[0]
    assert not any(rule.kind == "no_overlap" for rule in changed.rules)
    assert any(line.startswith("No longer a rule: This tree already") for line in changes_between(TREES, changed))
    assert "tests/test_rules.py" in generate(changed)


@pytest.mark.parametrize(
    ("change", "values", "gone"),
    [
        ("remove_record", {"record": "Booking"}, "ookings"),
        ("remove_form", {"action": "Book a yoga class"}, "“Book a yoga class”"),
        ("remove_rule", {}, "refused when the yoga class is full"),
    ],
)
def test_no_assumption_speaks_of_what_was_taken_out(change: str, values: dict[str, str], gone: str) -> None:
    rule = next(rule.about for rule in SPEC.rules if rule.kind == "capacity")
    assert any(gone in line for line in SPEC.assumptions)

    changed = corrected(change, **(values or {"about": rule}))

    assert changed.assumptions
    assert not any(gone in line for line in changed.assumptions)


async def test_a_change_adds_nothing_that_only_earlier_words_spoke_of() -> None:
    spec = TREES
    for text in ("Remove the phone from families. Make the app purple and send me an invoice", "Make it blue"):
        proposal = await propose(spec, text)
        spec = settled(proposal.raw, spec, began=spec.model_copy(update={"wishes": proposal.wishes}))[0]
    assert "invoice" not in spec.goal

    # With these words a goal is read as one of another kind, which would keep rooms or invoices besides.
    with pytest.raises(ChangeNotUnderstood):
        await propose(spec, "Bookings have a day instead of a time")


async def test_what_is_no_change_is_refused_and_what_is_one_beside_it_is_made() -> None:
    with pytest.raises(InvalidInput):
        await propose(SPEC, "blue sky")

    proposal = await propose(SPEC, "Rename customers to members. Blue sky")

    assert proposal.open == ("Blue sky",)
    states = {wish.text: wish.state.value for wish in proposal.wishes}
    assert states["Rename customers to members"] == "kept"
    assert states["Blue sky"] == "left_out"
    assert all(wish in proposal.wishes for wish in SPEC.wishes)


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        ("add a field for injuries", "Add injuries to customers"),
        ("delete the notes", "Remove notes from bookings"),
        ("the notes must always be written by somebody", "The notes of bookings must be filled in"),
        ("no more than 6 bookings a day", "At most 6 bookings per yoga class"),
        ("I would love a chart of bookings per week", "Show bookings on a chart"),
    ],
)
async def test_what_may_have_been_meant_is_offered_and_each_offer_is_understood(text: str, offer: str) -> None:
    with pytest.raises(ChangeNotUnderstood) as refused:
        await propose(SPEC, text)

    offers = refused.value.extra["offers"]
    assert offer in offers
    for sentence in offers:
        assert (await propose(SPEC, sentence)).open == ()


async def test_an_offer_takes_the_place_of_what_was_lost() -> None:
    proposal = await propose(SPEC, "Rename customers to members. add a field for injuries")
    assert proposal.open == ("add a field for injuries",)
    changed = settled(proposal.raw, SPEC, began=SPEC.model_copy(update={"wishes": proposal.wishes}))[0]

    again = await propose(changed, "Add injuries to members", instead_of="add a field for injuries")

    texts = {wish.text: wish.state.value for wish in again.wishes}
    assert texts["Add injuries to members"] == "kept"
    assert "add a field for injuries" not in texts


async def test_a_change_that_cannot_be_says_why() -> None:
    with pytest.raises(ChangeNotUnderstood, match="For a gallery, customers need a detail first: picture"):
        await propose(SPEC, "show customers in a gallery")


def test_what_leads_to_a_kind_of_record_is_called_as_it_is() -> None:
    changed = corrected("rename_record", record="Customer", label="Member")

    assert "“Customer” of bookings is called “Member” now." in changes_between(SPEC, changed)


async def test_what_no_app_here_does_is_refused_with_its_reason() -> None:
    with pytest.raises(ChangeNotUnderstood, match="Apps that are built here do not do this"):
        await propose(SPEC, "Let customers pay by card")


async def test_a_wish_that_is_read_with_the_goal_is_accounted_as_one_of_the_goal_is() -> None:
    proposal = await propose(SPEC, "Customers leave a review with a rating. Send a text message before class")

    states = {wish.text: wish.state.value for wish in proposal.wishes if wish not in SPEC.wishes}
    assert states["Customers leave a review with a rating"] == "kept"
    assert states["Send a text message before class"] == "left_out"
    assert "Send a text message before class" in proposal.open


def test_a_step_with_moves_is_renamed_in_them_and_in_every_condition() -> None:
    spec = spec_with_moves()
    raw = spec.model_dump(mode="json")
    entity = next(one for one in raw["entities"] if one["moves"])
    step = entity["moves"][0]["target"]

    correct(raw, "rename_step", {"record": entity["name"], "step": step, "label": "Quite else"})
    correct(raw, "add_step", {"record": entity["name"], "label": "Later still", "after": "Quite else"})

    changed = settled(raw, spec, guess=False)[0].entity(entity["name"])
    assert changed is not None
    assert changed.moves[0].target == "Quite else"
    assert (changed.moves[-1].sources, changed.moves[-1].target) == (("Quite else",), "Later still")
    assert step not in str(changed.moves)


def test_a_step_that_is_renamed_twice_is_known_by_what_the_records_say() -> None:
    raw = SPEC.model_dump(mode="json")
    correct(raw, "rename_step", {"record": "Booking", "step": "Attended", "label": "Came"})
    correct(raw, "rename_step", {"record": "Booking", "step": "Came", "label": "Was there"})
    changed = settled(raw, SPEC, guess=False)[0]

    assert "Status of bookings: records that say Attended say Was there." in record_effects(SPEC, changed)
    correct(raw, "rename_step", {"record": "Booking", "step": "Was there", "label": "Attended"})
    assert settled(raw, SPEC, guess=False)[0] == SPEC


def test_a_line_of_a_list_that_is_written_otherwise_is_renamed() -> None:
    changed = corrected(
        "change_detail", record="Booking", detail="status", label="Status", choices="Booked\nCame\nCancelled"
    )

    assert "“Attended” of bookings is called “Came” now." in changes_between(SPEC, changed)
    assert "records that say Attended say Came" in " ".join(record_effects(SPEC, changed))


def spec_with_moves() -> AppSpec:
    """A plan of the gallery in which a record has moves."""
    specs = [example.spec for example in examples()]
    return next(spec for spec in specs if any(entity.moves for entity in spec.entities))


def test_what_a_question_asks_is_answered_by_a_correction() -> None:
    answered = 0
    for example in examples():
        for question in questions_of(example.spec):
            for answer in question.answers:
                raw = example.spec.model_dump(mode="json")
                correct(raw, answer.change, {**dict(answer.values), answer.asks: "EUR"})
                changed, _ = settled(raw, example.spec, guess=False)
                assert question not in questions_of(changed), (example.name, question.text)
                assert changes_between(example.spec, changed)
                answered += 1
    assert answered > 10


def test_a_limit_on_one_kind_of_place_leaves_the_question_about_another() -> None:
    raw = SPEC.model_dump(mode="json")
    fields = [{"name": "name"}, {"name": "starts_at", "type": "datetime"}, {"name": "seats", "type": "int"}]
    tour = {"name": "Tour", "fields": [{**field, "required": True} for field in fields]}
    seat = {"name": "Ticket", "fields": [{"name": "tour", "type": "ref", "ref": "Tour", "required": True}]}
    raw["entities"] = [*raw["entities"], tour, seat]
    assert any(rule["kind"] == "capacity" for rule in raw["rules"])

    texts = [question.text for question in questions_of(settled(raw, SPEC)[0])]
    assert "What happens when a tour is full?" in texts


@pytest.mark.parametrize("text", ["Use dark blue", "It should look elegant", "dark mode"])
async def test_a_wish_about_the_look_changes_the_look(text: str) -> None:
    proposal = await propose(SPEC, text)

    changed, _ = settled(proposal.raw, SPEC, guess=False)
    assert changes_between(SPEC, changed) == ["Its colours or its style are different."]
    assert proposal.open == ()


async def test_a_removal_that_is_refused_changes_nothing_beside_what_is_done() -> None:
    asked = await propose(SPEC, "Remove yoga classes. Remove customers. Add a photo to customers")

    assert asked.done == ("Remove yoga classes", "Add a photo to customers")
    assert asked.open == ("Remove customers",)
