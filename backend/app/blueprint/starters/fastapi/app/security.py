"""Keeps other sites from posting forms here, and visitors from posting too much."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORM_LIFE_S = 12 * 3600
MAX_BODY = 200_000
MAX_FORM_FIELDS = 60

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; font-src 'self'"
)


def new_token(key: bytes) -> str:
    """A token for one page's forms; it needs no cookie, so it works where cookies are blocked."""
    body = f"{int(time.time())}.{secrets.token_hex(8)}"
    return f"{body}.{_sign(key, body)}"


def is_valid(key: bytes, token: str) -> bool:
    """Whether this app made the token, within the last twelve hours."""
    body, _, signature = token.rpartition(".")
    made = body.partition(".")[0]
    if not token.isascii() or not hmac.compare_digest(signature, _sign(key, body)):
        return False
    return time.time() - int(made) < FORM_LIFE_S


def _sign(key: bytes, body: str) -> str:
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()


async def read_form(request: Request) -> dict[str, str]:
    """The posted form; refuses what another site sent, or what carries no valid token."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise HTTPException(403, "This form was sent from another site, so nothing was saved.")
    if request.headers.get("content-type", "").split(";")[0] != "application/x-www-form-urlencoded":
        raise HTTPException(415, "Send this as a web form.")
    form: FormData = await request.form(max_fields=MAX_FORM_FIELDS, max_files=0)
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if not is_valid(request.app.state.key, fields.pop("csrf_token", "")):
        raise HTTPException(403, "This page was open for too long. Go back, load it again and send it once more.")
    return fields


class Guard:
    """Adds the security headers and refuses bodies over the limit before they are read."""

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
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise HTTPException(413, "That is more than this app takes at once.")
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        await self.app(scope, limited, with_headers)
