"""Who signs in to see only what is theirs, and who does not."""

from __future__ import annotations

import pytest

from app.blueprint.language import understand
from app.blueprint.spec import Reach, RoleScope


def own_people(goal: str) -> set[str]:
    return {role.name for role in understand(goal).roles if role.scope is RoleScope.OWN}


@pytest.mark.parametrize(
    ("goal", "who"),
    [
        ("Music school. Teachers give lessons to pupils. Teachers see only their own lessons.", "Teacher"),
        ("Taxi dispatch: rides, drivers, customers; each driver sees their rides", "Driver"),
        ("School: teachers, pupils, lessons. Teachers only their lessons.", "Teacher"),
        ("Consignment shop: items of consignors, sales. Show every consignor what has sold.", "Consignor"),
        ("Members book courts and see only their own bookings", "Member"),
        ("Repairs: tenants report repairs. Tenants sign in and follow their repairs.", "Tenant"),
        ("Care visits by carers to clients. A carer only sees visits assigned to them.", "Carer"),
    ],
)
def test_people_who_see_only_their_own_sign_in(goal: str, who: str) -> None:
    assert who in own_people(goal)


@pytest.mark.parametrize(
    "goal",
    [
        "Taxi dispatch: rides, drivers, customers. Drivers see all rides.",
        "Music school. Teachers give lessons to pupils. Teachers never log in.",
        "Members book courts on the site, without a login",
    ],
)
def test_others_have_no_account(goal: str) -> None:
    assert own_people(goal) == set()


def test_who_serves_sees_theirs_and_adds_none_unless_the_goal_says_so() -> None:
    goal = "Taxi dispatch: rides, drivers, customers; each driver sees their rides"
    rights = {right.role: right for entity in understand(goal).entities for right in entity.rights}
    assert rights["Driver"].sees is Reach.OWN
    assert not rights["Driver"].adds
    entering = understand(goal + ". Drivers enter rides.")
    assert not [right for entity in entering.entities for right in entity.rights]
