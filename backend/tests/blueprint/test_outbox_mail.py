"""An app that is told of a mail server sends what it has to say, over the wire, while it runs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path

import httpx2
import pytest

from app.blueprint.generate import generate

from .test_apps import installed, lay_out, started
from .test_specified_apps import read
from .test_specified_figures import BY_NAME, Staff

__all__ = ["installed"]

SOON_S = 60
ANSWERS = {b"DATA": "354 go on", b"QUIT": "221 bye"}


@dataclass
class MailServer:
    """Takes letters as a mail server does."""

    port: int = 0
    letters: asyncio.Queue[EmailMessage] = field(default_factory=asyncio.Queue)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            writer.write(f"{ANSWERS.get(word, '250 fine')}\r\n".encode())
            if word == b"DATA":
                text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                self.letters.put_nowait(message_from_string(text, _class=EmailMessage, policy=policy.default))
                writer.write(b"250 taken\r\n")
            elif word == b"QUIT":
                break
        writer.close()


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    mail = MailServer()
    server = await asyncio.start_server(mail.talk, "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mail


async def test_a_booking_is_confirmed_by_mail_with_a_link_that_opens(
    installed: Path, mail: MailServer, tmp_path: Path
) -> None:
    folder = lay_out(generate(read(BY_NAME["evening_classes"])), tmp_path)
    (folder / ".venv").symlink_to(installed / ".venv")
    lines = ("EXAMPLE_DATA=no", "SMTP_HOST=127.0.0.1", f"SMTP_PORT={mail.port}", "SMTP_SECURITY=none")
    (folder / ".env").write_text("\n".join([*lines, "SMTP_FROM=classes@mail.local", ""]))
    async with started(folder) as client, httpx2.AsyncClient(base_url=client.base_url, trust_env=False) as visitor:
        staff = Staff(client, visitor)
        course = await staff.add("courses", name="Pottery", starts_at="2090-05-03T18:30", room="Blue")
        sent = {"course": course, "person_name": "Ada", "person_email": "ada@mail.local"}
        assert (await staff.send("/forms/bookings", **sent)).status_code == 303
        async with asyncio.timeout(SOON_S):
            letter = await mail.letters.get()
        text = letter.get_content()
        assert (letter["To"], letter["Subject"]) == ("ada@mail.local", "Your place in Pottery")
        assert letter["From"] == "Evening Classes <classes@mail.local>"
        assert "Wed 3 May 2090, 18:30, in the room Blue" in text
        link = re.findall(r"http://[^/]+(/by-link/\S+)", text)[0]
        assert (await visitor.get(link)).status_code == 200
        outbox = (await client.get("/staff-outbox")).text
        assert outbox.count('<span class="pill good">Sent</span>') == 1
        assert outbox.count('<span class="pill tone5">Waits</span>') == 1
        assert mail.letters.empty()
