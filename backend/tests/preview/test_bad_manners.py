"""Apps that break the rules of HTTP, and visitors that never finish what they say: nobody else waits for them."""

from __future__ import annotations

import asyncio
import sys
import time

import aiohttp
import pytest
from yarl import URL

from app.app_runtime.app_host import AppHost, AppUnreachable
from app.core.ids import JobId
from app.preview.manners import MOST_WAITING
from app.preview.proxy import listening, preview_app
from tests.preview.conftest import House
from tests.preview.stage import manifest, workspace

RAW_APP = b"""
import os, socket, threading, urllib.parse
HINT = b"HTTP/1.1 103 Early Hints\\r\\nLink: </a>\\r\\n\\r\\n"
SAID = {
    "/health": b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok",
    "/named": b"HTTP/1.1 200 OK\\r\\nServer: RawApp/1\\r\\nX-Kept: yes\\r\\nContent-Length: 2\\r\\n\\r\\nok",
    "/some": HINT * 3 + b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok",
    "/101": b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: other\\r\\nConnection: upgrade\\r\\n\\r\\nraw bytes",
    "/websocket": b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: upgrade\\r\\n\\r\\n",
    "/000": b"HTTP/1.1 000 Nothing\\r\\nContent-Length: 2\\r\\n\\r\\nok",
    "/099": b"HTTP/1.1 099 Less\\r\\nContent-Length: 2\\r\\n\\r\\nok",
    "/600": b"HTTP/1.1 600 More\\r\\nContent-Length: 2\\r\\n\\r\\nok",
    "/999": b"HTTP/1.1 999 Most\\r\\nContent-Length: 2\\r\\n\\r\\nok",
}
def answer(connection):
    try:
        while head := connection.recv(65536):
            path = head.split()[1].decode()
            if path == "/continue":
                while True:
                    connection.sendall(b"HTTP/1.1 100 Continue\\r\\n\\r\\n" * 20)
            connection.sendall(SAID.get(path, SAID["/health"]))
    except OSError:
        pass
listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=64)
while True:
    threading.Thread(target=answer, args=[listener.accept()[0]], daemon=True).start()
"""


@pytest.fixture
async def raw(house: House, visitor: aiohttp.ClientSession) -> JobId:
    """A ready build whose app says what it likes."""
    files = workspace(manifest(start=(sys.executable, "-u", "raw.py")), **{"raw.py": RAW_APP})
    job_id = await house.builds.add(files)
    await house.enter(visitor, job_id)
    async with visitor.get(house.url(job_id, "/health")) as answer:
        assert answer.status == 200
    return job_id


async def test_an_app_that_says_continue_for_ever_holds_up_nobody_else(
    house: House, visitor: aiohttp.ClientSession, raw: JobId
) -> None:
    asking = asyncio.create_task(visitor.get(house.url(raw, "/continue")))
    waits = []
    while not asking.done():
        began = time.monotonic()
        async with visitor.get(f"http://127.0.0.1:{house.port}/-/health") as answer:
            assert answer.status == 200
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.01)
        assert sum(waits) < 20

    assert (await asking).status == 502
    assert max(waits) < 2


async def test_the_worker_waits_for_no_endless_continue_either(house: House, raw: JobId) -> None:
    app = await house.service.wake(raw)
    host = AppHost(house.runtime)
    with pytest.raises(AppUnreachable):
        async with asyncio.timeout(5):
            await host.fetch(house.runtime.made[-1], "/continue")
    assert not app.is_gone


async def test_a_few_informational_answers_are_left_out(
    house: House, visitor: aiohttp.ClientSession, raw: JobId
) -> None:
    async with visitor.get(house.url(raw, "/some")) as answer:
        assert (answer.status, await answer.read()) == (200, b"ok")


