"""What ended a build is told by its own code, never by one that covers everything."""

from __future__ import annotations

import errno

import pytest

from app.core.errors import Unavailable
from app.domain.failure import BuildFailed, FailureCode
from app.ports import runner
from app.ports.runner import RunnerError
from app.ports.sandbox import Limit, SandboxGone, SandboxTookTooMuch
from app.services.failures import explain_failure


@pytest.mark.parametrize("limit", Limit)
def test_every_limit_of_a_sandbox_is_a_failure_of_its_own(limit: Limit) -> None:
    assert explain_failure(SandboxTookTooMuch("gone", limit)).code not in (
        FailureCode.SANDBOX_LOST,
        FailureCode.INTERNAL_ERROR,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BuildFailed(FailureCode.LINT), FailureCode.LINT),
        (runner.GoalNotUnderstood("Say it."), FailureCode.GOAL_NOT_UNDERSTOOD),
        (runner.RunnerUnavailable("No budget."), FailureCode.ENGINE_UNAVAILABLE),
        (runner.SpecNotWritable("Too much."), FailureCode.SPEC_NOT_WRITABLE),
        (RunnerError("It broke."), FailureCode.RUNNER_FAILED),
        (Unavailable("The database is away."), FailureCode.UNAVAILABLE),
        (SandboxGone("gone"), FailureCode.SANDBOX_LOST),
        (SandboxTookTooMuch("gone", Limit.MEMORY), FailureCode.MEMORY_LIMIT),
        (SandboxTookTooMuch("gone", Limit.DISK), FailureCode.DISK_LIMIT),
        (SandboxTookTooMuch("gone", Limit.FREE_DISK), FailureCode.DISK_FULL),
        (SandboxTookTooMuch("gone", Limit.WATCHES), FailureCode.LIMIT_MET),
        (OSError(errno.ENOSPC, "full"), FailureCode.DISK_FULL),
        (KeyError("x"), FailureCode.INTERNAL_ERROR),
    ],
)
def test_each_error_has_its_own_code(error: Exception, code: FailureCode) -> None:
    assert explain_failure(error).code is code


def test_every_error_of_a_runner_has_a_code_of_its_own() -> None:
    kinds = RunnerError.__subclasses__()
    codes = {explain_failure(kind("It is so.")).code for kind in kinds}
    assert len(codes) == len(kinds)


def test_a_full_disk_is_told_as_such_whatever_failed_of_it() -> None:
    error = BuildFailed(FailureCode.INSTALL_FAILED)
    error.__cause__ = OSError(errno.ENOSPC, "full")
    assert explain_failure(error).code is FailureCode.DISK_FULL


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (FailureCode.INSTALL_FAILED, FailureCode.DISK_FULL),
        (FailureCode.PREVIEW_FAILED, FailureCode.DISK_FULL),
        (FailureCode.NOT_KEPT, FailureCode.DISK_FULL),
        (FailureCode.RULE_BROKEN, FailureCode.RULE_BROKEN),
        (FailureCode.OPEN_TO_STRANGERS, FailureCode.OPEN_TO_STRANGERS),
    ],
)
def test_a_program_that_found_no_room_does_not_blame_the_app(code: FailureCode, told: FailureCode) -> None:
    failure = explain_failure(BuildFailed(code, log="uv: No space left on device"), is_full=lambda: True)
    assert failure.code is told
    assert failure.detail == "uv: No space left on device"


def test_an_unexpected_error_shows_nothing_of_itself() -> None:
    assert explain_failure(KeyError("secret")).message == FailureCode.INTERNAL_ERROR.sentence
