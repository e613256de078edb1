"""Links to the page on the wire."""

from __future__ import annotations

from pydantic import BaseModel


class PageLinkOut(BaseModel):
    """A link that signs in once."""

    url: str
