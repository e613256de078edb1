"""The questions, answers and offers that the help is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.blueprint.spec import AppSpec
from app.services.project_state import ProjectState
from app.services.readiness import Finding


@dataclass(frozen=True)
class Offer:
    """Something that can be done; with `asks` it is done only after that question was answered by yes."""

    label: str
    address: str
    """Its place on the page."""
    command: str
    """The same on the command line."""
    asks: str = ""
    field: tuple[str, str] | None = None
    """What the form sends, besides the answer."""


@dataclass(frozen=True)
class Answer:
    """The answer in words, with a list where there are several things to say, and the offers beside it."""

    text: str
    offers: tuple[Offer, ...] = ()
    lines: tuple[str, ...] = ()
    is_understood: bool = True


@dataclass(frozen=True)
class Asked:
    """A question about a project, with what stands in the way of a launch."""

    question: str
    state: ProjectState
    findings: Sequence[Finding] = ()
    spec: AppSpec | None = None
    """The plan of the newest version, where there is one that can be read."""

    def path(self, path: str = "") -> str:
        """A place of the project on the page."""
        return f"/p/{self.state.project.id}{path}"

    def command(self, words: str, *, of: str | None = None) -> str:
        """A command about the project, or about the build `of` it."""
        return f"cofounder {words} {of or self.state.project.id}"


def correct_plan(asked: Asked) -> Offer:
    """To the plan, which is corrected by clicking."""
    return Offer("Change the plan by clicking", asked.path("/plan"), asked.command("spec show"))


def say_change(asked: Asked) -> Offer:
    """To the box for a change in words."""
    return Offer(
        "Say what should be different", asked.path("#change"), f"{asked.command('change')} 'Add a phone number'"
    )


def go_online(asked: Asked) -> Offer:
    """To what a launch needs."""
    return Offer("Go online", asked.path("/launch"), asked.command("launch"))
