"""Whatever is renamed in an app is renamed everywhere: the table of places is whole, and all renames follow it."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.blueprint.editing import settled
from app.blueprint.naming import PLACES
from app.blueprint.operations import Operation, apply_operations
from app.blueprint.spec import AppSpec
from tests.support.specs import DESIGNER_SPECS, SPECS

Json = dict[str, Any]
ALL = [*SPECS, *DESIGNER_SPECS]
OURS = {"entities/was", "entities/fields/was", "tools/inputs/was", "entities/table", "messages/name"}
"""Say what a part was or where its page is, and name no other part."""
OF_NO_TOOL = {"tools/inputs/ref", "tools/inputs/starts_as"}
"""What is typed into a tool is neither a link nor worked out."""


def members(schema: Json, part: Json, way: str = "") -> Iterator[tuple[str, Json]]:
    """Every member that holds a text, by the names that lead to it."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    for kind in part.get("anyOf", ()):
        yield from members(schema, kind, way)
    if part.get("type") == "array":
        yield from members(schema, part["items"], way)
    for name, member in part.get("properties", {}).items():
        yield from members(schema, member, f"{way}/{name}".lstrip("/"))
    if part.get("type") == "string":
        yield way, part


def test_every_member_that_names_a_part_is_in_the_table() -> None:
    schema = AppSpec.model_json_schema()
    named = {
        way
        for way, member in members(schema, schema)
        if member.get("pattern", "").startswith(("^[A-Z]", "^[a-z][a-z0-9_]{0,39}"))
        or member.get("maxLength") == 1000
    }
    assert len(named) > 30
    assert named - OURS - OF_NO_TOOL <= {place.path for place in PLACES}
    assert {place.path for place in PLACES} <= {way for way, _ in members(schema, schema)}


def spec_of(path: Path) -> AppSpec:
    return AppSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def renames_of(spec: AppSpec) -> Iterator[tuple[str, str]]:
    """Where each part with a name of its own stands, and another name for it; what is inside goes first."""
    for entity in spec.entities:
        here = f"entities/{entity.name}"
        for field in entity.fields:
            for number, choice in enumerate(field.choices, 1):
                yield f"{here}/fields/{field.name}/choices/{number}", f"{choice[:70]} zz"
            yield f"{here}/fields/{field.name}", f"{field.name[:36]}_zz"
        for figure in entity.computed:
            yield f"{here}/computed/{figure.name}", f"{figure.name[:36]}_zz"
        yield here, f"{entity.name[:36]}Zz"
    for role in spec.roles:
        yield f"roles/{role.name}", f"{role.name} zz"
    for tool in spec.tools:
        for typed in tool.inputs:
            yield f"tools/{tool.name}/inputs/{typed.name}", f"{typed.name}_zz"
        for result in tool.results:
            yield f"tools/{tool.name}/results/{result.name}", f"{result.name}_zz"
        yield f"tools/{tool.name}", f"{tool.name}_zz"


def without_words(document: Json) -> Json:
    """Without what follows from a name, or says what it was."""
    document = copy.deepcopy(document)
    for entity in document["entities"]:
        for part in (entity, *entity["fields"], *entity["computed"]):
            for word in ("label", "plural", "table", "about", "was", "choices_were"):
                part.pop(word, None)
    for tool in document["tools"]:
        for part in (*tool["inputs"], *tool["results"]):
            part.pop("label"), part.pop("was", None)
    for derived in ("pages", "acceptance"):
        document.pop(derived)
    return document


