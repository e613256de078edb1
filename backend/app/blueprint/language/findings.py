"""The findings of a goal: the records it speaks of, their details, its subject and who does what."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from app.blueprint.language.acting import Act
from app.blueprint.language.archetypes import key_of
from app.blueprint.language.lexicon import NounKind


@dataclass(frozen=True)
class Candidate:
    """A record that the goal speaks of. `key` compares names, `about` names what it belongs to."""

    label: str
    kind: NounKind
    at: int
    flags: str = ""
    about: str = ""
    weak: bool = False
    is_action: bool = False
    examples: tuple[str, ...] = ()
    is_booked: bool = False

    @cached_property
    def key(self) -> str:
        """The name as names are compared."""
        return key_of(self.label)

    @property
    def is_person(self) -> bool:
        """True if it is a kind of person."""
        return self.kind is NounKind.PERSON


@dataclass
class Findings:
    """The records, details, people and words that a goal speaks of."""

    candidates: list[Candidate] = field(default_factory=list)
    details: dict[str, dict[str, str]] = field(default_factory=dict)
    domain: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    context: str = ""
    roles: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)
    spare: list[Candidate] = field(default_factory=list)
    acts: tuple[Act, ...] = ()
    settings: set[str] = field(default_factory=set)
    verbs: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    tracked: set[str] = field(default_factory=set)
    paid: set[str] = field(default_factory=set)
    last_phrase: str = ""
    whole: str = ""
    last_named: str = ""
    is_after_plural: bool = False

    def add(self, candidate: Candidate) -> None:
        """Keep a candidate, unless it or a fuller name for it is there already."""
        self.last_named = candidate.key
        for at, earlier in enumerate(self.candidates):
            if earlier.key == candidate.key:
                # The surer reading of the same name wins, in the place where it was first spoken of.
                if earlier.weak and not candidate.weak:
                    self.candidates[at] = candidate
                return
        self.candidates.append(candidate)
