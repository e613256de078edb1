"""Apps that keep files are attacked over HTTP by strangers who send much, or take in little of what they get."""

from __future__ import annotations

import os
import re
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from tests.blueprint.test_app_attacks import App, Visitor, environment, staff, started
from tests.blueprint.test_specified_apps import read
from tests.support.specs import SPECS

__all__ = ["environment"]

DOGS = read(next(path for path in SPECS if path.stem == "dog_shelter"))
SESSION = f"session_{sha256(DOGS.title.encode()).hexdigest()[:8]}"
MEGABYTE = 1_000_000
STALLED = 8


@pytest.fixture
def dogs(tmp_path: Path, environment: Path) -> Iterator[App]:
    yield from started(DOGS, tmp_path, environment)


def picture(size: int) -> bytes:
    """A PNG of one dot with so many bytes behind it."""
    parts = [b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b"\0\0\0\0"), b"IEND"]
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + os.urandom(size)


def megabytes_more(running: App, before: float) -> float:
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1_000 - before


def highest(measure: Callable[[], float], *, within_s: float) -> float:
    """The highest of what is measured in that time."""
    until, found = time.monotonic() + within_s, 0.0
    while time.monotonic() < until:
        found = max(found, measure())
        time.sleep(0.1)
    return found


def waiting(running: App) -> int:
    return int(running.ask("SELECT count(*) FROM app_files WHERE held_since IS NOT NULL")[0][0])


def send_picture(visitor: Visitor, path: str, field: str, content: bytes) -> int:
    """Send a form with nothing but a picture; the status of the answer."""
    files = {field: ("dog.png", content, "image/png")}
    return visitor.client.post(path, data={"csrf_token": visitor.token}, files=files).status_code


def test_a_cookie_that_opens_nothing_lets_nobody_send_files_without_end(dogs: App) -> None:
    stranger = dogs.visitor()
    stranger.client.cookies.set(SESSION, "made-up")
    stranger.learn("/forms/applications")

    # The page of another form takes no such file, and keeps none.
    answers = [send_picture(stranger, "/sign-in", "garden_photo", picture(100)) for _ in range(80)]

    assert answers.count(429) >= 20
    assert waiting(dogs) <= 60


def test_files_that_wait_take_up_little_room(dogs: App) -> None:
    stranger = dogs.visitor()
    stranger.learn("/forms/applications")

    for _ in range(14):
        assert send_picture(stranger, "/forms/applications", "garden_photo", picture(7 * MEGABYTE)) == 422

    held = dogs.ask("SELECT sum(length(content)) FROM app_files WHERE held_since IS NOT NULL")[0][0]
    assert 50 * MEGABYTE < held <= 80 * MEGABYTE


def test_a_form_that_never_ends_takes_up_little_memory(dogs: App) -> None:
    dogs.visitor().get("/")
    before = megabytes_more(dogs, 0)
    begins = "POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=b\r\n"
    part = b'--b\r\ncontent-disposition: form-data; name="%d"%b\r\n\r\n'
    typed = b"".join(part % (number, b"") + b"x" * 190_000 + b"\r\n" for number in range(100))
    small_files = b"".join(part % (number, b'; filename="a"') + b"x" * 900_000 + b"\r\n" for number in range(20))

    with ExitStack() as connections:
        for body in (typed, small_files) * (STALLED // 2):
            connection = connections.enter_context(socket.create_connection(("127.0.0.1", dogs.port)))
            connection.settimeout(10)
            try:
                connection.sendall(f"{begins}content-length: 23900000\r\n\r\n".encode() + body)
            except ConnectionError:
                continue
        taken = highest(lambda: megabytes_more(dogs, before), within_s=2)

    assert taken < 60


def test_readers_who_take_in_nothing_take_up_little_memory(dogs: App) -> None:
    owner = staff(dogs)
    owner.learn("/dogs/new")
    content = picture(7 * MEGABYTE)
    values = {"csrf_token": owner.token, "name": "Rex", "status": "Looking for a home"}
    added = owner.client.post("/dogs/new", data=values, files={"photo": ("rex.png", content, "image/png")})
    assert added.status_code == 303, added.text
    address = f"/browse-dogs/{dogs.ask('SELECT id FROM dogs')[0][0]}/files/photo"
    assert dogs.visitor().get(address).content == content
    before = megabytes_more(dogs, 0)

    with ExitStack() as connections:
        for _ in range(2 * STALLED):
            connection = connections.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect(("127.0.0.1", dogs.port))
            connection.sendall(f"GET {address} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        taken = highest(lambda: megabytes_more(dogs, before), within_s=2)

    assert taken < 100