def in_old_names(value: Any) -> Any:
    """A document with every new name made the old one again, wherever it stands."""
    if isinstance(value, str):
        return re.sub(r"(?<=\S)(_zz| zz|Zz)\b", "", value)
    if isinstance(value, list):
        return [in_old_names(one) for one in value]
    return {key: in_old_names(one) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_whatever_is_renamed_the_app_is_the_same_but_for_the_name(path: Path) -> None:
    before = spec_of(path)
    document = before.model_dump(mode="json")
    renames = [Operation(op="rename", at=at, to=to) for at, to in renames_of(before)]

    after, notes = settled(apply_operations(document, renames), before, guess=False)

    assert not notes
    told = without_words(after.model_dump(mode="json"))
    assert in_old_names(told) == without_words(document)
    new = [entity.name for entity in after.entities]
    assert all(name.endswith("Zz") for name in new)
    for entity in after.entities:
        assert entity.was == in_old_names(entity.name)
        assert all(field.was == in_old_names(field.name) for field in entity.fields)


def edits_of(spec: AppSpec) -> Iterator[tuple[str, Json]]:
    """A specification for each part that is renamed where it is defined and nowhere else, as people edit."""
    document = spec.model_dump(mode="json")
    for number, entity in enumerate(document["entities"]):
        for key, end in (("fields", "_zz"), ("computed", "_zz")):
            for place, part in enumerate(entity[key]):
                edit = copy.deepcopy(document)
                edit["entities"][number][key][place]["name"] = part["name"][:36] + end
                yield f"{entity['name']}.{part['name']}", edit
        edit = copy.deepcopy(document)
        edit["entities"][number]["name"] = entity["name"][:36] + "Zz"
        yield entity["name"], edit
        if entity["state"]:
            edit = copy.deepcopy(document)
            state = next(one for one in edit["entities"][number]["fields"] if one["name"] == entity["state"])
            state["choices"] = [f"{choice} zz" for choice in state["choices"]]
            yield f"the states of {entity['name']}", edit
    for key, end in (("roles", " zz"), ("tools", "_zz")):
        for place, part in enumerate(document[key]):
            edit = copy.deepcopy(document)
            edit[key][place]["name"] = part["name"] + end
            yield part["name"], edit


@pytest.mark.parametrize("path", SPECS[::3], ids=lambda path: path.stem)
def test_a_rename_by_hand_in_one_place_is_followed_everywhere(path: Path) -> None:
    before = spec_of(path)
    old = without_words(before.model_dump(mode="json"))
    edits = list(edits_of(before))
    for name, edit in edits[:: max(1, len(edits) // 12)]:
        after, _ = settled(edit, before)

        assert in_old_names(without_words(after.model_dump(mode="json"))) == old, name
        assert after != before, name


def test_a_draft_that_is_edited_again_is_followed_from_its_own_names() -> None:
    built = spec_of(next(path for path in SPECS if path.stem == "lanes_and_courses"))
    first = built.model_dump(mode="json")
    next(one for one in first["entities"] if one["name"] == "Enrolment")["name"] = "Place"
    draft, _ = settled(first, built)
    second = draft.model_dump(mode="json")
    next(one for one in second["entities"] if one["name"] == "Place")["name"] = "Seat"

    after, _ = settled(second, built, began=draft)

    seat = after.entity("Seat")
    assert seat is not None
    assert seat.was == "Enrolment"
    course = after.entity("Course")
    assert course is not None
    assert "count(Seat where" in course.computed[0].expression


def test_what_a_step_writes_into_a_linked_record_is_followed() -> None:
    mood = {"name": "mood", "type": "choice", "choices": ["Glad", "Sad"]}
    cat = {"name": "Cat", "fields": [{"name": "name", "required": True}, mood]}
    feed = {
        "label": "Feed", "sources": ["Due"], "target": "Done", "about": "Feeds.",
        "sets": [{"field": "cat.mood", "value": '"Glad"'}],
    }  # fmt: skip
    meal = {"name": "Meal", "state": "status", "moves": [feed], "fields": [
        {"name": "name", "required": True}, {"name": "cat", "type": "ref", "ref": "Cat"},
        {"name": "status", "type": "choice", "choices": ["Due", "Done"]},
    ]}  # fmt: skip
    before = AppSpec.model_validate({"title": "Cats", "entities": [cat, meal]})
    renames = [
        Operation(op="rename", at="entities/Cat/fields/mood/choices/Glad", to="Merry"),
        Operation(op="rename", at="entities/Cat/fields/mood", to="temper"),
        Operation(op="rename", at="entities/Meal/fields/cat", to="pet"),
    ]

    after, _ = settled(apply_operations(before.model_dump(mode="json"), renames), before, guess=False)

    (assignment,) = after.entities[1].moves[0].sets
    assert (assignment.field, assignment.value) == ("pet.temper", '"Merry"')


def test_what_a_form_offers_is_followed() -> None:
    state = {"name": "state", "type": "choice", "choices": ["In", "Out"]}
    bike = {"name": "Bike", "fields": [{"name": "name", "required": True}, state]}
    hire = {"name": "Hire", "fields": [
        {"name": "name", "required": True}, {"name": "bike", "type": "ref", "ref": "Bike"},
    ]}  # fmt: skip
    form = {
        "entity": "Hire", "action": "Hire", "about": "Hire.", "thanks": "Thanks.", "fields": ["name", "bike"],
        "offers": [{"field": "bike", "only_if": 'state = "In"'}],
    }  # fmt: skip
    before = AppSpec.model_validate({"title": "Bikes", "entities": [bike, hire], "forms": [form]})
    renames = [
        Operation(op="rename", at="entities/Bike/fields/state/choices/In", to="Here"),
        Operation(op="rename", at="entities/Bike/fields/state", to="whereabouts"),
        Operation(op="rename", at="entities/Hire/fields/bike", to="ride"),
    ]

    after, _ = settled(apply_operations(before.model_dump(mode="json"), renames), before, guess=False)

    (offer,) = after.forms[0].offers
    assert (offer.field, offer.only_if) == ("ride", 'whereabouts = "Here"')


def test_words_of_choices_and_roles_are_followed_where_they_are_written_or_compared() -> None:
    level = {"name": "level", "type": "choice", "choices": ["Low", "High"], "starts_as": '"Low"'}
    status = {"name": "status", "type": "choice", "choices": ["New", "Low"]}
    rise = {
        "label": "Rise", "sources": ["New"], "target": "Low", "about": "Rises.",
        "only_if": 'me.role = "Judge" and level in ("Low", "High") and status != "Low"',
        "sets": [{"field": "level", "value": 'if(name = "Low", "Low", "High")'}],
    }  # fmt: skip
    entry = {"name": "Entry", "state": "status", "moves": [rise], "fields": [
        {"name": "name", "required": True}, level, status,
    ]}  # fmt: skip
    roles = [{"name": "Judge", "about": "Judges."}, {"name": "Low", "about": "Watches."}]
    before = AppSpec.model_validate({"title": "Fair", "entities": [entry], "roles": roles})
    renames = [
        Operation(op="rename", at="entities/Entry/fields/level/choices/Low", to="Little"),
        Operation(op="rename", at="roles/Judge", to="Juror"),
    ]

    after, _ = settled(apply_operations(before.model_dump(mode="json"), renames), before, guess=False)

    (now,) = after.entities
    assert now.fields[1].starts_as == '"Little"'
    assert now.moves[0].only_if == 'me.role = "Juror" and level in ("Little", "High") and status != "Low"'
    assert now.moves[0].sets[0].value == 'if(name = "Low", "Little", "High")'
    assert (now.moves[0].target, after.roles[1].name) == ("Low", "Low")
