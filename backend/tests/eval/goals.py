"""The file of goals: what a founder writes, and the kinds of record that a person would expect in the app."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECTIONS: Final = ("seen", "unseen")


class BadGoals(ValueError):
    """The file of goals breaks its own format."""


@dataclass(frozen=True)
class Goal:
    """One goal. Each expectation is a group of names that are as good."""

    number: int
    section: str
    text: str
    expected: tuple[tuple[str, ...], ...]

    @property
    def is_seen(self) -> bool:
        return self.section == "seen"


def read_goals(path: Path) -> list[Goal]:
    """Every goal of the file, numbered from 1; BadGoals names the line that is wrong."""
    goals: list[Goal] = []
    section = text = ""
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            if section not in SECTIONS:
                raise BadGoals(f"{path.name}:{number}: {section!r} is not one of {', '.join(SECTIONS)}")
        elif not line.startswith("="):
            text = line
        elif section and text:
            goals.append(Goal(len(goals) + 1, section, text, _expected(line)))
            text = ""
        else:
            raise BadGoals(f"{path.name}:{number}: an expectation without a goal")
    if text:
        raise BadGoals(f"{path.name}: {text[:40]!r} has no expectation")
    return goals


def _expected(line: str) -> tuple[tuple[str, ...], ...]:
    groups = (group.split("|") for group in line.removeprefix("=").split(","))
    return tuple(tuple(name.strip() for name in names) for names in groups)
