"""Commands of two words: an App in the module of the first word, which is imported when that is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cyclopts import App, Parameter

Command = Callable[..., int | None]


def _shown_default(value: object) -> object:
    """A default as the help page shows it; that a switch is off needs no words."""
    return None if value is False else value


# No `--no-x` beside each switch: every one is off unless it is given, and help would be twice as long.
PARAMETERS: Final = Parameter(negative=(), show_default=_shown_default)
"""How the parameters of every command are read and shown."""


def command_group(name: str, *commands: Command, default: Command | None = None) -> App:
    """The App of a first word: each function is a second word by its own name, `default` is the word alone."""
    group = App(name=name, default_parameter=PARAMETERS, help_format="plaintext")
    if default is not None:
        group.default(default)
    for command in commands:
        group.command(command)
    return group
