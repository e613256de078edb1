"""The door for shared links, as somebody on the network meets it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest

from app.core.ids import JobId, ProjectId
from app.domain.share_link import ShareLink
from app.preview.links import Access
from app.preview.proxy import PreviewProxy, application, listening
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
    names = {"id": uuid.uuid4(), "project_id": ProjectId(uuid.uuid4()), "label": "Anna", "opened": 0}
    link = ShareLink(**names, created_at=now, expires_at=now + timedelta(days=1), asks_code=False)
    return OneLink(await house.builds.add(), link)


@pytest.fixture
async def door(house: House, entry: OneLink) -> AsyncIterator[str]:
    proxy = PreviewProxy(house.service, house.signer)
    shared = SharedDoor(entry, proxy, house.signer, names={"show.example"}, is_https=False)
    async with listening(application(shared.handle), host="127.0.0.1", port=0) as port:
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
