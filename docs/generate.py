"""Write the pages of docs/reference from the program itself: `python docs/generate.py`."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from http import HTTPStatus
from importlib import import_module
from pathlib import Path

import app
from app.api.errors import FRAMEWORK_CODES
from app.cli.errors import EXIT_OF_STATUS, ApiProblem, Exit, exit_of
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
    rows = [(e.code, e.status, exit_code(e), e.title) for e in all_errors()]
    ours = {code for code, *_ in rows}
    rows += [
        (code, status, int(EXIT_OF_STATUS[status]), HTTPStatus(status).phrase)
        for status, code in FRAMEWORK_CODES.items()
        if code not in ours
    ]
    lines = [f"| `{code}` | {status} | {ends} | {title} |" for code, status, ends, title in sorted(rows)]
    head = (
        "# Errors\n\n"
        "Every error of the API is a problem document (RFC 9457) whose `code` never changes; `detail` is\n"
        "a sentence for a person and may. With `--json` the command line prints\n"
        '`{"error": {code, detail, remedy, debug_id, exit_code}}`; an answer that is no problem document has the\n'
        "code `http_` and its status there.\n"
    )
    table = ["| Code | Status | Exit code | Meaning |", "|---|---|---|---|", *lines]
    return "\n".join([GENERATED + head, *table, "", *failure_lines(), ""])


def failure_lines() -> list[str]:
    """Every code that a failed build can carry, with the sentence that its founder reads."""
    head = (
        "## Why a build failed\n\n"
        "A failed build says in `error_code` which of these it was, and in `error_message` the sentence; a check\n"
        "may say it more exactly, with the names of what it looked at. `cancelled` is what its founder chose.\n"
        "A code of both tables, such as `disk_full`, means the same in both.\n"
    )
    rows = [f"| `{code.value}` | {code.sentence} |" for code in FailureCode]
    return [head, "| Code | Sentence |", "|---|---|", *rows]


def exit_code(error: type[AppError]) -> int:
    """What the command line ends with on that error."""
    return int(exit_of(error.__new__(error)))  # the class alone decides; each has its own way of being made


def all_errors() -> list[type[AppError]]:
    """Every error of the program, by code."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if ".migrations." not in module.name and ".starters" not in module.name:
            import_module(module.name)
    own = {error for error in subclasses(AppError) if error.__module__.startswith("app.")} - {ApiProblem}
    return sorted(own, key=lambda error: error.code)


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
