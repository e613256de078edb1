"""Keeps other sites from posting forms here, and visitors from posting too much."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from contextlib import suppress
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import database, files, hosts, once, people, workbook

FORM_LIFE_S = once.KEPT_S
"""As long as it is known that a page was sent before."""
SECRETS = ("password", "old")
"""What nobody gets shown again."""
MAX_BODY = 200_000
MAX_IMPORT = 1_500_000
MAX_UPLOAD = 24_000_000 if files.NAMES else MAX_BODY
"""Of a form with files: enough for three of them, and for one that is refused with what was typed beside it."""
MAX_FORM_FIELDS = 1_000
MAX_FILES = 80
IMPORTS = "/import"
STAYS, TAKEN_AWAY = "_stays", "_taken_away"
"""End the names of the controls beside an upload: the file that is there, and the box that takes it away."""
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")
GUESSED = {"cp1252": "Windows-1252", "mac_roman": "Mac OS Roman", "cp850": "DOS (850)", "cp1250": "Windows-1250"}
"""The older encodings that a file may be in, the likeliest first, and what each is called."""
# A sign amid letters, or a capital with an accent behind a small letter.
ODD_IN_A_WORD = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’‘–—´]+(?=[^\W\d_])|(?<=[a-zß-öø-ÿ])[À-ÖØ-ÞŠŽŸŒ]")
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

CHARSET = re.compile(r"""charset\s*=\s*["']?([^"';\s]+)""", re.IGNORECASE)
TOO_MUCH = (
    f"That is more than this app takes at once: {max(MAX_UPLOAD, MAX_IMPORT) / 1_000_000:g} MB with all files. "
    "Go back, where what you typed is still there, and choose smaller files."
)
NO_STORE = ((b"cache-control", b"no-store"),)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'"
)


def session_of(request: Request) -> str:
    """What the tokens of a page's forms are bound to: a session, or the founder's own link of a preview."""
    session = people.cookie(request)
    return session or ("founder" if hosts.is_founder(request) else "")


def new_token(key: bytes, session: str = "") -> str:
    """A token for one page's forms, good in one session; without a session it needs no cookie to work."""
    body = f"{int(time.time())}.{secrets.token_hex(8)}"
    return f"{body}.{_sign(key, body, session)}"


def is_valid(key: bytes, token: str, session: str = "") -> bool:
    """Whether this app made the token for this session, within the life of a form."""
    body, _, signature = token.rpartition(".")
    made = body.partition(".")[0]
    if not token.isascii() or not hmac.compare_digest(signature, _sign(key, body, session)):
        return False
    return time.time() - int(made) < FORM_LIFE_S


def _sign(key: bytes, body: str, session: str) -> str:
    return hmac.new(key, f"{body}|{session}".encode(), hashlib.sha256).hexdigest()


def receipt(key: bytes, table: str, record_id: int) -> str:
    """What shows that a visitor sent the form that made this record."""
    return _sign(key, f"receipt {table} {record_id}", "")[:24]


def password_link(key: bytes, user_id: int, until: int, kept: str) -> str:
    """What shows that the owner let somebody choose another password than the one that is kept."""
    return _sign(key, f"password {user_id} {until} {kept}", "")[:32]


def invitation(key: bytes, table: str, record_id: int, email: str) -> str:
    """What shows that the staff let somebody in as the person of this record."""
    return _sign(key, f"invitation {table} {record_id} {email.casefold()}", "")[:24]


def typed_by(key: bytes, user_id: int) -> str:
    """What a form says of who fills it in, so that nobody else gets what they typed."""
    return f"{user_id}.{_sign(key, f'typed by {user_id}', '')[:24]}"


class StalePage(HTTPException):
    """A page that was open for too long, or was opened in another session; what was typed into it can be sent anew."""

    def __init__(self, typed: dict[str, str], uploads: dict[str, str]) -> None:
        super().__init__(403, "This page was open for too long.")
        self.typed = typed
        self.uploads = uploads
        """The names of the files that were chosen, by their fields."""


async def read_form(request: Request) -> dict[str, str]:
    """The posted form with its files, which wait to be kept; refuses what another site sent, or what has no valid token."""
    form = await read_own_page(request)
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if not is_valid(request.app.state.key, fields.pop("csrf_token", ""), session_of(request)):
        sent = {name: value for name, value in form.items() if isinstance(value, UploadFile) and not name.endswith(files.SMALL)}
        chosen = {name: value.filename for name, value in sent.items() if value.filename}
        raise StalePage(fields, chosen)
    for name, value in form.items():
        if name.endswith(files.SMALL):
            continue
        if isinstance(value, UploadFile) and files.takes(name) and not request.url.path.endswith(IMPORTS):
            fields[name] = await _upload(request, name, value, fields, form.get(name + files.SMALL))
        elif isinstance(value, UploadFile):
            sent = await value.read(_most_typed(request))
            fields[name], fields[f"{name}_encoding"] = await run_in_threadpool(decoded, sent)
    return fields


async def read_own_page(request: Request) -> FormData:
    """What a page of this app sent, whoever sits before it; refuses what another site sent."""
    if not hosts.is_own_page(request.scope):
        raise HTTPException(403, "This form was sent from another site, so nothing was saved.")
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise HTTPException(403, "This form was sent from another site, so nothing was saved.")
    kind, _, more = request.headers.get("content-type", "").partition(";")
    # Browsers send UTF-8 and name no other; some that Python knows make text which cannot be kept.
    if kind not in FORM_TYPES or any(name.lower() != "utf-8" for name in CHARSET.findall(more)):
        raise HTTPException(415, "Send this as a web form.")
    return await _parsed(request, kind)


