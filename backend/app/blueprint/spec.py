"""The specification of an app, the same for every engine."""

from __future__ import annotations

from pydantic import BaseModel


class AppSpec(BaseModel):
    """What an app is about."""

    title: str
