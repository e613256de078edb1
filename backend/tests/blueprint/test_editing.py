"""Edits of a specification: renames are found and followed; whatever is sent ends in one, or in a reason."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.blueprint.editing import lives_on, problems, settled
from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec
from tests.blueprint.test_migration import BOOKING, CLASS, CLIENT, app_of, edited, field, fields_of
from tests.support.studio import studio

BASE = studio()


def raw(spec: AppSpec = BASE) -> dict[str, Any]:
    return copy.deepcopy(spec.model_dump(mode="json"))


def entity(edit: dict[str, Any], name: str) -> Any:
    return next(one for one in edit["entities"] if one["name"] == name)


def member(edit: dict[str, Any], name: str, field_name: str) -> Any:
    return next(one for one in entity(edit, name)["fields"] if one["name"] == field_name)


def test_no_edit_is_no_change() -> None:
    assert settled(raw(), BASE) == (BASE, [])


def test_a_rename_by_name_alone_is_followed_in_links_views_rules_and_pages() -> None:
    edit = raw()
    entity(edit, "Client")["name"] = "Member"
    entity(edit, "Client" if any(e["name"] == "Client" for e in edit["entities"]) else "Member")["table"] = (
        "members"
    )
    spec, notes = settled(edit, BASE)
    made = spec.entity("Member")
    assert made is not None
    assert (made.was, made.label, made.plural) == ("Client", "Member", "Members")
    assert "Client" not in {one.ref for each in spec.entities for one in each.fields}
    paths = {page.path: page.title for page in spec.pages}
    assert paths["/members"] == "Members"
    assert not [path for path in paths if path.startswith("/clients")]
    assert len(notes) == 1
    generate(spec)


def test_an_expression_deeper_than_python_can_go_is_a_fault_of_the_edit() -> None:
    edit = raw()
    edit["rules"][0]["when"] = "not " * 5_000 + "yes"
    with pytest.raises(ValidationError, match="at most 1000 characters"):
        settled(edit, BASE)


@pytest.mark.parametrize(
    ("name", "label", "plural"), [("Company", "Company", "Companies"), ("ClassPass", "Class pass", "Class passes")]
)
def test_a_kind_of_record_that_was_renamed_is_called_by_words_of_its_new_name(
    name: str, label: str, plural: str
) -> None:
    edit = raw()
    entity(edit, "Client")["name"] = name
    made = settled(edit, BASE)[0].entity(name)
    assert made is not None
    assert (made.label, made.plural) == (label, plural)


def test_a_field_that_changed_its_name_alone_keeps_its_values() -> None:
    edit = raw()
    member(edit, "Client", "phone")["name"] = "mobile"
    spec, notes = settled(edit, BASE)
    found = spec.entity("Client")
    assert found is not None
    renamed = found.field("mobile")
    assert renamed is not None
    assert renamed.was == "phone"
    assert "'mobile'" in notes[0]


def test_a_choice_in_the_place_of_another_is_taken_for_its_new_name_and_it_is_said() -> None:
    base = app_of(CLIENT, CLASS, BOOKING)
    edit = raw(base)
    member(edit, "Booking", "status")["choices"] = ["New", "Settled", "Cancelled"]

    spec, notes = settled(edit, base)
    written, silent = settled(edit, base, guess=False)

    assert "'Settled' is taken for what was 'Paid' of 'status'" in notes[0]
    status = next(one for one in spec.entities if one.name == "Booking").field("status")
    assert status is not None
    assert [(one.name, one.was) for one in status.choices_were] == [("Settled", "Paid")]
    assert silent == []
    assert "choices_were': [{" not in str(written.model_dump(mode="json"))


def test_a_field_of_another_kind_is_no_rename() -> None:
    edit = raw()
    member(edit, "Client", "phone").update(name="size", label="Size", type="int")
    spec, notes = settled(edit, BASE)
    assert notes == []
    assert all(one.was is None for each in spec.entities for one in each.fields)


def test_a_renamed_field_is_followed_in_rules_and_views() -> None:
    base = app_of(CLIENT, CLASS, BOOKING)
    rule = {"kind": "unique", "entity": "Client", "fields": ["phone"], "about": "One phone each."}
    base = AppSpec.model_validate({**raw(base), "rules": [rule]})
    edit = raw(base)
    member(edit, "Client", "phone").update(name="mobile", was="phone")
    assert settled(edit, base)[0].rules[0].fields == ("mobile",)


def test_a_word_about_an_earlier_version_that_never_was_is_forgotten() -> None:
    edit = raw()
    entity(edit, "Client")["was"] = "Customer"
    member(edit, "Client", "phone")["was"] = "telephone"
    assert settled(edit, BASE)[0] == BASE


def test_a_kind_of_record_that_goes_takes_its_pages_along_and_a_new_one_gets_its_page() -> None:
    base = app_of(CLIENT, CLASS, BOOKING)
    base = AppSpec.model_validate(
        {**raw(base), "pages": [{"path": f"/{one}", "title": one} for one in ("clients", "lessons", "bookings")]}
    )
    edit = raw(base)
    edit["entities"] = [one for one in edit["entities"] if one["name"] != "Booking"]
    room = {"name": "Room", "table": "rooms", "label": "Room", "plural": "Rooms", "about": "All rooms."}
    edit["entities"].append(
        room | {"fields": [{"name": "seats", "label": "Seats", "type": "int", "required": True}]}
    )
    assert [page.path for page in settled(edit, base)[0].pages] == ["/clients", "/lessons", "/rooms"]


def test_checks_follow_their_rule_and_go_with_it() -> None:
    rules = [
        {"kind": "unique", "entity": "Client", "fields": ["name"], "about": "First."},
        {"kind": "unique", "entity": "Client", "fields": ["phone"], "about": "Second."},
    ]
    words = {"given": "A client", "do": "Add it again", "expect": "It is refused", "kind": "rule"}
    checks = [{**words, "entity": "Client", "rule": number} for number in (0, 1)]
    base = AppSpec.model_validate({**raw(app_of(CLIENT, CLASS, BOOKING)), "rules": rules, "acceptance": checks})
    edit = raw(base)
    del edit["rules"][0]
    assert [check.rule for check in settled(edit, base)[0].acceptance] == [0]


def test_checks_of_rules_that_share_a_sentence_stay_with_their_own_rule() -> None:
    same = "A client is known by one name and one phone."
    rules = [
        {"kind": "unique", "entity": "Client", "fields": ["name"], "about": "Other."},
        {"kind": "unique", "entity": "Client", "fields": ["name"], "about": same},
        {"kind": "unique", "entity": "Client", "fields": ["phone"], "about": same},
    ]
    words = {"given": "A client", "expect": "It is refused", "kind": "rule", "entity": "Client"}
    checks = [{**words, "do": f"Repeat the {part}", "rule": at} for part, at in (("name", 1), ("phone", 2))]
    base = AppSpec.model_validate({**raw(app_of(CLIENT, CLASS, BOOKING)), "rules": rules, "acceptance": checks})

    without_other, without_name = raw(base), raw(base)
    del without_other["rules"][0]
    del without_name["rules"][1]

    assert [check.rule for check in settled(without_other, base)[0].acceptance] == [0, 1]
    [left] = settled(without_name, base)[0].acceptance
    assert (left.do, left.rule) == ("Repeat the phone", 1)


def test_an_edit_of_an_edit_counts_the_rules_of_the_edit() -> None:
    rules = [
        {"kind": "unique", "entity": "Client", "fields": ["name"], "about": text} for text in ("One.", "Two.")
    ]
    words = {"given": "A client", "do": "Add it again", "expect": "It is refused", "kind": "rule"}
    checks = [{**words, "entity": "Client", "rule": 1}]
    base = AppSpec.model_validate({**raw(app_of(CLIENT, CLASS, BOOKING)), "rules": rules, "acceptance": checks})
    edit = raw(base)
    del edit["rules"][0]
    first, _ = settled(edit, base)

    again, _ = settled(raw(first), base, began=first)

    assert again == first
    assert [check.rule for check in again.acceptance] == [0]


def test_an_app_of_other_things_does_not_live_on() -> None:
    rocket = edited(CLASS, name="Rocket", table="rockets", label="Rocket", plural="Rockets")
    assert not lives_on(raw(), app_of(rocket))
    assert lives_on(raw(), app_of(edited(CLIENT, fields=fields_of(CLIENT, field("x", "int")))))
    assert lives_on({"made by": "another release"}, app_of(CLASS))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            lambda edit: member(edit, "Client", "phone").update(type="colour"),
            "entities 'Client', fields 'phone', type",
        ),
        (lambda edit: member(edit, "Client", "phone").update(choices=["A"]), "entities 'Client', fields 'phone'"),
        (lambda edit: edit.update(title=""), "title"),
        (lambda edit: edit.update(colour="red"), "colour"),
    ],
)
def test_what_is_wrong_is_named_by_the_words_of_the_edit(change: Any, place: str) -> None:
    edit = raw()
    change(edit)
    with pytest.raises(ValidationError) as caught:
        settled(edit, BASE)
    assert [one["field"] for one in problems(caught.value, edit)] == [place]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_sent_ends_in_a_specification_or_a_reason(data: st.DataObject) -> None:
    edit: Any = raw()
    for _ in range(data.draw(st.integers(1, 3))):
        here = edit
        while isinstance(here, dict | list) and here:
            key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else list(range(len(here)))))
            if data.draw(st.booleans()) or not isinstance(here[key], dict | list):
                here[key] = data.draw(JSON)
                break
            here = here[key]
    try:
        spec, _ = settled(edit, BASE)
    except ValidationError as error:
        found = problems(error, edit)
    else:
        found = []
        assert settled(spec.model_dump(mode="json"), BASE)[0] == spec
    assert all(one["field"] and one["problem"] for one in found)


@pytest.mark.parametrize("key", ["name", "was", "type", "choices", "ref", "table", "fields", "label"])
@pytest.mark.parametrize("value", [[], {}, [[1]], {"a": {}}, 3, "x", None, "é\x00"])
def test_a_member_may_be_anything_without_a_crash(key: str, value: Any) -> None:
    for label in (None, "phone"):
        edit = raw()
        (member(edit, "Client", label) if label else entity(edit, "Client"))[key] = value
        try:
            settled(edit, BASE)
        except ValidationError as error:
            found = problems(error, edit)
        else:
            found = [{"field": "none"}]
        assert found


def test_a_rename_is_followed_into_lines_what_visitors_see_and_the_first_page() -> None:
    link = {"name": "order", "type": "ref", "ref": "Order", "required": True, "on_delete": "cascade"}
    what = [{"name": "what", "required": True}]
    base = AppSpec.model_validate(
        {
            "title": "Orders",
            "entities": [
                {"name": "Order", "fields": [{"name": "number", "required": True}], "lines": "Line"},
                {"name": "Line", "fields": [*what, link], "public": "list", "public_fields": ["what"]},
            ],
            "forms": [
                {"entity": "Order", "action": "Order", "about": "Do.", "thanks": "Thanks.", "fields": ["number"]}
                | {"lines": ["what"], "shows": ["number"]}
            ],
            "site": {"sections": [{"kind": "catalogue", "title": "Ordered", "entity": "Line"}]},
        }
    )
    edit = raw(base)
    entity(edit, "Line").update(name="Item", was="Line")
    member(edit, "Item", "what").update(name="thing", was="what")
    member(edit, "Order", "number").update(name="sign", was="number")
    spec, _ = settled(edit, base)
    assert spec.entities[0].lines == "Item"
    assert spec.entities[1].public_fields == ("thing",)
    assert (spec.forms[0].lines, spec.forms[0].shows) == (("thing",), ("sign",))
    assert spec.site is not None
    assert spec.site.sections[0].entity == "Item"
