"""Sentences in which a word is easily taken for something else: verbs for records, records for places."""

from __future__ import annotations

import re

import pytest

from app.blueprint.language import understand
from app.blueprint.language.accounting import counted_again
from app.blueprint.spec import RoleScope, RuleKind, RuleSpec, WishState


def labels(goal: str) -> set[str]:
    return {entity.label for entity in understand(goal).entities}


@pytest.mark.parametrize(
    ("goal", "kept", "left_out"),
    [
        ("Dogs, owners, stays, and which run each dog sleeps in", "Dog Owner Stay", "Dog sleep"),
        ("A brewery: batches, recipes and how long each one ferments", "Batch Recipe", "Ferment"),
        ("Staff apply for permits and security approves, each permit belongs to a car", "Permit Car",
         "Security approve"),
        ("Apprentices write reports which their trainer signs off", "Apprentice Report Trainer", "Sign"),
        ("Sitters offer themselves and parents leave a review", "Sitter Parent Review", "Themselve"),
        ("Climbing gym: routes, setters, strip routes after three months", "Route", "Strip route"),
        ("Members and their fees, flag overdue fees", "Member", "Flag fee"),
        ("Our club records which hunter shot what in which season", "Hunter", "Hunter shot"),
    ],
)  # fmt: skip
def test_what_somebody_does_is_no_record(goal: str, kept: str, left_out: str) -> None:
    found = labels(goal)
    assert set(kept.split()) <= found
    assert left_out not in found


@pytest.mark.parametrize(
    ("goal", "left_out"),
    [
        ("A judo club with children and courses. Three levels: Tiger, Bear, Dragon.", "Tiger Bear Dragon"),
        ("Neighbours ask questions and give answers. Topics: garden, court, school.", "Garden Court School"),
        ("A recipe book for guests who want dishes with no milk and no nuts", "Milk Nut"),
        ("A circle of families who swap favours, no ratings and no adverts", "Rating Advert"),
        ("I build tables to order, just me and a lad, and clients place orders", "Lad"),
    ],
)
def test_choices_and_what_is_not_wanted_are_no_records(goal: str, left_out: str) -> None:
    assert not set(left_out.split()) & labels(goal)


@pytest.mark.parametrize(
    ("goal", "about", "limit"),
    [
        ("Swimming school: parents enrol their child in courses, at most eight children per course",
         "A swimming course takes at most 8 children.", 8),
        ("A booking app for a pottery studio. Courses take up to 12 people.",
         "A pottery course takes at most 12 people.", 12),
        ("Volunteers sign up for cooking shifts, six people max per shift",
         "A cooking shift takes at most 6 people.", 6),
        ("A council office keeps households and permits. Each household has no more than two permits.",
         "A household takes at most 2 permits.", 2),
    ],
)  # fmt: skip
def test_a_bound_is_the_founders_number(goal: str, about: str, limit: int) -> None:
    spec = understand(goal)
    bounds = {rule.about: rule for rule in spec.rules if rule.kind is RuleKind.CAPACITY}
    assert bounds[about].limit == limit
    assert not any("enter the number" in (wish.why or "") for wish in spec.wishes)
    assert all(rule.kind is not RuleKind.NO_OVERLAP for rule in spec.rules)


def test_a_bound_on_what_is_booked_counts_the_bookings() -> None:
    spec = understand(
        "A tour office: each tour has a date and time. Guests book tours. Each tour takes at most 6 dogs."
    )
    (rule,) = [rule for rule in spec.rules if rule.limit is not None]
    assert rule.entity == "Booking"
    assert rule.limit == 6


@pytest.mark.parametrize(
    "goal",
    [
        "A rehearsal house with rooms. Bands book rooms by the hour. Each room fits at most 4 people.",
        "Car sharing: households book trips. Each household has at most two cars.",
    ],
)
def test_a_bound_on_what_is_there_for_good_counts_no_bookings(goal: str) -> None:
    assert all(rule.limit is None for rule in understand(goal).rules)


