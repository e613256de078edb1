"""Signed addresses of previews and the signed cookies they are exchanged for."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
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


class Access(StrEnum):
    """What a link opens of a preview."""

    OWNER = "owner"
    """All of the app: who has the link is let in as its owner."""

    VISITOR = "visitor"
    """What the app shows to people who are not signed in."""


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
        self._links = _signers(secret, "link")
        self._signed_link = lru_cache(maxsize=_LINKS_KEPT)(partial(_sign_for, self._links))
        self._cookies = _signers(secret, "cookie")
        self._link_seconds = link_seconds
        self._window_seconds = max(1, link_seconds // _WINDOWS_PER_LINK)
        self._domain = domain
        self._clock = clock or SystemClock()
        self.scheme = scheme
        self.port = port
        """The port in every link; None leaves it out."""
        self.generations: Mapping[JobId, int] = {}
        """How often the links of a build were revoked, where they were; each time begins another generation."""

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

    def url(self, job_id: JobId, access: Access = Access.OWNER) -> str:
        """A link that opens the preview as it is."""
        expiry = self.window(self._clock.now()) * self._window_seconds + self._link_seconds
        return f"{self.origin(job_id)}/?{ACCESS_PARAMETER}={self._signed_link(access, self._name(job_id), expiry)}"

    def opens(self, job_id: JobId, value: str) -> Access | None:
        """What the access parameter of a link opens of this build now; None when it is not good."""
        return self._best(self._links, job_id, [value])[0]

    def cookie(self, job_id: JobId, access: Access) -> str:
        """A value for the cookie that keeps a visitor in."""
        expiry = int(self._clock.now().timestamp()) + self.cookie_seconds
        return _sign_for(self._cookies, access, self._name(job_id), expiry)

    def admits(self, job_id: JobId, cookies: Iterable[str]) -> tuple[Access | None, float]:
        """What these cookies open of this build and for how many seconds still; None when none is good."""
        return self._best(self._cookies, job_id, cookies)

    def _name(self, job_id: JobId) -> str:
        """What is signed for a build: links of an earlier generation are for another name."""
        generation = self.generations.get(job_id, 0)
        return f"{job_id}~{generation}" if generation else str(job_id)

    def job_of(self, host: str) -> JobId | None:
        """The build a Host header names, or None when it names none of ours."""
        name, _, port = host.lower().partition(":")
        label, _, domain = name.partition(".")
        match = _HOST.fullmatch(label) if _PORT.fullmatch(port) else None
        if match is None or domain != self._domain:
            return None
        return JobId(uuid.UUID(match.group(1)))

    def _best(
        self, signers: Mapping[Access, Signer], job_id: JobId, values: Iterable[str]
    ) -> tuple[Access | None, float]:
        """The access that opens most, by whichever of the values is good for longest."""
        given = list(values)
        for access, signer in signers.items():
            left = max((self._seconds_left(signer, job_id, value) for value in given), default=0.0)
            if left > 0:
                return access, left
        return None, 0.0

    def _seconds_left(self, signer: Signer, job_id: JobId, value: str) -> float:
        expiry, _, signature = value.partition(".")
        if not _EXPIRY.fullmatch(expiry) or not signature.isascii():
            return 0
        try:
            signer.unsign(f"{self._name(job_id)}.{expiry}.{signature}")
        except BadSignature:
            return 0
        return int(expiry) - self._clock.now().timestamp()


def _signers(secret: str | bytes, what: str) -> Mapping[Access, Signer]:
    """A key of its own for each kind of access, in the order of how much it opens."""
    return {access: _signer(secret, f"cofounder.preview.{what}.{access.value}".encode()) for access in Access}


def _signer(secret: str | bytes, salt: bytes) -> Signer:
    return Signer(secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)


def _sign_for(signers: Mapping[Access, Signer], access: Access, name: str, expiry: int) -> str:
    signature = signers[access].get_signature(f"{name}.{expiry}").decode()
    return f"{expiry}.{signature}"
