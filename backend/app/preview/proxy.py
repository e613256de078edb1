"""The preview's front door: a host per build, signed access, and the app behind it woken when somebody comes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp
import structlog
from aiohttp import web
from yarl import URL

from app.app_runtime.sandbox_connector import AppNotListening
from app.core.errors import AppError, Forbidden, NotFound
from app.core.ids import JobId, new_debug_id
from app.ports.sandbox import SandboxError, SandboxGone
from app.preview import pages
from app.preview.access import Admission, Doorman, Visit, strip_access
from app.preview.headers import cookie_pairs
from app.preview.links import Pass, PreviewSigner
from app.preview.manners import HEAD_TIMEOUT_S, Handler, HeadLimit, make_request, request_log
from app.preview.relay import Exchange, relay_http
from app.preview.serving import PreviewFailed
from app.preview.sockets import relay_websocket, wants_websocket
from app.preview.waking import PreviewService

_log = structlog.get_logger(__name__)

HEALTH_PATH: Final = "/-/health"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
# A frozen app is back at once; one that must be started takes longer than a person looks at nothing.
_PATIENCE_S: Final = 1.5
_TRIES: Final = 3
_MAX_HEADER: Final = 16_384
_STOP_S: Final = 1.0


class AppBrokeOff(AppError):
    """The app did not give a whole answer."""

    status, code, title = 502, "app_broke_off", "The app did not answer"


class AppTooSlow(AppError):
    """The app did not begin to answer in time."""

    status, code, title = 504, "app_too_slow", "The app took too long"


class LinkOver(Forbidden):
    """A visitor without a link that is good."""

    code, title = "link_over", "This link does not open it any more"


class PreviewProxy:
    """Handles every request of the preview's port."""

    def __init__(
        self,
        service: PreviewService,
        signer: PreviewSigner,
        *,
        page_origins: Sequence[str] = (),
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._service = service
        self._signer = signer
        self._doorman = Doorman(signer)
        self._patience_s = patience_s
        self._page_policy = f"frame-ancestors 'self' {' '.join(page_origins)}" if page_origins else None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The app's answer, or ours in its place."""
        return await answer_or_say_why(request, self._answer_request)

    async def _answer_request(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        job_id = self._signer.job_of(host)
        if job_id is None:
            return self._not_a_preview(request, host)
        return await self.pass_on(request, job_id, URL(f"{self._signer.scheme}://{host}"))

    async def pass_on(
        self, request: web.BaseRequest, job_id: JobId, origin: URL, *, is_for_shares: bool = False
    ) -> web.StreamResponse:
        """The answer of a build's app, seen at `origin`. With `is_for_shares`, shared links alone open it."""
        target, parameter = strip_access(_raw_target(request))
        granted = self._signer.opens(job_id, parameter) if parameter is not None and not is_for_shares else None
        if granted is not None and request.method in ("GET", "HEAD"):
            # The link leaves the address bar and whatever the page passes on; a form's body would be lost on that
            # way.
            return self._exchange_link(job_id, granted, f"{origin.scheme}://{origin.authority}{target}")
        admission = (
            self._admit_visitor(request, job_id) if granted is None else Admission(granted, Visit.FIRST_PARTY)
        )
        if is_for_shares and admission.shown.share is None:
            raise _link_over(job_id)
        is_old = self._doorman.should_renew(admission.shown)
        exchange = Exchange(
            request,
            target,
            origin=origin,
            admission=admission,
            own_cookies=self._doorman.cookie_names,
            set_cookies=self._doorman.set_cookies(job_id, admission.shown) if is_old else (),
            page_policy=self._page_policy,
        )
        return await self._serve_app(request, job_id, exchange)

    def _admit_visitor(self, request: web.BaseRequest, job_id: JobId) -> Admission:
        admission = self._doorman.admit(job_id, cookie_pairs(request.headers))
        if admission is None:
            raise _link_over(job_id)
        return admission

    def _exchange_link(self, job_id: JobId, shown: Pass, location: str) -> web.Response:
        response = web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})
        for cookie in self._doorman.set_cookies(job_id, shown):
            response.headers.add("Set-Cookie", cookie)
        return response

    async def _serve_app(self, request: web.BaseRequest, job_id: JobId, exchange: Exchange) -> web.StreamResponse:
        if pages.is_navigation(request) and not await self._wakes_soon(job_id):
            return pages.starting()
        for attempt in range(1, _TRIES + 1):
            async with self._service.using(job_id) as app:
                try:
                    if wants_websocket(request):
                        return await relay_websocket(exchange, app)
                    return await relay_http(exchange, app)
                except (SandboxGone, AppNotListening):
                    # Nothing of the request was sent: the app is started anew and asked again.
                    await self._service.give_up(app)
                except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
                    # An app that was dying may have taken the connection; asking again is safe for these.
                    if request.method not in ("GET", "HEAD") or attempt == _TRIES:
                        raise
        raise PreviewFailed("The app stopped again right after it was started.")

    async def _wakes_soon(self, job_id: JobId) -> bool:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._service.wake(job_id)
        except TimeoutError:
            return False
        return True

    def _not_a_preview(self, request: web.BaseRequest, host: str) -> web.Response:
        if request.path == HEALTH_PATH and host.rpartition(":")[0] in _LOOPBACK:
            return web.json_response({"status": "ok", "previews": len(self._service.live)})
        raise NotFound("No preview is served at this address.")


