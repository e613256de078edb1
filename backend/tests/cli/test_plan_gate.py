"""The plan is shown before a build, and whoever sits at the terminal builds it, changes the idea or leaves."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import pytest

from app.cli import plan_gate
from app.cli.context import Context
from app.cli.errors import UsageError
from app.services.plan_service import TooLittleKept

YOGA = "A booking app for a yoga studio"


class Terminal:
    """A terminal at which lines are typed, and what was written to it."""

    def __init__(self) -> None:
        self.keys, self.end = os.openpty()
        self.stdin = os.fdopen(self.end, "r", encoding="utf-8")
        self.talk = io.StringIO()
        self.context = Context(talk=self.talk)

    def type(self, *lines: str) -> None:
        os.write(self.keys, "".join(f"{line}\n" for line in lines).encode())

    @property
    def said(self) -> str:
        return self.talk.getvalue()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    made = Terminal()
    monkeypatch.setattr("sys.stdin", made.stdin)
    yield made
    made.stdin.close()
    os.close(made.keys)


def agree(terminal: Terminal, goal: str = YOGA, *, anyway: bool = False, asks: bool = True) -> str:
    return plan_gate.agree_on_plan(terminal.context, goal, command="cofounder build", anyway=anyway, asks=asks)


def test_enter_builds_what_was_shown(terminal: Terminal) -> None:
    terminal.type("")
    assert agree(terminal) == YOGA
    assert "Kept 1 of 1 wish." in terminal.said
    assert "It keeps:" in terminal.said


def test_whoever_only_watches_waits_for_no_more_than_a_while(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_gate, "PATIENCE_S", 0.05)
    assert agree(terminal) == YOGA


def test_a_changed_idea_is_planned_and_built(terminal: Terminal) -> None:
    terminal.type("c", "A tool library where members borrow tools", "")
    assert agree(terminal) == "A tool library where members borrow tools"
    assert "Tools:" in terminal.said


def test_nothing_is_built_for_whoever_leaves(terminal: Terminal) -> None:
    terminal.type("q")
    with pytest.raises(UsageError, match="Nothing was built"):
        agree(terminal)


@pytest.mark.parametrize(("anyway", "asks"), [(True, True), (False, False)], ids=["anyway", "json"])
def test_who_has_said_so_before_is_shown_the_plan_and_not_asked(
    terminal: Terminal, *, anyway: bool, asks: bool
) -> None:
    assert agree(terminal, anyway=anyway, asks=asks) == YOGA
    assert "It keeps:" in terminal.said
    assert "Enter builds it" not in terminal.said


def test_a_pipe_is_shown_the_plan_and_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    talk = io.StringIO()
    chosen = plan_gate.agree_on_plan(Context(talk=talk), YOGA, command="cofounder build", anyway=False)
    assert chosen == YOGA
    assert "It keeps:" in talk.getvalue()


def test_less_than_half_is_asked_about_without_a_limit_of_time(terminal: Terminal) -> None:
    terminal.type("n")
    with pytest.raises(TooLittleKept):
        agree(
            terminal,
            "A spaceship that sings, flies to Mars, reads minds, paints the moon and keeps a list of pilots",
        )
