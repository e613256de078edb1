"""The plan says all that a specification says, and nothing that it does not."""

from __future__ import annotations

import tomllib

import pytest

from app.blueprint.language import understand
from app.blueprint.plan import Plan, plan_of
from app.blueprint.plan_parts import VISITOR
from app.blueprint.plan_text import plan_lines
from app.blueprint.spec import VISITOR as SPEC_VISITOR
from app.blueprint.spec import AppSpec, Publicity, Reach, RuleKind, ViewKind, WishState
from app.blueprint.spec_faults import faults_of
from app.blueprint.spec_queries import with_article
from tests.support.specs import SPECS

GOALS = ["a booking app for a yoga studio", "invoices with lines for a freelance designer", "members borrow kites"]


def specs() -> list[AppSpec]:
    written = [AppSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))) for path in SPECS]
    return [*written, *map(understand, GOALS)]


@pytest.fixture(params=specs(), ids=lambda spec: spec.title)
def pair(request: pytest.FixtureRequest) -> tuple[AppSpec, Plan]:
    return request.param, plan_of(request.param)


def test_every_kind_of_record_and_field_is_in_the_plan(pair: tuple[AppSpec, Plan]) -> None:
    spec, plan = pair
    kept = {keeps.name: [field.name for field in keeps.fields] for keeps in plan.keeps}
    said = {
        entity.name: [*(field.name for field in entity.fields), *(figure.name for figure in entity.computed)]
        for entity in spec.entities
    }
    assert kept == said


def test_every_rule_and_move_is_in_the_plan(pair: tuple[AppSpec, Plan]) -> None:
    spec, plan = pair
    rules = [rule.about for rule in spec.rules if rule.kind is not RuleKind.SUM]
    moves = [move.about for entity in spec.entities for move in entity.moves]
    assert [rule.about for rule in plan.rules] == [*rules, *moves]
    steps = {(keeps.name, move.from_, move.to) for keeps in plan.keeps for move in keeps.moves}
    assert steps == {
        (entity.name, source, move.target)
        for entity in spec.entities
        for move in entity.moves
        for source in move.sources
    }


def test_every_figure_and_sum_is_in_the_plan(pair: tuple[AppSpec, Plan]) -> None:
    spec, plan = pair
    about = {computed.about for computed in plan.computes}
    assert {figure.about for entity in spec.entities for figure in entity.computed} <= about
    assert {rule.about for rule in spec.rules if rule.kind is RuleKind.SUM} <= about


def test_every_right_and_form_is_in_the_plan(pair: tuple[AppSpec, Plan]) -> None:
    spec, plan = pair
    does = {(deed.who, deed.entity) for deed in plan.does}
    rights = {
        (VISITOR if right.role == SPEC_VISITOR else right.role, entity.name)
        for entity in spec.entities
        for right in entity.rights
        if right.adds or right.sees is not Reach.NONE
    }
    assert rights <= does
    assert {form.action for form in spec.forms} <= {deed.label for deed in plan.does}


def test_what_visitors_change_by_their_link_is_in_the_plan() -> None:
    spec = AppSpec.model_validate(
        {
            "title": "Party", "goal": "Guests answer.",
            "entities": [
                {
                    "name": "Guest",
                    "fields": [
                        {"name": "name", "required": True}, {"name": "coming", "type": "bool"},
                        {"name": "meal", "type": "choice", "choices": ["Beef", "Fish"]},
                    ],
                    "rights": [{"role": "visitor", "sees": "own", "changes": "own", "fields": ["coming", "meal"]}],
                }
            ],
        }
    )  # fmt: skip
    assert faults_of(spec.model_dump(mode="json"))[1] == []
    labels = {deed.label for deed in plan_of(spec).does if deed.who == VISITOR}
    assert "Change their own guest by its link: coming, meal" in labels


def test_every_kind_of_line_is_in_the_plan(pair: tuple[AppSpec, Plan]) -> None:
    spec, plan = pair
    entered = {(deed.who, deed.entity) for deed in plan.does if deed.verb == "enter"}
    lines = {entity.name: entity.lines for entity in spec.entities if entity.lines}
    by_visitors = {(VISITOR, lines[form.entity]) for form in spec.forms if form.lines}
    assert {entity for _, entity in entered} == set(lines.values())
    assert by_visitors == {one for one in entered if one[0] == VISITOR}


def test_every_section_and_calculator_is_in_the_plan(pair: tuple[AppSpec, Plan]) -> None:
    spec, plan = pair
    pages = {(page.kind, page.title) for page in plan.pages}
    assert {(section.kind.value, section.title) for section in (spec.site.sections if spec.site else ())} <= pages
    assert len([page for page in plan.pages if page.kind == "calculator"]) >= len(spec.tools)
    about = {computed.about for computed in plan.computes}
    assert {result.about for tool in spec.tools for result in tool.results} <= about


def test_what_visitors_see_is_in_the_plan_and_nothing_else(pair: tuple[AppSpec, Plan]) -> None:
    spec, plan = pair
    public = {entity.name for entity in spec.entities if entity.public is not Publicity.NONE}
    assert {deed.entity for deed in plan.does if (deed.who, deed.verb) == (VISITOR, "see")} == public
    in_detail = {entity.name for entity in spec.entities if entity.public is Publicity.DETAIL}
    assert {shown.entity for shown in plan.shows if shown.kind == "catalogue"} == in_detail
    inviting = {form.entity for form in spec.forms if form.invited_by}
    assert {deed.entity for deed in plan.does if deed.verb == "invite"} == inviting


def test_every_view_is_in_the_plan(pair: tuple[AppSpec, Plan]) -> None:
    spec, plan = pair
    shown = {(view.kind, view.entity) for view in plan.shows}
    wanted = {
        (view.kind.value, view.entity) for view in spec.views if view.kind not in (ViewKind.LIST, ViewKind.TOTALS)
    }
    assert wanted <= shown


def test_a_single_wish_needs_no_more_than_that_some_of_it_is_met() -> None:
    assert plan_of(understand("project board where we drag client requests")).keeps_enough


def test_more_than_half_of_several_wishes_must_be_met() -> None:
    plan = plan_of(understand("Track hives, weigh every frame, forecast the weather and play birdsong"))
    assert [clause.state for clause in plan.clauses].count(WishState.KEPT) < len(plan.clauses) / 2
    assert not plan.keeps_enough


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("loan", "a loan"),
        ("order", "an order"),
        ("user", "a user"),
        ("usher", "an usher"),
        ("unit", "a unit"),
        ("hour", "an hour"),
        ("house", "a house"),
    ],
)
def test_an_article_goes_by_the_sound(text: str, said: str) -> None:
    assert with_article(text) == said


def test_a_message_is_told_in_a_sentence_as_people_speak() -> None:
    spec = understand("Customers send orders by a form and get a confirmation by e-mail when they order")
    assert [sent.when for sent in plan_of(spec).sends] == ["when an order is added"]


def test_the_plan_says_what_members_add_of_their_own() -> None:
    plan = plan_of(understand("Rooms of a studio. Bands see their own bookings. Bands book rooms."))
    assert ("Band", "add", "Add bookings of their own") in {
        (deed.who, deed.verb, deed.label) for deed in plan.does
    }
    assert "    - Band (sees only their own, adds bookings of their own)" in plan_lines(plan)
