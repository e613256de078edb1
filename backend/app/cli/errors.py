"""The ends of a command: the exit codes, and the failures that only a command line meets.

AppError
├── ApiProblem           what the server refused; carries the server's own status and code
├── ServerUnreachable    nothing answers
├── WaitTimedOut         the build goes on, the waiting does not
├── Interrupted          Ctrl-C
├── FileRefused          a file cannot be written or would be overwritten
├── DiskFull             the command cannot write what it must
└── UsageError           the command was not understood
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from app.core.errors import AppError, ConfigurationError, InvalidInput, Unavailable
from app.domain.failure import BuildFailed


class Exit(IntEnum):
    """The exit code that a script reads from `$?`."""

    OK = 0
    BUILD_FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    CONFLICT = 5
    UNREACHABLE = 6
    OVER_A_BAR = 7
    BROKEN = 8
    TIMED_OUT = 124
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """The words of the reference page."""
        return EXIT_MEANINGS[self]


EXIT_MEANINGS: Final[dict[Exit, str]] = {
    Exit.OK: "It worked.",
    Exit.BUILD_FAILED: "The build failed or was cancelled, or `doctor` has found that something is missing.",
    Exit.USAGE: "The command, a setting or this machine is not as it must be.",
    Exit.NOT_FOUND: "There is no such project, job, gate or log.",
    Exit.REFUSED: "Not signed in, not subscribed, or a limit is reached.",
    Exit.CONFLICT: "Not now: a build is running, a decision waits, or something is in the way.",
    Exit.UNREACHABLE: "No instance answers, or it cannot serve at the moment.",
    Exit.OVER_A_BAR: "A performance bar does not hold (`cofounder bench`).",
    Exit.BROKEN: "Something is broken: in the instance (`cofounder logs`), or on a server that it asked.",
    Exit.TIMED_OUT: "The time given with --timeout is over; the build goes on.",
    Exit.INTERRUPTED: "Ctrl-C: the command has stopped, the build goes on.",
}

EXIT_OF_STATUS: Final[dict[int, Exit]] = {
    400: Exit.USAGE,
    401: Exit.REFUSED,
    402: Exit.REFUSED,
    403: Exit.REFUSED,
    404: Exit.NOT_FOUND,
    405: Exit.USAGE,
    408: Exit.UNREACHABLE,
    409: Exit.CONFLICT,
    412: Exit.CONFLICT,
    413: Exit.USAGE,
    421: Exit.REFUSED,
    422: Exit.USAGE,
    428: Exit.USAGE,
    429: Exit.REFUSED,
    499: Exit.INTERRUPTED,
    500: Exit.BROKEN,
    502: Exit.BROKEN,
    503: Exit.UNREACHABLE,
    504: Exit.UNREACHABLE,
    507: Exit.USAGE,
}
"""What each status means to a script; a test holds that none of ours is missing."""


class ApiProblem(AppError):
    """A problem document of the API; `http_status` and `problem_code` are the server's."""

    code, title = "api_problem", "The server refused"

    def __init__(self, http_status: int, document: Mapping[str, Any], *, remedy: str | None = None) -> None:
        detail = str(document.get("detail") or document.get("title") or f"The server answered {http_status}.")
        super().__init__(detail, remedy=remedy or document.get("remedy"))
        self.extra = dict(document)
        self.http_status = http_status
        self.problem_code = str(document.get("code") or f"http_{http_status}")
        self.debug_id = str(document.get("debug_id") or "")


class ServerUnreachable(Unavailable):
    code, title = "server_unreachable", "No instance answers"


class WaitTimedOut(AppError):
    status, code, title = 504, "wait_timed_out", "The wait is over"


class Interrupted(AppError):
    status, code, title = 499, "interrupted", "Stopped by Ctrl-C"


class FileRefused(AppError):
    status, code, title = 409, "file_refused", "The file cannot be written"


class DiskFull(AppError):
    status, code, title = 507, "disk_full", "The disk is full"


class UsageError(InvalidInput):
    code, title = "usage_error", "The command was not understood"


def exit_of(error: AppError) -> Exit:
    """The exit code that tells a script what `error` was."""
    match error:
        case WaitTimedOut():
            return Exit.TIMED_OUT
        case ConfigurationError():
            return Exit.USAGE
        case BuildFailed():
            return Exit.BUILD_FAILED
        case ApiProblem():
            # Another program on the way, such as a proxy, has statuses of its own.
            return EXIT_OF_STATUS.get(error.http_status, Exit.UNREACHABLE)
    # Without a default: the test of the table names a status that it lacks.
    return EXIT_OF_STATUS[error.status]


def stable_code(error: AppError) -> str:
    """The code a program reads: the server's own when the server refused."""
    return error.problem_code if isinstance(error, ApiProblem) else error.code
