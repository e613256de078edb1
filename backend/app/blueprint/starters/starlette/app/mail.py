"""Sends what is due in the outbox by the mail server that the surroundings name; without one, staff send it by hand."""

from __future__ import annotations

import logging
import os
import smtplib
import sqlite3
import ssl
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from . import database, outbox, people
from .clock import now
from .fields import EMAIL
from .schema import ABOUT, MESSAGES

EVERY_S = 10
TIMEOUT_S = 20
MOST_TRIES = 6
FIRST_WAIT = timedelta(minutes=2)
AT_ONCE = 20
MOST_TO_ONE = 20
"""Messages in a day to one address but an owner's: whoever types in somebody else's floods nobody."""
NOBODY = (".example", "@example.com", "@example.org", "@example.net", ".invalid", ".test")
"""Ends addresses of examples, at which nobody is."""
SECURITY = {"starttls": 587, "tls": 465, "none": 25}
log = logging.getLogger("app")


@dataclass(frozen=True)
class Server:
    """The mail server: `security` is starttls, tls or none."""

    host: str
    port: int
    user: str
    password: str
    security: str
    sender: str


class NoAddress(ValueError):
    """A message is to go to what is no address: an earlier version took more for one."""


class Misconfigured(Exception):
    """What is said of the mail server is not usable; the text says why."""


def server() -> Server | None:
    """The mail server that SMTP_HOST and what belongs to it name; None without one. Misconfigured."""
    host = os.environ.get("SMTP_HOST", "").strip()
    if not host:
        return None
    security = os.environ.get("SMTP_SECURITY", "").strip().lower() or "starttls"
    port, user = os.environ.get("SMTP_PORT", "").strip(), os.environ.get("SMTP_USER", "")
    sender = os.environ.get("SMTP_FROM", "").strip() or user
    if security not in SECURITY:
        raise Misconfigured(f"SMTP_SECURITY is {security!r}; write starttls, tls or none.")
    if port and not (port.isascii() and port.isdigit()):
        raise Misconfigured(f"SMTP_PORT is {port!r}, which is no number.")
    if not EMAIL.match(sender):
        raise Misconfigured(f"SMTP_FROM is {sender!r}; write the e-mail address that messages come from.")
    return Server(host, int(port or SECURITY[security]), user, os.environ.get("SMTP_PASSWORD", ""), security, sender)


def told() -> str:
    """What the staff read about who sends the messages."""
    try:
        known = server()
    except Misconfigured as error:
        return f"Nothing is sent: {error}"
    if known is None:
        return "Nothing is sent by itself: copy a message, or open it in your own mail program, and mark it as sent."
    return f"Messages are sent from {known.sender} by {known.host} when they are due."


def send_due() -> int:
    """Send what is due, one after the other; how many were taken by the server."""
    known = server()
    if known is None:
        return 0
    with database.session() as db:
        outbox.plan_ahead(db)
    return sum(_send(known, row) for row in _claimed())


def _claimed() -> list[sqlite3.Row]:
    """What is due, each noted as tried before it is: a crash in between lets it wait, and sends nothing twice at once."""
    moment = now()
    at = moment.isoformat(timespec="minutes")
    nobody = " OR ".join("recipient LIKE ?" for _ in NOBODY)
    with database.session() as db:
        db.execute("BEGIN IMMEDIATE")
        sql = (
            "SELECT * FROM app_messages WHERE sent_at IS NULL AND due <= ? AND tries < ? AND instr(recipient, '@') "
            f"AND (next_try IS NULL OR next_try <= ?) AND NOT ({nobody}) ORDER BY due LIMIT ?"
        )
        due = db.execute(sql, [at, MOST_TRIES, at, *(f"%{end}" for end in NOBODY), -1]).fetchall()
        rows = _within_limits(db, due)[:AT_ONCE]
        for row in rows:
            later = moment + FIRST_WAIT * 2 ** row["tries"]
            db.execute(
                "UPDATE app_messages SET tries = tries + 1, next_try = ? WHERE id = ?",
                [later.isoformat(timespec="minutes"), row["id"]],
            )
    return rows


