"""What customers see first, in apps from hand-written specifications."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import httpx2
import pytest

from app.blueprint.generate import generate
from app.blueprint.spec import FormSpec

from .test_apps import installed, lay_out, started
from .test_specified_apps import read
from .test_specified_figures import BY_NAME, Staff, plain

__all__ = ["installed"]


@pytest.fixture
async def pool(installed: Path, tmp_path: Path) -> AsyncIterator[Staff]:
    """A pool without records, where anybody enrols for a course."""
    spec = read(BY_NAME["lanes_and_courses"])
    form = FormSpec.model_validate(
        {
            "entity": "Enrolment",
            "action": "Enrol",
            "fields": ["course"],
            "person": "customer",
            "about": "Eight people.",
            "thanks": "See you.",
        }
    )
    folder = lay_out(generate(spec.model_copy(update={"forms": (form,)})), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    (folder / ".env").write_text("EXAMPLE_DATA=no\n")
    async with started(folder) as client, httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as visitor:
        yield Staff(client, visitor)


async def test_a_limit_of_the_founder_shows_how_many_places_are_left(pool: Staff) -> None:
    staff = pool
    past, soon = (f"{date.today() + timedelta(days)}T18:00" for days in (-2, 2))
    await staff.add("courses", name="Crawl for beginners", starts_at=soon)
    await staff.add("courses", name="Long over", starts_at=past)
    assert "Crawl for beginners" in (front := plain((await staff.visitor.get("/")).text))
    assert "8 left" in front
    assert "Long over" not in front

    for number in range(8):
        sent = {"course": "1", "person_name": f"Ann {number}", "person_email": f"ann{number}@example.com"}
        assert (await staff.send("/forms/enrolments", **sent)).status_code == 303
    front = plain((await staff.visitor.get("/")).text)
    assert "Crawl for beginners" in front
    assert "left" not in front.partition("Crawl for beginners")[2].partition("How it works")[0]
    assert re.search(r"Crawl for beginners .{0,60}Full", front)
    assert "full" in plain((await staff.client.get("/enrolments/new")).text)