def test_who_sees_only_their_own_is_kept_only_where_somebody_does() -> None:
    goal = "A dog walking business with dogs and walks. The kennels should see only their own walks."
    wishes = {wish.text: wish for wish in understand(goal).wishes}
    wish = wishes["The kennels should see only their own walks"]
    assert (wish.state.value, wish.why) == ("partly", "whoever signs in here sees everything")
    kept = understand(goal.replace("The kennels", "My two walkers"))
    assert [role.name for role in kept.roles if role.scope is RoleScope.OWN] == ["Walker"]
    assert kept.wishes[-1].state is WishState.KEPT


def test_a_wish_for_a_number_is_kept_once_a_rule_has_it() -> None:
    spec = understand("A studio with rooms and bookings. Every room allows at most 6 bookings an hour.")
    (open_wish,) = [wish for wish in spec.wishes if wish.why == "this is not watched over"]
    rule = RuleSpec(kind=RuleKind.CAPACITY, entity="Booking", fields=("room",), about="At most six.", limit=6)
    kept = counted_again(spec.model_copy(update={"rules": (*spec.rules, rule)}), spec)
    assert next(wish for wish in kept if wish.text == open_wish.text).state.value == "kept"
    assert counted_again(spec, spec) == spec.wishes


def test_a_bound_within_a_span_of_time_is_no_bound_for_ever() -> None:
    spec = understand("Households collect parcels, each household has at most three parcels in six months")
    assert all(rule.limit is None for rule in spec.rules)


def test_a_rule_that_forbids_an_act_still_needs_its_record() -> None:
    assert "Booking" in labels("A studio with rooms and no double bookings")


@pytest.mark.parametrize(
    ("goal", "wanted"),
    [
        ("Groups choose a room and sign a waiver before they play", "Room"),
        ("Couples come for a tasting and choose a cake", "Tasting"),
        ("The landlord assigns tradespeople to repairs", "Tradesperson"),
        ("I'm a midwife: mothers, visits and babies", "Mother"),
        ("Village newspaper: articles, adverts and editors who check them", "Editor"),
        ("Podcast planner: episodes, guests and which ads ran where", "Ad"),
        ("Volunteers visit older people and log each visit", "Person"),
        ("Subcontractors on building sites and the hours they report", "Time entry"),
        ("Gigs, setlists, fees and who drives", "Driver"),
        ("Teachers at our school book the projector or the minibus", "Booking"),
        ("Artists, designs, appointments, deposits", "Deposit"),
        ("Classes for children, donations and a newsletter", "Child"),
        ("A museum shop: what we sold and what visitors said about it", "Sale"),
    ],
)
def test_what_somebody_names_is_kept(goal: str, wanted: str) -> None:
    assert wanted in labels(goal)


def test_people_in_general_are_no_record() -> None:
    assert "Person" not in labels("an auction of donated items where people bid")
    assert "Person" not in labels("a place where local people lend ladders to other people")


def test_a_lesser_deed_gives_way_to_the_record_it_leaves() -> None:
    assert "Sale" not in labels("Customers order boxes that our farm sells")


@pytest.mark.parametrize(
    "goal",
    [
        "I run an escape room and want people to book a slot for up to 6 players",
        "I want anyone to apply for a plot in our garden",
    ],
)
def test_what_the_founder_wants_others_to_do_they_do_from_outside(goal: str) -> None:
    assert understand(goal).forms


def test_a_loan_is_of_what_is_lent() -> None:
    loan = understand("Our choir lends out sheet music; who has which score and when is it due back").entity(
        "Loan"
    )
    assert loan is not None
    assert "SheetMusic" in {field.ref for field in loan.fields}


def test_a_vote_is_on_what_the_goal_names() -> None:
    spec = understand("vote on which film our club shows next")
    assert {entity.label for entity in spec.entities}.isdisjoint({"Book", "Club show"})
    vote = spec.entity("Vote")
    assert vote is not None
    assert "Film" in {field.ref for field in vote.fields}