@dataclass(frozen=True)
class Application:
    """Hands every request to `handle`."""

    handle: Handler
    head_timeout_s: float = HEAD_TIMEOUT_S


def preview_app(
    service: PreviewService,
    signer: PreviewSigner,
    *,
    page_origins: Sequence[str] = (),
    patience_s: float = _PATIENCE_S,
    head_timeout_s: float = HEAD_TIMEOUT_S,
) -> Application:
    """The proxy as an application. Pages of `page_origins` may show previews in a frame."""
    proxy = PreviewProxy(service, signer, page_origins=page_origins, patience_s=patience_s)
    return Application(proxy.handle, head_timeout_s)


@contextlib.asynccontextmanager
async def listening(
    app: Application, *, host: str, port: int, listener: socket.socket | None = None
) -> AsyncIterator[int]:
    """Serve the application inside the block; gives the port, which is a free one when 0 was asked for.

    With a `listener`, which is bound already, host and port are its own.
    """
    limit = HeadLimit(app.head_timeout_s)
    server = web.Server(
        limit.noting(app.handle),
        request_factory=make_request,
        access_log=None,
        logger=request_log(),
        # It is from the end of an answer to the end of the next request's head.
        keepalive_timeout=limit.timeout_s,
        # A visitor who leaves ends the request to the app as well.
        handler_cancellation=True,
        max_line_size=_MAX_HEADER,
        max_field_size=_MAX_HEADER,
    )
    runner = web.ServerRunner(server, shutdown_timeout=_STOP_S)
    await runner.setup()
    limiting = asyncio.create_task(limit.enforce(server))
    try:
        site = web.TCPSite(runner, host, port) if listener is None else web.SockSite(runner, listener)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        limiting.cancel()
        await asyncio.wait({limiting})
        await runner.cleanup()


async def serve(
    service: PreviewService,
    signer: PreviewSigner,
    *,
    host: str,
    port: int,
    listener: socket.socket | None = None,
    page_origins: Sequence[str] = (),
) -> None:
    """Be the preview process until cancelled; no sandbox of it is left afterwards."""
    try:
        app = preview_app(service, signer, page_origins=page_origins)
        async with listening(app, host=host, port=port, listener=listener):
            await service.run()
    finally:
        await service.close()


async def answer_or_say_why(
    request: web.BaseRequest, answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """The answer of `answer`; where it fails, a page or a document about what went wrong."""
    try:
        return await answer(request)
    except AppError as error:
        return _failure_page(request, error)
    except TimeoutError:
        return _failure_page(request, AppTooSlow("The app did not begin to answer in time."))
    except (aiohttp.ClientError, SandboxError, ConnectionError) as error:
        return _failure_page(request, AppBrokeOff(f"The app broke off ({type(error).__name__})."))


def _link_over(job_id: JobId) -> LinkOver:
    return LinkOver(
        "An app opens here with a link that is good for a limited time, and can be closed.",
        remedy=f"Ask whoever sent you the link for a new one. If that is you, type: ./co open {job_id}",
    )


def _raw_target(request: web.BaseRequest) -> str:
    """The path and query as they were sent, also when the request line held a whole URL. NotFound."""
    sent = request.raw_path
    target = sent if sent.startswith("/") else request.rel_url.raw_path_qs
    if not target.startswith("/") or request.method == "CONNECT":
        raise NotFound("No page is at this address.")
    return target


def _failure_page(request: web.BaseRequest, error: AppError) -> web.Response:
    debug_id = new_debug_id()
    _log.info("preview_refused", code=error.code, status=error.status, detail=error.detail, debug_id=debug_id)
    return pages.failure(
        request,
        status=error.status,
        title=error.title,
        detail=error.detail,
        code=error.code,
        debug_id=debug_id,
        remedy=error.remedy,
        retry_after=error.retry_after,
    )
