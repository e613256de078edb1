"""The door for shared links: one address for others on the network, which leads to the visitors' side of apps.

The page, the API and the founder's own previews listen on this computer only. Whoever comes by the door has a
shared link, is led to the app that it opens, and stays a visitor there. A cookie says which app that is, since
phones on a network know no names below `localhost`.
"""

from __future__ import annotations

import asyncio
import html
import ipaddress
import uuid
from collections.abc import Collection
from typing import Final, Protocol
from urllib.parse import parse_qs

from aiohttp import web
from yarl import URL

from app.core.errors import AppError, NotFound, PayloadTooLarge
from app.core.ids import JobId
from app.domain.share_link import ShareLink
from app.preview import pages
from app.preview.access import SHARED_APP, Doorman
from app.preview.headers import cookie_pairs
from app.preview.links import Access, Pass, PreviewSigner, Share
from app.preview.proxy import PreviewProxy, answer_or_say_why
from app.services.share_service import MAX_DAYS, CodeNeeded, CodeWrong, TooManyTries

LINKS: Final = "/s/"
_FORM_BYTES: Final = 4_096
_FORM_S: Final = 10.0


class FormTooSlow(AppError):
    """A form that somebody began to send, and did not end."""

    status, code, title = 408, "form_too_slow", "The form took too long"


class Entry(Protocol):
    """Comes in by a shared link."""

    async def enter(self, secret: str, code: str | None) -> tuple[JobId, ShareLink]:
        """The version, and the link that it was opened by."""


class SharedDoor:
    """Handles every request of the door. It answers to `names`, and to the address it is reached at."""

    def __init__(
        self,
        entry: Entry,
        proxy: PreviewProxy,
        signer: PreviewSigner,
        *,
        names: Collection[str],
        is_https: bool,
        form_s: float = _FORM_S,
    ) -> None:
        self._entry = entry
        self._proxy = proxy
        self._signer = signer
        self._doorman = Doorman(signer)
        self._names = {name.lower() for name in names}
        self._is_https = is_https
        self._form_s = form_s

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The app that the visitor was let in to, or why there is none."""
        return await answer_or_say_why(request, self._answer_request)

    async def _answer_request(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.headers.get("Host", "").lower()
        if not self._is_own(host, request.transport):
            raise NotFound("Nothing is served at this address.")
        if request.path.startswith(LINKS):
            return await self._enter_by_link(request, request.path.removeprefix(LINKS))
        job_id = _app_of(request)
        if job_id is None:
            raise NotFound("An app opens here by the link that somebody shares with you.")
        origin = URL(f"{'https' if self._is_https else 'http'}://{host}")
        return await self._proxy.pass_on(request, job_id, origin, is_for_shares=True)

    def _is_own(self, host: str, transport: asyncio.Transport | None) -> bool:
        # A URL would find a name in `evil@name` and `name/..` too.
        name = URL(f"http://{host}").host or "" if host and not set(host) & set("/@?#\\ ") else ""
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        # An app writes this address into what it sends to others, so it must lead back here.
        reached = transport.get_extra_info("sockname") if transport is not None else None
        return address.is_loopback or (reached is not None and address == ipaddress.ip_address(reached[0]))

    async def _enter_by_link(self, request: web.BaseRequest, secret: str) -> web.Response:
        code = await _code_of(request, self._form_s) if request.method == "POST" else None
        try:
            job_id, link = await self._entry.enter(secret, code)
        except CodeNeeded as error:
            return _code_page(error, status=200)
        except (CodeWrong, TooManyTries) as error:
            return _code_page(error, status=error.status)
        share = Share(link.id, int(link.expires_at.timestamp()))
        response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
        # It opens nothing by itself, so it may last as long as the longest link.
        cookie_options = f"Path=/; Max-Age={MAX_DAYS * 24 * 3600}; HttpOnly; SameSite=Lax"
        secure = "; Secure" if self._is_https else ""
        # The first is for a tab of its own; nobody shows the door in a frame.
        access_cookie, *_ = self._doorman.set_cookies(job_id, Pass(Access.VISITOR, 0, share))
        for cookie in (f"{SHARED_APP}={job_id}; {cookie_options}{secure}", f"{access_cookie}{secure}"):
            response.headers.add("Set-Cookie", cookie)
        return response


def _app_of(request: web.BaseRequest) -> JobId | None:
    """The app that this visitor was let in to last. What the cookie says opens nothing by itself."""
    for name, value in cookie_pairs(request.headers):
        if name == SHARED_APP:
            try:
                return JobId(uuid.UUID(value))
            except ValueError:
                return None
    return None


async def _code_of(request: web.BaseRequest, within_s: float) -> str:
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > _FORM_BYTES:
                    raise PayloadTooLarge("A code has six digits.")
    except TimeoutError:
        raise FormTooSlow("The code did not arrive.") from None
    return parse_qs(body.decode(errors="replace")).get("code", [""])[0]


def _code_page(error: AppError, *, status: int) -> web.Response:
    form = (
        '<form method="post"><p><label>The code<br><input name="code" inputmode="numeric" maxlength="20" required '
        'autocomplete="one-time-code"></label></p><button>Open it</button></form>'
    )
    role = "status" if status == 200 else "alert"
    text = f'<p role="{role}">{html.escape(error.detail)}</p>{form}'
    answer = pages.plain_page("This link asks for a code", text, status=status, sends_form=True)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer
