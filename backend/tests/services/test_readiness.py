"""What stands in the way of a launch, as the plan of a version tells it."""

from __future__ import annotations

from app.blueprint.language import understand
from app.services.gallery import examples
from app.services.readiness import findings_about_people

SPEC = understand("A booking app for a yoga studio. Customers book a class online.")


def test_a_page_where_visitors_choose_from_all_customers_blocks_a_launch() -> None:
    [form] = SPEC.forms
    asks_who = form.model_copy(update={"person": None, "fields": ("customer", *form.fields)})

    [finding] = findings_about_people(SPEC.model_copy(update={"forms": (asks_who,)}))

    assert (finding.light, finding.title) == ("red", "Strangers could read who your customers are")
    assert "“Book a yoga class”" in finding.detail
    assert list(findings_about_people(SPEC)) == []


def test_no_plan_of_the_gallery_shows_who_its_people_are() -> None:
    assert [example.name for example in examples() if list(findings_about_people(example.spec))] == []


def test_a_list_of_nicknames_tells_nobody_who_they_are() -> None:
    """What visitors see of members is named: as long as it is neither a name nor a way to reach them."""
    [plan] = [example.spec for example in examples() if example.name == "fathers_help"]
    [member] = [entity for entity in plan.entities if entity.name == "Member"]
    for shown, expected in (
        (("nickname", "points"), []),
        (("nickname", "email"), ["red"]),
        ((), ["red"]),
    ):
        seen = member.model_copy(update={"public_fields": shown})
        entities = tuple(seen if entity is member else entity for entity in plan.entities)
        findings = findings_about_people(plan.model_copy(update={"entities": entities}))
        assert [finding.light for finding in findings] == expected
