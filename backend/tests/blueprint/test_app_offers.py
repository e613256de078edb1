"""A page offers nothing that a rule would refuse once it is sent."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import httpx2
import pytest

from app.acceptance.form_driver import FormDriver
from app.acceptance.http_session import HttpSession
from app.acceptance.known_records import read_records
from app.acceptance.samples import Samples
from app.app_runtime.app_host import PREVIEW_ACCESS
from app.blueprint.generate import generate
from app.blueprint.spec import AppSpec

from .test_apps import KEY, installed, lay_out, started

__all__ = ["installed"]

SENT: Final = "Nothing comes to an order that is sent."
PAID: Final = "A paid order stays as it is."


def linked(name: str, entity: str) -> dict[str, object]:
    return {"name": name, "type": "ref", "ref": entity, "required": True, "on_delete": "cascade"}


SPEC: Final = AppSpec.model_validate(
    {
        "title": "Crates",
        "tagline": "Orders of crates",
        "entities": [
            {"name": "Customer", "fields": [{"name": "name", "required": True}]},
            {
                "name": "Order",
                "lines": "Item",
                "fields": [
                    {"name": "number", "required": True},
                    linked("customer", "Customer"),
                    {"name": "status", "type": "choice", "choices": ["Open", "Sent"], "required": True},
                    {"name": "is_paid", "label": "Paid", "type": "bool"},
                ],
            },
            {"name": "Item", "fields": [{"name": "what", "required": True}, linked("order", "Order")]},
            {"name": "Note", "fields": [{"name": "text", "required": True}, linked("order", "Order")]},
            {"name": "Remark", "fields": [{"name": "text", "required": True}, linked("order", "Order")]},
        ],
        "rules": [
            {"kind": "locked", "entity": "Order", "condition": "is_paid = yes", "about": PAID},
            {"kind": "locked", "entity": "Item", "condition": 'order.status = "Sent"', "about": SENT},
            {"kind": "locked", "entity": "Note", "condition": 'order.status = "Sent"', "about": SENT},
        ],
        "views": [{"kind": "board", "entity": "Order", "field": "status"}],
    }
)


class Desk:
    """Somebody of the staff at the pages of the app."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def page(self, path: str) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200, path
        return html.unescape(answer.text)

    async def send(self, path: str, **fields: str) -> str:
        token = re.findall(r'name="csrf_token" value="([^"]+)"', await self.page(path))[0]
        answer = await self.client.post(path, data={"csrf_token": token, **fields})
        assert answer.status_code == 303, answer.text
        found = re.search(r"/(\d+)\?", answer.headers["location"])
        assert found
        return found[1]

    async def options(self, path: str, name: str) -> list[str]:
        chosen = re.search(rf'<select[^>]* name="{name}".*?</select>', await self.page(path), re.DOTALL)
        assert chosen
        return re.findall(r'value="(\d+)"', chosen[0])

    async def refused(self, path: str) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 409, path
        return html.unescape(answer.text)


@pytest.fixture
async def desk(installed: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    folder = lay_out(generate(SPEC), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    async with started(folder) as client:
        yield Desk(client)


async def order(desk: Desk, customer: str, **fields: str) -> str:
    return await desk.send("/orders/new", number="O-1", customer=customer, **{"status": "Open", **fields})


async def test_the_checks_read_where_a_link_leads_that_no_form_offers(desk: Desk) -> None:
    sent = await order(desk, await desk.send("/customers/new", name="Ada"))
    note = await desk.send("/notes/new", order=sent, text="A")
    await desk.send(f"/orders/{sent}/edit", number="O-1", customer="1", status="Sent")
    founder = {PREVIEW_ACCESS: f"owner {KEY}"}
    async with aiohttp.ClientSession() as session:
        visitor = HttpSession(session, desk.client.base_url.port or 0, headers=founder)
        known = await read_records(FormDriver(visitor, SPEC, Samples(SPEC)))
    notes = next(entity for entity in SPEC.entities if entity.name == "Note")
    assert known.of(notes)[int(note)]["order"] == sent


async def test_a_page_offers_no_more_than_what_is_taken(desk: Desk) -> None:
    customer = await desk.send("/customers/new", name="Ada")
    sent, free, paid = [await order(desk, customer) for _ in range(3)]
    note, item = [
        await desk.send(f"/{table}/new", order=sent, **{name: "A"})
        for table, name in (("notes", "text"), ("items", "what"))
    ]
    elsewhere = await desk.send("/notes/new", order=free, text="B")
    for record in (sent, free):
        page = await desk.page(f"/orders/{record}")
        assert all(f"/{table}/new?order={record}" in page for table in ("notes", "items", "remarks"))
        assert f"/orders/{record}/delete" in page
    assert f"/customers/{customer}/delete" in await desk.page(f"/customers/{customer}")
    assert 'name="line-0-what"' in await desk.page(f"/orders/{sent}/edit")

    await desk.send(f"/orders/{sent}/edit", number="O-1", customer=customer, status="Sent")
    await desk.send(f"/orders/{paid}/edit", number="O-1", customer=customer, status="Open", is_paid="1")

    page = await desk.page(f"/orders/{sent}")
    assert "/notes/new" not in page
    assert "/items/new" not in page
    assert f"/remarks/new?order={sent}" in page
    assert f"/orders/{sent}/edit" in page
    assert f"/orders/{sent}/delete" not in page
    assert SENT in await desk.refused(f"/orders/{sent}/delete")
    assert f"/customers/{customer}/delete" not in await desk.page(f"/customers/{customer}")
    assert re.search(f"{SENT}|{PAID}", await desk.refused(f"/customers/{customer}/delete"))
    for path in (f"/notes/{note}", f"/items/{item}"):
        shown = await desk.page(path)
        assert SENT in shown
        assert f"{path}/edit" not in shown
        assert f"{path}/delete" not in shown

    assert 'name="line-' not in await desk.page(f"/orders/{sent}/edit")
    assert 'name="line-0-what"' in await desk.page(f"/orders/{free}/edit")
    for path in ("/notes/new", f"/notes/{elsewhere}/edit"):
        offered = await desk.options(path, "order")
        assert sent not in offered
        assert free in offered
    assert {sent, free, paid} <= set(await desk.options("/remarks/new", "order"))
    assert paid not in await desk.options("/items/new", "order")
    for table in ("notes", "items"):
        assert SENT in await desk.refused(f"/{table}/new?order={sent}")
    assert PAID in await desk.refused(f"/items/new?order={paid}")

    board = await desk.page("/orders/board")
    cards = {
        number: card
        for card in re.findall(r"<article.*?</article>", board, re.DOTALL)
        for number in re.findall(r'href="/orders/(\d+)"', card)
    }
    assert "<button" in cards[free]
    assert 'draggable="true"' in cards[free]
    assert "<button" not in cards[paid]
    assert 'draggable="true"' not in cards[paid]