class _Parts(MultiPartParser):
    """Reads a form with files: what is typed into it is in memory, so it has the limit of a form without files."""

    most_typed = MAX_BODY
    # Anybody can begin to send a form, and never end: files wait on the disk, not in memory.
    spool_max_size = 64 * 1024
    typed = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._current_part.file is None:
            self.typed += end - start
            if self.typed > self.most_typed:
                raise MultiPartException("There is more text in this form than this app takes at once.")
        super().on_part_data(data, start, end)


def _most_typed(request: Request) -> int:
    return MAX_IMPORT if request.url.path.endswith(IMPORTS) else MAX_BODY


async def _parsed(request: Request, kind: str) -> FormData:
    most = _most_typed(request)
    if kind != FORM_TYPES[1]:
        return await request.form(max_fields=MAX_FORM_FIELDS)
    reader = _Parts(request.headers, request.stream(), max_files=MAX_FILES, max_fields=MAX_FORM_FIELDS, max_part_size=most)
    reader.most_typed = most
    try:
        return await reader.parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from None


async def _upload(
    request: Request, name: str, sent: UploadFile, fields: dict[str, str], beside: UploadFile | str | None
) -> str:
    """What the form holds for a file: the one that was chosen, else the one that was there unless it is taken away."""
    if not sent.filename:
        return "" if fields.get(name + TAKEN_AWAY) else fields.get(name + STAYS, "")
    visitor = getattr(request.state, "visitor", None)
    # A cookie alone shows nothing: whoever is not of the staff, or not known here at all, is held back.
    by_staff = visitor is not None and visitor.is_staff
    if not by_staff:
        await run_in_threadpool(hold_back, request)
    # One byte more than is kept tells that a file is too large.
    content = await sent.read(files.MOST_BYTES + 1)
    small = await beside.read(files.MOST_SMALL_BYTES + 1) if isinstance(beside, UploadFile) else b""
    return await run_in_threadpool(partial(files.hold, content, sent.filename, name, by_staff=by_staff, small=small))


def hold_back(request: Request) -> None:
    """Anybody may send a form or make an account, but not without end."""
    too_many = False
    # Where even this cannot be counted, the form itself says why, with everything typed.
    with suppress(database.DiskFull), database.session() as db:
        too_many = people.too_many_forms(db, hosts.network_of(request))
    if too_many:
        raise HTTPException(429, "That was sent too often. Wait a quarter of an hour and try again.")


def decoded(raw: bytes) -> tuple[str, str]:
    """The text of a file and the encoding that it was read in, which is empty when it is no text."""
    if raw.startswith(workbook.BEGINS):
        with suppress(workbook.NoWorkbook):
            return workbook.csv_of(raw), "xlsx"
        return "", ""
    # Only a mark at the beginning tells UTF-16 from any other bytes.
    wide = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ()
    for encoding in (*wide, "utf-8-sig"):
        with suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            return ("", "") if NO_TEXT.search(text) else (text, encoding)
    return _guessed(raw)


def _has_hardly_any_plain_letter(text: str) -> bool:
    """Whether more than one letter in five is none of A to Z, as no language writes that these encodings are for."""
    letters = [mark for mark in text if mark.isalpha()]
    return 5 * sum(not mark.isascii() for mark in letters) > len(letters)


def _guessed(raw: bytes) -> tuple[str, str]:
    """The text in whichever older encoding has the fewest letters that no word has, and that encoding."""
    found = []
    is_of_old_macs = b"\r" in raw and b"\n" not in raw
    for encoding in sorted(GUESSED, key=lambda one: is_of_old_macs and one != "mac_roman"):
        with suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            found.append((len(ODD_IN_A_WORD.findall(text)), text, encoding))
    # What Windows cannot have written may be any bytes at all.
    odd, text, encoding = min(found, key=lambda one: one[0], default=(0, "", ""))
    if all(one != "cp1252" for _, _, one in found) and (odd or _has_hardly_any_plain_letter(text)):
        return "", ""
    return ("", "") if NO_TEXT.search(text) else (text, encoding)


def _is_somebodys(scope: Scope) -> bool:
    """Whether an answer may hold what only whoever is signed in may see, on a computer that others use after them."""
    cookies = [value for name, value in scope["headers"] if name == b"cookie"]
    return any(people.COOKIE.encode() in value for value in cookies) and not scope["path"].startswith("/static/")


def _most_bytes(scope: Scope) -> int:
    if scope["path"].endswith(IMPORTS):
        return MAX_IMPORT
    has_files = any(name == b"content-type" and value.startswith(b"multipart/") for name, value in scope["headers"])
    return MAX_UPLOAD if has_files else MAX_BODY


class Guard:
    """Adds the security headers, and refuses names that are not the app's and bodies over the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        ancestors = os.environ.get("FRAME_ANCESTORS", "")
        policy = f"{POLICY}; frame-ancestors {ancestors}" if ancestors else POLICY
        self.headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if not hosts.is_own_name(scope):
            await PlainTextResponse(hosts.REFUSED, 421)(scope, receive, send)
            return
        scope = hosts.as_the_preview_says(scope)
        taken = 0
        private = NO_STORE if _is_somebodys(scope) else ()
        most = _most_bytes(scope)

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413, TOO_MUCH)
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A file brings a stricter policy than a page.
                said = {name for name, _ in message["headers"]}
                more = [header for header in self.headers if header[0] not in said]
                message["headers"] = [*message["headers"], *more, *private]
            await send(message)

        await self.app(scope, limited, with_headers)
