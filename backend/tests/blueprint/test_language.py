"""The rules find what a person would expect in goals from many domains, and never fall over."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.blueprint.language import GoalUnreadable, understand
from app.blueprint.spec import AppSpec

# A goal, and the records it needs; where one name is as good as another, they stand side by side.
GOALS = {
    "a booking app for a yoga studio": "class|session booking client|member|customer",
    "Invoice tracker for freelancers that shows who still owes me money": "invoice client|customer payment",
    "a recipe club where members share recipes and rate them": "recipe member review|rating",
    "Manage gym members, their plans and check-ins": "member plan checkin",
    "bug tracker for my small software team": "bug|issue project",
    "School register: pupils, classes, attendance and marks": "pupil|student class attendance mark|grade",
    "let my beekeeping association log hives, inspections and honey harvests": "hive inspection harvest",
    "landlords record tenants, rent payments and repair requests": "tenant payment repairrequest property",
    "dog grooming salon: customers, their dogs and appointments": "customer dog appointment",
    "carpool organiser for parents at our primary school": "ride|trip|carpool parent|driver seat|passenger",
    "wedding guest list with RSVPs and dietary needs": "guest rsvp",
    "track which tools neighbours borrow from our shared shed": "tool neighbour|borrower loan",
    "climbing gym leaderboard with routes, climbers and ascents": "route climber ascent",
    "keep a catalogue of my vinyl records and who I lent them to": "record loan",
    "collect feature requests from customers and let them vote": "request vote customer",
    "Food bank volunteer shifts and donation tracking": "volunteer shift donation",
    "I run a small bakery and want customers to pre-order cakes for pickup": "customer cake order",
    "Help our dance school manage teachers, courses and enrolments": "teacher course enrolment",
    "Our choir needs to plan rehearsals, share sheet music and track attendance": "rehearsal music attendance",
    "Track experiments and samples in a biology lab": "experiment sample",
    "An online bookshop with authors, books and orders": "author book order",
    "Inventory of lab chemicals with expiry dates and suppliers": "chemical supplier",
    "manage parking spaces in our apartment building, residents can reserve a spot": "space resident booking",
    "A job board for remote designers": "job candidate|applicant|designer application",
    "Manage scholarships: applicants, reviewers and decisions": "scholarship applicant reviewer decision",
    "student debate club with motions, speakers and scores": "motion speaker score",
    "Hotel housekeeping: rooms, cleaners and cleaning tasks": "room cleaner task",
    "simple CRM for a real estate agent with leads and viewings": "lead viewing listing|property",
    "film production call sheets with scenes, actors and locations": "sheet scene actor location",
    "tool to split bills between flatmates": "bill flatmate",
}


def keys(spec: AppSpec) -> list[str]:
    return [re.sub(r"[^a-z]", "", entity.name.lower()) for entity in spec.entities]


@pytest.mark.parametrize("goal", GOALS)
def test_the_expected_records_are_found(goal: str) -> None:
    found = keys(understand(goal))
    missing = [
        wanted
        for wanted in GOALS[goal].split()
        if not any(name.endswith(one) for name in found for one in wanted.split("|"))
    ]
    assert missing == []
    assert len(found) <= 6


def test_different_goals_give_different_apps() -> None:
    specs = [understand(goal) for goal in GOALS]
    assert len({spec.title for spec in specs}) == len(specs)
    assert len({tuple(keys(spec)) for spec in specs}) == len(specs)


def test_a_place_is_not_a_record() -> None:
    spec = understand("a booking app for a yoga studio")
    assert {entity.plural for entity in spec.entities} == {"Yoga classes", "Bookings", "Clients"}
    assert spec.title == "Yoga Studio Booking"


@pytest.mark.parametrize(
    ("goal", "kept", "not_kept"),
    [
        ("A page before our app is out: leave your e-mail and get on the list. No account, no password.",
         {"WaitingListEntry"}, {"Account", "Password"}),
        ("Purchase requests that a team lead approves; no supplier logins.", {"Request"}, {"Supplier", "Login"}),
        ("A sports club with lockers. Show how many lockers are free.", {"Locker"}, {"Show"}),
        ("Everybody in the family keeps a wish list for birthdays.", {"Wish"}, set()),
        ("No double bookings of the rooms", {"Booking", "Room"}, set()),
    ],
)  # fmt: skip
def test_what_a_goal_does_without_is_not_kept(goal: str, kept: set[str], not_kept: set[str]) -> None:
    names = {entity.name for entity in understand(goal).entities}
    assert kept <= names
    assert not names & not_kept


def test_a_public_form_lists_nothing_that_belongs_to_others() -> None:
    """A household's permits are not shown to whoever applies; ideas are put up for everybody to vote on."""
    permits = understand("Resident parking permits: households apply online, the clerk approves applications")
    form = next(form for form in permits.forms if form.entity == "Application")
    application = permits.entity("Application")
    assert application is not None
    links = [application.field(name) for name in form.fields]
    assert [field.ref for field in links if field is not None and field.ref] == []
    ideas = understand("Residents submit ideas for the park and everybody votes on the ideas")
    assert any("idea" in form.fields for form in ideas.forms)


