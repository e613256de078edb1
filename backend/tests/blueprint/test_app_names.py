"""Names in a generated app are found, sorted and told apart as people would do it."""

from __future__ import annotations

import asyncio
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
async def test_what_says_nothing_comes_last_either_way(staff: Staff) -> None:
    for name, email in [("Ann", "b@example.com"), ("Ben", ""), ("Cid", "a@example.com")]:
        await staff.add("customers", name=name, email=email)
    assert await listed(staff.client, sort="email") == ["Cid", "Ann", "Ben"]
    assert await listed(staff.client, sort="-email") == ["Ann", "Cid", "Ben"]


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


INPUTS = {
    "a title row above the header": (b"Client list 2026,,\n,,\nName,E-mail,\nAnna,anna@example.com,\n", 303, ""),
    "UTF-16 with tabs": ("\ufeffName\tE-mail\r\nAnna Berg\tanna@example.com\r\n".encode("utf-16-le"), 303, ""),
    "a mistake behind a cell of three lines": (
        b'Name,Address,E-mail\n"A","x\ny\nz",a@example.com\nB,q,no mail\n', 422, "5",
    ),
    "a mistake behind blank lines": (b"Name,E-mail\n\n\nB,no mail\n", 422, "4"),
}  # fmt: skip


@quotes
@pytest.mark.parametrize(("raw", "status", "line"), INPUTS.values(), ids=INPUTS)
async def test_files_as_spreadsheets_write_them(staff: Staff, raw: bytes, status: int, line: str) -> None:
    page = (await staff.client.get("/customers/import")).text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    data = {"csrf_token": token, "keep": "yes"}
    answer = await staff.client.post("/customers/import", data=data, files={"file": ("list.csv", raw)})
    assert answer.status_code == status
    assert not line or re.search(rf">\s*{line}\s*<", answer.text), answer.text


def hidden(page: str) -> dict[str, str]:
    return {
        name: html.unescape(value)
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


@quotes
async def test_one_page_view_makes_one_record(staff: Staff) -> None:
    form = hidden((await staff.client.get("/customers/new")).text)
    other = hidden((await staff.client.get("/customers/new")).text)
    sent = {**form, "name": "Ada"}

    answers = await asyncio.gather(*(staff.client.post("/customers/new", data=sent) for _ in range(3)))
    again = await staff.client.post("/customers/new", data=sent)

    assert {answer.headers.get("location") for answer in (*answers, again)} == {"/customers/1?done=added"}
    assert (await staff.client.post("/customers/new", data={**other, "name": "Ada"})).status_code == 303
    assert await listed(staff.client) == ["Ada", "Ada"]


@quotes
async def test_two_editors_never_undo_each_other(staff: Staff) -> None:
    ada = await staff.add("customers", name="Ada", email="ada@example.com", address="1 Road")
    first, second, third = [hidden((await staff.client.get(f"/customers/{ada}/edit")).text) for _ in range(3)]
    shown = {"name": "Ada", "email": "ada@example.com", "address": "1 Road"}

    await staff.client.post(f"/customers/{ada}/edit", data={**first, **shown, "address": "2 Road"})
    kept = await staff.client.post(f"/customers/{ada}/edit", data={**second, **shown, "email": "a@example.com"})
    clash = await staff.client.post(f"/customers/{ada}/edit", data={**third, **shown, "address": "3 Road"})

    assert kept.status_code == 303
    facts = await staff.facts("customers", ada)
    assert (facts["Address"], facts["E-mail"]) == ("2 Road", "a@example.com")
    assert clash.status_code == 422
    assert "Somebody has changed this to “2 Road” meanwhile." in html.unescape(clash.text)
    assert "3 Road" in clash.text
    settled = await staff.client.post(
        f"/customers/{ada}/edit", data={**hidden(clash.text), **shown, "address": "3 Road"}
    )
    assert settled.status_code == 303
