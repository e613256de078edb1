"""Rules about what is added up from other records are tried on such records, or refused with what to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.blueprint.generate.example_records import examples_of
from app.blueprint.generate.item_scenes import figure_scene, move_scenes
from app.blueprint.generate.scenes import Scene
from app.blueprint.generate.seed import seed_rows
from app.blueprint.spec import AppSpec
from app.blueprint.spec_faults import faults_of
from tests.support.scenes import is_kept

from .loaded_app import LoadedApp
from .test_tried_limits import NAME, app, ensure, kind, link, told, violation_of

MONEY = {"type": "money", "required": True, "lowest": 0}


def figure(name: str, expression: str) -> dict[str, Any]:  # Any: as in JSON
    return {"name": name, "expression": expression, "about": "Worked out."}


def said_of(owner: str, condition: str) -> str:
    """The condition about an order as a record of `owner` says it."""
    way = "" if owner == "Order" else "order."
    return condition.replace("total", f"{way}total").replace("customer", f"{way}customer")


def orders(rule: dict[str, Any]) -> dict[str, Any]:  # Any: as in JSON
    return app(
        kind("Customer", NAME, {"name": "credit", **MONEY}, computed=[figure("open", "sum(total of Order)")]),
        kind("Product", NAME, {"name": "price", **MONEY}),
        kind("Order", link("customer", "Customer"), {"name": "pick_up_on", "type": "date", "required": True},
             lines="OrderLine", computed=[figure("total", "sum(amount of OrderLine)")]),
        kind("OrderLine", link("order", "Order"), {**link("product", "Product"), "on_delete": "restrict"},
             {"name": "quantity", "type": "int", "required": True, "lowest": 1},
             {"name": "price", "type": "money", "starts_as": "product.price"},
             computed=[figure("amount", "quantity * price")]),
        rules=[rule],
    )  # fmt: skip


@pytest.mark.parametrize(
    "condition",
    ["total <= 500", "customer.open <= 500", "customer.open <= customer.credit"],
    ids=["total", "chain", "credit"],
)
@pytest.mark.parametrize("owner", ["Order", "OrderLine"])
def test_a_limit_on_a_worked_out_total_is_tried(condition: str, owner: str) -> None:
    raw = orders(ensure(owner, "Not more than that.", said_of(owner, condition)))
    assert faults_of(raw)[1] == []
    found = violation_of(raw, "Not more than that.")
    assert found is not None
    assert not found.is_direct


def test_the_example_of_a_line_leaves_room_for_more_lines() -> None:
    spec = AppSpec.model_validate(orders(ensure("Order", "Within credit.", "customer.open <= customer.credit")))
    examples = examples_of(spec)
    scene = examples.good(next(entity for entity in spec.entities if entity.name == "OrderLine"))
    alike = {("OrderLine", number): scene.records[scene.subject] for number in (8, 9)}
    assert is_kept(examples.judge, Scene(scene.subject, {**scene.records, **alike}))


@pytest.mark.parametrize("condition", ["total >= 5", "count(OrderLine) >= 1"], ids=["amount", "one"])
def test_a_rule_that_no_new_record_can_keep_is_refused_when_it_is_judged(condition: str) -> None:
    words = told(orders(ensure("Order", "Worth the way.", condition)))
    assert "has nothing yet that belongs to it" in words
    assert "only_if of the move" in words


def test_a_rule_that_no_example_keeps_is_refused_when_it_is_judged() -> None:
    score = {"name": "score", "type": "int", "required": True}
    raw = app(kind("Note", NAME, score), rules=[ensure("Note", "Between.", "score > 7 and score < 8")])
    words = told(raw)
    assert "rules number 1 (ensure of Note)" in words
    assert "no example note was found that keeps it" in words


def test_a_rule_is_tried_where_its_when_and_its_link_have_to_be_brought_about() -> None:
    states = {"name": "status", "type": "choice", "choices": ["Asked", "In work", "Done"], "required": True}
    raw = app(
        kind("Translator", NAME, {"name": "a_day", "type": "int", "required": True, "lowest": 100},
             computed=[figure("open_words", 'sum(words of Job where status = "In work")')]),
        kind("Job", {"name": "words", "type": "int", "required": True, "lowest": 1, "highest": 100_000},
             {"name": "due_on", "type": "date", "required": True}, {"name": "text"},
             {"name": "translator", "type": "ref", "ref": "Translator"}, states, state="status",
             moves=[{"label": "Give out", "sources": ["Asked"], "target": "In work", "asks": ["translator"],
                     "about": "Open."}]),
        rules=[ensure("Job", "Too much.", "translator.open_words <= translator.a_day * days(today, due_on)",
                      when='status = "In work"'),
               ensure("Job", "In time.", "due_on > today", when='status = "Asked"')],
    )  # fmt: skip
    assert faults_of(raw)[1] == []
    assert violation_of(raw, "Too much.") is not None


@pytest.mark.parametrize(
    ("field", "condition"),
    [
        ({"name": "born_on", "type": "date", "required": True}, "age(born_on) >= 18"),
        ({"name": "born_on", "type": "date", "required": True}, "age(born_on) >= 65"),
        ({"name": "why", "type": "longtext", "required": True}, "length(why) >= 40"),
        ({"name": "why", "required": True}, "length(why) <= 8"),
    ],
    ids=["of_age", "old_age", "long", "short"],
)
def test_ages_and_lengths_of_texts_are_tried(field: dict[str, Any], condition: str) -> None:
    raw = app(kind("Request", NAME, field), rules=[ensure("Request", "Not so.", condition)])
    assert faults_of(raw)[1] == []
    assert violation_of(raw, "Not so.") is not None


def test_a_step_is_tried_with_what_it_asks_for_as_the_rules_want_it() -> None:
    states = {"name": "status", "type": "choice", "choices": ["Asked", "Booked"], "required": True}
    raw = app(
        kind("Session", NAME, {"name": "price", **MONEY, "lowest": 50}, {"name": "deposit", "type": "money"},
             {"name": "starts_at", "type": "datetime"}, {"name": "ends_at", "type": "datetime"}, states,
             state="status",
             moves=[{"label": "Book", "sources": ["Asked"], "target": "Booked", "about": "Booked.",
                     "asks": ["deposit", "starts_at", "ends_at"]}]),
        rules=[ensure("Session", "A fifth is due.", "deposit >= price * 0.2", when='status = "Booked"'),
               {"kind": "in_order", "entity": "Session", "fields": ["starts_at", "ends_at"],
                "about": "In order."}],
    )  # fmt: skip
    spec = AppSpec.model_validate(raw)
    scene = move_scenes(spec, spec.entities[0], spec.entities[0].moves[0]).goes
    assert scene is not None
    texts = scene.records[scene.subject]
    assert float(texts["deposit"]) >= float(texts["price"]) / 5
    assert texts["starts_at"] < texts["ends_at"]


def test_the_example_of_a_booking_leans_on_an_induction_that_somebody_else_gave() -> None:
    raw = app(
        kind("Member", NAME),
        kind("Machine", NAME),
        kind("Induction", link("member", "Member"), link("machine", "Machine"), link("given_by", "Member")),
        kind("Booking", link("machine", "Machine"), link("member", "Member")),
        rules=[
            ensure("Induction", "Somebody else.", "member != given_by"),
            ensure("Booking", "Shown first.",
                   "exists(Induction via none where member = this.member and machine = this.machine)"),
        ],
    )  # fmt: skip
    spec, faults = faults_of(raw)
    assert faults == []
    assert spec is not None
    assert all(
        examples_of(spec).judge.first_refused(examples_of(spec).good(kind)) is None for kind in spec.entities
    )


def test_a_date_that_is_months_away_is_not_expected_so_many_days_away() -> None:
    day = {"name": "given_on", "type": "date", "required": True}
    raw = app(kind("Proof", NAME, day, computed=[figure("good_until", "add_months(given_on, 24)"),
                                                 figure("seen_until", "good_until + 1")]), rules=[])  # fmt: skip
    spec = AppSpec.model_validate(raw)
    assert not any(figure_scene(spec, spec.entities[0], part).is_known for part in spec.entities[0].computed)


def test_examples_lie_above_the_lowest_and_what_is_counted_comes_before_what_counts_it() -> None:
    raw = app(
        kind("Batch", NAME, computed=[figure("left", "sum(kilos of Harvest) - sum(kilos of Jarring)")]),
        kind("Jarring", link("batch", "Batch"), {"name": "kilos", "type": "int", "required": True, "lowest": 1}),
        kind("Harvest", link("batch", "Batch"), {"name": "kilos", "type": "int", "required": True, "lowest": 500},
             {"name": "price", **MONEY, "lowest": 90}),
        rules=[ensure("Jarring", "Not so much left.", "batch.left >= 0")],
    )  # fmt: skip
    rows = {entity.name: found for entity, found in seed_rows(AppSpec.model_validate(raw))}
    assert list(rows).index("Harvest") < list(rows).index("Jarring")
    assert rows["Jarring"]
    assert all(int(row["kilos"] or 0) >= 500 and int(row["price"] or 0) >= 9_000 for row in rows["Harvest"])


def test_whoever_never_came_has_a_streak_of_nought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    came = {"name": "day", "type": "date", "required": True}
    raw = app(
        kind("Patient", NAME, computed=[figure("in_a_row", "streak(day of Reading)")]),
        kind("Reading", link("patient", "Patient"), came),
        rules=[],
    )
    spec = AppSpec.model_validate(raw)
    loaded = LoadedApp(spec, tmp_path)
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "app.db"))
    database, schema = loaded.module("database"), loaded.module("schema")
    database.migrate()
    patients = next(entity for entity in schema.ENTITIES if entity.table == "patients")
    with database.session() as db:
        number = database.insert(db, patients, {"name": "Ann"})
        assert database.get(db, patients, number)["in_a_row"] == 0


def test_a_name_that_programs_keep_is_refused_with_what_to_say() -> None:
    raw = app(kind("Boat", NAME, {"name": "class", "required": True}), rules=[])
    assert "'class' is a reserved word of programs; add a word, such as 'class_name'" in told(raw)
