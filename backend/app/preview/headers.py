"""Rewriting headers between a visitor and an app, in both directions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from app.app_runtime.app_host import PREVIEW_ACCESS
from app.preview.access import Visit

HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        # The server has told the visitor to go on before the body is read.
        "expect",
    }
)
# An app believes these, so a visitor must not be the one who says them.
_OURS: Final = frozenset(
    {
        "host",
        "cookie",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-real-ip",
        PREVIEW_ACCESS.lower(),
    }
)
# Both sides shake hands on their own; the keys of one are no use to the other.
_WEBSOCKET: Final = frozenset(
    {"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol"}
)
# The founder's page shows the preview in a frame, and says itself who else may (`page_policy`).
_FRAME_RULES: Final = frozenset({"x-frame-options"})
# The addresses by which an app may know itself.
_INSIDE: Final = frozenset({"127.0.0.1", "localhost", "0.0.0.0"})
_FRAMED_COOKIE: Final = "; SameSite=None; Secure; Partitioned"

Headers = CIMultiDictProxy[str]


def cookie_pairs(headers: Headers) -> list[tuple[str, str]]:
    """Every cookie of a request as it was sent."""
    pairs = []
    for header in headers.getall("Cookie", ()):
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            pairs.append((name, value))
    return pairs


def to_app(headers: Headers, *, origin: URL, peer: str, own_cookies: Collection[str]) -> CIMultiDict[str]:
    """A request's headers as the app gets them: nothing hop-by-hop and none of our cookies."""
    dropped = HOP_BY_HOP | _OURS | _WEBSOCKET | _named_by_connection(headers)
    passed = CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)
    cookies = [f"{name}={value}" for name, value in cookie_pairs(headers) if name and name not in own_cookies]
    if cookies:
        passed["Cookie"] = "; ".join(cookies)
    passed["Host"] = origin.authority
    passed["X-Forwarded-For"] = peer
    passed["X-Forwarded-Host"] = origin.authority
    passed["X-Forwarded-Proto"] = origin.scheme
    return passed


def to_visitor(
    headers: Headers, *, origin: URL, app_port: int, visit: Visit, own_cookies: Collection[str]
) -> CIMultiDict[str]:
    """An app's headers as the visitor gets them: redirects and cookies stay on the preview's own origin."""
    dropped = HOP_BY_HOP | _FRAME_RULES | _named_by_connection(headers)
    passed: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        lower = name.lower()
        if lower in dropped:
            continue
        if lower == "set-cookie":
            cookie = rewrite_cookie(value, visit=visit)
            # An app that set our cookie could hand its visitors somebody else's access.
            if value.partition("=")[0].strip() not in own_cookies:
                passed.add(name, cookie)
        elif lower == "location":
            passed.add(name, rewrite_location(value, origin=origin, app_port=app_port))
        else:
            passed.add(name, value)
    return passed


def rewrite_cookie(value: str, *, visit: Visit) -> str:
    """An app's cookie made host-only and, in a frame, such that the browser keeps it there."""
    pair, *attributes = value.split(";")
    dropped = {"domain"} if visit is Visit.FIRST_PARTY else {"domain", "samesite", "secure", "partitioned"}
    attributes_kept = [part for part in attributes if part.partition("=")[0].strip().lower() not in dropped]
    return ";".join([pair, *attributes_kept]) + (_FRAMED_COOKIE if visit is Visit.FRAMED else "")


def rewrite_location(value: str, *, origin: URL, app_port: int) -> str:
    """A redirect to the app's own address, as the app sees it, made one to the preview's."""
    try:
        target = URL(value, encoded=True)
        if target.scheme not in ("http", "https") or target.host is None:
            return value
        is_own = target.host == origin.host or (target.host in _INSIDE and target.port in (app_port, origin.port))
    except ValueError:
        return value
    if not is_own:
        return value
    fragment = f"#{target.raw_fragment}" if target.raw_fragment else ""
    return f"{origin.scheme}://{origin.authority}{target.raw_path_qs}{fragment}"


def _named_by_connection(headers: Mapping[str, str]) -> frozenset[str]:
    listed = headers.get("Connection", "")
    return frozenset(part.strip().lower() for part in listed.split(",")) if listed else frozenset()