@pytest.mark.parametrize("path", ["/101", "/websocket", "/000", "/099", "/600", "/999"])
async def test_a_status_that_answers_nothing_is_a_502(
    house: House, visitor: aiohttp.ClientSession, raw: JobId, path: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    cookies = visitor.cookie_jar.filter_cookies(URL(house.signer.origin(raw)))
    cookie = "; ".join(f"{name}={one.value}" for name, one in cookies.items())
    host = house.signer.origin(raw).removeprefix("http://")
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 502 "), answer
    async with visitor.get(house.url(raw, "/")) as after:
        assert (after.status, await after.read()) == (200, b"ok")


async def read_to_the_end(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: a"])
async def test_a_request_that_never_finishes_its_head_is_cut(house: House, said: bytes) -> None:
    app = preview_app(house.service, house.signer, head_timeout_s=0.3)
    async with listening(app, host="127.0.0.1", port=0) as port:
        first, first_writer = await asyncio.open_connection("127.0.0.1", port)
        first_writer.write(said)
        assert await read_to_the_end(first) == b""

        second, second_writer = await asyncio.open_connection("127.0.0.1", port)
        second_writer.write(b"GET /-/health HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n" + said)
        assert (await read_to_the_end(second)).startswith(b"HTTP/1.1 200 ")
        for writer in (first_writer, second_writer):
            writer.close()


async def test_those_who_say_nothing_take_no_place_from_others(house: House) -> None:
    app = preview_app(house.service, house.signer, head_timeout_s=60)
    async with listening(app, host="127.0.0.1", port=0) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_WAITING + 20)]
        ends = [asyncio.create_task(reader.read()) for reader, _ in silent]
        await asyncio.wait(ends, timeout=3)

        assert sum(end.done() for end in ends) == 20
        for end in ends:
            end.cancel()
        for _, writer in silent:
            writer.close()


async def test_an_answer_may_take_longer_than_a_head(house: House, visitor: aiohttp.ClientSession) -> None:
    job_id = await house.builds.add()
    await house.enter(visitor, job_id)
    app = preview_app(house.service, house.signer, head_timeout_s=0.3)
    async with listening(app, host="127.0.0.1", port=0) as port:
        url = house.url(job_id, "/events").replace(f":{house.port}", f":{port}")
        async with visitor.get(url) as answer:
            first = await answer.content.readuntil(b"\n\n")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 1)
            await house.runtime.alive[0].write_files({"go": b""})
            assert (first, await answer.content.read()) == (b"data: one\n\n", b"data: two\n\n")


async def test_what_is_no_http_is_logged_by_number_and_without_its_words(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"GET /?cf_access=1.secret HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n")
        assert b" 400 " in await read_to_the_end(reader)
        writer.close()

    assert len(caplog.records) <= 1
    assert "secret" not in caplog.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://build-x.localhost:1"])
async def test_a_websocket_of_another_sites_page_is_refused(
    house: House, visitor: aiohttp.ClientSession, origin: str
) -> None:
    job_id = await house.builds.add()
    await house.enter(visitor, job_id)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await visitor.ws_connect(house.url(job_id, "/ws"), headers={"Origin": origin})
    assert refused.value.status == 403
    async with visitor.ws_connect(
        house.url(job_id, "/ws"), headers={"Origin": house.signer.origin(job_id)}
    ) as own:
        await own.send_str("hello")
        assert (await own.receive()).data == "hello"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /-/health HTTP/1.1\r\nHost: 127.0.0.1:1\r\n", b" 200 "),
        (b"GET / HTTP/1.1\r\nHost: nobody\r\n", b" 404 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n", b" 400 "),
    ],
)
async def test_no_answer_says_which_program_made_it(house: House, head: bytes, status: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(head + b"Connection: close\r\n\r\n")
    answer = (await read_to_the_end(reader)).lower()
    writer.close()

    assert status in answer.partition(b"\r\n")[0]
    assert not {b"server:", b"python", b"aiohttp"} & set(answer.replace(b"\r\n", b" ").split())


async def test_an_app_does_not_say_which_program_it_is(
    house: House, visitor: aiohttp.ClientSession, raw: JobId
) -> None:
    async with visitor.get(house.url(raw, "/named")) as answer:
        assert (answer.status, answer.headers.get("X-Kept")) == (200, "yes")
        assert "Server" not in answer.headers