def _within_limits(db: sqlite3.Connection, due: list[sqlite3.Row]) -> list[sqlite3.Row]:
    """Without what one address would get too much of; it waits, and the staff see it."""
    since = (now() - timedelta(days=1)).isoformat(timespec="minutes")
    sent = Counter(dict(db.execute("SELECT recipient, count(*) FROM app_messages WHERE sent_at > ? GROUP BY 1", [since]).fetchall()))
    owners = {row["email"] for row in db.execute("SELECT email FROM app_users WHERE role = ?", [people.OWNER])}
    within = []
    for row in due:
        sent[row["recipient"]] += 1
        if sent[row["recipient"]] <= MOST_TO_ONE or row["recipient"] in owners:
            within.append(row)
    return within


def _send(known: Server, row: sqlite3.Row) -> bool:
    try:
        _hand_over(known, _message(known, row), row["recipient"])
    except (smtplib.SMTPException, OSError, ValueError) as error:
        _note(row["id"], problem=_reason(error))
        return False
    _note(row["id"])
    return True


def _message(known: Server, row: sqlite3.Row) -> EmailMessage:
    if not EMAIL.match(row["recipient"]):
        raise NoAddress(row["recipient"])
    made = EmailMessage()
    made["Subject"], made["To"] = row["subject"], row["recipient"]
    name = (ABOUT.name or ABOUT.title).replace('"', "'")
    made["From"] = f'"{name}" <{known.sender}>'
    made["Date"] = formatdate()
    made["Message-ID"] = make_msgid(domain=known.sender.rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(row["text"])
    return made


def _hand_over(known: Server, message: EmailMessage, recipient: str) -> None:
    context = ssl.create_default_context()
    if known.security == "tls":
        with smtplib.SMTP_SSL(known.host, known.port, timeout=TIMEOUT_S, context=context) as link:
            _log_in(link, known)
            link.send_message(message, to_addrs=[recipient])
        return
    with smtplib.SMTP(known.host, known.port, timeout=TIMEOUT_S) as link:
        if known.security == "starttls":
            link.starttls(context=context)
        _log_in(link, known)
        link.send_message(message, to_addrs=[recipient])


def _log_in(link: smtplib.SMTP, known: Server) -> None:
    if known.user:
        link.login(known.user, known.password)


def _reason(error: Exception) -> str:
    """Why a message was not taken, as the staff read it."""
    if isinstance(error, NoAddress):
        return f"This is no e-mail address: {error}"[:300]
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server does not take the name and password (SMTP_USER, SMTP_PASSWORD)."
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = "; ".join(reason.decode("utf-8", "replace") for _, reason in error.recipients.values())
        return f"The mail server refuses this address: {said}"[:300]
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
        return f"The mail server answers {error.smtp_code}: {said}"[:300]
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server cannot do what SMTP_SECURITY asks for."
    return f"The mail server cannot be reached: {error}"[:300]


def _note(message_id: int, problem: str = "") -> None:
    at = None if problem else now().isoformat(timespec="minutes")
    with database.session() as db:
        sql = "UPDATE app_messages SET sent_at = ?, problem = ? WHERE id = ? AND sent_at IS NULL"
        db.execute(sql, [at, problem or None, message_id])


class Postman:
    """Sends what is due every few seconds in a thread of its own, while the app runs; only where there is a server."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)

    def start(self) -> None:
        """Begin, where the app has messages and a server is named."""
        try:
            if MESSAGES and server() is not None:
                self._thread.start()
        except Misconfigured as error:
            log.error("No message is sent: %s", error)

    def stop(self) -> None:
        """End, after the message that is being sent."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_S)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                send_due()
            except Exception:
                # One message that nobody foresaw must not keep every later one from being sent.
                log.exception("The outbox could not be gone through")
            self._ended.wait(EVERY_S)
