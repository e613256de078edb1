"""The door for shared links, as somebody on the network meets it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from app.core.ids import JobId, ProjectId
from app.domain.share_link import ShareLink
from app.preview.links import Access, Share
from app.preview.proxy import Application, PreviewProxy, listening
from app.preview.shared_door import SharedDoor
from app.services.share_service import CodeNeeded, CodeWrong, LinkClosed
from tests.preview.conftest import House

SECRET, CODE = "s3cret-of-anna", "123456"


@dataclass
class OneLink:
    """The entry by one link, with a code where it has one."""

    job_id: JobId
    link: ShareLink
    code: str = ""
    tried: list[str | None] = field(default_factory=list)

    async def enter(self, secret: str, code: str | None) -> tuple[JobId, ShareLink]:
        self.tried.append(code)
        if secret != SECRET:
            raise LinkClosed("It is closed.")
        if self.code and code is None:
            raise CodeNeeded("It asks for a code.")
        if self.code and code != self.code:
            raise CodeWrong("This is not the code of this link.")
        return self.job_id, self.link


@pytest.fixture
async def entry(house: House) -> OneLink:
    now = house.clock.now()
    names: dict[str, Any] = {
        "id": uuid.uuid4(),
        "project_id": ProjectId(uuid.uuid4()),
        "label": "Anna",
        "opened": 0,
    }
    link = ShareLink(**names, created_at=now, expires_at=now + timedelta(days=1), asks_code=False)
    return OneLink(await house.builds.add(), link)


@pytest.fixture
async def door(house: House, entry: OneLink) -> AsyncIterator[str]:
    proxy = PreviewProxy(house.service, house.signer)
    shared = SharedDoor(entry, proxy, house.signer, names={"show.example"}, is_https=False, form_s=1)
    async with listening(Application(shared.handle), host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def phone() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that keeps cookies of addresses too."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def test_a_shared_link_leads_to_the_visitors_side_of_its_app(
    door: str, house: House, phone: aiohttp.ClientSession
) -> None:
    async with phone.get(f"{door}/s/{SECRET}") as answer:
        assert (answer.status, answer.url.path) == (200, "/")
    async with phone.get(f"{door}/echo") as answer:
        headers = {name.lower(): value for name, value in (await answer.json())["headers"]}

    assert headers["x-preview-access"].startswith("visitor ")
    assert headers["host"] == door.removeprefix("http://")
    assert "cf_" not in headers.get("cookie", "")


async def test_nothing_else_is_behind_the_door(
    door: str, house: House, entry: OneLink, phone: aiohttp.ClientSession
) -> None:
    owner = house.signer.cookie(entry.job_id, Access.OWNER)
    visitor = house.signer.cookie(entry.job_id, Access.VISITOR)
    access = house.signer.url(entry.job_id).partition("?")[2]
    for path, cookies, status in (
        ("/", "", 404),
        ("/api/projects", "", 404),
        ("/s/another", "", 404),
        ("/", f"cf_shared={entry.job_id}", 403),
        ("/", f"cf_shared={entry.job_id}; cf_preview={owner}", 403),
        ("/", f"cf_shared={entry.job_id}; cf_preview={visitor}", 403),
        (f"/?{access}", f"cf_shared={entry.job_id}", 403),
        ("/", "cf_shared=x", 404),
    ):
        async with phone.get(door + path, headers={"Cookie": cookies}, allow_redirects=False) as answer:
            assert answer.status == status, (path, cookies)
    async with phone.get(f"{door}/s/{SECRET}", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 404
    async with phone.get(f"{door}/s/{SECRET}", headers={"Host": "show.example"}, allow_redirects=False) as answer:
        assert answer.status == 303


async def test_the_code_is_asked_for_by_a_plain_form(
    door: str, entry: OneLink, phone: aiohttp.ClientSession
) -> None:
    entry.code = CODE
    async with phone.get(f"{door}/s/{SECRET}") as answer:
        assert answer.status == 200
        assert '<form method="post">' in await answer.text()
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    async with phone.post(f"{door}/s/{SECRET}", data={"code": "000000"}) as answer:
        assert answer.status == 403
        assert "not the code" in await answer.text()
    async with phone.post(f"{door}/s/{SECRET}", data={"code": CODE}) as answer:
        assert (answer.status, answer.url.path) == (200, "/")
    assert entry.tried == [None, "000000", CODE]


async def test_who_came_by_the_door_is_out_when_the_link_is_closed(
    door: str, house: House, entry: OneLink, phone: aiohttp.ClientSession
) -> None:
    async with phone.get(f"{door}/s/{SECRET}") as answer:
        assert answer.status == 200

    house.signer.closed_shares = {entry.link.id}

    async with phone.get(f"{door}/") as answer:
        assert answer.status == 403


async def test_the_door_is_called_by_no_address_but_its_own(door: str, phone: aiohttp.ClientSession) -> None:
    for host, status in (("203.0.113.7", 404), ("127.0.0.1:1", 303), ("[2001:db8::1]:80", 404)):
        async with phone.get(f"{door}/s/{SECRET}", headers={"Host": host}, allow_redirects=False) as answer:
            assert answer.status == status, host


async def test_a_code_that_comes_in_pieces_is_whole_and_one_that_never_ends_is_given_up(
    door: str, entry: OneLink
) -> None:
    entry.code = CODE
    head = f"POST /s/{SECRET} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 11\r\n\r\n"
    for rest, status in ((b"3456", b"303"), (b"", b"408")):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(door.rpartition(":")[2]))
        writer.write(head.encode() + b"code=12")
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.write(rest)
        line = await asyncio.wait_for(reader.readline(), 20)
        writer.close()
        assert line.split()[1] == status
    assert entry.tried == [CODE]


async def test_what_stays_open_ends_with_the_time_of_its_link(
    door: str, house: House, entry: OneLink, phone: aiohttp.ClientSession
) -> None:
    house.clock.moment = house.clock.moment.replace(microsecond=0)
    entry.link = replace(entry.link, expires_at=house.clock.now() + timedelta(seconds=3))
    async with phone.get(f"{door}/s/{SECRET}") as answer:
        assert answer.status == 200

    async with phone.ws_connect(f"{door}/ws") as socket:
        await socket.send_str("hello")
        assert (await socket.receive(timeout=20)).type is aiohttp.WSMsgType.TEXT
        ended = await socket.receive(timeout=20)

    assert ended.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)


@pytest.mark.parametrize(
    "line", ["OPTIONS *", "GET @127.0.0.1:1/", "GET http://127.0.0.1:1/echo", "CONNECT 127.0.0.1:1"]
)
async def test_no_odd_target_leads_elsewhere_or_breaks_the_door(
    door: str, house: House, entry: OneLink, line: str
) -> None:
    cookie = house.signer.cookie(entry.job_id, Access.VISITOR, share=Share(entry.link.id, 2**33))
    cookies = f"cf_shared={entry.job_id}; cf_preview={cookie}"
    reader, writer = await asyncio.open_connection("127.0.0.1", int(door.rpartition(":")[2]))
    writer.write(f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode())
    status = int((await asyncio.wait_for(reader.readline(), 20)).split()[1])
    writer.close()
    assert status == 200 if "echo" in line else status in (200, 400, 404, 405)
