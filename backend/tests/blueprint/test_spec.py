"""A specification that an app cannot be made of is refused, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from app.blueprint.generate import generate
from app.blueprint.generate.tree import starter_files
from app.blueprint.language import understand
from app.blueprint.spec import RESERVED_TABLES, AppSpec


def a_spec() -> dict[str, Any]:
    return understand("a booking app for a yoga studio").model_dump(mode="json")


def test_a_spec_survives_json() -> None:
    spec = understand("invoice tracker for freelancers")
    assert AppSpec.model_validate_json(spec.model_dump_json()) == spec


def _rename(data: dict[str, Any], **changes: Any) -> None:
    data["entities"][0].update(changes)


def _field(data: dict[str, Any], **changes: Any) -> None:
    data["entities"][0]["fields"][-1].update(changes)


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "a table that is SQL": lambda data: _rename(data, table='x"; drop table'),
    "a page of every app": lambda data: _rename(data, table="health"),
    "a table of every app": lambda data: _rename(data, table="app_users"),
    "a table put aside": lambda data: _rename(data, table="app_aside_0"),
    "a label nobody sees": lambda data: _rename(data, label="\u3164\u200b"),
    "a label that turns around": lambda data: _rename(data, label="a\u202eb"),
    "a hue that is true": lambda data: data["theme"].update(hue=True),
    "a rule that is true": lambda data: data["acceptance"][0].update(rule=True),
    "a Python word": lambda data: _field(data, name="class"),
    "a reserved field": lambda data: _field(data, name="id"),
    "a field in capitals": lambda data: _field(data, name="Name"),
    "twin fields": lambda data: _field(data, name=data["entities"][0]["fields"][0]["name"]),
    "twin labels": lambda data: _field(data, label=data["entities"][0]["fields"][0]["label"].upper()),
    "twin tables": lambda data: _rename(data, table=data["entities"][1]["table"]),
    "a ref to nowhere": lambda data: _field(data, type="ref", ref="Nowhere"),
    "a ref without target": lambda data: _field(data, type="ref"),
    "a choice without choices": lambda data: _field(data, type="choice"),
    "choices of a text": lambda data: _field(data, type="text", choices=["a"]),
    "twin choices": lambda data: _field(data, type="choice", choices=["A", "a"]),
    "an unknown type": lambda data: _field(data, type="blob"),
    "a label of two lines": lambda data: _rename(data, label="a\nb"),
    "a title that cannot be shown": lambda data: data.update(title="a\x00b"),
    "a lone surrogate": lambda data: data.update(goal="a\ud800b"),
    "no entities": lambda data: data.update(entities=[]),
    "too many entities": lambda data: data.update(entities=data["entities"] * 5),
    "a title too long": lambda data: data.update(title="x" * 81),
    "a hue off the circle": lambda data: data["theme"].update(hue=360),
    "something nobody knows": lambda data: data.update(color="red"),
    "a view of nothing": lambda data: data.update(views=[{"kind": "board", "entity": "Nowhere"}]),
    "a rule on nothing": lambda data: data["rules"][0].update(fields=["nope"]),
    "a page that is an address": lambda data: data.update(pages=[{"path": "//evil", "title": "Evil"}]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_built_is_refused(what: str) -> None:
    data = a_spec()
    WRONG[what](data)
    with pytest.raises(ValidationError):
        AppSpec.model_validate(data)


@pytest.mark.parametrize(
    ("start", "names"),
    [
        ("date", ("starts", "minutes", "dog")),
        ("datetime", ("starts", "minutes")),
        ("datetime", ("minutes", "starts", "dog")),
        ("datetime", ("starts", "ends", "minutes", "dog")),
    ],
)
def test_minutes_against_overlaps_need_a_start_with_a_time_and_no_end(start: str, names: tuple[str, ...]) -> None:
    data = a_spec()
    kinds = {"starts": start, "ends": "datetime", "minutes": "int", "dog": "ref"}
    fields: list[dict[str, Any]] = [
        {"name": name, "label": name.capitalize(), "type": kind} for name, kind in kinds.items()
    ]
    fields[0]["required"], fields[-1]["ref"] = True, data["entities"][0]["name"]
    walk = {"name": "Walk", "table": "walks", "label": "Walk", "plural": "Walks", "about": "Walks."}
    rule = {"kind": "no_overlap", "entity": "Walk", "about": "The dog is out."}
    data["entities"].append({**walk, "fields": fields})
    with pytest.raises(ValidationError, match="counts minutes"):
        AppSpec.model_validate({**data, "rules": [{**rule, "fields": names}]})
    good = {**rule, "fields": ("starts", "minutes", "dog")}
    if start == "datetime":
        assert AppSpec.model_validate({**data, "rules": [good]}).rules[0].fields == good["fields"]


def test_records_that_require_each_other_are_refused() -> None:
    data = a_spec()
    first, second = data["entities"][0], data["entities"][1]
    for one, other in ((first, second), (second, first)):
        link = {"name": "knot", "label": "Knot", "type": "ref", "ref": other["name"]}
        one["fields"].append({**link, "required": True, "on_delete": "cascade"})
    with pytest.raises(ValidationError, match="require each other"):
        AppSpec.model_validate(data)


def test_a_spec_cannot_be_changed() -> None:
    spec: Any = understand("a booking app for a yoga studio")
    with pytest.raises(ValidationError):
        spec.title = "Other"


def test_a_model_may_give_more_than_the_rules() -> None:
    data = a_spec()
    for number in range(9):
        data["entities"].append(
            {"name": f"Extra{number}", "table": f"extras_{number}", "label": f"Extra {number}",
             "plural": f"Extras {number}", "about": "More.", "fields": [
                 {"name": "name", "label": "Name", "required": True}]}
        )  # fmt: skip
    assert "app/schema.py" in generate(AppSpec.model_validate(data))


def test_every_address_and_table_of_the_starter_is_reserved() -> None:
    files = [text for path, text in starter_files() if path.startswith("app/") and path.endswith(".py")]
    taken = {
        name
        for text in files
        for pattern in (
            r'(?:routes\.(?:get|post)|Mount)\(f?"/([a-z][a-z0-9_]*)["/]',
            r"CREATE (?:TABLE|INDEX) IF NOT EXISTS (app_[a-z_]+)",
        )
        for name in re.findall(pattern, text)
    }
    assert {"health", "static", "setup", "app_users", "app_kept"} <= taken
    assert taken <= RESERVED_TABLES


def _orders(**changes: Any) -> dict[str, Any]:
    fields = [{"name": "name", "required": True}]
    link = {"name": "order", "type": "ref", "ref": "Order", "required": True, "on_delete": "cascade"}
    kinds = [
        {"name": "Order", "fields": fields, "lines": "Line"},
        {"name": "Line", "fields": [*fields, link | changes.pop("link", {})], **changes.pop("line", {})},
    ]
    form = {"entity": "Order", "action": "Order", "about": "Do.", "thanks": "Thanks.", "fields": ["name"]}
    return {"title": "Orders", "entities": kinds, "forms": [form | {"lines": changes.pop("asked", ["name"])}]}


def test_lines_belong_to_one_record_and_go_with_it() -> None:
    assert AppSpec.model_validate(_orders()).entities[0].lines == "Line"
    wrong = {
        "deleted with it": _orders(link={"on_delete": "restrict"}),
        "no lines of their own": _orders(line={"lines": "Order"}),
        "does not exist": _orders(asked=["nothing"]),
        "required and deleted": _orders(link={"required": False}),
    }
    for why, data in wrong.items():
        with pytest.raises(ValidationError, match=why):
            AppSpec.model_validate(data)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"fields": [{"name": "photo", "type": "image", "starts_as": "name"}]}, "'photo' is uploaded"),
        (
            {"computed": [{"name": "shown", "expression": "photo", "about": "The photo."}]},
            "only say the name of a file",
        ),
        (
            {"rules": [{"kind": "unique", "entity": "Dog", "fields": ["photo"], "about": "Once."}]},
            "cannot be compared",
        ),
        ({"moves": [{"field": "photo", "value": "name"}]}, "let the move ask for it"),
        ({"tools": [{"name": "photo", "type": "image"}]}, "image cannot be calculated with"),
    ],
    ids=["a first value", "a figure", "a rule", "a move", "a calculator"],
)
def test_an_uploaded_field_is_no_word_to_reckon_with(more: dict[str, Any], said: str) -> None:
    status = {"name": "status", "type": "choice", "choices": ["In", "Out"]}
    fields = [{"name": "name", "required": True}, {"name": "photo", "type": "image"}, status]
    dog: dict[str, Any] = {"name": "Dog", "fields": fields, "computed": more.get("computed", [])}
    spec: dict[str, Any] = {"title": "Dogs", "goal": "dogs", "entities": [dog], "rules": more.get("rules", [])}
    if "fields" in more:
        dog["fields"] = [fields[0], *more["fields"]]
    if "moves" in more:
        move = {"label": "Go", "sources": ["In"], "target": "Out", "about": "Leaves.", "sets": more["moves"]}
        dog |= {"state": "status", "moves": [move]}
    if "tools" in more:
        result = {"name": "sum", "expression": "1", "about": "One."}
        spec["tools"] = [
            {"name": "size", "title": "Size", "about": "x", "inputs": more["tools"], "results": [result]}
        ]
    with pytest.raises(ValidationError, match=said):
        AppSpec.model_validate(spec)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("cat.mood", ""),
        ("cat.age", "Cat has no field 'age'"),
        ("note.mood", "'note' is no link"),
        ("cat.photo", "'photo' is not written"),
        ("cat.chip", "'chip' is not written"),
        ("cat.status", "its own moves alone"),
        ("dog.mood", "not a field it can fill in"),
    ],
)
def test_a_move_writes_into_the_records_that_it_links_to(field: str, said: str) -> None:
    status = {"name": "status", "type": "choice", "choices": ["Due", "Done"]}
    done = {"label": "Do", "sources": ["Due"], "target": "Done", "about": "Done."}
    cat = {"name": "Cat", "state": "status", "moves": [done], "fields": [
        {"name": "name", "required": True}, {"name": "mood"}, {"name": "photo", "type": "image"},
        {"name": "chip", "type": "code"}, status,
    ]}  # fmt: skip
    meal = {"name": "Meal", "state": "status", "fields": [
        {"name": "name", "required": True}, {"name": "cat", "type": "ref", "ref": "Cat"}, {"name": "note"}, status,
    ], "moves": [{**done, "sets": [{"field": field, "value": "name"}]}]}  # fmt: skip
    spec = {"title": "Cats", "entities": [cat, meal]}
    if not said:
        assert AppSpec.model_validate(spec).entities[1].moves[0].sets[0].link == "cat"
        return
    with pytest.raises(ValidationError, match=said):
        AppSpec.model_validate(spec)
