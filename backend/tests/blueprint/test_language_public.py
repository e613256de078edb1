"""Visitors see what the goal says they see, and nothing that is somebody's."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand
from app.blueprint.language.understanding import GoalUnreadable
from app.blueprint.plan import plan_of
from app.blueprint.spec import AppSpec, EntitySpec, Publicity


def kind(spec: AppSpec, label: str) -> EntitySpec:
    return next(entity for entity in spec.entities if entity.label == label)


def seen(spec: AppSpec) -> set[str]:
    return {entity.label for entity in spec.entities if entity.public is not Publicity.NONE}


@pytest.mark.parametrize("goal", ["simple blog", "build me a blog", "a personal blog website"])
def test_a_blog_is_posts_that_visitors_read_once_they_are_published(goal: str) -> None:
    spec = understand(goal)
    assert seen(spec) == {"Post"}
    assert kind(spec, "Post").public is Publicity.DETAIL
    assert kind(spec, "Post").public_if == 'status = "Published"'
    assert spec.forms == ()


def test_readers_leave_comments_where_the_goal_speaks_of_them() -> None:
    spec = understand("A blog where I write posts and people can comment")
    assert seen(spec) == {"Post", "Comment"}
    assert [form.entity for form in spec.forms] == ["Comment"]
    assert kind(spec, "Comment").public_if is None


def test_a_comment_that_is_to_be_approved_is_not_seen_before() -> None:
    spec = understand("A blog where readers leave comments which I approve first")
    assert kind(spec, "Comment").public_if == 'status = "Shown"'
    assert "approved" in spec.forms[0].thanks


@pytest.mark.parametrize("goal", ["A private blog for our family with comments", "A newsroom plans its articles"])
def test_texts_that_are_not_for_the_public_stay_inside(goal: str) -> None:
    assert seen(understand(goal)) == set()


def test_a_reply_is_listed_nowhere_but_on_what_it_answers() -> None:
    plan = plan_of(understand("A blog where I write posts and people can comment"))
    assert [page.kind for page in plan.pages].count("catalogue") == 1


def test_a_site_of_pictures_alone_is_still_refused() -> None:
    with pytest.raises(GoalUnreadable, match="texts and pictures"):
        understand("portfolio site")


@pytest.mark.parametrize(
    ("goal", "label"),
    [
        ("A florist: bouquets with a price and a photo each, customers order them", "Bouquet"),
        ("We sell cakes, each with a picture and a price. Customers order online.", "Cake"),
        ("Visitors browse our antique clocks with photos and prices", "Clock"),
        ("Zoo: animals, keepers, feedings. The public can see the animals.", "Animal"),
    ],
)
def test_what_visitors_browse_or_order_by_its_picture_is_on_the_public_page(goal: str, label: str) -> None:
    assert label in seen(understand(goal))


def test_visitors_see_neither_the_names_of_people_nor_notes() -> None:
    animal = kind(understand("Zoo: animals, keepers, feedings. The public can see the animals."), "Animal")
    assert "name" in animal.public_fields
    assert not {"keeper", "notes"} & set(animal.public_fields)


@pytest.mark.parametrize(
    "goal",
    [
        "A garden centre lists plants; customers cannot see the plants",
        "A salon where customers see their own appointments",
        "A clinic with patients; people can see who is on duty",
        "A library with books and readers",
    ],
)
def test_nothing_is_public_that_the_goal_does_not_call_so(goal: str) -> None:
    assert seen(understand(goal)) == set()


def test_nobody_votes_on_nothing() -> None:
    """Visitors are not shown whose cards there are, so a form for votes could not ask for the card."""
    spec = understand("Team retro: everyone adds cards good/bad/idea, votes three times, cards sorted by votes")
    assert {rule.fields for rule in spec.rules if rule.entity == "Vote"} == {("card", "resident")}
    assert all("card" in form.fields for form in spec.forms if form.entity == "Vote")


@pytest.mark.parametrize(
    ("goal", "action"),
    [
        ("Citizens report defects in the street with a place and photo, without an account.", "Report a defect"),
        ("Anyone can file a request on a page", "File a request"),
    ],
)
def test_what_people_from_outside_hand_in_has_a_form(goal: str, action: str) -> None:
    spec = understand(goal)
    (form,) = [form for form in spec.forms if form.action == action]
    entity = next(entity for entity in spec.entities if entity.name == form.entity)
    # Whoever cannot be reached gets no answer.
    assert form.person or "email" in {field.type.value for field in entity.fields}


@pytest.mark.parametrize(
    "goal",
    [
        "The office reports defects of our machines",
        "Mechanics report defects of our machines",
        "Citizens never report defects here, the staff keep a list of defects",
    ],
)
def test_what_only_the_staff_enter_has_no_form(goal: str) -> None:
    assert not [form for form in understand(goal).forms if "efect" in form.action]
