"""Names in a generated app are found, sorted and told apart as people would do it."""

from __future__ import annotations

import html
import re
import unicodedata
from pathlib import Path

import httpx2
import pytest

from .test_apps import installed
from .test_specified_figures import Staff, staff

__all__ = ["installed", "staff"]
NAMES = [
    "Ärzte Müller",
    "José Núñez",
    "Zoë Brontë",
    "ŁUKASZ Żak",
    "ΑΘΗΝΑ",
    "Keiko Rahimi",
    "100% Fun",
    "Snow_ball",
]
quotes = pytest.mark.parametrize("staff", ["window_quotes"], indirect=True)


async def listed(client: httpx2.AsyncClient, **query: str) -> list[str]:
    page = (await client.get("/customers", params=query)).text
    return [html.unescape(name) for name in re.findall(r'<a class="lead" href="/customers/\d+">(.*?)</a>', page)]


@quotes
async def test_a_search_finds_names_however_they_are_typed(staff: Staff) -> None:
    for name in NAMES:
        await staff.add("customers", name=name)
    wanted = {
        "ärzte": "Ärzte Müller", "arzte": "Ärzte Müller", "jose nunez": "José Núñez", "JOSÉ": "José Núñez",
        "Zoë": "Zoë Brontë", unicodedata.normalize("NFD", "Zoë"): "Zoë Brontë", "łukasz": "ŁUKASZ Żak",
        "lukasz": "ŁUKASZ Żak", "αθηνα": "ΑΘΗΝΑ", "rahimi keiko": "Keiko Rahimi", "keiko   rahimi": "Keiko Rahimi",
        "%": "100% Fun", "_": "Snow_ball",
    }  # fmt: skip
    for typed, name in wanted.items():
        assert await listed(staff.client, q=typed) == [name], typed
    assert await listed(staff.client, q="keiko müller") == []


@quotes
async def test_names_are_sorted_as_in_a_telephone_book(staff: Staff) -> None:
    for name in ["Zebra", "Éclair Ltd", "Banana", "Öl AG", "apple gmbh", "Room 10", "Room 9"]:
        await staff.add("customers", name=name)
    names = ["apple gmbh", "Banana", "Éclair Ltd", "Öl AG", "Room 9", "Room 10", "Zebra"]
    assert await listed(staff.client, sort="name") == names


@quotes
async def test_a_name_that_two_records_have_is_asked_about(staff: Staff) -> None:
    first, second = [await staff.add("customers", name="Sam Twin") for _ in range(2)]
    head = "Number,Customer,Quoted on\n"

    unclear = await staff.send("/quotes/import", text=f"{head}Q-1,Sam Twin,2031-03-04\n", keep="yes")
    assert f"There are 2 called “Sam Twin”. Write which one is meant: “Sam Twin #{first}”" in html.unescape(
        unclear.text
    )

    clear = f"{head}Q-1,sam  twin #{second},2031-03-04\n"
    assert (await staff.send("/quotes/import", text=clear, keep="yes")).status_code == 303
    exported = (await staff.client.get("/quotes/export.csv")).text
    assert f"Sam Twin #{second}" in exported
    assert (await staff.facts("quotes", "1"))["Customer"] == "Sam Twin"


@quotes
async def test_a_decomposed_name_in_a_file_is_the_composed_one(staff: Staff, tmp_path: Path) -> None:
    await staff.add("customers", name="José Núñez")
    text = f"Number,Customer,Quoted on\nNF-1,{unicodedata.normalize('NFD', 'José Núñez')},2031-03-04\n"
    assert (await staff.send("/quotes/import", text=text, keep="yes")).status_code == 303
