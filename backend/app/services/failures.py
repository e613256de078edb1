"""From what ended a build to the code that is kept of it and the sentence that its founder reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.core.disk import is_disk_full
from app.core.errors import Unavailable
from app.domain.failure import BuildFailed, FailureCode
from app.ports.runner import GoalNotUnderstood, RunnerError, RunnerUnavailable, SpecNotWritable
from app.ports.sandbox import Limit, SandboxError, SandboxLimitMet, SandboxTookTooMuch
from app.ports.storage import StorageFull


@dataclass(frozen=True)
class Failure:
    """Why a build failed: `message` is for its founder, `detail` for whoever reads the log."""

    code: FailureCode
    message: str
    detail: str = ""


# Never what an app allows too much of: without room, a program does less than it should.
SHOWN_BY_A_FULL_DISK: Final = frozenset(
    {
        FailureCode.SANDBOX_LOST,
        FailureCode.UNAVAILABLE,
        FailureCode.INTERNAL_ERROR,
        FailureCode.RECORDS_NOT_COPIED,
        FailureCode.PREVIEW_FAILED,
        FailureCode.PREVIEW_SILENT,
        # Of its programs.
        FailureCode.INSTALL_FAILED,
        FailureCode.TESTS_FAIL,
        FailureCode.START_FAILED,
        FailureCode.START_TIMED_OUT,
        FailureCode.ARCHIVE_FAILS,
        # Of its pages and records: each of them is tried by writing something.
        FailureCode.PAGE_FAILS,
        FailureCode.DEAD_LINK,
        FailureCode.CONSOLE_ERRORS,
        FailureCode.FORM_FAILS,
        FailureCode.FILE_LOST,
        FailureCode.MESSAGE_MISSING,
        FailureCode.FORM_LOST,
        FailureCode.PUBLIC_FORM_FAILS,
        FailureCode.NO_EXPORT,
        FailureCode.NOT_KEPT,
        FailureCode.LOST_RECORD,
        FailureCode.LINES_LOST,
        FailureCode.MOVE_REFUSED,
        FailureCode.NO_SIGN_IN,
        FailureCode.NO_OWN_LINK,
    }
)
"""A program without room to write ends in one of these ways, and its words are its own."""


_CODE_OF_LIMIT: Final = {
    Limit.MEMORY: FailureCode.MEMORY_LIMIT,
    Limit.DISK: FailureCode.DISK_LIMIT,
    Limit.FREE_DISK: FailureCode.DISK_FULL,
    Limit.WATCHES: FailureCode.LIMIT_MET,
}


def explain_failure(error: Exception, *, is_full: Callable[[], bool] = lambda: False) -> Failure:
    """The failure that an error means; whatever nobody expected is INTERNAL_ERROR.

    `is_full` says whether the disk is full now: then a failure that a full disk explains is told as one.
    """
    failure = _failure_by_error(error)
    if failure.code in SHOWN_BY_A_FULL_DISK and is_full():
        return _failure_of(FailureCode.DISK_FULL, failure.detail)
    return failure


def _failure_by_error(error: Exception) -> Failure:
    # A full disk shows as whatever happened to write at that moment, so it is looked for first.
    if is_disk_full(error) or isinstance(error.__cause__, StorageFull):
        return _failure_of(FailureCode.DISK_FULL, str(error))
    match error:
        case BuildFailed():
            return Failure(error.failure, error.detail, error.log)
        # What a runner says is fit for founders, so it is shown as it is.
        case RunnerError():
            return Failure(_code_of_runner(error), str(error), str(error.__cause__ or ""))
        case Unavailable():
            return Failure(FailureCode.UNAVAILABLE, error.detail)
        # Both before SandboxError, which they are as well.
        case SandboxTookTooMuch():
            return _failure_of(_CODE_OF_LIMIT[error.limit], str(error))
        case SandboxLimitMet():
            return _failure_of(FailureCode.LIMIT_MET, str(error))
        case SandboxError():
            return _failure_of(FailureCode.SANDBOX_LOST, str(error))
        case _:
            return _failure_of(FailureCode.INTERNAL_ERROR)


def _failure_of(code: FailureCode, detail: str = "") -> Failure:
    return Failure(code, code.sentence, detail)


def _code_of_runner(error: RunnerError) -> FailureCode:
    match error:
        case GoalNotUnderstood():
            return FailureCode.GOAL_NOT_UNDERSTOOD
        case RunnerUnavailable():
            return FailureCode.ENGINE_UNAVAILABLE
        case SpecNotWritable():
            return FailureCode.SPEC_NOT_WRITABLE
        case _:
            return FailureCode.RUNNER_FAILED
