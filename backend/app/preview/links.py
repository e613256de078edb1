"""Signed addresses of previews and the signed cookies they are exchanged for."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
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
# Digits are written out in these: `\d` would take those of other scripts, of which several spell one number.
_HOST: Final = re.compile(r"build-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_PORT: Final = re.compile(r"[0-9]{0,5}")
_EXPIRY: Final = re.compile(r"[0-9]{1,12}")
_SHARE: Final = re.compile(r"([0-9a-f]{32})-([0-9]{1,12})")


class Access(StrEnum):
    """The part of a preview that a link opens."""

    OWNER = "owner"
    """All of the app: who has the link is let in as its owner."""

    VISITOR = "visitor"
    """What the app shows to people who are not signed in."""


@dataclass(frozen=True)
class Share:
    """The shared link that somebody came by: what it opened ends at `until`, and when the link is closed."""

    id: uuid.UUID
    until: int
    """In seconds since 1970."""

    def __str__(self) -> str:
        return f"{self.id.hex}-{self.until}"


@dataclass(frozen=True)
class Pass:
    """A signed value that is good: its access, the seconds it still lasts, and the shared link it comes from."""

    access: Access
    seconds_left: float
    share: Share | None = None


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
        self._links = _make_signers(secret, "link")
        self._signed_link = lru_cache(maxsize=_LINKS_KEPT)(partial(_sign_for, self._links))
        self._cookies = _make_signers(secret, "cookie")
        self._link_seconds = link_seconds
        self._window_seconds = max(1, link_seconds // _WINDOWS_PER_LINK)
        self._domain = domain
        self._clock = clock or SystemClock()
        self.scheme = scheme
        self.port = port
        """The port in every link; None leaves it out."""
        self.generations: Mapping[JobId, int] = {}
        """How often the links of a build were revoked, where they were; each time begins another generation."""
        self.closed_shares: Collection[uuid.UUID] = frozenset()
        """The shared links that were closed before their time was over."""

    @property
    def cookie_seconds(self) -> int:
        """The seconds that a cookie is good for."""
        return self._link_seconds

    def window(self, now: datetime) -> int:
        """The number of the window a moment lies in; links change when it does."""
        return int(now.timestamp()) // self._window_seconds

    def origin(self, job_id: JobId) -> str:
        """The origin of a build's preview, such as `http://build-<id>.localhost:8401`."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://build-{job_id}.{self._domain}{port}"

    def url(
        self, job_id: JobId, access: Access = Access.OWNER, *, share: Share | None = None, path: str = "/"
    ) -> str:
        """A link that opens the preview as it is, at a page of the app."""
        expiry = self.window(self._clock.now()) * self._window_seconds + self._link_seconds
        signed = self._signed_link(access, self._signed_name(job_id), expiry, share)
        return f"{self.origin(job_id)}{path}?{ACCESS_PARAMETER}={signed}"

    def opens(self, job_id: JobId, value: str) -> Pass | None:
        """The pass of a link's access parameter for this build; None when it is not good."""
        return self._best_pass(self._links, job_id, [value])

    def cookie(self, job_id: JobId, access: Access, *, share: Share | None = None) -> str:
        """A value for the cookie that keeps a visitor in."""
        expiry = int(self._clock.now().timestamp()) + self.cookie_seconds
        return _sign_for(self._cookies, access, self._signed_name(job_id), expiry, share)

    def admits(self, job_id: JobId, cookies: Iterable[str]) -> Pass | None:
        """The pass of these cookies for this build; None when none is good."""
        return self._best_pass(self._cookies, job_id, cookies)

    def _signed_name(self, job_id: JobId) -> str:
        """The name that is signed for a build: links of an earlier generation are for another name."""
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

    def _best_pass(self, signers: Mapping[Access, Signer], job_id: JobId, values: Iterable[str]) -> Pass | None:
        """The access that opens most, by whichever of the values is good for longest."""
        candidates = list(values)
        for access, signer in signers.items():
            passes = [self._read_value(access, signer, job_id, value) for value in candidates]
            # A cookie that was renewed stands beside the one before it until the browser has replaced that.
            best = max(passes, key=lambda one: one.seconds_left, default=None)
            if best is not None and best.seconds_left > 0:
                return best
        return None

    def _read_value(self, access: Access, signer: Signer, job_id: JobId, value: str) -> Pass:
        """The pass of a value; one for no time at all when it is not good."""
        nothing = Pass(access, 0)
        signed, _, signature = value.rpartition(".")
        expiry, _, share_text = signed.partition(".")
        share_match = _SHARE.fullmatch(share_text)
        if not _EXPIRY.fullmatch(expiry) or not signature.isascii() or (share_text and share_match is None):
            return nothing
        try:
            signer.unsign(f"{self._signed_name(job_id)}.{signed}.{signature}")
        except BadSignature:
            return nothing
        share = Share(uuid.UUID(share_match[1]), int(share_match[2])) if share_match else None
        if share is not None and share.id in self.closed_shares:
            return nothing
        ends = int(expiry) if share is None else min(int(expiry), share.until)
        return Pass(access, ends - self._clock.now().timestamp(), share)


def _make_signers(secret: str | bytes, what: str) -> Mapping[Access, Signer]:
    """A key of its own for each kind of access, in the order of how much it opens."""
    return {access: _make_signer(secret, f"cofounder.preview.{what}.{access.value}".encode()) for access in Access}


def _make_signer(secret: str | bytes, salt: bytes) -> Signer:
    return Signer(secret, salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)


def _sign_for(
    signers: Mapping[Access, Signer], access: Access, name: str, expiry: int, share: Share | None
) -> str:
    signed = f"{expiry}" if share is None else f"{expiry}.{share}"
    signature = signers[access].get_signature(f"{name}.{signed}").decode()
    return f"{signed}.{signature}"
