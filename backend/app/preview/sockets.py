"""Carries a WebSocket between a visitor and an app, message by message in both directions."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from aiohttp import WSMsgType, web

from app.app_runtime.sandbox_connector import require_answer
from app.core.errors import Forbidden
from app.preview.relay import Exchange
from app.preview.serving import ServingApp

_MAX_MESSAGE: Final = 8 << 20
_HANDSHAKE_S: Final = 30
_BEAT_S: Final = 30

_Side = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


def wants_websocket(request: web.BaseRequest) -> bool:
    """True when the request asks to become a WebSocket."""
    return request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket"


async def relay_websocket(exchange: Exchange, app: ServingApp) -> web.StreamResponse:
    """Runs until either side is done. An app that refuses the handshake answers with its own status."""
    if not exchange.is_of_own_page:
        raise Forbidden("This connection was asked for by a page of another site.")
    offered = exchange.request.headers.getall("Sec-WebSocket-Protocol", ())
    protocols = [word.strip() for header in offered for word in header.split(",")]
    try:
        async with asyncio.timeout(_HANDSHAKE_S):
            inner = await app.http.ws_connect(
                exchange.app_url("ws"),
                headers=exchange.request_headers(app),
                protocols=protocols,
                max_msg_size=_MAX_MESSAGE,
                heartbeat=_BEAT_S,
            )
    except aiohttp.WSServerHandshakeError as error:
        require_answer(error)
        return web.Response(status=error.status)
    async with inner:
        outer = web.WebSocketResponse(
            protocols=[inner.protocol] if inner.protocol else (),
            max_msg_size=_MAX_MESSAGE,
            heartbeat=_BEAT_S,
            compress=False,
        )
        await outer.prepare(exchange.request)
        await _pump_both(outer, inner, within_s=exchange.seconds_left)
        return outer


async def _pump_both(
    outer: web.WebSocketResponse, inner: aiohttp.ClientWebSocketResponse, *, within_s: float | None
) -> None:
    """Until one side closes, or the time is over; the other is then closed with the same code."""
    pumps = {asyncio.create_task(_pump_messages(outer, inner)), asyncio.create_task(_pump_messages(inner, outer))}
    try:
        await asyncio.wait(pumps, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.wait(pumps)
        code = inner.close_code or outer.close_code or aiohttp.WSCloseCode.GOING_AWAY
        await asyncio.gather(outer.close(code=_sendable_code(code)), inner.close(code=_sendable_code(code)))


async def _pump_messages(source: _Side, sink: _Side) -> None:
    async for message in source:
        try:
            if message.type is WSMsgType.TEXT:
                await sink.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await sink.send_bytes(message.data)
        except ConnectionError:
            return


def _sendable_code(code: int) -> int:
    """A code that may stand in a close frame: some only ever describe what was seen locally."""
    reserved = code in (1004, 1005, 1006, 1015) or not 1000 <= code < 5000
    return int(aiohttp.WSCloseCode.OK if code == 1005 else aiohttp.WSCloseCode.GOING_AWAY) if reserved else code
