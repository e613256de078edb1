"""Write the pages of docs/reference from the program itself: `python docs/generate.py`."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import app
from app.cli.errors import ApiProblem, Exit, exit_of
from app.cli.main import make_app
from app.core.errors import AppError
from app.core.settings import Settings
from app.domain.failure import FailureCode

REFERENCE = Path(__file__).parent / "reference"
GENERATED = "<!-- Written by docs/generate.py; do not edit. -->\n"
OWN_DATA = "the data directory of the user (XDG)"


def pages() -> dict[str, str]:
    """Each page's file name and text."""
    return {"cli.md": cli_page(), "settings.md": settings_page(), "errors.md": errors_page()}


def cli_page() -> str:
    """Every command with its flags, and what each exit code means."""
    commands = make_app().generate_docs(usage_name="cofounder").rstrip("\n")
    rows = "\n".join(f"| {int(code)} | {code.meaning} |" for code in Exit)
    return f"{GENERATED}{commands}\n\n## Exit codes\n\n| Code | Meaning |\n|---|---|\n{rows}\n"


def settings_page() -> str:
    """Every setting with its variable and default."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=name != "data_dir")
        shown = OWN_DATA if name == "data_dir" else "-" if default is None else f"`{default}`"
        rows.append(f"| `COFOUNDER_{name.upper()}` | {shown} | {field.description} |")
    head = (
        "# Settings\n\nA flag wins over the environment, the environment over `.env`, `.env` over the default.\n"
    )
    show = "`cofounder config show` says what is in force and where it comes from.\n"
    return "\n".join([GENERATED + head + show, "| Variable | Default | Meaning |", "|---|---|---|", *rows, ""])


def errors_page() -> str:
    """Every stable error code, with its HTTP status and the exit code of the command line."""
    rows = [f"| `{e.code}` | {e.status} | {exit_code(e)} | {e.title} |" for e in all_errors()]
    head = (
        "# Errors\n\n"
        "Every error of the API is a problem document (RFC 9457) whose `code` never changes; `detail` is\n"
        "a sentence for a person and may. With `--json` the command line prints "
        '`{"error": {code, detail, remedy, debug_id, exit_code}}`.\n'
    )
    table = ["| Code | Status | Exit code | Meaning |", "|---|---|---|---|", *rows]
    return "\n".join([GENERATED + head, *table, "", *failure_lines(), ""])


def failure_lines() -> list[str]:
    """Every code that a failed build can carry, with the sentence that its founder reads."""
    head = (
        "## Why a build failed\n\n"
        "A failed build says in `error_code` which of these it was, and in `error_message` the sentence; a check\n"
        "may say it more exactly, with the names of what it looked at. `cancelled` is what its founder chose.\n"
    )
    rows = [f"| `{code.value}` | {code.sentence} |" for code in FailureCode]
    return [head, "| Code | Sentence |", "|---|---|", *rows]


def exit_code(error: type[AppError]) -> int:
    """What the command line ends with on that error."""
    return int(exit_of(error.__new__(error)))  # the class alone decides; each has its own way of being made


def all_errors() -> list[type[AppError]]:
    """One class for each code, by code."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if ".migrations." not in module.name and ".starters" not in module.name:
            import_module(module.name)
    by_code = {error.code: error for error in reversed(list(subclasses(AppError))) if error is not ApiProblem}
    return [by_code[code] for code in sorted(by_code)]


def subclasses(error: type[AppError]) -> Iterator[type[AppError]]:
    """The class and all below it."""
    yield error
    for child in error.__subclasses__():
        yield from subclasses(child)


def main() -> None:
    """Write the pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text)


if __name__ == "__main__":
    main()
