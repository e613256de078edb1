"""The names that the app answers to, and what the preview that serves it says of a visitor."""

from __future__ import annotations

import hmac
import ipaddress
import os
import re

from starlette.requests import Request
from starlette.types import Scope

ACCESS = b"x-preview-access"
OWNER, VISITOR = "owner", "visitor"
REFUSED = (
    "This app does not answer to that name. If the name is yours, write it into ALLOWED_HOSTS in the file .env "
    "beside start.sh, and start the app again.\n"
)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_-][a-z0-9._-]*)(?::[0-9]{1,5})?")


def preview_access(scope: Scope) -> str:
    """The kind of link by which somebody sees the preview, `owner` or `visitor`; nothing outside of a preview.

    Only the preview knows the key that it has started the app with, and it takes this header from whoever else
    sends one.
    """
    key, sent = os.environ.get("PREVIEW_KEY", ""), _sent(scope, ACCESS)
    if not key or len(sent) != 1:
        return ""
    kind, _, given = sent[0].partition(" ")
    return kind if hmac.compare_digest(given.encode(), key.encode()) and kind in (OWNER, VISITOR) else ""


def is_founder(request: Request) -> bool:
    """Whether somebody came by the link that a preview gives to nobody but the founder."""
    return preview_access(request.scope) == OWNER


def as_the_preview_says(scope: Scope) -> Scope:
    """The request with the address and the scheme that the preview tells of a visitor; any other as it is."""
    client, scheme = _sent(scope, b"x-forwarded-for"), _sent(scope, b"x-forwarded-proto")
    if not preview_access(scope) or not client or not scheme:
        return scope
    return {**scope, "client": (client[0], 0), "scheme": scheme[0]}


def is_own_name(scope: Scope) -> bool:
    """Whether the request names this app as its host, and not a site that has taken over its address."""
    if preview_access(scope):
        return True
    sent = _sent(scope, b"host")
    match = _HOST.fullmatch(sent[0].lower()) if len(sent) == 1 else None
    return match is not None and _is_ours(match[1].rstrip("."), scope)


def is_own_page(scope: Scope) -> bool:
    """Whether what is sent comes from a page of this app, as far as the browser says."""
    origins = _sent(scope, b"origin")
    hosts = _sent(scope, b"host")
    return all(origin.lower().partition("://")[2] == hosts[0].lower() for origin in origins)


def is_loopback(name: str) -> bool:
    """Whether the name or address stands for the machine that the app runs on."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def network_of(request: Request) -> str:
    """The address that somebody comes from; one customer of a provider has a whole range of the newer ones."""
    host = request.client.host if request.client else ""
    address = _address(host)
    if address is None or address.version == 4:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False))


def _is_ours(name: str, scope: Scope) -> bool:
    # An address cannot be taken over as a name can, so the one that was connected to is safe.
    reached = _address((scope.get("server") or ("",))[0])
    return is_loopback(name) or name in _allowed() or (reached is not None and _address(name) == reached)


def _allowed() -> set[str]:
    """The names in ALLOWED_HOSTS, with commas or spaces between them; a port beside a name is left aside."""
    named = os.environ.get("ALLOWED_HOSTS", "").lower().replace(",", " ").split()
    return {match[1] for match in map(_HOST.fullmatch, named) if match}


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def _sent(scope: Scope, header: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == header]
