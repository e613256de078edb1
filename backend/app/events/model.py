"""What a job tells: each event is one of a closed set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """What kind of thing happened."""

    STATUS = "status"
    SAY = "say"
    LOG = "log"


@dataclass(frozen=True)
class Event:
    """One thing that happened to a job; `seq` counts from 1 without gaps."""

    seq: int
    type: EventType
    payload: Mapping[str, Any]
    at: datetime

    @property
    def is_last(self) -> bool:
        """Whether nothing follows."""
        return self.type is EventType.STATUS and self.payload.get("status") in ("ready", "failed")

    def body(self) -> dict[str, Any]:
        """The event as it goes over the wire."""
        return {"seq": self.seq, "type": self.type.value, "at": self.at.isoformat(), **self.payload}
