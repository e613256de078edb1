"""Why a build ended without an app: every code, with the sentence that a founder reads."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Self

from app.core.errors import AppError


class FailureCode(StrEnum):
    """The `error_code` of a failed job; a code never changes, its sentence may.

    The check that fails may say it more exactly, with the names of what it looked at.
    """

    sentence: str

    def __new__(cls, code: str, sentence: str) -> Self:
        """A member that is its code and carries its sentence."""
        member = str.__new__(cls, code)
        # Otherwise the value would be the pair, and the record keeps the code alone.
        member._value_ = code
        member.sentence = sentence
        return member

    CANCELLED = "cancelled", "Cancelled by user"

    # The goal, and whoever was asked to plan it.
    GOAL_NOT_UNDERSTOOD = "goal_not_understood", "The goal says nothing that can be built. Say it in other words."
    ENGINE_UNAVAILABLE = "engine_unavailable", "The model cannot be asked now. Try again later."
    RUNNER_FAILED = "runner_failed", "The app could not be planned. Try again."
    SPEC_NOT_WRITABLE = "spec_not_writable", "The app cannot be written from its specification."

    # The machine, and our own parts.
    DISK_FULL = (
        "disk_full",
        "The disk of the machine is full. Nothing you had is lost; make room on it, then try again.",
    )
    SANDBOX_LOST = "sandbox_lost", "The place where your app is built stopped working. Try again."
    LIMIT_MET = (
        "limit_met",
        "More programs or files were open at once than the place where your app is built allows. Try again.",
    )
    MEMORY_LIMIT = "memory_limit", "The app took more memory than an app may have here, so it was ended."
    DISK_LIMIT = "disk_limit", "The app wrote more to the disk than an app may here, so it was ended."
    UNAVAILABLE = "unavailable", "A part of the instance cannot be reached. Nothing was lost; try again."
    KEPT_CRASHING = (
        "kept_crashing",
        "This build stopped our worker several times, so we ended it. Try a different wording.",
    )
    STAGE_TIMEOUT = "stage_timeout", "A stage of the build took too long."
    RECORDS_NOT_COPIED = (
        "records_not_copied",
        "The records of the version before could not be copied. Try again.",
    )
    PREVIEW_FAILED = "preview_failed", "The preview did not open."
    PREVIEW_SILENT = "preview_silent", "The app's preview does not answer."
    INTERNAL_ERROR = "internal_error", "Something went wrong on our side. Nothing you had is lost; try again."

    # The files of the app.
    INCOMPLETE = "incomplete", "The app is not complete."
    UNUSABLE_FILES = "unusable_files", "The app holds a file that cannot be kept."
    BAD_MANIFEST = "bad_manifest", "The app does not say how it is started."
    PARSE = "parse", "A file of the app cannot be read."
    LINT = "lint", "The app's code has a plain mistake, so it would break when used."
    SECRET = "secret", "The app's files hold something that looks like a secret, so they were not kept."
    ARCHIVE_FAILS = "archive_fails", "The archive of the app cannot be unpacked."

    # Installing, testing and starting it.
    INSTALL_FAILED = "install_failed", "Something the app needs could not be installed."
    INSTALL_TIMED_OUT = "install_timed_out", "Installing what the app needs took too long."
    TESTS_FAIL = "tests_fail", "The app does not pass its own tests."
    TESTS_HANG = "tests_hang", "The app's own tests did not come to an end."
    START_FAILED = "start_failed", "The app stopped as soon as it was started."
    START_TIMED_OUT = "start_timed_out", "The app did not start in time."

    # Its pages and forms.
    PAGE_FAILS = "page_fails", "A page of the app does not open."
    DEAD_LINK = "dead_link", "A link in the app leads nowhere."
    CONSOLE_ERRORS = "console_errors", "A page of the app does not load without errors in a browser."
    WORDS_MISSING = "words_missing", "The first page does not say what it should."
    WRONG_VIEW = "wrong_view", "A view of the records is not right."
    WRONG_RESULT = "wrong_result", "A calculator gives wrong results."
    WRONG_FIGURE = "wrong_figure", "The app works something out wrongly."
    FORM_FAILS = "form_fails", "A form of the app breaks when it is sent."
    FILE_LOST = "file_lost", "A file does not come back as it was uploaded."
    MESSAGE_MISSING = "message_missing", "What the app should say to somebody is not in its outbox."
    FORM_LOST = "form_lost", "What a visitor sends does not reach the staff."
    NO_FORM = "no_form", "The app has no form to add a record."
    NO_PUBLIC_FORM = "no_public_form", "Visitors cannot open a form that is for them."
    PUBLIC_FORM_FAILS = "public_form_fails", "A form for visitors cannot be sent."
    NO_EXPORT = "no_export", "A list cannot be exported."

    # Its records and rules.
    NOT_KEPT = "not_kept", "The app does not keep a new record."
    LOST_RECORD = "lost_record", "A new record is not there when it is looked for."
    LINES_LOST = "lines_lost", "The lines of a record are not kept with it."
    BAD_INPUT_KEPT = "bad_input_kept", "The app takes a record that is not filled in rightly."
    RULE_BROKEN = "rule_broken", "The app does not hold one of its rules."
    UNTRIED_RULE = "untried_rule", "Nothing was found that a rule would refuse; say it in a simpler way."
    BAD_RULE = "bad_rule", "A rule of the app points nowhere."
    MOVE_REFUSED = "move_refused", "A step cannot be taken for a record that is ready for it."
    UNREACHABLE_STATE = "unreachable_state", "No step leads a record to one of its states."
    MOVE_WRONG = "move_wrong", "A step does not do what the plan says."
    RIGHT_WRONG = "right_wrong", "Somebody may do something else than the plan says."
    REGRESSION = "regression", "The new version no longer does what the version before it did."

    # Who sees and does what.
    NO_SIGN_IN = "no_sign_in", "Signing in to the app does not work."
    OPEN_SETUP = "open_setup", "Whoever comes first becomes the owner of the app."
    OPEN_TO_STRANGERS = "open_to_strangers", "Somebody who has not signed in can open what is the staff's."
    NOT_PRIVATE = "not_private", "Somebody can see what is not for them."
    NOT_PUBLIC = "not_public", "Visitors do not see records that are public."
    NAMES_SOMEBODY = "names_somebody", "A page that anybody can open names somebody."
    NO_OWN_LINK = "no_own_link", "Whoever sends a form gets no link to come back to what they sent."
    OPEN_LINKS = "open_links", "A link to one record opens another one."
    OPEN_FILES = "open_files", "Somebody who has not signed in gets files of records."
    ANSWERS_TO_ANY_HOST = "answers_to_any_host", "The app answers to a name that is not its own."


# A fault of the sandbox cannot be behind these, so it is not looked for before they are told.
FOUND_IN_FILES: Final = frozenset(
    {
        FailureCode.INCOMPLETE,
        FailureCode.UNUSABLE_FILES,
        FailureCode.BAD_MANIFEST,
        FailureCode.PARSE,
        FailureCode.LINT,
        FailureCode.SECRET,
    }
)
"""What the files of an app show by themselves, wherever it runs."""


class BuildFailed(AppError):
    """A build cannot become ready: `detail` is the founder's sentence, `log` what a developer wants to see."""

    code, title = "build_failed", "The build failed"

    def __init__(self, failure: FailureCode, detail: str | None = None, *, log: str = "") -> None:
        """Without `detail` the founder reads the sentence of the code."""
        super().__init__(detail or failure.sentence)
        self.failure = failure
        self.log = log