def test_a_shop_for_something_takes_orders() -> None:
    assert {"Jam", "Order", "Customer"} <= labels("Shop for my jams")


@pytest.mark.parametrize(
    ("goal", "title"),
    [
        ("Let people RSVP to our street festival", "Street Festival"),
        ("vinyl records", "Vinyl Records"),
        ("We want our members to book courts", "Court Bookings"),
        ("Shop for my jams", "Jam Shop"),
        (
            "A waiting list for our allotments. People ask for a plot with name and email.",
            "Allotments Waiting List",
        ),
        ("Puppy training classes in a church hall: courses of six weeks", "Training Classes and Courses"),
        ("A booking app for a parish hall", "Parish Hall Booking"),
    ],
)
def test_an_app_is_called_after_what_it_is_for(goal: str, title: str) -> None:
    assert understand(goal).title == title


@pytest.mark.parametrize(
    ("goal", "line"),
    [
        ("I want anyone to apply for a plot", "I want anyone to apply for a plot."),
        ("I want to build a shop for soap", "A shop for soap."),
    ],
)
def test_the_line_below_the_title_is_a_sentence(goal: str, line: str) -> None:
    assert understand(goal).tagline == line


@pytest.mark.parametrize(
    ("goal", "wanted", "unwanted"),
    [
        ("Book club: what we read and how we rated it", "Book Member", "Booking Client"),
        ("Book a room for your meeting", "Booking Room", "Book"),
        ("I rent out three holiday flats and hate double bookings", "Rental", "Booking"),
        ("We are a refugee aid group matching families with hosts", "Family Host", "Group"),
        ("our sports hall is rented by clubs", "Rental Club", "Sport"),
        ("inventory for our theatre's props and who borrowed them", "Prop Loan", "Item"),
        ("A neighbourhood car sharing group with three cars", "Car Booking Member", "Sharing"),
        ("a reading log for my daughter's school", "Book Reading", "Meter Flat"),
    ],
)
def test_words_with_two_meanings_are_read_as_they_are_meant(goal: str, wanted: str, unwanted: str) -> None:
    found = {label.replace(" ", "") for label in labels(goal)}
    assert set(wanted.split()) <= found
    assert found.isdisjoint(unwanted.split())


def test_who_does_what_with_which_is_kept_as_a_record_of_it() -> None:
    watering = understand("our allotment society needs to know who waters which plot").entity("Watering")
    assert watering is not None
    assert {"Plot", "Tenant"} <= {field.ref for field in watering.fields}


def test_what_is_booked_is_what_the_verb_is_about() -> None:
    booking = understand("A dog walking service: dogs, walkers, and customers book a walk").entity("Booking")
    assert booking is not None
    assert "Walk" in {field.ref for field in booking.fields}
    assert booking.field("starts_at") is None  # the walk has it


def test_a_booking_of_a_thing_says_when() -> None:
    spec = understand("An escape room with 3 rooms: groups book online, 2 to 6 players, one group per room")
    booking = spec.entity("Booking")
    assert booking is not None
    start = booking.field("starts_at")
    assert start is not None
    assert start.required
    assert any(rule.kind is RuleKind.NO_OVERLAP and rule.entity == "Booking" for rule in spec.rules)


def test_a_form_promises_to_refuse_only_what_a_rule_refuses() -> None:
    for goal in ("customers book a walk", "members reserve courts", "people book a massage"):
        spec = understand(goal)
        refusing = {rule.entity for rule in spec.rules if rule.kind in (RuleKind.NO_OVERLAP, RuleKind.CAPACITY)}
        assert all(form.entity in refusing for form in spec.forms if "kept for you" in form.about)


def test_what_people_sign_up_for_is_asked_for_and_belongs_to_none_of_them() -> None:
    (form,) = understand("A fun run: runners sign up for a wave, each wave takes 50 runners.").forms
    assert " a wave " in form.about
    assert "wave" in form.fields


