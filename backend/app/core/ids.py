"""Typed identifiers, so that a project's id is never handed where a job's is meant."""

from __future__ import annotations

import secrets
import uuid
from typing import NewType

FounderId = NewType("FounderId", uuid.UUID)
ProjectId = NewType("ProjectId", uuid.UUID)
JobId = NewType("JobId", uuid.UUID)
GateId = NewType("GateId", uuid.UUID)
SandboxId = NewType("SandboxId", str)
DebugId = NewType("DebugId", str)


def new_debug_id() -> DebugId:
    """A short random word that a founder can read out and that is found in the log."""
    return DebugId(f"dbg_{secrets.token_hex(6)}")
