"""The parts of a founder's request to a model beside the goal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """A change of the version before, or a design with the founder's answers to what was asked about one."""

    change: str | None = None
    """What is to be otherwise, in the founder's words."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """By the question."""