@pytest.mark.parametrize(
    "goal",
    [
        "A bike repair workshop: customers book a repair, we track repair jobs, parts and what each costs.",
        "Kayakers register for an outing, each outing takes 9 kayakers.",
        "A tattoo studio where clients book an appointment with an artist and pay a deposit.",
    ],
)
def test_a_form_speaks_of_choosing_only_what_it_asks_for(goal: str) -> None:
    spec = understand(goal)
    for form in spec.forms:
        chosen = re.search(r"Choose an? ([a-z ]+?) and", form.about)
        fields = [field for entity in spec.entities if entity.name == form.entity for field in entity.fields]
        links = [field.label.lower() for field in fields if field.ref and field.name in form.fields]
        assert chosen is None or chosen[1] in ("time", *links)


@pytest.mark.parametrize(
    ("goal", "holder"),
    [
        ("A tattoo studio where clients book an appointment with an artist and pay a deposit.", "Booking"),
        ("Guests book a room and pay a deposit of 50.", "Booking"),
        ("A tool library: members borrow tools, each tool has a deposit.", "Tool"),
    ],
)
def test_a_deposit_that_is_paid_is_of_the_booking(goal: str, holder: str) -> None:
    spec = understand(goal)
    assert [entity.name for entity in spec.entities if entity.field("deposit")] == [holder]
    assert all("deposit" not in form.fields for form in spec.forms)


def test_a_subject_is_no_record() -> None:
    assert labels("Tutors give lessons to pupils in maths and French").isdisjoint({"Math", "Maths", "French"})


KAYAKS = "A kayak club lends kayaks to its members, each kayak has a photo, nobody gets one that is out"


def kept_by(goal: str) -> dict[str, list[str]]:
    return {entity.plural: [field.label for field in entity.fields] for entity in understand(goal).entities}


def wishes_by(goal: str) -> dict[str, WishState]:
    return {wish.text: wish.state for wish in understand(goal).wishes}


def test_what_is_lent_is_not_rented_out_besides() -> None:
    kept = kept_by(KAYAKS)

    assert sorted(kept) == ["Kayaks", "Loans", "Members"]
    assert "Photo" in kept["Kayaks"]
    # The members are the club's, not a kayak's, and have no photo.
    assert not {"Photo", "Kayak"} & set(kept["Members"])
    assert [form.entity for form in understand(KAYAKS).forms] == ["Loan"]


def test_what_is_out_stays_out_until_it_is_back_though_it_is_overdue() -> None:
    rules = {(rule.kind, rule.entity) for rule in understand(KAYAKS).rules}

    assert (RuleKind.ONE_OPEN, "Loan") in rules
    assert (RuleKind.NO_OVERLAP, "Loan") not in rules


@pytest.mark.parametrize(
    ("goal", "clause", "state"),
    [
        (KAYAKS, "nobody gets one that is out", WishState.KEPT),
        ("A directory of choirs, nobody gets one that is out", "nobody gets one that is out", WishState.LEFT_OUT),
        ("visitors book a table, no account", "no account", WishState.KEPT),
        ("track my plants, without a login", "without a login", WishState.PARTLY),
        ("members sign in and see their own bookings, no password", "no password", WishState.LEFT_OUT),
        ("customers order cakes, minimum order $80", "minimum order $80", WishState.LEFT_OUT),
        ("clients, invoices, can print", "can print", WishState.LEFT_OUT),
        ("track plants with a name, photo", "photo", WishState.KEPT),
    ],
)
def test_a_wish_in_plain_words_is_a_wish(goal: str, clause: str, state: WishState) -> None:
    assert wishes_by(goal)[clause] is state


def test_a_way_of_speaking_is_no_wish() -> None:
    assert list(wishes_by("So, I would like to track plants, would be nice, just me")) == [
        "I would like to track plants"
    ]


@pytest.mark.parametrize(
    ("goal", "plural", "labels"),
    [
        ("An app for my tree surgeon jobs with a price and photos before and after", "Jobs", {"Price", "Photo"}),
        ("My painting jobs, each with a client, a price and a date", "Painting jobs", {"Client", "Price", "Date"}),
        ("Plumber jobs: customer, address, price and photos", "Jobs", {"Customer", "Address", "Price", "Photo"}),
    ],
)
def test_the_words_of_a_list_are_parts_of_what_it_is_said_of(goal: str, plural: str, labels: set[str]) -> None:
    kept = kept_by(goal)

    assert labels <= set(kept[plural])
    assert "Photos" not in kept


