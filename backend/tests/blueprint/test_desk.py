"""The owner's first page: what is today, what waits, and shortcuts; a customer's first page says none of it."""

from __future__ import annotations

import html
import re
from pathlib import Path

import httpx2
import pytest

from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec

from .test_apps import installed, lay_out, started

__all__ = ["installed"]

SPEC = AppSpec.model_validate(
    {
        "title": "Corner Repairs Tracker",
        "tagline": "An app to track the repairs of our shop.",
        "entities": [
            {
                "name": "Repair",
                "fields": [
                    {"name": "name", "required": True},
                    {"name": "due_on", "type": "date"},
                    {"name": "status", "type": "choice", "choices": ["New", "On the bench", "Done"]},
                ],
                "seed": ["Bent wheel", "Flat tyre", "Loose chain"],
            }
        ],
        "views": [
            {"kind": "board", "entity": "Repair", "field": "status"},
            {"kind": "calendar", "entity": "Repair", "field": "due_on"},
        ],
        "forms": [
            {
                "entity": "Repair",
                "action": "Bring your bike in",
                "about": "Tell us what is wrong with it.",
                "thanks": "We look at it.",
                "fields": ["name"],
            }
        ],
    }
)


@pytest.fixture
async def app_folder(installed: Path, tmp_path: Path) -> Path:
    folder = lay_out(generate(SPEC), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    return folder


async def test_the_desk_tells_what_waits_and_the_site_speaks_to_customers(app_folder: Path) -> None:
    async with started(app_folder) as client:
        token = re.findall(r'name="csrf_token" value="([^"]+)"', (await client.get("/repairs/new")).text)[0]
        before = waiting((await client.get("/staff-side")).text)
        new = {"csrf_token": token, "name": "Bent fork", "status": "New"}
        assert (await client.post("/repairs/new", data=new)).status_code == 303
        desk = (await client.get("/staff-side")).text
        assert waiting(desk).get("New", 0) == before.get("New", 0) + 1
        assert "Done" not in waiting(desk)
        listed = (await client.get("/repairs?status=New")).text
        assert "Bent fork" in listed
        assert 'href="/repairs/new"' in desk
        async with httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as customer:
            site = html.unescape((await customer.get("/")).text)
    assert "<h1>Corner Repairs</h1>" in site
    assert "Bring your bike in right here" in site
    for builders_word in ("Tracker", "track", "app ", "blueprint", "CSV", "goal"):
        assert builders_word not in re.sub(r"<[^>]+>", " ", site), builders_word


def waiting(page: str) -> dict[str, int]:
    """The states of the card of what waits, with how many records stand in each."""
    card = page.split('id="waits"')[1].split("</section>")[0]
    found = re.findall(
        r'<span class="pill \w+">([^<]+)</span>.*?<span class="figure small">(\d+)</span>', card, re.DOTALL
    )
    return {state: int(count) for state, count in found}


async def test_the_overview_says_what_a_number_a_day_and_an_amount_is_of(installed: Path, tmp_path: Path) -> None:
    fields = [
        {"name": "name", "required": True},
        {"name": "starts_at", "type": "datetime", "starts_as": "now"},
        {"name": "minutes", "label": "Minutes", "type": "int", "starts_as": "45"},
        {"name": "paid_on", "label": "Paid on", "type": "date", "starts_as": "today"},
    ]
    fine = [fields[0], {"name": "fine", "label": "Fine", "type": "money", "starts_as": "7"}]
    kind = {"name": "Visit", "fields": fields, "seed": ["First visit"]}
    loss = {"name": "Loss", "plural": "Losses", "fields": fine, "seed": ["A key"]}
    views = [{"kind": "calendar", "entity": "Visit", "field": "starts_at"}]
    spec = AppSpec.model_validate(
        {"title": "Visits", "tagline": "Visits.", "entities": [kind, loss], "views": views}
    )
    folder = lay_out(generate(spec), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    async with started(folder) as client:
        desk = re.sub(r"<[^>]+>", " ", (await client.get("/")).text)
    assert "45 minutes" in desk
    assert "Minutes 45" not in desk
    assert re.search(r"Paid on \w{3} \d", desk)
    assert "Fine $7.00" in desk
    assert "Starts at" not in desk
