"""A visitor is told what something costs by its own name, and nothing of what the business pays or earns."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Final

import pytest

from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec

from .test_apps import installed, lay_out, started

__all__ = ["installed"]


def spec_of(*amounts: str) -> AppSpec:
    """Appointments with an artist of whom these amounts are kept."""
    money = [{"name": name.lower().replace(" ", "_"), "label": name, "type": "money"} for name in amounts]
    return AppSpec.model_validate(
        {
            "title": "Needle",
            "tagline": "Tattoos",
            "entities": [
                {
                    "name": "Client",
                    "fields": [{"name": "name", "required": True}, {"name": "email", "type": "email"}],
                },
                {"name": "Artist", "fields": [{"name": "name", "required": True}, *money]},
                {
                    "name": "Appointment",
                    "fields": [
                        {"name": "client", "type": "ref", "ref": "Client", "required": True},
                        {"name": "artist", "type": "ref", "ref": "Artist", "required": True},
                    ],
                },
            ],
            "forms": [
                {
                    "entity": "Appointment",
                    "action": "Book a time",
                    "about": "Choose an artist.",
                    "thanks": "See you.",
                    "fields": ["artist"],
                    "person": "client",
                }
            ],
        }
    )


CASES: Final = {
    "a deposit": (("Wage", "Deposit"), "Deposit", "Deposit $50.00", "$50.00"),
    "a price": (("Deposit", "Price per hour"), "Price", "$50.00 per hour", "$50.00 per hour"),
    "a wage": (("Hourly wage",), "", "", ""),
}


@pytest.mark.parametrize("case", CASES)
async def test_an_amount_is_told_as_what_it_is(installed: Path, tmp_path: Path, case: str) -> None:
    amounts, label, offered, told = CASES[case]
    folder = lay_out(generate(spec_of(*amounts)), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    (folder / ".env").write_text("EXAMPLE_DATA=no\n")
    async with started(folder) as client:

        async def send(path: str, **fields: str) -> str:
            token = re.findall(r'name="csrf_token" value="([^"]+)"', (await client.get(path)).text)[0]
            answer = await client.post(path, data={"csrf_token": token, **fields})
            assert answer.status_code == 303, answer.text
            return str(answer.headers["location"])

        values = {
            name.lower().replace(" ", "_"): str(50 + 7 * (len(amounts) - 1 - at))
            for at, name in enumerate(amounts)
        }
        await send("/artists/new", name="Ada", **values)
        form = html.unescape((await client.get("/forms/appointments")).text)
        thanks = html.unescape(
            (
                await client.get(
                    await send("/forms/appointments", artist="1", person_name="Bo", person_email="b@example.com")
                )
            ).text
        )

    assert re.findall(r"(?:Deposit )?\$\d+\.\d\d(?: per hour)?", form) == ([offered] if offered else [])
    rows = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", thanks))
    assert [(name, text) for name, text in rows.items() if "$" in text] == ([(label, told)] if label else [])