def test_in_a_list_of_records_a_detail_is_not_one_of_what_stands_above() -> None:
    assert "Due date" not in kept_by("Snagging for new build houses: rooms, snags, due date")["Build houses"]


@pytest.mark.parametrize(
    ("goal", "kept"),
    [
        ("Bakery: customers book a pickup for their cakes", ["Cakes", "Customers", "Pickups"]),
        ("A chimney sweep: customers book a visit", ["Customers", "Visits"]),
        ("students book a lesson", ["Bookings", "Lessons", "Students"]),
    ],
)
def test_a_deed_that_is_booked_is_one_record(goal: str, kept: list[str]) -> None:
    spec = understand(goal)

    assert sorted(entity.plural for entity in spec.entities) == kept
    assert [form.action for form in spec.forms] == [f"Book a {goal.split(' book a ')[1].split()[0]}"]


@pytest.mark.parametrize(
    "goal", ["Bakery: customers book a pickup for their cakes", "A chimney sweep: customers book a visit"]
)
def test_neither_wares_nor_visitors_are_booked_once_at_a_time(goal: str) -> None:
    assert [rule for rule in understand(goal).rules if rule.kind is RuleKind.NO_OVERLAP] == []


def test_what_a_group_fills_in_on_the_page_needs_no_account_and_is_answered_by_a_quote_alone() -> None:
    goal = "A small theatre: a group fills in a request on our page and we answer with a quote"
    spec = understand(goal)

    assert [(form.entity, form.action, form.person) for form in spec.forms] == [
        ("Request", "Send a request", "group")
    ]
    assert [role for role in spec.roles if role.scope is RoleScope.OWN] == []
    assert "Answers" not in kept_by(goal)
    assert wishes_by(goal)["a group fills in a request on our page"] is WishState.KEPT


@pytest.mark.parametrize(
    ("goal", "written", "not_written"),
    [
        ("Keep track of MRI scans and patients", "MRI scans", "Mri"),
        ("Volunteers with GP name, and whether DBS checked yes or no", "GP name", "Gp"),
        ("IT equipment: laptops and who has them", "Laptops", "LAPTOPs"),
        ("A SHOP FOR CANDLES", "Candle", "CANDLEs"),
    ],
)
def test_abbreviations_of_a_goal_keep_their_capitals(goal: str, written: str, not_written: str) -> None:
    spec = understand(goal)
    read = [
        part for entity in spec.entities for part in (entity.plural, *(field.label for field in entity.fields))
    ]
    assert any(written in text for text in read), read
    assert not any(not_written in text for text in read)
    assert not any("IT " in rule.about for rule in spec.rules)


def test_what_the_staff_has_seen_to_is_no_question_to_a_visitor() -> None:
    spec = understand("A canoe hire: canoes, customers, hires from a day to a day with ID shown yes or no")
    (hire,) = (entity for entity in spec.entities if entity.name == "Hire")
    assert hire.field("id_shown")
    assert [form.fields for form in spec.forms] == [("canoe", "starts_on", "ends_on")]


@pytest.mark.parametrize(
    ("goal", "kept", "not_kept"),
    [
        ("A help desk for a school", "Ticket", "Desk"),
        ("Service desk tickets for a hospital", "Ticket", "Desk"),
        ("A front desk log for a hotel", "Reception", "Desk"),
        ("A notice board for our village", "Notice", "Task"),
        ("A guest book for our museum", "Message", "Book"),
    ],
)
def test_a_desk_that_answers_and_a_book_that_is_written_in_are_no_things(
    goal: str, kept: str, not_kept: str
) -> None:
    names = {entity.name for entity in understand(goal).entities}
    assert kept in names
    assert not_kept not in names
