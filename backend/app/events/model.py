"""The events of a job, a closed set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any


class EventType(StrEnum):
    """The kind of an event."""

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
        """True when nothing follows."""
        return self.type is EventType.STATUS and self.payload.get("status") in ("ready", "failed")

    def body(self) -> dict[str, Any]:
        """The event as a client sees it."""
        return {"seq": self.seq, "type": self.type.value, "at": self.at.isoformat(), **self.payload}

    @cached_property
    def wire(self) -> bytes:
        """The event as text/event-stream, written once for all who hear it; the last says that it is."""
        message = f"id: {self.seq}\nevent: {self.type.value}\ndata: {json.dumps(self.body())}\n\n"
        # A browser's EventSource opens a stream that ended again and again; the page closes it on `end`.
        if self.is_last:
            message += f"event: end\ndata: {json.dumps({'status': self.payload['status']})}\n\n"
        return message.encode()
