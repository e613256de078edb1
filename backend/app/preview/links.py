"""Signed addresses of previews and the signed cookies they are exchanged for."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import datetime
from functools import lru_cache, partial
from typing import Final

from itsdangerous import BadSignature, Signer

from app.core.ids import JobId
from app.ports.clock import Clock, SystemClock

ACCESS_PARAMETER: Final = "cf_access"
_WINDOWS_PER_LINK: Final = 4
_LINKS_KEPT: Final = 4096
_HOST: Final = re.compile(r"build-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_PORT: Final = re.compile(r"[0-9]{0,5}")
_EXPIRY: Final = re.compile(r"[0-9]{1,12}")


class PreviewSigner:
    """Makes and checks what gives access to one build's preview.

    Within a window of time every link to a build is the same one, so that reading a status twice gives the same
    answer; a link is good for between three quarters of `link_seconds` and all of it.
    """

    def __init__(
        self,
        secret: str | bytes,
        *,
        link_seconds: int,
        port: int | None,
        domain: str = "localhost",
        scheme: str = "http",
        clock: Clock | None = None,
    ) -> None:
        self._links = _signer(secret, b"cofounder.preview.link")
        self._signed_link = lru_cache(maxsize=_LINKS_KEPT)(partial(_sign, self._links))
        self._cookies = _signer(secret, b"cofounder.preview.cookie")
        self._link_seconds = link_seconds
        self._window_seconds = max(1, link_seconds // _WINDOWS_PER_LINK)
        self._domain = domain
        self._clock = clock or SystemClock()
        self.scheme = scheme
        self.port = port
        """The port in every link; None leaves it out."""

    @property
    def cookie_seconds(self) -> int:
        """How long a cookie is good for."""
        return self._link_seconds

    def window(self, now: datetime) -> int:
        """The number of the window a moment lies in; links change when it does."""
        return int(now.timestamp()) // self._window_seconds

    def origin(self, job_id: JobId) -> str:
        """The origin of a build's preview, such as `http://build-<id>.localhost:8401`."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://build-{job_id}.{self._domain}{port}"

    def url(self, job_id: JobId) -> str:
        """A link that opens the preview as it is."""
        expiry = self.window(self._clock.now()) * self._window_seconds + self._link_seconds
        return f"{self.origin(job_id)}/?{ACCESS_PARAMETER}={self._signed_link(job_id, expiry)}"

    def opens(self, job_id: JobId, access: str) -> bool:
        """Whether the access parameter of a link is good for this build now."""
        return self._seconds_left(self._links, job_id, access) > 0

    def cookie(self, job_id: JobId) -> str:
        """A value for the cookie that keeps a visitor in."""
        return _sign(self._cookies, job_id, int(self._clock.now().timestamp()) + self.cookie_seconds)

    def cookie_seconds_left(self, job_id: JobId, cookie: str) -> float:
        """How long the cookie is still good for this build; 0 when it is not."""
        return max(0.0, self._seconds_left(self._cookies, job_id, cookie))

    def job_of(self, host: str) -> JobId | None:
        """The build a Host header names, or None when it names none of ours."""
        name, _, port = host.lower().partition(":")
        label, _, domain = name.partition(".")
        match = _HOST.fullmatch(label) if _PORT.fullmatch(port) else None
        if match is None or domain != self._domain:
            return None
        return JobId(uuid.UUID(match.group(1)))

    def _seconds_left(self, signer: Signer, job_id: JobId, value: str) -> float:
        expiry, _, signature = value.partition(".")
        if not _EXPIRY.fullmatch(expiry) or not signature.isascii():
            return 0
        try:
            signer.unsign(f"{job_id}.{expiry}.{signature}")
        except BadSignature:
            return 0
        return int(expiry) - self._clock.now().timestamp()


def _signer(secret: str | bytes, salt: bytes) -> Signer:
    return Signer(secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)


def _sign(signer: Signer, job_id: JobId, expiry: int) -> str:
    signature = signer.get_signature(f"{job_id}.{expiry}").decode()
    return f"{expiry}.{signature}"
