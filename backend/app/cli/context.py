"""The context of every command: its streams, the flags all share, and the way to the rest of the program."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, TextIO, cast

from cyclopts import Parameter

from app.domain.text import without_direction

if TYPE_CHECKING:
    from app.blueprint.plan import Plan
    from app.core.settings import Settings


PROGRAM: Final = "cofounder"
COMMAND_NAMED: Final = re.compile(r"(?<![\w/.-])cofounder (?=[a-z-])")
COMMAND_TO_TYPE: Final = re.compile(r"^ *cofounder [a-z].*$|(?<=`)cofounder [a-z][^`\n]*", re.MULTILINE)
"""A command on a line of its own, or between backticks."""


def own_name() -> str:
    """The name to type for this program: the launcher of the checkout that it runs from, or its plain name."""
    launcher = Path(sys.prefix).parent / "co"
    if not launcher.is_file():
        return PROGRAM
    # As the person has typed it, most likely; elsewhere the whole path is what works.
    return "./co" if launcher.parent == Path.cwd() else shlex.quote(str(launcher))


class RunningInstance(Protocol):
    """The addresses of an instance."""

    @property
    def pid(self) -> int: ...
    @property
    def api_url(self) -> str: ...
    @property
    def version(self) -> str: ...


class Finding(Protocol):
    """One thing that `doctor` looked at."""

    @property
    def name(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def detail(self) -> str: ...
    @property
    def remedy(self) -> str | None: ...


class BenchReport(Protocol):
    """The result of a run of the bench."""

    @property
    def all_hold(self) -> bool: ...
    def as_table(self) -> str: ...
    def as_page(self) -> str: ...
    def as_json(self) -> Mapping[str, Any]: ...


class Wiring(Protocol):
    """The part of `app.processes` that the command line uses."""

    def find_instance(self, settings: Settings) -> RunningInstance | None: ...
    def is_coming_up(self, settings: Settings) -> bool: ...
    def run_up(self, settings: Settings, *, say: Callable[[str], None]) -> int: ...
    def run_api(self, settings: Settings) -> int | None: ...
    def run_worker(self, settings: Settings, *, on_ready: Callable[[], None]) -> int | None: ...
    def run_preview(self, settings: Settings) -> int | None: ...
    def run_migrate(self, settings: Settings) -> int | None: ...
    def stop(self, settings: Settings) -> bool: ...
    def doctor(self, settings: Settings) -> Sequence[Finding]: ...
    def plan_by_model(self, settings: Settings, goal: str, *, say: Callable[[str], None]) -> Plan: ...
    def run_bench(self, *, only: Sequence[str], quick: bool, say: Callable[[str], None]) -> BenchReport: ...


def load_processes() -> Wiring:
    """The processes of an instance; each part of them is imported when it is used."""
    # Most commands only ask the API: the servers and sandboxes take longer to import than they take.
    return cast("Wiring", import_module("app.processes"))


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """The flags that every command takes."""

    json: Annotated[bool, Parameter(help="Print one JSON object on standard output.")] = False
    data_dir: Annotated[Path | None, Parameter(help="The data directory of the instance.")] = None


COMMON = Common()


@dataclass(frozen=True)
class Context:
    """The surroundings of one command; tests hand in their own."""

    wiring: Callable[[], Wiring] = load_processes
    out: TextIO = field(default_factory=lambda: sys.stdout)
    talk: TextIO = field(default_factory=lambda: sys.stderr)
    name: str = PROGRAM
    """How this person calls the program; the commands that are named to type start with it."""
    data_dir: str | None = None
    """The `--data-dir` of this command line; the commands that are named to type carry it on."""

    def typed(self, text: str) -> str:
        """`text` with its commands as this person types them, safe to print."""
        placed = COMMAND_TO_TYPE.sub(lambda match: self._on_same_data(match[0]), printable(text))
        return COMMAND_NAMED.sub(lambda _: f"{self.name} ", placed)

    def _on_same_data(self, command: str) -> str:
        if self.data_dir is None or "--data-dir" in command or command.endswith("--help"):
            return command
        return f"{command} --data-dir {shlex.quote(self.data_dir)}"

    def say(self, text: str) -> None:
        """Talk to the person, which is never part of the result."""
        print(self.typed(text), file=self.talk, flush=True)

    def result(self, text: str) -> None:
        """Print the answer to the command."""
        print(self.typed(text), file=self.out, flush=True)

    def verbatim(self, text: str) -> None:
        """A result that was written elsewhere: what looks like a command in it stays as it is."""
        print(printable(text), file=self.out, flush=True)

    def result_json(self, value: Any) -> None:
        """The result for a program, on one line."""
        print(escape_unprintable(json.dumps(value, ensure_ascii=False, default=str)), file=self.out, flush=True)


Ctx = Annotated[Context, Parameter(parse=False)]
"""The parameter by which a command asks for its context."""


def printable(text: str) -> str:
    """`text` without what could drive the terminal, or show a line in another order than it has."""
    return "".join(
        char for char in without_direction(text) if char in "\n\t" or not (char < " " or "\x7f" <= char <= "\x9f")
    )


def escape_unprintable(document: str) -> str:
    """The JSON `document` with what `printable` would take out as escapes, so that no value changes."""
    return "".join(char if char == printable(char) else f"\\u{ord(char):04x}" for char in document)
