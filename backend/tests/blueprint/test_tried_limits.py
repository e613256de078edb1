"""Limits that a designer states are tried on as many records as it takes, or refused with what to say instead."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from app.blueprint.generate import generate
from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.scenes import Scene
from app.blueprint.generate.violations import Violation
from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of

from .loaded_app import LoadedApp

NAME = {"name": "name", "required": True}


def link(name: str, to: str) -> dict[str, Any]:
    return {"name": name, "type": "ref", "ref": to, "required": True, "on_delete": "cascade"}


def ensure(entity: str, about: str, condition: str, **more: str) -> dict[str, Any]:
    return {"kind": "ensure", "entity": entity, "about": about, "condition": condition, **more}


def app(*entities: dict[str, Any], rules: list[dict[str, Any]], **more: Any) -> dict[str, Any]:  # Any: as in JSON
    return {"title": "Try", "goal": "To be tried.", "entities": list(entities), "rules": rules, **more}


def kind(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:  # Any: as in JSON
    return {"name": name, "fields": list(fields), **more}


DAYS_A_YEAR = app(
    kind("Household", NAME),
    kind("VisitorDay", link("household", "Household"), {"name": "plate", "required": True},
         {"name": "day", "type": "date", "required": True}),
    rules=[
        {"kind": "unique", "entity": "VisitorDay", "fields": ["plate", "day"], "about": "Once a day."},
        ensure("VisitorDay", "At most twenty a year.",
               "count(VisitorDay via none where household = this.household and year(day) = year(this.day)) <= 20"),
    ],
)  # fmt: skip
SHARES = app(
    kind("Artist", NAME),
    kind("Track", NAME, computed=[{"name": "shares", "expression": "sum(percent of Share)", "about": "Percent."}]),
    kind("Share", link("track", "Track"), link("artist", "Artist"),
         {"name": "percent", "type": "decimal", "required": True, "lowest": 0, "highest": 100}),
    rules=[
        {"kind": "unique", "entity": "Share", "fields": ["track", "artist"], "about": "Once a track."},
        ensure("Share", "At most twenty a year.", "track.shares <= 100"),
    ],
)  # fmt: skip
HALVES = app(
    kind("Relative", NAME),
    kind("Wish", NAME, link("relative", "Relative")),
    kind("Claim", link("wish", "Wish"), link("giver", "Relative"),
         {"name": "how", "type": "choice", "choices": ["Alone", "Halves"], "required": True}),
    rules=[
        {"kind": "unique", "entity": "Claim", "fields": ["wish", "giver"], "about": "Said already."},
        ensure("Claim", "Somebody gives it.",
               'count(Claim via none where wish = this.wish and id != this.id and how = "Alone") = 0 and '
               '(how = "Halves" or count(Claim via none where wish = this.wish and id != this.id) = 0)'),
        ensure("Claim", "At most twenty a year.", "count(Claim via none where wish = this.wish) <= 2"),
        ensure("Claim", "Not one's own.", "wish.relative != giver"),
    ],
)  # fmt: skip
ON_BOARD = app(
    kind("Courier", NAME, {"name": "vehicle", "type": "choice", "choices": ["Bike", "Van"], "required": True},
         computed=[{"name": "on_board", "about": "At once.", "expression": 'count(Job where status = "Taken")'}]),
    kind("Job", NAME, {"name": "courier", "type": "ref", "ref": "Courier"},
         {"name": "status", "type": "choice", "choices": ["Ordered", "Taken", "Done"], "required": True}),
    rules=[
        ensure("Job", "At most twenty a year.", 'courier.vehicle != "Bike" or courier.on_board <= 5',
               when='courier is not empty and status = "Taken"'),
    ],
)  # fmt: skip

SPAN = [{"name": name, "type": "datetime", "required": True} for name in ("starts_at", "ends_at")]


def booked(most: int, *apart: str, when: str) -> dict[str, Any]:  # Any: as in JSON
    """At most so many bookings of a member, of which those of a court or of the member are never at one time."""
    overlaps = [
        {
            "kind": "no_overlap",
            "entity": "Booking",
            "fields": ["starts_at", "ends_at", name],
            "about": f"One {name}.",
        }
        for name in apart
    ]
    counted = f"count(Booking via none where member = this.member and {when}) <= {most}"
    return app(
        kind("Member", NAME),
        kind("Court", NAME),
        kind("Booking", link("court", "Court"), link("member", "Member"), *SPAN),
        rules=[*overlaps, ensure("Booking", "At most twenty a year.", counted)],
    )


A_WEEK = "week(starts_at) = week(this.starts_at)"
TWO_AHEAD = app(
    kind("Court", NAME),
    kind("Player", NAME, computed=[
        {"name": "ahead", "about": "To come.", "expression": "count(Game where starts_at > now)"},
    ]),
    kind("Game", link("court", "Court"), link("player", "Player"),
         {"name": "starts_at", "type": "datetime", "required": True},
         {"name": "minutes", "type": "int", "required": True, "lowest": 30, "highest": 120}),
    rules=[
        {"kind": "no_overlap", "entity": "Game", "fields": ["starts_at", "minutes", "court"], "about": "Taken."},
        ensure("Game", "At most twenty a year.", "player.ahead <= 2"),
    ],
)  # fmt: skip


def violation_of(raw: dict[str, Any], about: str) -> Violation | None:
    spec = AppSpec.model_validate(raw)
    rule = next(rule for rule in spec.rules if rule.about == about)
    return examples_of(spec).violation(next(one for one in spec.entities if one.name == rule.entity), rule)


@pytest.mark.parametrize(
    "raw",
    [DAYS_A_YEAR, SHARES, HALVES, ON_BOARD, TWO_AHEAD],
    ids=["days_a_year", "shares", "halves", "on_board", "two_ahead"],
)
def test_a_limit_over_several_records_is_tried(raw: dict[str, Any]) -> None:
    _, faults = faults_of(raw)
    assert faults == []
    assert violation_of(raw, "At most twenty a year.") is not None


@pytest.mark.parametrize(
    ("most", "apart", "when"),
    [(2, ("court",), "yes"), (5, ("court",), A_WEEK), (2, ("member",), A_WEEK), (3, ("court", "member"), A_WEEK)],
    ids=["two_courts", "five_courts_a_week", "two_a_week", "three_courts_a_week"],
)
def test_a_limit_is_tried_beside_times_that_must_not_meet(most: int, apart: tuple[str, ...], when: str) -> None:
    raw = booked(most, *apart, when=when)
    _, faults = faults_of(raw)
    assert faults == []
    assert violation_of(raw, "At most twenty a year.") is not None


def told(raw: dict[str, Any]) -> str:
    spec, faults = faults_of(raw)
    assert spec is None
    return " ".join(f"{fault['field']}: {fault['problem']}" for fault in faults)


def loans_at_a_time() -> dict[str, Any]:  # Any: as in JSON
    return app(
        kind("Family", NAME, computed=[
            {"name": "out", "about": "At home.", "expression": "count(Loan where back_on is empty)"},
        ]),
        kind("Toy", NAME),
        kind("Loan", link("toy", "Toy"), link("family", "Family"), {"name": "back_on", "type": "date"}),
        rules=[
            {"kind": "one_open", "entity": "Loan", "fields": ["toy"], "when": "back_on is empty", "about": "Out."},
            ensure("Loan", "At most twenty a year.", "family.out <= 3", when="back_on is empty"),
        ],
    )  # fmt: skip


def visits_of_a_vet(rule: str) -> dict[str, Any]:  # Any: as in JSON
    days = [{"name": name, "type": "date"} for name in ("away_from", "away_until")]
    times = [{"name": "starts_at", "type": "datetime", "required": True},
             {"name": "minutes", "type": "int", "required": True, "lowest": 15, "highest": 90}]  # fmt: skip
    return app(
        kind("Vet", NAME, *days),
        kind("Visit", link("vet", "Vet"), *times),
        rules=[
            {
                "kind": "no_overlap",
                "entity": "Visit",
                "fields": ["starts_at", "minutes", "vet"],
                "about": "Taken.",
            },
            ensure("Visit", "Never on Sundays.", "weekday(day(starts_at)) != 7"),
            ensure("Visit", "At most twenty a year.", rule),
        ],
    )


@pytest.mark.parametrize(
    "raw",
    [
        loans_at_a_time(),
        visits_of_a_vet(
            "vet.away_from is empty or day(starts_at) < vet.away_from or day(starts_at) > vet.away_until"
        ),
        visits_of_a_vet(
            "count(Visit via none where vet = this.vet and day(starts_at) = day(this.starts_at)) <= 3"
        ),
    ],
    ids=["loans_at_a_time", "away", "visits_a_day"],
)
def test_what_several_have_in_common_or_one_after_the_other_is_tried(raw: dict[str, Any]) -> None:
    assert faults_of(raw)[1] == []
    assert violation_of(raw, "At most twenty a year.") is not None


@pytest.mark.parametrize("weekdays", ["", " and weekday(day(starts_at)) != 7"], ids=["daily", "weekdays"])
@pytest.mark.parametrize(
    ("opens", "closes"),
    [("00:15", "23:45"), ("06:00", "08:00"), ("07:00", "22:00"), ("18:00", "22:30"), ("20:00", "23:00")],
)
def test_opening_hours_are_tried_whatever_they_are(opens: str, closes: str, weekdays: str) -> None:
    times = [{"name": name, "type": "datetime", "required": True} for name in ("starts_at", "ends_at")]
    hours = f'starts_at >= at(day(starts_at), "{opens}") and ends_at <= at(day(starts_at), "{closes}")'
    raw = app(
        kind("Room", NAME),
        kind("Booking", link("room", "Room"), *times),
        rules=[
            {"kind": "no_overlap", "entity": "Booking", "about": "Taken.",
             "fields": ["starts_at", "ends_at", "room"]},
            {"kind": "in_order", "entity": "Booking", "fields": ["starts_at", "ends_at"], "about": "In order."},
            ensure("Booking", "While we are open.", hours + weekdays),
        ],
    )  # fmt: skip
    assert faults_of(raw)[1] == []
    assert violation_of(raw, "While we are open.") is not None


def test_a_rule_that_another_one_says_already_is_named_with_it() -> None:
    raw = copy.deepcopy(DAYS_A_YEAR)
    raw["rules"] = [
        ensure("VisitorDay", "One day alone.", "count(VisitorDay via none where household = this.household) <= 1"),
        ensure("VisitorDay", "One day a household.",
               "count(VisitorDay via none where household = this.household and id != this.id) = 0"),
    ]  # fmt: skip
    words = told(raw)
    assert "every example record that was found to break it breaks “One day a household.” (ensure)" in words
    assert "Leave it out if the other says the same" in words


def test_fields_that_no_rule_of_the_kind_reads_are_refused() -> None:
    raw = copy.deepcopy(ON_BOARD)
    raw["rules"] = [
        {"kind": "one_open", "entity": "Job", "fields": ["courier", "name"], "about": "Out.",
         "when": 'status = "Taken"'},
    ]  # fmt: skip
    words = told(raw)
    assert "not all of these fields would be looked at" in words
    assert "unique, with when" in words


def test_a_lock_that_nothing_can_come_under_is_refused_when_it_is_judged() -> None:
    raw = copy.deepcopy(SHARES)
    raw["entities"][1]["fields"].append(
        {"name": "status", "type": "choice", "choices": ["Open", "Closed"], "required": True}
    )
    raw["rules"] = [
        {"kind": "locked", "entity": "Share", "condition": 'track.status = "Closed"', "about": "Closed."},
        ensure("Share", "Only while it is open.", 'track.status = "Open"'),
    ]
    assert "no example record was found that it keeps as it is" in told(raw)
    del raw["rules"][1]
    assert faults_of(raw)[1] == []


def test_a_move_that_would_set_the_state_of_another_record_is_told_the_way() -> None:
    raw = copy.deepcopy(ON_BOARD)
    states = {"name": "status", "type": "choice", "choices": ["Free", "Let"], "required": True}
    raw["entities"] += [
        kind("Plot", NAME, states, state="status",
             moves=[{"label": "Let it", "sources": ["Free"], "target": "Let", "about": "Let."}]),
        kind("Offer", link("plot", "Plot"), {**states, "choices": ["Open", "Accepted"]}, state="status",
             moves=[{"label": "Accept", "sources": ["Open"], "target": "Accepted", "about": "Taken.",
                     "sets": [{"field": "plot.status", "value": '"Let"'}]}]),
    ]  # fmt: skip
    words = told(raw)
    assert "by automatic" in words
    assert 'exists(Offer where status = "Accepted")' in words


def test_decimals_are_put_in_order_and_drawn_over_time() -> None:
    degrees = {"type": "decimal", "digits": 1, "required": True}
    raw = app(
        kind("Fridge", NAME, {"name": "lowest_allowed", **degrees}, {"name": "highest_allowed", **degrees}),
        kind("Reading", link("fridge", "Fridge"), {"name": "read_at", "type": "datetime", "required": True},
             {"name": "temperature", **degrees}),
        rules=[{"kind": "in_order", "entity": "Fridge", "fields": ["lowest_allowed", "highest_allowed"],
                "about": "The lowest is below the highest."}],
        views=[{"kind": "chart", "entity": "Reading", "field": "temperature"}],
    )  # fmt: skip
    assert faults_of(raw)[1] == []
    raw["entities"][0]["fields"][2]["digits"] = 2
    assert "do not fit its kind" in told(raw)


def test_what_copies_belong_to_keeps_its_own_rules() -> None:
    times = [{"name": name, "type": "datetime", "required": True} for name in ("starts_at", "ends_at")]
    raw = app(
        kind("Volunteer", NAME),
        kind("Shift", NAME, *times),
        kind("Signup", link("volunteer", "Volunteer"), link("shift", "Shift")),
        rules=[
            {"kind": "in_order", "entity": "Shift", "fields": ["starts_at", "ends_at"], "about": "In order."},
            {"kind": "unique", "entity": "Signup", "fields": ["volunteer", "shift"], "about": "Once."},
            ensure("Signup", "One at a time.",
                   "count(Signup via none where volunteer = this.volunteer and id != this.id and "
                   "shift.starts_at < this.shift.ends_at and shift.ends_at > this.shift.starts_at) = 0"),
        ],
    )  # fmt: skip
    spec = AppSpec.model_validate(raw)
    found = violation_of(raw, "Once.")
    if found is not None and not found.is_direct:
        records = {key: texts for key, texts in found.scene.records.items() if key != found.last}
        assert examples_of(spec).judge.first_refused(Scene(found.scene.subject, records)) is None


def test_a_record_without_states_is_never_called_off(tmp_path: Path) -> None:
    form = {
        "entity": "Check",
        "action": "Check a balance",
        "about": "Type it.",
        "thanks": "Here.",
        "fields": ["name"],
    }
    spec = AppSpec.model_validate(app(kind("Check", NAME), rules=[], forms=[form]))
    public = LoadedApp(spec, tmp_path).module("public")
    assert public.can_cancel(None, public.FORMS[0], {"id": 1, "name": "A"}) is False


def test_me_is_written_into_a_link_to_one_who_signs_in_and_nothing_else() -> None:
    raw = copy.deepcopy(ON_BOARD)
    courier, job = raw["entities"]
    courier["fields"].append({"name": "email", "type": "email", "required": True})
    job["fields"].append({"name": "note"})
    job["state"] = "status"
    take = {"label": "Take", "sources": ["Ordered"], "target": "Taken", "about": "Theirs.", "by": ["Courier"]}
    job["moves"] = [{**take, "sets": [{"field": "courier", "value": "me"}]}]
    raw["roles"] = [{"name": "Courier", "about": "Takes jobs.", "scope": "own", "entity": "Courier"}]
    raw["rules"] = []
    spec, faults = faults_of(raw)
    assert faults == []
    assert spec is not None
    assert "sets=(('courier', \"app_me('couriers')\"),)" in generate(spec)["app/schema.py"]
    job["moves"][0]["sets"][0]["field"] = "note"
    assert "a link to one who signs in: Courier" in told(raw)