@pytest.mark.parametrize(
    ("goal", "title", "action"),
    [
        ("A fresh booking app for guided city tours: guests book a tour", "Tour Bookings", "Book a tour"),
        ("A gym where members book classes, fresh look", "Gym Classes", "Book a class"),
        ("A shop for my bakery where customers pre-order bread and cakes", "Bread Shop", "Order bread"),
        ("Time sheets: consultants enter hours on projects", "Time Entries and Consultants", ""),
    ],
)
def test_titles_and_buttons_read_well(goal: str, title: str, action: str) -> None:
    spec = understand(goal)
    assert spec.title == title
    assert [form.action for form in spec.forms] == ([action] if action else [])


def test_what_was_added_is_told() -> None:
    spec = understand("a booking app for a yoga studio")
    assert any(line.startswith("Clients were added") for line in spec.assumptions)


def test_a_detail_becomes_a_field() -> None:
    spec = understand("track wines with a price and a rating")
    labels = {field.label for field in spec.entities[0].fields}
    assert {"Price", "Rating"} <= labels


def test_what_belongs_to_somebody_points_at_them() -> None:
    spec = understand("dog grooming salon: customers, their dogs and appointments")
    dog = spec.entity("Dog")
    assert dog is not None
    assert "Customer" in {field.ref for field in dog.fields}


def test_an_action_points_at_what_it_is_about() -> None:
    spec = understand("members borrow kites from the club and review them")
    refs = {entity.name: {field.ref for field in entity.fields if field.ref} for entity in spec.entities}
    assert refs["Loan"] == {"Kite", "Member"}
    assert refs["Review"] == {"Kite", "Member"}


@pytest.mark.parametrize(
    ("goal", "sign"), [("split £20 bills", "£"), ("invoices in euros", "€"), ("invoices", "$")]
)
def test_the_currency_is_the_founders(goal: str, sign: str) -> None:
    assert understand(goal).currency == sign


def test_unknown_words_are_told_and_still_built() -> None:
    spec = understand("track flurbs and their wozzles")
    assert keys(spec)[:2] == ["flurb", "wozzle"]
    assert [line.split("”")[0] for line in spec.not_understood] == ["What “flurbs", "What “wozzles"]


@pytest.mark.parametrize("goal", ["cheese", "cats", "something with trains", "my garden", "yoga"])
def test_a_single_noun_is_enough(goal: str) -> None:
    assert understand(goal).entities


@pytest.mark.parametrize(
    ("goal", "language"),
    [
        ("eine App für die Verwaltung von Kunden und Rechnungen", "German"),
        ("une application pour gérer mes clients et leurs factures", "French"),
        ("una aplicación para gestionar clientes y facturas", "Spanish"),
        ("un'app per gestire i miei clienti e le fatture della palestra", "Italian"),
        ("een app voor mijn klanten en facturen", "Dutch"),
    ],
)
def test_another_language_is_named(goal: str, language: str) -> None:
    with pytest.raises(GoalUnreadable, match=language):
        understand(goal)


@pytest.mark.parametrize(
    "goal", ["приложение для йоги", "瑜伽工作室预约", "!!!", "123 456", "qwzx vbnm", "{{}}", "\0\1"]
)
def test_nothing_to_build_is_said_kindly(goal: str) -> None:
    with pytest.raises(GoalUnreadable) as refusal:
        understand(goal)
    assert str(refusal.value).endswith(".")
    assert len(str(refusal.value)) > 30


WORDS = st.sampled_from(
    "a app for my track book members their classes and orders , . who to share studio yoga hive's ''' {{x}} "
    "{% raw %} <script> ' \" \\ ; class import id order select from user's co-op d'or e.g. - é ™ \u2028".split(" ")
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_any_mix_of_words_is_understood_or_refused(goal: str) -> None:
    understood_or_refused(goal)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_understood_or_refused(goal: str) -> None:
    understood_or_refused(goal)


def understood_or_refused(goal: str) -> None:
    try:
        spec = understand(goal)
    except GoalUnreadable:
        return
    assert AppSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_word_that_is_also_pythons_becomes_a_field() -> None:
    understood_or_refused("book hive's book")


def test_a_very_long_goal_is_understood_in_time() -> None:
    goal = ("members book rooms and pay invoices for their dogs, " * 200)[:8_000].strip()
    assert understand(goal).goal == goal


@pytest.mark.parametrize(
    ("goal", "told"),
    [
        ("An AI chatbot that answers my customers on WhatsApp", "Messages through WhatsApp or other messengers"),
        ("Customers order cakes and pay online", "Payments by card or online; amounts are only noted"),
        ("Dogs, walkers and walks. Each walker takes at most 6 dogs", "Each walker takes at most 6 dogs"),
        ("We hire out canoes to customers: half day, no Mondays", "no Mondays"),
    ],
)
def test_what_is_left_out_is_told(goal: str, told: str) -> None:
    assert told in understand(goal).not_understood


@pytest.mark.parametrize("goal", list(GOALS)[:12])
def test_nothing_is_said_to_be_left_out_of_a_goal_that_is_all_there(goal: str) -> None:
    assert understand(goal).not_understood == ()
