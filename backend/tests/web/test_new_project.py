"""What somebody meets who has an idea of which little would be kept, or no model to ask."""

from __future__ import annotations

import html
import re
from pathlib import Path

from app.blueprint.language.archetypes import archetypes
from app.blueprint.language.kinds import goal_of_kind
from tests.support.house import AUTH, House, open_house
from tests.web.conftest import sign_in
from tests.web.test_pages import post

LITTLE_KEPT = (
    "Appointments at my hair salon. A choir sings, the donkeys pull a sledge through the snow, a wizard guards "
    "the moon and a wolf howls at the ferry."
)


def projects(house: House) -> list[str]:
    return [project["name"] for project in house.client.get("/api/projects", headers=AUTH).json()["items"]]


def test_a_kind_of_app_that_is_close_is_a_click_away(signed_in: House) -> None:
    page = post(signed_in, "/new", goal=LITTLE_KEPT, do="plan").text

    assert page.index("Less than half") < page.index("What it keeps")
    assert "An app to keep clients, services, appointments and staff" in page
    kinds = re.findall(r'<a href="(/new\?goal=An%20app%20to%20keep[^"]*)"', page)
    assert kinds
    for address in kinds:
        assert 'value="build"' in signed_in.client.get(html.unescape(address)).text, address


def test_what_would_be_kept_too_little_of_is_built_only_by_a_button_that_says_so(signed_in: House) -> None:
    page = post(signed_in, "/new", goal=LITTLE_KEPT, do="build").text

    assert 'value="build"' not in page
    assert "Build it all the same" in page
    assert projects(signed_in) == []
    assert post(signed_in, "/new", goal=LITTLE_KEPT, do="build anyway").url.path.startswith("/p/")
    assert len(projects(signed_in)) == 1


def test_the_refusal_names_goals_that_can_be_said(signed_in: House) -> None:
    refused = signed_in.client.post(
        "/api/generation/start",
        json={"project_id": signed_in.project("Trees"), "goal": LITTLE_KEPT, "anyway": False},
        headers=AUTH,
    ).json()

    assert refused["code"] == "too_little_kept"
    assert refused["near"]
    assert all(goal.startswith("An app to keep ") and goal in refused["detail"] for goal in refused["near"])


def test_a_kind_of_app_is_said_in_plain_words() -> None:
    goals = {kind.name: goal_of_kind(kind) for kind in archetypes()}

    assert goals["classes"] == "An app to keep classes, clients and bookings."
    assert goals["appointments"] == "An app to keep clients, services, appointments and staff."
    assert goals["recipes"] == "An app to keep recipes."


def test_a_model_server_that_is_not_offered_is_not_said_to_be_away(
    database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    more = {"model_servers": "http://10.0.0.5:8080"}
    with open_house(database_url, valkey_url, tmp_path, more=more) as house:
        sign_in(house)
        page = house.client.get("/settings?look=1").text

    assert "There is none here that you may use" in page
    assert "None runs on this machine" not in page
