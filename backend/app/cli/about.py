"""Look inside: logs, the token, and whether this machine has what is needed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter, validators

from app.cli.client import read_token
from app.cli.config import load_settings
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.errors import Exit
from app.core.errors import NotFound
from app.telemetry.plain import plain_line

FOLLOW_PAUSE_S: Final = 0.3


def logs(
    name: Annotated[str | None, Parameter(help="Which log; without it, the names.")] = None,
    /,
    *,
    lines: Annotated[int, Parameter(help="How many of the last lines.", validator=validators.Number(gte=0))] = 100,
    follow: Annotated[bool, Parameter(help="Go on as the log grows, until Ctrl-C.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    files = log_files(load_settings(common).data.logs)
    if name is None:
        if common.json:
            context.result_json({"logs": list(files)})
        else:
            context.result("\n".join(files)) if files else context.say("No logs yet.\ncofounder up")
        return Exit.OK
    name = log_named(name, list(files))
    tail = last_lines(files[name], lines)
    if common.json:
        context.result_json({"name": name, "lines": tail})
        return Exit.OK
    for line in tail:
        context.verbatim(plain_line(line))
    if follow:
        follow_log(files[name], context)
    return Exit.OK


def log_named(text: str, names: Sequence[str]) -> str:
    """The log of that name, or the only log whose name begins with `text`. NotFound lists the logs."""
    matches = [name for name in names if name.startswith(text) and text]
    if text in names or len(matches) == 1:
        return text if text in names else matches[0]
    which = "There are several logs that begin with" if matches else "There is no log"
    choices = f" There are: {', '.join(matches or names)}." if names else ""
    raise NotFound(f"{which} {text!r}.{choices}", remedy="cofounder logs")


def log_files(folder: Path) -> dict[str, Path]:
    """The logs by name, such as `api`."""
    return {path.stem: path for path in sorted(folder.glob("*.log"))}


def last_lines(path: Path, count: int) -> list[str]:
    """The end of a log; bytes that are not text are shown as question marks."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]


def follow_log(path: Path, context: Context) -> None:
    """Print in words the lines that are appended to a log, until Ctrl-C."""
    with path.open(encoding="utf-8", errors="replace") as file:
        file.seek(0, 2)
        try:
            while True:
                line = file.readline()
                if line:
                    context.verbatim(plain_line(line.rstrip("\n")))
                else:
                    # Shorter than what was read: the log was put aside, and begins anew.
                    if path.stat().st_size < file.tell():
                        file.seek(0)
                    time.sleep(FOLLOW_PAUSE_S)
        except KeyboardInterrupt:
            context.say("")


def token(*, common: Common = COMMON, context: Ctx) -> int:
    secret = read_token(load_settings(common))
    context.result_json({"token": secret}) if common.json else context.result(secret)
    return Exit.OK


def doctor(*, common: Common = COMMON, context: Ctx) -> int:
    findings = list(context.wiring().doctor(load_settings(common)))
    healthy = all(finding.ok for finding in findings)
    if common.json:
        rows = [{"name": f.name, "ok": f.ok, "detail": f.detail, "remedy": f.remedy} for f in findings]
        context.result_json({"ok": healthy, "findings": rows})
        return Exit.OK if healthy else Exit.BUILD_FAILED
    for finding in findings:
        context.result(f"{'ok     ' if finding.ok else 'MISSING'}  {finding.name}: {finding.detail}")
    remedies = [finding.remedy for finding in findings if not finding.ok and finding.remedy]
    context.say("\n".join(remedies) if remedies else "Everything that is needed is here.")
    return Exit.OK if healthy else Exit.BUILD_FAILED
