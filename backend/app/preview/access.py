"""Access to previews: a signed link is exchanged for cookies, and the cookies let the visitor in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from app.core.ids import JobId
from app.preview.links import ACCESS_PARAMETER, Pass, PreviewSigner

_FIRST_PARTY: Final = "cf_preview"
_FRAMED: Final = "cf_preview_framed"
SHARED_APP: Final = "cf_shared"
"""The cookie that says which app a visitor at the door for shared links was let in to."""


class Visit(Enum):
    """The context in which a browser shows the preview."""

    FIRST_PARTY = auto()
    """In a tab of its own, or no browser at all."""

    FRAMED = auto()
    """In a frame of another site's page: only partitioned cookies are kept there."""


@dataclass(frozen=True)
class Admission:
    """An accepted visitor: their access, how long it lasts, and the context of their browser."""

    shown: Pass
    visit: Visit


def strip_access(path_qs: str) -> tuple[str, str | None]:
    """A request target without its access parameter, and the parameter's value. The rest is left as written."""
    path, mark, query = path_qs.partition("?")
    remaining, access = [], None
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == ACCESS_PARAMETER:
            access = value
        else:
            remaining.append(part)
    if access is None:
        return path_qs, None
    query = "&".join(remaining)
    return f"{path}{mark}{query}" if query else path, access


class Doorman:
    """Reads and writes the two access cookies.

    One is for a tab of its own and for scripts (curl keeps no `Secure` cookie over http). The other is for a frame
    in the founder's page, where browsers take only `Secure; SameSite=None; Partitioned`, which they accept from
    `*.localhost` over http too. Which of them comes back also tells how the preview is being looked at.
    """

    def __init__(self, signer: PreviewSigner) -> None:
        self._signer = signer
        self._is_https = signer.scheme == "https"
        # Browsers keep a cookie of this name from https only, and then from no other host.
        prefix = "__Host-" if self._is_https else ""
        self._names = {Visit.FIRST_PARTY: prefix + _FIRST_PARTY, Visit.FRAMED: prefix + _FRAMED}
        self.cookie_names: Final = frozenset({*self._names.values(), SHARED_APP})

    def admit(self, job_id: JobId, cookies: Iterable[tuple[str, str]]) -> Admission | None:
        """The admission of a visitor by their cookies; None when these do not allow it."""
        pairs = list(cookies)
        for visit, cookie_name in self._names.items():
            # Another origin below the same domain could have tossed in a second cookie of that name.
            granted = self._signer.admits(job_id, (value for name, value in pairs if name == cookie_name))
            if granted is not None:
                return Admission(granted, visit)
        return None

    def set_cookies(self, job_id: JobId, shown: Pass) -> list[str]:
        """The Set-Cookie values for a visitor that is let in."""
        value = self._signer.cookie(job_id, shown.access, share=shown.share)
        common = f"={value}; Path=/; Max-Age={self._signer.cookie_seconds}; HttpOnly"
        secure = "; Secure" if self._is_https else ""
        return [
            f"{self._names[Visit.FIRST_PARTY]}{common}; SameSite=Lax{secure}",
            f"{self._names[Visit.FRAMED]}{common}; SameSite=None; Secure; Partitioned",
        ]

    def should_renew(self, shown: Pass) -> bool:
        """True when the cookies are in the second half of their life."""
        return shown.seconds_left < self._signer.cookie_seconds / 2
